/* SPDX-License-Identifier: MIT */
#include "device/uplink/outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device/uplink/gzip.h"

/* Where a body begins: head and fields are put right in front of it. */
#define BODY_AT	   (OUTBOX_HEADROOM + WIRE_MAX_FIXED)
#define FIRST_SIZE (64u << 10) /* a usual part */

struct outbox {
	struct gzip *gzip;
	char *text; /* a playlist before gzip; WIRE_MAX_PLAIN bytes */
	uint8_t *buffer;
	size_t capacity;
	uint8_t *at, *end; /* what is still to be sent; equal: nothing */
	bool begun;
	enum wire_type type;
	size_t size; /* of the whole message */
};

int outbox_open(struct outbox **out)
{
	struct outbox *o = calloc(1, sizeof(*o));
	int err;

	*out = NULL;
	if (!o)
		return -ENOMEM;
	err = gzip_open(&o->gzip);
	if (err < 0)
		goto fail;
	/* Only the pages that playlists really reach are ever in memory. */
	o->text = malloc(WIRE_MAX_PLAIN);
	if (!o->text) {
		err = -ENOMEM;
		goto fail;
	}
	*out = o;
	return 0;

fail:
	outbox_close(&o);
	return err;
}

void outbox_close(struct outbox **outbox)
{
	struct outbox *o = *outbox;

	*outbox = NULL;
	if (!o)
		return;
	gzip_close(&o->gzip);
	free(o->text);
	free(o->buffer);
	free(o);
}

/* Room for a body of `size` bytes, or NULL. */
static uint8_t *body(struct outbox *o, size_t size)
{
	size_t capacity = o->capacity ? o->capacity : FIRST_SIZE;

	assert(o->at == o->end && size <= WIRE_MAX_PART);
	while (capacity < BODY_AT + size)
		capacity *= 2;
	if (capacity > o->capacity) {
		free(o->buffer); /* nothing in it is needed any more */
		o->at = o->end = NULL;
		o->capacity = 0;
		o->buffer = malloc(capacity);
		if (!o->buffer)
			return NULL;
		o->capacity = capacity;
	}
	return o->buffer + BODY_AT;
}

/* Completes the message whose body lies in the buffer. */
static int put(struct outbox *o, const struct wire_message *m)
{
	uint8_t fixed[WIRE_MAX_FIXED];
	size_t n = wire_encode(fixed, m);

	o->at = o->buffer + BODY_AT - n;
	o->end = o->buffer + BODY_AT + m->body_size;
	memcpy(o->at, fixed, n);
	o->begun = false;
	o->type = m->type;
	o->size = n + m->body_size;
	return 0;
}

int outbox_put_hello(struct outbox *o, const struct wire_hello *hello)
{
	if (!body(o, 0))
		return -ENOMEM;
	return put(o, &(struct wire_message){ .type = WIRE_HELLO,
					      .hello = *hello });
}

/* A message that has a sentence for a body. */
static int put_text(struct outbox *o, struct wire_message m, const char *text)
{
	size_t n = strlen(text);
	uint8_t *at = body(o, n);

	assert(n <= WIRE_MAX_TEXT);
	if (!at)
		return -ENOMEM;
	memcpy(at, text, n);
	m.body_size = (uint32_t)n;
	return put(o, &m);
}

int outbox_put_bye(struct outbox *o, const char *text)
{
	return put_text(o, (struct wire_message){ .type = WIRE_BYE }, text);
}

int outbox_put_status(struct outbox *o, const struct wire_status *status,
		      const char *text)
{
	return put_text(
		o,
		(struct wire_message){ .type = WIRE_STATUS, .status = *status },
		text);
}

int outbox_put_poster(struct outbox *o, struct poster *poster)
{
	uint8_t *at = body(o, POSTER_MAX_BYTES);
	int64_t taken_us = 0;
	size_t n;

	if (!at)
		return -ENOMEM;
	n = poster_read(poster, at, &taken_us);
	if (!n)
		return -ENODATA;
	return put(o, &(struct wire_message){ .type = WIRE_POSTER,
					      .poster = { taken_us },
					      .body_size = (uint32_t)n });
}

int outbox_put_init(struct outbox *o, struct handover *handover, uint32_t id)
{
	uint8_t *at = body(o, WIRE_MAX_INIT);
	int n;

	if (!at)
		return -ENOMEM;
	n = handover_read_init(handover, id, at, WIRE_MAX_INIT);
	if (n <= 0)
		return n ? n : -ENOENT;
	return put(o, &(struct wire_message){ .type = WIRE_INIT,
					      .init = { .id = id },
					      .body_size = (uint32_t)n });
}

int outbox_put_part(struct outbox *o, struct handover *handover,
		    const struct wire_part *part, uint8_t flags, uint32_t size)
{
	uint8_t *at;
	int err;

	if (size == 0 || size > WIRE_MAX_PART)
		return -EMSGSIZE;
	at = body(o, size);
	if (!at)
		return -ENOMEM;
	err = handover_read_part(handover, part, at, size);
	if (err < 0)
		return err;
	return put(o, &(struct wire_message){ .type = WIRE_PART,
					      .flags = flags,
					      .part = *part,
					      .body_size = size });
}

int outbox_put_playlist(struct outbox *o, struct handover *handover,
			const struct playlist_params *params)
{
	const struct window_params *window = handover_window(handover);
	uint8_t *at = body(o, WIRE_MAX_PLAYLIST);
	struct playlist_facts facts;
	int n;

	if (!at)
		return -ENOMEM;
	if ((n = handover_playlist(handover, params, o->text, WIRE_MAX_PLAIN,
				   &facts)) < 0 ||
	    (n = gzip_pack(o->gzip, at, WIRE_MAX_PLAYLIST, o->text,
			   (size_t)n)) < 0)
		return n;
	return put(
		o,
		&(struct wire_message){
			.type = WIRE_PLAYLIST,
			.flags = params->ended ? WIRE_ENDED : 0,
			.playlist = { .first_msn = facts.first_msn,
				      .last = facts.last,
				      .hint_epoch = facts.hint_epoch,
				      .hint = facts.hint,
				      .target_ms = (uint32_t)window->target_ms,
				      .part_target_ms =
					      (uint32_t)window->part_target_ms,
				      .gzip_size = (uint32_t)n },
			.body_size = (uint32_t)n });
}

enum wire_type outbox_type(const struct outbox *o)
{
	return o->type;
}

size_t outbox_size(const struct outbox *o)
{
	return o->at == o->end ? 0 : o->size;
}

uint8_t *outbox_take(struct outbox *o, size_t most, size_t *size, bool *first,
		     bool *last)
{
	uint8_t *piece = o->at;
	size_t rest = (size_t)(o->end - o->at);

	if (!rest)
		return NULL;
	*size = rest < most ? rest : most;
	*first = !o->begun;
	*last = *size == rest;
	o->begun = true;
	o->at += *size;
	return piece;
}
