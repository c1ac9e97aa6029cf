/* SPDX-License-Identifier: MIT */
/*
 * The camera at work: our test card with its timecode, at the rate of the
 * clock, in whatever format was set; and what goes wrong with pictures.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device/testcard/testcard.h"
#include "tests/fake/camera_node.h"
#include "tests/fake/coder.h"
#include "tests/fake/faults.h"
#include "tests/fake/file.h"
#include "tests/fake/memory.h"
#include "tests/fake/pixels.h"

#include <libavutil/pixfmt.h>

#define H264_BITRATE 2000000
#define MOST_LATE_US 1000000
#define CORRUPT_FROM 200 /* bytes of a JPEG that stay right */

struct camera {
	struct testcard *card;
	struct coder *coder; /* of MJPG and H264 */
	struct SwsContext *convert;
	int64_t next_us;  /* when the next picture is taken */
	int64_t shift_us; /* that gaps have added to the timestamps */
	uint32_t sequence;
	unsigned int random;
};

/* What one picture is to be; decided with the lock, made without. */
struct shot {
	struct memory *memory;
	struct image image;
	int64_t wall_us, now_us;
	size_t used;
};

int camera_stream_open(struct file *f)
{
	f->state = calloc(1, sizeof(struct camera));
	return f->state ? 0 : -ENOMEM;
}

static void close_all(struct camera *c)
{
	testcard_close(&c->card);
	coder_close(&c->coder);
	pixels_finish(&c->convert);
}

void camera_stream_close(struct file *f)
{
	if (f->state)
		close_all(f->state);
	free(f->state);
	f->state = NULL;
}

static int set_up(struct file *f)
{
	struct camera *c = f->state;
	const struct image *im = &f->queue[CAP].image;
	const struct coder_params params = {
		.fourcc = im->fourcc,
		.width = (int)im->width,
		.height = (int)im->height,
		.fps_num = (int)f->interval.denominator,
		.fps_den = (int)f->interval.numerator,
		.bitrate = H264_BITRATE,
		.gop = (int)f->interval.denominator,
		.profile = V4L2_MPEG_VIDEO_H264_PROFILE_HIGH,
	};
	int err;

	close_all(c);
	*c = (struct camera){ .next_us = world_now_us(), .random = 1 };
	err = testcard_open(&c->card, (int)im->width, (int)im->height);
	if (err == 0 && !image_is_raw(im))
		err = coder_open(&c->coder, &params);
	return err;
}

/* --- one picture --------------------------------------------------------- */

static void draw(struct camera *c, const struct shot *shot, struct pixels *out)
{
	struct picture picture;

	testcard_draw(c->card, shot->wall_us, shot->now_us, &picture);
	*out = (struct pixels){ .format = AV_PIX_FMT_YUV420P,
				.width = picture.width,
				.height = picture.height };
	for (int i = 0; i < 3; i++) {
		/* pixels_convert() only reads it */
		memcpy(&out->plane[i], &picture.plane[i],
		       sizeof(out->plane[i]));
		out->stride[i] = picture.stride[i];
	}
}

static size_t put(struct shot *shot, size_t at, const uint8_t *bytes,
		  size_t size)
{
	if (size > shot->image.sizeimage - at)
		size = shot->image.sizeimage - at;
	if (size)
		memcpy(shot->memory->at + at, bytes, size);
	return at + size;
}

/* Makes the picture; without the lock. */
static int take_shot(struct camera *c, struct shot *shot)
{
	struct pixels card, target;
	struct coded coded;
	int err;

	draw(c, shot, &card);
	shot->used = shot->image.sizeimage;
	if (!c->coder) {
		err = pixels_from_image(&target, &shot->image,
					shot->memory->at);
		return err < 0 ? err
			       : pixels_convert(&c->convert, &card, &target);
	}
	err = coder_code(c->coder, &card, false, &coded);
	if (err < 0)
		return err;
	shot->used = 0;
	if (coded.key)
		shot->used = put(shot, 0, coded.headers, coded.headers_size);
	shot->used = put(shot, shot->used, coded.picture, coded.picture_size);
	coded_finish(&coded);
	return 0;
}

/* Takes the Huffman tables out, as cameras do whose JPEG is from AVI. */
static void drop_tables(struct shot *shot)
{
	uint8_t *bytes = shot->memory->at;
	size_t at = 2; /* behind SOI */

	while (at + 4 <= shot->used && bytes[at] == 0xff &&
	       bytes[at + 1] != 0xda) {
		size_t size = 2 + (size_t)(bytes[at + 2] << 8 | bytes[at + 3]);

		if (at + size > shot->used)
			return;
		if (bytes[at + 1] != 0xc4) {
			at += size;
			continue;
		}
		memmove(bytes + at, bytes + at + size, shot->used - at - size);
		shot->used -= size;
	}
}

static void spoil_bytes(struct file *f, struct shot *shot)
{
	double size;

	if (faults_hit(f->node, FAULT_NO_TABLES, NULL))
		drop_tables(shot);
	if (faults_hit(f->node, FAULT_CORRUPT, NULL) &&
	    shot->used > CORRUPT_FROM)
		memset(shot->memory->at + CORRUPT_FROM, 0x5a,
		       shot->used - CORRUPT_FROM);
	if (faults_hit(f->node, FAULT_SHORT, &size) &&
	    (size_t)size < shot->used)
		shot->used = (size_t)size;
}

/* --- its time ------------------------------------------------------------ */

