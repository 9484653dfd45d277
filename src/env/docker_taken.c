/* SPDX-License-Identifier: MIT */
/* docker_taken.c -- where the user has something of his own (declared in docker.h). */
#include "env/docker.h"

static bool is_place(const char *s, size_t n, const char *target)
{
	while (n > 1 && s[n - 1] == '/')
		n--;
	return n == strlen(target) && strncmp(s, target, n) == 0;
}

/* "source:target[:options]", or a target alone. */
static bool volume_is_at(const char *volume, const char *target)
{
	const char *at = strchr(volume, ':');
	at = at ? at + 1 : volume;
	return is_place(at, strcspn(at, ":"), target);
}

/* "type=bind,source=x,target=y": its target has three names. */
static bool mount_is_at(const char *mount, const char *target)
{
	static const char *const names[] = {"target=", "dst=", "destination="};
	for (size_t n; *mount; mount += n + (mount[n] == ',')) {
		n = strcspn(mount, ",");
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			size_t k = strlen(names[i]);
			if (strncmp(mount, names[i], k) == 0 &&
			    is_place(mount + k, n - k, target))
				return true;
		}
	}
	return false;
}

static bool arg_is_at(const struct docker_arg *a, const char *target)
{
	if (!a->value)
		return false;
	if (strcmp(a->name, "mount") == 0)
		return mount_is_at(a->value, target);
	if (strcmp(a->name, "tmpfs") == 0)
		return is_place(a->value, strcspn(a->value, ":"), target);
	return (strcmp(a->name, "volume") == 0 || strcmp(a->name, "v") == 0) &&
	       volume_is_at(a->value, target);
}

bool docker_is_taken(const struct env *e, const char *target)
{
	const struct env_plan *p = &e->want.plan->environment;
	const struct docker *d = docker_of(e);
	for (size_t i = 0; i < d->nvolumes; i++)
		if (volume_is_at(d->volumes[i], target))
			return true;
	for (size_t i = 0; i < p->nargs; i++)
		if (arg_is_at(&p->args[i], target))
			return true;
	return false;
}
