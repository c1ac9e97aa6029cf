/* SPDX-License-Identifier: MIT */
#include "device/camera/camera_mode.h"

#include <stdlib.h>

#include <linux/videodev2.h>

#include "device/v4l2/raw.h"

enum { COST_H264, COST_RAW, COST_PACKED, COST_CONVERTED, COST_MJPEG, UNUSABLE };

static bool is_mjpeg(uint32_t fourcc)
{
	return fourcc == V4L2_PIX_FMT_MJPEG || fourcc == V4L2_PIX_FMT_JPEG;
}

static int cost(uint32_t fourcc, unsigned int formats)
{
	enum picture_format format;

	if (fourcc == V4L2_PIX_FMT_H264)
		return COST_H264;
	if (is_mjpeg(fourcc))
		return COST_MJPEG;
	if (!raw_format(fourcc, &format))
		return UNUSABLE;
	if (!(formats & 1u << format))
		return COST_CONVERTED;
	return format == PICTURE_YUYV ? COST_PACKED : COST_RAW;
}

bool camera_mode_usable(uint32_t fourcc)
{
	return cost(fourcc, 0) != UNUSABLE;
}

/* --- sizes --------------------------------------------------------------- */

enum { SIZE_EXACT, SIZE_SCALED, SIZE_OTHER };

static int fit(const struct camera_mode *mode, const struct camera_wish *wish)
{
	bool chosen = wish->capture_width && wish->capture_height;
	int width = chosen ? wish->capture_width : wish->width;
	int height = chosen ? wish->capture_height : wish->height;

	if (mode->width == width && mode->height == height)
		return SIZE_EXACT;
	/* coded pictures stay as they are; nothing is made wider than it is */
	if (mode->fourcc == V4L2_PIX_FMT_H264 || mode->width < width ||
	    mode->height < height ||
	    (int64_t)mode->width * height != (int64_t)mode->height * width)
		return SIZE_OTHER;
	return SIZE_SCALED;
}

static int64_t distance(const struct camera_mode *mode,
			const struct camera_wish *wish)
{
	int64_t area = (int64_t)mode->width * mode->height;
	int64_t wanted = (int64_t)wish->width * wish->height;

	if (wish->capture_width)
		wanted = (int64_t)wish->capture_width * wish->capture_height;
	return area > wanted ? area - wanted : wanted - area;
}

/* Whether it is much too slow; a tenth is how much cameras differ anyway. */
static bool is_slow(const struct camera_mode *mode,
		    const struct camera_wish *wish)
{
	return mode->milli_fps && mode->milli_fps < wish->fps * 900;
}

/* Below 0: a is better; by the first of these in which they differ. */
static int64_t compare(const struct camera_mode *a, const struct camera_mode *b,
		       const struct camera_wish *wish)
{
	const int64_t differences[] = {
		fit(a, wish) - fit(b, wish),
		is_slow(a, wish) - is_slow(b, wish),
		is_slow(a, wish) ? b->milli_fps - a->milli_fps : 0,
		distance(a, wish) - distance(b, wish),
		cost(a->fourcc, wish->formats) - cost(b->fourcc, wish->formats),
	};

	for (size_t i = 0; i < sizeof(differences) / sizeof(*differences); i++)
		if (differences[i])
			return differences[i];
	return 0;
}

int camera_mode_choose(const struct camera_mode *modes, int count,
		       const struct camera_wish *wish)
{
	int best = -1;

	for (int i = 0; i < count; i++) {
		const struct camera_mode *mode = &modes[i];

		if (!camera_mode_usable(mode->fourcc) || mode->width % 2 ||
		    mode->height % 2)
			continue;
		if (best < 0 || compare(mode, &modes[best], wish) < 0)
			best = i;
	}
	return best;
}

void camera_mode_stream(const struct camera_mode *mode,
			const struct camera_wish *wish, int *width, int *height)
{
	bool chosen = wish->capture_width && wish->capture_height;
	int f = fit(mode, wish);

	*width = mode->width;
	*height = mode->height;
	if (mode->fourcc == V4L2_PIX_FMT_H264 || mode->width < wish->width ||
	    mode->height < wish->height)
		return;
	if (f == SIZE_SCALED || (f == SIZE_EXACT && chosen)) {
		*width = wish->width;
		*height = wish->height;
	}
}
