/* SPDX-License-Identifier: MIT */
/*
 * Any request, as libmicrohttpd would hand it over, through all of mlp-serve behind it: the
 * guards, the routes, the API on a real database, artifacts in a real directory, the log.
 * A byte that chooses what server is asked, "METHOD URI", lines of headers, an empty line,
 * the body.  After a ':' as the first byte there is a password file instead.
 */
#include <fcntl.h>
#include <stdint.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "server/exchange.h"
#include "server/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind { READ_ONLY = 1, PASSWORD = 2, PREFIX = 4, JSON_LOG = 8, PIECES = 16 };
enum { PORT = 5000, INPUT_MAX = 64 << 10 };

/* Her password is sesame. */
static const char users[] =
    "ann:$5$rounds=1000$saltsalt$30.yc4HsSpLTxr3NqKw4EhPINDzNTqzxg9qelAitDW2\n";
static const char prefix[] = "/team/mlflow";
static const char *const own_names[] = {"127.0.0.1", "localhost", "[::1]"};
static const char rows[] =
    "INSERT INTO runs (run_uuid, name, status, lifecycle_stage, experiment_id,"
    " artifact_uri) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'x', 'RUNNING',"
    " 'active', 0, 'mlflow-artifacts:/0/r/artifacts');"
    "INSERT INTO params VALUES ('p', '1', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');"
    "INSERT INTO registered_models VALUES ('m', 1, NULL, NULL);"
    "INSERT INTO model_versions (name, version, current_stage, source)"
    " VALUES ('m', 1, 'None', 's3://b/m');"
    "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location,"
    " creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage)"
    " VALUES ('m-1', 0, 'x', 'mlflow-artifacts:/0/m', 1, 1, 2, 'active');";

/* A server without sockets. */
struct world {
	struct arena a;
	struct serve_options options;
	struct server sv;
	struct auth *auth;
	struct listener listener;
	const char *dir, *files, *secret; /* the last one outside of `files` */
	ino_t secret_ino;
	sqlite3 *fresh; /* what the database is like at first */
	int changes;
	int pair[2]; /* a client that is there and has read all */
};

static void need(bool good)
{
	if (!good)
		abort();
}

static void put_file(const char *path, const char *text)
{
	struct err err = ERR_INIT;
	need(file_write(path, text, strlen(text), 0644, &err) == 0);
}

static void make_files(const struct world *w)
{
	auto_arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	const char *dir = arena_printf(&a, "%s/0/r/artifacts", w->files);
	need(tree_remove(w->files, &err) == 0);
	need(dir_make(dir, 0755, &err) == 0);
	put_file(arena_printf(&a, "%s/a.txt", dir), "hello world");
	need(symlink("..", arena_printf(&a, "%s/0/up", w->files)) == 0);
	need(symlink(w->secret, arena_printf(&a, "%s/0/link", w->files)) == 0);
}

static void make_dir(struct world *w)
{
	/* in memory, since each upload waits for the disk */
	const char *top = path_is_dir("/dev/shm") ? "/dev/shm" : "/tmp";
	char *dir = arena_printf(&w->a, "%s/fuzz-http-XXXXXX", top);
	struct stat st;
	need(mkdtemp(dir));
	w->dir = dir;
	w->files = arena_printf(&w->a, "%s/files", dir);
	w->secret = arena_printf(&w->a, "%s/secret", dir);
	put_file(w->secret, "secret");
	need(stat(w->secret, &st) == 0);
	w->secret_ino = st.st_ino;
}

static struct dbslot *take_slot(struct world *w)
{
	struct err err = ERR_INIT;
	struct dbslot *slot = dbpool_take(&w->sv.pool, &err);
	need(slot);
	return slot;
}

static void copy_tables(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	need(b && sqlite3_backup_step(b, -1) == SQLITE_DONE);
	need(sqlite3_backup_finish(b) == SQLITE_OK);
}

static void make_database(struct world *w)
{
	const char *path = arena_printf(&w->a, "%s/x.db", w->dir);
	struct db_options o = {.ctx = &w->sv.ctx,
	    .path = path,
	    .artifact_root = "mlflow-artifacts:",
	    .create = true,
	    .quick = true};
	struct api model = {
	    .artifact_root = o.artifact_root, .artifacts = w->files, .version = "3.0"};
	struct err err = ERR_INIT;
	struct dbslot *slot;
	dbpool_init(&w->sv.pool, &o, &model);
	slot = take_slot(w);
	need(db_ready(&slot->db, &err) == 0);
	need(sqlite3_exec(slot->db.sq, rows, NULL, NULL, NULL) == SQLITE_OK);
	need(sqlite3_open(":memory:", &w->fresh) == SQLITE_OK);
	copy_tables(w->fresh, slot->db.sq);
	w->changes = sqlite3_total_changes(slot->db.sq);
	dbpool_give(&w->sv.pool, slot);
}

static void forget_world(void);