static int64_t choose_time(struct file *f, const struct shot *shot,
			   uint32_t *flags)
{
	struct camera *c = f->state;
	int64_t us = shot->now_us;
	double value;

	if (faults_hit(f->node, FAULT_WALL_TIME, &value)) {
		us = shot->wall_us + faults_clock_us();
		if (value > 0)
			*flags |= V4L2_BUF_FLAG_TIMESTAMP_MASK; /* honest */
	}
	if (faults_hit(f->node, FAULT_GAP, &value))
		c->shift_us += (int64_t)(value * 1000);
	us += c->shift_us;
	if (faults_hit(f->node, FAULT_BACK, &value))
		us -= (int64_t)(value * 1000);
	if (faults_hit(f->node, FAULT_JITTER, &value))
		us += (int64_t)((rand_r(&c->random) % 2001 - 1000) * value);
	if (faults_hit(f->node, FAULT_ZERO_TIME, NULL))
		us = 0;
	return us;
}

static void number(struct file *f)
{
	struct camera *c = f->state;
	double value;

	c->sequence++;
	if (faults_hit(f->node, FAULT_SEQUENCE_GAP, &value))
		c->sequence += (uint32_t)value;
	if (faults_hit(f->node, FAULT_SEQUENCE_SET, &value))
		c->sequence = (uint32_t)value;
}

static void finish(struct file *f, struct shot *shot, int index, int err)
{
	struct camera *c = f->state;
	struct queue *q = &f->queue[CAP];
	struct buffer *b = &q->buffers[index];
	uint32_t honest = 0;
	int64_t us;

	spoil_bytes(f, shot);
	us = choose_time(f, shot, &honest);
	b->timestamp = (struct timeval){ us / 1000000, us % 1000000 };
	q->timestamp_flags = honest ? V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN
				    : V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC |
					      V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
	b->sequence = c->sequence;
	b->bytesused = (uint32_t)shot->used;
	b->flags = 0;
	if (err < 0 || faults_hit(f->node, FAULT_ERROR, NULL))
		b->flags = V4L2_BUF_FLAG_ERROR;
	b->memory->filled_by_device = true;
	if (faults_hit(f->node, FAULT_KEEP_CAPTURE, NULL))
		return;
	f->node->counters.frames++;
	queue_done(q, index);
	file_changed(f);
}

static void take_picture(struct file *f, int64_t due_us)
{
	struct queue *q = &f->queue[CAP];
	struct shot shot = { .image = q->image, .now_us = due_us };
	int64_t cpu = file_worker_cpu_us();
	int index, err;

	/* Both clocks at the moment of exposure, however late we are. */
	shot.wall_us = due_us + world_wall_us() - world_now_us();
	f->node->frames++;
	number(f);
	if (f->node->stalled || faults_hit(f->node, FAULT_DROP, NULL))
		return;
	index = queue_take(q);
	if (index < 0) {
		f->node->counters.dropped++;
		return;
	}
	shot.memory = memory_hold(q->buffers[index].memory);
	pthread_mutex_unlock(&world_lock);
	err = take_shot(f->state, &shot);
	pthread_mutex_lock(&world_lock);
	f->node->counters.worker_cpu_us += file_worker_cpu_us() - cpu;
	/* Unplugged meanwhile: it was given back already. */
	if (!f->stop && q->buffers[index].state == BUFFER_ACTIVE)
		finish(f, &shot, index, err);
	memory_release(&shot.memory);
}

/* --- the thread ---------------------------------------------------------- */

static int64_t interval_us(const struct file *f)
{
	double fps;

	if (faults_peek(f->node, FAULT_FPS, &fps) && fps > 0)
		return (int64_t)(1000000 / fps);
	if (faults_peek(f->node, FAULT_IGNORE_RATE, NULL))
		return 1000000 / f->node->fps;
	return (int64_t)f->interval.numerator * 1000000 /
	       f->interval.denominator;
}

/*
 * A sensor is never late: when this machine was too busy for us, pictures come
 * late and with the time at which they were due; and when it was too busy for
 * the program to give back buffers as well, that is not held against it.
 */
static bool is_busy(struct file *f, int64_t step_us)
{
	const struct camera *c = f->state;
	int64_t late_us = world_now_us() - c->next_us;

	return late_us > step_us && late_us < MOST_LATE_US &&
	       !f->queue[CAP].queued.count;
}

static void leave_out(struct file *f, int64_t step_us)
{
	struct camera *c = f->state;

	while (c->next_us + MOST_LATE_US < world_now_us()) {
		c->next_us += step_us;
		c->sequence++;
	}
}

static void *run(void *context)
{
	struct file *f = context;
	struct camera *c = f->state;

	pthread_mutex_lock(&world_lock);
	while (!f->stop && !f->disconnected) {
		int64_t step_us = interval_us(f), due_us = c->next_us;

		if (world_now_us() < due_us) {
			world_wait(&f->wake, due_us);
			continue;
		}
		if (is_busy(f, step_us)) {
			world_wait(&f->wake, world_now_us() + step_us);
			continue;
		}
		leave_out(f, step_us);
		c->next_us += step_us;
		take_picture(f, due_us);
	}
	pthread_mutex_unlock(&world_lock);
	return NULL;
}

void camera_stream_start(struct file *f, enum direction way)
{
	(void)way;
	if (set_up(f) == 0)
		file_start_worker(f, run);
}

void camera_stream_stop(struct file *f, enum direction way)
{
	(void)way;
	file_stop_worker(f);
}
