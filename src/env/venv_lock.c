/* SPDX-License-Identifier: MIT */
/* venv_lock.c -- what is in an environment, as a list that pip can install again. */
#include "base/ask.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "env/step.h"
#include "env/venv_build.h"

enum { LIST_MS = 60 * 1000 };

/*
 * Run by the environment's own Python, which may be an old one: what is installed, by the
 * records that installers leave.  Arguments: files with what pip reported of hashes.
 */
static const char list_script[] =
    "import sys, os, glob, json, re, sysconfig\n"
    "found, hashes = {}, {}\n"
    "norm = lambda s: re.sub(r'[-_.]+', '-', s).lower()\n"
    "for path in sys.argv[1:]:\n"
    "    with open(path, encoding='utf-8') as f:\n"
    "        for i in json.load(f).get('install', []):\n"
    "            a = (i.get('download_info') or {}).get('archive_info') or {}\n"
    "            h = (a.get('hashes') or {}).get('sha256')\n"
    "            m = i.get('metadata') or {}\n"
    "            if h and i.get('is_direct') is not True:\n"
    "                hashes[norm(m['name']), m['version']] = h\n"
    "def source(info):\n"
    "    try:\n"
    "        with open(os.path.join(info, 'direct_url.json'), encoding='utf-8') as f:\n"
    "            d = json.load(f)\n"
    "    except (OSError, ValueError):\n"
    "        return ''\n"
    "    u, v, a = d['url'], d.get('vcs_info'), d.get('archive_info') or {}\n"
    "    if re.match(r'file://.*/(pip|setuptools)-[^/]*[.]whl$', u):\n"
    "        return ''\n" /* it came with Python */
    "    if v:\n"
    "        return ' @ %s+%s@%s' % (v['vcs'], u, v['commit_id'])\n"
    "    if (d.get('dir_info') or {}).get('editable'):\n"
    "        return '-e ' + u\n"
    "    h = (a.get('hashes') or {}).get('sha256')\n"
    "    return ' @ ' + u + ('#sha256=' + h if h else '')\n"
    "def add(info, meta):\n"
    "    fields = {}\n"
    "    with open(os.path.join(info, meta), encoding='utf-8', errors='replace') as f:\n"
    "        for line in f:\n"
    "            k, _, v = line.partition(':')\n"
    "            if not line.strip():\n"
    "                break\n"
    "            fields.setdefault(k.lower(), v.strip())\n"
    "    n, v = fields.get('name'), fields.get('version')\n"
    "    if n and v:\n"
    "        s = source(info)\n"
    "        line = s if s[:3] == '-e ' else n + (s or '==' + v)\n"
    "        if s[:3] == '-e ':\n"
    "            line += '  # %s==%s' % (n, v)\n"
    "        elif s:\n"
    "            line += '  # ' + v\n"
    "        elif (norm(n), v) in hashes:\n"
    "            line += ' \\\\\\n    --hash=sha256:' + hashes[norm(n), v]\n"
    "        found.setdefault(norm(n), line)\n"
    "for p in sorted({sysconfig.get_path('purelib'), sysconfig.get_path('platlib')}):\n"
    "    for info in sorted(glob.glob(os.path.join(glob.escape(p), '*.dist-info'))):\n"
    "        if os.path.exists(os.path.join(info, 'METADATA')):\n"
    "            add(info, 'METADATA')\n"
    "    for info in sorted(glob.glob(os.path.join(glob.escape(p), '*.egg-info'))):\n"
    "        if os.path.exists(os.path.join(info, 'PKG-INFO')):\n"
    "            add(info, 'PKG-INFO')\n"
    "sys.stdout.buffer.write(\n"
    "    ''.join(found[k] + '\\n' for k in sorted(found)).encode('utf-8'))\n";

static int list_packages(const struct venv_tools *t, struct buf *out, struct err *err)
{
	struct arena *a = t->e->want.a;
	auto_strvec argv = STRVEC_INIT;
	strvec_push(&argv, path_join(a, t->v->path, "bin/python"));
	strvec_push(&argv, "-I");
	strvec_push(&argv, "-c");
	strvec_push(&argv, list_script);
	for (const char *s = t->reports ? t->reports : ""; *s;) {
		size_t n = strcspn(s, "\n");
		strvec_pushf(&argv, "%.*s", (int)n, s);
		s += n + (s[n] != '\0');
	}
	if (ask_tool(t->e->want.ctx->trace, strvec_argv(&argv), t->envp, LIST_MS, out,
		err) < 0)
		return err_wrap(err, "cannot list what is in the environment");
	return 0;
}

/* An option of the list that says where packages are. */
static bool is_index_option(const char *line)
{
	static const char *const options[] = {"-i", "--index-url", "--extra-index-url",
	    "-f", "--find-links", "--no-index", "--pre", "--trusted-host"};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strncmp(line, options[i], strlen(options[i])) == 0)
			return true;
	return false;
}

static void add_index_options(struct buf *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n") + 1;
		if (is_index_option(text))
			buf_add(out, text, n);
		text += n;
	}
}

/*
 * uv does not say which file it installed, but knows the hashes of all that a version
 * has.  What it cannot tell stays without.
 */
static int add_hashes(const struct venv_tools *t, struct buf *list, struct err *err)
{
	struct arena *a = t->e->want.a;
	const char *in = path_join(a, t->v->dir, "hashes.in");
	const char *out = path_join(a, t->v->dir, "hashes.txt");
	const char *argv[] = {t->uv, "pip", "compile", "-q", "--no-header",
	    "--no-annotate", "--no-deps", "--generate-hashes", "--python",
	    path_join(a, t->v->path, "bin/python"), "-o", out, in, NULL};
	struct env_step step = {.what = "looking for the packages' hashes",
	    .argv = (char *const *)argv,
	    .envp = t->envp};
	struct err why = ERR_INIT;
	auto_buf text = BUF_INIT;
	add_index_options(&text, t->v->build.install.s);
	add_index_options(&text, t->v->install.install.s);
	buf_add(&text, list->s, list->len);
	if (file_write(in, text.s, text.len, 0600, err) < 0)
		return -1;
	buf_clear(&text);
	if (env_step(t->e, &step, NULL, &why) < 0) {
		if (why.code == ERR_INTERRUPTED) {
			*err = why;
			return -1;
		}
		ctx_say(t->e->want.ctx, SAY_DEBUG, "no hashes: %s", why.msg);
		return 0;
	}
	if (file_read(out, 16 << 20, &text, err) < 0)
		return -1;
	buf_clear(list);
	buf_add(list, text.s, text.len);
	return 0;
}

int venv_write_lock(const struct venv_tools *t, struct err *err)
{
	const struct venv *v = t->v;
	auto_buf list = BUF_INIT, text = BUF_INIT;
	if (list_packages(t, &list, err) < 0)
		return -1;
	if (t->uv && add_hashes(t, &list, err) < 0)
		return -1;
	buf_addf(&text,
	    "# What was installed; pip install -r installs it again.\n"
	    "# python: %s %s (%s)\n# platform: %s\n# made by: mlp %s, %s\n"
	    "# environment: %s\n",
	    v->python.name, v->python.version, v->python.path, v->python.abi, MLP_VERSION,
	    t->maker, v->hash);
	url_mask(&text, list.s);
	if (text.s[text.len - 1] != '\n')
		buf_addc(&text, '\n');
	return file_write(
	    path_join(t->e->want.a, v->dir, VENV_LOCK_FILE), text.s, text.len, 0666, err);
}
