/* SPDX-License-Identifier: MIT */
/* Contexts: made, used by one call at a time, interrupted. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/libexec.h"
#include "base/path.h"
#include "base/utf8.h"
#include "flow/heal.h"
#include "lib/context.h"

const char *mlp_version(void)
{
	return MLP_VERSION;
}

void mlp_set_oom_handler(void (*handler)(size_t wanted))
{
	alloc_set_oom_hook(handler);
}

static void on_say(void *arg, enum say_level level, const char *text)
{
	const struct mlp *m = arg;
	if (m->told.message)
		m->told.message(m->told.arg, (int)level, text);
}

void context_tell_progress(const struct mlp *m, void *arg, const struct progress *p)
{
	struct mlp_progress out = {.what = p->what,
	    .done = p->done,
	    .total = p->total,
	    .bytes = p->bytes,
	    .finished = p->finished};
	if (m->told.progress)
		m->told.progress(arg, &out);
}

static void on_progress(void *arg, const struct progress *p)
{
	const struct mlp *m = arg;
	context_tell_progress(m, m->told.arg, p);
}

/* The file that this code is in: our shared library, or the program it was linked into. */
static const char *own_file(struct arena *a)
{
	Dl_info info;
	struct link_map *map = NULL;
	char real[PATH_MAX];
	if (!dladdr1((const void *)&mlp_open, &info, (void **)&map, RTLD_DL_LINKMAP) ||
	    !map || !map->l_name || !*map->l_name)
		return libexec_own_program(a);
	return realpath(map->l_name, real) ? arena_strdup(a, real) : NULL;
}

static const char *choose_dir(struct mlp *m, const char *given, enum xdg which)
{
	if (given && *given)
		return m->ctx.cwd ? path_abs(&m->arena, m->ctx.cwd, given) : given;
	return path_xdg(&m->arena, which);
}

static int set_places(struct mlp *m, const struct mlp_options *o, struct err *err)
{
	char here[PATH_MAX];
	const char *cwd = getcwd(here, sizeof(here));
	bool given = o->directory && *o->directory;
	if (given && (cwd || o->directory[0] == '/'))
		cwd = path_abs(&m->arena, cwd ? cwd : "/", o->directory);
	else if (given || !cwd)
		return err_set(
		    err, ERR_FAIL, "the current directory does not exist any more");
	m->ctx.cwd = arena_strdup(&m->arena, cwd);
	m->ctx.cache_dir = choose_dir(m, o->cache_dir, XDG_CACHE);
	m->ctx.state_dir = choose_dir(m, o->state_dir, XDG_STATE);
	m->ctx.libexec = o->libexec_dir && *o->libexec_dir
			     ? path_abs(&m->arena, cwd, o->libexec_dir)
			     : libexec_find(&m->arena, own_file(&m->arena));
	return 0;
}

static int context_fill(struct mlp *m, const struct mlp_options *o, struct err *err)
{
	const char *uri =
	    o->tracking_uri ? arena_strdup(&m->arena, o->tracking_uri) : NULL;
	m->told = (struct mlp_options){
	    .message = o->message, .progress = o->progress, .arg = o->arg};
	m->ctx.say = on_say;
	m->ctx.progress = on_progress;
	m->ctx.arg = m;
	m->ctx.trace = -1;
	m->ctx.interrupted = &m->interrupted;
	if (set_places(m, o, err) < 0 ||
	    tracking_resolve(&m->ctx, &m->arena, uri, &m->tracking, err) < 0)
		return -1;
	m->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->wake < 0)
		return err_sys(err, errno, "cannot make an event descriptor");
	return 0;
}

int mlp_open(const struct mlp_options *options, struct mlp **out, struct mlp_error *error)
{
	struct mlp_options o;
	struct err err = ERR_INIT;
	struct mlp *m;
	*out = NULL;
	if (options_take(&o, sizeof(o), options, "mlp_options", error) < 0)
		return -1;
	m = xcalloc(1, sizeof(*m));
	m->wake = -1;
	m->keepers = 1;
	if (context_fill(m, &o, &err) < 0) {
		mlp_close(m);
		return error_give(error, &err);
	}
	*out = m;
	return 0;
}

void mlp_close(struct mlp *m)
{
	if (!m)
		return;
	fd_close(&m->wake);
	context_unkeep(m);
}

struct mlp *context_keep(struct mlp *m)
{
	__atomic_add_fetch(&m->keepers, 1, __ATOMIC_RELAXED);
	return m;
}

void context_unkeep(struct mlp *m)
{
	if (__atomic_sub_fetch(&m->keepers, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	arena_release(&m->arena);
	free(m);
}

void mlp_interrupt(struct mlp *m)
{
	static const uint64_t one = 1;
	int saved = errno;
	__atomic_store_n(&m->interrupted, SIGTERM, __ATOMIC_SEQ_CST);
	(void)!write(m->wake, &one, sizeof(one));
	errno = saved;
}

static void forget_interrupt(struct mlp *m)
{
	uint64_t count;
	__atomic_store_n(&m->interrupted, 0, __ATOMIC_SEQ_CST);
	(void)!read(m->wake, &count, sizeof(count));
}

int context_enter(struct mlp *m, struct mlp_error *error)
{
	if (__atomic_exchange_n(&m->busy, 1, __ATOMIC_ACQUIRE))
		return error_say(error, ERR_BUSY, "another call is using this context");
	if (!__atomic_load_n(&m->interrupted, __ATOMIC_SEQ_CST))
		return 0;
	context_leave(m);
	return error_say(error, ERR_INTERRUPTED, "interrupted");
}

void context_leave(struct mlp *m)
{
	forget_interrupt(m);
	__atomic_store_n(&m->busy, 0, __ATOMIC_RELEASE);
}

int context_store(struct mlp *m, struct store **out, struct err *err)
{
	return store_open(&m->ctx, &m->tracking, STORE_READ, out, err);
}
