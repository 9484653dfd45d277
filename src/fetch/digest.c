/* SPDX-License-Identifier: MIT */
#include "fetch/digest.h"

#include <errno.h>
#include <openssl/evp.h>

#include "base/alloc.h"

enum { STEP = 64 * 1024 };

void digest_start(struct digest *d)
{
	if (!d->ctx)
		d->ctx = EVP_MD_CTX_new();
	/* it can only fail for want of memory */
	if (!d->ctx || EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL) != 1)
		alloc_abort(sizeof(*d));
}

void digest_add(struct digest *d, const void *data, size_t n)
{
	EVP_DigestUpdate(d->ctx, data, n);
}

void digest_hex(struct digest *d, char hex[DIGEST_HEX + 1])
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_DigestFinal_ex(d->ctx, raw, &n);
	for (unsigned i = 0; i < n && i < DIGEST_HEX / 2; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
}

void digest_release(struct digest *d)
{
	EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
}

int digest_add_file(
    struct digest *d, int fd, const char *what, struct meter *meter, struct err *err)
{
	char block[STEP];
	off_t at = 0;
	for (;;) {
		ssize_t n = pread(fd, block, sizeof(block), at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read");
		if (n == 0)
			return 0;
		digest_add(d, block, (size_t)n);
		at += n;
		event_progress(meter, what, 0, 0, at);
	}
}

void digest_text(const char *text, char hex[DIGEST_HEX + 1])
{
	auto_digest d = DIGEST_INIT;
	digest_start(&d);
	digest_add(&d, text, strlen(text));
	digest_hex(&d, hex);
}
