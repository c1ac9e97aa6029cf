/* SPDX-License-Identifier: MIT */
/*
 * device_test ENCODER SCALER CAMERA FOLDER: whether the test device behaves as
 * a Pi's is known to. CAMERA is vivid with vmalloc memory. What it encodes and
 * the pictures that went in are left in FOLDER, for the host to decode.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "m2m.h"

#define YU12	   V4L2_PIX_FMT_YUV420
#define NV12	   V4L2_PIX_FMT_NV12
#define H264	   V4L2_PIX_FMT_H264
#define PARAMETERS "/sys/module/oriel_picodec/parameters/"

static const char *encoder, *scaler, *camera, *folder, *test;
static int failures;

static bool expect(bool is, const char *what)
{
	if (!is) {
		printf("not ok: %s: %s\n", test, what);
		failures++;
	}
	return is;
}

static void expect_error(int want, int got, const char *what)
{
	if (want == got)
		return;
	printf("not ok: %s: %s: %s, not %s\n", test, what, strerror(got),
	       strerror(want));
	failures++;
}

static void parameter(const char *name, unsigned int value)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	f = fopen(path, "w");
	if (!expect(f != NULL, path))
		exit(1);
	fprintf(f, "%u", value);
	expect(fclose(f) == 0, path);
}

static unsigned int counter(const char *name)
{
	char path[128];
	unsigned int value = 0;
	FILE *f;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	f = fopen(path, "r");
	expect(f && fscanf(f, "%u", &value) == 1, path);
	if (f)
		fclose(f);
	return value;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* --- an encoder that runs ------------------------------------------------ */

/* Opens and sets up all but STREAMON; every buffer of CAPTURE is queued. */
static void set_up(struct m2m *m, uint32_t fourcc, unsigned int width,
		   unsigned int height)
{
	m2m_open(m, encoder);
	expect_error(0, m2m_set_format(m, CAPTURE, H264, width, height, NULL),
		     "S_FMT CAPTURE");
	expect_error(0, m2m_set_format(m, OUTPUT, fourcc, width, height, NULL),
		     "S_FMT OUTPUT");
	expect_error(0, m2m_request(m, OUTPUT, V4L2_MEMORY_MMAP, 4),
		     "REQBUFS OUTPUT");
	expect_error(0, m2m_request(m, CAPTURE, V4L2_MEMORY_MMAP, 4),
		     "REQBUFS CAPTURE");
	for (unsigned int i = 0; i < m->cap.count; i++)
		expect_error(0, m2m_queue_cap(m, i), "QBUF CAPTURE");
}

static void start(struct m2m *m, uint32_t fourcc, unsigned int width,
		  unsigned int height)
{
	set_up(m, fourcc, width, height);
	expect_error(0, m2m_on(m, OUTPUT), "STREAMON OUTPUT");
	expect_error(0, m2m_on(m, CAPTURE), "STREAMON CAPTURE");
}

/* Gives pictures first to last - 1 to OUTPUT, at 1000 us * number. */
static void give(struct m2m *m, unsigned int first, unsigned int last)
{
	for (unsigned int i = first; i < last; i++) {
		unsigned int index = i % m->out.count;

		memset(m->out.at[index], 64 + i, m->out.size[index]);
		expect_error(0, m2m_queue_out(m, index, 0, i * 1000, -1, 0),
			     "QBUF OUTPUT");
	}
}

static bool came_back(struct m2m *m, unsigned int count)
{
	struct m2m_got got;

	for (unsigned int i = 0; i < count; i++) {
		m2m_wait(m, POLLOUT, 1000);
		if (m2m_take(m, OUTPUT, V4L2_MEMORY_MMAP, &got))
			return false;
	}
	return true;
}

/* The NAL unit types of a buffer, one hexadecimal digit each. */
static const char *units(const struct m2m *m, const struct m2m_got *got)
{
	static char text[32];
	const unsigned char *p = m->cap.at[got->index];
	size_t n = 0;

	for (size_t i = 0; i + 4 < got->used && n + 1 < sizeof(text); i++)
		if (p[i] == 0 && p[i + 1] == 0 && p[i + 2] == 0 &&
		    p[i + 3] == 1)
			text[n++] = "0123456789abcdef"[p[i + 4] & 15];
	text[n] = 0;
	return text;
}

