/* SPDX-License-Identifier: MIT */
#include "server/stats.h"

static const int64_t bounds_us[STATS_BOUNDS] = {
    1000, 2500, 5000, 10000, 25000, 100000, 500000, 2500000, 10000000};

void stats_count(struct stats *s, int status, int64_t us, int64_t in, int64_t out)
{
	size_t i = 0;
	while (i < STATS_BOUNDS && us > bounds_us[i])
		i++;
	s->within[i]++;
	s->status[status / 100 < 6 ? status / 100 : 0]++;
	s->us += (unsigned long long)us;
	s->bytes_in += (unsigned long long)in;
	s->bytes_out += (unsigned long long)out;
}

static void head(struct buf *b, const char *name, const char *kind, const char *help)
{
	buf_addf(b, "# HELP mlp_%s %s\n# TYPE mlp_%s %s\n", name, help, name, kind);
}

static void one(
    struct buf *b, const char *name, const char *kind, const char *help, long long value)
{
	head(b, name, kind, help);
	buf_addf(b, "mlp_%s %lld\n", name, value);
}

static void durations(struct buf *b, const struct stats *s)
{
	unsigned long long sum = 0;
	head(b, "request_duration_seconds", "histogram", "Time from request to reply.");
	for (size_t i = 0; i < STATS_BOUNDS; i++) {
		sum += s->within[i];
		buf_addf(b, "mlp_request_duration_seconds_bucket{le=\"%g\"} %llu\n",
		    (double)bounds_us[i] / 1e6, sum);
	}
	sum += s->within[STATS_BOUNDS];
	buf_addf(b, "mlp_request_duration_seconds_bucket{le=\"+Inf\"} %llu\n", sum);
	buf_addf(b, "mlp_request_duration_seconds_sum %.6f\n", (double)s->us / 1e6);
	buf_addf(b, "mlp_request_duration_seconds_count %llu\n", sum);
}

/* Of /proc/self/statm, in bytes; 0: not known. */
static long long resident(void)
{
	long long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (!f)
		return 0;
	if (fscanf(f, "%lld %lld", &size, &pages) != 2)
		pages = 0;
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

void stats_print(const struct stats *s, struct buf *b)
{
	head(b, "requests_total", "counter", "Requests that were answered, by status.");
	for (size_t i = 1; i < 6; i++)
		buf_addf(b, "mlp_requests_total{status=\"%zuxx\"} %llu\n", i,
		    (unsigned long long)s->status[i]);
	durations(b, s);
	one(b, "requests_active", "gauge", "Requests under way.", (long long)s->active);
	one(b, "connections", "gauge", "Open connections.", (long long)s->connections);
	one(b, "repeats_total", "counter",
	    "Repeated requests that got the reply of the first.", (long long)s->repeats);
	one(b, "received_bytes_total", "counter", "Bytes of bodies received.",
	    (long long)s->bytes_in);
	one(b, "sent_bytes_total", "counter", "Bytes of bodies sent.",
	    (long long)s->bytes_out);
	one(b, "resident_memory_bytes", "gauge", "Memory in use.", resident());
	one(b, "start_time_seconds", "gauge", "When the server started.",
	    (long long)(s->started / 1000));
}
