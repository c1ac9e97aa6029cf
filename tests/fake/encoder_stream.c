/* SPDX-License-Identifier: MIT */
/*
 * One thread for each file that streams. A picture's OUTPUT buffer goes back
 * when it was coded; its access unit waits until it is due, and for a CAPTURE
 * buffer. Neither waits for the other, and a skipped picture has no unit.
 *
 *   OUTPUT queued -> take() -> coder -> units[] -> deliver() -> CAPTURE done
 */
#include "tests/fake/encoder_stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/coder.h"
#include "tests/fake/faults.h"
#include "tests/fake/file.h"
#include "tests/fake/memory.h"
#include "tests/fake/pixels.h"

#define MOST_UNITS   8
#define GARBAGE_SIZE 1000

struct unit {
	uint8_t *bytes;
	size_t size, sent;
	struct timeval timestamp;
	uint32_t flags;
	int64_t due_us;
};

struct encoder {
	struct coder *coder;
	struct unit units[MOST_UNITS]; /* in order */
	int count;
	int key_in; /* pictures until the one that is forced; -1: none */
	bool first; /* nothing has come since STREAMON */
	bool draining;
	int64_t last_due_us;
	int64_t bitrate; /* for the next picture */
};

int encoder_stream_open(struct file *f)
{
	struct encoder *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->key_in = -1;
	f->state = e;
	return 0;
}

static void drop_units(struct encoder *e)
{
	for (int i = 0; i < e->count; i++)
		free(e->units[i].bytes);
	e->count = 0;
}

void encoder_stream_close(struct file *f)
{
	struct encoder *e = f->state;

	if (!e)
		return;
	drop_units(e);
	coder_close(&e->coder);
	free(e);
	f->state = NULL;
}

static int64_t value(const struct file *f, uint32_t id)
{
	return controls_value(&f->controls, id, 0);
}

/* 4.2 is 42; V4L2's numbers have a 1b behind 1.0. */
static int level_number(int64_t level)
{
	static const int numbers[] = { 10, 9,  11, 12, 13, 20, 21, 22,
				       30, 31, 32, 40, 41, 42, 50, 51 };

	return numbers[level];
}

static int open_coder(struct file *f)
{
	struct encoder *e = f->state;
	const struct image *im = &f->queue[OUT].image;
	const struct coder_params params = {
		.fourcc = f->queue[CAP].image.fourcc,
		.width = (int)im->width,
		.height = (int)im->height,
		.fps_num = (int)f->interval.denominator,
		.fps_den = (int)f->interval.numerator,
		.bitrate = value(f, V4L2_CID_MPEG_VIDEO_BITRATE),
		.gop = (int)value(f, V4L2_CID_MPEG_VIDEO_H264_I_PERIOD),
		.profile = (int)value(f, V4L2_CID_MPEG_VIDEO_H264_PROFILE),
		.level = level_number(value(f, V4L2_CID_MPEG_VIDEO_H264_LEVEL)),
	};

	coder_close(&e->coder);
	e->first = true;
	e->bitrate = params.bitrate;
	return coder_open(&e->coder, &params);
}

/* --- CAPTURE ------------------------------------------------------------- */

/* What does not fit goes on in the next buffer, as MMAL splits it. */
static void fill_capture(struct file *f, struct unit *unit, int index)
{
	struct queue *q = &f->queue[CAP];
	struct buffer *b = &q->buffers[index];
	size_t left = unit->size - unit->sent;
	size_t size = left < b->length ? left : b->length;

	memcpy(b->memory->at, unit->bytes + unit->sent, size);
	unit->sent += size;
	b->bytesused = (uint32_t)size;
	b->timestamp = unit->timestamp;
	b->flags = unit->flags;
	b->sequence = 0; /* always, on both queues */
	f->node->counters.frames_out++;
	queue_done(q, index);
}

static void shift_units(struct encoder *e)
{
	free(e->units[0].bytes);
	e->count--;
	memmove(e->units, e->units + 1, (size_t)e->count * sizeof(e->units[0]));
}

static void deliver(struct file *f)
{
	struct encoder *e = f->state;
	int64_t now = world_now_us();

	while (e->count && e->units[0].due_us <= now) {
		int index = queue_take(&f->queue[CAP]);

		if (index < 0)
			break;
		if (faults_hit(f->node, FAULT_KEEP_CAPTURE, NULL))
			continue; /* it is lost, the unit is not */
		fill_capture(f, &e->units[0], index);
		if (e->units[0].sent == e->units[0].size)
			shift_units(e);
		file_changed(f);
	}
}

