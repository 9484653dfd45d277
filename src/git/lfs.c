/* SPDX-License-Identifier: MIT */
#include "git/lfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "git/lfsfetch.h"
#include "git/pointer.h"

enum { ATTRIBUTES_MAX = 1024 * 1024, YOUNG_S = 2 };

struct file {
	const char *path; /* below the root */
	struct pointer pointer;
	const char *object; /* where its content is, or NULL */
};

struct filling {
	struct arena *a;
	const struct lfs_place *at;
	git_repository *repo;
	git_index *index;
	struct file *v;
	size_t n;
	long long bytes;
	struct meter *meter;
	struct err *err;
};

static bool is_set(const char *name)
{
	const char *v = getenv(name);
	return v && *v && strcmp(v, "0") != 0 && strcasecmp(v, "false") != 0;
}

bool lfs_is_wanted(void)
{
	return !is_set("GIT_LFS_SKIP_SMUDGE") && proc_can_find("git-lfs");
}

void lfs_warn(size_t left)
{
	const char *why = "lfs.fetchinclude or lfs.fetchexclude leaves them out";
	if (left == 0)
		return;
	if (is_set("GIT_LFS_SKIP_SMUDGE"))
		why = "GIT_LFS_SKIP_SMUDGE is set";
	else if (!proc_can_find("git-lfs"))
		why = "git-lfs is not installed";
	event_warning(
	    "%zu file%s of the project %s Git LFS pointer%s, without the content: %s",
	    left, left > 1 ? "s" : "", left > 1 ? "are" : "is a", left > 1 ? "s" : "",
	    why);
}

static bool is_regular(const git_index_entry *e)
{
	return e->mode == GIT_FILEMODE_BLOB || e->mode == GIT_FILEMODE_BLOB_EXECUTABLE;
}

/* Most projects have no such line, and nothing else needs to be looked at then. */
static bool has_attribute(struct filling *f)
{
	for (size_t i = 0; i < git_index_entrycount(f->index); i++) {
		const git_index_entry *e = git_index_get_byindex(f->index, i);
		auto_buf text = BUF_INIT;
		struct err ignored = ERR_INIT;
		if (is_regular(e) && strcmp(path_base(e->path), ".gitattributes") == 0 &&
		    file_read(path_join(f->a, f->at->root, e->path), ATTRIBUTES_MAX,
			&text, &ignored) == 0 &&
		    strstr(text.s, "filter=lfs"))
			return true;
	}
	return false;
}

static bool is_filtered(struct filling *f, const char *path)
{
	const char *value;
	return git_attr_get(&value, f->repo, GIT_ATTR_CHECK_FILE_THEN_INDEX, path,
		   "filter") == 0 &&
	       value && strcmp(value, "lfs") == 0;
}

static void find_pointers(struct filling *f)
{
	for (size_t i = 0; i < git_index_entrycount(f->index); i++) {
		const git_index_entry *e = git_index_get_byindex(f->index, i);
		struct file file = {.path = e->path};
		auto_buf text = BUF_INIT;
		struct err ignored = ERR_INIT;
		if (!is_regular(e) || e->file_size > POINTER_MAX ||
		    file_read(path_join(f->a, f->at->root, e->path), POINTER_MAX, &text,
			&ignored) < 0 ||
		    !pointer_parse(&file.pointer, text.s, text.len) ||
		    !is_filtered(f, e->path))
			continue;
		file.path = arena_strdup(f->a, e->path);
		ARENA_GROW(f->a, f->v, f->n);
		f->v[f->n++] = file;
	}
}

static const char *object_in(struct filling *f, const char *dir, const struct pointer *p)
{
	const char *path = arena_printf(
	    f->a, "%s/objects/%.2s/%.2s/%s", dir, p->oid, p->oid + 2, p->oid);
	struct stat st;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == p->size
		   ? path
		   : NULL;
}

/* Returns how many are nowhere. */
static size_t find_objects(struct filling *f, const char *store)
{
	size_t missing = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct file *file = &f->v[i];
		if (!file->object)
			file->object = object_in(f, store, &file->pointer);
		if (!file->object && f->at->other)
			file->object = object_in(
			    f, path_join(f->a, f->at->other, "lfs"), &file->pointer);
		missing += !file->object;
	}
	return missing;
}

static const struct file *first_missing(const struct filling *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->v[i].object)
			return &f->v[i];
	return NULL;
}

