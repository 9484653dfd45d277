/* SPDX-License-Identifier: MIT */
/*
 * mlp server: the tracking server of a team.  Checks what was asked, then becomes mlp-serve
 * (src/server), which gets the request on its standard input: whoever started us, as
 * systemd, sees one process.
 */
#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/urltext.h"
#include "cli/cli.h"
#include "track/store.h"

enum {
	OPT_STORE = 1,
	OPT_ROOT,
	OPT_DESTINATION,
	OPT_SERVE,
	OPT_NO_SERVE,
	OPT_HOST,
	OPT_PORT,
	OPT_PREFIX,
	OPT_HOSTS,
	OPT_AUTH,
	OPT_NO_AUTH,
	OPT_CERT,
	OPT_KEY,
	OPT_READ_ONLY,
	OPT_LOG,
	OPT_FORMAT,
	OPT_WORKERS,
};

static const struct opt server_opts[] = {
    {OPT_STORE, 0, "backend-store-uri", NULL, "URI", "MLFLOW_BACKEND_STORE_URI",
	"The database (sqlite:///mlflow.db)"},
    {OPT_ROOT, 0, "default-artifact-root", NULL, "URI", "MLFLOW_DEFAULT_ARTIFACT_ROOT",
	"Where the artifacts of new experiments are: a directory\n"
	"or a URI (through this server)"},
    {OPT_DESTINATION, 0, "artifacts-destination", NULL, "DIR",
	"MLFLOW_ARTIFACTS_DESTINATION",
	"The directory of what comes through this server\n"
	"(./mlartifacts)"},
    {OPT_SERVE, 0, "serve-artifacts", NULL, NULL, NULL,
	"Take and give artifacts, too (the default)"},
    {OPT_NO_SERVE, 0, "no-serve-artifacts", NULL, NULL, NULL,
	"Clients reach artifacts by themselves (./mlruns)"},
    {OPT_HOST, 'h', "host", NULL, "HOST", "MLFLOW_HOST",
	"The address to listen on (127.0.0.1); -h is no help here"},
    {OPT_PORT, 'p', "port", NULL, "N", "MLFLOW_PORT", "The port (5000); 0: a free one"},
    {OPT_PREFIX, 0, "static-prefix", NULL, "PATH", "MLFLOW_STATIC_PREFIX",
	"What every path begins with, as /mlflow"},
    {OPT_HOSTS, 0, "allowed-hosts", NULL, "LIST", "MLFLOW_SERVER_ALLOWED_HOSTS",
	"More names that this server is reached by, with commas;\n"
	"* stands for anything"},
    {OPT_AUTH, 0, "auth", NULL, "FILE", NULL,
	"Ask for the passwords in FILE, as htpasswd -B makes it"},
    {OPT_NO_AUTH, 0, "insecure-no-auth", NULL, NULL, NULL,
	"Let other machines in without a password"},
    {OPT_CERT, 0, "tls-cert", NULL, "FILE", NULL, "HTTPS: the certificate (PEM)"},
    {OPT_KEY, 0, "tls-key", NULL, "FILE", NULL, "HTTPS: its key (PEM)"},
    {OPT_READ_ONLY, 0, "read-only", NULL, NULL, NULL,
	"Refuse what would change anything"},
    {OPT_LOG, 0, "access-log", NULL, "FILE", NULL,
	"A line for each request; -: on standard output"},
    {OPT_FORMAT, 0, "log-format", NULL, "text|json", NULL,
	"Of these lines: text or json"},
    {OPT_WORKERS, 'w', "workers", NULL, "N", NULL,
	"For mlflow server's sake; one process serves all"},
    {0},
};

struct server_args {
	const char *store, *root, *destination, *host, *port, *prefix, *hosts, *auth,
	    *cert, *key, *log, *serving;
	bool serve, no_auth, read_only, json;
};

static const char *from_env(const char *name, const char *fallback)
{
	const char *s = getenv(name);
	return s && *s ? s : fallback;
}

static struct server_args defaults(void)
{
	return (struct server_args){
	    .store = from_env("MLFLOW_BACKEND_STORE_URI", "sqlite:///mlflow.db"),
	    .root = from_env("MLFLOW_DEFAULT_ARTIFACT_ROOT", NULL),
	    .destination = from_env("MLFLOW_ARTIFACTS_DESTINATION", "./mlartifacts"),
	    .serving = from_env("MLFLOW_SERVE_ARTIFACTS", "true"),
	    .host = from_env("MLFLOW_HOST", "127.0.0.1"),
	    .port = from_env("MLFLOW_PORT", "5000"),
	    .prefix = from_env("MLFLOW_STATIC_PREFIX", NULL),
	    .hosts = from_env("MLFLOW_SERVER_ALLOWED_HOSTS", NULL),
	};
}

