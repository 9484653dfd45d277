/* SPDX-License-Identifier: MIT */
#include "env/engine.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"

enum { ANSWER_MS = 30 * 1000, CONFIG_MAX = 1 << 20 };

static const char default_socket[] = "/var/run/docker.sock";

const char *engine_word(const struct engine *en)
{
	return en->kind == ENGINE_PODMAN ? "podman" : "docker";
}

void engine_argv(const struct engine *en, struct strvec *argv)
{
	strvec_push(argv, en->program);
	if (en->host && en->kind == ENGINE_DOCKER) {
		strvec_push(argv, "--host");
		strvec_push(argv, en->host);
	}
}

/* The program: MLP_DOCKER, else docker, else podman. */
static int choose_program(struct engine *en, struct err *err)
{
	const char *wanted = secure_getenv("MLP_DOCKER");
	if (wanted && *wanted) {
		en->program = arena_strdup(en->a, wanted);
		if (strncmp(path_base(wanted), "podman", 6) == 0)
			en->kind = ENGINE_PODMAN;
		if (proc_can_find(wanted))
			return 0;
		return err_set(
		    err, ERR_FAIL, "MLP_DOCKER: there is no program '%s'", wanted);
	}
	en->program = "docker";
	if (proc_can_find("docker"))
		return 0;
	en->program = "podman";
	en->kind = ENGINE_PODMAN;
	if (proc_can_find("podman"))
		return 0;
	err_set(err, ERR_FAIL, "Could not find Docker executable, nor podman");
	return err_hint(err,
	    "install one (Debian: apt install docker.io), or choose another environment: "
	    "--env-manager local");
}

/* What "docker context use" has chosen; NULL: nothing. */
static const char *context_of_config(struct arena *a)
{
	const char *dir = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
	struct err ignored = ERR_INIT;
	auto_buf text = BUF_INIT;
	const char *path, *name;
	if ((!dir || !*dir) && (!home || !*home))
		return NULL;
	path = dir && *dir ? path_join(a, dir, "config.json")
			   : path_join(a, home, ".docker/config.json");
	if (file_read(path, CONFIG_MAX, &text, &ignored) < 0)
		return NULL;
	auto_json j = json_parse(text.s, text.len, path, &ignored);
	name = j ? json_str(j, "currentContext") : NULL;
	return name ? arena_strdup(a, name) : NULL;
}

/* Whom docker's program talks to; NULL: the default. */
static int find_host(struct engine *en, const char **host, struct err *err)
{
	const char *given = getenv("DOCKER_HOST"), *context = getenv("DOCKER_CONTEXT");
	auto_buf said = BUF_INIT;
	*host = given && *given ? arena_strdup(en->a, given) : NULL;
	if (given)
		return 0;
	if (!context || !*context)
		context = context_of_config(en->a);
	if (!context || !*context || strcmp(context, "default") == 0)
		return 0;
	if (engine_ask(en,
		(const char *[]){"context", "inspect", "--format",
		    "{{.Endpoints.docker.Host}}", context, NULL},
		&said, err) < 0)
		return err_wrap(err, "the docker context '%s'", context);
	*host = arena_strdup(en->a, said.s);
	return 0;
}

/* Where it is: a socket of this machine, whose owner tells whether it is rootless. */
static int place(struct engine *en, const char *host, struct err *err)
{
	struct stat st;
	if (en->kind == ENGINE_PODMAN) {
		const char *remote = getenv("CONTAINER_HOST");
		en->remote = remote && *remote && strncmp(remote, "unix:", 5) != 0;
		en->rootless = geteuid() != 0;
		return 0;
	}
	if (!en->host && find_host(en, &host, err) < 0)
		return -1;
	if (!host)
		en->socket = default_socket;
	else if (strncmp(host, "unix://", 7) == 0)
		en->socket = arena_strdup(en->a, host + 7);
	else
		en->remote = true;
	if (en->socket && stat(en->socket, &st) == 0)
		en->rootless = st.st_uid != 0;
	return 0;
}

static int hint_socket(const struct engine *en, const struct err *why, struct err *err)
{
	bool podman = proc_can_find("podman");
	*err = *why;
	if (why->sys == EACCES || why->sys == EPERM)
		return err_hint(err,
		    "only root and the group docker may use it: sudo usermod -aG docker "
		    "$USER, then log in again%s",
		    podman ? "; or use podman: MLP_DOCKER=podman" : "");
	return err_hint(err,
	    "start it (sudo systemctl start docker), or name the one that runs: "
	    "DOCKER_HOST=unix://%s%s",
	    en->rootless ? en->socket : "/run/user/$UID/docker.sock",
	    podman ? "; or use podman: MLP_DOCKER=podman" : "");
}

/* A podman that speaks docker's API is a podman. */
static bool is_podman(const cJSON *version)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, json_get(version, "Components"))
	{
		const char *name = json_str(c, "Name");
		if (name && strncmp(name, "Podman", 6) == 0)
			return true;
	}
	return false;
}

static int greet_socket(struct engine *en, struct err *err)
{
	struct err why = ERR_INIT;
	auto_buf body = BUF_INIT;
	int status = 0;
	const char *version;
	if (engine_request(en, "GET", "/version", ANSWER_MS, &status, &body, &why) < 0)
		return hint_socket(en, &why, err);
	if (status != 200)
		return err_set(err, ERR_FAIL, "the docker engine at %s does not work: %s",
		    en->socket, engine_said(en->a, &body));
	auto_json j = json_parse(body.s, body.len, "the engine's version", err);
	if (!j)
		return -1;
	version = json_str(j, "Version");
	en->version = arena_strdup(en->a, version ? version : "");
	if (is_podman(j)) {
		en->kind = ENGINE_PODMAN;
		en->socket = NULL;
		en->rootless = geteuid() != 0;
	}
	return 0;
}

static int greet_program(struct engine *en, struct err *err)
{
	bool podman = en->kind == ENGINE_PODMAN;
	const char *format = podman ? "{{.Client.Version}}" : "{{.Server.Version}}";
	auto_buf said = BUF_INIT;
	if (engine_ask(en, (const char *[]){"version", "--format", format, NULL}, &said,
		err) < 0) {
		err_wrap(err, "%s does not answer", engine_word(en));
		return podman ? -1
			      : err_hint(err, "DOCKER_HOST or the docker context names "
					      "the engine: is it running there?");
	}
	en->version = arena_strdup(en->a, said.s);
	return 0;
}

int engine_open(
    struct engine *en, const struct ctx *ctx, struct arena *a, struct err *err)
{
	*en = (struct engine){.ctx = ctx, .a = a};
	if (choose_program(en, err) < 0 || place(en, NULL, err) < 0)
		return -1;
	return en->socket ? greet_socket(en, err) : greet_program(en, err);
}