/* The next buffer of CAPTURE has these NAL units and is queued again. */
static void expect_units(struct m2m *m, const char *want, int64_t us)
{
	struct m2m_got got;

	if (!expect(m2m_next(m, &got) == 0, "a buffer of CAPTURE"))
		return;
	if (!expect(strcmp(units(m, &got), want) == 0, want))
		printf("  it has %s, %zu bytes\n", units(m, &got), got.used);
	expect(got.us == us, "time of the picture");
	expect(!!(got.flags & V4L2_BUF_FLAG_KEYFRAME) == !!strchr(want, '5'),
	       "KEYFRAME as it is");
	expect_error(0, m2m_queue_cap(m, got.index), "QBUF CAPTURE again");
}

/* --- formats, controls --------------------------------------------------- */

static void single_planar_is_refused(void)
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

static void sizes_and_strides_are_limited(void)
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

static void capture_size_is_a_wish(void)
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

static void format_is_fixed_by_buffers(void)
{
	struct m2m m;

	set_up(&m, YU12, 64, 64);
	expect_error(EBUSY, m2m_set_format(&m, OUTPUT, YU12, 96, 96, NULL),
		     "S_FMT OUTPUT");
	expect_error(EBUSY, m2m_set_format(&m, CAPTURE, H264, 96, 96, NULL),
		     "S_FMT CAPTURE");
	m2m_close(&m);
}

static void controls_are_clamped_and_per_file(void)
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

static void rate_belongs_to_output(void)
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

static void streamon_judges_the_level(void)
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

/* --- the stream ---------------------------------------------------------- */

static void stream_has_the_manners_of_a_pi(void)
{
	struct m2m_got got;
	struct m2m m;

	start(&m, YU12, 64, 48);
	m2m_set(&m, V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, 3);
	give(&m, 1, 4);
	expect_units(&m, "785", 1000);
	expect_units(&m, "1", 2000);
	expect_units(&m, "1", 3000);
	expect(came_back(&m, 3), "OUTPUT comes back");
	give(&m, 4, 5);
	expect_units(&m, "5", 4000); /* no headers unless asked for */
	m2m_set(&m, V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 1);
	m2m_set(&m, V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, 1);
	expect(came_back(&m, 1), "OUTPUT comes back");
	give(&m, 5, 7);
	expect_units(&m, "1", 5000);
	expect_units(&m, "785", 6000); /* one later than asked for */
	expect(came_back(&m, 2), "OUTPUT comes back");
	give(&m, 7, 8);
	expect(m2m_next(&m, &got) == 0 && got.sequence == 0,
	       "sequence stays 0");
	expect(got.flags & V4L2_BUF_FLAG_TIMESTAMP_COPY, "times are copied");
	m2m_close(&m);
}

static void headers_come_apart_when_asked(void)
{
	struct m2m m;

	set_up(&m, NV12, 64, 48);
	m2m_set(&m, V4L2_CID_MPEG_VIDEO_HEADER_MODE,
		V4L2_MPEG_VIDEO_HEADER_MODE_SEPARATE);
	m2m_on(&m, OUTPUT);
	m2m_on(&m, CAPTURE);
	give(&m, 1, 3);
	expect_units(&m, "78", 1000);
	expect_units(&m, "5", 1000);
	expect_units(&m, "1", 2000);
	m2m_close(&m);
}

