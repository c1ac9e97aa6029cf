/* SPDX-License-Identifier: MIT */
#include "device/stream/packager.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#define LOG_MODULE "packager"
#include "common/log.h"
#include "common/wire.h"

#define TIMESCALE  90000
#define AVIO_SIZE  (16 << 10)
#define MAX_UNIT   WIRE_MAX_PART /* a part holds at least one unit */
#define NAL_FILLER 12		 /* means nothing to a decoder */
#define START_CODE 4

/* Grows by doubling up to what its filler allows, and is kept for reuse. */
struct bytes {
	uint8_t *at;
	size_t size, capacity;
};

struct packager {
	AVFormatContext *muxer;
	AVIOContext *io;
	AVPacket *packet;
	struct h264_parameter_sets sets;
	struct bytes init;
	struct bytes part; /* what the muxer has written since the last cut */
	struct bytes held; /* the last unit, until its duration is known */
	int64_t held_dts, held_pts;
	int64_t end_90k; /* of the last part */
	bool held_key, holding;
	bool part_open; /* the muxer has a unit of the part being made */
	bool header_done;
};

static int bytes_append(struct bytes *b, const uint8_t *from, size_t n,
			size_t max)
{
	if (n > max - b->size)
		return -EMSGSIZE;
	if (b->size + n > b->capacity) {
		size_t capacity = b->capacity ? b->capacity : 4096;
		uint8_t *at;

		while (capacity < b->size + n)
			capacity *= 2;
		at = realloc(b->at, capacity);
		if (!at)
			return -ENOMEM;
		b->at = at;
		b->capacity = capacity;
	}
	memcpy(b->at + b->size, from, n);
	b->size += n;
	return 0;
}

/* Logs what libavformat could not do; 0 or an errno. */
static int check(const char *what, int averr)
{
	if (averr >= 0)
		return 0;
	log_error("cannot %s: %s", what, av_err2str(averr));
	return averr < -4095 ? -EIO : averr; /* its own codes are far below */
}

/* FFmpeg 7.0 made the bytes const. */
#if LIBAVFORMAT_VERSION_MAJOR >= 61
static int collect(void *opaque, const uint8_t *bytes, int n)
#else
static int collect(void *opaque, uint8_t *bytes, int n)
#endif
{
	struct packager *p = opaque;
	struct bytes *to = p->header_done ? &p->part : &p->init;
	size_t max = p->header_done ? WIRE_MAX_PART : WIRE_MAX_INIT;
	int err = bytes_append(to, bytes, (size_t)n, max);

	return err < 0 ? err : n;
}

static int append_nal(struct bytes *b, const uint8_t *nal, size_t size,
		      size_t max)
{
	static const uint8_t start_code[START_CODE] = { 0, 0, 0, 1 };
	int err = bytes_append(b, start_code, sizeof(start_code), max);

	return err < 0 ? err : bytes_append(b, nal, size, max);
}

/*
 * The muxer makes avcC from Annex B extradata, with the fields that profiles
 * from High on need, and then length-prefixes each packet itself.
 */
static int set_extradata(struct packager *p, AVCodecParameters *par)
{
	struct bytes annexb = { 0 };
	const size_t max = 2 * (H264_MAX_PARAMETER_SET + START_CODE);
	int err;

	if ((err = append_nal(&annexb, p->sets.sps, p->sets.sps_size, max)) <
		    0 ||
	    (err = append_nal(&annexb, p->sets.pps, p->sets.pps_size, max)) < 0)
		goto done;
	par->extradata = av_mallocz(annexb.size + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!par->extradata) {
		err = -ENOMEM;
		goto done;
	}
	memcpy(par->extradata, annexb.at, annexb.size);
	par->extradata_size = (int)annexb.size;
done:
	free(annexb.at);
	return err;
}

static int add_stream(struct packager *p)
{
	AVStream *stream = avformat_new_stream(p->muxer, NULL);
	struct h264_sps sps;
	int err;

	if (!stream)
		return -ENOMEM;
	if (!p->sets.pps_size)
		return -EINVAL;
	err = h264_parse_sps(&sps, p->sets.sps, p->sets.sps_size);
	if (err < 0)
		return err;
	stream->time_base = (AVRational){ 1, TIMESCALE };
	stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
	stream->codecpar->codec_id = AV_CODEC_ID_H264;
	stream->codecpar->profile = sps.profile;
	stream->codecpar->level = sps.level;
	stream->codecpar->width = sps.width;
	stream->codecpar->height = sps.height;
	return set_extradata(p, stream->codecpar);
}

static int open_muxer(struct packager *p)
{
	int err = check(
		"make an mp4 muxer",
		avformat_alloc_output_context2(&p->muxer, NULL, "mp4", NULL));
	uint8_t *buffer;

	if (err < 0)
		return err;
	buffer = av_malloc(AVIO_SIZE);
	if (!buffer)
		return -ENOMEM;
	p->io = avio_alloc_context(buffer, AVIO_SIZE, 1, p, NULL, collect,
				   NULL);
	if (!p->io) {
		av_free(buffer);
		return -ENOMEM;
	}
	p->packet = av_packet_alloc();
	if (!p->packet)
		return -ENOMEM;
	p->muxer->pb = p->io;
	/* The same settings give the same init: no encoder, no date. */
	p->muxer->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
	p->muxer->flags &= ~AVFMT_FLAG_AUTO_BSF;
	p->muxer->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
	return 0;
}

static int set_flag(struct packager *p, const char *flag)
{
	return check("set up the muxer",
		     av_opt_set(p->muxer->priv_data, "movflags", flag, 0));
}

