/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "cloud/http/reply.h"
#include "cloud/store/camera.h"
#include "cloud/store/ingest_state.h"
#include "cloud/store/media.h"
#include "cloud/store/store.h"

enum ingest_event ingest_fail_order(struct ingest *i,
				    const struct wire_part *part)
{
	struct wire_welcome held = { 0 };

	camera_welcome(i->camera, &held);
	return ingest_fail_as(i, WIRE_ERROR_ORDER,
			      "part %u.%u of epoch %08x does not follow %u.%u",
			      part->at.msn, part->at.part, part->epoch,
			      held.last.msn, held.last.part);
}

/* What store_admit() and camera_check_part() answer for want of room. */
enum ingest_event ingest_fail_room(struct ingest *i, int err, size_t bytes)
{
	const struct store_params *limits = store_params(i->store);

	if (err == -EMSGSIZE)
		return ingest_fail_as(
			i, WIRE_ERROR_TOO_LARGE,
			"%zu bytes more than the %zu that the relay keeps "
			"of one camera: make the window shorter or raise "
			"--max-camera-bytes",
			bytes, limits->max_camera_bytes);
	if (err == -ENOSPC)
		return ingest_fail_as(
			i, WIRE_ERROR_FULL,
			"the relay's %zu bytes for all cameras are used "
			"up, and this one has its share: make its window "
			"shorter or raise --max-bytes",
			limits->max_bytes);
	return ingest_fail_as(i, WIRE_ERROR_FULL, "the relay is out of memory");
}

static enum ingest_event admit_reply(struct ingest *i, size_t size)
{
	int err = store_admit(i->store, i->camera, size);

	if (err < 0)
		return ingest_fail_room(i, err, size);
	i->reply = media_new(size);
	if (!i->reply)
		return ingest_fail_room(i, -ENOMEM, size);
	i->expected = i->reply->memory;
	camera_expect(i->camera, i->expected);
	return INGEST_NOTHING;
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
		return ingest_fail_as(
			i, WIRE_ERROR_TOO_LARGE,
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
		return ingest_fail_as(
			i, WIRE_ERROR_TOO_LARGE,
			"the relay keeps windows of up to %u segments: "
			"make the window shorter or raise --max-window",
			store_params(i->store)->max_segments);
	if (check == -ENOENT)
		return ingest_fail_as(
			i, WIRE_ERROR_ORDER,
			"part %u.%u needs init %08x, which did not come",
			part->at.msn, part->at.part, part->init);
	if (check < 0)
		return ingest_fail_order(i, part);
	return admit_reply(i, size);
}

static enum ingest_event admit_buffer(struct ingest *i)
{
	if (i->message.body_size == 0)
		return INGEST_NOTHING;
	i->buffer = malloc(i->message.body_size);
	return i->buffer ? INGEST_NOTHING
			 : ingest_fail_room(i, -ENOMEM, i->message.body_size);
}

/* In place of the one before, whose room it may need. */
static enum ingest_event admit_poster(struct ingest *i)
{
	int err = store_admit(i->store, i->camera, i->message.body_size);

	return err < 0 ? ingest_fail_room(i, err, i->message.body_size)
		       : admit_buffer(i);
}

enum ingest_event ingest_admit(struct ingest *i)
{
	enum wire_type type = i->message.type;

	if (type >= WIRE_WELCOME)
		return ingest_fail_as(i, WIRE_ERROR_PROTOCOL,
				      "%s is for the relay to say",
				      wire_type_name(type));
	if (!i->camera && type != WIRE_HELLO)
		return ingest_fail_as(i, WIRE_ERROR_ORDER, "%s before hello",
				      wire_type_name(type));
	switch (type) {
	case WIRE_HELLO:
		if (i->camera)
			return ingest_fail_as(i, WIRE_ERROR_ORDER,
					      "a second hello");
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
