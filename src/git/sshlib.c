/* SPDX-License-Identifier: MIT */
#include "git/sshlib.h"

#include "base/file.h"

static const char *user_name(const char *user)
{
	const char *name = user ? user : getenv("USER");
	return name && *name ? name : "git";
}

int sshlib_credential(git_credential **out, struct arena *a, const char *user,
    unsigned int allowed, long long *tried)
{
	static const char *const files[] = {"id_ed25519", "id_ecdsa", "id_rsa"};
	const long long n = sizeof(files) / sizeof(files[0]);
	const char *home = getenv("HOME"), *key;
	user = user_name(user);
	if (allowed & GIT_CREDENTIAL_USERNAME)
		return git_credential_username_new(out, user);
	if (!(allowed & GIT_CREDENTIAL_SSH_KEY))
		return GIT_EAUTH;
	while (*tried <= n) {
		long long step = (*tried)++;
		if (step == 0 && getenv("SSH_AUTH_SOCK"))
			return git_credential_ssh_key_from_agent(out, user);
		if (step == 0 || !home)
			continue;
		key = arena_printf(a, "%s/.ssh/%s", home, files[step - 1]);
		if (path_exists(key))
			return git_credential_ssh_key_new(
			    out, user, arena_printf(a, "%s.pub", key), key, NULL);
	}
	git_error_set_str(GIT_ERROR_SSH, "Permission denied (publickey)");
	return GIT_EAUTH;
}
