/* SPDX-License-Identifier: MIT */
/* resources.c -- our `resources`: what a command may have of the machine. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <strings.h>

#include "manifest/keys.h"
#include "manifest/model.h"

enum { GPUS_MOST = 1024 };
static const double cpus_most = 100000, memory_most = 1e18;
static const int64_t memory_least = 6 << 20; /* an engine takes no less */

/* A plain decimal number and where it ends; -1: none. */
static double number(const char *s, char **end)
{
	char *last;
	double v;
	*end = (char *)s;
	if (!isdigit((unsigned char)*s) && *s != '.')
		return -1;
	if (s[strspn(s, "0123456789.")] == 'x')
		return -1;
	errno = 0;
	v = strtod(s, &last);
	if (errno || !isfinite(v))
		return -1;
	*end = last;
	return v;
}

static void read_cpus(struct page *p, struct node *n, struct resources *out)
{
	const char *text = model_text(p, n);
	char *end;
	double v = number(text, &end);
	if (v < 0.01 || v > cpus_most || *end) {
		struct diag *d = page_error(p, n->mark,
		    "cpus: '%s' is not a number of processors", page_clip(p, text));
		page_hint(p, d, "write 'cpus: 2', or a part of one: 'cpus: 0.5'");
		return;
	}
	out->cpus = v;
	out->given |= RESOURCE_CPUS;
}

/* 2 to the power of what it stands for: "", b, k, m, g, t, with or without i, b. */
static int power_of(const char *unit)
{
	static const char letters[] = "kmgt";
	char first = (char)tolower((unsigned char)*unit);
	const char *at;
	if (!*unit || strcasecmp(unit, "b") == 0)
		return 0;
	at = strchr(letters, first);
	if (!at || (unit[1] && strcasecmp(unit + 1, "b") != 0 &&
		       strcasecmp(unit + 1, "i") != 0 && strcasecmp(unit + 1, "ib") != 0))
		return -1;
	return 10 * (int)(at - letters + 1);
}

static void read_memory(struct page *p, struct node *n, struct resources *out)
{
	const char *text = model_text(p, n);
	char *end;
	double v = number(text, &end);
	struct diag *d;
	int power;
	while (*end == ' ')
		end++;
	power = power_of(end);
	v = power < 0 ? -1 : ldexp(v, power);
	if (v < 0 || v > memory_most) {
		d = page_error(
		    p, n->mark, "memory: '%s' is not a size", page_clip(p, text));
		page_hint(p, d, "write 'memory: 512m' or 'memory: 4g'; 1k is 1024 bytes");
	} else if (v < (double)memory_least) {
		d = page_error(p, n->mark, "memory: '%s' is less than a command can have",
		    page_clip(p, text));
		page_hint(p, d, "a number alone is bytes; 6m is the least");
	} else {
		out->memory_bytes = (int64_t)v;
		out->given |= RESOURCE_MEMORY;
	}
}

static void read_gpus(struct page *p, struct node *n, struct resources *out)
{
	const char *text = model_text(p, n);
	bool all = strcmp(text, "all") == 0;
	char *end;
	double v = number(text, &end);
	if (!all && (v < 0 || *end || v > GPUS_MOST || v != floor(v))) {
		struct diag *d = page_error(
		    p, n->mark, "gpus: '%s' is not a number of GPUs", page_clip(p, text));
		page_hint(p, d, "write 'gpus: 1' or 'gpus: all'");
		return;
	}
	out->gpus = all ? GPUS_ALL : (int)v;
	out->given |= RESOURCE_GPUS;
}

static void read_one(struct page *p, const struct node *map, const char *key,
    void (*read)(struct page *, struct node *, struct resources *), struct resources *out)
{
	struct node *n = node_get(map, key);
	if (!n || node_is_null(n))
		return;
	if (n->kind == NODE_SCALAR)
		read(p, n, out);
	else
		page_error(p, n->mark, "'%s' is %s, not a number", key, node_word(n));
}

void model_resources(struct page *p, const struct node *map, struct resources *out)
{
	const struct node *r = node_get(map, "resources");
	if (!r || node_is_null(r))
		return;
	if (r->kind != NODE_MAP) {
		struct diag *d = page_error(
		    p, r->mark, "'resources' is %s, not a mapping", node_word(r));
		page_hint(p, d, "write 'cpus: 2', 'memory: 4g' or 'gpus: 1' below it");
		return;
	}
	keys_check(p, r, KEYS_RESOURCES);
	read_one(p, r, "cpus", read_cpus, out);
	read_one(p, r, "memory", read_memory, out);
	read_one(p, r, "gpus", read_gpus, out);
}
