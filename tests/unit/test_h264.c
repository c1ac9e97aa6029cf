/* SPDX-License-Identifier: MIT */
#include "device/stream/h264.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "tests/unit/check_main.h"

/* --- NAL units ----------------------------------------------------------- */

START_TEST(nal_units_are_found_behind_start_codes_of_both_lengths)
{
	static const uint8_t unit[] = { 0, 0, 0,    1, 0x09, 0xf0, 0,
					0, 1, 0x67, 1, 2,    0,	   0,
					0, 1, 0x65, 0, 0,    3,	   1 };
	struct h264_nal nal;
	size_t at = 0;

	ck_assert(h264_next_nal(&nal, unit, sizeof(unit), &at));
	ck_assert_int_eq(nal.type, H264_AUD);
	ck_assert_uint_eq(nal.size, 2);
	ck_assert(h264_next_nal(&nal, unit, sizeof(unit), &at));
	ck_assert_int_eq(nal.type, H264_SPS);
	ck_assert_uint_eq(nal.size, 3);
	ck_assert_ptr_eq(nal.bytes, unit + 9);
	ck_assert(h264_next_nal(&nal, unit, sizeof(unit), &at));
	ck_assert_int_eq(nal.type, H264_IDR);
	ck_assert_uint_eq(nal.size, 5);
	ck_assert(!h264_next_nal(&nal, unit, sizeof(unit), &at));
	ck_assert_uint_eq(at, sizeof(unit));
	ck_assert(!h264_next_nal(&nal, unit, sizeof(unit), &at));
}
END_TEST

START_TEST(trailing_zeros_and_empty_nal_units_are_left_out)
{
	static const uint8_t unit[] = { 0, 0, 1, 0, 0, 1, 0x41, 9,
					0, 0, 0, 0, 0, 1, 0,	0 };
	struct h264_nal nal;
	size_t at = 0;

	ck_assert(h264_next_nal(&nal, unit, sizeof(unit), &at));
	ck_assert_int_eq(nal.type, H264_SLICE);
	ck_assert_uint_eq(nal.size, 2);
	ck_assert(!h264_next_nal(&nal, unit, sizeof(unit), &at));
}
END_TEST

START_TEST(bytes_without_a_start_code_hold_no_nal_unit)
{
	static const uint8_t bytes[] = { 0, 0, 2, 1, 0, 0, 3, 0, 0 };
	struct h264_nal nal;

	for (size_t n = 0; n <= sizeof(bytes); n++) {
		size_t at = 0;

		ck_assert(!h264_next_nal(&nal, bytes, n, &at));
		ck_assert_uint_eq(at, n);
	}
}
END_TEST

/* --- a writer of parameter sets, from clause 7.3 ------------------------- */

struct writer {
	uint8_t bytes[512];
	size_t bits;
};

static void put(struct writer *w, uint64_t value, int n)
{
	while (n--) {
		if (value >> n & 1)
			w->bytes[w->bits / 8] |= 0x80 >> w->bits % 8;
		w->bits++;
	}
}

static void put_ue(struct writer *w, uint64_t value)
{
	int n = 0;

	while ((value + 1) >> (n + 1))
		n++;
	put(w, 0, n);
	put(w, value + 1, n + 1);
}

struct sps_spec {
	int profile, constraints, order_type;
	uint64_t mbs_x, mbs_y, cycle, refs;
	bool fields, crop, matrix;
	uint64_t crops[4];
	bool vui, timing, hrd, restriction;
	uint64_t tick, scale, reorder_frames;
};

static void put_matrix(struct writer *w)
{
	put(w, 1, 1); /* seq_scaling_matrix_present_flag */
	put(w, 1, 1);
	for (int i = 0; i < 16; i++)
		put_ue(w, 2 - i % 2); /* delta -1, 1, -1, ... */
	put(w, 1, 1);
	put_ue(w, 16); /* delta -8: the default list, nothing follows */
	put(w, 0, 3);
	for (int list = 5; list < 7; list++) {
		put(w, 1, 1);
		for (int i = 0; i < (list < 6 ? 16 : 64); i++)
			put_ue(w, 2 - i % 2);
	}
	put(w, 0, 1);
}

