/* SPDX-License-Identifier: MIT */
/*
 * m2m: a memory-to-memory node for tests, one ioctl at a time. Nothing of the
 * device's own code is in here: what it would get wrong, this must not hide.
 */
#ifndef TESTS_KERNEL_M2M_H
#define TESTS_KERNEL_M2M_H

#include <stddef.h>
#include <stdint.h>

#include <linux/videodev2.h>

#define OUTPUT	    V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE
#define CAPTURE	    V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
#define M2M_BUFFERS 16

struct m2m_queue {
	unsigned int count;
	unsigned char *at[M2M_BUFFERS]; /* with MMAP */
	size_t size[M2M_BUFFERS];
};

struct m2m {
	int fd;
	struct m2m_queue out, cap;
};

/* One buffer that came back. */
struct m2m_got {
	unsigned int index, flags, sequence;
	size_t used;
	int64_t us;
};

/* All give 0, or the errno as it came, never negative. */
int m2m_ioctl(int fd, unsigned long request, void *arg);

void m2m_open(struct m2m *m, const char *path);
void m2m_close(struct m2m *m);

/* Fills *f with what the device made of it. */
int m2m_set_format(struct m2m *m, uint32_t type, uint32_t fourcc,
		   unsigned int width, unsigned int height,
		   struct v4l2_pix_format_mplane *f);
int m2m_set_rate(struct m2m *m, uint32_t type, unsigned int fps);
int m2m_set(struct m2m *m, uint32_t id, int value);
int m2m_get(struct m2m *m, uint32_t id, int *value);

/* Asks for buffers, with MMAP also maps them. */
int m2m_request(struct m2m *m, uint32_t type, uint32_t memory,
		unsigned int count);
int m2m_export(struct m2m *m, uint32_t type, unsigned int index, int *fd);
int m2m_on(struct m2m *m, uint32_t type);
int m2m_off(struct m2m *m, uint32_t type);

/* `used` 0: the whole buffer. `dmabuf` -1: MMAP. */
int m2m_queue_out(struct m2m *m, unsigned int index, size_t used, int64_t us,
		  int dmabuf, size_t length);
int m2m_queue_cap(struct m2m *m, unsigned int index);
int m2m_take(struct m2m *m, uint32_t type, uint32_t memory,
	     struct m2m_got *got);

/* Waits for `events`; gives what poll() gave, 0 after `ms`. */
int m2m_wait(struct m2m *m, int events, int ms);
/* Waits up to a second for a buffer of CAPTURE (MMAP). */
int m2m_next(struct m2m *m, struct m2m_got *got);

int m2m_command(struct m2m *m, uint32_t command);

#endif
