/* SPDX-License-Identifier: MIT */
#include "track/names.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

static const char *const adjectives[] = {"amber", "ample", "apt", "bold", "brave",
    "bright", "brisk", "calm", "candid", "clear", "clever", "cool", "crisp", "curious",
    "daring", "deft", "eager", "early", "fair", "fleet", "fond", "frank", "fresh",
    "gentle", "glad", "golden", "grand", "handy", "happy", "hardy", "honest", "humble",
    "jolly", "keen", "kind", "light", "lively", "loyal", "lucid", "lucky", "mellow",
    "merry", "mild", "neat", "nimble", "noble", "patient", "plucky", "proud", "quick",
    "quiet", "rapid", "ready", "robust", "silver", "steady", "sunny", "swift", "tidy",
    "wise"};
static const char *const nouns[] = {"alder", "auk", "badger", "beech", "birch", "bison",
    "brook", "cedar", "cloud", "comet", "coral", "crane", "creek", "delta", "dove",
    "eagle", "elm", "falcon", "fern", "finch", "fjord", "fox", "glade", "grove", "harbor",
    "hare", "hazel", "heron", "hill", "ibex", "isle", "jay", "lake", "lark", "larch",
    "lynx", "maple", "marten", "meadow", "moon", "newt", "oak", "orca", "otter", "owl",
    "pike", "pine", "plover", "reed", "ridge", "robin", "rowan", "seal", "spruce",
    "stork", "stream", "swan", "tern", "willow", "wren"};

static void random_bytes(void *out, size_t n)
{
	unsigned char *p = out;
	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			abort(); /* no kernel we run on lacks it; weak ids are no way out
				  */
		p += got;
		n -= (size_t)got;
	}
}

void run_id_new(char out[33])
{
	unsigned char b[16];
	random_bytes(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(b); i++)
		snprintf(out + 2 * i, 3, "%02x", b[i]);
}

void run_name_new(char *out, size_t size)
{
	uint32_t r[3];
	random_bytes(r, sizeof(r));
	snprintf(out, size, "%s-%s-%u",
	    adjectives[r[0] % (sizeof(adjectives) / sizeof(adjectives[0]))],
	    nouns[r[1] % (sizeof(nouns) / sizeof(nouns[0]))], r[2] % 1000);
}