static void put_hrd(struct writer *w)
{
	put_ue(w, 1); /* two CPBs */
	put(w, 0x12, 8);
	for (int i = 0; i < 2; i++) {
		put_ue(w, 1000);
		put_ue(w, 2000);
		put(w, 0, 1);
	}
	put(w, 0, 20);
}

static void put_vui(struct writer *w, const struct sps_spec *spec)
{
	put(w, 1, 1);
	put(w, 255, 8); /* Extended_SAR */
	put(w, 0x00010001, 32);
	put(w, 3, 2); /* overscan */
	put(w, 1, 1); /* video signal type */
	put(w, 0xb, 4);
	put(w, 0, 1); /* no colour description */
	put(w, 1, 1); /* chroma location */
	put_ue(w, 0);
	put_ue(w, 0);
	put(w, spec->timing, 1);
	if (spec->timing) {
		put(w, spec->tick, 32);
		put(w, spec->scale, 32);
		put(w, 1, 1);
	}
	put(w, spec->hrd, 1);
	if (spec->hrd)
		put_hrd(w);
	put(w, 0, 1);
	if (spec->hrd)
		put(w, 0, 1);
	put(w, 0, 1); /* pic_struct_present_flag */
	put(w, spec->restriction, 1);
	if (spec->restriction) {
		put(w, 1, 1);
		for (int i = 0; i < 4; i++)
			put_ue(w, i);
		put_ue(w, spec->reorder_frames);
		put_ue(w, 4); /* max_dec_frame_buffering */
	}
}

/* Writes the NAL unit, with emulation prevention, and returns its size. */
static size_t write_sps(uint8_t out[1024], const struct sps_spec *spec)
{
	struct writer w = { 0 };
	size_t n = 0;
	int zeros = 0;

	put(&w, 0x67, 8);
	put(&w, spec->profile, 8);
	put(&w, spec->constraints, 8);
	put(&w, 40, 8);
	put_ue(&w, 0);
	if (spec->profile == 100) {
		put_ue(&w, 1);
		put_ue(&w, 0);
		put_ue(&w, 0);
		put(&w, 0, 1);
		if (spec->matrix)
			put_matrix(&w);
		else
			put(&w, 0, 1);
	}
	put_ue(&w, 4);
	put_ue(&w, spec->order_type);
	if (spec->order_type == 0)
		put_ue(&w, 4);
	if (spec->order_type == 1) {
		put(&w, 0, 1);
		put_ue(&w, 0);
		put_ue(&w, 0);
		put_ue(&w, spec->cycle);
		for (uint64_t i = 0; i < spec->cycle; i++)
			put_ue(&w, 0);
	}
	put_ue(&w, spec->refs);
	put(&w, 0, 1);
	put_ue(&w, spec->mbs_x - 1);
	put_ue(&w, spec->mbs_y - 1);
	put(&w, !spec->fields, 1);
	if (spec->fields)
		put(&w, 0, 1);
	put(&w, 1, 1);
	put(&w, spec->crop, 1);
	for (int i = 0; spec->crop && i < 4; i++)
		put_ue(&w, spec->crops[i]);
	put(&w, spec->vui, 1);
	if (spec->vui)
		put_vui(&w, spec);
	put(&w, 1, 1); /* rbsp_stop_one_bit */
	for (size_t i = 0; i < (w.bits + 7) / 8; i++) {
		if (zeros >= 2 && w.bytes[i] <= 3) {
			out[n++] = 3;
			zeros = 0;
		}
		zeros = w.bytes[i] ? 0 : zeros + 1;
		out[n++] = w.bytes[i];
	}
	return n;
}

static const struct sps_spec plain = {
	.profile = 100, .mbs_x = 40, .mbs_y = 23, .refs = 1
};

static int parse(struct h264_sps *out, const struct sps_spec *spec)
{
	uint8_t nal[1024];
	size_t size = write_sps(nal, spec);

	return h264_parse_sps(out, nal, size);
}

/* --- sequence parameter sets --------------------------------------------- */

