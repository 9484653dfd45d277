/* SPDX-License-Identifier: MIT */
/* venv_lock.c -- what is in an environment, as a list that pip can install again. */
#include "base/ask.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "env/step.h"
#include "env/venv_build.h"

enum { LIST_MS = 60 * 1000, LIST_MAX = 16 << 20 };

/*
 * Run by the environment's own Python, which may be an old one: what is installed, by the
 * records that installers leave.  Arguments: "names" for those alone that an index has,
 * "list" for everything; then files with hashes, as pip reports them or uv lists them.
 * pip takes a list with hashes only when each line has one: else they are comments.
 */
static const char list_script[] =
    "import sys, os, glob, json, re, sysconfig\n"
    "found, hashes = {}, {}\n"
    "norm = lambda s: re.sub(r'[-_.]+', '-', s).lower()\n"
    "def take_report(j):\n"
    "    for i in j.get('install', []):\n"
    "        a = (i.get('download_info') or {}).get('archive_info') or {}\n"
    "        h = (a.get('hashes') or {}).get('sha256')\n"
    "        m = i.get('metadata') or {}\n"
    "        if h and 'name' in m:\n"
    "            hashes[norm(m['name']), m.get('version')] = ['sha256:' + h]\n"
    "def take_list(text):\n"
    "    for line in text.replace('\\\\\\n', ' ').splitlines():\n"
    "        m = re.match(r'([A-Za-z0-9._-]+)==([^ ;]+)', line)\n"
    "        h = re.findall(r'--hash=(\\S+)', line)\n"
    "        if m and h:\n"
    "            hashes[norm(m.group(1)), m.group(2)] = h\n"
    "for path in sys.argv[2:]:\n"
    "    with open(path, encoding='utf-8') as f:\n"
    "        text = f.read()\n"
    "    take_report(json.loads(text)) if text[:1] == '{' else take_list(text)\n"
    "def source(info):\n"
    "    try:\n"
    "        with open(os.path.join(info, 'direct_url.json'), encoding='utf-8') as f:\n"
    "            d = json.load(f)\n"
    "    except (OSError, ValueError):\n"
    "        return ''\n"
    "    u, v, a = d['url'], d.get('vcs_info'), d.get('archive_info') or {}\n"
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
    "        found.setdefault(norm(n), (n, v, source(info)))\n"
    "for p in sorted({sysconfig.get_path('purelib'), sysconfig.get_path('platlib')}):\n"
    "    for kind, meta in ('dist-info', 'METADATA'), ('egg-info', 'PKG-INFO'):\n"
    "        for info in sorted(glob.glob(os.path.join(glob.escape(p), '*.' + kind))):\n"
    "            if os.path.exists(os.path.join(info, meta)):\n"
    "                add(info, meta)\n"
    "own = lambda n, v, s: n in ('pip', 'setuptools') and (n, v) not in hashes and (\n"
    "    not s or re.match(r' @ file://.*/%s-[^/]*[.]whl' % n, s))\n"
    "rest = [(k,) + f for k, f in sorted(found.items()) if not own(k, f[1], f[2])]\n"
    "if sys.argv[1] == 'names':\n"
    "    out = ['%s==%s' % (n, v) for k, n, v, s in rest if not s]\n"
    "else:\n"
    "    out = ['# %s==%s, as it comes with Python' % f[:2]\n"
    "        for k, f in sorted(found.items()) if own(k, f[1], f[2])]\n"
    "    every = all(not s and (k, v) in hashes for k, n, v, s in rest)\n"
    "    for k, n, v, s in rest:\n"
    "        h = hashes.get((k, v), [])\n"
    "        if s:\n"
    "            out.append(s + '  # %s==%s' % (n, v) if s[:3] == '-e ' else\n"
    "                n + s + '  # ' + v)\n"
    "        elif every:\n"
    "            out.append(' \\\\\\n    --hash='.join(['%s==%s' % (n, v)] + h))\n"
    "        else:\n"
    "            out.append('  # '.join(['%s==%s' % (n, v)] + ([' '.join(h)] if h else "
    "[])))\n"
    "sys.stdout.buffer.write(''.join(l + '\\n' for l in out).encode('utf-8'))\n";

/* `files` with hashes, a line each. */
static int list_packages(const struct venv_tools *t, const char *how, const char *files,
    struct buf *out, struct err *err)
{
	auto_strvec argv = STRVEC_INIT;
	strvec_push(&argv, path_join(t->e->want.a, t->v->path, "bin/python"));
	strvec_push(&argv, "-I");
	strvec_push(&argv, "-c");
	strvec_push(&argv, list_script);
	strvec_push(&argv, how);
	while (*files) {
		size_t n = strcspn(files, "\n");
		strvec_pushf(&argv, "%.*s", (int)n, files);
		files += n + (files[n] != '\0');
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
 * has.  *out is the file with them; "" where it cannot tell.
 */
static int look_for_hashes(const struct venv_tools *t, const char **out, struct err *err)
{
	struct arena *a = t->e->want.a;
	const char *in = path_join(a, t->v->dir, "hashes.in");
	const char *to = path_join(a, t->v->dir, "hashes.txt");
	const char *argv[] = {t->uv, "pip", "compile", "-q", "--no-header",
	    "--no-annotate", "--no-deps", "--generate-hashes", "--python",
	    path_join(a, t->v->path, "bin/python"), "-o", to, in, NULL};
	struct env_step step = {.what = "looking for the packages' hashes",
	    .argv = (char *const *)argv,
	    .envp = t->envp};
	struct err why = ERR_INIT;
	auto_buf text = BUF_INIT;
	*out = "";
	add_index_options(&text, t->v->build.install.s);
	add_index_options(&text, t->v->install.install.s);
	if (list_packages(t, "names", "", &text, err) < 0 ||
	    file_write(in, text.s, text.len, 0600, err) < 0)
		return -1;
	if (env_step(t->e, &step, NULL, &why) == 0) {
		*out = to;
	} else if (why.code == ERR_INTERRUPTED) {
		*err = why;
		return -1;
	} else {
		ctx_say(t->e->want.ctx, SAY_DEBUG, "no hashes: %s", why.msg);
		t->e->said = NULL;
	}
	return 0;
}

int venv_write_lock(const struct venv_tools *t, struct err *err)
{
	const struct venv *v = t->v;
	const char *files = t->reports ? t->reports : "";
	auto_buf list = BUF_MAX(LIST_MAX), text = BUF_INIT;
	if (t->uv && look_for_hashes(t, &files, err) < 0)
		return -1;
	if (list_packages(t, "list", files, &list, err) < 0)
		return -1;
	buf_addf(&text,
	    "# What was installed; pip install -r installs it again.\n"
	    "# python: %s %s (%s)\n# platform: %s\n# made by: mlp %s, %s\n"
	    "# environment: %s\n",
	    v->python.name, v->python.version, v->python.path, v->python.abi, MLP_VERSION,
	    t->maker, v->hash);
	url_mask(&text, list.s);
	if (list.len)
		buf_addc(&text, '\n');
	return file_write(
	    path_join(t->e->want.a, v->dir, VENV_LOCK_FILE), text.s, text.len, 0666, err);
}
