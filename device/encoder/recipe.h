/* SPDX-License-Identifier: MIT */
/*
 * recipe: what to ask of a hardware H.264 encoder, and what to ask when it
 * refuses. The Pi's firmware checks profile, level, size, rate and bitrate
 * against each other only when it is to start, and then says no more than
 * ESRCH (raspberrypi/linux#3974, #4906, #4938, #4738).
 *
 * Pure; any thread.
 */
#ifndef DEVICE_ENCODER_RECIPE_H
#define DEVICE_ENCODER_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#define RECIPE_LEAST_BITRATE 100000
#define RECIPE_MOST_BITRATE  25000000

struct recipe_params {
	int width, height;
	int fps_num, fps_den;
	int64_t bitrate;
};

/* Values of V4L2's controls. */
struct recipe {
	int32_t profile; /* V4L2_MPEG_VIDEO_H264_PROFILE_... */
	int32_t level;	 /* V4L2_MPEG_VIDEO_H264_LEVEL_... */
	int32_t bitrate;
};

/*
 * What to ask at try number `rung`, from 0. Returns false when nothing is
 * left to be tried.
 */
bool recipe_rung(struct recipe *out, const struct recipe_params *params,
		 int rung);

/*
 * The nearest bitrate that does not make the encoder skip pictures or lock up:
 * below some 0.02 bit per pixel it skips most (rpicam-apps#664, #682).
 */
int32_t recipe_bitrate(const struct recipe_params *params, int64_t wanted);

#endif
