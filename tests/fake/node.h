/* SPDX-License-Identifier: MIT */
/*
 * node: the devices there are, plugged in or not, and the one lock of the
 * fake. What a program has opened is a file (file.h).
 */
#ifndef TESTS_FAKE_NODE_H
#define TESTS_FAKE_NODE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/fake/format.h"

#define NODE_MAX_FORMATS 16
#define NODE_MAX_SIZES	 8
#define NODE_MAX_NUMBER	 64
#define FOR_EVER	 INT64_MAX

struct file;
struct queue;

/*
 * All that the program and the devices share is changed under this lock; it
 * is let go while a picture is drawn or encoded, and while a call sleeps.
 */
extern pthread_mutex_t world_lock;
/* Broadcast, with world_lock held, after whatever a call may wait for. */
extern pthread_cond_t world_changed;

/* Makes conditions that wait by CLOCK_MONOTONIC. */
void world_new_condition(pthread_cond_t *condition);
/* Sleeps until somebody broadcasts, or until then; FOR_EVER: no limit. */
void world_wait(pthread_cond_t *condition, int64_t until_us);
/* CLOCK_MONOTONIC, and the wall's clock as it really is. */
int64_t world_now_us(void);
int64_t world_wall_us(void);

enum direction { OUT, CAP }; /* as in OUTPUT and CAPTURE */

enum camera_profile {
	CAMERA_UVC,    /* single-planar, vmalloc, imports DMABUF, can vanish */
	CAMERA_UNICAM, /* multi-planar, contiguous, exports */
	CAMERA_LIBCAMERIFY, /* libcamera's v4l2-compat.so */
	CAMERA_LEGACY,	    /* bcm2835-v4l2: vmalloc, READWRITE */
};

/* What was done with a node; for the report. */
struct counters {
	uint64_t opens, calls, polls, poll_errors, reqbufs;
	uint64_t frames_in, frames_out; /* of an encoder or scaler */
	uint64_t frames;		/* given to the program by a camera */
	uint64_t dropped;		/* by a camera: no buffer was queued */
	uint64_t imports, copies, exported; /* how pictures came in */
	uint64_t attaches, reattaches;	    /* of DMABUFs */
	uint64_t key_requests, keys, skipped;
	uint64_t late_parms; /* S_PARM after REQBUFS: the firmware misses it */
	uint64_t worker_cpu_us; /* what the fake itself took to make pictures */
};

struct node;

/* What tells kinds of devices apart. All under world_lock. */
struct node_kind {
	const char *name; /* in scripts */
	/* Fills what the script may then change. */
	void (*set_up)(struct node *node);
	/* Queues, formats, controls of a file just opened; 0 or errno. */
	int (*open)(struct file *f);
	void (*close)(struct file *f);
	/* Makes an image one that the queue can carry. */
	void (*adjust)(struct file *f, enum direction way, struct image *im);
	/* After S_FMT. May be NULL. */
	void (*format_set)(struct file *f, enum direction way);
	/* Before STREAMON of that queue; 0 or what it fails with. */
	int (*check)(struct file *f, enum direction way);
	/* After STREAMON, after and before STREAMOFF. */
	void (*start)(struct file *f, enum direction way);
	void (*stop)(struct file *f, enum direction way);
	/* A control has been set. May be NULL. */
	void (*control_set)(struct file *f, uint32_t id);
	/* ENCODER_CMD STOP. NULL: the device has no such commands. */
	void (*drain)(struct file *f);
};

extern const struct node_kind kind_encoder, kind_isp, kind_camera, kind_decode,
	kind_encode_image, kind_image_fx, kind_metadata;

struct node {
	const struct node_kind *kind;
	char name[32]; /* in scripts */
	int number;    /* of /dev/videoN; -1: not plugged in */
	int last_number;
	char driver[16], card[32], bus[32], serial[32];
	uint32_t caps;
	uint32_t formats[2][NODE_MAX_FORMATS]; /* by direction, 0 at the end */
	struct {
		uint32_t width, height;
	} sizes[NODE_MAX_SIZES];	/* discrete ones, 0 at the end */
	uint32_t least_side, most_side; /* without discrete ones */
	enum kernel kernel;
	enum camera_profile profile;
	int fps;		   /* of a camera: the highest */
	uint32_t pad;		   /* a camera's lines are a multiple of it */
	int64_t macroblocks_per_s; /* what the encoder can do, of all files */
	int delay;		   /* frames that an encoder keeps */
	bool contiguous;	   /* its memory, and what it needs to import */
	bool dmabuf;		   /* can import */

	/* --- what happens to it --- */
	int64_t stuck_until_us; /* every call sleeps */
	int64_t busy_until_us;	/* shared by its files */
	bool dead;		/* firmware: no components until reboot */
	bool stalled;		/* nothing comes any more */
	int64_t leaves_us;	/* it is being unplugged; 0: it is not */
	uint64_t frames;	/* the clock of its faults */
	struct counters counters;
	struct node *next;
};

/* Adds one that is not plugged in. NULL: no memory. */
struct node *node_add(const struct node_kind *kind, const char *name);
/* NULL: no such. */
struct node *node_find(const char *name);
struct node *node_find_number(int number);
struct node *node_first(void);
/* Unplugs and forgets all. None may be open. */
void node_forget_all(void);

/* -1: any free number from the last one on. 0, or -EBUSY. */
int node_plug(struct node *node, int number);
/*
 * What it had queued comes back with FLAG_ERROR, and no more is taken: how
 * unplugging begins (uvc_queue_cancel()).
 */
void node_disconnect(struct node *node);
/* Its files fail with ENODEV from here on. */
void node_unplug(struct node *node);

#endif
