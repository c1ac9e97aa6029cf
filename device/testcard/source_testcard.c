/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#define LOG_MODULE "testcard"
#include "common/clock.h"
#include "common/log.h"
#include "device/source/source_kinds.h"
#include "device/source/wait.h"
#include "device/testcard/grid.h"
#include "device/testcard/testcard.h"

#define MAX_FPS 240

struct state {
	struct wait wait;
	struct testcard *card;
	struct grid grid;
};

static void close_testcard(void *self)
{
	struct state *s = self;

	testcard_close(&s->card);
	wait_close(&s->wait);
}

static int open_testcard(void *self, const struct source_params *params,
			 struct source_info *info)
{
	struct state *s = self;
	int err;

	s->wait.timer_fd = -1;
	if (params->fps < 1 || params->fps > MAX_FPS) {
		log_error("%d frames a second: a test card has 1 to %d",
			  params->fps, MAX_FPS);
		return -EINVAL;
	}
	err = testcard_open(&s->card, params->width, params->height);
	if (err == -EINVAL)
		log_error("%dx%d: the sides of a test card are even, from "
			  "%dx%d to %dx%d",
			  params->width, params->height, TESTCARD_MIN_WIDTH,
			  TESTCARD_MIN_HEIGHT, TESTCARD_MAX_SIDE,
			  TESTCARD_MAX_SIDE);
	else if (err < 0 || (err = wait_open(&s->wait, params->stop_fd)) < 0)
		log_error("cannot make a test card: %s", strerror(-err));
	if (err < 0)
		return err;
	grid_init(&s->grid, clock_monotonic_us(), params->fps);
	*info = (struct source_info){ .gives = SOURCE_PICTURES,
				      .width = params->width,
				      .height = params->height,
				      .fps_num = params->fps,
				      .fps_den = 1 };
	return 0;
}

static int next_picture(void *self, struct source_item *out, int also_fd)
{
	struct state *s = self;
	int64_t n = grid_next(&s->grid, clock_monotonic_us());
	int err = wait_until(&s->wait, grid_us(&s->grid, n), also_fd);

	if (err < 0)
		return err;
	testcard_draw(s->card, clock_wall_us(),
		      grid_us(&s->grid, n) - s->grid.start_us, &out->picture);
	out->picture.pts_90k = grid_90k(&s->grid, n);
	grid_took(&s->grid, n);
	return 0;
}

const struct source_kind source_testcard = {
	.name = "testcard",
	.size = sizeof(struct state),
	.open = open_testcard,
	.next = next_picture,
	.close = close_testcard,
};