START_TEST(parameter_sets_of_a_real_encoder_are_read)
{
	/* x264, High, 1920x1080 at 30000/1001, with B-frames */
	static const uint8_t high[] = { 0x67, 0x64, 0x00, 0x28, 0xac,
					0xd9, 0x40, 0x78, 0x02, 0x27,
					0xe5, 0xc0, 0x44, 0x00, 0x00,
					0x0f, 0xa4, 0x00, 0x03, 0xa9,
					0x80, 0x3c, 0x60, 0xc6, 0x58 };
	/* x264, Constrained Baseline, 640x360 at 30 */
	static const uint8_t base[] = { 0x67, 0x42, 0xc0, 0x1e, 0xda,
					0x02, 0x80, 0xbf, 0xe5, 0xc0,
					0x44, 0x00, 0x00, 0x03, 0x00,
					0x04, 0x00, 0x00, 0x03, 0x00,
					0xf0, 0x3c, 0x58, 0xba, 0x80 };
	/* x264, High, 720x576 at 25, interlaced, HRD, no B-frames */
	static const uint8_t fields[] = {
		0x67, 0x64, 0x00, 0x1e, 0xac, 0xe4, 0x02, 0xd0, 0x93, 0x7f,
		0xe0, 0x08, 0x00, 0x05, 0xa2, 0x00, 0x00, 0x03, 0x00, 0x02,
		0x00, 0x00, 0x03, 0x00, 0x64, 0xc0, 0x80, 0x01, 0xe8, 0x48,
		0x00, 0x3d, 0x09, 0x49, 0x86, 0x01, 0xf1, 0x42, 0xa4, 0x80
	};
	struct h264_sps sps;

	ck_assert_int_eq(h264_parse_sps(&sps, high, sizeof(high)), 0);
	ck_assert_int_eq(sps.profile, 100);
	ck_assert_int_eq(sps.level, 40);
	ck_assert_int_eq(sps.width, 1920);
	ck_assert_int_eq(sps.height, 1080);
	ck_assert_int_eq(sps.fps_num, 30000);
	ck_assert_int_eq(sps.fps_den, 1001);
	ck_assert(sps.reorders);
	ck_assert_int_eq(h264_parse_sps(&sps, base, sizeof(base)), 0);
	ck_assert_int_eq(sps.profile, 66);
	ck_assert_int_eq(sps.width, 640);
	ck_assert_int_eq(sps.height, 360);
	ck_assert_int_eq(sps.fps_num, 30);
	ck_assert_int_eq(sps.fps_den, 1);
	ck_assert(!sps.reorders);
	ck_assert_int_eq(h264_parse_sps(&sps, fields, sizeof(fields)), 0);
	ck_assert_int_eq(sps.width, 720);
	ck_assert_int_eq(sps.height, 576);
	ck_assert_int_eq(sps.fps_num, 25);
	ck_assert_int_eq(sps.fps_den, 1);
	ck_assert(!sps.reorders);
}
END_TEST

START_TEST(no_truncation_of_a_parameter_set_is_taken_for_a_whole_one)
{
	struct sps_spec spec = plain;
	uint8_t nal[1024];
	struct h264_sps sps;
	size_t size;

	spec.matrix = spec.crop = spec.vui = true;
	spec.timing = spec.hrd = spec.restriction = true;
	spec.tick = 1;
	spec.scale = 60;
	size = write_sps(nal, &spec);
	ck_assert_int_eq(h264_parse_sps(&sps, nal, size), 0);
	for (size_t n = 0; n < size - 2; n++) {
		sps = (struct h264_sps){ .width = -1 };
		ck_assert_int_eq(h264_parse_sps(&sps, nal, n), -EINVAL);
		ck_assert_int_eq(sps.width, -1);
	}
}
END_TEST

START_TEST(another_nal_unit_is_no_sps)
{
	uint8_t nal[1024];
	size_t size = write_sps(nal, &plain);
	struct h264_sps sps;

	nal[0] = 0x68;
	ck_assert_int_eq(h264_parse_sps(&sps, nal, size), -EINVAL);
}
END_TEST

