/* SPDX-License-Identifier: MIT */
/*
 * format: pixel formats, and how their lines are padded by the several
 * kernels of the Pi.
 *
 * Pure; any thread.
 */
#ifndef TESTS_FAKE_FORMAT_H
#define TESTS_FAKE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/videodev2.h>

/* Whose rules bcm2835-codec follows: they changed twice. */
enum kernel { KERNEL_2019, KERNEL_5_15, KERNEL_6_6 };

struct format {
	uint32_t fourcc;
	const char *description;
	int bits;    /* of a pixel, in the first line's plane; 0: compressed */
	bool planar; /* a chroma plane of half the luma's bytes follows */
};

/* What a queue carries, without regard to single- or multi-planar. */
struct image {
	uint32_t fourcc, width, height, bytesperline, sizeimage;
	uint32_t field, colorspace, ycbcr, quantization, transfer;
};

/* NULL: not known here. */
const struct format *format_find(uint32_t fourcc);
/* From "NV12"; 0: not known here. */
uint32_t format_from_text(const char *text);

/* The multiple that bcm2835-codec's encoder and ISP round lines up to. */
uint32_t format_alignment(const struct format *format, enum kernel kernel);

/*
 * Sets line and size of a raw image from its width and height: lines are at
 * least what is asked for in it, and a multiple of `alignment`.
 */
void image_lay_out(struct image *image, uint32_t alignment);

bool image_is_raw(const struct image *image);

void image_from_v4l2(struct image *image, const struct v4l2_format *format);
void image_to_v4l2(const struct image *image, struct v4l2_format *format);

#endif
