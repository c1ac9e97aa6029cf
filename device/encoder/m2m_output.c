/* SPDX-License-Identifier: MIT */
#include "device/encoder/m2m_output.h"

#include <errno.h>
#include <stdlib.h>

#include <linux/videodev2.h>

#include "common/clock.h"
#include "device/encoder/m2m_unit.h"

int m2m_output_open(struct m2m_output *o,
		    const struct m2m_output_params *params)
{
	*o = (struct m2m_output){
		.params = *params,
		.joined_size =
			params->queue->slot[0].length + 2 * M2M_UNIT_SET_ROOM,
	};
	o->joined = malloc(o->joined_size);
	if (!o->joined)
		return -ENOMEM;
	m2m_output_begin(o);
	return 0;
}

void m2m_output_close(struct m2m_output *o)
{
	free(o->joined);
	o->joined = NULL;
}

void m2m_output_begin(struct m2m_output *o)
{
	o->lent = -1;
	o->waiting_key = true;
}

static void lose(struct m2m_output *o)
{
	o->broken++;
	o->waiting_key = true;
	o->params.wishes->key = true;
}

/* A key frame without its sets gets those that came before. */
static int join_sets(struct m2m_output *o, struct access_unit *unit)
{
	size_t n = m2m_unit_join(o->joined, o->joined_size, &o->sets,
				 unit->bytes, unit->size);

	if (!n)
		return 0;
	unit->bytes = o->joined;
	unit->size = n;
	return 1;
}

/* Fills *out with what was done, and returns 1; 0: nobody can use it. */
static int consider(struct m2m_output *o, const struct v4l2_done *done,
		    struct access_unit *out)
{
	const struct v4l2_slot *slot = &o->params.queue->slot[done->index];
	const uint8_t *bytes = slot->at + done->offset;
	enum m2m_unit_type type = m2m_unit_type(bytes, done->size);
	int64_t now_us = clock_monotonic_us(), pts_90k;
	bool whole = !(done->flags & V4L2_BUF_FLAG_ERROR) &&
		     done->offset + done->size < slot->length;

	if (type == M2M_UNIT_SETS && whole)
		h264_collect(&o->sets, bytes, done->size);
	if (type == M2M_UNIT_EMPTY || type == M2M_UNIT_SETS)
		return 0;
	if (!inflight_match(o->params.inflight, done->at_us, &pts_90k,
			    now_us)) {
		o->garbage++;
		return 0;
	}
	if (!whole) {
		lose(o);
		return 0;
	}
	*out = (struct access_unit){ .bytes = bytes,
				     .size = done->size,
				     .dts_90k = pts_90k,
				     .pts_90k = pts_90k,
				     .key = type != M2M_UNIT_PICTURE };
	if (type == M2M_UNIT_KEY_WITH_SETS)
		h264_collect(&o->sets, bytes, done->size);
	if (type == M2M_UNIT_KEY && !join_sets(o, out))
		return 0;
	if (o->waiting_key && !out->key)
		return 0;
	o->waiting_key = false;
	if (out->key)
		o->params.wishes->key = false;
	return 1;
}

static int give_back_lent(struct m2m_output *o)
{
	int lent = o->lent;

	o->lent = -1;
	return lent < 0 ? 0
			: v4l2_queue_put(o->params.queue, (unsigned int)lent, 0,
					 0);
}

int m2m_output_take(struct m2m_output *o, struct access_unit *out)
{
	struct v4l2_done done;
	int err = give_back_lent(o);

	while (!err) {
		err = v4l2_queue_take(o->params.queue, &done);
		if (err < 0)
			break;
		o->lent = (int)done.index;
		if (consider(o, &done, out))
			return 1;
		err = give_back_lent(o);
	}
	return err == -EAGAIN ? 0 : err;
}
