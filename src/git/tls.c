/* SPDX-License-Identifier: MIT */
#include "git/tls.h"

#include "git/config.h"

struct place {
	const char *path;
	const char *set_by; /* the variable's name */
};

/* git's variable, then its configuration, then OpenSSL's variable. */
static struct place find_place(struct arena *a, git_repository *repo, const char *url,
    const char *git_env, const char *key, const char *openssl_env)
{
	struct place p = {getenv(git_env), git_env};
	if (!p.path || !*p.path)
		p = (struct place){
		    config_http(a, repo, url, key), arena_printf(a, "http.%s", key)};
	if (!p.path || !*p.path)
		p = (struct place){getenv(openssl_env), openssl_env};
	if (p.path && !*p.path)
		p.path = NULL;
	if (p.path && strncmp(p.path, "~/", 2) == 0 && getenv("HOME"))
		p.path = arena_printf(a, "%s/%s", getenv("HOME"), p.path + 2);
	return p;
}

int tls_prepare(
    struct arena *a, git_repository *repo, const char *url, bool *verify, struct err *err)
{
	struct place file =
	    find_place(a, repo, url, "GIT_SSL_CAINFO", "sslcainfo", "SSL_CERT_FILE");
	struct place dir =
	    find_place(a, repo, url, "GIT_SSL_CAPATH", "sslcapath", "SSL_CERT_DIR");
	const struct place *named = file.path ? &file : &dir;
	*verify = !getenv("GIT_SSL_NO_VERIFY") &&
		  config_is_true(config_http(a, repo, url, "sslverify"), true);
	if (lib_trust(file.path, dir.path) < 0)
		return lib_fail(err, "cannot use the certificates of '%s' (%s)",
		    named->path ? named->path : "this system", named->set_by);
	return 0;
}
