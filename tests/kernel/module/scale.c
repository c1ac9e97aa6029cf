// SPDX-License-Identifier: GPL-2.0-only
#include "picodec.h"

struct plane {
	u8 *at;
	u32 width, height, stride, step;
};

/* Plane `n` (Y, Cb, Cr) of a picture at `at`. */
static struct plane plane_of(const struct picodec_format *f, u8 *at, int n)
{
	u32 luma = f->stride * f->height;

	if (n == 0)
		return (struct plane){ at, f->width, f->height, f->stride, 1 };
	if (f->fourcc == V4L2_PIX_FMT_NV12)
		return (struct plane){ at + luma + n - 1, f->width / 2,
				       f->height / 2, f->stride, 2 };
	return (struct plane){ at + luma + (n - 1) * (luma / 4), f->width / 2,
			       f->height / 2, f->stride / 2, 1 };
}

static void scale_plane(const struct picodec_ctx *c, const struct plane *to,
			const struct plane *from)
{
	for (u32 y = 0; y < to->height; y++) {
		u32 ty = c->vflip ? to->height - 1 - y : y;
		u8 *row = to->at + ty * to->stride;
		const u8 *in = from->at +
			       y * from->height / to->height * from->stride;

		for (u32 x = 0; x < to->width; x++) {
			u32 tx = c->hflip ? to->width - 1 - x : x;

			row[tx * to->step] =
				in[x * from->width / to->width * from->step];
		}
	}
}

void picodec_scale(const struct picodec_ctx *c, u8 *to, const u8 *from)
{
	for (int n = 0; n < 3; n++) {
		struct plane a = plane_of(&c->cap, to, n);
		struct plane b = plane_of(&c->out, (u8 *)from, n);

		scale_plane(c, &a, &b);
	}
}
