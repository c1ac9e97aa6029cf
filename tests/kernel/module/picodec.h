/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * picodec: a test device, no part of what Oriel installs. To programs it looks
 * like the memory-to-memory H.264 encoder and scaler of a Raspberry Pi
 * (bcm2835-codec-encode, bcm2835-codec-isp), so that oriel-cam can be run
 * against the real V4L2 core of Linux without one.
 *
 * Written from the documentation of the V4L2 API and of the H.264 standard;
 * what it imitates is what programs have met on a Pi, not that driver's code.
 * This folder alone is under the GPL, version 2, because the symbols that a
 * kernel module needs are exported to such modules only. Nothing of it is
 * linked with the rest of Oriel, which is under the MIT licence.
 *
 * The pictures are coded without loss, as I_PCM and skipped macroblocks: any
 * decoder gives back exactly what was put in.
 */
#ifndef PICODEC_H
#define PICODEC_H

#include <linux/mutex.h>
#include <linux/videodev2.h>
#include <linux/workqueue.h>
#include <media/v4l2-ctrls.h>
#include <media/v4l2-device.h>
#include <media/v4l2-mem2mem.h>
#include <media/videobuf2-v4l2.h>

#define PICODEC_MIN_SIZE 32
#define PICODEC_MAX_SIZE 1920
#define PICODEC_MAX_BUFFER (8u << 20) /* what a program may ask for */

enum picodec_role { PICODEC_ENCODE, PICODEC_ISP, PICODEC_ROLES };

/* Module parameters; see driver.c for what each does. */
struct picodec_options {
	bool conform;
	uint allocator;
	uint delay_ms;
	uint skip_every;
	uint header_only_every;
	uint stall_after;
	uint slow_stop_ms;
	bool garbage_first;
};

/* What happened since the module was loaded, readable in sysfs. */
struct picodec_counters {
	uint pictures;	/* OUTPUT buffers worked on */
	uint dmabuf;	/* of these, imported ones */
	uint attached;	/* times a DMABUF was attached: once per buffer */
	uint skipped;	/* pictures that gave no CAPTURE buffer on purpose */
};

extern struct picodec_options picodec_options;
extern struct picodec_counters picodec_counters;

/* One /dev/videoN. Its lock is shared by all who have it open, as on a Pi. */
struct picodec_node {
	enum picodec_role role;
	struct device *dma;
	struct v4l2_device *v4l2;
	struct video_device vdev;
	struct v4l2_m2m_dev *m2m;
	struct workqueue_struct *work;
	struct mutex lock;
};

/* The raw or coded picture of one queue. */
struct picodec_format {
	u32 fourcc;
	u32 width, height;
	u32 stride; /* bytesperline of the first plane; 0 when coded */
	u32 size;
	u32 colorspace, ycbcr, quantization, xfer;
};

/* The coded stream, from one start to the next stop. */
struct picodec_stream {
	u8 *reference;	/* what a decoder shows now, macroblock by macroblock */
	size_t blocks;
	u32 pictures;	/* since the start */
	u32 since_idr;
	u8 frame_num;
	u16 idr_id;
	u32 keys;
	bool started;	   /* the first picture went out */
	bool headers_sent; /* so did the first SPS and PPS */
	bool key_due;	   /* a key frame that was skipped is owed */
	bool drained;	/* the LAST buffer went out */
	bool draining;
	u32 to_drain;	/* pictures before the LAST buffer */
	bool garbage_sent;
};

/* One open file. */
struct picodec_ctx {
	struct v4l2_fh fh;
	struct picodec_node *node;
	bool conform;
	struct v4l2_ctrl_handler ctrls;
	struct picodec_format out; /* OUTPUT: raw */
	struct picodec_format cap; /* CAPTURE: H.264, or raw of the scaler */
	struct v4l2_fract interval;
	u32 sequence[2]; /* OUTPUT, CAPTURE */
	struct delayed_work job;
	bool aborting; /* STREAMOFF waits for the job */
	spinlock_t lock; /* draining, drained, to_drain */
	struct picodec_stream stream;
	atomic_t force_key;
	/* Controls, read by the worker. */
	u32 profile, level, bitrate, bitrate_mode;
	u32 period, repeat_headers, joined;
	bool hflip, vflip;
};

static inline struct picodec_ctx *picodec_ctx_of(struct file *file)
{
	return container_of(file->private_data, struct picodec_ctx, fh);
}

static inline struct vb2_queue *picodec_queue(struct picodec_ctx *c, u32 type)
{
	return v4l2_m2m_get_vq(c->fh.m2m_ctx, type);
}

/* driver.c: sleeps, not to be woken by any signal, while `hang` is set. */
void picodec_hang(struct picodec_node *n);

/* context.c */
extern const struct v4l2_file_operations picodec_file_ops;

/* formats.c */
void picodec_format_default(struct picodec_ctx *c);
int picodec_enum_fmt_out(struct file *file, void *fh, struct v4l2_fmtdesc *f);
int picodec_enum_fmt_cap(struct file *file, void *fh, struct v4l2_fmtdesc *f);
int picodec_enum_framesizes(struct file *file, void *fh,
			    struct v4l2_frmsizeenum *f);
int picodec_g_fmt(struct file *file, void *fh, struct v4l2_format *f);
int picodec_try_fmt(struct file *file, void *fh, struct v4l2_format *f);
int picodec_s_fmt(struct file *file, void *fh, struct v4l2_format *f);

/* ioctls.c */
extern const struct v4l2_ioctl_ops picodec_ioctl_ops;

/* controls.c */
int picodec_controls(struct picodec_ctx *c);

/* limits.c: 0, or -ESRCH where the firmware of a Pi refuses the stream. */
int picodec_limits(const struct picodec_ctx *c);

/* queue.c */
int picodec_queue_init(void *priv, struct vb2_queue *out,
		       struct vb2_queue *cap);
void picodec_queue_prepare(void);

/* worker.c */
extern const struct v4l2_m2m_ops picodec_m2m_ops;
void picodec_job(struct work_struct *work);

/* scale.c: nearest neighbour; pixel x comes from x * width_in / width_out. */
void picodec_scale(const struct picodec_ctx *c, u8 *to, const u8 *from);

#endif
