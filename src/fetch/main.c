/* SPDX-License-Identifier: MIT */
/*
 * mlp-fetch -- the only program of ours that uses libcurl, libarchive and libcrypto.
 * Reads one request (request.h), answers with events (base/event.h), ends.
 *
 *   main        request -> file -> its members -> answer
 *   download    a URL's content in the store, fetched only where it has changed
 *     http        one file, in as many attempts as it takes
 *       httperr     what goes wrong there, in plain words
 *     store       contents by digest, and the index of URLs
 *   extract     the members of an archive
 *     member      names and links that are taken
 *     writer      files that nothing can place elsewhere
 *   sniff       what a file is, by its first bytes
 *   digest, size
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/growth.h"
#include "base/helper.h"
#include "fetch/download.h"
#include "fetch/extract.h"

/* What a hostile archive may make of our memory: a directory of a billion members. */
#define MEMORY_MAX (UINT64_C(1) << 30)

/* The digest of a local archive, which is read in place. */
static int local_digest(const struct request *rq, int fd, struct meter *meter,
    char hex[DIGEST_HEX + 1], struct err *err)
{
	auto_digest d = DIGEST_INIT;
	digest_start(&d);
	if (digest_add_file(&d, fd, "reading the archive", meter, err) < 0)
		return -1;
	digest_hex(&d, hex);
	return download_check(rq, hex, err);
}

/* The archive, open, and its digest. */
static int open_archive(struct arena *a, const struct request *rq, struct meter *meter,
    char hex[DIGEST_HEX + 1], int *fd, struct err *err)
{
	struct content c;
	const char *path = rq->path;
	struct stat st;
	if (!path) {
		if (download(a, rq, true, meter, &c, err) < 0)
			return -1;
		path = c.path;
		snprintf(hex, DIGEST_HEX + 1, "%s", c.sha256);
	}
	*fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st) < 0)
		return err_sys(err, errno, "cannot read");
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FAIL, "it is not a regular file");
	return rq->path ? local_digest(rq, *fd, meter, hex, err) : 0;
}

static int grow(struct arena *a, const struct request *rq, int fd, struct meter *meter,
    struct err *err)
{
	struct growth g = GROWTH_INIT;
	int rc = growth_begin(a, rq->dest, &g, err);
	if (rc == 0 && ((rc = extract(fd, rq, g.path, meter, err)) < 0 ||
			   (rc = growth_finish(&g, err)) < 0))
		growth_drop(&g);
	growth_release(&g);
	return rc;
}

static int op_archive(struct arena *a, const struct request *rq, struct meter *meter,
    cJSON *answer, struct err *err)
{
	char hex[DIGEST_HEX + 1] = "";
	auto_fd fd = -1;
	if (open_archive(a, rq, meter, hex, &fd, err) < 0)
		return -1;
	json_put_str(answer, "sha256", hex);
	return rq->op == FETCH_PEEK ? extract(fd, rq, rq->dest, meter, err)
				    : grow(a, rq, fd, meter, err);
}

static int op_download(struct arena *a, const struct request *rq, struct meter *meter,
    cJSON *answer, struct err *err)
{
	struct content c;
	if (download(a, rq, false, meter, &c, err) < 0)
		return -1;
	json_put_str(answer, "sha256", c.sha256);
	json_put_str(answer, "path", c.path);
	return 0;
}

static int dispatch(const struct request *rq, cJSON *answer, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct meter meter = METER_INIT;
	int rc = rq->op == FETCH_DOWNLOAD ? op_download(&a, rq, &meter, answer, err)
					  : op_archive(&a, rq, &meter, answer, err);
	return rc < 0 ? err_wrap(err, "'%s'", rq->shown) : 0;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#endif

/* A sanitizer's own memory would count. */
static void limit_memory(void)
{
#ifndef SANITIZED
	struct rlimit limit = {MEMORY_MAX, MEMORY_MAX};
	setrlimit(RLIMIT_DATA, &limit);
#endif
}

int main(int argc, char **argv)
{
	auto_buf line = BUF_INIT;
	auto_json answer = cJSON_CreateObject();
	struct request rq = {0};
	struct err err = ERR_INIT;
	int rc;
	(void)argv;
	if (argc > 1 || isatty(STDIN_FILENO)) {
		fputs("mlp-fetch is started by mlp; it has no use of its own\n", stderr);
		return 2;
	}
	alloc_set_oom_hook(alloc_say_oom);
	signal(SIGINT, SIG_IGN); /* our parent decides when we stop */
	/* libarchive gives names in the locale's encoding */
	setlocale(LC_CTYPE, "C.UTF-8");
	limit_memory();
	event_hello();
	rc = event_request(&line, &err);
	if (rc == 0)
		rc = request_parse(&rq, line.s, strcspn(line.s, "\n"), &err);
	if (rc == 0)
		rc = dispatch(&rq, answer, &err);
	if (rc < 0)
		event_error(&err);
	else
		event_done(steal_ptr(&answer));
	request_release(&rq);
	return rc < 0;
}
