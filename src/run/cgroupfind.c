/* SPDX-License-Identifier: MIT */
/* cgroupfind.c -- where our own control groups are (declared in cgroup.h). */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "run/cgroup.h"

enum { FIELDS_MAX = 32 };

/* The words of a line, cut in place; NULL-terminated. */
static size_t split(char *line, const char *at, char **v, size_t max)
{
	char *rest = line, *word;
	size_t n = 0;
	while (n + 1 < max && (word = strsep(&rest, at)))
		v[n++] = word;
	v[n] = NULL;
	return n;
}

static bool list_has(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *s = list; *s; s += strcspn(s, ","), s += *s == ',')
		if (strncmp(s, word, n) == 0 && (s[n] == ',' || s[n] == '\0'))
			return true;
	return false;
}

/* The path of our group in the hierarchy of that controller; "": version 2's. */
static const char *own_path(struct arena *a, const char *self, const char *controller)
{
	char *rest = arena_strdup(a, self), *path;
	while ((path = strsep(&rest, "\n"))) {
		const char *id = strsep(&path, ":"), *list = strsep(&path, ":");
		if (!path)
			continue;
		if (*controller ? list_has(list, controller)
				: !*list && strcmp(id, "0") == 0)
			return path;
	}
	return NULL;
}

/* The kernel writes blanks and the like as \040. */
static void unescape(char *s)
{
	char *to = s;
	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + s[3] - '0');
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* One line of mountinfo. */
struct mount {
	char *root, *point;
	const char *type, *options;
};

static bool mount_parse(char *line, struct mount *m)
{
	char *v[FIELDS_MAX];
	size_t n = split(line, " ", v, FIELDS_MAX), dash = 6;
	while (dash < n && strcmp(v[dash], "-") != 0)
		dash++;
	if (dash + 3 >= n)
		return false;
	*m = (struct mount){v[3], v[4], v[dash + 1], v[dash + 3]};
	unescape(m->root);
	unescape(m->point);
	return true;
}

static bool is_of(const struct mount *m, const char *controller)
{
	if (!*controller)
		return strcmp(m->type, "cgroup2") == 0;
	return strcmp(m->type, "cgroup") == 0 && list_has(m->options, controller);
}

/* What the mount shows of it; NULL: it lies outside. */
static const char *shown(struct arena *a, const struct mount *m, const char *path)
{
	size_t n = strcmp(m->root, "/") == 0 ? 0 : strlen(m->root);
	if (strncmp(path, m->root, n) != 0 || (path[n] && path[n] != '/') ||
	    strstr(path, "/.."))
		return NULL;
	path += n;
	return path_abs(a, "/", arena_printf(a, "%s%s", m->point, path));
}

static const char *find(struct arena *a, const char *mountinfo, const char *self,
    const char *controller, const char **top)
{
	const char *path = own_path(a, self, controller), *dir = NULL;
	char *rest = arena_strdup(a, mountinfo), *line;
	struct mount m;
	while (path && !dir && (line = strsep(&rest, "\n")))
		if (mount_parse(line, &m) && is_of(&m, controller)) {
			dir = shown(a, &m, path);
			*top = path_abs(a, "/", m.point);
		}
	return dir;
}

void cgroup_find(
    struct arena *a, const char *mountinfo, const char *self, struct cgroup_place *out)
{
	const char *top = NULL;
	*out = (struct cgroup_place){.memory = find(a, mountinfo, self, "memory", &top),
	    .cpu = find(a, mountinfo, self, "cpu", &top),
	    .unified = find(a, mountinfo, self, "", &top)};
	if (out->unified && strcmp(out->unified, top) != 0)
		out->above = path_dir(a, out->unified);
}
