/* SPDX-License-Identifier: MIT */
#include "manifest/keys.h"

#include <strings.h>

#include "base/nearest.h"

enum { MAX_KEYS = 8 };

/* Words that people write for another one. */
struct synonym {
	const char *word, *key;
	const char *hint; /* instead of a key */
};

static const char which_env[] = "use 'python_env', 'conda_env' or 'docker_env'";

static const struct level {
	const char *keys[MAX_KEYS];
	const struct synonym *synonyms;
} levels[] = {
    [KEYS_TOP] = {{"name", "entry_points", "python_env", "conda_env", "docker_env",
		      "databricks_spark_job", "resources"},
	(const struct synonym[]){{"conda", "conda_env", NULL},
	    {"conda_environment", "conda_env", NULL}, {"py_env", "python_env", NULL},
	    {"uv_env", "python_env", NULL}, {"virtualenv", "python_env", NULL},
	    {"python", "python_env", NULL}, {"docker", "docker_env", NULL},
	    {"steps", "entry_points", NULL}, {"environment", NULL, which_env},
	    {"env", NULL, which_env},
	    {"env_manager", NULL, "the environment manager is an option: --env-manager"},
	    {"entrypoints", "entry_points", NULL}, {NULL, NULL, NULL}}},
    [KEYS_ENTRY] = {{"parameters", "command", "timeout", "env", "resources", "retries"},
	(const struct synonym[]){{"params", "parameters", NULL},
	    {"args", "parameters", NULL}, {"arguments", "parameters", NULL},
	    {"cmd", "command", NULL}, {"run", "command", NULL},
	    {"script", "command", NULL}, {NULL, NULL, NULL}}},
    [KEYS_PARAM] = {{"type", "default", "description", "help"},
	(const struct synonym[]){{"value", "default", NULL},
	    {"desc", "description", NULL}, {"dtype", "type", NULL}, {NULL, NULL, NULL}}},
    [KEYS_DOCKER] = {{"image", "volumes", "environment"},
	(const struct synonym[]){{"env", "environment", NULL},
	    {"mounts", "volumes", NULL}, {NULL, NULL, NULL}}},
    [KEYS_RESOURCES] = {{"cpus", "memory", "gpus"},
	(const struct synonym[]){{"cpu", "cpus", NULL}, {"mem", "memory", NULL},
	    {"ram", "memory", NULL}, {"gpu", "gpus", NULL}, {NULL, NULL, NULL}}},
    [KEYS_RETRIES] = {{"most", "delay", "after"},
	(const struct synonym[]){{"max", "most", NULL}, {"count", "most", NULL},
	    {"backoff", "delay", NULL}, {"on", "after", NULL}, {"codes", "after", NULL},
	    {"exit_codes", "after", NULL}, {NULL, NULL, NULL}}},
};

static const char *const reserved[] = {"steps", "needs", "inputs", "outputs"};

static size_t count_of(const char *const *words)
{
	size_t n = 0;
	while (n < MAX_KEYS && words[n])
		n++;
	return n;
}

static const char *known_word(enum key_level level, const char *word, size_t len)
{
	const char *const *keys = levels[level].keys;
	for (size_t i = 0; i < count_of(keys); i++)
		if (strlen(keys[i]) == len && memcmp(keys[i], word, len) == 0)
			return keys[i];
	return NULL;
}

static bool is_reserved(const char *word)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(reserved[i], word) == 0)
			return true;
	return false;
}

/* `type:int`, `default="x"`, `type str`: a known key and its value grown together. */
static bool hint_split(
    struct page *p, struct diag *d, enum key_level level, const struct pair *pair)
{
	const char *text = pair->key->text;
	size_t n = strcspn(text, ":= ");
	const char *key = known_word(level, text, n), *rest = text + n;
	if (!key || !*rest || !node_is_null(pair->value))
		return false;
	rest += strspn(rest, ":= ");
	if (text[n] == ':')
		page_hint(p, d, "'%s:%s' needs a space after the colon: '%s: %s'", key,
		    page_clip(p, rest), key, page_clip(p, rest));
	else
		page_hint(p, d, "write '%s: %s', with a colon", key, page_clip(p, rest));
	return true;
}

static bool hint_similar(
    struct page *p, struct diag *d, enum key_level level, const char *word)
{
	const char *const *keys = levels[level].keys;
	const struct synonym *s = levels[level].synonyms;
	const char *near = nearest(word, keys, count_of(keys));
	while (!near && s->word && strcasecmp(s->word, word) != 0)
		s++;
	if (!near && s->hint)
		page_hint(p, d, "%s", s->hint);
	else if (near || s->key)
		page_hint(p, d, "did you mean '%s'?", near ? near : s->key);
	return near || s->word;
}

/* A key that is known elsewhere: the line is indented too little or too much. */
static void hint_level(
    struct page *p, struct diag *d, enum key_level level, const struct pair *pair)
{
	const char *word = pair->key->text;
	size_t n = strlen(word);
	const struct node *v = pair->value;
	if (level == KEYS_TOP && known_word(KEYS_ENTRY, word, n))
		page_hint(p, d, "it belongs to an entry point: indent it below one");
	else if (level == KEYS_TOP && node_get(v, "command"))
		page_hint(p, d, "an entry point belongs below 'entry_points': indent it");
	else if (level <= KEYS_ENTRY && known_word(KEYS_RESOURCES, word, n))
		page_hint(p, d, "it belongs below 'resources'");
	else if (level == KEYS_ENTRY && known_word(KEYS_DOCKER, word, n))
		page_hint(p, d, "it belongs below 'docker_env'");
	else if (level == KEYS_ENTRY && (node_get(v, "type") || node_get(v, "default")))
		page_hint(p, d, "a parameter belongs below 'parameters': indent it");
	else if (level == KEYS_DOCKER && strcmp(word, "build") == 0)
		page_hint(
		    p, d, "an image is built when the option --build-image is given");
}

static void check_pair(struct page *p, const struct pair *pair, enum key_level level)
{
	const struct node *key = pair->key;
	struct diag *d;
	if (key->scalar == SCALAR_STR && known_word(level, key->text, strlen(key->text)))
		return;
	/* A place for what is used elsewhere in the file. */
	if (level == KEYS_TOP && pair->value->anchored)
		return;
	if (level == KEYS_ENTRY && is_reserved(key->text)) {
		page_warn(p, key->mark,
		    "'%s' is not supported by this version, and ignored", key->text);
		return;
	}
	d = page_warn(
	    p, key->mark, "unknown key '%s' is ignored", page_clip(p, key->text));
	if (!hint_split(p, d, level, pair) && !hint_similar(p, d, level, key->text))
		hint_level(p, d, level, pair);
}

void keys_check(struct page *p, const struct node *map, enum key_level level)
{
	for (size_t i = 0; i < map->n; i++)
		check_pair(p, &map->pairs[i], level);
}
