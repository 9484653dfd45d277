/* SPDX-License-Identifier: MIT */
#include "env/docker_network.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "env/docker_argv.h"

enum { ASK_MS = 10 * 1000 };

/* Of "name=lab,alias=x" the name; a word that is no list is one itself. */
static const char *name_in_list(struct arena *a, const char *word)
{
	if (!strchr(word, '='))
		return word;
	while (*word) {
		size_t n = strcspn(word, ",");
		if (strncmp(word, "name=", 5) == 0)
			return arena_strndup(a, word + 5, n - 5);
		word += n + (word[n] == ',');
	}
	return "";
}

static const char *asked_for(const struct env_plan *p)
{
	const char *word = docker_arg(p, "network", 0);
	if (!word)
		word = docker_arg(p, "net", 0);
	return word ? word : "";
}

static bool begins(const char *word, const char *with)
{
	return strncmp(word, with, strlen(with)) == 0;
}

/* podman's ways, which docker has not. */
static bool is_podmans(const char *word)
{
	static const char *const words[] = {
	    "slirp4netns", "pasta", "private", "pod", "ns:"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(word, words[i]))
			return true;
	return false;
}

void docker_net_choose(struct arena *a, const struct env_plan *p, enum engine_kind kind,
    struct docker_net_choice *out)
{
	const char *word = asked_for(p);
	bool podman = kind == ENGINE_PODMAN;
	*out = (struct docker_net_choice){DOCKER_NET_BRIDGE, name_in_list(a, word)};
	if (!*word || strcmp(word, "default") == 0 || strcmp(word, "bridge") == 0 ||
	    (podman && begins(word, "bridge:")))
		out->name = podman ? "podman" : "bridge";
	else if (strcmp(word, "none") == 0)
		out->kind = DOCKER_NET_NONE;
	else if (strcmp(word, "host") == 0)
		out->kind = DOCKER_NET_HOST;
	else if (begins(word, "container:"))
		*out = (struct docker_net_choice){
		    DOCKER_NET_CONTAINER, word + strlen("container:")};
	else if (podman && is_podmans(word))
		*out = (struct docker_net_choice){DOCKER_NET_OTHER, word};
}

static const char *text(struct arena *a, const cJSON *j, const char *name)
{
	const char *s = json_str(j, name);
	return s && *s ? arena_strdup(a, s) : NULL;
}

static const char *first_gateway(struct arena *a, const cJSON *list, const char *name)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, list)
	{
		const char *s = text(a, one, name);
		if (s)
			return s;
	}
	return NULL;
}

int docker_net_read(
    struct arena *a, const cJSON *j, struct docker_net *out, struct err *err)
{
	const char *id = json_str(j, "Id");
	memset(out, 0, sizeof(*out));
	out->driver = text(a, j, "driver");
	if (out->driver) { /* podman network inspect */
		out->gateway = first_gateway(a, json_get(j, "subnets"), "gateway");
		out->interface = text(a, j, "network_interface");
		return 0;
	}
	out->driver = text(a, j, "Driver");
	if (!out->driver)
		return err_set(err, ERR_FAIL, "what the engine says is no network");
	out->gateway =
	    first_gateway(a, json_get(json_get(j, "IPAM"), "Config"), "Gateway");
	out->interface =
	    text(a, json_get(j, "Options"), "com.docker.network.bridge.name");
	if (!out->interface && id && strlen(id) >= 12)
		out->interface = arena_printf(a, "br-%.12s", id);
	return 0;
}

static const void *ip_of(const struct sockaddr *at)
{
	if (at && at->sa_family == AF_INET)
		return &((const struct sockaddr_in *)at)->sin_addr;
	if (at && at->sa_family == AF_INET6 &&
	    !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)at)->sin6_addr))
		return &((const struct sockaddr_in6 *)at)->sin6_addr;
	return NULL;
}

/*
 * An address of this machine: of that interface (NULL: any), and that one (NULL: the
 * first, of IPv4 where it has one).
 */
