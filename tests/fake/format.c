/* SPDX-License-Identifier: MIT */
#include "tests/fake/format.h"

#include <stddef.h>
#include <string.h>

static const struct format formats[] = {
	{ V4L2_PIX_FMT_YUV420, "Planar YUV 4:2:0", 8, true },
	{ V4L2_PIX_FMT_YVU420, "Planar YVU 4:2:0", 8, true },
	{ V4L2_PIX_FMT_NV12, "Y/UV 4:2:0", 8, true },
	{ V4L2_PIX_FMT_NV21, "Y/VU 4:2:0", 8, true },
	{ V4L2_PIX_FMT_RGB565, "16-bit RGB 5-6-5", 16, false },
	{ V4L2_PIX_FMT_RGB24, "24-bit RGB 8-8-8", 24, false },
	{ V4L2_PIX_FMT_BGR24, "24-bit BGR 8-8-8", 24, false },
	{ V4L2_PIX_FMT_XBGR32, "32-bit BGRX 8-8-8-8", 32, false },
	{ V4L2_PIX_FMT_YUYV, "YUYV 4:2:2", 16, false },
	{ V4L2_PIX_FMT_YVYU, "YVYU 4:2:2", 16, false },
	{ V4L2_PIX_FMT_UYVY, "UYVY 4:2:2", 16, false },
	{ V4L2_PIX_FMT_SBGGR10P, "10-bit Bayer BGBG/GRGR Packed", 10, false },
	{ V4L2_PIX_FMT_H264, "H.264", 0, false },
	{ V4L2_PIX_FMT_MJPEG, "Motion-JPEG", 0, false },
	{ V4L2_PIX_FMT_JPEG, "JFIF JPEG", 0, false },
};

const struct format *format_find(uint32_t fourcc)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (formats[i].fourcc == fourcc)
			return &formats[i];
	}
	return NULL;
}

uint32_t format_from_text(const char *text)
{
	uint32_t fourcc;

	if (strlen(text) != 4)
		return 0;
	fourcc = v4l2_fourcc((uint8_t)text[0], (uint8_t)text[1],
			     (uint8_t)text[2], (uint8_t)text[3]);
	return format_find(fourcc) ? fourcc : 0;
}

/*
 * bcm2835-v4l2-codec.c: its table had 32 for all in 2019; by 5.15 YU12 and
 * YV12 had 64; by 6.6 packed YUV and 32-bit RGB too. NV12 stayed at 32.
 */
uint32_t format_alignment(const struct format *format, enum kernel kernel)
{
	bool yu12 = format->fourcc == V4L2_PIX_FMT_YUV420 ||
		    format->fourcc == V4L2_PIX_FMT_YVU420;
	bool packed = format->fourcc == V4L2_PIX_FMT_YUYV ||
		      format->fourcc == V4L2_PIX_FMT_YVYU ||
		      format->fourcc == V4L2_PIX_FMT_UYVY;

	if (kernel == KERNEL_2019)
		return 32;
	if (yu12)
		return 64;
	if (kernel == KERNEL_6_6 && (packed || format->bits == 32))
		return 64;
	return 32;
}

bool image_is_raw(const struct image *image)
{
	const struct format *format = format_find(image->fourcc);

	return format && format->bits > 0;
}

void image_lay_out(struct image *image, uint32_t alignment)
{
	const struct format *format = format_find(image->fourcc);
	uint32_t line = (image->width * (uint32_t)format->bits + 7) / 8;

	if (image->bytesperline > line)
		line = image->bytesperline;
	line = (line + alignment - 1) / alignment * alignment;
	image->bytesperline = line;
	image->sizeimage = line * image->height;
	if (format->planar)
		image->sizeimage = image->sizeimage * 3 / 2;
}

void image_from_v4l2(struct image *image, const struct v4l2_format *format)
{
	const struct v4l2_pix_format *pix = &format->fmt.pix;
	const struct v4l2_pix_format_mplane *mp = &format->fmt.pix_mp;

	*image = V4L2_TYPE_IS_MULTIPLANAR(format->type)
			 ? (struct image){
				   .fourcc = mp->pixelformat,
				   .width = mp->width,
				   .height = mp->height,
				   .bytesperline =
					   mp->plane_fmt[0].bytesperline,
				   .sizeimage = mp->plane_fmt[0].sizeimage,
				   .field = mp->field,
				   .colorspace = mp->colorspace,
				   .ycbcr = mp->ycbcr_enc,
				   .quantization = mp->quantization,
				   .transfer = mp->xfer_func,
			   }
			 : (struct image){
				   .fourcc = pix->pixelformat,
				   .width = pix->width,
				   .height = pix->height,
				   .bytesperline = pix->bytesperline,
				   .sizeimage = pix->sizeimage,
				   .field = pix->field,
				   .colorspace = pix->colorspace,
				   .ycbcr = pix->ycbcr_enc,
				   .quantization = pix->quantization,
				   .transfer = pix->xfer_func,
			   };
}

void image_to_v4l2(const struct image *image, struct v4l2_format *format)
{
	memset(&format->fmt, 0, sizeof(format->fmt));
	if (V4L2_TYPE_IS_MULTIPLANAR(format->type))
		format->fmt.pix_mp = (struct v4l2_pix_format_mplane){
			.pixelformat = image->fourcc,
			.width = image->width,
			.height = image->height,
			.num_planes = 1,
			.plane_fmt[0] = { .bytesperline = image->bytesperline,
					  .sizeimage = image->sizeimage },
			.field = image->field,
			.colorspace = image->colorspace,
			.ycbcr_enc = (uint8_t)image->ycbcr,
			.quantization = (uint8_t)image->quantization,
			.xfer_func = (uint8_t)image->transfer,
		};
	else
		format->fmt.pix = (struct v4l2_pix_format){
			.pixelformat = image->fourcc,
			.width = image->width,
			.height = image->height,
			.bytesperline = image->bytesperline,
			.sizeimage = image->sizeimage,
			.field = image->field,
			.colorspace = image->colorspace,
			.priv = V4L2_PIX_FMT_PRIV_MAGIC,
			.ycbcr_enc = image->ycbcr,
			.quantization = image->quantization,
			.xfer_func = image->transfer,
		};
}