static struct world *the_world(bool make)
{
	static struct world *w;
	struct err err = ERR_INIT;
	const char *file;
	if (w || !make)
		return w;
	w = xcalloc(1, sizeof(*w));
	make_dir(w);
	make_files(w);
	atexit(forget_world);
	w->sv.ctx.trace = -1;
	make_database(w);
	file = arena_printf(&w->a, "%s/users", w->dir);
	put_file(file, users);
	need(auth_open(file, &w->auth, &err) == 0);
	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, w->pair) == 0);
	w->listener = (struct listener){.fd = -1, .port = PORT, .loopback = true};
	w->listener.names = arena_array(&w->a, 3, sizeof(char *));
	for (; w->listener.nnames < 3; w->listener.nnames++)
		w->listener.names[w->listener.nnames] = own_names[w->listener.nnames];
	w->sv.logs.access = memfd_create("log", MFD_CLOEXEC);
	need(w->sv.logs.access >= 0);
	w->sv.once = once_new();
	w->sv.options = &w->options;
	return w;
}

static void forget_world(void)
{
	struct world *w = the_world(false);
	struct err err = ERR_INIT;
	w->sv.auth = w->auth; /* whichever kind was the last */
	server_close(&w->sv);
	sqlite3_close(w->fresh);
	tree_remove(w->dir, &err);
	arena_release(&w->a);
	free(w);
}

/* The server of this kind. */
static void set_kind(struct world *w, unsigned kind)
{
	struct dbslot *slot = take_slot(w);
	bool read_only = kind & READ_ONLY;
	w->options = (struct serve_options){.artifacts = w->files,
	    .artifact_root = "mlflow-artifacts:",
	    .prefix = kind & PREFIX ? prefix : "",
	    .read_only = read_only};
	slot->api.read_only = read_only;
	dbpool_give(&w->sv.pool, slot);
	w->sv.guard = (struct guard){.prefix = w->options.prefix, .usual_port = 80};
	w->sv.auth = kind & PASSWORD ? w->auth : NULL;
	w->sv.logs.json = kind & JSON_LOG;
}

/* The line at *s, without its end. */
static char *line_at(char **s)
{
	char *line = *s, *end = strchr(line, '\n');
	if (end)
		*end = '\0';
	*s = end ? end + 1 : line + strlen(line);
	return line;
}

static void take_header(struct exchange *ex, char *line)
{
	const struct {
		const char *name;
		const char **to;
	} headers[] = {{"Host", &ex->host}, {"Origin", &ex->origin},
	    {"Authorization", &ex->authorization}, {"Content-Type", &ex->content_type},
	    {"User-Agent", &ex->agent}, {"Range", &ex->range},
	    {"If-None-Match", &ex->if_none_match}, {"X-Request-Id", &ex->request_id},
	    {"Content-Length", &ex->length}};
	char *value = strchr(line, ':');
	if (!value)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (strcasecmp(headers[i].name, line) == 0 && !*headers[i].to)
			*headers[i].to = arena_strdup(&ex->arena, value);
	ex->waits |= strcasecmp(line, "Expect") == 0;
}

static void take_body(struct exchange *ex, const char *s, size_t n, bool pieces)
{
	for (size_t at = 0, step; at < n; at += step) {
		step = pieces && n - at > 7 ? 7 : n - at;
		if (exchange_take(ex, s + at, step) < 0)
			return;
	}
}

static bool is_ours(const char *host)
{
	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(own_names[i]);
		if (strncasecmp(host, own_names[i], n) == 0 &&
		    (host[n] == '\0' || host[n] == ':'))
			return true;
	}
	return false;
}

/* What has come so far has to be right, and nothing else may. */
static void check_admitted(const struct world *w, const struct exchange *ex)
{
	const char *p = w->options.prefix;
	need(!ex->path || strncmp(ex->uri, p, strlen(p)) == 0);
	need(!ex->path || !ex->path[utf8_valid_prefix(ex->path, strlen(ex->path))]);
	need(ex->id[0] && strlen(ex->id) < sizeof(ex->id) && !strpbrk(ex->id, " \"\\/"));
	if (ex->refused)
		return;
	need(ex->path);
	if (!exchange_is_probe(ex)) {
		need(ex->host && is_ours(ex->host));
		need(!w->sv.auth || strcmp(ex->user, "ann") == 0);
	}
	if (ex->verb != API_GET && ex->origin) {
		const char *at = strstr(ex->origin, "://");
		need(at && is_ours(at + 3));
	}
}

static void check_file(const struct world *w, const struct reply *r)
{
	struct stat st;
	need(r->offset + r->length <= r->size && r->length > 0);
	need(r->api.status == 200 ? r->offset == 0 && r->length == r->size
				  : r->api.status == 206);
	need(fstat(r->fd, &st) == 0 && S_ISREG(st.st_mode));
	need((uint64_t)st.st_size == r->size && st.st_ino != w->secret_ino);
}

