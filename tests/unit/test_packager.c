/* SPDX-License-Identifier: MIT */
#include "device/stream/packager.h"

#include <errno.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "common/log.h"
#include "common/wire.h"
#include "tests/unit/check_main.h"

/* 32 x 32 pixels, High profile, in decoding order I P B P. */
#define START 0, 0, 0, 1
#define SPS                                                                    \
	0x67, 0x64, 0x00, 0x0a, 0xac, 0xec, 0x96, 0xc0, 0x44, 0x00, 0x00,      \
		0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x48,    \
		0x94, 0xe0
#define PPS 0x68, 0xef, 0x83, 0x9c, 0xb0
#define IDR                                                                    \
	0x65, 0x88, 0x84, 0x03, 0xff, 0x53, 0x83, 0xda, 0xdf, 0xe1, 0xcc,      \
		0x2a, 0xc5, 0xf4, 0x82, 0x5f, 0xec, 0xff, 0xd4, 0x71
#define PIC_P1                                                                 \
	0x41, 0x9a, 0x28, 0x63, 0xff, 0xec, 0x38, 0x7f, 0x23, 0x90, 0x35,      \
		0xe4, 0xd7, 0x70
#define PIC_B  0x01, 0x9e, 0x45, 0x12, 0x7f, 0xd5, 0x81
#define PIC_P2 0x41, 0x9a, 0x4c, 0x63, 0xff, 0xeb, 0x61, 0x66, 0x1a, 0x8e
#define AUD    0x09, 0xf0
#define SEI    0x06, 0x05, 0x01, 0xaa, 0x80
#define FILLER 0x0c, 0xff, 0xff, 0x80

static const uint8_t sps[] = { SPS };
static const uint8_t pps[] = { PPS };
static const uint8_t bare_idr[] = { START, IDR };
static const uint8_t full_idr[] = { START, AUD, START, SPS, START, PPS,	  0, 0,
				    1,	   SEI, START, IDR, START, FILLER };
static const uint8_t p1[] = { START, PIC_P1 };
static const uint8_t b[] = { 0, 0, 1, PIC_B };
static const uint8_t p2[] = { START, AUD, START, PIC_P2 };

static struct h264_parameter_sets sets;
static struct packager *packager;

static void setup(void)
{
	av_log_set_level(AV_LOG_ERROR);
	memcpy(sets.sps, sps, sizeof(sps));
	memcpy(sets.pps, pps, sizeof(pps));
	sets.sps_size = sizeof(sps);
	sets.pps_size = sizeof(pps);
	ck_assert_int_eq(packager_open(&packager, &sets), 0);
}

static void teardown(void)
{
	packager_close(&packager);
}

/* --- boxes (ISO/IEC 14496-12, 4.2) ---------------------------------------- */

static uint64_t be(const uint8_t *at, int n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *at++;
	return v;
}

/* Finds a box by its path, "moof/traf/tfdt"; returns its payload or NULL. */
static const uint8_t *box(const uint8_t *at, size_t n, const char *path,
			  size_t *size)
{
	while (n >= 8) {
		size_t whole = (size_t)be(at, 4);

		ck_assert_uint_ge(whole, 8);
		ck_assert_uint_le(whole, n);
		if (!memcmp(at + 4, path, 4)) {
			if (path[4] == '/')
				return box(at + 8, whole - 8, path + 5, size);
			*size = whole - 8;
			return at + 8;
		}
		at += whole;
		n -= whole;
	}
	return NULL;
}

/* The types of the top level, one after the other: "moofmdat". */
static const char *top_boxes(const uint8_t *at, size_t n)
{
	static char out[65];
	size_t used = 0;

	while (n >= 8 && used + 4 < sizeof(out)) {
		size_t whole = (size_t)be(at, 4);

		memcpy(out + used, at + 4, 4);
		used += 4;
		ck_assert_uint_ge(whole, 8);
		ck_assert_uint_le(whole, n);
		at += whole;
		n -= whole;
	}
	out[used] = '\0';
	return out;
}

/* --- a file in memory, and what libavformat reads from it ---------------- */

static struct file {
	uint8_t bytes[1 << 20];
	size_t size, at;
} file;

static struct sample {
	int64_t dts, pts, duration;
	bool key;
	uint8_t bytes[64];
	size_t size;
} samples[256];

