/* SPDX-License-Identifier: MIT */
#include "env/docker_recording.h"

#include <strings.h>

#include "base/file.h"
#include "base/path.h"
#include "env/docker_network.h"
#include "env/docker_store.h"

enum { CONFIG_MAX = 1 << 20 };

/* What a container calls this machine, as far as its run's endpoint is concerned. */
#define ENDPOINT_NAME "mlp.internal"
#define ADDRESSES                                                                        \
	"{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}} "      \
	"{{end}}"

const char *docker_container_name(const struct env *e)
{
	const char *given = docker_arg(&e->want.plan->environment, "name", 0);
	return given ? given : arena_printf(e->want.a, "mlp-%s", e->want.run_id);
}

static int no_way(struct err *err)
{
	return err_hint(err, "--tracking direct gives the command the store itself, "
			     "instead of the run's endpoint");
}

static void say_never(struct env *e, const char *why)
{
	e->reach.never = true;
	ctx_say(e->want.ctx, SAY_WARNING,
	    "%s, so its command records nothing; --tracking direct gives it the store "
	    "itself",
	    why);
}

static int reach_bridge(
    struct env *e, const struct engine *en, const char *name, struct err *err)
{
	struct docker_net net;
	if (docker_net_ask(en, name, &net, err) < 0)
		return -1;
	e->reach.name = ENDPOINT_NAME;
	e->reach.address = docker_net_address(en, &net, name, &e->reach.early, err);
	return e->reach.address ? 0 : no_way(err);
}

/* A container in another one's network may have no --add-host: the address has to do. */
static int reach_other(struct env *e, const struct engine *en,
    struct docker_net_choice *choice, struct err *err)
{
	if (docker_net_of_container(en, choice, &e->reach.address, err) < 0)
		return -1;
	if (choice->kind == DOCKER_NET_CONTAINER &&
	    !docker_net_is_ours(en->a, e->reach.address)) {
		err_set(err, ERR_FAIL,
		    "this machine has no address in the network of container '%s'",
		    choice->name);
		return no_way(err);
	}
	return 0;
}

static int refuse_elsewhere(const struct engine *en, const char *what, struct err *err)
{
	err_set(err, ERR_FAIL,
	    "a container of a %s %s cannot reach this machine, where the run's endpoint "
	    "is",
	    what, engine_word(en));
	if (en->kind == ENGINE_PODMAN && !en->remote)
		return err_hint(err, "-A network=host gives it this machine's network; "
				     "--tracking direct gives it the store itself");
	return no_way(err);
}

static int reach(struct env *e, const struct engine *en, struct docker_net_choice *choice,
    struct err *err)
{
	if (choice->kind == DOCKER_NET_CONTAINER && reach_other(e, en, choice, err) < 0)
		return -1;
	if (choice->kind == DOCKER_NET_NONE) {
		say_never(e, "the container has no network");
		return 0;
	}
	if (en->remote)
		return refuse_elsewhere(en, "remote", err);
	/* podman's containers run in our own namespaces, those of docker in the daemon's */
	if (en->rootless &&
	    (choice->kind != DOCKER_NET_HOST || en->kind == ENGINE_DOCKER))
		return refuse_elsewhere(en, "rootless", err);
	if (choice->kind == DOCKER_NET_BRIDGE)
		return reach_bridge(e, en, choice->name, err);
	if (choice->kind != DOCKER_NET_OTHER)
		return 0;
	err_set(err, ERR_FAIL,
	    "whether a container with the network '%s' can reach this machine is not "
	    "known",
	    choice->name);
	return no_way(err);
}

int docker_recording_open(struct env *e, const struct engine *en, struct err *err)
{
	struct docker_net_choice choice;
	if (e->want.direct && en->remote && e->want.store_path)
		return err_set(err, ERR_FAIL,
		    "the store '%s' is on this machine, but the %s engine on another",
		    e->want.store_path, engine_word(en));
	if (e->want.direct)
		return 0;
	docker_net_choose(e->want.a, &e->want.plan->environment, en->kind, &choice);
	return reach(e, en, &choice, err);
}