static void check_reply(const struct world *w, const struct reply *r)
{
	const struct buf *b = &r->api.body;
	struct err err = ERR_INIT;
	need(r->api.status >= 200 && r->api.status <= 503 && r->api.status != 500);
	need(r->api.status != 401 || (r->challenge && w->sv.auth));
	if (r->fd >= 0) {
		check_file(w, r);
	} else if (r->api.status != 304) {
		need(r->api.content_type);
		if (strcmp(r->api.content_type, "application/json") == 0) {
			auto_json j = json_parse(b->s, b->len, "reply", &err);
			need(j && utf8_valid_prefix(b->s, b->len) == b->len);
		}
	}
}

static void send_reply(struct exchange *ex)
{
	struct MHD_Response *out = response_make(&ex->reply, ex->id);
	need(out);
	MHD_destroy_response(out);
}

static bool is_shown(const struct world *w, const char *s)
{
	unsigned char c = (unsigned char)s[0], next = (unsigned char)s[1];
	if (w->sv.logs.json)
		return c >= ' ';
	return c >= ' ' && c != 0x7f && !(c == 0xc2 && next < 0xa0);
}

/* One line; as text, of characters that can be seen. */
static void check_log(const struct world *w)
{
	auto_buf b = BUF_INIT;
	struct err err = ERR_INIT;
	need(lseek(w->sv.logs.access, 0, SEEK_SET) == 0);
	need(fd_read_all(w->sv.logs.access, "log", INPUT_MAX, &b, &err) == 0);
	need(b.len > 1 && b.s[b.len - 1] == '\n');
	need(utf8_valid_prefix(b.s, b.len) == b.len);
	for (size_t i = 0; i < b.len - 1; i++)
		need(is_shown(w, b.s + i));
	if (w->sv.logs.json) {
		auto_json j = json_parse(b.s, b.len, "log", &err);
		need(json_get(j, "status"));
	}
	need(lseek(w->sv.logs.access, 0, SEEK_SET) == 0);
	need(ftruncate(w->sv.logs.access, 0) == 0);
}

/* Nothing that this request has done is there for the next one. */
static void restore(struct world *w, bool files)
{
	struct dbslot *slot = take_slot(w);
	struct stat st;
	need(sqlite3_get_autocommit(slot->db.sq));
	if (sqlite3_total_changes(slot->db.sq) != w->changes) {
		need(!w->options.read_only);
		copy_tables(slot->db.sq, w->fresh);
		w->changes = sqlite3_total_changes(slot->db.sq);
	}
	dbpool_give(&w->sv.pool, slot);
	need(w->sv.bodies == 0 && w->sv.stats.active == 0);
	if (!files)
		return;
	need(stat(w->secret, &st) == 0 && st.st_ino == w->secret_ino && st.st_size == 6);
	make_files(w);
}

static void ask(struct world *w, unsigned kind, char *text, size_t size)
{
	struct conn conn = {.sv = &w->sv, .listener = &w->listener, .fd = w->pair[0]};
	char *s = text, *first = line_at(&s), *uri = strchr(first, ' '), *line;
	struct exchange *ex;
	bool files;
	if (!uri)
		return;
	*uri++ = '\0';
	ex = exchange_new(&conn, uri);
	ex->method = arena_strdup(&ex->arena, first);
	while (*(line = line_at(&s)))
		take_header(ex, line);
	exchange_begin(ex);
	exchange_admit(ex);
	check_admitted(w, ex);
	take_body(ex, s, size - (size_t)(s - text), kind & PIECES);
	if (!ex->done && (ex->refused || !exchange_answer_now(ex)))
		exchange_answer(ex);
	check_reply(w, &ex->reply);
	send_reply(ex);
	files = ex->verb != API_GET && ex->path && artifacts_owns(ex->path);
	need(!files || !w->options.read_only || ex->reply.api.status != 200);
	exchange_free(ex, true);
	if (conn.watched)
		once_over(w->sv.once, conn.watched);
	check_log(w);
	restore(w, files);
}

/* Nobody gets in before a password was looked at. */
static void read_users(const uint8_t *data, size_t size)
{
	static const char *const tries[] = {
	    "Basic YW5uOnNlc2FtZQ==", "Bearer ann:", "Bearer :", NULL};
	struct err err = ERR_INIT;
	struct auth *auth = NULL;
	char user[AUTH_NAME + 1], path[32];
	auto_fd fd = memfd_create("users", MFD_CLOEXEC);
	need(fd >= 0 && fd_write_all(fd, data, size) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (auth_open(path, &auth, &err) < 0) {
		need(err.msg[0]);
		return;
	}
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		need(auth_check(auth, tries[i], user) != AUTH_YES);
	need(auth_reload(auth, &err) == 0);
	auth_close(auth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = the_world(true);
	unsigned kind;
	char *text;
	if (size < 2 || size > INPUT_MAX)
		return 0;
	if (data[0] == ':') {
		read_users(data + 1, size - 1);
		return 0;
	}
	kind = data[0];
	text = xmalloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	set_kind(w, kind);
	ask(w, kind, text, size - 1);
	free(text);
	return 0;
}