static void faults_come_on_request(void)
{
	struct m2m_got got;
	struct m2m m;
	int64_t before;

	parameter("skip_every", 2);
	start(&m, YU12, 64, 48);
	give(&m, 1, 5);
	expect(came_back(&m, 4), "skipped pictures come back");
	expect_units(&m, "785", 1000);
	expect_units(&m, "1", 3000);
	expect_error(EAGAIN, m2m_take(&m, CAPTURE, V4L2_MEMORY_MMAP, &got),
		     "and give nothing");
	m2m_close(&m);
	parameter("skip_every", 0);

	parameter("header_only_every", 1);
	start(&m, YU12, 64, 48);
	give(&m, 1, 2);
	expect_error(0, m2m_next(&m, &got), "headers only");
	expect(strcmp(units(&m, &got), "78") == 0, "headers only");
	m2m_close(&m);
	parameter("header_only_every", 0);

	parameter("garbage_first", 1);
	start(&m, YU12, 64, 48);
	give(&m, 1, 2);
	expect(m2m_next(&m, &got) == 0 && got.us == 0 && !*units(&m, &got),
	       "garbage of time 0");
	m2m_queue_cap(&m, got.index);
	expect_units(&m, "785", 1000);
	m2m_close(&m);
	parameter("garbage_first", 0);

	parameter("stall_after", 1);
	start(&m, YU12, 64, 48);
	give(&m, 1, 4);
	expect_units(&m, "785", 1000);
	expect(came_back(&m, 1), "the first comes back");
	expect(m2m_wait(&m, POLLIN | POLLOUT, 200) == 0, "then nothing does");
	before = now_ms();
	expect_error(0, m2m_off(&m, OUTPUT), "STREAMOFF OUTPUT");
	expect_error(0, m2m_off(&m, CAPTURE), "STREAMOFF CAPTURE");
	expect(now_ms() - before < 1000, "STREAMOFF is quick");
	parameter("stall_after", 0);
	m2m_close(&m);
}

/* --- the end of the stream ----------------------------------------------- */

static bool drained(struct m2m *m)
{
	struct m2m_got got;

	return m2m_next(m, &got) == 0 && got.used == 0 &&
	       (got.flags & V4L2_BUF_FLAG_LAST) &&
	       m2m_take(m, CAPTURE, V4L2_MEMORY_MMAP, &got) == EPIPE;
}

static void drain_gives_every_picture(void)
{
	struct v4l2_event_subscription eos = { .type = V4L2_EVENT_EOS };
	struct v4l2_event e;
	struct m2m m;

	for (unsigned int slow = 0; slow <= 30; slow += 30) {
		parameter("delay_ms", slow);
		start(&m, YU12, 64, 48);
		expect_error(0, m2m_ioctl(m.fd, VIDIOC_SUBSCRIBE_EVENT, &eos),
			     "SUBSCRIBE_EVENT");
		give(&m, 1, 4);
		expect_error(0, m2m_command(&m, V4L2_ENC_CMD_STOP), "STOP");
		expect_error(0, m2m_command(&m, V4L2_ENC_CMD_STOP),
			     "a second STOP");
		expect_units(&m, "785", 1000);
		expect_units(&m, "1", 2000);
		expect_units(&m, "1", 3000);
		expect(drained(&m), "then an empty LAST, then EPIPE");
		expect_error(0, m2m_ioctl(m.fd, VIDIOC_DQEVENT, &e), "EOS");
		expect(e.type == V4L2_EVENT_EOS, "EOS");
		m2m_close(&m);
	}
	parameter("delay_ms", 0);
}

static void start_does_not_resume_but_streamoff_does(void)
{
	struct m2m_got got;
	struct m2m m;

	start(&m, YU12, 64, 48);
	give(&m, 1, 2);
	m2m_command(&m, V4L2_ENC_CMD_STOP);
	expect_units(&m, "785", 1000);
	expect(drained(&m), "drained");
	expect_error(0, m2m_command(&m, V4L2_ENC_CMD_START), "START");
	expect_error(EPIPE, m2m_take(&m, CAPTURE, V4L2_MEMORY_MMAP, &got),
		     "EPIPE after START");
	m2m_off(&m, CAPTURE);
	for (unsigned int i = 0; i < m.cap.count; i++)
		m2m_queue_cap(&m, i);
	expect_error(0, m2m_on(&m, CAPTURE), "STREAMON again");
	expect(came_back(&m, 1), "OUTPUT comes back");
	give(&m, 2, 3);
	expect_units(&m, "785", 2000);
	m2m_close(&m);
}

