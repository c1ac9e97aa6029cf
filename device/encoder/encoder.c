/* SPDX-License-Identifier: MIT */
#include "device/encoder/encoder.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "encoder"
#include "common/log.h"
#include "device/encoder/encoder_kinds.h"

struct encoder {
	const struct encoder_kind *kind;
	max_align_t self[]; /* kind->size bytes */
};

/* "auto" takes the first that opens: hardware goes before software here. */
static const struct encoder_kind *const kinds[] = {
	&encoder_m2m,
	&encoder_x264,
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static int open_kind(struct encoder **out, const struct encoder_kind *kind,
		     const struct encoder_params *params)
{
	struct encoder *e = calloc(1, sizeof(*e) + kind->size);
	int err;

	if (!e)
		return -ENOMEM;
	e->kind = kind;
	err = kind->open(e->self, params);
	if (err < 0) {
		encoder_close(&e);
		return err;
	}
	*out = e;
	return 0;
}

/* "v4l2" and "v4l2:/dev/video11" are both of the kind "v4l2". */
static bool is_of(const char *name, const struct encoder_kind *kind)
{
	return strcspn(name, ":") == strlen(kind->name) &&
	       !strncmp(name, kind->name, strlen(kind->name));
}

/* Of a name that nobody has: what all can do; encoder_open() says more. */
unsigned int encoder_formats(const char *name)
{
	bool any = !strcmp(name, "auto");

	for (size_t i = 0; i < KINDS; i++) {
		unsigned int formats = 0;

		if ((any || is_of(name, kinds[i])) && kinds[i]->formats)
			formats = kinds[i]->formats(name);
		if (formats)
			return formats;
	}
	return 1u << PICTURE_I420;
}

int encoder_open(struct encoder **out, const struct encoder_params *params)
{
	bool any = !strcmp(params->name, "auto"), known = false;
	int err = -EINVAL;

	*out = NULL;
	for (size_t i = 0; i < KINDS && err < 0; i++) {
		if (!any && !is_of(params->name, kinds[i]))
			continue;
		known = true;
		err = open_kind(out, kinds[i], params);
	}
	if (!known)
		log_error("there is no encoder \"%s\"; take \"auto\"",
			  params->name);
	return err;
}

const char *encoder_name(const struct encoder *e)
{
	return e->kind->name;
}

int encoder_push(struct encoder *e, const struct picture *picture)
{
	return e->kind->push(e->self, picture);
}

int encoder_pull(struct encoder *e, struct access_unit *out)
{
	return e->kind->pull(e->self, out);
}

int encoder_fd(const struct encoder *e)
{
	return e->kind->fd(e->self);
}

void encoder_set_bitrate(struct encoder *e, int64_t bits_per_second,
			 int divisor)
{
	e->kind->set_bitrate(e->self, bits_per_second, divisor);
}

int64_t encoder_least_bitrate(const struct encoder *e)
{
	return e->kind->least_bitrate(e->self);
}

void encoder_request_key(struct encoder *e)
{
	e->kind->request_key(e->self);
}

bool encoder_keys_at_once(const struct encoder *e)
{
	return e->kind->keys_at_once;
}

void encoder_close(struct encoder **e)
{
	if (*e)
		(*e)->kind->close((*e)->self);
	free(*e);
	*e = NULL;
}