/* An empty buffer with FLAG_LAST once all has gone out. */
static void finish_drain(struct file *f)
{
	struct encoder *e = f->state;
	struct queue *q = &f->queue[CAP];
	int index;

	if (!e->draining || e->count || f->queue[OUT].queued.count)
		return;
	index = queue_take(q);
	if (index < 0)
		return;
	q->buffers[index].bytesused = 0;
	q->buffers[index].flags = V4L2_BUF_FLAG_LAST;
	q->buffers[index].timestamp = (struct timeval){ 0 };
	queue_done(q, index);
	e->draining = false;
	file_send_event(f, V4L2_EVENT_EOS);
	file_changed(f);
}

/* --- what becomes of a picture ------------------------------------------- */

static int64_t frame_us(const struct file *f)
{
	return (int64_t)f->interval.numerator * 1000000 /
	       f->interval.denominator;
}

/* Never before the unit in front of it. */
static int64_t find_due(struct file *f)
{
	struct encoder *e = f->state;
	int64_t due = world_now_us() + f->node->delay * frame_us(f);

	if (due < e->last_due_us)
		due = e->last_due_us;
	if (due < f->node->busy_until_us)
		due = f->node->busy_until_us;
	e->last_due_us = due;
	return due;
}

/* Takes over `bytes`. */
static void add_unit(struct file *f, uint8_t *bytes, size_t size,
		     const struct buffer *from, uint32_t flags)
{
	struct encoder *e = f->state;

	assert(e->count < MOST_UNITS);
	e->units[e->count++] = (struct unit){
		.bytes = bytes,
		.size = size,
		.timestamp = from->timestamp,
		.flags = flags,
		.due_us = find_due(f),
	};
}

