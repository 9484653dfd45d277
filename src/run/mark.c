/* SPDX-License-Identifier: MIT */
#include "run/mark.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/sha256.h"

enum { TEXT_MAX = 4096 };

/* Between 2^62 and 2^63 microseconds: 146,000 years at least. */
uint64_t mark_of(const char *run_id)
{
	const uint64_t low = (uint64_t)1 << 62;
	char hex[SHA256_HEX + 1];
	struct sha256 s;
	sha256_init(&s);
	sha256_add_str(&s, run_id);
	sha256_finish(&s, hex);
	hex[16] = '\0';
	return low | (strtoull(hex, NULL, 16) & (low - 1));
}

void mark_ourselves(const char *run_id)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_RTTIME, &l) < 0)
		return;
	l.rlim_cur = (rlim_t)mark_of(run_id);
	(void)setrlimit(RLIMIT_RTTIME, &l);
}

/* The first bytes of one of its files, as text; "" when there is none. */
static void read_start(const char *pid, const char *name, char text[TEXT_MAX])
{
	auto_buf path = BUF_INIT;
	auto_fd fd = -1;
	ssize_t n;
	buf_addf(&path, "/proc/%s/%s", pid, name);
	fd = open(path.s, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, TEXT_MAX - 1);
	text[n > 0 ? n : 0] = '\0';
}

bool mark_is_dead(const char *pid)
{
	char text[TEXT_MAX];
	const char *at;
	read_start(pid, "stat", text);
	at = strrchr(text, ')');
	return !at || at[1] != ' ' || strchr("ZX", at[2]);
}

bool mark_is_on(const char *pid, uint64_t mark)
{
	static const char name[] = "Max realtime timeout";
	char text[TEXT_MAX];
	const char *at;
	read_start(pid, "limits", text);
	at = strstr(text, name);
	return at && strtoull(at + sizeof(name) - 1, NULL, 10) == mark &&
	       !mark_is_dead(pid);
}