static int file_read(void *opaque, uint8_t *out, int n)
{
	struct file *f = opaque;
	size_t rest = f->size - f->at;

	if (!rest)
		return AVERROR_EOF;
	if ((size_t)n > rest)
		n = (int)rest;
	memcpy(out, f->bytes + f->at, (size_t)n);
	f->at += (size_t)n;
	return n;
}

static void file_append(const uint8_t *bytes, size_t size)
{
	ck_assert_uint_le(size, sizeof(file.bytes) - file.size);
	memcpy(file.bytes + file.size, bytes, size);
	file.size += size;
}

/* A new file that begins with the init segment. */
static void file_start(void)
{
	const uint8_t *init;
	size_t size;

	file.size = 0;
	init = packager_init(packager, &size);
	file_append(init, size);
}

static void take_sample(struct sample *s, const AVPacket *packet)
{
	*s = (struct sample){
		.dts = packet->dts,
		.pts = packet->pts,
		.key = packet->flags & AV_PKT_FLAG_KEY,
		.size = (size_t)packet->size,
	};
	memcpy(s->bytes, packet->data,
	       s->size < sizeof(s->bytes) ? s->size : sizeof(s->bytes));
}

static AVFormatContext *file_open(AVIOContext **io)
{
	AVFormatContext *demuxer = avformat_alloc_context();

	file.at = 0;
	*io = avio_alloc_context(av_malloc(4096), 4096, 0, &file, file_read,
				 NULL, NULL);
	demuxer->pb = *io;
	/* What the boxes say, not what a parser makes of the slices. */
	demuxer->flags |= AVFMT_FLAG_NOPARSE;
	ck_assert_int_eq(avformat_open_input(&demuxer, NULL,
					     av_find_input_format("mp4"), NULL),
			 0);
	ck_assert_uint_eq(demuxer->nb_streams, 1);
	ck_assert_int_eq(demuxer->streams[0]->time_base.num, 1);
	ck_assert_int_eq(demuxer->streams[0]->time_base.den, 90000);
	return demuxer;
}

static void file_close(AVFormatContext *demuxer, AVIOContext *io)
{
	avformat_close_input(&demuxer);
	av_freep(&io->buffer);
	avio_context_free(&io);
}

/* The durations, of which the demuxer says nothing (8.8.7, 8.8.8). */
static size_t fragment_durations(const uint8_t *moof, size_t n, size_t first)
{
	size_t size;
	const uint8_t *tfhd = box(moof, n, "traf/tfhd", &size);
	const uint8_t *trun = box(moof, n, "traf/trun", &size);
	uint32_t defaults, flags, count, duration = 0, words;

	ck_assert(tfhd && trun);
	defaults = (uint32_t)be(tfhd + 1, 3);
	ck_assert_uint_eq(defaults & 1, 0); /* offsets count from the moof */
	if (defaults & 8)
		duration = (uint32_t)be(tfhd + 8 + 2 * (defaults & 2), 4);
	flags = (uint32_t)be(trun + 1, 3);
	count = (uint32_t)be(trun + 4, 4);
	words = !!(flags & 0x200) + !!(flags & 0x400) + !!(flags & 0x800);
	trun += 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
	for (uint32_t i = 0; i < count; i++) {
		if (flags & 0x100) {
			duration = (uint32_t)be(trun, 4);
			trun += 4;
		}
		trun += 4 * words;
		samples[first + i].duration = duration;
	}
	return first + count;
}

static size_t file_durations(void)
{
	const uint8_t *at = file.bytes;
	size_t n = 0;

	while (at < file.bytes + file.size) {
		size_t whole = (size_t)be(at, 4);

		if (!memcmp(at + 4, "moof", 4))
			n = fragment_durations(at + 8, whole - 8, n);
		at += whole;
	}
	return n;
}

