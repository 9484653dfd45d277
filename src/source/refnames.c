/* SPDX-License-Identifier: MIT */
#include "source/refnames.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

enum { PACKED_MAX = 64 << 20, POINTER_MAX = 8192, LOOSE_MAX = 10000, DEPTH_MAX = 32 };

struct reading {
	struct arena *a;
	struct refnames *out;
	const char *prefix;
	size_t prefix_len, max;
	size_t looked_at; /* loose files and directories */
};

void refnames_release(struct refnames *r)
{
	strvec_release(&r->branches);
	strvec_release(&r->tags);
}

/* A regular file: reading a pipe would wait for ever. */
static bool read_text(const char *path, size_t max, struct buf *out)
{
	struct err ignored = ERR_INIT;
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       file_read(path, max, out, &ignored) == 0;
}

/* The path in a small file of git's, behind `label`; NULL: it has none. */
static const char *pointer(
    struct arena *a, const char *dir, const char *name, const char *label)
{
	auto_buf text = BUF_INIT;
	if (!read_text(path_join(a, dir, name), POINTER_MAX, &text) ||
	    strncmp(text.s, label, strlen(label)) != 0)
		return NULL;
	text.s[strcspn(text.s, "\r\n")] = '\0';
	return path_abs(a, dir, text.s + strlen(label));
}

/* Where the references are that all work trees of a repository share. */
static const char *common_dir(struct arena *a, const char *path)
{
	const char *git = path_join(a, path, ".git"), *elsewhere;
	if (!path_is_dir(git)) {
		elsewhere = pointer(a, path, ".git", "gitdir: ");
		git = elsewhere ? elsewhere : path;
	}
	elsewhere = pointer(a, git, "commondir", "");
	return elsewhere ? elsewhere : git;
}

/* "heads/main", n bytes. */
static void take(struct reading *r, const char *ref, size_t n)
{
	static const char heads[] = "heads/", tags[] = "tags/";
	bool tag = n > strlen(tags) && strncmp(ref, tags, strlen(tags)) == 0;
	struct strvec *to = tag ? &r->out->tags : &r->out->branches;
	size_t skip = tag ? strlen(tags) : strlen(heads);
	if (!tag && (n <= skip || strncmp(ref, heads, skip) != 0))
		return;
	ref += skip;
	n -= skip;
	if (to->n < r->max && n >= r->prefix_len &&
	    strncmp(ref, r->prefix, r->prefix_len) == 0)
		strvec_pushf(to, "%.*s", (int)n, ref);
}

static void read_packed(struct reading *r, const char *dir)
{
	static const char refs[] = " refs/";
	auto_buf text = BUF_INIT;
	const char *line, *end;
	if (!read_text(path_join(r->a, dir, "packed-refs"), PACKED_MAX, &text))
		return;
	for (line = text.s; *line; line = end + (*end != '\0')) {
		size_t id = strspn(line, "0123456789abcdef");
		end = strchrnul(line, '\n');
		if (id > 0 && strncmp(line + id, refs, strlen(refs)) == 0) {
			line += id + strlen(refs);
			take(r, line, (size_t)(end - line));
		}
	}
}

static bool is_ref_name(const char *name)
{
	size_t n = strlen(name);
	return name[0] != '.' && (n < 5 || strcmp(name + n - 5, ".lock") != 0);
}

/* `ref`: "heads", "heads/feature", ... */
static void read_loose(struct reading *r, const char *dir, const char *ref, int depth)
{
	auto_dir d = opendir(path_join(r->a, dir, ref));
	struct dirent *e;
	while (d && depth < DEPTH_MAX && (e = readdir(d))) {
		const char *name;
		if (!is_ref_name(e->d_name))
			continue;
		if (++r->looked_at > LOOSE_MAX)
			return;
		name = path_join(r->a, ref, e->d_name);
		if (e->d_type == DT_DIR)
			read_loose(r, dir, name, depth + 1);
		else
			take(r, name, strlen(name));
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_unique(struct strvec *v)
{
	size_t kept = 0;
	if (v->n == 0)
		return;
	qsort(v->v, v->n, sizeof(*v->v), by_name);
	for (size_t i = 1; i < v->n; i++) {
		if (strcmp(v->v[kept], v->v[i]) == 0)
			free(v->v[i]);
		else
			v->v[++kept] = v->v[i];
	}
	v->n = kept + 1;
	v->v[v->n] = NULL;
}

void refnames_read(struct refnames *out, struct arena *a, const char *path,
    const char *prefix, size_t max)
{
	struct reading r = {.a = a,
	    .out = out,
	    .prefix = prefix,
	    .prefix_len = strlen(prefix),
	    .max = max};
	const char *dir = common_dir(a, path), *refs = path_join(a, dir, "refs");
	read_loose(&r, refs, "heads", 0);
	read_loose(&r, refs, "tags", 0);
	read_packed(&r, dir);
	sort_unique(&out->branches);
	sort_unique(&out->tags);
}
