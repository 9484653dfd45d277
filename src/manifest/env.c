/* SPDX-License-Identifier: MIT */
/* env.c -- the environment that a project asks for; the errors are in MLflow's words. */
#include "manifest/keys.h"
#include "manifest/model.h"

#define INVALID "Project configuration (MLproject file) was invalid: "

static const char *const env_keys[] = {[ENVKEY_DOCKER] = "docker_env",
    [ENVKEY_PYTHON] = "python_env",
    [ENVKEY_CONDA] = "conda_env"};

static enum env_key env_key_of(const struct node *key)
{
	for (int k = ENVKEY_DOCKER; k <= ENVKEY_CONDA; k++)
		if (key->scalar == SCALAR_STR && strcmp(key->text, env_keys[k]) == 0)
			return (enum env_key)k;
	return ENVKEY_NONE;
}

/* Present is enough for a conflict, whatever the value. */
static void check_only_one(struct page *p, const struct node *root)
{
	auto_buf set = BUF_INIT;
	struct mark second = {0, 0};
	struct diag *d;
	int n = 0;
	for (size_t i = 0; i < root->n; i++) {
		if (env_key_of(root->pairs[i].key) == ENVKEY_NONE)
			continue;
		buf_addf(&set, "%s'%s'", n ? ", " : "", root->pairs[i].key->text);
		if (++n == 2)
			second = root->pairs[i].key->mark;
	}
	if (n < 2)
		return;
	d = page_error(
	    p, second, "Project cannot contain multiple environment fields: {%s}", set.s);
	page_hint(p, d, "keep one of them");
}

static void read_volumes(struct page *p, const struct node *docker, struct manifest *m)
{
	const struct node *v = node_get(docker, "volumes");
	bool good;
	if (!v || !node_is_true(v))
		return;
	good = v->kind == NODE_SEQ;
	for (size_t i = 0; good && i < v->n; i++)
		good = node_is_string(v->items[i]);
	if (!good) {
		page_error(p, v->mark,
		    INVALID "Docker volumes must be a list of strings, "
			    "e.g.: '[\"/path1/:/path1\", "
			    "\"/path2/:/path2\"])");
		return;
	}
	m->docker_volumes = arena_array(p->a, v->n, sizeof(*m->docker_volumes));
	m->ndocker_volumes = v->n;
	for (size_t i = 0; i < v->n; i++)
		m->docker_volumes[i] = v->items[i]->text;
}

/* A pair defines a variable, a string copies one from the host. */
static void read_variable(struct page *p, const struct node *item, struct env_var *var)
{
	struct diag *d;
	if (node_is_string(item)) {
		var->name = item->text;
		return;
	}
	var->name = "";
	if (item->n == 2) {
		var->name = model_text(p, item->items[0]);
		var->value = model_text(p, item->items[1]);
		return;
	}
	d = page_error(p, item->mark,
	    "a list of %zu where a pair [NAME, value] is expected", item->n);
	if (item->n == 1)
		page_hint(
		    p, d, "to copy a variable from the host, write it without brackets");
}

static void read_environment(
    struct page *p, const struct node *docker, struct manifest *m)
{
	const struct node *e = node_get(docker, "environment");
	bool good;
	if (!e || !node_is_true(e))
		return;
	good = e->kind == NODE_SEQ;
	for (size_t i = 0; good && i < e->n; i++)
		good = e->items[i]->kind == NODE_SEQ || node_is_string(e->items[i]);
	if (!good) {
		page_error(p, e->mark,
		    INVALID
		    "environment must be a list containing either strings (to copy "
		    "environment variables from host system) or lists of string pairs "
		    "(to define new environment variables).E.g.: "
		    "'[[\"NEW_VAR\", \"new_value\"], \"VAR_TO_COPY_FROM_HOST\"])");
		return;
	}
	m->docker_env = arena_array(p->a, e->n, sizeof(*m->docker_env));
	m->ndocker_env = e->n;
	for (size_t i = 0; i < e->n; i++)
		read_variable(p, e->items[i], &m->docker_env[i]);
}

static void read_docker(struct page *p, const struct node *root,
    const struct node *docker, struct manifest *m)
{
	struct node *image;
	struct diag *d;
	m->env_key = ENVKEY_DOCKER;
	if (docker->kind != NODE_MAP) {
		d = page_error(p, docker->mark, "'docker_env' is %s, not a mapping",
		    node_word(docker));
		page_hint(p, d, "write 'image: ...' below it");
		return;
	}
	keys_check(p, docker, KEYS_DOCKER);
	image = node_get(docker, "image");
	if (!image || !node_is_true(image))
		page_error(p, image ? image->mark : node_key_mark(root, docker),
		    INVALID "Docker environment specified but no image attribute found.");
	else if (image->kind != NODE_SCALAR)
		page_error(p, image->mark, "'image' is %s, not text", node_word(image));
	else
		m->docker_image = model_text(p, image);
	read_volumes(p, docker, m);
	read_environment(p, docker, m);
}

static void read_file(
    struct page *p, const struct node *n, enum env_key key, struct manifest *m)
{
	if (!n || !node_is_true(n) || m->env_key != ENVKEY_NONE)
		return;
	if (!node_is_string(n)) {
		struct diag *d = page_error(p, n->mark,
		    "'%s' is %s, not the name of a file", env_keys[key], node_word(n));
		page_hint(p, d, "name a file of the project, as '%s: %s'", env_keys[key],
		    key == ENVKEY_CONDA ? "conda.yaml" : "python_env.yaml");
		return;
	}
	m->env_key = key;
	m->env_file = n->text;
	m->env_mark = n->mark;
}

void model_env(struct page *p, const struct node *root, struct manifest *m)
{
	const struct node *docker = node_get(root, "docker_env");
	check_only_one(p, root);
	if (docker && node_is_true(docker))
		read_docker(p, root, docker, m);
	else if (docker)
		page_hint(p,
		    page_warn(p, node_key_mark(root, docker),
			"'docker_env' is empty: the project runs in no container"),
		    "name an image: docker_env: {image: ...}");
	read_file(p, node_get(root, "python_env"), ENVKEY_PYTHON, m);
	read_file(p, node_get(root, "conda_env"), ENVKEY_CONDA, m);
}
