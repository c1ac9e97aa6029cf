/* SPDX-License-Identifier: MIT */
#include "device/source/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/bsf.h>

#define LOG_MODULE "source"
#include "common/log.h"
#include "device/source/avlog.h"
#include "device/source/decoder.h"
#include "device/source/input.h"
#include "device/source/reorder.h"
#include "device/stream/h264.h"

#define MEDIA_TICKS	  ((AVRational){ 1, 90000 })
#define DEFAULT_FRAME_90K 3600 /* where nothing tells the rate */

struct reader {
	struct input input;
	AVBSFContext *filter;	 /* from lengths to start codes, or NULL */
	struct decoder *decoder; /* NULL: passed through */
	AVPacket *packets[2];	 /* used in turn */
	int turn;
	bool drained;	   /* the decoder was told that there is no more */
	bool keyed;	   /* an IDR picture was there */
	bool begun;	   /* first_90k holds */
	int64_t first_90k; /* time of the first packet, given or not */
	bool started;	   /* last_90k holds */
	int64_t last_90k;  /* time of the item before */
	int64_t frame_90k; /* the nominal frame; 0: not known */
	bool reorders;	   /* decode times are made by `reorder` */
	struct reorder reorder;
};

const struct source_info *reader_info(const struct reader *r)
{
	return &r->input.info;
}

bool reader_is_live(const struct reader *r)
{
	return r->input.live;
}

const char *reader_name(const struct reader *r)
{
	return r->input.name;
}

int64_t reader_arrival_90k(const struct reader *r, int64_t at_90k)
{
	return r->input.opened_us * 9 / 100 + at_90k - r->first_90k;
}

const char *reader_damage(const struct reader *r)
{
	return r->input.damage;
}

/* --- opening ------------------------------------------------------------- */

static int open_filter(struct reader *r)
{
	const AVBitStreamFilter *kind = av_bsf_get_by_name("h264_mp4toannexb");
	const AVStream *stream = r->input.stream;
	int err = kind ? av_bsf_alloc(kind, &r->filter) : AVERROR_BSF_NOT_FOUND;

	if (err < 0)
		return err;
	err = avcodec_parameters_copy(r->filter->par_in, stream->codecpar);
	if (err < 0)
		return err;
	r->filter->time_base_in = stream->time_base;
	return av_bsf_init(r->filter);
}

static int open_codec(struct reader *r)
{
	const AVStream *stream = r->input.stream;
	int err = 0;

	if (!r->input.passes)
		err = decoder_open(&r->decoder, stream->codecpar,
				   stream->time_base, r->input.live);
	else if (input_is_avcc(&r->input))
		err = open_filter(r);
	if (err < 0)
		return input_fail(&r->input,
				  "cannot decode it (convert it to H.264)",
				  err);
	return 0;
}

int reader_open(struct reader **out, const struct source_params *params)
{
	struct reader *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	*out = NULL;
	if (!r)
		return err;
	avlog_route();
	r->packets[0] = av_packet_alloc();
	r->packets[1] = av_packet_alloc();
	if (!r->packets[0] || !r->packets[1] ||
	    (err = input_open(&r->input, params)) < 0 ||
	    (err = open_codec(r)) < 0)
		goto fail;
	if (r->input.info.fps_num)
		r->frame_90k = av_rescale(90000, r->input.info.fps_den,
					  r->input.info.fps_num);
	*out = r;
	return 0;

fail:
	reader_close(&r);
	return err;
}

void reader_close(struct reader **reader)
{
	struct reader *r = *reader;

	*reader = NULL;
	if (!r)
		return;
	decoder_close(&r->decoder);
	av_bsf_free(&r->filter);
	av_packet_free(&r->packets[0]);
	av_packet_free(&r->packets[1]);
	input_close(&r->input);
	free(r);
}

/* --- times --------------------------------------------------------------- */

static int64_t to_90k(const struct reader *r, int64_t at)
{
	return av_rescale_q(at, r->input.stream->time_base, MEDIA_TICKS);
}

/* Where the file does not tell: one frame behind the item before. */
static int64_t count_on(const struct reader *r)
{
	if (!r->started)
		return 0;
	return r->last_90k + (r->frame_90k ? r->frame_90k : DEFAULT_FRAME_90K);
}

/*
 * The nominal duration where the file just rounds it (Matroska has
 * milliseconds), so that nothing is lost when it starts again.
 */
static int64_t duration_of(const struct reader *r, const AVPacket *packet)
{
	int64_t tick = to_90k(r, 1), duration = to_90k(r, packet->duration);

	if (r->frame_90k && llabs(duration - r->frame_90k) <= tick)
		return r->frame_90k;
	return duration;
}

/*
 * A unit's decode time. Where the container has none for the first (Matroska
 * with B-frames) all are made here: what libavformat guesses for the later
 * ones leaves no room for the pictures that are shown before them.
 */
static int64_t decode_time(struct reader *r, const AVPacket *packet)
{
	int64_t frame = r->frame_90k ? r->frame_90k : DEFAULT_FRAME_90K;
	int64_t pts;

	if (packet->pts == AV_NOPTS_VALUE)
		return packet->dts == AV_NOPTS_VALUE ? count_on(r)
						     : to_90k(r, packet->dts);
	pts = to_90k(r, packet->pts);
	if (!r->started && packet->dts == AV_NOPTS_VALUE) {
		r->reorders = true;
		reorder_init(&r->reorder,
			     r->input.stream->codecpar->video_delay, pts,
			     frame);
	}
	if (r->reorders)
		return reorder_add(&r->reorder, pts);
	return packet->dts == AV_NOPTS_VALUE ? count_on(r)
					     : to_90k(r, packet->dts);
}

