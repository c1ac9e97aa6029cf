/* SPDX-License-Identifier: MIT */
#include "device/source/source.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "device/source/source_kinds.h"

struct source {
	const struct source_kind *kind;
	struct source_info info;
	max_align_t self[]; /* kind->size bytes */
};

/*
 * The first row whose name fits, up to a colon where it has one of its own;
 * NULL fits any.
 */
static const struct {
	const char *name;
	const struct source_kind *kind;
} rows[] = {
	{ "testcard", &source_testcard }, { "-", &source_annexb },
	{ "v4l2", &source_v4l2 },	  { "v4l2:", &source_v4l2 },
	{ "rpicam", &source_rpicam },	  { NULL, &source_libav },
};

static bool is_named(const char *name, const char *row)
{
	size_t n = strlen(row);

	return row[n - 1] == ':' ? !strncmp(name, row, n) : !strcmp(name, row);
}

static const struct source_kind *find_kind(const char *name)
{
	size_t i = 0;

	while (rows[i].name && !is_named(name, rows[i].name))
		i++;
	return rows[i].kind;
}

int source_open(struct source **out, const struct source_params *params)
{
	const struct source_kind *kind = find_kind(params->name);
	struct source *s = calloc(1, sizeof(*s) + kind->size);
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->kind = kind;
	err = kind->open(s->self, params, &s->info);
	if (err < 0) {
		source_close(&s);
		return err;
	}
	*out = s;
	return 0;
}

const char *source_name(const struct source *s)
{
	return s->kind->name;
}

const struct source_info *source_info(const struct source *s)
{
	return &s->info;
}

int source_next(struct source *s, struct source_item *out, int also_fd)
{
	*out = (struct source_item){ 0 };
	return s->kind->next(s->self, out, also_fd);
}

void source_close(struct source **s)
{
	if (*s)
		(*s)->kind->close((*s)->self);
	free(*s);
	*s = NULL;
}
