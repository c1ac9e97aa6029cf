/* SPDX-License-Identifier: MIT */
#include "device/media/parts.h"

#include <errno.h>
#include <stdlib.h>

#define LOG_MODULE "media"
#include "common/clock.h"
#include "common/log.h"
#include "device/media/dates.h"
#include "device/stream/packager.h"

/* How often the handover gets a key frame while it cannot use one. */
#define KEY_AGAIN_90K 90000

struct parts {
	struct handover *handover;
	struct packager *packager;
	struct h264_parameter_sets sets;
	struct cutter cutter;
	struct dates dates;
	struct handover_part part; /* the one that is being made */
	uint32_t init;
	bool waiting; /* for a key frame, before anything can be packaged */
	bool asked;   /* for one that the handover waits for, then: */
	int64_t asked_90k;
	struct parts_counters counters;
};

int parts_open(struct parts **out, const struct cutter_params *params)
{
	struct parts *p = calloc(1, sizeof(*p));

	*out = p;
	if (!p)
		return -ENOMEM;
	p->waiting = true;
	cutter_init(&p->cutter, params);
	return 0;
}

void parts_close(struct parts **parts)
{
	struct parts *p = *parts;

	*parts = NULL;
	if (!p)
		return;
	packager_close(&p->packager);
	free(p);
}

void parts_begin(struct parts *p, struct handover *handover)
{
	p->handover = handover;
}

int64_t parts_clock_offset_us(const struct parts *p)
{
	int64_t offset_us;

	if (handover_clock(p->handover, &offset_us))
		return offset_us;
	return clock_wall_us() - clock_monotonic_us();
}

/*
 * Ends what the cutter says is to end. A part that could not be stored was
 * logged by the handover, which also marks the gap: the camera goes on.
 */
static void cut(struct parts *p, const struct cutter_cut *cut)
{
	const uint8_t *bytes;
	size_t size;

	if (cut->part) {
		p->part.duration_90k = (uint32_t)cut->duration_90k;
		p->part.last = cut->segment;
		if (packager_cut(p->packager, cut->end_90k, &bytes, &size) < 0)
			return;
		handover_put_part(p->handover, &p->part, bytes, size);
		p->counters.parts++;
	} else if (cut->segment) {
		handover_end_segment(p->handover);
	}
}

static void begin_part(struct parts *p, const struct cutter_step *step,
		       int64_t taken_us)
{
	int64_t offset_us = parts_clock_offset_us(p);
	bool jump = step->discontinuity;

	if (!p->dates.set || jump) {
		dates_set(&p->dates, step->dts_90k, taken_us, offset_us);
	} else if (step->segment && dates_are_off(&p->dates, offset_us)) {
		log_info("the clock was set: the stream's dates follow it "
			 "after a discontinuity");
		dates_set(&p->dates, step->dts_90k, taken_us, offset_us);
		jump = true;
	} else if (step->segment) {
		dates_follow(&p->dates, step->dts_90k, offset_us);
	}
	p->part = (struct handover_part){
		.init = p->init,
		.start_us = dates_wall_us(&p->dates, step->dts_90k),
		.segment = step->segment,
		.discontinuity = jump,
		.independent = step->independent,
		.trace = { .captured_us = taken_us,
			   .encoded_us = clock_monotonic_us() },
	};
}

/* New parameter sets: a new init segment, and a muxer that made it. */
static int change_packager(struct parts *p)
{
	const uint8_t *init;
	size_t size;
	int err;

	packager_close(&p->packager);
	err = packager_open(&p->packager, &p->sets);
	if (err < 0)
		return err;
	init = packager_init(p->packager, &size);
	err = handover_put_init(p->handover, init, size, &p->init);
	if (err < 0)
		packager_close(&p->packager); /* so that it is tried again */
	return err;
}

/* The unit is the next of the stream, whose sets are known. */
static int append(struct parts *p, const struct access_unit *unit, bool changed)
{
	int64_t taken_us =
		dates_captured_us(unit->pts_90k, clock_monotonic_us());
	struct cutter_step step = cutter_add(
		&p->cutter, &(struct cutter_frame){
				    .dts_90k = unit->dts_90k,
				    .duration_90k = unit->duration_90k,
				    .key = unit->key,
				    .discontinuity = unit->discontinuity ||
						     p->waiting || changed,
			    });
	int err = 0;

	p->waiting = false;
	cut(p, &step.before);
	if (changed || !p->packager)
		err = change_packager(p);
	if (err < 0)
		return err;
	if (step.part)
		begin_part(p, &step, taken_us);
	p->part.trace.full_us = taken_us;
	err = packager_add(p->packager, unit, step.dts_90k);
	if (err < 0)
		return err;
	p->counters.frames++;
	p->counters.h264_bytes += unit->size;
	cut(p, &step.after);
	return 1;
}

int parts_add(struct parts *p, const struct access_unit *unit)
{
	int changed = h264_collect(&p->sets, unit->bytes, unit->size);

	if (changed < 0) {
		log_error("a parameter set is larger than %d bytes",
			  H264_MAX_PARAMETER_SET);
		return changed;
	}
	if (p->waiting && !(unit->key && p->sets.sps_size && p->sets.pps_size))
		return 0;
	return append(p, unit, changed);
}

void parts_pause(struct parts *p)
{
	struct cutter_cut last = cutter_flush(&p->cutter);

	cut(p, &last);
	p->waiting = true;
}

/* A spool may be full for hours, and parts of key frames alone fill it more. */
static bool handover_lacks_key(struct parts *p, int64_t pts_90k)
{
	if (!handover_wants_key(p->handover)) {
		p->asked = false;
		return false;
	}
	if (p->part.independent ||
	    (p->asked && llabs(pts_90k - p->asked_90k) < KEY_AGAIN_90K))
		return false;
	p->asked = true;
	p->asked_90k = pts_90k;
	return true;
}

bool parts_want_key(struct parts *p, int64_t pts_90k)
{
	/* what follows a discontinuity should begin with a key frame */
	return p->waiting || handover_lacks_key(p, pts_90k) ||
	       cutter_wants_key(&p->cutter) ||
	       cutter_jumps(&p->cutter, pts_90k);
}

const struct h264_parameter_sets *parts_sets(const struct parts *p)
{
	return &p->sets;
}

const struct parts_counters *parts_counters(const struct parts *p)
{
	return &p->counters;
}
