/* SPDX-License-Identifier: MIT */
/* docker_network.h -- what network a container joins, and where this machine is in it. */
#ifndef DOCKER_NETWORK_H
#define DOCKER_NETWORK_H

#include "env/engine.h"
#include "plan/envplan.h"

enum docker_net_kind {
	DOCKER_NET_BRIDGE,    /* a network of the engine's; `name` */
	DOCKER_NET_NONE,      /* loopback alone */
	DOCKER_NET_HOST,      /* this machine's own */
	DOCKER_NET_CONTAINER, /* another container's; `name` */
	DOCKER_NET_OTHER,     /* what cannot be known: slirp4netns, a pod, ... */
};

struct docker_net_choice {
	enum docker_net_kind kind;
	const char *name; /* as the engine knows it */
};

/* Pure: by `-A network=...` or `-A net=...`, as docker run would be given it. */
void docker_net_choose(struct arena *a, const struct env_plan *p, enum engine_kind kind,
    struct docker_net_choice *out);

/* What the engine says of a network (docker's own words, or podman's). */
struct docker_net {
	const char *driver;    /* "bridge", "macvlan", ... */
	const char *gateway;   /* as configured; NULL: it is not said */
	const char *interface; /* of this machine */
};
/* Pure.  -1: it is no description of a network. */
int docker_net_read(
    struct arena *a, const cJSON *j, struct docker_net *out, struct err *err);

/*
 * The address of this machine in the network, as text.  *early: the machine gets it only
 * when a container joins (podman).  NULL: this machine is not in it, *err says why.
 */
const char *docker_net_address(const struct engine *en, const struct docker_net *net,
    const char *name, bool *early, struct err *err);

/* What the engine knows of the network. */
int docker_net_ask(
    const struct engine *en, const char *name, struct docker_net *out, struct err *err);

/*
 * The network that another container is in.  *choice becomes HOST, NONE or OTHER where
 * it has none of its own; else *gateway is what it reaches first.
 */
int docker_net_of_container(const struct engine *en, struct docker_net_choice *choice,
    const char **gateway, struct err *err);
/* An interface of this machine has this address. */
bool docker_net_is_ours(struct arena *a, const char *address);

#endif
