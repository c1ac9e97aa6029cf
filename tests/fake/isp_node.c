/* SPDX-License-Identifier: MIT */
/* The scaler, bcm2835-codec-isp: a raw picture in, another size out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fake/faults.h"
#include "tests/fake/file.h"
#include "tests/fake/m2m.h"
#include "tests/fake/memory.h"
#include "tests/fake/pixels.h"

#define MOST_SIDE     16384
#define OLD_MOST_SIDE 1920

struct scaler {
	struct SwsContext *convert;
};

static const struct control rows[] = {
	{ V4L2_CID_HFLIP, V4L2_CTRL_TYPE_BOOLEAN, "Horizontal Flip", 0, 1, 1, 0,
	  NULL },
	{ V4L2_CID_VFLIP, V4L2_CTRL_TYPE_BOOLEAN, "Vertical Flip", 0, 1, 1, 0,
	  NULL },
};

static void set_up(struct node *node)
{
	static const uint32_t raw[] = {
		V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YVU420, V4L2_PIX_FMT_NV12,
		V4L2_PIX_FMT_NV21,   V4L2_PIX_FMT_RGB565, V4L2_PIX_FMT_RGB24,
		V4L2_PIX_FMT_BGR24,  V4L2_PIX_FMT_XBGR32, V4L2_PIX_FMT_YUYV,
		V4L2_PIX_FMT_YVYU,   V4L2_PIX_FMT_UYVY,	  V4L2_PIX_FMT_SBGGR10P,
	};

	m2m_set_up_node(node, "bcm2835-codec-isp");
	memcpy(node->formats[OUT], raw, sizeof(raw));
	memcpy(node->formats[CAP], raw, sizeof(raw));
}

static int open_isp(struct file *f)
{
	f->node->most_side =
		f->node->kernel == KERNEL_6_6 ? MOST_SIDE : OLD_MOST_SIDE;
	m2m_open(f);
	controls_add(&f->controls, rows, 2);
	f->state = calloc(1, sizeof(struct scaler));
	return f->state ? 0 : -ENOMEM;
}

static void close_isp(struct file *f)
{
	struct scaler *s = f->state;

	if (!s)
		return;
	pixels_finish(&s->convert);
	free(s);
	f->state = NULL;
}

/* --- the thread ---------------------------------------------------------- */

static int scale(struct file *f, const struct buffer *from,
		 const struct buffer *to)
{
	struct scaler *s = f->state;
	struct memory *in = memory_hold(from->memory);
	struct memory *out = memory_hold(to->memory);
	struct pixels source, target;
	int64_t cpu = file_worker_cpu_us();
	int err = pixels_from_image(&source, &f->queue[OUT].image, in->at);

	if (f->crop.width) {
		source.width = (int)f->crop.width;
		source.height = (int)f->crop.height;
	}
	if (err == 0)
		err = pixels_from_image(&target, &f->queue[CAP].image, out->at);
	pthread_mutex_unlock(&world_lock);
	if (err == 0)
		err = pixels_convert(&s->convert, &source, &target);
	pthread_mutex_lock(&world_lock);
	f->node->counters.worker_cpu_us += file_worker_cpu_us() - cpu;
	out->filled_by_device = true;
	memory_release(&in);
	memory_release(&out);
	return err;
}

static void finish(struct file *f, int out_index, int cap_index)
{
	struct buffer *in = &f->queue[OUT].buffers[out_index];
	struct buffer *out = &f->queue[CAP].buffers[cap_index];

	out->timestamp = in->timestamp;
	out->bytesused = f->queue[CAP].image.sizeimage;
	out->flags = 0;
	out->sequence = 0;
	if (faults_hit(f->node, FAULT_ERROR, NULL))
		out->flags = V4L2_BUF_FLAG_ERROR;
	if (!faults_hit(f->node, FAULT_KEEP_CAPTURE, NULL)) {
		f->node->counters.frames_out++;
		queue_done(&f->queue[CAP], cap_index);
	}
	if (!faults_hit(f->node, FAULT_KEEP_OUTPUT, NULL))
		queue_done(&f->queue[OUT], out_index);
	file_changed(f);
}

static bool step(struct file *f)
{
	struct queue *out = &f->queue[OUT], *cap = &f->queue[CAP];
	int out_index, cap_index;

	if (f->node->stalled || !out->queued.count || !cap->queued.count)
		return false;
	out_index = queue_take(out);
	cap_index = queue_take(cap);
	f->node->frames++;
	f->node->counters.frames_in++;
	if (scale(f, &out->buffers[out_index], &cap->buffers[cap_index]) < 0)
		cap->buffers[cap_index].flags |= V4L2_BUF_FLAG_ERROR;
	if (!f->stop)
		finish(f, out_index, cap_index);
	return true;
}

static void *run(void *context)
{
	struct file *f = context;

	pthread_mutex_lock(&world_lock);
	while (!f->stop) {
		if (!step(f))
			world_wait(&f->wake, FOR_EVER);
	}
	pthread_mutex_unlock(&world_lock);
	return NULL;
}

static void start(struct file *f, enum direction way)
{
	(void)way;
	if (f->queue[OUT].streaming && f->queue[CAP].streaming)
		file_start_worker(f, run);
}

static void stop(struct file *f, enum direction way)
{
	(void)way;
	file_stop_worker(f);
}

const struct node_kind kind_isp = {
	.name = "isp",
	.set_up = set_up,
	.open = open_isp,
	.close = close_isp,
	.adjust = m2m_adjust,
	.start = start,
	.stop = stop,
};