static void drain_of_nothing_ends(void)
{
	struct m2m_got got;
	struct m2m m;

	start(&m, YU12, 64, 48);
	expect_error(0, m2m_command(&m, V4L2_ENC_CMD_STOP), "STOP");
	expect(drained(&m), "LAST without a picture");
	m2m_close(&m);

	/* The last buffer needs a buffer. */
	m2m_open(&m, encoder);
	m2m_request(&m, OUTPUT, V4L2_MEMORY_MMAP, 2);
	m2m_request(&m, CAPTURE, V4L2_MEMORY_MMAP, 2);
	m2m_on(&m, OUTPUT);
	m2m_on(&m, CAPTURE);
	m2m_command(&m, V4L2_ENC_CMD_STOP);
	expect(m2m_take(&m, CAPTURE, V4L2_MEMORY_MMAP, &got) == EAGAIN,
	       "no LAST without a buffer");
	m2m_queue_cap(&m, 0);
	expect(drained(&m), "LAST with one");
	m2m_close(&m);
}

static void conforming_start_resumes(void)
{
	struct m2m m;

	parameter("conform", 1);
	start(&m, YU12, 64, 48);
	for (unsigned int i = 1; i <= 3; i++) {
		struct m2m_got got;

		give(&m, i, i + 1);
		m2m_command(&m, V4L2_ENC_CMD_STOP);
		expect_error(0, m2m_next(&m, &got), "a picture");
		expect(got.us == i * 1000, "its time");
		m2m_queue_cap(&m, got.index);
		expect(drained(&m), "drained");
		expect(came_back(&m, 1), "OUTPUT comes back");
		m2m_queue_cap(&m, (got.index + 1) % m.cap.count);
		expect_error(0, m2m_command(&m, V4L2_ENC_CMD_START), "START");
	}
	m2m_close(&m);
	parameter("conform", 0);
}

/* --- waiting ------------------------------------------------------------- */

static void poll_is_as_the_kernel_has_it(void)
{
	struct m2m m;

	m2m_open(&m, encoder);
	expect(m2m_wait(&m, POLLIN, 100) & POLLERR, "POLLERR when idle");
	m2m_close(&m);
	start(&m, YU12, 64, 48);
	expect(m2m_wait(&m, POLLIN, 100) == 0, "none with CAPTURE queued");
	give(&m, 1, 2);
	expect(m2m_wait(&m, POLLIN | POLLOUT, 1000) & (POLLIN | POLLOUT),
	       "POLLIN");
	m2m_close(&m);
}

static void many_come_and_go(void)
{
	struct m2m a, b;

	parameter("delay_ms", 5);
	start(&a, YU12, 64, 48);
	for (int i = 0; i < 20; i++) {
		start(&b, NV12, 96, 64);
		give(&b, 1, 4);
		m2m_close(&b); /* with work in flight */
	}
	start(&b, NV12, 96, 64);
	give(&a, 1, 4);
	give(&b, 1, 4);
	for (int i = 1; i <= 3; i++) {
		expect_units(&a, i == 1 ? "785" : "1", i * 1000);
		expect_units(&b, i == 1 ? "785" : "1", i * 1000);
	}
	m2m_close(&a);
	m2m_close(&b);
	parameter("delay_ms", 0);
}

/* --- shared memory ------------------------------------------------------- */

static void imports_are_counted(void)
{
	unsigned int before;
	struct m2m_got got;
	struct m2m isp, m;
	int fd[2];

	m2m_open(&isp, scaler);
	m2m_set_format(&isp, CAPTURE, YU12, 64, 48, NULL);
	expect_error(0, m2m_request(&isp, CAPTURE, V4L2_MEMORY_MMAP, 2),
		     "REQBUFS of the scaler");
	expect_error(0, m2m_export(&isp, CAPTURE, 0, &fd[0]), "EXPBUF");
	expect_error(0, m2m_export(&isp, CAPTURE, 1, &fd[1]), "EXPBUF");

	m2m_open(&m, encoder);
	m2m_set_format(&m, OUTPUT, YU12, 64, 48, NULL);
	expect_error(0, m2m_request(&m, OUTPUT, V4L2_MEMORY_DMABUF, 2),
		     "REQBUFS DMABUF");
	m2m_request(&m, CAPTURE, V4L2_MEMORY_MMAP, 2);
	m2m_queue_cap(&m, 0);
	m2m_queue_cap(&m, 1);
	m2m_on(&m, OUTPUT);
	m2m_on(&m, CAPTURE);
	before = counter("attached");
	for (unsigned int i = 0; i < 8; i++) {
		expect_error(0,
			     m2m_queue_out(&m, i % 2, 0, i * 1000, fd[i % 2],
					   isp.cap.size[0]),
			     "QBUF DMABUF");
		expect_units(&m, i ? "1" : "785", i * 1000);
		m2m_take(&m, OUTPUT, V4L2_MEMORY_DMABUF, &got);
	}
	expect(counter("attached") - before == 2, "attached once per index");
	m2m_queue_out(&m, 0, 0, 9000, fd[1], isp.cap.size[0]);
	expect(counter("attached") - before == 3, "again at another index");
	expect_error(EINVAL, m2m_queue_out(&m, 1, 64 * 48, 0, fd[0], 64 * 48),
		     "a buffer too short");
	m2m_close(&m);
	m2m_close(&isp);
	close(fd[0]);
	close(fd[1]);
}

