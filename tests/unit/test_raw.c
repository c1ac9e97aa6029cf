/* SPDX-License-Identifier: MIT */
#include "device/v4l2/raw.h"

#include <stdlib.h>
#include <string.h>

#include <linux/videodev2.h>

#include "tests/unit/check_main.h"

static struct v4l2_layout layout(uint32_t fourcc, uint32_t stride,
				 uint32_t size)
{
	return (struct v4l2_layout){ .fourcc = fourcc,
				     .width = 6,
				     .height = 4,
				     .stride = stride,
				     .size = size };
}

START_TEST(formats_have_v4l2_names)
{
	enum picture_format format;

	ck_assert_uint_eq(raw_fourcc(PICTURE_I420), V4L2_PIX_FMT_YUV420);
	ck_assert_uint_eq(raw_fourcc(PICTURE_NV12), V4L2_PIX_FMT_NV12);
	ck_assert_uint_eq(raw_fourcc(PICTURE_YUYV), V4L2_PIX_FMT_YUYV);
	for (int i = PICTURE_I420; i <= PICTURE_YUYV; i++) {
		ck_assert(raw_format(raw_fourcc(i), &format));
		ck_assert_int_eq(format, i);
	}
	ck_assert(!raw_format(V4L2_PIX_FMT_H264, &format));
}
END_TEST

START_TEST(planes_lie_behind_each_other_with_the_stride)
{
	static const uint8_t at[1];
	struct v4l2_layout l = layout(V4L2_PIX_FMT_YUV420, 8, 48);
	struct picture p;

	raw_lay(&p, at, &l);
	ck_assert_ptr_eq(p.plane[0], at);
	ck_assert_int_eq(p.plane[1] - at, 32);
	ck_assert_int_eq(p.plane[2] - at, 40);
	ck_assert_int_eq(p.stride[0], 8);
	ck_assert_int_eq(p.stride[1], 4);
	ck_assert_int_eq(p.stride[2], 4);
	l.fourcc = V4L2_PIX_FMT_NV12;
	raw_lay(&p, at, &l);
	ck_assert_int_eq(p.plane[1] - at, 32);
	ck_assert_int_eq(p.stride[1], 8);
	ck_assert_ptr_null(p.plane[2]);
	ck_assert_int_eq(p.width, 6);
	ck_assert_int_eq(p.height, 4);
	ck_assert_uint_eq(raw_size(PICTURE_I420, 8, 4), 48);
	ck_assert_uint_eq(raw_size(PICTURE_NV12, 8, 4), 48);
	ck_assert_uint_eq(raw_size(PICTURE_YUYV, 16, 4), 64);
}
END_TEST

START_TEST(a_layout_that_cannot_hold_its_picture_is_refused)
{
	const struct v4l2_layout good = layout(V4L2_PIX_FMT_NV12, 8, 48);
	struct v4l2_layout bad[] = { good, good, good, good, good,
				     good, good, good, good };

	struct v4l2_layout large = { .fourcc = V4L2_PIX_FMT_YUYV,
				     .width = 16384,
				     .height = 16384,
				     .stride = 65536,
				     .size = 1u << 30 };

	ck_assert(raw_is_possible(&good));
	ck_assert(raw_is_possible(&large));
	large.width += 2;
	ck_assert(!raw_is_possible(&large));
	large.width = 16384;
	large.stride += 2;
	large.size = UINT32_MAX;
	ck_assert(!raw_is_possible(&large));
	large.stride = 40000;
	large.height += 2;
	ck_assert(!raw_is_possible(&large));
	bad[0].fourcc = V4L2_PIX_FMT_H264;
	bad[1].stride = 5;
	bad[2].size = 47;
	bad[3].width = 5;
	bad[4].height = 3;
	bad[5].width = 0;
	bad[6].height = -2;
	bad[7].width = 16386;
	bad[8].stride = 65538;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!raw_is_possible(&bad[i]), "row %zu", i);
	bad[1].stride = 6;
	ck_assert(raw_is_possible(&bad[1]));
	bad[0] = layout(V4L2_PIX_FMT_YUYV, 12, 48);
	ck_assert(raw_is_possible(&bad[0]));
	bad[0].stride = 10;
	ck_assert(!raw_is_possible(&bad[0]));
}
END_TEST

/* A picture whose every byte tells its plane, line and column. */
static uint8_t byte_at(int plane, int line, int column)
{
	return (uint8_t)(100 * plane + 10 * line + column);
}

static void fill(uint8_t *at, const struct v4l2_layout *l)
{
	struct picture p;

	raw_lay(&p, at, l);
	memset(at, 0xff, l->size);
	for (int i = 0; i < 3 && p.plane[i]; i++) {
		int width = i && l->fourcc == V4L2_PIX_FMT_YUV420 ? 3 : 6;
		int lines = i ? 2 : 4;

		if (l->fourcc == V4L2_PIX_FMT_YUYV)
			width = 12;
		for (int y = 0; y < lines; y++)
			for (int x = 0; x < width; x++)
				at[p.plane[i] - at + y * p.stride[i] + x] =
					byte_at(i, y, x);
	}
}

START_TEST(a_copy_is_the_picture_and_not_a_byte_more)
{
	static const uint32_t all[] = { V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_NV12,
					V4L2_PIX_FMT_YUYV };

	for (size_t i = 0; i < 3; i++) {
		uint32_t lines = all[i] == V4L2_PIX_FMT_YUYV ? 4 : 6;
		struct v4l2_layout wide = layout(all[i], 32, 32 * lines);
		struct v4l2_layout tight = layout(all[i], 12, 12 * lines);
		/* exactly as long, for AddressSanitizer to see */
		uint8_t *from = malloc(wide.size), *to = malloc(tight.size);
		uint8_t *expected = malloc(tight.size);
		struct picture p;

		fill(from, &wide);
		fill(expected, &tight);
		memset(to, 0xff, tight.size);
		raw_lay(&p, from, &wide);
		raw_copy(to, &tight, &p);
		ck_assert_mem_eq(to, expected, tight.size);
		/* and with equal strides, in one piece */
		raw_lay(&p, expected, &tight);
		memset(to, 0xff, tight.size);
		raw_copy(to, &tight, &p);
		ck_assert_mem_eq(to, expected, tight.size);
		free(from);
		free(to);
		free(expected);
	}
}
END_TEST

CHECK_MAIN(raw, NULL, NULL, formats_have_v4l2_names,
	   planes_lie_behind_each_other_with_the_stride,
	   a_layout_that_cannot_hold_its_picture_is_refused,
	   a_copy_is_the_picture_and_not_a_byte_more)
