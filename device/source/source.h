/* SPDX-License-Identifier: MIT */
/*
 * source: where pictures come from. A source gives raw pictures, which go
 * through the encoder, or H.264 access units, which are passed through.
 *
 *   testcard        a moving picture with a clock and a timecode strip
 *   v4l2[:WHICH]    a camera: the first, that at a path, or that of a name
 *   rpicam          the camera on a Pi's ribbon, through rpicam-vid
 *   -               H.264 Annex B on standard input, as rpicam-vid writes it
 *   PATH or URL     whatever libavformat opens; a file is looped in real time
 *
 * A new kind is one `const struct source_kind` and a row in source.c.
 *
 * Media thread only.
 */
#ifndef DEVICE_SOURCE_SOURCE_H
#define DEVICE_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "device/stream/frame.h"

struct capture;
struct source;

/* What is known of a source while it is closed, to find it again. */
struct source_memory {
	char id[128];	  /* of the camera that there was; empty: none yet */
	int error;	  /* said last, so that it is said once; 0: it works */
	const char *name; /* of the source that "auto" was; NULL: not yet */
};

struct source_params {
	const char *name;  /* "testcard", "-", a path, a URL */
	int width, height; /* of what can be made in any size */
	int fps;	   /* wanted of a camera; a hint for "-" */
	int capture_width, capture_height; /* of a camera; 0: as above */
	const char *controls; /* of a camera: "name=value,..."; or NULL */
	int64_t bitrate;      /* of a camera that makes H.264, and its */
	int gop;	      /* frames from key frame to key frame */
	unsigned int formats; /* bits 1 << PICTURE_... for raw pictures */
	int fd;		      /* what "-" reads; 0: standard input */
	struct source_memory *memory; /* outlasts the source; or NULL */
	bool loop;		      /* a file starts again when it ends */
	/*
	 * Readable once the program is to stop: every wait of a source also
	 * watches it, so that source_next() returns within milliseconds.
	 */
	int stop_fd;
};

enum source_gives { SOURCE_PICTURES, SOURCE_ACCESS_UNITS };

struct source_info {
	enum source_gives gives;
	enum picture_format format; /* of raw pictures */
	struct capture *capture; /* what their memory is shared by; or NULL */
	int width, height;
	int fps_num, fps_den; /* nominal frame rate; 0/0: not known */
};

struct source_item {
	struct picture picture;	 /* with SOURCE_PICTURES */
	struct access_unit unit; /* with SOURCE_ACCESS_UNITS */
};

/*
 * Opens the source and reads far enough to know its info. On failure *out is
 * NULL and one line that names the source, the reason and the next step was
 * logged. -ENOENT, -EINVAL (no usable video), -ECANCELED (stop), ...
 */
int source_open(struct source **out, const struct source_params *params);

/* Its kind: "camera", "testcard", ... */
const char *source_name(const struct source *s);

/* Borrowed, constant until source_close(). */
const struct source_info *source_info(const struct source *s);

/*
 * Waits for the next picture or access unit, in real time. The item borrows
 * from the source until the next call. Returns 0; -EAGAIN when `also_fd` (-1:
 * none) became readable first; -ECANCELED on stop; -ENODATA when the source
 * has ended for good; another negative errno, logged, when it broke and has
 * to be opened again.
 */
int source_next(struct source *s, struct source_item *out, int also_fd);

/* Releases everything and sets *s to NULL. A NULL *s is fine. */
void source_close(struct source **s);

/*
 * What a kind of source implements; the contracts are those above. `open`
 * gets zeroed memory of `size` bytes and fills `info`; when it fails, `close`
 * is called on what it left, so a half-open object must be fine there.
 */
struct source_kind {
	const char *name; /* for log lines */
	size_t size;
	int (*open)(void *self, const struct source_params *params,
		    struct source_info *info);
	int (*next)(void *self, struct source_item *out, int also_fd);
	void (*close)(void *self);
};

#endif