START_TEST(the_size_is_that_behind_cropping)
{
	struct sps_spec spec = plain;
	struct h264_sps sps;

	ck_assert_int_eq(parse(&sps, &spec), 0);
	ck_assert_int_eq(sps.width, 640);
	ck_assert_int_eq(sps.height, 368);
	spec.crop = true;
	spec.crops[0] = 1;
	spec.crops[1] = 2;
	spec.crops[3] = 4; /* in units of 2 */
	ck_assert_int_eq(parse(&sps, &spec), 0);
	ck_assert_int_eq(sps.width, 634);
	ck_assert_int_eq(sps.height, 360);
	spec.fields = true; /* map units are 32 lines, crop units 4 */
	ck_assert_int_eq(parse(&sps, &spec), 0);
	ck_assert_int_eq(sps.height, 736 - 16);
}
END_TEST

START_TEST(a_size_that_is_all_cropped_or_beyond_the_standard_is_refused)
{
	struct sps_spec spec = plain;
	struct h264_sps sps;

	spec.crop = true;
	spec.crops[1] = 319;
	ck_assert_int_eq(parse(&sps, &spec), 0);
	ck_assert_int_eq(sps.width, 2);
	spec.crops[1] = 320;
	ck_assert_int_eq(parse(&sps, &spec), -EINVAL);
	spec.crops[1] = UINT32_MAX - 1;
	ck_assert_int_eq(parse(&sps, &spec), -EINVAL);
	spec = plain;
	spec.mbs_x = 1056;
	ck_assert_int_eq(parse(&sps, &spec), 0);
	ck_assert_int_eq(sps.width, 16896);
	spec.mbs_x = 1057;
	ck_assert_int_eq(parse(&sps, &spec), -EINVAL);
	spec = plain;
	spec.mbs_y = 1057;
	ck_assert_int_eq(parse(&sps, &spec), -EINVAL);
}
END_TEST

START_TEST(more_than_sixteen_reference_frames_are_refused)
{
	struct sps_spec spec = plain;
	struct h264_sps sps;

	spec.refs = 16;
	ck_assert_int_eq(parse(&sps, &spec), 0);
	spec.refs = 17;
	ck_assert_int_eq(parse(&sps, &spec), -EINVAL);
}
END_TEST

START_TEST(every_picture_order_count_type_is_read_and_no_other)
{
	struct sps_spec spec = plain;
	struct h264_sps sps;

	for (spec.order_type = 0; spec.order_type < 3; spec.order_type++) {
		ck_assert_int_eq(parse(&sps, &spec), 0);
		ck_assert_int_eq(sps.width, 640);
	}
	ck_assert_int_eq(parse(&sps, &spec), -EINVAL);
	spec.order_type = 1;
	spec.cycle = 255;
	ck_assert_int_eq(parse(&sps, &spec), 0);
	ck_assert_int_eq(sps.width, 640);
	spec.cycle = 256;
	ck_assert_int_eq(parse(&sps, &spec), -EINVAL);
}
END_TEST

START_TEST(scaling_matrices_are_passed_over)
{
	struct sps_spec spec = plain;
	struct h264_sps sps;

	spec.matrix = true;
	ck_assert_int_eq(parse(&sps, &spec), 0);
	ck_assert_int_eq(sps.width, 640);
	ck_assert_int_eq(sps.height, 368);
}
END_TEST

