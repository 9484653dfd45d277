/* SPDX-License-Identifier: MIT */
#include "flow/kept.h"

enum { PINS_MAX = 10000 };

static bool is_same_file(const struct kept *k)
{
	struct stat st;
	return stat(k->tracking.path, &st) == 0 && st.st_dev == k->dev &&
	       st.st_ino == k->ino;
}

static void close_store(struct kept *k)
{
	if (k->store)
		k->store->ops->close(k->store);
	k->store = NULL;
	arena_release(&k->store_arena);
}

static void copy_tracking(struct kept *k, const struct tracking *t)
{
	struct arena *a = &k->store_arena;
	k->tracking = (struct tracking){.uri = arena_strdup(a, t->uri),
	    .path = arena_strdup(a, t->path),
	    .from = arena_strdup(a, t->from),
	    .artifact_root = arena_strdup(a, t->artifact_root),
	    .artifact_location = arena_strdup(a, t->artifact_location)};
}

int kept_store(struct kept *k, const struct ctx *ctx, const struct tracking *t,
    struct store **out, bool *fresh, struct err *err)
{
	struct stat st;
	*fresh = !k->store || strcmp(k->tracking.uri, t->uri) != 0 || !is_same_file(k);
	if (*fresh) {
		close_store(k);
		copy_tracking(k, t);
		if ((k->writer ? store_open_shared(
				     ctx, &k->tracking, k->writer, &k->store, err)
			       : store_open(ctx, &k->tracking, STORE_CREATE, &k->store,
				     err)) < 0) {
			close_store(k);
			return -1;
		}
		if (stat(k->tracking.path, &st) == 0) {
			k->dev = st.st_dev;
			k->ino = st.st_ino;
		}
	}
	*out = k->store;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

const struct pin *kept_pin(const struct kept *k, const char *uri, const char *version)
{
	for (size_t i = 0; i < k->npins; i++)
		if (strcmp(k->pins[i].uri, uri) == 0 &&
		    same_text(k->pins[i].version, version))
			return &k->pins[i];
	return NULL;
}

void kept_add_pin(struct kept *k, const struct pin *pin)
{
	struct arena *a = &k->pin_arena;
	if (k->npins == PINS_MAX || kept_pin(k, pin->uri, pin->version))
		return;
	ARENA_GROW(a, k->pins, k->npins);
	k->pins[k->npins++] = (struct pin){.uri = arena_strdup(a, pin->uri),
	    .version = pin->version ? arena_strdup(a, pin->version) : NULL,
	    .commit = arena_strdup(a, pin->commit),
	    .branch = pin->branch ? arena_strdup(a, pin->branch) : NULL};
}

cJSON *pin_to_json(const struct pin *pin)
{
	cJSON *j = cJSON_CreateObject();
	json_put_str(j, "uri", pin->uri);
	json_put_str(j, "version", pin->version);
	json_put_str(j, "commit", pin->commit);
	json_put_str(j, "branch", pin->branch);
	return j;
}

int pin_from_json(const cJSON *j, struct pin *out)
{
	*out = (struct pin){json_str(j, "uri"), json_str(j, "version"),
	    json_str(j, "commit"), json_str(j, "branch")};
	return out->uri && out->commit ? 0 : -1;
}

void kept_release(struct kept *k)
{
	close_store(k);
	manifests_release(&k->manifests);
	arena_release(&k->pin_arena);
}