static int fetch(struct filling *f, const char *store, size_t *missing)
{
	struct err why = ERR_INIT;
	int rc;
	if (f->at->offline) {
		err_set(f->err, ERR_FAIL,
		    "'%s': the content of '%s', which Git LFS keeps, is not in the cache",
		    f->at->origin, first_missing(f)->path);
		return err_hint(
		    f->err, "--offline asks nobody: without it, it is fetched");
	}
	rc = lfsfetch(f->at, store, f->meter, &why);
	*missing = find_objects(f, store);
	if (rc == 0 || *missing == 0)
		return 0;
	err_set(f->err, ERR_FAIL,
	    "'%s': Git LFS cannot fetch the content of '%s' (%zu file%s in all): %s",
	    f->at->origin, first_missing(f)->path, *missing, *missing > 1 ? "s" : "",
	    why.msg);
	return err_hint(f->err, "GIT_LFS_SKIP_SMUDGE=1 goes on with pointers");
}

static int copy(struct filling *f, const struct file *file, int in, int out)
{
	auto_buf block = BUF_INIT;
	int64_t done = 0;
	ssize_t n;
	buf_reserve(&block, 65536);
	for (; (n = copy_file_range(in, NULL, out, NULL, 1 << 22, 0)) > 0; done += n)
		event_progress(
		    f->meter, "copying LFS files", 0, 0, f->bytes += (long long)n);
	/* not every file system can copy within the kernel */
	for (; n < 0 && (n = read(in, block.s, 65536)) > 0; done += n, n = -1) {
		if (fd_write_all(out, block.s, (size_t)n) < 0)
			return -1;
		event_progress(
		    f->meter, "copying LFS files", 0, 0, f->bytes += (long long)n);
	}
	if (n == 0 && done != file->pointer.size)
		errno = EIO;
	return n == 0 && done == file->pointer.size ? 0 : -1;
}

/* Git takes a file that is as young as its index for changed, and would ask git-lfs. */
static int make_older(int fd)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	clock_gettime(CLOCK_REALTIME, &times[1]);
	times[1].tv_sec -= YOUNG_S;
	return futimens(fd, times);
}

/* It is the same to git, but for what the file system says of it. */
static int update_entry(struct filling *f, const struct file *file, const struct stat *st)
{
	const git_index_entry *old = git_index_get_bypath(f->index, file->path, 0);
	git_index_entry e;
	if (!old)
		return -1;
	e = *old;
	e.ctime.seconds = (int32_t)st->st_ctim.tv_sec;
	e.ctime.nanoseconds = (uint32_t)st->st_ctim.tv_nsec;
	e.mtime.seconds = (int32_t)st->st_mtim.tv_sec;
	e.mtime.nanoseconds = (uint32_t)st->st_mtim.tv_nsec;
	e.dev = (uint32_t)st->st_dev;
	e.ino = (uint32_t)st->st_ino;
	e.file_size = (uint32_t)st->st_size;
	e.path = file->path;
	return git_index_add(f->index, &e);
}

static int put(struct filling *f, const struct file *file)
{
	const char *path = path_join(f->a, f->at->root, file->path);
	auto_fd in = open(file->object, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	auto_fd out = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	if (in < 0 || out < 0 || fstat(out, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_nlink != 1 || ftruncate(out, 0) < 0 || copy(f, file, in, out) < 0 ||
	    make_older(out) < 0 || fstat(out, &st) < 0)
		return err_sys(f->err, errno, "cannot write '%s'", path);
	if (update_entry(f, file, &st) < 0)
		return lib_fail(f->err, "cannot note '%s' in the index", file->path);
	return 0;
}

static int put_all(struct filling *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].object && put(f, &f->v[i]) < 0)
			return -1;
	if (git_index_write(f->index) < 0)
		return lib_fail(f->err, "cannot write the index of '%s'", f->at->root);
	return 0;
}

static int fill(struct filling *f, size_t *left)
{
	const char *store =
	    f->at->store ? f->at->store : path_join(f->a, f->at->git_dir, "lfs");
	size_t missing;
	if (!has_attribute(f))
		return 0;
	find_pointers(f);
	missing = find_objects(f, store);
	if (f->n == 0)
		return 0;
	if (is_set("GIT_LFS_SKIP_SMUDGE")) {
		*left += f->n;
		return 0;
	}
	if (missing > 0 && lfs_is_wanted() && fetch(f, store, &missing) < 0)
		return -1;
	*left += missing;
	return put_all(f);
}

int lfs_fill(
    const struct lfs_place *at, struct meter *meter, size_t *left, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_git(repository) repo = NULL;
	auto_git(index) index = NULL;
	struct filling f = {.a = &a, .at = at, .meter = meter, .err = err};
	if (git_repository_open_ext(
		&repo, at->root, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0 ||
	    git_repository_index(&index, repo) < 0)
		return lib_fail(err, "cannot read the index of '%s'", at->root);
	f.repo = repo;
	f.index = index;
	return fill(&f, left);
}
