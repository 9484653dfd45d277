/* SPDX-License-Identifier: MIT */
/* docker_env.c -- the variables of a container (declared in docker_argv.h). */
#include "env/docker_argv.h"

#include "base/buf.h"

static bool is_set_by_us(const struct env_var *added, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(added[i].name, name) == 0)
			return true;
	return false;
}

/* MLflow's words; all names that are asked for, and the first that is not there. */
static int say_missing(const struct env_plan *p, const char *missing, struct err *err)
{
	auto_buf names = BUF_INIT;
	for (size_t i = 0; i < p->nvars; i++)
		if (!p->vars[i].value)
			buf_addf(&names, "%s%s", names.len ? ", " : "", p->vars[i].name);
	err_set(err, ERR_FAIL,
	    "This project expects the %s environment variables to be set on the machine "
	    "running the project, but %s was not set. Please ensure all expected "
	    "environment variables are set",
	    names.s, missing);
	return err_hint(err, "set it: %s=... mlp run ...", missing);
}

/* A name that an environment can hold. */
static int check_name(const char *name, struct err *err)
{
	if (*name && !strpbrk(name, "= \t\n\r"))
		return 0;
	err_set(err, ERR_FAIL, "docker_env: '%s' is not the name of a variable", name);
	return err_hint(err, strchr(name, '=') ? "to set one, write [NAME, value]"
					       : "a name has no spaces");
}

int docker_words_add_vars(struct docker_words *w, const struct env_plan *p,
    const struct env_var *added, size_t nadded, struct err *err)
{
	for (size_t i = 0; i < p->nvars; i++) {
		const struct env_var *v = &p->vars[i];
		const char *host;
		if (check_name(v->name, err) < 0)
			return -1;
		if (v->value) {
			docker_words_setenv(w, v->name, v->value);
			continue;
		}
		if (is_set_by_us(added, nadded, v->name))
			continue;
		host = getenv(v->name);
		if (!host)
			return say_missing(p, v->name, err);
		docker_words_setenv(w, v->name, host);
	}
	return 0;
}

/*
 * Docker's program would heed it, were it in its environment.  NO_PROXY may be there: by a
 * file it would give way to what docker's own configuration says of proxies.
 */
static bool is_heeded(const char *name, size_t n)
{
	static const char *const words[] = {"PATH", "HOME", "USER", "LANG", "LANGUAGE",
	    "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK", "HTTP_PROXY",
	    "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
	    "NO_COLOR", "TERM"};
	static const char *const starts[] = {"DOCKER_", "CONTAINER", "LD_", "GO", "XDG_",
	    "REGISTRY_", "STORAGE_", "BUILDAH_", "PODMAN_", "LC_", "GLIBC_", "MALLOC_"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == n && memcmp(words[i], name, n) == 0)
			return true;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(name, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

void docker_words_env(const struct docker_words *w, struct strvec *argv,
    struct strvec *envp, struct buf *file)
{
	for (size_t i = 0; i < w->env.n; i++) {
		const char *line = w->env.v[i];
		size_t n = strcspn(line, "=");
		auto_buf name = BUF_INIT;
		if (is_heeded(line, n) && !strpbrk(line, "\n\r")) {
			buf_addf(file, "%s\n", line);
			continue;
		}
		buf_add(&name, line, n);
		strvec_push(argv, "--env");
		strvec_push(argv, name.s);
		strvec_setenv(envp, name.s, line + n + 1);
	}
}
