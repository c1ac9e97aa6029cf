/* SPDX-License-Identifier: MIT */
/*
 * V4L2 memory-to-memory hardware. What comes out belongs to what went in by
 * its timestamp and by nothing else (inflight.h); units that nobody can use
 * are left out; where nothing comes out any more, it is started again once,
 * and then given up, for whoever owns it to open anew.
 *
 * It is never drained: a live stream has no end, and a firmware that was
 * drained may not start again (kernel documentation and bcm2835-codec differ).
 */
#include <errno.h>
#include <string.h>

#include <linux/videodev2.h>

#define LOG_MODULE "encoder"
#include "common/clock.h"
#include "common/log.h"
#include "device/encoder/encoder_kinds.h"
#include "device/encoder/inflight.h"
#include "device/encoder/m2m_encoder.h"
#include "device/encoder/m2m_find.h"
#include "device/encoder/m2m_output.h"
#include "device/encoder/m2m_wishes.h"
#include "device/v4l2/v4l2.h"

/* Two restarts within this time: starting again does not help. */
#define RESTART_PAUSE_US 10000000

/* Wake-ups for nothing, until nobody is woken any more before a picture. */
#define MOST_FALSE_ALARMS 10

struct state {
	struct m2m_encoder e;
	struct encoder_params params;
	struct inflight inflight;
	struct m2m_output out;
	int64_t frame_us;
	int false_alarms;
	bool skipping;
	struct m2m_wishes wishes;
	int64_t restart_us; /* when it was started again last; 0: never */
	uint64_t behind;    /* pictures that came while it was full */
};

static void begin(struct state *s)
{
	inflight_init(&s->inflight, clock_monotonic_us());
	m2m_output_begin(&s->out);
}

/* --- opening ------------------------------------------------------------- */

static int open_m2m(void *self, const struct encoder_params *params)
{
	struct state *s = self;
	struct v4l2_node node;
	int err;

	s->e.fd = -1;
	s->params = *params;
	s->frame_us = 1000000LL * params->fps_den / params->fps_num;
	err = m2m_find(&node, params->name);
	if (!err)
		err = m2m_encoder_open(&s->e, &node, params);
	if (err < 0)
		return err;
	begin(s);
	return m2m_output_open(&s->out, &(struct m2m_output_params){
						.queue = &s->e.out,
						.inflight = &s->inflight,
						.wishes = &s->wishes,
					});
}

static void report(const struct state *s)
{
	if (s->inflight.skipped || s->out.garbage || s->out.broken)
		log_info("the hardware skipped %llu pictures, gave %llu units "
			 "that belong to none and %llu broken ones",
			 (unsigned long long)s->inflight.skipped,
			 (unsigned long long)s->out.garbage,
			 (unsigned long long)s->out.broken);
	if (s->behind)
		log_info("%llu pictures came while the hardware was behind, "
			 "and were left out",
			 (unsigned long long)s->behind);
}

static void close_m2m(void *self)
{
	struct state *s = self;

	report(s);
	m2m_encoder_close(&s->e);
	m2m_output_close(&s->out);
}

/* --- what was asked for while it runs ------------------------------------ */

static void ask_for_key(struct state *s, int64_t now_us)
{
	if (s->e.forces_keys && m2m_wishes_take_key(&s->wishes, now_us))
		v4l2_set_control(s->e.fd, V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME,
				 1);
}

static void change_bitrate(struct state *s, int64_t now_us)
{
	int64_t bitrate = m2m_wishes_take_bitrate(&s->wishes, now_us);

	if (!bitrate)
		return;
	s->params.bitrate = bitrate;
	log_debug("bitrate %d",
		  m2m_encoder_set_bitrate(&s->e, s->params.bitrate));
}

static void set_bitrate(void *self, int64_t bits_per_second, int divisor)
{
	struct state *s = self;

	m2m_wishes_bitrate(&s->wishes, bits_per_second, divisor);
}

static int64_t least_bitrate(const void *self)
{
	const struct state *s = self;

	return recipe_bitrate(&s->e.wish, s->wishes.floor);
}

static void request_key(void *self)
{
	((struct state *)self)->wishes.key = true;
}

/* --- pictures in --------------------------------------------------------- */

static int collect(struct state *s)
{
	int err;

	while ((err = m2m_input_collect(&s->e.in)) > 0)
		inflight_returned(&s->inflight, clock_monotonic_us());
	if (err < 0)
		log_error("%s: cannot take a picture back: %s", s->e.node.path,
			  strerror(-err));
	return err;
}

