/* SPDX-License-Identifier: MIT */
/* Tests of formats and controls, before anything runs. */
#include <errno.h>
#include <stdio.h>

#include "device_test.h"

void single_planar_is_refused(void)
{
	struct v4l2_format f = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_requestbuffers r = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT,
					 .memory = V4L2_MEMORY_MMAP,
					 .count = 2 };
	struct m2m m;

	m2m_open(&m, encoder);
	expect_error(EINVAL, m2m_ioctl(m.fd, VIDIOC_G_FMT, &f), "G_FMT");
	expect_error(EINVAL, m2m_ioctl(m.fd, VIDIOC_REQBUFS, &r), "REQBUFS");
	m2m_close(&m);
}

void sizes_and_strides_are_limited(void)
{
	static const struct {
		uint32_t fourcc;
		unsigned int width, height, stride;
		unsigned int to_width, to_height, to_stride;
	} rows[] = {
		{ YU12, 640, 360, 0, 640, 360, 640 },
		{ YU12, 848, 480, 0, 848, 480, 896 },
		{ NV12, 848, 480, 0, 848, 480, 864 },
		{ YU12, 32, 32, 0, 32, 32, 64 },
		{ NV12, 1, 1, 0, 32, 32, 32 },
		{ YU12, 4000, 4000, 0, 1920, 1920, 1920 },
		{ YU12, 1920, 1080, 0, 1920, 1080, 1920 },
		{ NV12, 641, 361, 0, 642, 362, 672 },
		{ YU12, 640, 360, 700, 640, 360, 704 },
		{ NV12, 640, 360, 600, 640, 360, 640 },
	};
	struct m2m m;

	m2m_open(&m, encoder);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct v4l2_pix_format_mplane f = { 0 };
		char what[64];

		f.plane_fmt[0].bytesperline = rows[i].stride;
		snprintf(what, sizeof(what), "%ux%u", rows[i].width,
			 rows[i].height);
		expect_error(0,
			     m2m_set_format(&m, OUTPUT, rows[i].fourcc,
					    rows[i].width, rows[i].height, &f),
			     what);
		expect(f.width == rows[i].to_width &&
			       f.height == rows[i].to_height,
		       what);
		expect(f.plane_fmt[0].bytesperline == rows[i].to_stride, what);
		expect(f.plane_fmt[0].sizeimage ==
			       rows[i].to_stride * rows[i].to_height * 3 / 2,
		       what);
		expect(f.num_planes == 1, "one plane");
	}
	m2m_close(&m);
}

void capture_size_is_a_wish(void)
{
	struct v4l2_pix_format_mplane f = { 0 };
	struct m2m m;

	m2m_open(&m, encoder);
	m2m_set_format(&m, CAPTURE, H264, 640, 360, &f);
	expect(f.plane_fmt[0].sizeimage == 512 << 10, "512 KiB by itself");
	f.plane_fmt[0].sizeimage = 2 << 20;
	m2m_set_format(&m, CAPTURE, H264, 640, 360, &f);
	expect(f.plane_fmt[0].sizeimage == 2 << 20, "2 MiB when asked for");
	expect(f.plane_fmt[0].bytesperline == 0, "no stride");
	m2m_close(&m);
}

void format_is_fixed_by_buffers(void)
{
	struct m2m m;

	set_up(&m, YU12, 64, 64);
	expect_error(EBUSY, m2m_set_format(&m, OUTPUT, YU12, 96, 96, NULL),
		     "S_FMT OUTPUT");
	expect_error(EBUSY, m2m_set_format(&m, CAPTURE, H264, 96, 96, NULL),
		     "S_FMT CAPTURE");
	m2m_close(&m);
}

