/* SPDX-License-Identifier: MIT */
/* How a command in a container gets to its run's endpoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "env/docker_network.h"
#include "run/endpoint.h"

static const struct ctx silent = {.trace = -1};

/* Is anybody let in at this address? */
static bool listens(const char *address, int port)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static void test_endpoint_at(void **state)
{
	struct endpoint loop = ENDPOINT_INIT, other = ENDPOINT_INIT;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(endpoint_open(&loop, &silent, NULL, false, &err), 0);
	assert_int_equal(endpoint_open(&other, &silent, "127.0.0.9", false, &err), 0);
	assert_true(listens("127.0.0.1", loop.port));
	assert_true(listens("127.0.0.9", other.port));
	assert_false(listens("127.0.0.1", other.port)); /* there and nowhere else */
	assert_string_not_equal(loop.key, other.key);
	endpoint_close(&loop, 0);
	endpoint_close(&other, 0);
	assert_false(listens("127.0.0.9", other.port));
}

static void test_endpoint_nowhere(void **state)
{
	static const char *const bad[] = {
	    "192.0.2.1", "2001:db8::1", "", "localhost", "127.0.0.1 ", "300.1.1.1"};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct endpoint e = ENDPOINT_INIT;
		struct err err = ERR_INIT;
		assert_int_equal(endpoint_open(&e, &silent, bad[i], false, &err), -1);
		assert_non_null(strstr(err.msg, "cannot listen on"));
		assert_non_null(strstr(err.hint, "--tracking direct"));
		assert_int_equal(e.socket, -1);
	}
}

/* podman makes the interface when the first container joins */
static void test_endpoint_early(void **state)
{
	struct endpoint e = ENDPOINT_INIT;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(endpoint_open(&e, &silent, "192.0.2.1", true, &err), 0);
	assert_true(e.port > 0);
	endpoint_close(&e, 0);
}

static void test_choice(void **state)
{
	static const struct {
		const char *word;
		enum engine_kind engine;
		enum docker_net_kind kind;
		const char *name;
	} cases[] = {
	    {NULL, ENGINE_DOCKER, DOCKER_NET_BRIDGE, "bridge"},
	    {"default", ENGINE_DOCKER, DOCKER_NET_BRIDGE, "bridge"},
	    {"bridge", ENGINE_PODMAN, DOCKER_NET_BRIDGE, "podman"},
	    {"bridge:ip=10.88.0.9", ENGINE_PODMAN, DOCKER_NET_BRIDGE, "podman"},
	    {NULL, ENGINE_PODMAN, DOCKER_NET_BRIDGE, "podman"},
	    {"lab", ENGINE_DOCKER, DOCKER_NET_BRIDGE, "lab"},
	    {"alias=x,name=lab", ENGINE_DOCKER, DOCKER_NET_BRIDGE, "lab"},
	    {"name=lab,alias=x", ENGINE_DOCKER, DOCKER_NET_BRIDGE, "lab"},
	    {"alias=x", ENGINE_DOCKER, DOCKER_NET_BRIDGE, ""},
	    {"none", ENGINE_DOCKER, DOCKER_NET_NONE, "none"},
	    {"host", ENGINE_PODMAN, DOCKER_NET_HOST, "host"},
	    {"container:db", ENGINE_DOCKER, DOCKER_NET_CONTAINER, "db"},
	    {"pasta:-T,auto", ENGINE_PODMAN, DOCKER_NET_OTHER, "pasta:-T,auto"},
	    {"pasta", ENGINE_DOCKER, DOCKER_NET_BRIDGE, "pasta"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_INIT;
		struct docker_arg arg = {"network", cases[i].word};
		struct env_plan p = {.args = &arg, .nargs = cases[i].word ? 1 : 0};
		struct docker_net_choice c;
		docker_net_choose(&a, &p, cases[i].engine, &c);
		assert_int_equal(c.kind, cases[i].kind);
		assert_string_equal(c.name, cases[i].name);
	}
}

static int read_net(struct arena *a, const char *text, struct docker_net *out)
{
	struct err err = ERR_INIT;
	auto_json j = json_parse(text, strlen(text), "it", &err);
	assert_non_null(j);
	return docker_net_read(a, j, out, &err);
}

static void test_read(void **state)
{
	auto_arena a = ARENA_INIT;
	struct docker_net n;
	(void)state;
	assert_int_equal(
	    read_net(&a,
		"{\"Id\":\"0123456789abcdef\",\"Driver\":\"bridge\",\"IPAM\":{"
		"\"Config\":[{\"Subnet\":\"fd00::/64\"},{\"Gateway\":"
		"\"172.18.0.1\"}]},\"Options\":{}}",
		&n),
	    0);
	assert_string_equal(n.driver, "bridge");
	assert_string_equal(n.gateway, "172.18.0.1");
	assert_string_equal(n.interface, "br-0123456789ab");
	assert_int_equal(
	    read_net(&a,
		"{\"Id\":\"0123456789abcdef\",\"Driver\":\"bridge\",\"IPAM\":{"
		"\"Config\":null},\"Options\":{\"com.docker.network.bridge.name\":"
		"\"docker0\"}}",
		&n),
	    0);
	assert_null(n.gateway);
	assert_string_equal(n.interface, "docker0");
	assert_int_equal(
	    read_net(&a,
		"{\"driver\":\"bridge\",\"network_interface\":\"cni-podman0\","
		"\"subnets\":[{\"subnet\":\"10.88.0.0/16\",\"gateway\":\"10.88.0.1\"}]}",
		&n),
	    0);
	assert_string_equal(n.gateway, "10.88.0.1");
	assert_string_equal(n.interface, "cni-podman0");
	assert_int_equal(read_net(&a, "{\"Id\":\"x\"}", &n), -1);
	assert_int_equal(read_net(&a, "[1]", &n), -1);
	assert_int_equal(read_net(&a, "{\"Driver\":7}", &n), -1);
}

static const char *address_of(struct arena *a, enum engine_kind kind,
    const struct docker_net *n, bool *early, struct err *err)
{
	struct engine en = {.a = a, .kind = kind};
	*early = false;
	return docker_net_address(&en, n, "lab", early, err);
}

static void test_address(void **state)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct docker_net n = {"bridge", NULL, "lo"};
	bool early;
	(void)state;
	assert_string_equal(address_of(&a, ENGINE_DOCKER, &n, &early, &err), "127.0.0.1");
	n.gateway = "192.0.2.1"; /* what the interface has counts */
	assert_string_equal(address_of(&a, ENGINE_DOCKER, &n, &early, &err), "127.0.0.1");
	assert_false(early);
	n.interface = "br-none";
	assert_string_equal(address_of(&a, ENGINE_PODMAN, &n, &early, &err), "192.0.2.1");
	assert_true(early);
	assert_null(address_of(&a, ENGINE_DOCKER, &n, &early, &err));
	assert_non_null(strstr(err.msg, "no address in the container's network 'lab'"));
	err_clear(&err);
	n = (struct docker_net){"macvlan", "127.0.0.1", "lo"};
	assert_null(address_of(&a, ENGINE_DOCKER, &n, &early, &err));
	assert_non_null(strstr(err.msg, "'lab' (macvlan)"));
	assert_true(docker_net_is_ours(&a, "127.0.0.1"));
	assert_false(docker_net_is_ours(&a, "192.0.2.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_endpoint_at),
	    cmocka_unit_test(test_endpoint_nowhere),
	    cmocka_unit_test(test_endpoint_early),
	    cmocka_unit_test(test_choice),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