START_TEST(reordering_is_ruled_out_only_by_what_rules_it_out)
{
	static const struct {
		int profile, constraints, order_type;
		bool restriction;
		uint64_t frames;
		bool reorders;
	} rows[] = {
		{ 100, 0, 0, false, 0, true },
		{ 77, 0, 0, false, 0, true },
		{ 66, 0, 0, false, 0, false },
		{ 100, 0, 2, false, 0, false },
		{ 100, 0x10, 0, false, 0, false }, /* all intra */
		{ 77, 0x10, 0, false, 0, true },   /* set3 means nothing here */
		{ 100, 0, 0, true, 0, false },
		{ 100, 0, 0, true, 1, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sps_spec spec = plain;
		struct h264_sps sps;

		spec.profile = rows[i].profile;
		spec.constraints = rows[i].constraints;
		spec.order_type = rows[i].order_type;
		spec.vui = spec.restriction = rows[i].restriction;
		spec.hrd = true;
		spec.reorder_frames = rows[i].frames;
		ck_assert_int_eq(parse(&sps, &spec), 0);
		ck_assert_msg(sps.reorders == rows[i].reorders, "row %zu", i);
	}
}
END_TEST

START_TEST(the_frame_rate_is_half_the_tick_rate_in_lowest_terms)
{
	static const struct {
		uint64_t tick, scale;
		int num, den;
	} rows[] = {
		{ 1, 60, 30, 1 },
		{ 1001, 60000, 30000, 1001 },
		{ 2, 25, 25, 4 },
		{ 0, 60, 0, 0 },
		{ 1, 0, 0, 0 },
		{ 1, 0xffffffff, 0, 0 }, /* 2^32 - 1 over 2 */
		{ 1, 0xfffffffe, INT_MAX, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sps_spec spec = plain;
		struct h264_sps sps;

		spec.vui = spec.timing = true;
		spec.tick = rows[i].tick;
		spec.scale = rows[i].scale;
		ck_assert_int_eq(parse(&sps, &spec), 0);
		ck_assert_msg(sps.fps_num == rows[i].num &&
				      sps.fps_den == rows[i].den,
			      "row %zu: %d/%d", i, sps.fps_num, sps.fps_den);
	}
}
END_TEST

/* --- slices -------------------------------------------------------------- */

START_TEST(a_slice_with_first_macroblock_zero_starts_a_picture)
{
	static const uint8_t first[] = { 0x41, 0x9a }, later[] = { 0x41, 0x4a };

	ck_assert(h264_starts_picture(first, 2));
	ck_assert(!h264_starts_picture(first, 1));
	ck_assert(!h264_starts_picture(first, 0));
	ck_assert(!h264_starts_picture(later, 2));
}
END_TEST

START_TEST(the_slice_type_is_read_modulo_five)
{
	for (int type = 0; type < 11; type++) {
		struct writer w = { 0 };
		int expected = type > 9 ? -1 : type % 5;

		put(&w, 0x41, 8);
		put_ue(&w, 300); /* first_mb_in_slice */
		put_ue(&w, type);
		put(&w, 0xff, 8);
		ck_assert_int_eq(h264_slice_type(w.bytes, w.bits / 8),
				 expected);
		ck_assert_int_eq(h264_slice_type(w.bytes, 3), -1);
		ck_assert_int_eq(h264_slice_type(w.bytes, 1), -1);
		ck_assert_int_eq(h264_slice_type(w.bytes, 0), -1);
	}
}
END_TEST

START_TEST(a_number_has_31_leading_zeros_and_not_one_more)
{
	/* first_mb_in_slice 2^32 - 2, then slice_type 7 */
	static const uint8_t most[] = { 0x41, 0x00, 0x00, 0x03, 0x00, 0x01,
					0xff, 0xff, 0xff, 0xfe, 0x23, 0xfc };
	/* 32 zeros, a one, 32 more bits, slice_type 7 */
	static const uint8_t more[] = { 0x41, 0x00, 0x00, 0x03, 0x00, 0x00,
					0xff, 0xff, 0xff, 0xff, 0x88, 0xff };

	ck_assert_int_eq(h264_slice_type(most, sizeof(most)), 2);
	ck_assert_int_eq(h264_slice_type(more, sizeof(more)), -1);
}
END_TEST

/* --- parameter sets of an access unit ------------------------------------ */

static const uint8_t key_unit[] = { 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1,	0x68,
				    3, 0, 0, 1, 0x65, 4, 0, 0, 1, 0x67, 9 };

START_TEST(a_set_is_taken_once_and_then_only_when_it_changes)
{
	struct h264_parameter_sets sets = { 0 };
	uint8_t unit[sizeof(key_unit)];

	memcpy(unit, key_unit, sizeof(unit));
	ck_assert_int_eq(h264_collect(&sets, unit, sizeof(unit)), 1);
	ck_assert_uint_eq(sets.sps_size, 3);
	ck_assert_mem_eq(sets.sps, "\x67\x01\x02", 3);
	ck_assert_uint_eq(sets.pps_size, 2);
	ck_assert_mem_eq(sets.pps, "\x68\x03", 2);
	ck_assert_int_eq(h264_collect(&sets, unit, sizeof(unit)), 0);
	unit[11] = 5;
	ck_assert_int_eq(h264_collect(&sets, unit, sizeof(unit)), 1);
	ck_assert_int_eq(sets.pps[1], 5);
	unit[6] = 7;
	ck_assert_int_eq(h264_collect(&sets, unit, sizeof(unit)), 1);
	ck_assert_int_eq(sets.sps[2], 7);
}
END_TEST

START_TEST(of_two_sets_the_first_is_taken)
{
	static const uint8_t unit[] = { 0, 0, 1, 0x67, 1, 0, 0, 1, 0x67, 2,
					0, 0, 1, 0x68, 3, 0, 0, 1, 0x68, 4 };
	struct h264_parameter_sets sets = { 0 };

	ck_assert_int_eq(h264_collect(&sets, unit, sizeof(unit)), 1);
	ck_assert_int_eq(sets.sps[1], 1);
	ck_assert_int_eq(sets.pps[1], 3);
}
END_TEST

START_TEST(a_picture_without_sets_leaves_them_alone)
{
	struct h264_parameter_sets sets = { 0 };

	ck_assert_int_eq(h264_collect(&sets, key_unit, sizeof(key_unit)), 1);
	ck_assert_int_eq(h264_collect(&sets, key_unit + 12, 5), 0);
	ck_assert_int_eq(h264_collect(&sets, key_unit, 0), 0);
	ck_assert_uint_eq(sets.sps_size, 3);
	ck_assert_uint_eq(sets.pps_size, 2);
}
END_TEST

START_TEST(a_set_of_the_largest_size_is_taken_and_not_one_byte_more)
{
	static uint8_t unit[4 + H264_MAX_PARAMETER_SET + 1];
	struct h264_parameter_sets sets = { 0 };

	memset(unit, 0x11, sizeof(unit));
	memcpy(unit, "\0\0\1\x67", 4);
	ck_assert_int_eq(h264_collect(&sets, unit, sizeof(unit) - 2), 1);
	ck_assert_uint_eq(sets.sps_size, H264_MAX_PARAMETER_SET);
	unit[3] = 0x68;
	ck_assert_int_eq(h264_collect(&sets, unit, sizeof(unit) - 2), 1);
	ck_assert_uint_eq(sets.pps_size, H264_MAX_PARAMETER_SET);
	unit[10] = 0x22;
	ck_assert_int_eq(h264_collect(&sets, unit, sizeof(unit) - 1),
			 -EMSGSIZE);
	ck_assert_int_eq(sets.pps[7], 0x11);
	unit[3] = 0x67;
	ck_assert_int_eq(h264_collect(&sets, unit, sizeof(unit) - 1),
			 -EMSGSIZE);
	ck_assert_int_eq(sets.sps[7], 0x11);
}
END_TEST

CHECK_MAIN(h264, NULL, NULL,
	   nal_units_are_found_behind_start_codes_of_both_lengths,
	   trailing_zeros_and_empty_nal_units_are_left_out,
	   bytes_without_a_start_code_hold_no_nal_unit,
	   parameter_sets_of_a_real_encoder_are_read,
	   no_truncation_of_a_parameter_set_is_taken_for_a_whole_one,
	   another_nal_unit_is_no_sps, the_size_is_that_behind_cropping,
	   a_size_that_is_all_cropped_or_beyond_the_standard_is_refused,
	   more_than_sixteen_reference_frames_are_refused,
	   every_picture_order_count_type_is_read_and_no_other,
	   scaling_matrices_are_passed_over,
	   reordering_is_ruled_out_only_by_what_rules_it_out,
	   the_frame_rate_is_half_the_tick_rate_in_lowest_terms,
	   a_slice_with_first_macroblock_zero_starts_a_picture,
	   the_slice_type_is_read_modulo_five,
	   a_number_has_31_leading_zeros_and_not_one_more,
	   a_set_is_taken_once_and_then_only_when_it_changes,
	   of_two_sets_the_first_is_taken,
	   a_picture_without_sets_leaves_them_alone,
	   a_set_of_the_largest_size_is_taken_and_not_one_byte_more)
