/* SPDX-License-Identifier: MIT */
#include "source/source.h"

#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "source/archive.h"
#include "source/weburl.h"
#include "source/worktree.h"

/* Whose repositories "owner/repo" names. */
#define SHORT_FORM_BASE "https://github.com/"

enum { URI_MAX = 8192 };

struct parse {
	struct arena *a;
	const char *cwd;
	const char *given; /* without quotes */
	bool with_version;
	struct source_uri *out;
	struct err *err;
};

static const char *strip(struct arena *a, const char *s, const char *set)
{
	size_t n;
	s += strspn(s, set);
	n = strlen(s);
	while (n > 0 && strchr(set, s[n - 1]))
		n--;
	return arena_strndup(a, s, n);
}

/* "'URL'#sub", and the blanks and the end of the line that come along with a URL. */
static const char *strip_pasted(struct arena *a, const char *s)
{
	const char *bare = strip(a, s, " \t\r\n'\""), *hash = strchr(bare, '#');
	size_t n = hash ? (size_t)(hash - bare) : 0;
	bool quoted = n > 0 && strchr(s, bare[n - 1]) < strstr(s, bare);
	if (!strstr(bare, "://"))
		return strip(a, s, "'\"");
	if (quoted && (bare[n - 1] == '\'' || bare[n - 1] == '"'))
		return arena_printf(a, "%.*s%s", (int)n - 1, bare, hash);
	return bare;
}

