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
#include "cloud/store/media.h"
#include "cloud/store/playlist.h"
#include "cloud/store/poster.h"
#include "cloud/store/store.h"
#include "common/trace.h"

struct ingest {
	struct store *store;
	struct camera *camera; /* NULL before hello */
	char name[CAMERA_NAME_MAX + 1];
	uint32_t max_part;
	uint64_t process;

	/* The message that is being received. */
	uint8_t head[WIRE_MAX_FIXED];
	size_t head_size;
	bool decoded; /* message is valid */
	struct wire_message message;
	struct reply *reply; /* where the body of an init or part goes */
	uint8_t *buffer;     /* where any other body goes; both NULL: away */
	size_t received;     /* bytes of body */

	/* What is to be said. */
	bool say_welcome, say_demand, say_ack, say_drain, say_error;
	bool failed;
	struct wire_message welcome;
	uint32_t viewers;
	struct wire_position acked;
	uint16_t code;
	char text[WIRE_MAX_TEXT + 1];
};

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
	i->head_size = 0;
	i->received = 0;
	i->decoded = false;
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

__attribute__((format(printf, 3, 4))) static enum ingest_event fail(
	struct ingest *i, enum wire_error_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(i->text, sizeof(i->text), format, args);
	va_end(args);
	forget_message(i);
	i->code = (uint16_t)code;
	i->say_error = true;
	i->failed = true;
	return INGEST_FAILED;
}

void ingest_fail(struct ingest *i, enum wire_error_code code, const char *text)
{
	fail(i, code, "%s", text);
}

static enum ingest_event fail_order(struct ingest *i,
				    const struct wire_part *part)
{
	struct wire_welcome held = { 0 };

	camera_welcome(i->camera, &held);
	return fail(i, WIRE_ERROR_ORDER,
		    "part %u.%u of epoch %08x does not follow %u.%u",
		    part->at.msn, part->at.part, part->epoch, held.last.msn,
		    held.last.part);
}

/* What store_admit() and camera_check_part() answer for want of room. */
static enum ingest_event fail_room(struct ingest *i, int err, size_t bytes)
{
	const struct store_params *limits = store_params(i->store);

	if (err == -EMSGSIZE)
		return fail(i, WIRE_ERROR_TOO_LARGE,
			    "%zu bytes more than the %zu that the relay keeps "
			    "of one camera: make the window shorter or raise "
			    "--max-camera-bytes",
			    bytes, limits->max_camera_bytes);
	if (err == -ENOSPC)
		return fail(i, WIRE_ERROR_FULL,
			    "the relay's %zu bytes for all cameras are used "
			    "up, and this one has its share: make its window "
			    "shorter or raise --max-bytes",
			    limits->max_bytes);
	return fail(i, WIRE_ERROR_FULL, "the relay is out of memory");
}

/* --- heads: is there room, and where does the body go --- */

static enum ingest_event admit_reply(struct ingest *i, size_t size)
{
	int err = store_admit(i->store, i->camera, size);

	if (err < 0)
		return fail_room(i, err, size);
	i->reply = media_new(size);
	return i->reply ? INGEST_NOTHING : fail_room(i, -ENOMEM, size);
}

static enum ingest_event admit_init(struct ingest *i)
{
	if (camera_has_init(i->camera, i->message.init.id))
		return INGEST_NOTHING;
	return admit_reply(i, i->message.body_size);
}

static enum ingest_event admit_part(struct ingest *i)
{
	const struct wire_part *part = &i->message.part;
	uint32_t size = i->message.body_size;
	int check;

	if (size > i->max_part)
		return fail(i, WIRE_ERROR_TOO_LARGE,
			    "a part of %u bytes is larger than the %u that "
			    "the relay takes: lower the bitrate or the part's "
			    "length, or raise --max-part",
			    size, i->max_part);
	do
		check = camera_check_part(i->camera, part);
	while (check == -ENOSPC && camera_evict(i->camera));
	if (check == 1)
		return INGEST_NOTHING; /* a part twice is one part */
	if (check == -ENOSPC)
		return fail(i, WIRE_ERROR_TOO_LARGE,
			    "the relay keeps windows of up to %u segments: "
			    "make the window shorter or raise --max-window",
			    store_params(i->store)->max_segments);
	if (check == -ENOENT)
		return fail(i, WIRE_ERROR_ORDER,
			    "part %u.%u needs init %08x, which did not come",
			    part->at.msn, part->at.part, part->init);
	if (check < 0)
		return fail_order(i, part);
	return admit_reply(i, size);
}

