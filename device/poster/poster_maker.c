/* SPDX-License-Identifier: MIT */
#include "device/poster/poster_maker.h"

#include <string.h>

#define LOG_MODULE "poster"
#include "common/log.h"
#include "device/poster/poster_jpeg.h"

bool poster_maker_is_due(struct poster_maker *m, int64_t now_us)
{
	if (!m->poster)
		return false;
	if (!m->begun) {
		m->begun = true;
		m->next_us = now_us + POSTER_FIRST_US;
	}
	return now_us >= m->next_us;
}

/* `size` as from poster_jpeg_*(). */
static void put(struct poster_maker *m, const uint8_t *bytes, int size,
		int64_t now_us, int64_t wall_us)
{
	m->next_us = now_us + m->interval_us;
	if (size < 0 && !m->failed)
		log_warn("cannot make a poster of the picture: %s",
			 strerror(-size));
	m->failed = size < 0;
	if (size > 0)
		poster_put(m->poster, bytes, (size_t)size, wall_us);
}

void poster_maker_show(struct poster_maker *m, const struct picture *picture,
		       int64_t now_us, int64_t wall_us)
{
	uint8_t bytes[POSTER_MAX_BYTES];
	int size =
		poster_jpeg_of_picture(bytes, sizeof(bytes), picture, m->width);

	put(m, bytes, size, now_us, wall_us);
}

void poster_maker_show_key(struct poster_maker *m,
			   const struct h264_parameter_sets *sets,
			   const struct access_unit *unit, int64_t now_us,
			   int64_t wall_us)
{
	uint8_t bytes[POSTER_MAX_BYTES];
	int size =
		poster_jpeg_of_key(bytes, sizeof(bytes), sets, unit, m->width);

	put(m, bytes, size, now_us, wall_us);
}
