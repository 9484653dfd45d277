/* SPDX-License-Identifier: MIT */
#include "env/python.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/ask.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/sha256.h"
#include "env/pythons.h"

enum { ANSWER_MS = 20 * 1000, MEMO_MAX = 64 * 1024 };

/* `self` is the file that runs: another one than was asked for is a shim's choice. */
static const char question[] =
    "import sys, os, re, glob, sysconfig as s\n"
    "i = sys.version_info\n"
    "v = '%d.%d.%d' % i[:3]\n"
    "if i[3] != 'final':\n"
    "    v += {'alpha': 'a', 'beta': 'b'}.get(i[3], 'rc') + str(i[4])\n"
    "x = os.stat('/proc/self/exe')\n"
    "w = s.get_config_var('WHEEL_PKG_DIR') or os.path.join(\n"
    "    s.get_path('stdlib'), 'ensurepip', '_bundled')\n"
    "def newest(name):\n"
    "    n = lambda f: [int(x) for x in re.findall(\n"
    "        '[0-9]+', os.path.basename(f).split('-')[1])]\n"
    "    return sorted(glob.glob(os.path.join(w, name + '-*.whl')), key=n)[-1:]\n"
    "w = newest('pip') + (newest('setuptools') if i < (3, 12) else [])\n"
    "import json\n"
    "print(json.dumps({'version': v, 'name': sys.implementation.name,\n"
    "    'path': os.path.realpath(\n"
    "        getattr(sys, '_base_executable', None) or sys.executable),\n"
    "    'abi': s.get_platform() + ' ' + (s.get_config_var('SOABI') or ''),\n"
    "    'wheels': '\\n'.join(w), 'self': '%d:%d' % (x.st_dev, x.st_ino)}))\n";

bool python_is_version(const char *version, const char *wanted)
{
	size_t n = strlen(wanted);
	return strncmp(version, wanted, n) == 0 &&
	       (version[n] == '\0' || version[n] == '.');
}

/* A Python that fits is no version before its release, unless that is what is wanted. */
static bool is_wanted(const struct python_search *s, const struct python *p)
{
	return !s->wanted || python_is_version(p->version, s->wanted);
}

static int read_answer(struct arena *a, const cJSON *j, struct python *out)
{
	const char *field[] = {json_str(j, "path"), json_str(j, "version"),
	    json_str(j, "name"), json_str(j, "abi"), json_str(j, "wheels")};
	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++)
		if (!field[i])
			return 0;
	*out = (struct python){.path = arena_strdup(a, field[0]),
	    .version = arena_strdup(a, field[1]),
	    .name = arena_strdup(a, field[2]),
	    .abi = arena_strdup(a, field[3]),
	    .wheels = arena_strdup(a, field[4])};
	return out->path[0] == '/' && access(out->path, X_OK) == 0;
}

/* The file that keeps what `path` said, named by what would change with it. */
static const char *memo_path(
    const struct python_search *s, const char *path, const struct stat *st)
{
	char hex[SHA256_HEX + 1];
	struct sha256 h;
	if (!s->ctx->cache_dir)
		return NULL;
	sha256_init(&h);
	sha256_add_str(&h, path);
	sha256_add_str(&h, question);
	sha256_add_str(
	    &h, arena_printf(s->a, "%ju:%ju:%jd:%jd.%09ld", (uintmax_t)st->st_dev,
		    (uintmax_t)st->st_ino, (intmax_t)st->st_size,
		    (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec));
	sha256_finish(&h, hex);
	hex[32] = '\0';
	return path_join(s->a, s->ctx->cache_dir, arena_printf(s->a, "pythons/%s", hex));
}

static int recall(const struct python_search *s, const char *memo, struct python *out)
{
	struct err ignored = ERR_INIT;
	auto_buf text = BUF_INIT;
	auto_json j = NULL;
	if (!memo || !path_exists(memo) || file_read(memo, MEMO_MAX, &text, &ignored) < 0)
		return 0;
	j = json_parse(text.s, text.len, memo, &ignored);
	return j ? read_answer(s->a, j, out) : 0;
}

static void keep(
    const struct python_search *s, const char *memo, const struct buf *answer)
{
	struct err ignored = ERR_INIT;
	if (s->keep && memo && dir_make(path_dir(s->a, memo), 0700, &ignored) == 0)
		file_write(memo, answer->s, answer->len, 0600, &ignored);
}

int python_ask(const struct python_search *s, const char *path, struct python *out)
{
	char *const argv[] = {(char *)path, (char *)"-I", (char *)"-S", (char *)"-c",
	    (char *)question, NULL};
	auto_buf answer = BUF_INIT;
	struct err ignored = ERR_INIT;
	auto_json j = NULL;
	const char *memo, *self;
	struct stat st;
	if (stat(path, &st) < 0)
		return 0;
	memo = memo_path(s, path, &st);
	if (recall(s, memo, out)) {
		if (s->keep)
			utimensat(AT_FDCWD, memo, NULL, 0);
		return 1;
	}
	if (ask_tool(s->ctx->trace, argv, NULL, ANSWER_MS, &answer, &ignored) < 0)
		return 0;
	j = json_parse(answer.s, answer.len, path, &ignored);
	if (!j || !read_answer(s->a, j, out))
		return 0;
	self = json_str(j, "self");
	if (self && strcmp(self, arena_printf(s->a, "%ju:%ju", (uintmax_t)st.st_dev,
				     (uintmax_t)st.st_ino)) == 0)
		keep(s, memo, &answer);
	return 1;
}

int python_find(const struct python_search *s, struct python *out)
{
	struct python_paths paths;
	python_paths_find(s, &paths);
	for (size_t i = 0; i < paths.n; i++)
		if (python_ask(s, paths.v[i], out) && is_wanted(s, out))
			return 1;
	return 0;
}

const char *python_list(const struct python_search *s)
{
	struct python_search all = *s;
	struct python_paths paths;
	auto_buf text = BUF_INIT;
	all.wanted = NULL;
	all.everything = true;
	python_paths_find(&all, &paths);
	for (size_t i = 0; i < paths.n; i++) {
		struct python p;
		auto_buf one = BUF_INIT;
		if (!python_ask(&all, paths.v[i], &p))
			continue;
		buf_addf(&one, "%s (%s)", p.version, p.path);
		if (!strstr(text.s, one.s))
			buf_addf(&text, "%s%s", text.len ? ", " : "", one.s);
	}
	return text.len ? arena_strdup(s->a, text.s) : "none";
}