static const char *own_address(struct arena *a, const char *interface, const char *wanted)
{
	struct ifaddrs *all = NULL;
	char ip[INET6_ADDRSTRLEN];
	const char *found = NULL;
	bool four = false;
	if (getifaddrs(&all) < 0)
		return NULL;
	for (const struct ifaddrs *i = all; i && !four; i = i->ifa_next) {
		const void *raw = ip_of(i->ifa_addr);
		if (!raw || (interface && strcmp(i->ifa_name, interface) != 0))
			continue;
		inet_ntop(i->ifa_addr->sa_family, raw, ip, sizeof(ip));
		if (wanted && strcmp(ip, wanted) != 0)
			continue;
		four = i->ifa_addr->sa_family == AF_INET;
		if (four || !found)
			found = arena_strdup(a, ip);
	}
	freeifaddrs(all);
	return found;
}

bool docker_net_is_ours(struct arena *a, const char *address)
{
	return own_address(a, NULL, address) != NULL;
}

const char *docker_net_address(const struct engine *en, const struct docker_net *net,
    const char *name, bool *early, struct err *err)
{
	const char *address = NULL;
	if (strcmp(net->driver, "bridge") != 0) {
		err_set(err, ERR_FAIL,
		    "a container in the network '%s' (%s) cannot reach this machine",
		    name, net->driver);
		return NULL;
	}
	if (net->gateway && net->interface)
		address = own_address(en->a, net->interface, net->gateway);
	if (!address && net->interface)
		address = own_address(en->a, net->interface, NULL);
	if (!address && en->kind == ENGINE_PODMAN && net->gateway &&
	    !if_nametoindex(net->interface ? net->interface : "")) {
		*early = true; /* it makes the interface with the first container */
		address = net->gateway;
	}
	if (!address)
		err_set(err, ERR_FAIL,
		    "this machine has no address in the container's network '%s'", name);
	return address;
}

static cJSON *take_first(cJSON *j)
{
	cJSON *first;
	if (!cJSON_IsArray(j))
		return j;
	first = cJSON_DetachItemFromArray(j, 0);
	cJSON_Delete(j);
	return first;
}

static cJSON *ask_socket(const struct engine *en, const char *name, struct err *err)
{
	auto_buf path = BUF_INIT, body = BUF_INIT;
	int status = 0;
	buf_adds(&path, "/networks/");
	engine_quote(&path, name);
	if (engine_request(en, "GET", path.s, ASK_MS, &status, &body, err) < 0)
		return NULL;
	if (status == 200)
		return json_parse(body.s, body.len, "the engine's answer", err);
	err_set(err, status == 404 ? ERR_NOTFOUND : ERR_FAIL, "%s",
	    engine_said(en->a, &body));
	return NULL;
}

static cJSON *ask_program(const struct engine *en, const char *name, struct err *err)
{
	const char *words[] = {"network", "inspect", name, NULL};
	auto_buf out = BUF_INIT;
	if (engine_ask(en, words, &out, err) < 0)
		return NULL;
	return json_parse(out.s, out.len, "the engine's answer", err);
}

int docker_net_ask(
    const struct engine *en, const char *name, struct docker_net *out, struct err *err)
{
	auto_json j = NULL;
	if (!*name || name[0] == '-')
		return err_set(err, ERR_FAIL, "'%s' is no name of a network", name);
	j = take_first(
	    en->socket ? ask_socket(en, name, err) : ask_program(en, name, err));
	if (err->code)
		return err_wrap(err, "network '%s'", name);
	return docker_net_read(en->a, j, out, err);
}

/* It has a network of its own: where that leads to. */
static void read_container(const struct engine *en, const cJSON *j,
    struct docker_net_choice *choice, const char **gateway)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, json_get(json_get(j, "NetworkSettings"), "Networks"))
	{
		*gateway = text(en->a, one, "Gateway");
		if (*gateway)
			return;
	}
	choice->kind = DOCKER_NET_OTHER;
}

int docker_net_of_container(const struct engine *en, struct docker_net_choice *choice,
    const char **gateway, struct err *err)
{
	auto_json j = engine_inspect(en, "container", choice->name, err);
	const char *mode;
	if (!j)
		return err_wrap(err, "network 'container:%s'", choice->name);
	mode = json_str(json_get(j, "HostConfig"), "NetworkMode");
	if (mode && strcmp(mode, "host") == 0)
		choice->kind = DOCKER_NET_HOST;
	else if (mode && strcmp(mode, "none") == 0)
		choice->kind = DOCKER_NET_NONE;
	else
		read_container(en, j, choice, gateway);
	return 0;
}
