/* SPDX-License-Identifier: MIT */
/*
 * source.h -- what a project URI means, and getting its tree.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"
#include "base/helper.h"
#include "source/lease.h"

enum source_kind {
	SOURCE_LOCAL,	/* a directory, run in place */
	SOURCE_GIT,	/* fetched: a mirror in the cache, a checkout for the run */
	SOURCE_ARCHIVE, /* unpacked for the run; one by http is kept in the cache */
};

/* A URI, taken apart.  Strings live in the arena. */
struct source_uri {
	enum source_kind kind;
	const char
	    *path; /* the directory or archive before #, absolute; NULL: elsewhere */
	const char *url; /* not SOURCE_LOCAL: for the transport, credentials included */
	const char *origin; /* not SOURCE_LOCAL: the same without credentials */
	const char *repo;   /* SOURCE_GIT: the repository on this machine, or NULL */
	const char *host;   /* for messages ("localhost:8080"), or NULL */
	const char *shown;  /* the URI for people and records: no quotes or credentials */
	const char *subdir; /* behind #, "" when none; no doubled or final slash */
	/* of a page's address: "REF/dir"; NULL: it was none */
	const char *tree;
	bool tree_is_file;	/* dir's last component is a file */
	const char *short_form; /* "owner/repo", which url was made from, or NULL */
	const char
	    *sha256; /* SOURCE_ARCHIVE: what it must have, in small letters, or NULL */
};

/*
 * Strip quotes, split at the first # (unless a directory has the whole text as its name),
 * decide the kind.  Only stat() is asked.  A bare repository is SOURCE_GIT.
 * with_version: a version was given, so a local work tree is SOURCE_GIT of itself and
 * what lies between it and the directory goes in front of subdir.
 * An archive is known by its name, or by "sha256=..." behind # (a subdirectory may stand
 * beside it, joined by &); a URL with a query that is no archive's is taken for one, too.
 * "owner/repo", where neither it nor a directory "owner" is there, is that repository of
 * github.com; the address of a page (weburl.h) is its repository and `tree`.
 * Errors (ERR_NOTFOUND, ERR_USAGE) name the URI: does not exist, is a file, scheme not supported,
 * subdirectory with "." or ".." or absolute.
 */
int source_parse(struct arena *a, const char *cwd, const char *uri, bool with_version,
    struct source_uri *out, struct err *err);

/* The tree, and what is known about it.  Strings live in the arena; NULL: not known. */
struct source {
	enum source_kind kind;
	const char *uri;      /* for tag mlflow.source.name */
	const char *dir;      /* the project directory (subdir applied), absolute */
	const char *root;     /* the checkout or work tree it is in, or NULL */
	const char *subdir;   /* as given behind #, "" when none */
	const char *version;  /* what was asked for, or NULL */
	const char *commit;   /* full id */
	const char *repo_url; /* without credentials */
	const char *branch;   /* when the version (or, local, HEAD) is a branch */
	const char *sha256;   /* of the archive */
	const char *mirrors;  /* of source_bring: its submodules', see there */
	int dirty;	      /* 1, 0, or -1: not known or not a work tree */
	struct lease lease;   /* of source_fetch: the checkout is ours */
};

/*
 * SOURCE_GIT: bring the mirror up to date and make a checkout of its own for this run
 * below ctx->cache_dir.  SOURCE_ARCHIVE: likewise, unpacked; what is no repository but an
 * http URL may turn out to be one.  SOURCE_LOCAL: only checks the directory (facts come
 * separately).
 * The caller owes lease_end or lease_drop.
 */
int source_fetch(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *version, struct source *out, struct err *err);

/*
 * As source_fetch, but only the manifest and environment files of the project directory
 * are brought, into a temporary directory that source_peek_done removes: for check, info,
 * --dry-run and --help.
 */
int source_peek(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *version, struct source *out, struct err *err);
/*
 * The same, and what a checkout of that commit needs is in the cache then: its submodules',
 * too, and theirs.  out->mirrors: the hashes (url_file_hash) of their mirrors' names, with
 * blanks between them.
 */
int source_bring(const struct ctx *ctx, struct arena *a, const struct source_uri *u,
    const char *version, struct source *out, struct err *err);
void source_peek_done(const struct source *s);

/*
 * The git facts of a local directory, asked for in parallel with other work.
 * `ignore` (NULL-terminated absolute paths): files and directories that do not make the
 * tree dirty, because we write them ourselves (the database, mlruns).
 * A directory in no repository, or ignored by it, has none and no helper is started.
 */
struct source_facts {
	struct helper helper;
	bool asked;
};
#define SOURCE_FACTS_INIT                                                                \
	{                                                                                \
		.helper = HELPER_INIT                                                    \
	}
int source_facts_start(const struct ctx *ctx, const char *dir, char *const *ignore,
    struct source_facts *f, struct err *err);
/* Fill in s->commit, repo_url, branch, dirty, root, uri; a failure is only a warning. */
void source_facts_finish(
    const struct ctx *ctx, struct arena *a, struct source_facts *f, struct source *s);

#endif