static enum ingest_event admit_buffer(struct ingest *i)
{
	if (i->message.body_size == 0)
		return INGEST_NOTHING;
	i->buffer = malloc(i->message.body_size);
	return i->buffer ? INGEST_NOTHING
			 : fail_room(i, -ENOMEM, i->message.body_size);
}

/* In place of the one before, whose room it may need. */
static enum ingest_event admit_poster(struct ingest *i)
{
	int err = store_admit(i->store, i->camera, i->message.body_size);

	return err < 0 ? fail_room(i, err, i->message.body_size)
		       : admit_buffer(i);
}

static enum ingest_event admit(struct ingest *i)
{
	enum wire_type type = i->message.type;

	if (type >= WIRE_WELCOME)
		return fail(i, WIRE_ERROR_PROTOCOL,
			    "%s is for the relay to say", wire_type_name(type));
	if (!i->camera && type != WIRE_HELLO)
		return fail(i, WIRE_ERROR_ORDER, "%s before hello",
			    wire_type_name(type));
	switch (type) {
	case WIRE_HELLO:
		if (i->camera)
			return fail(i, WIRE_ERROR_ORDER, "a second hello");
		return INGEST_NOTHING;
	case WIRE_INIT:
		return admit_init(i);
	case WIRE_PART:
		return admit_part(i);
	case WIRE_POSTER:
		return admit_poster(i);
	default:
		return admit_buffer(i);
	}
}

/* --- whole messages --- */

static enum ingest_event take_hello(struct ingest *i, int64_t wall_us)
{
	struct wire_message *m = &i->welcome;
	int err = store_get(i->store, i->name, &i->camera);

	if (err == -ENFILE)
		return fail(i, WIRE_ERROR_FULL,
			    "the relay has its %u cameras: raise "
			    "--max-cameras",
			    store_params(i->store)->max_cameras);
	if (err < 0)
		return fail_room(i, err, 0);
	camera_connect(i->camera);
	i->process = i->message.hello.process;

	*m = (struct wire_message){ .type = WIRE_WELCOME };
	if (camera_welcome(i->camera, &m->welcome)) {
		m->flags = WIRE_HOLDS;
		camera_count_resume(i->camera);
	}
	m->welcome.clock_us = wall_us;
	m->welcome.max_part = i->max_part;
	m->welcome.max_segments = store_params(i->store)->max_segments;
	i->say_welcome = true;
	return INGEST_HELLO;
}

static enum ingest_event take_init(struct ingest *i)
{
	uint32_t id = i->message.init.id;

	/* Another connection of the same process may have been faster. */
	if (!i->reply || camera_has_init(i->camera, id))
		return INGEST_NOTHING;
	if (name_init_id(reply_body(i->reply), i->reply->body_size) != id)
		return fail(i, WIRE_ERROR_PROTOCOL,
			    "the id of init %08x is not made from its bytes",
			    id);
	if (camera_put_init(i->camera, id, &i->reply) < 0)
		return fail_room(i, -ENOMEM, 0);
	return INGEST_STORED;
}

static void ack(struct ingest *i, struct wire_position at)
{
	if (wire_compare(at, i->acked) > 0)
		i->acked = at;
	i->say_ack = true;
}

static enum ingest_event take_part(struct ingest *i, int64_t wall_us)
{
	const struct wire_part *part = &i->message.part;
	int check = i->reply ? camera_check_part(i->camera, part) : 1;

	if (check < 0)
		return fail_order(i, part);
	if (check == 0 &&
	    camera_put_part(i->camera, part, i->message.flags, &i->reply) < 0)
		return fail_room(i, -ENOMEM, 0);
	if (check == 0)
		camera_count_part(i->camera, part, wall_us);
	trace_mark("stored", part->at);
	ack(i, part->at);
	return check == 0 ? INGEST_STORED : INGEST_NOTHING;
}

static enum ingest_event put_playlist(struct ingest *i,
				      struct playlist **playlist,
				      int64_t now_us)
{
	struct wire_position last = i->message.playlist.last;
	int err = camera_put_playlist(i->camera, playlist, now_us);

	if (err < 0) {
		playlist_close(playlist);
		return fail(i, WIRE_ERROR_UNKNOWN_PART,
			    "a playlist names part %u.%u, which did not come",
			    last.msn, last.part);
	}
	trace_mark("listed", last);
	ack(i, last);
	return err == 0 ? INGEST_STORED : INGEST_NOTHING;
}

static enum ingest_event take_playlist(struct ingest *i, int64_t now_us)
{
	struct playlist *playlist;
	int err = playlist_open(&playlist, &i->message.playlist,
				i->message.flags, i->buffer);

