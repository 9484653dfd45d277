/* SPDX-License-Identifier: MIT */
/* registry_names.c -- which names, aliases, tags, stages and numbers the registry takes. */
#include <errno.h>
#include <strings.h>

#include "base/buf.h"
#include "base/pyrepr.h"
#include "track/registered_model.h"
#include "track/validate.h"

enum { ALIAS_MAX = 255, TAG_VALUE_MAX = 100000 };

int model_name_check(const char *name, struct err *err)
{
	auto_buf json = BUF_INIT;
	auto_buf repr = BUF_INIT;
	if (!name || name[strspn(name, " \t\n\v\f\r")] == '\0')
		return err_set(
		    err, ERR_USAGE, "Missing value for required parameter 'name'.");
	if (strpbrk(name, "/:"))
		return err_set(err, ERR_USAGE,
		    "Invalid model name '%s'. Names cannot contain '/' or ':'.", name);
	if (strcmp(name, ".") != 0 && strncmp(name, "..", 2) != 0)
		return 0;
	pyrepr_json(&json, name, strlen(name));
	pyrepr_str(&repr, name, strlen(name));
	return err_set(err, ERR_USAGE,
	    "Invalid value %s for parameter 'name' supplied: Names may be treated as "
	    "files "
	    "in certain cases, and must not resolve to other names when treated as such. "
	    "This name would resolve to %s",
	    json.s, repr.s);
}

static bool alias_char(unsigned char c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

int model_alias_check(const char *alias, struct err *err)
{
	const char *s = alias;
	if (!alias || !*alias)
		return err_set(
		    err, ERR_USAGE, "Registered model alias name cannot be empty.");
	while (alias_char((unsigned char)*s))
		s++;
	if (*s)
		return err_set(err, ERR_USAGE,
		    "Invalid alias name: '%s'. Names may only contain alphanumerics, "
		    "underscores (_), and dashes (-).",
		    alias);
	return validate_length("Registered model alias name", alias, ALIAS_MAX, err);
}

int registry_tag_check(const char *key, const char *value, struct err *err)
{
	if (validate_key("key", key, err) < 0 ||
	    validate_length("key", key, KEY_MAX, err) < 0)
		return -1;
	return validate_length("value", value, TAG_VALUE_MAX, err);
}

bool registry_is_prompt(const struct kvs *tags)
{
	const char *value = "false";
	for (size_t i = 0; i < tags->n; i++)
		if (strcmp(tags->v[i].key, PROMPT_TAG) == 0)
			value = tags->v[i].value;
	return strcasecmp(value, "true") == 0;
}

int model_version_number(const char *text, int64_t *out, struct err *err)
{
	char *end;
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (end == text || end[strspn(end, " \t\n\v\f\r")] != '\0')
		return err_set(err, ERR_USAGE,
		    "Parameter 'version' must be an integer, got '%s'.", text);
	if (errno)
		*out = -1;
	return 0;
}

const char *model_stage(const char *word, struct err *err)
{
	static const char *const stages[] = {"None", "Staging", "Production", "Archived"};
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (strcasecmp(word, stages[i]) == 0)
			return stages[i];
	err_set(err, ERR_USAGE,
	    "Invalid Model Version stage: %s. Value must be one of None, Staging, "
	    "Production, Archived.",
	    word);
	return NULL;
}