/* Fills samples[] and returns how many there are. */
static size_t file_samples(void)
{
	AVIOContext *io;
	AVFormatContext *demuxer = file_open(&io);
	AVPacket *packet = av_packet_alloc();
	size_t n = 0;

	while (av_read_frame(demuxer, packet) == 0) {
		ck_assert_uint_lt(n, sizeof(samples) / sizeof(*samples));
		take_sample(&samples[n++], packet);
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
	file_close(demuxer, io);
	ck_assert_uint_eq(file_durations(), n);
	return n;
}

static int pull_pictures(AVCodecContext *decoder, AVFrame *frame, int64_t *pts,
			 int n)
{
	while (avcodec_receive_frame(decoder, frame) == 0) {
		ck_assert_int_eq(frame->decode_error_flags, 0);
		pts[n++] = frame->pts;
	}
	return n;
}

/* Decodes it all and returns how many pictures came, with their pts. */
static int file_pictures(int64_t *pts)
{
	AVIOContext *io;
	AVFormatContext *demuxer = file_open(&io);
	AVCodecContext *decoder =
		avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	int n = 0;

	avcodec_parameters_to_context(decoder, demuxer->streams[0]->codecpar);
	ck_assert_int_eq(avcodec_open2(decoder, NULL, NULL), 0);
	while (av_read_frame(demuxer, packet) == 0) {
		ck_assert_int_eq(avcodec_send_packet(decoder, packet), 0);
		av_packet_unref(packet);
		n = pull_pictures(decoder, frame, pts, n);
	}
	avcodec_send_packet(decoder, NULL);
	n = pull_pictures(decoder, frame, pts, n);
	av_frame_free(&frame);
	av_packet_free(&packet);
	avcodec_free_context(&decoder);
	file_close(demuxer, io);
	return n;
}

/* --- feeding -------------------------------------------------------------- */

static int add(const uint8_t *bytes, size_t size, int64_t dts, int64_t pts,
	       bool key)
{
	struct access_unit unit = {
		.bytes = bytes,
		.size = size,
		.dts_90k = dts,
		.pts_90k = pts,
		.key = key,
	};

	return packager_add(packager, &unit, dts);
}

#define ADD(unit, dts, pts, key)                                               \
	ck_assert_int_eq(add(unit, sizeof(unit), dts, pts, key), 0)

static void cut_to_file(int64_t end)
{
	const uint8_t *bytes;
	size_t size;

	ck_assert_int_eq(packager_cut(packager, end, &bytes, &size), 0);
	ck_assert_str_eq(top_boxes(bytes, size), "moofmdat");
	file_append(bytes, size);
}

static void check_sample(size_t i, int64_t dts, int64_t pts, int64_t duration,
			 bool key)
{
	ck_assert_int_eq(samples[i].dts, dts);
	ck_assert_int_eq(samples[i].pts, pts);
	ck_assert_int_eq(samples[i].duration, duration);
	ck_assert_int_eq(samples[i].key, key);
}

/* --- init ----------------------------------------------------------------- */

START_TEST(the_same_parameter_sets_give_the_same_init)
{
	struct packager *other;
	const uint8_t *a, *o;
	size_t na, no;

	ck_assert_int_eq(packager_open(&other, &sets), 0);
	a = packager_init(packager, &na);
	o = packager_init(other, &no);
	ck_assert_uint_eq(na, no);
	ck_assert_mem_eq(a, o, na);
	packager_close(&other);
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(the_init_is_not_changed_by_parts)
{
	uint8_t before[2048];
	size_t size, after;
	const uint8_t *init = packager_init(packager, &size);

	ck_assert_uint_le(size, sizeof(before));
	memcpy(before, init, size);
	file_start();
	ADD(full_idr, 0, 0, true);
	cut_to_file(3000);
	init = packager_init(packager, &after);
	ck_assert_uint_eq(after, size);
	ck_assert_mem_eq(init, before, size);
}
END_TEST

START_TEST(the_init_holds_the_parameter_sets_and_no_date_or_encoder)
{
	size_t size, n;
	const uint8_t *init = packager_init(packager, &size);
	const uint8_t *at;

	ck_assert_str_eq(top_boxes(init, size), "ftypmoov");
	ck_assert_ptr_nonnull(memmem(init, size, sps, sizeof(sps)));
	ck_assert_ptr_nonnull(memmem(init, size, pps, sizeof(pps)));
	ck_assert_ptr_null(memmem(init, size, "Lavf", 4));
	at = box(init, size, "moov/mvhd", &n);
	ck_assert_ptr_nonnull(at);
	ck_assert_uint_eq(be(at + 4, 8), 0);  /* created, modified */
	ck_assert_uint_eq(be(at + 16, 4), 0); /* duration: live */
	at = box(init, size, "moov/trak/mdia/mdhd", &n);
	ck_assert_ptr_nonnull(at);
	ck_assert_uint_eq(be(at + 12, 4), 90000);
	ck_assert_ptr_null(box(init, size, "moov/trak/edts", &n));
	ck_assert_ptr_nonnull(box(init, size, "moov/mvex/trex", &n));
}
END_TEST

START_TEST(parameter_sets_that_cannot_be_read_are_refused)
{
	struct packager *other = packager;
	struct h264_parameter_sets bad = sets;

	bad.sps_size = 2;
	ck_assert_int_eq(packager_open(&other, &bad), -EINVAL);
	ck_assert_ptr_null(other);
	bad = sets;
	bad.pps_size = 0;
	ck_assert_int_eq(packager_open(&other, &bad), -EINVAL);
	bad = sets;
	bad.sps_size = 0;
	ck_assert_int_eq(packager_open(&other, &bad), -EINVAL);
}
END_TEST

/* --- parts ---------------------------------------------------------------- */

START_TEST(the_pictures_of_three_parts_decode_and_are_shown_in_order)
{
	int64_t pts[8];

	file_start();
	ADD(full_idr, 9000, 12000, true);
	cut_to_file(12000);
	ADD(p1, 12000, 18000, false);
	ADD(b, 15000, 15000, false);
	cut_to_file(18000);
	ADD(p2, 18000, 21000, false);
	cut_to_file(21000);
	ck_assert_int_eq(file_pictures(pts), 4);
	ck_assert_int_eq(pts[0], 12000);
	ck_assert_int_eq(pts[1], 15000);
	ck_assert_int_eq(pts[2], 18000);
	ck_assert_int_eq(pts[3], 21000);
}
END_TEST

START_TEST(parts_in_a_row_are_a_segment_with_every_time_as_it_was_given)
{
	file_start();
	ADD(full_idr, 9000, 12000, true);
	ADD(p1, 12000, 18000, false);
	cut_to_file(15000);
	ADD(b, 15000, 15000, false);
	cut_to_file(18000);
	ADD(p2, 18000, 24000, false);
	ADD(b, 21000, 21000, false);
	cut_to_file(24000);
	ck_assert_uint_eq(file_samples(), 5);
	check_sample(0, 9000, 12000, 3000, true);
	check_sample(1, 12000, 18000, 3000, false);
	check_sample(2, 15000, 15000, 3000, false);
	check_sample(3, 18000, 24000, 3000, false);
	check_sample(4, 21000, 21000, 3000, false);
}
END_TEST

START_TEST(each_part_alone_has_its_place_in_time)
{
	const int64_t day = 24LL * 3600 * 90000;

	for (int64_t i = 0; i < 3; i++) {
		file_start();
		if (i)
			ADD(p1, day + i * 6000, day + i * 6000, false);
		else
			ADD(full_idr, day, day, true);
		ADD(p2, day + i * 6000 + 3000, day + i * 6000 + 3000, false);
		cut_to_file(day + i * 6000 + 6000);
		ck_assert_uint_eq(file_samples(), 2);
		check_sample(0, day + i * 6000, day + i * 6000, 3000, !i);
		check_sample(1, day + i * 6000 + 3000, day + i * 6000 + 3000,
			     3000, false);
	}
}
END_TEST

START_TEST(the_decode_time_of_a_part_is_absolute_and_64_bits_wide)
{
	const int64_t start = 0x123456789aLL;
	const uint8_t *bytes, *tfdt;
	size_t size, n;

	for (int64_t i = 0; i < 2; i++) {
		ADD(p1, start + i * 3000, start + i * 3000, false);
		ck_assert_int_eq(packager_cut(packager, start + i * 3000 + 3000,
					      &bytes, &size),
				 0);
		tfdt = box(bytes, size, "moof/traf/tfdt", &n);
		ck_assert_ptr_nonnull(tfdt);
		ck_assert_uint_eq(n, 12);
		ck_assert_uint_eq(tfdt[0], 1);
		ck_assert_uint_eq(be(tfdt + 4, 8),
				  (uint64_t)(start + i * 3000));
	}
}
END_TEST

/* Durations of a camera that jitters and slows down in the dark. */
static const int64_t jitter[] = { 3000, 2871, 3129, 3000, 2999, 3001, 9000,
				  1,	3000, 6007, 2993, 3000, 90000 };
#define JITTERS (sizeof(jitter) / sizeof(*jitter))

START_TEST(irregular_durations_come_out_exactly)
{
	int64_t dts = 1000;

	file_start();
	for (size_t i = 0; i < JITTERS; i++) {
		ADD(p1, dts, dts + 77, i == 0);
		dts += jitter[i];
		if (i % 3 == 2 || i + 1 == JITTERS)
			cut_to_file(dts);
	}
	ck_assert_uint_eq(file_samples(), JITTERS);
	dts = 1000;
	for (size_t i = 0; i < JITTERS; i++) {
		check_sample(i, dts, dts + 77, jitter[i], i == 0);
		dts += jitter[i];
	}
}
END_TEST

START_TEST(presentation_moves_with_the_decode_time_that_is_set)
{
	struct access_unit unit = {
		.bytes = p1, .size = sizeof(p1), .dts_90k = 500, .pts_90k = 3500
	};

	file_start();
	ck_assert_int_eq(packager_add(packager, &unit, 90000), 0);
	unit.dts_90k = 3500;
	unit.pts_90k = 3500;
	ck_assert_int_eq(packager_add(packager, &unit, 92900), 0);
	cut_to_file(96000);
	ck_assert_uint_eq(file_samples(), 2);
	check_sample(0, 90000, 93000, 2900, false);
	check_sample(1, 92900, 92900, 3100, false);
}
END_TEST

START_TEST(a_part_may_begin_behind_the_end_of_the_one_before)
{
	file_start();
	ADD(full_idr, 0, 0, true);
	cut_to_file(3000);
	ADD(full_idr, 900000, 900000, true);
	cut_to_file(903000);
	ck_assert_uint_eq(file_samples(), 2);
	check_sample(1, 900000, 900000, 3000, true);
}
END_TEST

START_TEST(every_key_picture_is_marked_and_no_other)
{
	file_start();
	ADD(full_idr, 0, 0, true);
	ADD(p1, 3000, 3000, false);
	cut_to_file(6000);
	ADD(p1, 6000, 6000, false);
	ADD(full_idr, 9000, 9000, true);
	cut_to_file(12000);
	ck_assert_uint_eq(file_samples(), 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(samples[i].key, i == 0 || i == 3);
}
END_TEST

START_TEST(a_part_that_is_cut_empty_says_so)
{
	const uint8_t *bytes;
	size_t size;

	ck_assert_int_eq(packager_cut(packager, 3000, &bytes, &size), -ENODATA);
	file_start();
	ADD(full_idr, 0, 0, true);
	cut_to_file(3000);
	ck_assert_int_eq(packager_cut(packager, 6000, &bytes, &size), -ENODATA);
	ADD(p1, 3000, 3000, false);
	cut_to_file(6000);
	ck_assert_uint_eq(file_samples(), 2);
}
END_TEST

/* --- samples -------------------------------------------------------------- */

static void check_payload(const struct sample *s, const uint8_t *expected,
			  size_t size)
{
	ck_assert_uint_eq(s->size, size);
	ck_assert_mem_eq(s->bytes, expected, size);
}

START_TEST(samples_are_length_prefixed_slices_and_sei_and_nothing_else)
{
	static const uint8_t idr_sample[] = {
		0, 0, 0, 5, SEI, 0, 0, 0, 20, IDR
	};
	static const uint8_t b_sample[] = { 0, 0, 0, 7, PIC_B };
	static const uint8_t p_sample[] = { 0, 0, 0, 10, PIC_P2 };

	file_start();
	ADD(full_idr, 0, 0, true);
	ADD(b, 3000, 3000, false);
	ADD(p2, 6000, 6000, false);
	cut_to_file(9000);
	ck_assert_uint_eq(file_samples(), 3);
	check_payload(&samples[0], idr_sample, sizeof(idr_sample));
	check_payload(&samples[1], b_sample, sizeof(b_sample));
	check_payload(&samples[2], p_sample, sizeof(p_sample));
}
END_TEST

START_TEST(parameter_sets_that_the_init_does_not_hold_stay_in_the_stream)
{
	static const uint8_t second_pps[] = { 0x68, 0x6f, 0x83, 0x9c, 0xb0 };
	static const uint8_t unit[] = { START, PPS,  START, 0x68,  0x6f,
					0x83,  0x9c, 0xb0,  START, IDR };

	file_start();
	ADD(unit, 0, 0, true);
	cut_to_file(3000);
	ck_assert_uint_eq(file_samples(), 1);
	ck_assert_uint_eq(samples[0].size, 4 + 5 + 4 + 20);
	ck_assert_mem_eq(samples[0].bytes + 4, second_pps, 5);
}
END_TEST

START_TEST(a_unit_without_a_picture_is_refused_and_the_part_goes_on)
{
	static const uint8_t only_sei[] = { START, AUD, START, SEI };
	static const uint8_t only_sets[] = {
		START, AUD, START, SPS, START, PPS
	};

	file_start();
	ADD(bare_idr, 0, 0, true);
	ck_assert_int_eq(add(only_sets, sizeof(only_sets), 3000, 3000, false),
			 -EINVAL);
	ck_assert_int_eq(add(only_sei, sizeof(only_sei), 3000, 3000, false),
			 -EINVAL);
	ck_assert_int_eq(add(NULL, 0, 3000, 3000, false), -EINVAL);
	ADD(p1, 3000, 3000, false);
	cut_to_file(6000);
	ck_assert_uint_eq(file_samples(), 2);
	check_sample(0, 0, 0, 3000, true);
	check_sample(1, 3000, 3000, 3000, false);
}
END_TEST

/* --- limits --------------------------------------------------------------- */

static uint8_t *big_unit(size_t size)
{
	uint8_t *unit = malloc(size);

	ck_assert_ptr_nonnull(unit);
	memset(unit, 0x55, size);
	memcpy(unit, (const uint8_t[]){ START, 0x41 }, 5);
	return unit;
}

/* The size of a part made of one unit, or an error. */
static int part_of(const uint8_t *unit, size_t unit_size, int64_t dts)
{
	const uint8_t *bytes;
	size_t size;
	int err;

	if ((err = add(unit, unit_size, dts, dts, true)) < 0 ||
	    (err = packager_cut(packager, dts + 3000, &bytes, &size)) < 0)
		return err;
	return (int)size;
}

START_TEST(a_part_as_large_as_the_wire_takes_is_made_and_not_one_byte_more)
{
	const int most = WIRE_MAX_PART;
	uint8_t *unit = big_unit(WIRE_MAX_PART);
	int boxes = part_of(unit, 1000, 0) - 1000;

	log_set_level((enum log_level)0);
	ck_assert_int_gt(boxes, 8);
	ck_assert_int_eq(part_of(unit, (size_t)(most - boxes), 3000), most);
	ck_assert_int_eq(part_of(unit, (size_t)(most - boxes + 1), 6000),
			 -EMSGSIZE);
	free(unit);
}
END_TEST

START_TEST(a_unit_that_no_part_can_hold_is_left_out)
{
	uint8_t *unit = big_unit(WIRE_MAX_PART + 1);

	file_start();
	ADD(bare_idr, 0, 0, true);
	ck_assert_int_eq(add(unit, WIRE_MAX_PART + 1, 3000, 3000, false),
			 -EMSGSIZE);
	ADD(p1, 6000, 6000, false);
	cut_to_file(9000);
	ck_assert_uint_eq(file_samples(), 2);
	check_sample(0, 0, 0, 6000, true);
	check_sample(1, 6000, 6000, 3000, false);
	free(unit);
}
END_TEST

START_TEST(what_was_added_and_never_cut_is_dropped_by_close)
{
	ADD(full_idr, 0, 0, true);
	ADD(p1, 3000, 3000, false);
	packager_close(&packager);
	ck_assert_ptr_null(packager);
	packager_close(&packager);
}
END_TEST

CHECK_MAIN(packager, setup, teardown,
	   the_same_parameter_sets_give_the_same_init,
	   the_init_is_not_changed_by_parts,
	   the_init_holds_the_parameter_sets_and_no_date_or_encoder,
	   parameter_sets_that_cannot_be_read_are_refused,
	   the_pictures_of_three_parts_decode_and_are_shown_in_order,
	   parts_in_a_row_are_a_segment_with_every_time_as_it_was_given,
	   each_part_alone_has_its_place_in_time,
	   the_decode_time_of_a_part_is_absolute_and_64_bits_wide,
	   irregular_durations_come_out_exactly,
	   presentation_moves_with_the_decode_time_that_is_set,
	   a_part_may_begin_behind_the_end_of_the_one_before,
	   every_key_picture_is_marked_and_no_other,
	   a_part_that_is_cut_empty_says_so,
	   samples_are_length_prefixed_slices_and_sei_and_nothing_else,
	   parameter_sets_that_the_init_does_not_hold_stay_in_the_stream,
	   a_unit_without_a_picture_is_refused_and_the_part_goes_on,
	   a_part_as_large_as_the_wire_takes_is_made_and_not_one_byte_more,
	   a_unit_that_no_part_can_hold_is_left_out,
	   what_was_added_and_never_cut_is_dropped_by_close)