/* In the words that click takes for MLflow. */
static int decide_serve(struct server_args *sa, struct err *err)
{
	const char *word = sa->serving;
	static const char *const words[][2] = {{"true", "false"}, {"1", "0"},
	    {"yes", "no"}, {"on", "off"}, {"t", "f"}, {"y", "n"}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		sa->serve = strcasecmp(word, words[i][0]) == 0;
		if (sa->serve || strcasecmp(word, words[i][1]) == 0)
			return 0;
	}
	return err_set(err, ERR_USAGE,
	    "MLFLOW_SERVE_ARTIFACTS: '%s' is neither true nor false", word);
}

/* Who said it, for errors. */
static const char *origin(const char *value, const char *option, const char *variable)
{
	return value == getenv(variable) ? variable : option;
}

static const char **text_slot(struct server_args *sa, int id)
{
	switch (id) {
	case OPT_STORE:
		return &sa->store;
	case OPT_ROOT:
		return &sa->root;
	case OPT_DESTINATION:
		return &sa->destination;
	case OPT_HOST:
		return &sa->host;
	case OPT_PORT:
		return &sa->port;
	case OPT_PREFIX:
		return &sa->prefix;
	case OPT_HOSTS:
		return &sa->hosts;
	case OPT_AUTH:
		return &sa->auth;
	case OPT_CERT:
		return &sa->cert;
	case OPT_KEY:
		return &sa->key;
	case OPT_LOG:
		return &sa->log;
	default:
		return NULL;
	}
}

static int take(struct server_args *sa, int id, const char *value, struct err *err)
{
	const char **slot = text_slot(sa, id);
	if (slot)
		*slot = value;
	else if (id == OPT_SERVE || id == OPT_NO_SERVE)
		sa->serving = id == OPT_SERVE ? "true" : "false";
	else if (id == OPT_NO_AUTH)
		sa->no_auth = true;
	else if (id == OPT_READ_ONLY)
		sa->read_only = true;
	else if (id == OPT_FORMAT) {
		sa->json = strcmp(value, "json") == 0;
		if (!sa->json && strcmp(value, "text") != 0)
			return err_set(err, ERR_USAGE,
			    "--log-format: '%s' is neither text nor json", value);
	}
	return 0;
}

/* A directory from a path or a file: URI; what lies elsewhere cannot be served. */
static const char *local_dir(
    struct cli *cli, const char *option, const char *uri, struct err *err)
{
	const char *path = uri;
	if (strncmp(uri, "file://", 7) == 0)
		path = url_decode(&cli->arena, uri + 7);
	else if (strstr(uri, "://"))
		path = NULL;
	if (path && *path)
		return path_abs(&cli->arena, cli->ctx.cwd, path);
	err_set(err, ERR_USAGE, "%s: '%s' is no directory of this machine", option, uri);
	err_hint(err, "what clients reach by themselves goes into "
		      "--default-artifact-root, with --no-serve-artifacts");
	return NULL;
}

/* "mlflow-artifacts:", "s3://bucket/x" and the like stay; a path becomes absolute. */
static const char *artifact_root(struct cli *cli, const struct server_args *sa)
{
	const char *root = sa->root;
	char *out;
	size_t n;
	if (!root)
		root = sa->serve ? "mlflow-artifacts:" : "./mlruns";
	if (!strchr(root, ':'))
		root = url_encode_percent(
		    &cli->arena, path_abs(&cli->arena, cli->ctx.cwd, root));
	out = arena_strdup(&cli->arena, root);
	for (n = strlen(out); n > 1 && out[n - 1] == '/'; n--)
		out[n - 1] = '\0';
	return out;
}

static int port_number(const char *text, int64_t *out, struct err *err)
{
	const char *by = origin(text, "--port", "MLFLOW_PORT");
	char *end;
	long n = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n > 65535)
		return err_set(
		    err, ERR_USAGE, "%s: '%s' is no number from 0 to 65535", by, text);
	*out = n;
	return 0;
}

static void put_hosts(struct cli *cli, cJSON *j, const char *list)
{
	cJSON *v = json_put_array(j, "hosts");
	while (list && *list) {
		size_t n;
		list += strspn(list, ", ");
		n = strcspn(list, ", ");
		if (n > 0)
			json_put_str(v, NULL, arena_strndup(&cli->arena, list, n));
		list += n;
	}
}

static void put_path(struct cli *cli, cJSON *j, const char *name, const char *path)
{
	if (path)
		json_put_str(j, name, path_abs(&cli->arena, cli->ctx.cwd, path));
}

