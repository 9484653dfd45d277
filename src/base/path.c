/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <pwd.h>

char *path_join(struct arena *a, const char *dir, const char *name)
{
	size_t n = strlen(dir);
	if (name[0] == '/' || n == 0)
		return arena_strdup(a, name);
	return arena_printf(a, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

/* Copy one component of the path behind out (which ends in no slash, or is ""). */
static char *put_component(char *start, char *out, const char *s, size_t n)
{
	if (n == 0 || (n == 1 && s[0] == '.'))
		return out;
	if (n == 2 && s[0] == '.' && s[1] == '.') {
		while (out > start && *--out != '/')
			;
		return out;
	}
	*out++ = '/';
	memcpy(out, s, n);
	return out + n;
}

char *path_abs(struct arena *a, const char *cwd, const char *path)
{
	const char *s = path_join(a, cwd, path);
	char *start = arena_alloc(a, strlen(s) + 2), *out = start;
	while (*s) {
		size_t n = strcspn(s, "/");
		out = put_component(start, out, s, n);
		s += n + (s[n] == '/');
	}
	if (out == start)
		*out++ = '/';
	*out = '\0';
	return start;
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *path_dir(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return arena_strdup(a, ".");
	return arena_strndup(a, path, slash == path ? 1 : (size_t)(slash - path));
}

static const char *home_dir(void)
{
	const char *home = getenv("HOME");
	struct passwd *pw;
	if (home && home[0] == '/')
		return home;
	pw = getpwuid(getuid());
	return pw && pw->pw_dir && pw->pw_dir[0] == '/' ? pw->pw_dir : NULL;
}

char *path_xdg(struct arena *a, enum xdg which)
{
	const char *dir =
	    getenv(which == XDG_CACHE ? "XDG_CACHE_HOME" : "XDG_STATE_HOME");
	const char *home;
	if (dir && dir[0] == '/')
		return path_join(a, dir, "mlp");
	home = home_dir();
	if (!home)
		return NULL;
	return path_join(a, home, which == XDG_CACHE ? ".cache/mlp" : ".local/state/mlp");
}

bool path_ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), k = strlen(end);
	return n >= k && strcmp(path + n - k, end) == 0;
}

bool path_is_below(const char *path, const char *root)
{
	size_t n = strlen(root);
	if (strcmp(root, "/") == 0)
		return path[0] == '/';
	return strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0');
}
