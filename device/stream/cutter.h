/* SPDX-License-Identifier: MIT */
/*
 * cutter: decides where parts and segments end, so that the rules of LL-HLS
 * hold for a real camera's timestamps, which jitter, and whose rate drops in
 * the dark (draft-pantos-hls-rfc8216bis 4.4.3.7, 4.4.4.9):
 *
 *   - no part is longer than PART-TARGET;
 *   - a part is at least 85 % of it, unless it begins with an IDR picture or
 *     is the last of its segment;
 *   - no segment is longer than EXT-X-TARGETDURATION; where key frames are
 *     further apart than that, segments are cut without one;
 *   - a part that holds an IDR picture begins with it.
 *
 * At any rate above 1/PART-TARGET this is done by moving the start of a part
 * against its first frame's own time, by less than one frame, and only where
 * the rate does not divide the part well; at a steady rate that does, every
 * timestamp stays as it came. A gap longer than PART-TARGET cannot be told
 * without breaking the rules: it is a discontinuity.
 *
 * Pure; time is in the frames. Media thread.
 */
#ifndef DEVICE_STREAM_CUTTER_H
#define DEVICE_STREAM_CUTTER_H

#include <stdbool.h>
#include <stdint.h>

struct cutter_params {
	int64_t part_target_90k; /* PART-TARGET */
	int64_t segment_90k;	 /* wanted; ends at a key frame where it can */
	int64_t target_90k;	 /* EXT-X-TARGETDURATION; >= segment_90k */
	int64_t frame_90k;	 /* nominal interval, until one was seen */
	/*
	 * The frame after cutter_wants_key() became true is a key frame: the
	 * last part of a segment is then known when it ends, not one frame
	 * later.
	 */
	bool keys_at_once;
	/*
	 * It is asked for by then, and comes a frame or more later, whatever
	 * the rhythm so far: a camera in the dark changes that.
	 */
	bool keys_asked;
};

struct cutter_frame {
	int64_t dts_90k;
	int64_t duration_90k; /* 0: not known */
	bool key;
	bool discontinuity; /* its time does not go on from the one before */
};

/* The end of a part. */
struct cutter_cut {
	bool part;    /* a part ends here, at end_90k */
	bool segment; /* and with it its segment */
	int64_t end_90k;
	int64_t duration_90k; /* of the part */
};

/* What to do with one frame, in this order. */
struct cutter_step {
	struct cutter_cut before; /* end the open part first */
	bool segment;		  /* the frame begins a segment */
	bool discontinuity;	  /* which follows a discontinuity */
	bool part;		  /* the frame begins a part */
	bool independent;	  /* and is an IDR picture */
	int64_t dts_90k;	  /* where the frame starts */
	struct cutter_cut after;  /* end the part behind it */
};

struct cutter {
	struct cutter_params params;
	bool started; /* a frame has come since the last flush */
	bool part_open;
	bool segment_open;
	bool independent;    /* the open part begins with an IDR picture */
	int64_t offset_90k;  /* own time to stream time, after a step back */
	int64_t own_90k;     /* the frame before: its own time, with offset */
	int64_t dts_90k;     /* the frame before: where it was put */
	int64_t end_90k;     /* of the part before: where the next starts */
	int64_t part_90k;    /* start of the open part */
	int64_t segment_90k; /* start of the open segment */
	int64_t key_90k;     /* the newest key frame; -1: none yet */
	int64_t gop_90k;     /* between the two newest key frames; 0 */
	unsigned int since_key;	 /* frames since the newest key frame, it too */
	unsigned int gop_frames; /* the same between the two newest; 0 */
	int64_t recent_90k[3];	 /* frame intervals, for a median */
	unsigned int intervals;
};

void cutter_init(struct cutter *c, const struct cutter_params *params);

struct cutter_step cutter_add(struct cutter *c,
			      const struct cutter_frame *frame);

/* Ends what is open: the stream pauses here, the next frame follows a jump. */
struct cutter_cut cutter_flush(struct cutter *c);

/* Whether the next frame should be a key frame. */
bool cutter_wants_key(const struct cutter *c);

/* Whether a frame at this time (as it comes) would make a discontinuity. */
bool cutter_jumps(const struct cutter *c, int64_t dts_90k);

/*
 * The PART-TARGET for `part_ms` long parts: a whole number of frames at `fps`
 * (num/den; 0/0 unknown) with 5 % to spare for jitter, rounded up to a
 * millisecond, and never shorter than one frame at `min_fps`.
 */
int cutter_part_target_ms(int part_ms, int fps_num, int fps_den, int min_fps);

#endif