	if (err == -EMSGSIZE)
		return fail(i, WIRE_ERROR_TOO_LARGE,
			    "a playlist of more than %u bytes", WIRE_MAX_PLAIN);
	if (err == -EPROTO)
		return fail(i, WIRE_ERROR_PROTOCOL,
			    "a playlist that is not gzip");
	if (err < 0)
		return fail_room(i, err, 0);
	return put_playlist(i, &playlist, now_us);
}

static enum ingest_event take_status(struct ingest *i, int64_t now_us)
{
	camera_put_status(i->camera, &i->message.status, now_us);
	camera_put_note(i->camera, (char *)i->buffer, i->message.body_size,
			now_us);
	return INGEST_NOTHING;
}

static enum ingest_event take_poster(struct ingest *i, int64_t wall_us)
{
	struct poster *poster;
	int err = poster_open(&poster,
			      &(struct poster_params){
				      .bytes = i->buffer,
				      .size = i->message.body_size,
				      .taken_us = i->message.poster.taken_us,
				      .wall_us = wall_us,
			      });

	if (err == -EPROTO)
		return fail(i, WIRE_ERROR_PROTOCOL, "a poster that is no JPEG");
	if (err < 0)
		return fail_room(i, err, i->message.body_size);
	camera_put_poster(i->camera, &poster);
	return INGEST_NOTHING;
}

static enum ingest_event take_bye(struct ingest *i)
{
	snprintf(i->text, sizeof(i->text), "%.*s", (int)i->message.body_size,
		 i->buffer ? (const char *)i->buffer : "");
	return INGEST_BYE;
}

static enum ingest_event take_message(struct ingest *i, int64_t now_us,
				      int64_t wall_us)
{
	switch (i->message.type) {
	case WIRE_HELLO:
		return take_hello(i, wall_us);
	case WIRE_INIT:
		return take_init(i);
	case WIRE_PART:
		return take_part(i, wall_us);
	case WIRE_PLAYLIST:
		return take_playlist(i, now_us);
	case WIRE_STATUS:
		return take_status(i, now_us);
	case WIRE_POSTER:
		return take_poster(i, wall_us);
	default:
		return take_bye(i);
	}
}

/* --- bytes --- */

static enum ingest_event fail_head(struct ingest *i, int err)
{
	unsigned int type = i->head[0];

	if (err == -ENOTSUP)
		return fail(i, WIRE_ERROR_PROTOCOL,
			    "a message of unknown type %u", type);
	if (err == -EMSGSIZE)
		return fail(i, WIRE_ERROR_TOO_LARGE,
			    "a %s message beyond the limits of " WIRE_PROTOCOL,
			    wire_type_name((enum wire_type)type));
	return fail(i, WIRE_ERROR_PROTOCOL, "a malformed %s message",
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
	admit(i);
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
	event = take_message(i, now_us, wall_us);
	forget_message(i);
	return event;
}

/* --- what comes out --- */

static size_t encode(uint8_t out[static INGEST_MAX_OUT],
		     const struct wire_message *m, const char *body)
{
	size_t n = wire_encode(out, m);

	memcpy(out + n, body, m->body_size);
	return n + m->body_size;
}

size_t ingest_take(struct ingest *i, uint8_t out[static INGEST_MAX_OUT])
{
	if (i->say_welcome) {
		i->say_welcome = false;
		return encode(out, &i->welcome, "");
	}
	if (i->say_demand) {
		i->say_demand = false;
		return encode(
			out,
			&(struct wire_message){ .type = WIRE_DEMAND,
						.demand = { i->viewers } },
			"");
	}
	if (i->say_ack) {
		i->say_ack = false;
		return encode(out,
			      &(struct wire_message){ .type = WIRE_ACK,
						      .ack = { i->acked } },
			      "");
	}
	if (i->say_error) {
		i->say_error = false;
		return encode(out,
			      &(struct wire_message){
				      .type = WIRE_ERROR,
				      .error = { i->code },
				      .body_size = (uint32_t)strlen(i->text) },
			      i->text);
	}
	if (i->say_drain) {
		i->say_drain = false;
		return encode(out, &(struct wire_message){ .type = WIRE_DRAIN },
			      "");
	}
	return 0;
}

bool ingest_has_output(const struct ingest *i)
{
	return i->say_welcome || i->say_demand || i->say_ack || i->say_error ||
	       i->say_drain;
}

void ingest_demand(struct ingest *i, uint32_t viewers)
{
	i->viewers = viewers;
	i->say_demand = true;
}

void ingest_drain(struct ingest *i)
{
	i->say_drain = true;
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
