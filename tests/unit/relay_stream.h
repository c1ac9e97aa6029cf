/* SPDX-License-Identifier: MIT */
/*
 * A device's stream as the relay's tests put it into a camera: parts of a few
 * bytes, each named by its place, and playlists without text.
 */
#ifndef TESTS_UNIT_RELAY_STREAM_H
#define TESTS_UNIT_RELAY_STREAM_H

#include <stdio.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "cloud/store/camera.h"
#include "cloud/store/media.h"
#include "cloud/store/playlist.h"
#include "tests/unit/relay_gzip.h"

#define EPOCH	  0xabcdef01u
#define INIT	  0x11111111u
#define TARGET_MS 2000

static inline struct wire_part part_at(uint32_t msn, uint32_t part)
{
	return (struct wire_part){
		.epoch = EPOCH,
		.at = { msn, part },
		.init = INIT,
		.discontinuity = 5,
	};
}

static inline void put_init(struct camera *c, uint32_t id)
{
	struct reply *r = media_new(4);
	int err;

	memcpy(reply_body(r), "init", 4);
	err = camera_put_init(c, id, &r);
	assert(err == 0 && !r);
}

/* Puts "MSN.PART " as a part; what camera_check_part() says if it is not 0. */
static inline int put_wire_part(struct camera *c, const struct wire_part *part,
				uint8_t flags)
{
	int err = camera_check_part(c, part);
	struct reply *r;
	char text[32];
	int n;

	if (err)
		return err;
	n = snprintf(text, sizeof(text), "%u.%u ", part->at.msn, part->at.part);
	r = media_new((size_t)n);
	memcpy(reply_body(r), text, (size_t)n);
	err = camera_put_part(c, part, flags, &r);
	assert(!r == !err);
	return err;
}

static inline int put_part(struct camera *c, uint32_t msn, uint32_t part,
			   uint8_t flags)
{
	struct wire_part at = part_at(msn, part);

	return put_wire_part(c, &at, flags);
}

/* Whole segments of three parts, first to last. */
static inline void put_segments(struct camera *c, uint32_t first, uint32_t last)
{
	for (uint32_t msn = first; msn <= last; msn++)
		for (uint32_t part = 0; part < 3; part++)
			if (put_part(c, msn, part, part == 2 ? WIRE_LAST : 0))
				assert(!"a part in order was refused");
}

static inline struct wire_playlist list_of(uint32_t first, uint32_t msn,
					   uint32_t part, uint32_t hint_msn,
					   uint32_t hint_part)
{
	return (struct wire_playlist){
		.first_msn = first,
		.last = { msn, part },
		.hint_epoch = EPOCH,
		.hint = { hint_msn, hint_part },
		.target_ms = TARGET_MS,
		.part_target_ms = 300,
	};
}

/* Puts a playlist with `text`; 0, 1 or an error, as camera_put_playlist(). */
static inline int put_wire_playlist(struct camera *c, struct wire_playlist meta,
				    uint8_t flags, const char *text,
				    int64_t now_us)
{
	struct playlist *playlist;
	uint8_t body[256];
	int err;

	meta.gzip_size = gzip_text(body, sizeof(body), text);
	err = playlist_open(&playlist, &meta, flags, body);
	assert(err == 0);
	err = camera_put_playlist(c, &playlist, now_us);
	assert(!playlist == (err >= 0));
	playlist_close(&playlist);
	return err;
}

static inline int put_playlist(struct camera *c, uint32_t first, uint32_t msn,
			       uint32_t part, int64_t now_us)
{
	struct wire_playlist meta =
		part == 2 ? list_of(first, msn, part, msn + 1, 0)
			  : list_of(first, msn, part, msn, part + 1);

	return put_wire_playlist(c, meta, 0, "#EXTM3U\n", now_us);
}

#endif