static bool is_dots(const char *s, size_t n)
{
	return (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.');
}

/* Doubled slashes and one at the end go. */
static int set_subdir(struct parse *p, const char *text)
{
	char *start = arena_alloc(p->a, strlen(text) + 1), *out = start;
	if (text[0] == '/')
		return err_set(p->err, ERR_USAGE,
		    "subdirectory '%s' of '%s' is absolute: it must be a path inside the "
		    "project",
		    text, p->out->shown);
	for (const char *s = text; *s;) {
		size_t n = strcspn(s, "/");
		if (is_dots(s, n))
			return err_set(p->err, ERR_USAGE,
			    "subdirectory '%s' of '%s': '.' and '..' are not allowed in "
			    "project subdirectory paths",
			    text, p->out->shown);
		if (n > 0 && out > start)
			*out++ = '/';
		memcpy(out, s, n);
		out += n;
		s += n + (s[n] == '/');
	}
	p->out->subdir = start;
	return 0;
}

static int set_fragment(struct parse *p, const char *text)
{
	const char *subdir;
	if (archive_split_fragment(p->a, text, &subdir, &p->out->sha256, p->err) < 0)
		return err_wrap(p->err, "'%s'", p->out->shown);
	return set_subdir(p, subdir);
}

static bool is_scheme(const char *uri, const char *scheme)
{
	return strncasecmp(uri, scheme, strlen(scheme)) == 0;
}

/* "git@host:path" as git takes it: a colon before the first slash, and no scheme. */
static bool is_scp_form(const char *uri)
{
	size_t n = strcspn(uri, ":/");
	return n > 0 && uri[n] == ':' && (uri[n + 1] != ':' || uri[0] == '[') &&
	       strncmp(uri + n, "://", 3) != 0;
}

static int hint_supported(struct err *err)
{
	return err_hint(err,
	    "a project is a directory, an archive (zip, tar) or a git repository: "
	    "https://, ssh://, git@host:path, http://, git:// or file://");
}

static int set_repository(struct parse *p, const char *repo, const char *origin)
{
	struct source_uri *o = p->out;
	o->kind = SOURCE_GIT;
	o->repo = o->path = repo;
	o->url = o->origin = origin;
	o->host = NULL;
	return 0;
}

/* A version of a local directory: of the work tree that it is in. */
static int set_worktree(struct parse *p, const char *dir)
{
	const char *root = worktree_find(p->a, dir), *rel;
	if (!root)
		return err_set(p->err, ERR_USAGE,
		    "Setting a version is only supported for Git project URIs, and '%s' "
		    "is "
		    "in no git work tree",
		    dir);
	rel = dir + strlen(root);
	rel += *rel == '/';
	if (*rel)
		p->out->subdir = path_join(p->a, rel, p->out->subdir);
	if (p->out->subdir[0] && p->out->subdir[strlen(p->out->subdir) - 1] == '/')
		p->out->subdir =
		    arena_strndup(p->a, p->out->subdir, strlen(p->out->subdir) - 1);
	set_repository(p, root, root);
	p->out->shown = arena_printf(p->a, "file://%s%s%s", url_encode_path(p->a, root),
	    p->out->subdir[0] ? "#" : "", p->out->subdir);
	return 0;
}

static int set_directory(struct parse *p, const char *dir, const char *origin)
{
	if (repository_is_bare(p->a, dir))
		return set_repository(p, dir, origin);
	if (p->with_version)
		return set_worktree(p, dir);
	p->out->kind = SOURCE_LOCAL;
	p->out->path = dir;
	return 0;
}

/* What comes behind # is written again: the path may have been given in other words. */
static const char *archive_uri(struct parse *p, const char *base)
{
	const struct source_uri *o = p->out;
	const char *sha = o->sha256 ? o->sha256 : "", *sub = o->subdir;
	return arena_printf(p->a, "%s%s%s%s%s%s", base, *sub || *sha ? "#" : "", sub,
	    *sub && *sha ? "&" : "", *sha ? "sha256=" : "", sha);
}

/* A file of this machine, or what a URL names. */
static int set_archive(struct parse *p, const char *path, const char *url)
{
	struct source_uri *o = p->out;
	if (p->with_version)
		return err_set(p->err, ERR_USAGE,
		    "Setting a version is only supported for Git project URIs, and '%s' "
		    "is "
		    "an archive",
		    o->shown);
	o->kind = SOURCE_ARCHIVE;
	o->path = path;
	o->url = url;
	o->origin = path ? path : url_public(p->a, url);
	o->shown = archive_uri(p, path ? url_before_fragment(p->a, path) : o->origin);
	return 0;
}

static int set_file(struct parse *p, const char *path)
{
	if (archive_has_name(path) || p->out->sha256)
		return set_archive(p, path, NULL);
	err_set(p->err, ERR_USAGE, "'%s' is a file, not a project directory or archive",
	    p->out->shown);
	return hint_supported(p->err);
}

/* 1: decided, 0: there is nothing at path, -1: *err. */
static int try_path(struct parse *p, const char *path, const char *origin)
{
	const char *abs = path_abs(p->a, p->cwd, path);
	struct stat st;
	if (stat(abs, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)
			return 0;
		return err_sys(p->err, errno, "cannot read '%s'", p->out->shown);
	}
	if (!S_ISDIR(st.st_mode))
		return set_file(p, abs) < 0 ? -1 : 1;
	return set_directory(p, abs, origin ? origin : abs) < 0 ? -1 : 1;
}

static int parse_file(struct parse *p, const char *uri)
{
	const char *path = uri + strlen("file://"), *decoded;
	int rc;
	if (is_scheme(path, "localhost/"))
		path += strlen("localhost");
	if (path[0] != '/') {
		err_set(p->err, ERR_USAGE, "'%s' names a host or a relative path",
		    p->out->shown);
		return err_hint(p->err, "write file:///absolute/path");
	}
	decoded = url_decode(p->a, path);
	rc = decoded ? try_path(p, decoded, uri) : 0;
	if (rc == 0)
		rc = try_path(p, path, uri);
	if (rc == 0) {
		err_set(p->err, ERR_NOTFOUND, "'%s' does not exist", path);
		return -1;
	}
	return rc < 0 ? -1 : 0;
}

static int no_host(struct parse *p)
{
	return err_set(p->err, ERR_USAGE, "'%s' names no host", p->out->shown);
}

/* A secret in a query is meant for http; ssh would show it to others. */
static int refuse_query(struct parse *p, const char *shown)
{
	err_set(p->err, ERR_USAGE,
	    "'%s': no address of a repository has a query like this", shown);
	return err_hint(p->err, "is https:// missing in front of it?");
}

static int set_remote(struct parse *p, const char *url)
{
	const char *shown = url_hide_query(p->a, url);
	if (strcmp(shown, url) != 0)
		return refuse_query(p, url_without_user(p->a, shown));
	p->out->kind = SOURCE_GIT;
	p->out->url = url;
	p->out->origin = url_without_user(p->a, url);
	return 0;
}

/* The line numbers behind the address of a file ("#L12-L20") are no directory. */
static bool is_line_range(const char *s)
{
	return s[0] == 'L' && s[1 + strspn(s + 1, "0123456789-LC")] == '\0' &&
	       isdigit((unsigned char)s[1]);
}

static int set_page(struct parse *p, const struct weburl *page)
{
	struct source_uri *o = p->out;
	o->tree = page->tree;
	o->tree_is_file = page->is_file;
	if (page->is_file && is_line_range(o->subdir))
		o->subdir = "";
	for (const char *s = page->tree; *s; s += *s == '/') {
		size_t n = strcspn(s, "/");
		if (is_dots(s, n))
			return err_set(p->err, ERR_USAGE,
			    "'%s': '.' and '..' are not allowed in project subdirectory "
			    "paths",
			    o->shown);
		s += n;
	}
	return set_remote(p, page->repo);
}

/*
 * What stands where a port should be may be a password that was cut off: it is not shown
 * unless it is a number.
 */
static int check_port(struct parse *p, const char *uri)
{
	const char *start = strstr(uri, "://") + 3, *end = start + strcspn(start, "/?");
	const char *port = end;
	while (port > start && !strchr(":@]", port[-1]))
		port--;
	if (port == start || port[-1] != ':')
		return 0;
	if (strspn(port, "0123456789") < (size_t)(end - port)) {
		err_set(p->err, ERR_USAGE, "the port in the project's URL is no number");
		return err_hint(p->err,
		    "in a user name or password / is written %%2F, ? %%3F, # %%23 and @ "
		    "%%40");
	}
	if (strtol(port, NULL, 10) <= 65535)
		return 0;
	return err_set(
	    p->err, ERR_USAGE, "'%s': the port is more than 65535", p->out->shown);
}

static int parse_remote(struct parse *p, const char *uri)
{
	struct weburl page;
	if (check_port(p, uri) < 0)
		return -1;
	p->out->host = url_host(p->a, uri);
	if (!p->out->host || p->out->host[0] == ':' || p->out->host[0] == '-')
		return no_host(p);
	if (is_scheme(uri, "http") && weburl_split(p->a, uri, &page))
		return set_page(p, &page);
	/* no repository has a query in its address */
	if (is_scheme(uri, "http") &&
	    (archive_has_name(uri) || p->out->sha256 || strchr(uri, '?')))
		return set_archive(p, NULL, uri);
	return set_remote(p, uri);
}

/* [user@]host:path, user@[host]:path, and [user@host:port]:path as git takes them. */
static int parse_scp(struct parse *p, const char *uri)
{
	const char *end = uri + strcspn(uri, ":"), *host = uri;
	const char *bracket = memchr(uri, '[', (size_t)(end - uri));
	if (bracket) {
		host = bracket + 1;
		end = host + strcspn(host, "]");
	}
	for (const char *s = host; s < end; s++)
		if (*s == '@')
			host = s + 1;
	if (host == end || *host == '-')
		return no_host(p);
	p->out->host = arena_strndup(p->a, host, (size_t)(end - host));
	return set_remote(p, uri);
}

static bool is_repository_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("-_.", s[i]))
			return false;
	return n > 0 && !is_dots(s, n);
}