/* Memory that is not in one piece, as UVC cameras have it. */
static void vmalloc_memory_is_refused(void)
{
	struct v4l2_format f = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_requestbuffers r = { .type = f.type,
					 .count = 2,
					 .memory = V4L2_MEMORY_MMAP };
	struct v4l2_exportbuffer e = { .type = f.type, .flags = O_RDWR };
	int fd = open(camera, O_RDWR | O_NONBLOCK);
	struct m2m m;

	f.fmt.pix.width = 640;
	f.fmt.pix.height = 360;
	f.fmt.pix.pixelformat = YU12;
	expect_error(0, m2m_ioctl(fd, VIDIOC_S_FMT, &f), "S_FMT");
	expect_error(0, m2m_ioctl(fd, VIDIOC_REQBUFS, &r), "REQBUFS");
	expect_error(0, m2m_ioctl(fd, VIDIOC_EXPBUF, &e), "EXPBUF");
	m2m_open(&m, encoder);
	m2m_set_format(&m, OUTPUT, YU12, 640, 360, NULL);
	m2m_request(&m, OUTPUT, V4L2_MEMORY_DMABUF, 2);
	expect_error(EFAULT,
		     m2m_queue_out(&m, 0, 0, 0, e.fd, f.fmt.pix.sizeimage),
		     "QBUF");
	m2m_close(&m);
	close(e.fd);
	close(fd);
}

/* --- the firmware hangs -------------------------------------------------- */

static char state_of(pid_t pid)
{
	char path[64], state = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	expect(f && fscanf(f, "%*d %*s %c", &state) == 1, path);
	if (f)
		fclose(f);
	return state;
}

static pid_t start_asking(void)
{
	struct v4l2_capability cap;
	pid_t pid;
	struct m2m m;

	m2m_open(&m, encoder);
	parameter("hang", 1);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(m2m_ioctl(m.fd, VIDIOC_QUERYCAP, &cap));
	m2m_close(&m);
	return pid;
}

static void hang_can_not_be_killed(void)
{
	struct timespec wait = { 0, 100000000 };
	int status;
	pid_t pid = start_asking();

	nanosleep(&wait, NULL);
	expect(state_of(pid) == 'D', "it sleeps in state D");
	kill(pid, SIGKILL);
	nanosleep(&wait, NULL);
	expect(waitpid(pid, &status, WNOHANG) == 0, "SIGKILL does not end it");
	parameter("hang", 0);
	expect(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
	       "it ends when the hang does");
}

/* --- for the host to decode ---------------------------------------------- */

static FILE *file(const char *name)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

/* Moving noise in a part of the picture, with the bytes that need escapes. */
static void draw(unsigned char *at, size_t size, unsigned int n)
{
	static unsigned int seed = 1;
	size_t first = size * n / 40, last = first + size / 10;

	if (n % 12 == 0)
		memset(at, 16 + 8 * n, size);
	for (size_t i = first; i < last && i < size; i++) {
		seed = seed * 1103515245 + 12345;
		at[i] = n % 2 ? seed >> 24 : (seed >> 24) & 3;
	}
}

