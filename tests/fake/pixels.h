/* SPDX-License-Identifier: MIT */
/*
 * pixels: raw pictures in video buffers, scaled and converted by libswscale.
 * Any thread, one at a time for each converter.
 */
#ifndef TESTS_FAKE_PIXELS_H
#define TESTS_FAKE_PIXELS_H

#include <stdint.h>

#include "tests/fake/format.h"

struct SwsContext;

/* A picture that lies somewhere, as libav sees it. */
struct pixels {
	int format; /* enum AVPixelFormat */
	int width, height;
	uint8_t *plane[4];
	int stride[4];
};

/* Of a buffer that holds `image`; -ENOTSUP: not a raw picture. */
int pixels_from_image(struct pixels *out, const struct image *image,
		      uint8_t *at);

/*
 * Writes `from` into `to`, over its whole size. *context is made and kept
 * for the next call; sws_freeContext() is the caller's, by pixels_finish().
 */
int pixels_convert(struct SwsContext **context, const struct pixels *from,
		   const struct pixels *to);
void pixels_finish(struct SwsContext **context);

#endif