/* "owner/repo"; a directory "owner" means that a path in it was meant. */
static bool is_short_form(struct parse *p, const char *uri)
{
	size_t n = strcspn(uri, "/");
	struct stat st;
	return uri[n] == '/' && isalnum((unsigned char)uri[0]) &&
	       !archive_has_name(uri) && is_repository_name(uri, n) &&
	       is_repository_name(uri + n + 1, strlen(uri + n + 1)) &&
	       stat(path_abs(p->a, p->cwd, arena_strndup(p->a, uri, n)), &st) < 0;
}

static int parse_short_form(struct parse *p, const char *uri)
{
	struct source_uri *o = p->out;
	const char *url = arena_printf(p->a, SHORT_FORM_BASE "%s", uri);
	o->short_form = uri;
	o->shown = arena_printf(p->a, "%s%s%s", url, *o->subdir ? "#" : "", o->subdir);
	return parse_remote(p, url);
}

static int refuse_scheme(struct parse *p, const char *uri)
{
	size_t n = strcspn(uri, ":");
	err_set(p->err, ERR_USAGE, "'%s': scheme '%.*s' is not supported", p->out->shown,
	    (int)n, uri);
	if (is_scheme(uri, "git+"))
		return err_hint(p->err, "leave out the 'git+'");
	return hint_supported(p->err);
}