static void set_times(struct reader *r, const AVPacket *packet,
		      struct reader_item *out)
{
	int64_t dts = decode_time(r, packet), pts = dts;

	if (packet->pts != AV_NOPTS_VALUE)
		pts = to_90k(r, packet->pts);
	r->started = true;
	r->last_90k = dts;
	out->duration_90k = duration_of(r, packet);
	out->unit.dts_90k = dts;
	out->unit.pts_90k = pts > dts ? pts : dts;
}

static int read_packet(struct reader *r, AVPacket *packet)
{
	int err = input_read(&r->input, packet);
	int64_t at = packet->dts == AV_NOPTS_VALUE ? packet->pts : packet->dts;

	if (!err && !r->begun && at != AV_NOPTS_VALUE) {
		r->begun = true;
		r->first_90k = to_90k(r, at);
	}
	return err;
}

/* --- access units -------------------------------------------------------- */

/* The filter gives one packet for each, at once. */
static int to_annexb(struct reader *r, AVPacket *packet)
{
	int err = av_bsf_send_packet(r->filter, packet);

	return err < 0 ? err : av_bsf_receive_packet(r->filter, packet);
}

/* Puts parameter sets that came apart (RTSP) in front of the picture. */
static int prepend_sets(const struct reader *r, AVPacket *packet)
{
	const AVCodecParameters *p = r->input.stream->codecpar;
	size_t sets = (size_t)p->extradata_size, size = (size_t)packet->size;
	int err;

	if (!sets)
		return 0;
	err = av_grow_packet(packet, p->extradata_size);
	if (err < 0)
		return err;
	memmove(packet->data + sets, packet->data, size);
	memcpy(packet->data, p->extradata, sets);
	return 0;
}

/* What there is to know of a unit's NAL units. */
struct content {
	bool key, b, has_sps;
};

static struct content look_into(const AVPacket *packet)
{
	struct content c = { 0 };
	struct h264_nal nal;
	size_t at = 0;

	while (h264_next_nal(&nal, packet->data, (size_t)packet->size, &at)) {
		c.has_sps |= nal.type == H264_SPS;
		if (nal.type != H264_SLICE && nal.type != H264_IDR)
			continue;
		c.key = nal.type == H264_IDR;
		c.b = h264_slice_type(nal.bytes, nal.size) == 1;
		break; /* its other slices are alike */
	}
	return c;
}

/* Without timestamps, pictures are shown in the order in which they come. */
static int refuse_b_frames(const struct reader *r)
{
	log_error("%s has B-frames, and no timestamps to order them; put it "
		  "into MP4 first",
		  r->input.name);
	return -EINVAL;
}

/* Returns 0, 1 when the packet gives nothing, or an error. */
static int make_unit(struct reader *r, AVPacket *packet,
		     struct reader_item *out)
{
	bool timed =
		packet->pts != AV_NOPTS_VALUE || packet->dts != AV_NOPTS_VALUE;
	struct content content;
	int err = 0;

	if (r->filter && to_annexb(r, packet) < 0) {
		r->input.damage = "a picture in it cannot be read";
		return 1;
	}
	content = look_into(packet);
	if (!content.key && !r->keyed)
		return 1; /* it refers to what never came */
	r->keyed = true;
	if (!timed && (content.b || r->input.stream->codecpar->video_delay > 0))
		return refuse_b_frames(r);
	if (content.key && !content.has_sps)
		err = prepend_sets(r, packet);
	if (err < 0)
		return err;
	set_times(r, packet, out);
	out->unit.bytes = packet->data;
	out->unit.size = (size_t)packet->size;
	out->unit.key = content.key;
	return 0;
}

static int next_unit(struct reader *r, struct reader_item *out)
{
	AVPacket *packet = r->packets[r->turn ^= 1];
	int err;

	do {
		err = read_packet(r, packet);
		if (!err)
			err = make_unit(r, packet, out);
	} while (err > 0);
	return err;
}

/* --- pictures ------------------------------------------------------------ */

static int feed_decoder(struct reader *r)
{
	AVPacket *packet = r->packets[0];
	int err = read_packet(r, packet);

	if (err && err != -ENODATA)
		return err;
	r->drained = err == -ENODATA;
	err = decoder_push(r->decoder, r->drained ? NULL : packet);
	return err < 0 ? input_fail(&r->input, "cannot decode it", err) : 0;
}

static int next_picture(struct reader *r, struct reader_item *out)
{
	struct picture *picture = &out->picture;
	int err;

	while ((err = decoder_pull(r->decoder, picture)) == AVERROR(EAGAIN)) {
		if ((err = feed_decoder(r)) < 0)
			return err;
	}
	if (err == AVERROR_EOF)
		return -ENODATA;
	if (err < 0)
		return input_fail(&r->input, "cannot decode it", err);
	if (picture->pts_90k == AV_NOPTS_VALUE)
		picture->pts_90k = count_on(r);
	r->started = true;
	r->last_90k = picture->pts_90k;
	out->duration_90k = r->frame_90k;
	return 0;
}

int reader_next(struct reader *r, struct reader_item *out)
{
	*out = (struct reader_item){ 0 };
	return r->decoder ? next_picture(r, out) : next_unit(r, out);
}
