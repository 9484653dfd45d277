/* SPDX-License-Identifier: MIT */
#include "server/auth.h"

#include <crypt.h>
#include <errno.h>
#include <pthread.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "server/siphash.h"

enum { FILE_BYTES = 1 << 20, SECRET = 512, REMEMBERED = 64 };

struct user {
	const char *name, *hash;
};
/* What one reading of the file gave; in force until the next. */
struct users {
	struct arena arena;
	struct user *v;
	size_t n;
};

struct auth {
	char *file;
	pthread_rwlock_t lock; /* of users and remembered */
	struct users users;
	struct siphash_key key;
	uint64_t remembered[REMEMBERED]; /* hashes of headers; 0: none */
	size_t next;
	pthread_mutex_t crypting;
	struct crypt_data crypt; /* 32 KiB, so not on a thread's stack */
};

static bool known_hash(const char *hash)
{
	static const char *const kinds[] = {
	    "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$gy$", "$7$"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(hash, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

static int take_line(struct users *us, char *line, struct err *err)
{
	char *colon = strchr(line, ':');
	line[strcspn(line, "\r")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (!colon || colon == line || colon - line > AUTH_NAME)
		return err_set(err, ERR_FAIL, "it is not NAME:HASH");
	*colon = '\0';
	if (!known_hash(colon + 1)) {
		err_set(err, ERR_FAIL,
		    "the password of '%s' is not hashed in a way that is known", line);
		return err_hint(err, "htpasswd -B FILE %s makes a good one", line);
	}
	ARENA_GROW(&us->arena, us->v, us->n);
	us->v[us->n++] = (struct user){line, colon + 1};
	return 0;
}

static int read_users(const char *file, struct users *us, struct err *err)
{
	auto_buf text = BUF_INIT;
	char *line;
	int number = 0;
	if (file_read(file, FILE_BYTES, &text, err) < 0)
		return err_wrap(err, "password file");
	line = arena_strndup(&us->arena, text.s, text.len);
	while (line) {
		char *next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number++;
		if (take_line(us, line, err) < 0)
			return err_wrap(err, "password file '%s', line %d", file, number);
		line = next;
	}
	if (us->n == 0)
		return err_set(err, ERR_FAIL, "password file '%s' has no user", file);
	return 0;
}

int auth_open(const char *file, struct auth **out, struct err *err)
{
	struct auth *auth = xcalloc(1, sizeof(*auth));
	auth->file = xstrdup(file);
	pthread_rwlock_init(&auth->lock, NULL);
	pthread_mutex_init(&auth->crypting, NULL);
	siphash_key_new(&auth->key);
	if (read_users(file, &auth->users, err) < 0) {
		auth_close(auth);
		return -1;
	}
	*out = auth;
	return 0;
}

int auth_reload(struct auth *auth, struct err *err)
{
	struct users fresh = {.v = NULL}, old;
	if (read_users(auth->file, &fresh, err) < 0) {
		arena_release(&fresh.arena);
		return -1;
	}
	pthread_mutex_lock(&auth->crypting); /* it may be reading the old ones */
	pthread_rwlock_wrlock(&auth->lock);
	old = auth->users;
	auth->users = fresh;
	memset(auth->remembered, 0, sizeof(auth->remembered));
	pthread_rwlock_unlock(&auth->lock);
	pthread_mutex_unlock(&auth->crypting);
	arena_release(&old.arena);
	return 0;
}

void auth_close(struct auth *auth)
{
	if (!auth)
		return;
	arena_release(&auth->users.arena);
	pthread_rwlock_destroy(&auth->lock);
	pthread_mutex_destroy(&auth->crypting);
	free(auth->file);
	free(auth);
}

static int digit_of(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Base64 into at most `size` bytes and a NUL; -1 for what is none. */
static int decode(const char *text, char *out, size_t size)
{
	unsigned bits = 0, have = 0;
	size_t n = 0;
	for (; *text && *text != '='; text++) {
		int d = digit_of(*text);
		if (d < 0)
			return -1;
		bits = bits << 6 | (unsigned)d;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n == size)
			return -1;
		out[n++] = (char)(bits >> have);
		bits &= (1U << have) - 1;
	}
	out[n] = '\0';
	return strlen(out) == n ? 0 : -1;
}

/* "NAME:PASSWORD" of either kind of header. */
static int credentials(const char *header, char out[static SECRET + 1])
{
	size_t n;
	if (strncasecmp(header, "Basic ", 6) == 0)
		return decode(header + 6 + strspn(header + 6, " "), out, SECRET);
	if (strncasecmp(header, "Bearer ", 7) != 0)
		return -1;
	header += 7 + strspn(header + 7, " ");
	n = strlen(header);
	if (n > SECRET)
		return -1;
	memcpy(out, header, n + 1);
	return 0;
}

static uint64_t digest(const struct auth *auth, const char *secret)
{
	uint64_t h = siphash(&auth->key, secret, strlen(secret));
	return h ? h : 1;
}

static bool remembers(struct auth *auth, uint64_t hash)
{
	bool found = false;
	pthread_rwlock_rdlock(&auth->lock);
	for (size_t i = 0; i < REMEMBERED; i++)
		found |= auth->remembered[i] == hash;
	pthread_rwlock_unlock(&auth->lock);
	return found;
}

static bool same(const char *a, const char *b)
{
	size_t n = strlen(a);
	unsigned char diff = n != strlen(b);
	for (size_t i = 0; i < n && !diff; i++)
		diff |= (unsigned char)(a[i] ^ b[i]);
	return !diff;
}

/*
 * With `crypting` held.  For a name that is unknown another one's hash is computed, so that
 * the time taken does not tell.
 */
static bool is_right(struct auth *auth, const char *name, const char *password)
{
	const struct user *u = NULL;
	const char *hash;
	for (size_t i = 0; i < auth->users.n && !u; i++)
		if (strcmp(auth->users.v[i].name, name) == 0)
			u = &auth->users.v[i];
	hash = u ? u->hash : auth->users.v[0].hash;
	hash = crypt_r(password, hash, &auth->crypt);
	return u && hash && same(hash, u->hash);
}

static void remember(struct auth *auth, uint64_t hash)
{
	pthread_rwlock_wrlock(&auth->lock);
	auth->remembered[auth->next++ % REMEMBERED] = hash;
	pthread_rwlock_unlock(&auth->lock);
}

/* The header taken apart: *password is behind the name in `secret`.  -1: it is none. */
static int take(struct auth *auth, const char *header, char secret[static SECRET + 1],
    char user[static AUTH_NAME + 1], uint64_t *hash, const char **password)
{
	char *colon;
	if (!header || credentials(header, secret) < 0)
		return -1;
	colon = strchr(secret, ':');
	if (!colon || colon - secret > AUTH_NAME)
		return -1;
	*hash = digest(auth, secret);
	*colon = '\0';
	*password = colon + 1;
	memcpy(user, secret, (size_t)(colon - secret) + 1);
	return 0;
}

enum auth_answer auth_check(
    struct auth *auth, const char *header, char user[static AUTH_NAME + 1])
{
	char secret[SECRET + 1];
	const char *password;
	uint64_t hash;
	int rc = take(auth, header, secret, user, &hash, &password);
	explicit_bzero(secret, sizeof(secret));
	if (rc < 0)
		return AUTH_NO;
	return remembers(auth, hash) ? AUTH_YES : AUTH_SLOW;
}

enum auth_answer auth_check_slowly(
    struct auth *auth, const char *header, char user[static AUTH_NAME + 1])
{
	char secret[SECRET + 1];
	enum auth_answer answer = AUTH_NO;
	const char *password;
	uint64_t hash;
	if (take(auth, header, secret, user, &hash, &password) < 0)
		return AUTH_NO;
	if (pthread_mutex_trylock(&auth->crypting) != 0) {
		answer = AUTH_LATER;
	} else {
		if (is_right(auth, secret, password)) {
			remember(auth, hash);
			answer = AUTH_YES;
		}
		pthread_mutex_unlock(&auth->crypting);
	}
	explicit_bzero(secret, sizeof(secret));
	return answer;
}