/* No host of ssh has such a name.  What there is of a password must not be shown. */
static int no_slashes(struct parse *p, const char *uri)
{
	int n = (int)strcspn(uri, ":") + 1;
	err_set(p->err, ERR_USAGE, "the project's URL has no // behind '%.*s'", n, uri);
	return err_hint(p->err, "write %.*s//host/path", n, uri);
}

static int refuse_missing(struct parse *p, const char *path)
{
	err_set(p->err, ERR_NOTFOUND, "'%s' does not exist", url_hide_query(p->a, path));
	return err_hint(p->err, "a git project needs a URL such as "
				"https://host/team/project.git");
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static int parse_before_hash(struct parse *p, const char *uri)
{
	int rc;
	if (is_scheme(uri, "file://"))
		return parse_file(p, uri);
	if (!strstr(uri, "://") || strcspn(uri, "/") < strcspn(uri, ":")) {
		rc = try_path(p, uri, NULL);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	if (has_control(uri))
		return err_set(
		    p->err, ERR_USAGE, "the project URI has control characters");
	if (is_scheme(uri, "https://") || is_scheme(uri, "http://") ||
	    is_scheme(uri, "git://") || url_is_ssh(uri))
		return parse_remote(p, uri);
	if (is_scheme(uri, "https:") || is_scheme(uri, "http:"))
		return no_slashes(p, uri);
	if (is_scp_form(uri))
		return parse_scp(p, uri);
	if (strcspn(uri, ":") < strcspn(uri, "/"))
		return refuse_scheme(p, uri);
	if (is_short_form(p, uri))
		return parse_short_form(p, uri);
	return refuse_missing(p, uri);
}

/* A directory may have a # in its name; as the text stands, "p.zip#x/.." is none. */
static bool is_whole_path(const struct parse *p)
{
	return !strstr(p->given, "://") && path_exists(path_join(p->a, p->cwd, p->given));
}

int source_parse(struct arena *a, const char *cwd, const char *uri, bool with_version,
    struct source_uri *out, struct err *err)
{
	struct parse p = {
	    .a = a, .cwd = cwd, .with_version = with_version, .out = out, .err = err};
	const char *hash;
	int rc;
	memset(out, 0, sizeof(*out));
	out->subdir = "";
	if (strlen(uri) > URI_MAX)
		return err_set(
		    err, ERR_USAGE, "the project URI is longer than %d bytes", URI_MAX);
	p.given = strip_pasted(a, uri);
	out->shown = url_public(a, p.given);
	if (!*p.given)
		return err_set(err, ERR_USAGE, "the project URI is empty");
	hash = strchr(p.given, '#');
	rc = hash && is_whole_path(&p) ? try_path(&p, p.given, NULL) : 0;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (hash && set_fragment(&p, hash + 1) < 0)
		return -1;
	if (parse_before_hash(&p,
		hash ? arena_strndup(a, p.given, (size_t)(hash - p.given)) : p.given) < 0)
		return -1;
	if (out->sha256 && out->kind != SOURCE_ARCHIVE)
		return err_set(err, ERR_USAGE,
		    "'%s': sha256= goes with an archive, and this is none", out->shown);
	return 0;
}