static void add_garbage(struct file *f)
{
	static const struct buffer nowhen;
	uint8_t *bytes = calloc(1, GARBAGE_SIZE);

	if (!bytes)
		return;
	for (int i = 0; i < GARBAGE_SIZE; i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	add_unit(f, bytes, GARBAGE_SIZE, &nowhen, 0);
}

static void add_empty(struct file *f, const struct buffer *from)
{
	uint8_t *bytes = malloc(1);

	if (bytes)
		add_unit(f, bytes, 0, from, 0);
}

/* JOINED, SEPARATE, REPEAT_SEQ_HEADER; and firmware that forgets. */
static bool wants_headers(struct file *f, const struct coded *coded)
{
	const struct encoder *e = f->state;

	if (!coded->key)
		return false;
	if (e->first)
		return true;
	return value(f, V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER) &&
	       !faults_hit(f->node, FAULT_NO_HEADERS, NULL);
}

static void add_headers(struct file *f, const struct coded *coded,
			const struct buffer *from)
{
	uint8_t *bytes = malloc(coded->headers_size + 1);

	if (!bytes)
		return;
	memcpy(bytes, coded->headers, coded->headers_size);
	add_unit(f, bytes, coded->headers_size, from, 0);
}

static void add_picture(struct file *f, const struct coded *coded, bool headers,
			const struct buffer *from)
{
	size_t before = headers ? coded->headers_size : 0;
	size_t size = before + coded->picture_size;
	uint8_t *bytes = malloc(size + 1);
	uint32_t flags = coded->key ? V4L2_BUF_FLAG_KEYFRAME : 0;
	double keep;

	if (!bytes)
		return;
	memcpy(bytes, coded->headers, before);
	memcpy(bytes + before, coded->picture, coded->picture_size);
	if (faults_hit(f->node, FAULT_TRUNCATE, &keep) && (size_t)keep < size)
		size = (size_t)keep;
	if (faults_hit(f->node, FAULT_ERROR, NULL))
		flags |= V4L2_BUF_FLAG_ERROR;
	if (coded->key && faults_hit(f->node, FAULT_NO_KEY_FLAG, NULL))
		flags &= ~(uint32_t)V4L2_BUF_FLAG_KEYFRAME;
	f->node->counters.keys += coded->key;
	add_unit(f, bytes, size, from, flags);
}

static void add_coded(struct file *f, const struct coded *coded,
		      const struct buffer *from)
{
	struct encoder *e = f->state;
	bool headers = wants_headers(f, coded);
	bool separate = value(f, V4L2_CID_MPEG_VIDEO_HEADER_MODE) ==
			V4L2_MPEG_VIDEO_HEADER_MODE_SEPARATE;

	if (coded->key && faults_hit(f->node, FAULT_HEADER_ONLY, NULL)) {
		add_headers(f, coded, from);
		e->key_in = 0; /* nothing refers to it */
		return;
	}
	if (headers && e->first && separate) {
		add_headers(f, coded, from);
		headers = false;
	}
	e->first = false;
	add_picture(f, coded, headers, from);
}

/* --- OUTPUT -------------------------------------------------------------- */

/* All users of the block share it. */
static void use_block(struct file *f)
{
	struct node *node = f->node;
	const struct image *im = &f->queue[OUT].image;
	int64_t blocks = (im->width + 15) / 16 * ((im->height + 15) / 16);
	int64_t now = world_now_us();

	if (node->busy_until_us < now)
		node->busy_until_us = now;
	node->busy_until_us += blocks * 1000000 / node->macroblocks_per_s;
}

static bool take_key(struct encoder *e)
{
	if (e->key_in < 0)
		return false;
	return e->key_in-- == 0;
}

/* Codes what lies in the buffer, world_lock let go meanwhile. */
static int code_buffer(struct file *f, const struct buffer *b,
		       struct coded *out)
{
	struct encoder *e = f->state;
	struct memory *memory = memory_hold(b->memory);
	struct pixels pixels;
	bool key = take_key(e);
	int64_t before = file_worker_cpu_us();
	int err = pixels_from_image(&pixels, &f->queue[OUT].image, memory->at);

	coder_set_bitrate(e->coder, e->bitrate);
	pthread_mutex_unlock(&world_lock);
	if (err == 0)
		err = coder_code(e->coder, &pixels, key, out);
	pthread_mutex_lock(&world_lock);
	memory_release(&memory);
	f->node->counters.worker_cpu_us += file_worker_cpu_us() - before;
	return err;
}

static void give_back(struct file *f, int index)
{
	if (faults_hit(f->node, FAULT_KEEP_OUTPUT, NULL))
		return;
	f->queue[OUT].buffers[index].flags = 0;
	queue_done(&f->queue[OUT], index);
	file_changed(f);
}

/* Returns whether there was a picture to take. */
static bool take(struct file *f)
{
	struct encoder *e = f->state;
	struct coded coded;
	struct buffer from;
	int index;

	/* Three more may be added for this one. */
	if (f->node->stalled || e->count + 3 > MOST_UNITS)
		return false;
	index = queue_take(&f->queue[OUT]);
	if (index < 0)
		return false;
	from = f->queue[OUT].buffers[index];
	f->node->frames++;
	f->node->counters.frames_in++;
	use_block(f);
	if (faults_hit(f->node, FAULT_GARBAGE, NULL))
		add_garbage(f);
	if (faults_hit(f->node, FAULT_EMPTY, NULL))
		add_empty(f, &from);
	if (faults_hit(f->node, FAULT_SKIP, NULL)) {
		f->node->counters.skipped++;
	} else if (code_buffer(f, &from, &coded) == 0) {
		if (!f->stop)
			add_coded(f, &coded, &from);
		coded_finish(&coded);
	}
	if (!f->stop)
		give_back(f, index);
	return true;
}

/* --- the thread ---------------------------------------------------------- */

static void *run(void *context)
{
	struct file *f = context;
	struct encoder *e = f->state;

	pthread_mutex_lock(&world_lock);
	while (!f->stop) {
		bool waits;

		deliver(f);
		if (take(f))
			continue;
		finish_drain(f);
		/* For a CAPTURE buffer it is woken, for time it is not. */
		waits = e->count && f->queue[CAP].queued.count;
		world_wait(&f->wake, waits ? e->units[0].due_us : FOR_EVER);
	}
	pthread_mutex_unlock(&world_lock);
	return NULL;
}

void encoder_stream_start(struct file *f, enum direction way)
{
	struct encoder *e = f->state;

	if (way == OUT && open_coder(f) < 0)
		return; /* nothing will come */
	if (way == CAP) {
		e->draining = false;
		e->key_in = e->coder && !e->first ? 0 : e->key_in;
	}
	if (f->queue[OUT].streaming && f->queue[CAP].streaming && e->coder)
		file_start_worker(f, run);
}

void encoder_stream_stop(struct file *f, enum direction way)
{
	struct encoder *e = f->state;

	file_stop_worker(f);
	if (way == CAP)
		drop_units(e);
	else
		e->draining = false; /* LAST never comes then */
}

void encoder_stream_drain(struct file *f)
{
	struct encoder *e = f->state;

	if (!f->queue[OUT].count)
		return; /* there is no component yet */
	e->draining = true;
	pthread_cond_broadcast(&f->wake);
}

/* A forced key frame lands one or two pictures later. */
void encoder_stream_control(struct file *f, uint32_t id)
{
	struct encoder *e = f->state;

	if (id == V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME) {
		f->node->counters.key_requests++;
		if (e->key_in < 0)
			e->key_in = 1 + (int)(f->node->frames & 1);
	}
	if (id == V4L2_CID_MPEG_VIDEO_BITRATE)
		e->bitrate = value(f, id);
}
