/* SPDX-License-Identifier: MIT */
#include "run/limits.h"

#include <errno.h>
#include <math.h>
#include <sys/resource.h>

#include "base/bytes.h"
#include "base/file.h"

enum { TEXT_MAX = 4 << 20 };

static void make_group(struct limits *l, const char *run_id, const char *state_dir)
{
	auto_arena a = ARENA_INIT;
	auto_buf mounts = BUF_INIT;
	auto_buf self = BUF_INIT;
	struct err ignored = ERR_INIT;
	struct cgroup_place where;
	if (file_read("/proc/self/mountinfo", TEXT_MAX, &mounts, &ignored) < 0 ||
	    file_read("/proc/self/cgroup", TEXT_MAX, &self, &ignored) < 0)
		return;
	cgroup_find(&a, mounts.s, self.s, &where);
	cgroup_open(&l->cgroup, &where, run_id, l->memory_bytes, l->cpus, state_dir);
}

/* So many of ours, not the same ones for each run. */
static int choose_cpus(struct limits *l, const char *run_id)
{
	cpu_set_t ours;
	int want = (int)ceil(l->cpus), all, at = 0, n = 0;
	unsigned long start =
	    strtoul(run_id + (strlen(run_id) > 8 ? strlen(run_id) - 8 : 0), NULL, 16);
	if (sched_getaffinity(0, sizeof(ours), &ours) < 0)
		return 0;
	all = CPU_COUNT(&ours);
	if (all == 0 || want >= all)
		return all;
	CPU_ZERO(&l->set);
	for (int i = 0; i < 2 * CPU_SETSIZE && n < want; i++) {
		int cpu = i % CPU_SETSIZE;
		if (!CPU_ISSET(cpu, &ours) || at++ < (int)(start % (unsigned long)all))
			continue;
		CPU_SET(cpu, &l->set);
		n++;
	}
	l->has_set = true;
	return n;
}

static void keep_memory(struct limits *l, const struct ctx *ctx, const char *size)
{
	l->data_bytes = l->memory_bytes;
	ctx_say(ctx, SAY_WARNING,
	    "no control group can be made here: %s of memory is the limit of each "
	    "process "
	    "of the command by itself, not of all together",
	    size);
}

static void keep_cpus(
    struct limits *l, const struct ctx *ctx, const char *run_id, struct buf *words)
{
	int n = choose_cpus(l, run_id);
	const char *s = n == 1 ? "" : "s";
	buf_addf(words, "%scpus %g (kept to %d processor%s)", words->len ? ", " : "",
	    l->cpus, n, s);
	if (n > l->cpus)
		ctx_say(ctx, SAY_WARNING,
		    "no control group can be made here: the command is kept to %d "
		    "processor%s, but not to %g of what they can do",
		    n, s, l->cpus);
}

static void apply(struct limits *l, const struct ctx *ctx, const char *run_id)
{
	auto_buf size = BUF_INIT;
	auto_buf words = BUF_INIT;
	int version = l->cgroup.version;
	bytes_put(&size, l->memory_bytes);
	if (l->memory_bytes)
		buf_addf(&words, "memory %s", size.s);
	if (l->memory_bytes && l->cgroup.has_memory) {
		buf_addf(&words, " (cgroup v%d)", version);
	} else if (l->memory_bytes) {
		keep_memory(l, ctx, size.s);
		buf_adds(&words, " (each process by itself)");
	}
	if (l->cgroup.has_cpus)
		buf_addf(&words, "%scpus %g (cgroup v%d)", words.len ? ", " : "", l->cpus,
		    version);
	else if (l->cpus > 0)
		keep_cpus(l, ctx, run_id, &words);
	snprintf(l->words, sizeof(l->words), "%s", words.s);
	snprintf(l->detail, sizeof(l->detail), "%s is its limit", size.s);
}

void limits_open(struct limits *l, const struct ctx *ctx, const char *run_id,
    const char *state_dir, int64_t memory_bytes, double cpus)
{
	memset(l, 0, sizeof(*l));
	l->memory_bytes = memory_bytes;
	l->cpus = cpus;
	if (memory_bytes == 0 && cpus <= 0)
		return;
	make_group(l, run_id, state_dir);
	apply(l, ctx, run_id);
}

/* In the child: only async-signal-safe calls. */
int limits_enter(void *limits)
{
	const struct limits *l = limits;
	struct rlimit r;
	if (cgroup_join(&l->cgroup) < 0)
		return -1;
	if (l->has_set && sched_setaffinity(0, sizeof(l->set), &l->set) < 0)
		return -1;
	if (!l->data_bytes || getrlimit(RLIMIT_DATA, &r) < 0)
		return 0;
	if (r.rlim_max > (rlim_t)l->data_bytes)
		r.rlim_max = (rlim_t)l->data_bytes;
	r.rlim_cur = r.rlim_max;
	return setrlimit(RLIMIT_DATA, &r);
}

void limits_close(struct limits *l, const char *state_dir, struct outcome *o)
{
	int64_t peak = cgroup_peak(&l->cgroup);
	struct exit_status *st = &o->exit;
	if (!l->words[0])
		return;
	o->limits = l->words;
	o->oom_kills = cgroup_oom_kills(&l->cgroup);
	if (peak >= 0 && st->kind != EXIT_NEVER)
		o->usage.peak_memory_bytes = peak;
	if (o->oom_kills > 0 && !o->stop_signal &&
	    (st->kind == EXIT_SIGNALLED || (st->kind == EXIT_EXITED && st->code != 0))) {
		st->code = st->kind == EXIT_SIGNALLED ? 128 + st->sig : st->code;
		st->kind = EXIT_OOM;
		o->detail = l->detail;
	}
	cgroup_close(&l->cgroup, state_dir);
}
