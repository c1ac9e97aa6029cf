/* SPDX-License-Identifier: MIT */
#include "cloud/store/ingest.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "cloud/store/camera.h"
#include "cloud/store/ingest_state.h"
#include "cloud/store/store.h"

int ingest_open(struct ingest **out, struct store *store, const char *camera,
		uint32_t max_part)
{
	struct ingest *i = calloc(1, sizeof(*i));

	*out = i;
	if (!i)
		return -ENOMEM;
	assert(camera_name_valid(camera, strlen(camera)));
	memcpy(i->name, camera, strlen(camera) + 1);
	i->store = store;
	i->max_part = max_part;
	return 0;
}

static void forget_message(struct ingest *i)
{
	reply_release(&i->reply);
	free(i->buffer);
	i->buffer = NULL;
	if (i->expected)
		camera_expect_no_more(i->camera, i->expected);
	i->expected = 0;
	i->head_size = 0;
	i->received = 0;
	i->decoded = false;
}

void ingest_break(struct ingest *i)
{
	forget_message(i);
}

void ingest_close(struct ingest **ingest, int64_t now_us)
{
	struct ingest *i = *ingest;

	*ingest = NULL;
	if (!i)
		return;
	forget_message(i);
	if (i->camera)
		camera_disconnect(i->camera, now_us);
	free(i);
}

/* --- errors --- */

enum ingest_event ingest_fail_as(struct ingest *i, enum wire_error_code code,
				 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(i->text, sizeof(i->text), format, args);
	va_end(args);
	forget_message(i);
	to_device_error(&i->out, code, i->text);
	i->failed = true;
	return INGEST_FAILED;
}

void ingest_fail(struct ingest *i, enum wire_error_code code, const char *text)
{
	ingest_fail_as(i, code, "%s", text);
}

/* --- bytes --- */

static enum ingest_event fail_head(struct ingest *i, int err)
{
	unsigned int type = i->head[0];

	if (err == -ENOTSUP)
		return ingest_fail_as(i, WIRE_ERROR_PROTOCOL,
				      "a message of unknown type %u", type);
	if (err == -EMSGSIZE)
		return ingest_fail_as(
			i, WIRE_ERROR_TOO_LARGE,
			"a %s message beyond the limits of " WIRE_PROTOCOL,
			wire_type_name((enum wire_type)type));
	return ingest_fail_as(i, WIRE_ERROR_PROTOCOL, "a malformed %s message",
			      wire_type_name((enum wire_type)type));
}

/*
 * Collects bytes until they make a head. Returns how many of `n` belong to
 * it; i->decoded tells whether it is complete, i->failed whether it is bad.
 */
static size_t feed_head(struct ingest *i, const uint8_t *bytes, size_t n)
{
	size_t room = sizeof(i->head) - i->head_size, before = i->head_size;
	int size;

	if (n > room)
		n = room;
	memcpy(i->head + before, bytes, n);
	i->head_size += n;
	size = wire_decode_head(&i->message, i->head, i->head_size);
	if (size < 0) {
		fail_head(i, size);
		return 0;
	}
	if (size == 0)
		return n;
	i->decoded = true;
	i->head_size = (size_t)size;
	ingest_admit(i);
	return (size_t)size - before;
}

static void feed_body(struct ingest *i, const uint8_t *bytes, size_t n)
{
	uint8_t *to = i->reply ? reply_body(i->reply) : i->buffer;

	if (n > i->message.body_size - i->received) {
		fail_head(i, -EPROTO);
		return;
	}
	if (to && n)
		memcpy(to + i->received, bytes, n);
	i->received += n;
}

enum ingest_event ingest_feed(struct ingest *i, const uint8_t *bytes, size_t n,
			      bool first, bool final, int64_t now_us,
			      int64_t wall_us)
{
	enum ingest_event event = INGEST_NOTHING;
	size_t used = 0;

	if (i->failed)
		return INGEST_FAILED;
	if (first)
		forget_message(i);
	if (!i->decoded)
		used = feed_head(i, bytes, n);
	if (i->decoded && !i->failed)
		feed_body(i, bytes + used, n - used);
	if (i->failed)
		return INGEST_FAILED;
	if (!final)
		return INGEST_NOTHING;
	if (!i->decoded || i->received != i->message.body_size)
		return fail_head(i, -EPROTO);
	event = ingest_store(i, now_us, wall_us);
	forget_message(i);
	return event;
}

/* --- what comes out --- */

size_t ingest_take(struct ingest *i, uint8_t out[static INGEST_MAX_OUT])
{
	return to_device_take(&i->out, out);
}

bool ingest_has_output(const struct ingest *i)
{
	return to_device_has(&i->out);
}

void ingest_demand(struct ingest *i, uint32_t viewers)
{
	to_device_demand(&i->out, viewers);
}

void ingest_drain(struct ingest *i)
{
	to_device_drain(&i->out);
}

size_t ingest_unpacked(const struct ingest *i)
{
	return i->unpacked;
}

uint64_t ingest_process(const struct ingest *i)
{
	return i->process;
}

const char *ingest_text(const struct ingest *i)
{
	return i->text;
}

bool ingest_failed(const struct ingest *i)
{
	return i->failed;
}
