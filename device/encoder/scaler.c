/* SPDX-License-Identifier: MIT */
#include "device/encoder/scaler.h"

#include <errno.h>
#include <stdlib.h>

#include "device/encoder/scaler_kinds.h"

struct scaler {
	const struct scaler_kind *kind;
	max_align_t self[]; /* kind->size bytes */
};

/* The first that opens is taken. */
static const struct scaler_kind *const kinds[] = {
	&scaler_m2m,
	&scaler_sws,
};

static int open_kind(struct scaler **out, const struct scaler_kind *kind,
		     const struct scaler_params *params)
{
	struct scaler *s = calloc(1, sizeof(*s) + kind->size);
	int err;

	if (!s)
		return -ENOMEM;
	s->kind = kind;
	err = kind->open(s->self, params);
	if (err < 0) {
		scaler_close(&s);
		return err;
	}
	*out = s;
	return 0;
}

int scaler_open(struct scaler **out, const struct scaler_params *params)
{
	int err = -EINVAL;

	*out = NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && err < 0; i++)
		err = open_kind(out, kinds[i], params);
	return err;
}

void scaler_close(struct scaler **s)
{
	if (*s)
		(*s)->kind->close((*s)->self);
	free(*s);
	*s = NULL;
}

int scaler_push(struct scaler *s, const struct picture *picture)
{
	return s->kind->push(s->self, picture);
}

int scaler_pull(struct scaler *s, struct picture *out)
{
	return s->kind->pull(s->self, out);
}

int scaler_fd(const struct scaler *s)
{
	return s->kind->fd(s->self);
}

struct capture *scaler_capture(struct scaler *s)
{
	return s->kind->capture(s->self);
}
