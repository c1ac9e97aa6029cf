/* SPDX-License-Identifier: MIT */
/*
 * client: what a program does with V4L2 devices, small, for the tests of the
 * fake. Each returns 0 or more, or a negative errno.
 */
#ifndef TESTS_FAKE_CLIENT_H
#define TESTS_FAKE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/videodev2.h>

#define OUT_TYPE    V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE
#define CAP_TYPE    V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
#define SINGLE_TYPE V4L2_BUF_TYPE_VIDEO_CAPTURE

#define CLIENT_WAIT_MS 5000 /* for what is sure to come */

/* What a format became. */
struct client_format {
	uint32_t fourcc, width, height, line, size;
};

/* A buffer on its way; for either kind of planes. */
struct client_buffer {
	uint32_t index, used, length, flags, sequence, offset;
	int fd; /* -1: MMAP */
	int64_t time_us;
};

int client_open(int number);
int client_call(int fd, unsigned long request, void *argument);

/* S_FMT; f is read and written. */
int client_set_format(int fd, uint32_t type, struct client_format *f);
/* Returns how many there are. */
int client_request(int fd, uint32_t type, uint32_t memory, uint32_t count);
int client_query(int fd, uint32_t type, struct client_buffer *b);
int client_queue(int fd, uint32_t type, const struct client_buffer *b);
int client_prepare(int fd, uint32_t type, const struct client_buffer *b);
int client_dequeue(int fd, uint32_t type, uint32_t memory,
		   struct client_buffer *b);
/* Returns a descriptor. */
int client_export(int fd, uint32_t type, uint32_t index);
int client_stream(int fd, uint32_t type, bool on);
int client_set(int fd, uint32_t control, int32_t value);
int client_get(int fd, uint32_t control); /* 0 or more, or an errno */
int client_set_fps(int fd, uint32_t type, uint32_t fps);
/* What poll() says; 0: nothing in this time. */
int client_poll(int fd, int events, int timeout_ms);

/*
 * An encoder that is ready: MMAP on both sides, all CAPTURE buffers queued,
 * OUTPUT buffers mapped and filled with grey.
 */
#define CLIENT_BUFFERS 4
struct client_encoder {
	int fd;
	struct client_format out, cap;
	uint8_t *pictures[CLIENT_BUFFERS], *units[CLIENT_BUFFERS];
	uint32_t unit_length;
};

/* Stops before STREAMON when `streaming` is false. */
int client_encoder_open(struct client_encoder *e, int number, uint32_t width,
			uint32_t height, bool streaming);
void client_encoder_close(struct client_encoder *e);
int client_encoder_push(struct client_encoder *e, uint32_t index,
			int64_t time_us);
/* Waits for it; e->units[b->index] has its bytes. */
int client_encoder_pull(struct client_encoder *e, struct client_buffer *b);
/* Waits for an OUTPUT buffer to come back; returns its index. */
int client_encoder_take_back(struct client_encoder *e);
int client_encoder_requeue(struct client_encoder *e, uint32_t index);

#endif