/* Brings what the muxer has written to collect(), whose error it keeps. */
static int flush_io(struct packager *p)
{
	avio_flush(p->io);
	return check("store what the muxer writes", p->io->error);
}

/*
 * frag_custom: a fragment ends where we say; skip_trailer: nothing is kept of
 * past fragments, which would grow for ever.
 *
 * "cmaf" also gives composition offsets a sign, and then decode times move by
 * the reorder delay. libavformat's own reader (ffplay, mpv) answers to the
 * first negative offset by moving presentation from there on, in the midst of
 * a stream: that is taken back, and every time stays as it was given.
 */
static int write_header(struct packager *p)
{
	AVDictionary *options = NULL;
	int err;

	av_dict_set(&options, "movflags", "cmaf+frag_custom+skip_trailer", 0);
	av_dict_set(&options, "use_editlist", "0", 0);
	av_dict_set(&options, "video_track_timescale", "90000", 0);
	err = check("write the init segment",
		    avformat_write_header(p->muxer, &options));
	av_dict_free(&options);
	if (err < 0 || (err = set_flag(p, "-negative_cts_offsets")) < 0 ||
	    (err = flush_io(p)) < 0)
		return err;
	p->header_done = true;
	return 0;
}

int packager_open(struct packager **out, const struct h264_parameter_sets *sets)
{
	struct packager *p = calloc(1, sizeof(*p));
	int err;

	*out = NULL;
	if (!p)
		return -ENOMEM;
	p->sets = *sets;
	p->end_90k = INT64_MIN;
	if ((err = open_muxer(p)) < 0 || (err = add_stream(p)) < 0 ||
	    (err = write_header(p)) < 0)
		goto fail;
	*out = p;
	return 0;

fail:
	packager_close(&p);
	return err;
}

const uint8_t *packager_init(const struct packager *p, size_t *size)
{
	*size = p->init.size;
	return p->init.at;
}

/*
 * The muxer counts a part's tfdt on from the end of the one before, whatever
 * the dts is, unless it is told that time jumps.
 */
static int start_part(struct packager *p)
{
	p->part_open = true;
	return p->held_dts == p->end_90k ? 0 : set_flag(p, "+frag_discont");
}

/* Gives the unit that was held back to the muxer, now that its end is known. */
static int write_held(struct packager *p, int64_t end_90k)
{
	AVPacket *packet = p->packet;
	int err = p->part_open ? 0 : start_part(p);

	if (err < 0)
		return err;
	assert(end_90k > p->held_dts);
	packet->data = p->held.at;
	packet->size = (int)p->held.size;
	packet->dts = p->held_dts;
	packet->pts = p->held_pts;
	packet->duration = end_90k - p->held_dts;
	packet->flags = p->held_key ? AV_PKT_FLAG_KEY : 0;
	packet->stream_index = 0;
	p->holding = false;
	/* Not being counted, the bytes are borrowed, not copied. */
	return check("add a picture", av_write_frame(p->muxer, packet));
}

/*
 * Parameter sets other than those in the init (a stream may use several) stay
 * where they are, or their pictures could not be decoded.
 */
static bool superfluous(const struct packager *p, const struct h264_nal *nal)
{
	const struct h264_parameter_sets *sets = &p->sets;

	switch (nal->type) {
	case H264_AUD:
	case NAL_FILLER:
		return true;
	case H264_SPS:
		return nal->size == sets->sps_size &&
		       !memcmp(nal->bytes, sets->sps, nal->size);
	case H264_PPS:
		return nal->size == sets->pps_size &&
		       !memcmp(nal->bytes, sets->pps, nal->size);
	default:
		return nal->size == 0;
	}
}

static int hold(struct packager *p, const struct access_unit *unit,
		int64_t dts_90k)
{
	struct h264_nal nal;
	bool picture = false;
	size_t at = 0;

	p->held.size = 0;
	while (h264_next_nal(&nal, unit->bytes, unit->size, &at)) {
		int err;

		if (superfluous(p, &nal))
			continue;
		err = append_nal(&p->held, nal.bytes, nal.size, MAX_UNIT);
		if (err < 0)
			return err;
		picture |= nal.type >= H264_SLICE && nal.type <= H264_IDR;
	}
	if (!picture)
		return -EINVAL;
	p->held_dts = dts_90k;
	p->held_pts = unit->pts_90k + (dts_90k - unit->dts_90k);
	p->held_key = unit->key;
	p->holding = true;
	return 0;
}

int packager_add(struct packager *p, const struct access_unit *unit,
		 int64_t dts_90k)
{
	int err = p->holding ? write_held(p, dts_90k) : 0;

	return err < 0 ? err : hold(p, unit, dts_90k);
}

int packager_cut(struct packager *p, int64_t end_90k, const uint8_t **bytes,
		 size_t *size)
{
	int err;

	if (!p->holding)
		return -ENODATA;
	p->part.size = 0;
	err = write_held(p, end_90k);
	if (err < 0)
		return err;
	p->part_open = false;
	p->end_90k = end_90k;
	if ((err = check("end a part", av_write_frame(p->muxer, NULL))) < 0 ||
	    (err = flush_io(p)) < 0)
		return err;
	*bytes = p->part.at;
	*size = p->part.size;
	return 0;
}

void packager_close(struct packager **packager)
{
	struct packager *p = *packager;

	*packager = NULL;
	if (!p)
		return;
	avformat_free_context(p->muxer);
	if (p->io)
		av_freep(&p->io->buffer);
	avio_context_free(&p->io);
	av_packet_free(&p->packet);
	free(p->init.at);
	free(p->part.at);
	free(p->held.at);
	free(p);
}
