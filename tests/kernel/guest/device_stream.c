/* SPDX-License-Identifier: MIT */
/* Tests of what comes out, until it ends. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "device_test.h"

/* --- the stream -------------------------------------------------------- */

void stream_has_the_manners_of_a_pi(void)
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

void headers_come_apart_when_asked(void)
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

void faults_come_on_request(void)
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

/* --- the end of the stream --------------------------------------------- */

static bool drained(struct m2m *m)
{
	struct m2m_got got;

	return m2m_next(m, &got) == 0 && got.used == 0 &&
	       (got.flags & V4L2_BUF_FLAG_LAST) &&
	       m2m_take(m, CAPTURE, V4L2_MEMORY_MMAP, &got) == EPIPE;
}

void drain_gives_every_picture(void)
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

void start_does_not_resume_but_streamoff_does(void)
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

void drain_of_nothing_ends(void)
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

void conforming_start_resumes(void)
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

/* --- waiting ----------------------------------------------------------- */

void poll_is_as_the_kernel_has_it(void)
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

void many_come_and_go(void)
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