static void put_prefix(struct cli *cli, cJSON *j, const char *prefix)
{
	size_t n = prefix ? strlen(prefix) : 0;
	while (n > 0 && prefix[n - 1] == '/')
		n--;
	if (n > 0)
		json_put_str(j, "prefix",
		    arena_printf(&cli->arena, "%s%.*s", prefix[0] == '/' ? "" : "/",
			(int)n, prefix));
}

/* What mlp-serve reads: src/server/options.h. */
static int make_request(
    struct cli *cli, const struct server_args *sa, cJSON *j, struct err *err)
{
	struct tracking t;
	const char *dir = NULL;
	int64_t port = 0;
	const char *by =
	    origin(sa->store, "--backend-store-uri", "MLFLOW_BACKEND_STORE_URI");
	if (tracking_of(&cli->ctx, &cli->arena, sa->store, by, &t, err) < 0 ||
	    port_number(sa->port, &port, err) < 0)
		return -1;
	if (sa->serve) {
		dir = local_dir(cli,
		    origin(sa->destination, "--artifacts-destination",
			"MLFLOW_ARTIFACTS_DESTINATION"),
		    sa->destination, err);
		if (!dir)
			return -1;
	}
	json_put_str(j, "mode", "server");
	json_put_str(j, "mlp", MLP_VERSION);
	json_put_str(j, "store", t.path);
	json_put_str(j, "artifact_root", artifact_root(cli, sa));
	put_path(cli, j, "artifacts", dir);
	json_put_str(j, "host", sa->host);
	json_put_int(j, "port", port);
	put_prefix(cli, j, sa->prefix);
	put_hosts(cli, j, sa->hosts);
	put_path(cli, j, "auth_file", sa->auth);
	put_path(cli, j, "tls_cert", sa->cert);
	put_path(cli, j, "tls_key", sa->key);
	if (sa->log && strcmp(sa->log, "-") == 0)
		json_put_str(j, "access_log", "-");
	else
		put_path(cli, j, "access_log", sa->log);
	json_put_bool(j, "log_json", sa->json);
	json_put_bool(j, "read_only", sa->read_only);
	json_put_bool(j, "insecure_no_auth", sa->no_auth);
	return 0;
}

/* The request as a file that nobody else has. */
static int request_file(const cJSON *j, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_fd fd = memfd_create("mlp-serve-request", MFD_CLOEXEC);
	json_print(&text, j, false);
	buf_addc(&text, '\n');
	if (fd < 0 || fd_write_all(fd, text.s, text.len) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "cannot hand over what is asked");
	return steal_fd(&fd);
}

static int become(struct cli *cli, const cJSON *request, struct err *err)
{
	char *path =
	    path_join(&cli->arena, cli->ctx.libexec ? cli->ctx.libexec : "", "mlp-serve");
	char *argv[] = {path, NULL};
	auto_fd fd = request_file(request, err);
	if (fd < 0)
		return -1;
	if (dup2(fd, STDIN_FILENO) < 0)
		return err_sys(err, errno, "cannot hand over what is asked");
	execv(path, argv);
	err_sys(err, errno, "cannot start '%s'", path);
	return err_hint(err, "is the installation whole? MLP_LIBEXEC can say where the "
			     "helpers are");
}

static int run_server(struct cli *cli, int argc, char *const *argv)
{
	struct server_args sa = defaults();
	struct cli_args args;
	struct err err = ERR_INIT;
	auto_json request = cJSON_CreateObject();
	int more, code = CLI_OK;
	cli_args_start(&args, &cmd_server, argc, argv);
	while ((more = cli_args_next(cli, &args, &code)) > 0) {
		if (!args.it.opt)
			return cli_usage(
			    &cmd_server, "unexpected argument '%s'", args.it.value);
		if (take(&sa, args.it.opt->id, args.it.value, &err) < 0) {
			cli_error(cli, &err);
			return CLI_USAGE;
		}
	}
	if (more < 0)
		return code;
	if (decide_serve(&sa, &err) == 0 && make_request(cli, &sa, request, &err) == 0)
		become(cli, request, &err);
	cli_error(cli, &err);
	return err.code == ERR_USAGE ? CLI_USAGE : CLI_FAILED;
}

const struct cmd cmd_server = {
    .name = "server",
    .args = "[OPTIONS]",
    .summary = "Serve a database of runs to MLflow's clients, as mlflow server does",
    .text = "Every MLflow client from 2.8 on records there: "
	    "MLFLOW_TRACKING_URI=http://HOST:5000.\n"
	    "There is no web page; MLflow's own server may run beside it on the same "
	    "database.\n"
	    "TERM finishes the requests under way, HUP reads passwords and opens the "
	    "log anew.",
    .opts = {server_opts, NULL},
    .run = run_server,
};
