/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "cloud/http/reply.h"
#include "cloud/store/camera.h"
#include "cloud/store/ingest_state.h"
#include "cloud/store/note.h"
#include "cloud/store/playlist.h"
#include "cloud/store/poster.h"
#include "cloud/store/store.h"
#include "common/trace.h"

static enum ingest_event take_hello(struct ingest *i, int64_t wall_us)
{
	struct wire_message m = { .type = WIRE_WELCOME };
	int err = store_get(i->store, i->name, &i->camera);

	if (err == -ENFILE)
		return ingest_fail_as(i, WIRE_ERROR_FULL,
				      "the relay has its %u cameras: raise "
				      "--max-cameras",
				      store_params(i->store)->max_cameras);
	if (err < 0)
		return ingest_fail_room(i, err, 0);
	camera_connect(i->camera);
	i->process = i->message.hello.process;

	if (camera_welcome(i->camera, &m.welcome)) {
		m.flags = WIRE_HOLDS;
		camera_count_resume(i->camera);
	}
	m.welcome.clock_us = wall_us;
	m.welcome.max_part = i->max_part;
	m.welcome.max_segments = i->window = store_window(i->store, i->camera);
	to_device_welcome(&i->out, &m);
	return INGEST_HELLO;
}

static enum ingest_event take_init(struct ingest *i)
{
	uint32_t id = i->message.init.id;

	/* Another connection of the same process may have been faster. */
	if (!i->reply || camera_has_init(i->camera, id))
		return INGEST_NOTHING;
	if (name_init_id(reply_body(i->reply), i->reply->body_size) != id)
		return ingest_fail_as(
			i, WIRE_ERROR_PROTOCOL,
			"the id of init %08x is not made from its bytes", id);
	if (camera_put_init(i->camera, id, &i->reply) < 0)
		return ingest_fail_room(i, -ENOMEM, 0);
	return INGEST_STORED;
}

static enum ingest_event take_part(struct ingest *i, int64_t wall_us)
{
	const struct wire_part *part = &i->message.part;
	int check = i->reply ? camera_check_part(i->camera, part) : 1;

	if (check < 0)
		return ingest_fail_order(i, part);
	if (check == 0 &&
	    camera_put_part(i->camera, part, i->message.flags, &i->reply) < 0)
		return ingest_fail_room(i, -ENOMEM, 0);
	if (check == 0)
		camera_count_part(i->camera, part, wall_us);
	trace_mark("stored", part->at);
	to_device_ack(&i->out, part->at);
	return check == 0 ? INGEST_STORED : INGEST_NOTHING;
}

/*
 * What it may list is said by welcome, so it has to connect anew; a device
 * that takes over from itself does that without a seam.
 */
static void lower_window(struct ingest *i)
{
	if (i->lowered || !store_is_tight(i->store, i->camera) ||
	    store_window(i->store, i->camera) >= i->window)
		return;
	i->lowered = true;
	camera_count_lowered(i->camera);
	to_device_drain(&i->out);
}

static enum ingest_event put_playlist(struct ingest *i,
				      struct playlist **playlist,
				      int64_t now_us)
{
	struct wire_position last = i->message.playlist.last;
	int err = camera_put_playlist(i->camera, playlist, now_us);

	if (err < 0) {
		playlist_close(playlist);
		return ingest_fail_as(
			i, WIRE_ERROR_UNKNOWN_PART,
			"a playlist names part %u.%u, which did not come",
			last.msn, last.part);
	}
	trace_mark("listed", last);
	/* It needs room, too; if there is none, the next part is refused. */
	store_admit(i->store, i->camera, 0);
	lower_window(i);
	to_device_ack(&i->out, last);
	return err == 0 ? INGEST_STORED : INGEST_NOTHING;
}

static enum ingest_event take_playlist(struct ingest *i, int64_t now_us)
{
	struct playlist *playlist;
	int err = playlist_open(&playlist, &i->message.playlist,
				i->message.flags, i->buffer);

	if (err == -EMSGSIZE)
		return ingest_fail_as(i, WIRE_ERROR_TOO_LARGE,
				      "a playlist of more than %u bytes",
				      WIRE_MAX_PLAIN);
	if (err == -EPROTO)
		return ingest_fail_as(i, WIRE_ERROR_PROTOCOL,
				      "a playlist that is not gzip");
	if (err < 0)
		return ingest_fail_room(i, err, 0);
	i->unpacked = playlist_memory(playlist);
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
		return ingest_fail_as(i, WIRE_ERROR_PROTOCOL,
				      "a poster that is no JPEG");
	if (err < 0)
		return ingest_fail_room(i, err, i->message.body_size);
	camera_put_poster(i->camera, &poster);
	return INGEST_NOTHING;
}

static enum ingest_event take_bye(struct ingest *i)
{
	note_copy(i->text, (const char *)i->buffer, i->message.body_size);
	return INGEST_BYE;
}

enum ingest_event ingest_store(struct ingest *i, int64_t now_us,
			       int64_t wall_us)
{
	i->unpacked = 0;
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
