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
#include <stdlib.h>
#include <string.h>

#include <linux/videodev2.h>

#define LOG_MODULE "encoder"
#include "common/clock.h"
#include "common/log.h"
#include "device/encoder/encoder_kinds.h"
#include "device/encoder/inflight.h"
#include "device/encoder/m2m_encoder.h"
#include "device/encoder/m2m_unit.h"
#include "device/encoder/m2m_wishes.h"
#include "device/stream/h264.h"
#include "device/v4l2/raw.h"
#include "device/v4l2/v4l2.h"
#include "device/v4l2/v4l2_probe.h"

/* Two restarts within this time: starting again does not help. */
#define RESTART_PAUSE_US 10000000

/* Wake-ups for nothing, until nobody is woken any more before a picture. */
#define MOST_FALSE_ALARMS 10

struct state {
	struct m2m_encoder e;
	struct encoder_params params;
	struct inflight inflight;
	struct h264_parameter_sets sets;
	int64_t frame_us;
	int lent; /* of e.out, with whoever pulled; -1: none */
	int false_alarms;
	bool waiting_key; /* units before it refer to what was lost */
	bool skipping;
	struct m2m_wishes wishes;
	int64_t restart_us; /* when it was started again last; 0: never */
	uint64_t garbage, broken;
	uint64_t behind; /* pictures that came while it was full */
	uint8_t *joined; /* parameter sets and the unit behind them */
	size_t joined_size;
};

static void begin(struct state *s)
{
	inflight_init(&s->inflight, clock_monotonic_us());
	s->lent = -1;
	s->waiting_key = true;
}

/* --- opening ------------------------------------------------------------- */

static const char *wish_of(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon ? colon + 1 : "";
}

static int find(struct v4l2_node *node, const char *name)
{
	const char *wish = wish_of(name);
	int err = v4l2_find(node, V4L2_ENCODER, wish, NULL);

	if (!err)
		return 0;
	if (!strcmp(name, "auto"))
		log_info("there is no hardware encoder: the processor encodes");
	else
		log_error("no hardware encoder%s%s: %s; `oriel-cam check` "
			  "lists what there is, --encoder auto takes what "
			  "works",
			  *wish ? " at " : "", wish, strerror(-err));
	return err;
}

static unsigned int formats(const char *name)
{
	static const enum picture_format all[] = { PICTURE_I420, PICTURE_NV12,
						   PICTURE_YUYV };
	const char *wish = wish_of(name);
	struct v4l2_node node;
	unsigned int bits = 0;

	if (v4l2_find(&node, V4L2_ENCODER, wish, NULL) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (v4l2_has_format(&node.output, raw_fourcc(all[i])))
			bits |= 1u << all[i];
	}
	return bits;
}

static int open_m2m(void *self, const struct encoder_params *params)
{
	struct state *s = self;
	struct v4l2_node node;
	int err;

	s->e.fd = -1;
	s->params = *params;
	s->frame_us = 1000000LL * params->fps_den / params->fps_num;
	err = find(&node, params->name);
	if (!err)
		err = m2m_encoder_open(&s->e, &node, params);
	if (err < 0)
		return err;
	s->joined_size = s->e.out.slot[0].length + 2 * M2M_UNIT_SET_ROOM;
	s->joined = malloc(s->joined_size);
	if (!s->joined)
		return -ENOMEM;
	begin(s);
	return 0;
}

static void report(const struct state *s)
{
	if (s->inflight.skipped || s->garbage || s->broken)
		log_info("the hardware skipped %llu pictures, gave %llu units "
			 "that belong to none and %llu broken ones",
			 (unsigned long long)s->inflight.skipped,
			 (unsigned long long)s->garbage,
			 (unsigned long long)s->broken);
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
	free(s->joined);
	s->joined = NULL;
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

/* --- access units out ---------------------------------------------------- */

static void lose(struct state *s)
{
	s->broken++;
	s->waiting_key = true;
	s->wishes.key = true;
}

/* A key frame without its sets gets those that came before. */
static int join_sets(struct state *s, struct access_unit *unit)
{
	size_t n = m2m_unit_join(s->joined, s->joined_size, &s->sets,
				 unit->bytes, unit->size);

	if (!n)
		return 0;
	unit->bytes = s->joined;
	unit->size = n;
	return 1;
}

/* Fills *out with what was done, and returns 1; 0: nobody can use it. */
static int consider(struct state *s, const struct v4l2_done *done,
		    struct access_unit *out)
{
	const struct v4l2_slot *slot = &s->e.out.slot[done->index];
	const uint8_t *bytes = slot->at + done->offset;
	enum m2m_unit_type type = m2m_unit_type(bytes, done->size);
	int64_t now_us = clock_monotonic_us(), pts_90k;
	bool whole = !(done->flags & V4L2_BUF_FLAG_ERROR) &&
		     done->offset + done->size < slot->length;

	if (type == M2M_UNIT_SETS && whole)
		h264_collect(&s->sets, bytes, done->size);
	if (type == M2M_UNIT_EMPTY || type == M2M_UNIT_SETS)
		return 0;
	if (!inflight_match(&s->inflight, done->at_us, &pts_90k, now_us)) {
		s->garbage++;
		return 0;
	}
	if (!whole) {
		lose(s);
		return 0;
	}
	*out = (struct access_unit){ .bytes = bytes,
				     .size = done->size,
				     .dts_90k = pts_90k,
				     .pts_90k = pts_90k,
				     .key = type != M2M_UNIT_PICTURE };
	if (type == M2M_UNIT_KEY_WITH_SETS)
		h264_collect(&s->sets, bytes, done->size);
	if (type == M2M_UNIT_KEY && !join_sets(s, out))
		return 0;
	if (s->waiting_key && !out->key)
		return 0;
	s->waiting_key = false;
	if (out->key)
		s->wishes.key = false;
	return 1;
}

static int give_back_lent(struct state *s)
{
	int lent = s->lent;

	s->lent = -1;
	return lent < 0 ? 0
			: v4l2_queue_put(&s->e.out, (unsigned int)lent, 0, 0);
}

/* Takes units until one can be used: 1; 0: there is none. */
static int take(struct state *s, struct access_unit *out)
{
	struct v4l2_done done;
	int err = give_back_lent(s);

	while (!err) {
		err = v4l2_queue_take(&s->e.out, &done);
		if (err < 0)
			break;
		s->lent = (int)done.index;
		if (consider(s, &done, out))
			return 1;
		err = give_back_lent(s);
	}
	return err == -EAGAIN ? 0 : err;
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
	err = take(s, out);
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
	.formats = formats,
	.open = open_m2m,
	.push = push,
	.pull = pull,
	.fd = fd,
	.set_bitrate = set_bitrate,
	.least_bitrate = least_bitrate,
	.request_key = request_key,
	.close = close_m2m,
};
