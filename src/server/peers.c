/* SPDX-License-Identifier: MIT */
#include "server/peers.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ask.h"

enum {
	ADDRESSES_MAX = 16,
	AGAIN_MS = 5000, /* for who is not among those that are known */
	PATIENCE_MS = 10 * 1000,
};

struct peers {
	char *const *ask;
	pthread_mutex_t lock;	/* of what is below */
	pthread_mutex_t asking; /* taken first */
	char v[ADDRESSES_MAX][INET6_ADDRSTRLEN];
	size_t n;
	int64_t told_at;
};

struct peers *peers_new(char *const *ask)
{
	struct peers *p = xcalloc(1, sizeof(*p));
	p->ask = ask;
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->asking, NULL);
	return p;
}

void peers_free(struct peers *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->asking);
	free(p);
}

/* One text for one address. */
static bool normalize(const char *text, char out[static INET6_ADDRSTRLEN])
{
	unsigned char ip[sizeof(struct in6_addr)];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(family, text, ip) == 1 &&
	       inet_ntop(family, ip, out, INET6_ADDRSTRLEN);
}

static bool is_known(const struct peers *p, const char *address)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i], address) == 0)
			return true;
	return false;
}

enum peer_answer peers_check(struct peers *p, const char *address, int64_t now_ms)
{
	char text[INET6_ADDRSTRLEN];
	enum peer_answer answer = PEER_NO;
	if (!normalize(address, text))
		return PEER_NO;
	pthread_mutex_lock(&p->lock);
	if (is_known(p, text))
		answer = PEER_YES;
	else if (p->n == 0 || now_ms - p->told_at >= AGAIN_MS)
		answer = PEER_UNKNOWN;
	pthread_mutex_unlock(&p->lock);
	return answer;
}

/* What is no address is passed over: "invalid IP" and the like. */
static void take(struct peers *p, char *told, int64_t now_ms)
{
	char *rest, *word = strtok_r(told, " \t\r\n", &rest);
	pthread_mutex_lock(&p->lock);
	p->n = 0;
	for (; word && p->n < ADDRESSES_MAX; word = strtok_r(NULL, " \t\r\n", &rest))
		if (normalize(word, p->v[p->n]))
			p->n++;
	p->told_at = now_ms;
	pthread_mutex_unlock(&p->lock);
}

enum peer_answer peers_ask(
    struct peers *p, const char *address, int64_t now_ms, struct err *err)
{
	auto_buf told = BUF_INIT;
	enum peer_answer answer;
	pthread_mutex_lock(&p->asking);
	answer = peers_check(p, address, now_ms);
	if (answer == PEER_UNKNOWN) {
		if (ask_tool(-1, p->ask, NULL, PATIENCE_MS, &told, err) == 0)
			take(p, told.s, now_ms);
		answer = peers_check(p, address, now_ms) == PEER_YES ? PEER_YES : PEER_NO;
	}
	pthread_mutex_unlock(&p->asking);
	return answer;
}