void controls_are_clamped_and_per_file(void)
{
	struct m2m a, b;
	int value;

	m2m_open(&a, encoder);
	m2m_open(&b, encoder);
	expect_error(0, m2m_set(&a, V4L2_CID_MPEG_VIDEO_BITRATE, 1), "set");
	m2m_get(&a, V4L2_CID_MPEG_VIDEO_BITRATE, &value);
	expect(value == 25000, "bitrate at least 25000");
	m2m_set(&a, V4L2_CID_MPEG_VIDEO_BITRATE, 1000000000);
	m2m_get(&a, V4L2_CID_MPEG_VIDEO_BITRATE, &value);
	expect(value == 25000000, "bitrate at most 25000000");
	m2m_set(&a, V4L2_CID_MPEG_VIDEO_BITRATE, 1010000);
	m2m_get(&a, V4L2_CID_MPEG_VIDEO_BITRATE, &value);
	expect(value == 1000000, "bitrate in steps of 25000");
	m2m_get(&b, V4L2_CID_MPEG_VIDEO_BITRATE, &value);
	expect(value == 10000000, "another file has its own");
	expect_error(EINVAL, m2m_set(&a, V4L2_CID_MPEG_VIDEO_VBV_SIZE, 1),
		     "a control that a Pi does not have");
	expect_error(EINVAL,
		     m2m_get(&a, V4L2_CID_MIN_BUFFERS_FOR_OUTPUT, &value),
		     "another one");
	m2m_close(&a);
	m2m_close(&b);
}

void rate_belongs_to_output(void)
{
	struct v4l2_streamparm p = { .type = OUTPUT };
	struct m2m m;

	m2m_open(&m, encoder);
	expect_error(0, m2m_set_rate(&m, OUTPUT, 25), "S_PARM");
	expect_error(0, m2m_ioctl(m.fd, VIDIOC_G_PARM, &p), "G_PARM");
	expect(p.parm.output.timeperframe.numerator == 1 &&
		       p.parm.output.timeperframe.denominator == 25,
	       "rate is kept");
	expect_error(EINVAL, m2m_set_rate(&m, CAPTURE, 25), "of CAPTURE");
	expect_error(EINVAL, m2m_set_rate(&m, OUTPUT, 0), "of nothing");
	m2m_close(&m);
}

static int streamon_error(unsigned int width, unsigned int height,
			  unsigned int fps, uint32_t id, int value)
{
	struct m2m m;
	int err;

	set_up(&m, YU12, width, height);
	m2m_set_rate(&m, OUTPUT, fps);
	if (id)
		m2m_set(&m, id, value);
	err = m2m_on(&m, OUTPUT);
	if (!err)
		expect_error(0, m2m_on(&m, CAPTURE), "then CAPTURE, too");
	m2m_close(&m);
	return err;
}

void streamon_judges_the_level(void)
{
	const uint32_t level = V4L2_CID_MPEG_VIDEO_H264_LEVEL;

	expect_error(0, streamon_error(1920, 1080, 30, 0, 0), "1080p30 at 4.0");
	expect_error(ESRCH, streamon_error(1920, 1080, 31, 0, 0),
		     "1080p31 at 4.0");
	expect_error(0,
		     streamon_error(1920, 1080, 60, level,
				    V4L2_MPEG_VIDEO_H264_LEVEL_4_2),
		     "1080p60 at 4.2");
	expect_error(ESRCH,
		     streamon_error(640, 480, 30, level,
				    V4L2_MPEG_VIDEO_H264_LEVEL_2_2),
		     "480p30 at 2.2");
	expect_error(0,
		     streamon_error(640, 480, 30, V4L2_CID_MPEG_VIDEO_BITRATE,
				    25000000),
		     "25 Mbit/s of high at 4.0");
	expect_error(ESRCH,
		     streamon_error(640, 480, 30, level,
				    V4L2_MPEG_VIDEO_H264_LEVEL_2_1),
		     "10 Mbit/s at 2.1");
	expect_error(ESRCH,
		     streamon_error(640, 480, 30,
				    V4L2_CID_MPEG_VIDEO_BITRATE_MODE,
				    V4L2_MPEG_VIDEO_BITRATE_MODE_CBR),
		     "CBR");
}
