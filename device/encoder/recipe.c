/* SPDX-License-Identifier: MIT */
#include "device/encoder/recipe.h"

#include <stddef.h>

#include <linux/videodev2.h>

/* The driver knows steps of 25 kbit/s, and rounds by itself. */
#define BITRATE_STEP	 25000
#define PIXELS_PER_BIT	 50
#define CAUTIOUS_BITRATE 10000000

/*
 * ITU-T H.264 table A-1, from the level that the Pi starts with: 4.0 is read
 * by everything. Bitrate: that of Main; High may have a quarter more.
 */
static const struct {
	int32_t level;
	int64_t macroblocks; /* of a picture */
	int64_t per_second;
	int64_t bitrate;
} levels[] = {
	{ V4L2_MPEG_VIDEO_H264_LEVEL_4_0, 8192, 245760, 20000000 },
	{ V4L2_MPEG_VIDEO_H264_LEVEL_4_1, 8192, 245760, 50000000 },
	{ V4L2_MPEG_VIDEO_H264_LEVEL_4_2, 8704, 522240, 50000000 },
	{ V4L2_MPEG_VIDEO_H264_LEVEL_5_0, 22080, 589824, 135000000 },
	{ V4L2_MPEG_VIDEO_H264_LEVEL_5_1, 36864, 983040, 240000000 },
};

#define LEVELS (sizeof(levels) / sizeof(*levels))

int32_t recipe_bitrate(const struct recipe_params *params, int64_t wanted)
{
	int64_t least = (int64_t)params->width * params->height *
			params->fps_num / params->fps_den / PIXELS_PER_BIT;

	if (least < RECIPE_LEAST_BITRATE)
		least = RECIPE_LEAST_BITRATE;
	if (wanted < least)
		wanted = least;
	if (wanted > RECIPE_MOST_BITRATE)
		wanted = RECIPE_MOST_BITRATE;
	return (int32_t)((wanted + BITRATE_STEP - 1) / BITRATE_STEP *
			 BITRATE_STEP);
}

/* The lowest level that has room; beyond all of them: the highest. */
static int32_t find_level(const struct recipe_params *params, int64_t bitrate)
{
	int64_t mbs = (int64_t)((params->width + 15) / 16) *
		      ((params->height + 15) / 16);
	size_t i = 0;

	while (i < LEVELS - 1 &&
	       (mbs > levels[i].macroblocks || bitrate > levels[i].bitrate ||
		mbs * params->fps_num > levels[i].per_second * params->fps_den))
		i++;
	return levels[i].level;
}

static int32_t at_least_4_2(int32_t level)
{
	return level > V4L2_MPEG_VIDEO_H264_LEVEL_4_2
		       ? level
		       : V4L2_MPEG_VIDEO_H264_LEVEL_4_2;
}

bool recipe_rung(struct recipe *out, const struct recipe_params *params,
		 int rung)
{
	*out = (struct recipe){
		.profile = V4L2_MPEG_VIDEO_H264_PROFILE_HIGH,
		.bitrate = recipe_bitrate(params, params->bitrate),
	};
	out->level = find_level(params, out->bitrate);
	if (rung >= 1)
		out->level = at_least_4_2(out->level);
	if (rung >= 2) {
		out->profile =
			V4L2_MPEG_VIDEO_H264_PROFILE_CONSTRAINED_BASELINE;
		if (out->bitrate > CAUTIOUS_BITRATE)
			out->bitrate = CAUTIOUS_BITRATE;
	}
	return rung <= 2;
}