/* It said that it can read the camera's memory, and cannot. */
static int fall_back_to_copies(struct state *s)
{
	struct v4l2_node node = s->e.node;

	log_warn("%s cannot read the camera's memory after all", node.path);
	s->params.from = NULL;
	m2m_encoder_close(&s->e);
	begin(s);
	return m2m_encoder_open(&s->e, &node, &s->params);
}

static int put(struct state *s, const struct picture *picture, int64_t now_us)
{
	int64_t at_us;
	int err;

	if (!m2m_input_has_room(&s->e.in))
		return -EAGAIN;
	at_us = inflight_add(&s->inflight, picture->pts_90k, now_us);
	err = m2m_input_put(&s->e.in, picture, at_us);
	if (err < 0)
		inflight_undo(&s->inflight);
	return err;
}

static int push(void *self, const struct picture *picture)
{
	struct state *s = self;
	int64_t now_us = clock_monotonic_us();
	int err = collect(s);

	if (err < 0)
		return err;
	s->false_alarms = 0;
	inflight_offer(&s->inflight, s->frame_us, now_us);
	change_bitrate(s, now_us);
	ask_for_key(s, now_us);
	err = put(s, picture, now_us);
	if (err == -EFAULT && s->e.in.way == M2M_IMPORT) {
		err = fall_back_to_copies(s);
		if (!err)
			err = put(s, picture, now_us);
	}
	if (err == -EAGAIN)
		s->behind++;
	else if (err < 0)
		log_error("%s: cannot give it a picture: %s", s->e.node.path,
			  strerror(-err));
	return err;
}

/* --- when nothing comes -------------------------------------------------- */

static int restart(struct state *s, int64_t now_us)
{
	bool again = s->restart_us && now_us - s->restart_us < RESTART_PAUSE_US;
	int err;

	log_warn("%s hangs with %u pictures inside; %s", s->e.node.path,
		 s->e.in.queue.queued,
		 again ? "opening it again" : "starting it again");
	if (again)
		return -ETIMEDOUT;
	err = m2m_encoder_restart(&s->e);
	begin(s);
	s->restart_us = now_us;
	s->wishes.key = true;
	return err;
}

/* Skipped pictures are no hang: they want more bits or fewer pixels. */
static void say_skipping(struct state *s, bool skipping)
{
	if (skipping && !s->skipping) {
		log_warn("%s skips all pictures: the bitrate of %d is too low "
			 "for them",
			 s->e.node.path, s->e.recipe.bitrate);
		m2m_wishes_more(&s->wishes, s->e.recipe.bitrate);
	}
	s->skipping = skipping;
}

static int watch(struct state *s)
{
	int64_t now_us = clock_monotonic_us();
	enum inflight_state state =
		inflight_judge(&s->inflight, s->e.in.queue.queued, s->e.in.most,
			       s->frame_us, now_us);
	int err;

	if (state == INFLIGHT_HUNG) {
		err = restart(s, now_us);
		if (err < 0)
			return err;
	}
	say_skipping(s, state == INFLIGHT_SKIPPING);
	s->false_alarms++;
	return -EAGAIN;
}

static int pull(void *self, struct access_unit *out)
{
	struct state *s = self;
	int err = collect(s);

	if (err < 0)
		return err;
	err = m2m_output_take(&s->out, out);
	if (err < 0)
		log_error("%s: cannot take H.264 from it: %s", s->e.node.path,
			  strerror(-err));
	if (err > 0)
		return 0;
	return err < 0 ? err : watch(s);
}

/*
 * A node with nothing to work on is readable at once, as an error (kernel
 * function v4l2_m2m_poll_for_data()); ours always has H.264 buffers. Should it
 * still be readable for nothing, it is left alone until the next picture.
 */
static int fd(const void *self)
{
	const struct state *s = self;

	return s->false_alarms < MOST_FALSE_ALARMS ? s->e.fd : -1;
}

const struct encoder_kind encoder_m2m = {
	.name = "v4l2",
	.size = sizeof(struct state),
	.keys_at_once = false,
	.formats = m2m_find_formats,
	.open = open_m2m,
	.push = push,
	.pull = pull,
	.fd = fd,
	.set_bitrate = set_bitrate,
	.least_bitrate = least_bitrate,
	.request_key = request_key,
	.close = close_m2m,
};
