/* SPDX-License-Identifier: MIT */
/*
 * load -- ask an HTTP server the same thing many times, or be one that answers at once.
 *
 *   load [-c CONNECTIONS] URL COUNT METHOD PATH [BODY]
 *
 * URL is http://ADDRESS:PORT[/PREFIX].  Each '@' in PATH and BODY becomes the number of the
 * request, from 1 on.  Every connection is kept alive, has a thread, and asks when it has its
 * answer, which must be 200.  Prints requests per second, the median of the milliseconds
 * from asking to answer, and those of the very first answer with its connect.
 *
 *   load serve REPLY
 *
 * Prints the port that it listens on at 127.0.0.1.  The answer is {}, but for runs/get and
 * runs/update, where it is REPLY.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>

enum { ROOM = 16 << 20 };

struct job {
	struct sockaddr_in to;
	const char *prefix, *host, *method, *path, *body;
	long count;
	long next; /* atomic */
	double *ms;
};

static double now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

/* Append `text` with the number in place of each '@'. */
static size_t put(char *out, size_t n, const char *text, long number)
{
	for (; *text; text++) {
		if (n > ROOM - 64)
			die("the request is too long");
		if (*text == '@')
			n += (size_t)snprintf(out + n, 32, "%ld", number);
		else
			out[n++] = *text;
	}
	return n;
}

static void send_all(int fd, const char *s, size_t n)
{
	while (n > 0) {
		ssize_t r = send(fd, s, n, MSG_NOSIGNAL);
		if (r <= 0)
			die("cannot send");
		s += r;
		n -= (size_t)r;
	}
}

/*
 * Read one message (with its body, by Content-Length) into `in`, of which `*have` bytes are
 * there already; its length, 0 at the end of the connection.
 */
static size_t read_message(int fd, char *in, size_t *have)
{
	for (;;) {
		char *end, *length;
		in[*have] = 0;
		end = strstr(in, "\r\n\r\n");
		if (end) {
			size_t whole = (size_t)(end - in) + 4;
			length = strcasestr(in, "\r\nContent-Length:");
			if (length && length < end)
				whole += strtoul(length + 17, NULL, 10);
			if (whole > ROOM)
				die("the answer is too long");
			if (*have >= whole)
				return whole;
		}
		ssize_t r = recv(fd, in + *have, ROOM - *have, 0);
		if (r <= 0)
			return 0;
		*have += (size_t)r;
	}
}

static void ask(struct job *j, int fd, char *out, char *body, char *in, long number)
{
	size_t nbody = j->body ? put(body, 0, j->body, number) : 0, n, have = 0;
	n = (size_t)snprintf(out, ROOM, "%s %s", j->method, j->prefix);
	n = put(out, n, j->path, number);
	n += (size_t)snprintf(out + n, 512, " HTTP/1.1\r\nHost: %s\r\n", j->host);
	if (j->body)
		n += (size_t)snprintf(out + n, 128,
		    "Content-Type: application/json\r\nContent-Length: %zu\r\n", nbody);
	n += (size_t)snprintf(out + n, 3, "\r\n");
	if (n + nbody >= ROOM)
		die("the request is too long");
	memcpy(out + n, body, nbody);
	send_all(fd, out, n + nbody);
	if (read_message(fd, in, &have) == 0)
		die("the connection was closed");
	if (strncmp(in, "HTTP/1.1 200 ", 13) != 0) {
		fprintf(stderr, "load: %.400s\n", in);
		exit(1);
	}
}

static void *client(void *arg)
{
	struct job *j = arg;
	char *out = malloc(ROOM + 1), *body = malloc(ROOM + 1), *in = malloc(ROOM + 1);
	double start = now_ms();
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	long i;
	if (connect(fd, (struct sockaddr *)&j->to, sizeof(j->to)) != 0)
		die("cannot connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while ((i = __atomic_fetch_add(&j->next, 1, __ATOMIC_RELAXED)) < j->count) {
		ask(j, fd, out, body, in, i + 1);
		j->ms[i] = now_ms() - start;
		start = now_ms();
	}
	close(fd);
	free(out);
	free(body);
	free(in);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static void *answer(void *arg)
{
	const char **job = arg, *reply = job[0];
	int fd = (int)strtol(job[1], NULL, 10);
	char *in = malloc(ROOM + 1), out[4096];
	size_t have = 0, n;
	while ((n = read_message(fd, in, &have)) > 0) {
		char *line = memchr(in, '\r', n);
		bool whole;
		*line = 0;
		whole = strstr(in, "/runs/get") || strstr(in, "/runs/update");
		int m = snprintf(out, sizeof(out),
		    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		    "Content-Length: %zu\r\n\r\n%s",
		    whole ? strlen(reply) : 2, whole ? reply : "{}");
		send_all(fd, out, (size_t)m);
		memmove(in, in + n, have -= n);
	}
	close(fd);
	return NULL;
}

static void serve(const char *reply)
{
	struct sockaddr_in at = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 64) != 0)
		die("cannot listen");
	getsockname(fd, (struct sockaddr *)&at, &size);
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	for (;;) {
		static char texts[64][16];
		static const char *jobs[64][2];
		static int n;
		pthread_t thread;
		int c = accept(fd, NULL, NULL), k = n++ % 64;
		setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		snprintf(texts[k], sizeof(texts[k]), "%d", c);
		jobs[k][0] = reply;
		jobs[k][1] = texts[k];
		pthread_create(&thread, NULL, answer, jobs[k]);
		pthread_detach(thread);
	}
}

static void address(struct job *j, char *url)
{
	char *host = strncmp(url, "http://", 7) == 0 ? url + 7 : url, *slash, *colon;
	slash = strchr(host, '/');
	j->prefix = slash ? strdup(slash) : "";
	if (slash)
		*slash = 0;
	j->host = strdup(host);
	colon = strchr(host, ':');
	if (!colon)
		die("the address has no port");
	*colon = 0;
	j->to.sin_family = AF_INET;
	j->to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &j->to.sin_addr) != 1)
		die("the address is no IPv4 address");
}

int main(int argc, char **argv)
{
	pthread_t threads[256];
	long connections = 1;
	struct job j = {0};
	double start, first;
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(argv[2]);
	if (argc > 2 && strcmp(argv[1], "-c") == 0) {
		connections = strtol(argv[2], NULL, 10);
		argv += 2;
		argc -= 2;
	}
	if (argc < 5 || argc > 6 || connections < 1 || connections > 256)
		die("usage: load [-c CONNECTIONS] URL COUNT METHOD PATH [BODY]");
	address(&j, argv[1]);
	j.count = strtol(argv[2], NULL, 10);
	j.method = argv[3];
	j.path = argv[4];
	j.body = argv[5];
	j.ms = calloc((size_t)j.count + 1, sizeof(*j.ms));
	start = now_ms();
	for (long i = 0; i < connections; i++)
		pthread_create(&threads[i], NULL, client, &j);
	for (long i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	start = now_ms() - start;
	first = j.ms[0];
	qsort(j.ms, (size_t)j.count, sizeof(*j.ms), compare);
	printf(
	    "%.1f %.3f %.3f\n", (double)j.count / start * 1e3, j.ms[j.count / 2], first);
	return 0;
}