/* Of a container in another one's network it is that one's. */
static const char *owner_of_network(const struct env *e, const struct engine *en)
{
	struct docker_net_choice choice;
	docker_net_choose(e->want.a, &e->want.plan->environment, en->kind, &choice);
	return choice.kind == DOCKER_NET_CONTAINER ? choice.name
						   : docker_container_name(e);
}

void docker_recording_make(struct env *e, const struct engine *en)
{
	auto_strvec words = STRVEC_INIT;
	char **ask;
	if (!e->reach.address)
		return;
	engine_argv(en, &words);
	strvec_push(&words, "inspect");
	strvec_push(&words, "--type=container");
	strvec_push(&words, "--format=" ADDRESSES);
	strvec_push(&words, "--");
	strvec_push(&words, owner_of_network(e, en));
	ask = arena_array(e->want.a, words.n + 1, sizeof(*ask));
	for (size_t i = 0; i < words.n; i++)
		ask[i] = arena_strdup(e->want.a, words.v[i]);
	e->reach.ask = ask;
}

/* What childenv.h leaves as it is where the user has set it. */
static void give_inherited(struct docker_words *w)
{
	static const char *const names[] = {"PYTHONUNBUFFERED",
	    "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]))
			docker_words_setenv(w, names[i], getenv(names[i]));
}

/* The store behind the endpoint is not in the container. */
static bool stays_outside(const char *name)
{
	return strcmp(name, "MLP_STORE_URI") == 0;
}

static bool is_no_proxy(const char *name)
{
	return strcasecmp(name, "no_proxy") == 0;
}

/*
 * What docker's own configuration excepts from the proxies that it gives to containers: it
 * would give that way to ours.  NULL: nothing.
 */
static const char *configured_no_proxy(const struct env *e)
{
	struct arena *a = e->want.a;
	const char *dir = getenv("DOCKER_CONFIG"), *home = getenv("HOME"), *found;
	const char *host = getenv("DOCKER_HOST");
	struct err ignored = ERR_INIT;
	auto_buf text = BUF_INIT;
	auto_json j = NULL;
	const cJSON *proxies;
	if (!dir || !*dir)
		dir = home && *home ? path_join(a, home, ".docker") : "";
	if (file_read(path_join(a, dir, "config.json"), CONFIG_MAX, &text, &ignored) < 0)
		return NULL;
	j = json_parse(text.s, text.len, "it", &ignored);
	proxies = json_get(j, "proxies");
	found = host ? json_str(json_get(proxies, host), "noProxy") : NULL;
	if (!found)
		found = json_str(json_get(proxies, "default"), "noProxy");
	return found && *found ? arena_strdup(a, found) : NULL;
}

/* A star means everything only where it stands alone. */
static const char *both_lists(struct arena *a, const char *one, const char *other)
{
	if (!one || strcmp(other, "*") == 0)
		return other;
	return strcmp(one, "*") == 0 ? one : arena_printf(a, "%s,%s", one, other);
}

static void give_no_proxy(
    struct env *e, const struct env_var *ours, struct docker_words *w)
{
	const char *also = configured_no_proxy(e);
	docker_words_setenv(w, ours->name, both_lists(e->want.a, also, ours->value));
}

int docker_recording_add(struct env *e, const struct env_var *added, size_t nadded,
    struct docker_words *w, struct err *err)
{
	if (e->reach.name)
		docker_words_option(w, "--add-host",
		    arena_printf(e->want.a, "%s:%s", e->reach.name, e->reach.address));
	give_inherited(w);
	for (size_t i = 0; i < nadded; i++) {
		const struct env_var *v = &added[i];
		if (v->value && is_no_proxy(v->name))
			give_no_proxy(e, v, w);
		else if (v->value && !stays_outside(v->name))
			docker_words_setenv(w, v->name, v->value);
	}
	return docker_store_add(e, w, err);
}