/* The visible part of a picture, without its padding, planar. */
static void keep(FILE *f, const unsigned char *at, uint32_t fourcc,
		 const struct v4l2_pix_format_mplane *p)
{
	unsigned int stride = p->plane_fmt[0].bytesperline;
	const unsigned char *chroma = at + stride * p->height;

	for (unsigned int y = 0; y < p->height; y++)
		fwrite(at + y * stride, 1, p->width, f);
	for (unsigned int c = 0; c < 2; c++)
		for (unsigned int y = 0; y < p->height / 2; y++)
			for (unsigned int x = 0; x < p->width / 2; x++)
				fputc(fourcc == NV12
					      ? chroma[y * stride + x * 2 + c]
					      : chroma[(c * p->height / 2 + y) *
							       (stride / 2) +
						       x],
				      f);
}

static void encode_to_file(const char *name, uint32_t fourcc,
			   unsigned int width, unsigned int height)
{
	struct v4l2_pix_format_mplane p = { 0 };
	static unsigned char picture[1 << 20];
	FILE *raw, *coded;
	char text[64];
	struct m2m m;

	snprintf(text, sizeof(text), "%s.yuv", name);
	raw = file(text);
	snprintf(text, sizeof(text), "%s.h264", name);
	coded = file(text);
	m2m_open(&m, encoder);
	m2m_set_format(&m, OUTPUT, fourcc, width, height, &p);
	m2m_request(&m, OUTPUT, V4L2_MEMORY_MMAP, 1);
	m2m_request(&m, CAPTURE, V4L2_MEMORY_MMAP, 1);
	m2m_set(&m, V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, 10);
	m2m_queue_cap(&m, 0);
	m2m_on(&m, OUTPUT);
	m2m_on(&m, CAPTURE);
	for (unsigned int n = 0; n < 24; n++) {
		struct m2m_got got;

		draw(picture, m.out.size[0], n);
		memcpy(m.out.at[0], picture, m.out.size[0]);
		keep(raw, picture, fourcc, &p);
		m2m_queue_out(&m, 0, 0, n * 1000, -1, 0);
		if (!expect(m2m_next(&m, &got) == 0, "a picture"))
			break;
		expect(!(got.flags & V4L2_BUF_FLAG_ERROR), "and no error");
		expect(fwrite(m.cap.at[0], 1, got.used, coded) == got.used,
		       "file");
		m2m_queue_cap(&m, 0);
		expect(came_back(&m, 1), "OUTPUT comes back");
	}
	m2m_close(&m);
	expect(fclose(raw) == 0 && fclose(coded) == 0, "files");
}

static void pictures_for_the_host(void)
{
	encode_to_file("yu12-640x360", YU12, 640, 360);
	encode_to_file("nv12-328x182", NV12, 328, 182);
}

#define TEST(name)                                                             \
	{                                                                      \
#name, name                                                    \
	}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		TEST(single_planar_is_refused),
		TEST(sizes_and_strides_are_limited),
		TEST(capture_size_is_a_wish),
		TEST(format_is_fixed_by_buffers),
		TEST(controls_are_clamped_and_per_file),
		TEST(rate_belongs_to_output),
		TEST(streamon_judges_the_level),
		TEST(stream_has_the_manners_of_a_pi),
		TEST(headers_come_apart_when_asked),
		TEST(faults_come_on_request),
		TEST(drain_gives_every_picture),
		TEST(start_does_not_resume_but_streamoff_does),
		TEST(drain_of_nothing_ends),
		TEST(conforming_start_resumes),
		TEST(poll_is_as_the_kernel_has_it),
		TEST(many_come_and_go),
		TEST(imports_are_counted),
		TEST(vmalloc_memory_is_refused),
		TEST(hang_can_not_be_killed),
		TEST(pictures_for_the_host),
	};
	size_t count = sizeof(tests) / sizeof(*tests);

	if (argc != 5) {
		fprintf(stderr, "device_test ENCODER SCALER CAMERA FOLDER\n");
		return 2;
	}
	encoder = argv[1];
	scaler = argv[2];
	camera = argv[3];
	folder = argv[4];
	for (size_t i = 0; i < count; i++) {
		int64_t before = now_ms();

		test = tests[i].name;
		tests[i].run();
		printf("%s: %d ms\n", test, (int)(now_ms() - before));
	}
	printf("%zu tests, %d failures\n", count, failures);
	return failures != 0;
}
