/* SPDX-License-Identifier: MIT */
/*
 * A V4L2 camera. Its pictures go to the encoder as they are where they can
 * (capture.h), else through a decoder or a scaler:
 *
 *   H.264 ------------------------------------------> access units
 *   NV12, YU12, YUYV ------------------- [scaler] --> pictures
 *   MJPEG ------------ mjpeg (and its scaler) ------> pictures
 *
 * Never waits in a driver: a blocking call is not woken by an unplugged
 * camera. poll() comes only after the start, or it would start the read()
 * emulation of some drivers, which locks all others out.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <linux/videodev2.h>

#define LOG_MODULE "camera"
#include "common/clock.h"
#include "common/log.h"
#include "device/camera/camera.h"
#include "device/camera/mjpeg.h"
#include "device/encoder/m2m_unit.h"
#include "device/encoder/scaler.h"
#include "device/encoder/stamp.h"
#include "device/source/source_kinds.h"
#include "device/v4l2/raw.h"

/* Without a picture for this long, the camera or its bus is in trouble. */
#define FIRST_PICTURE_US 6000000
#define NEXT_PICTURE_US	 3000000

/* While the encoder holds all buffers: look what it does. */
#define HELD_MS 100

struct state {
	int stop_fd;
	struct source_memory *memory;
	struct camera camera;
	struct mjpeg *mjpeg;
	struct scaler *scaler;
	struct picture_buffer *lent; /* of the item given last */
	struct stamp stamp;
	bool started;
	bool alarm;	  /* poll() has seen an error */
	bool waiting_key; /* H.264: something before it was lost */
	int64_t due_us;	  /* the next picture, at the latest */
	uint32_t sequence;
	uint64_t lost, bad; /* pictures: between two, and broken ones */
};

static void close_v4l2(void *self)
{
	struct state *s = self;

	if (s->lost || s->bad)
		log_info("%s lost %llu pictures and gave %llu broken ones",
			 s->camera.node.path, (unsigned long long)s->lost,
			 (unsigned long long)s->bad);
	scaler_close(&s->scaler);
	mjpeg_close(&s->mjpeg);
	camera_close(&s->camera);
}

/* --- opening ------------------------------------------------------------- */

static int open_scaler(struct state *s, const struct source_params *params,
		       const struct scaler_picture *out)
{
	struct capture *camera = &s->camera.capture;
	struct scaler_picture in = { .width = camera->layout.width,
				     .height = camera->layout.height };

	raw_format(camera->layout.fourcc, &in.format);
	if (in.width == out->width && in.height == out->height &&
	    in.format == out->format)
		return 0;
	return scaler_open(&s->scaler,
			   &(struct scaler_params){
				   .in = in,
				   .out = *out,
				   .frame_us = 1000000 / params->fps,
				   .from = camera,
			   });
}

/*
 * The camera's format where the encoder takes it, else I420; also where a
 * scaler is needed anyway, as YUYV has a third more bytes.
 */
static enum picture_format choose_format(const struct state *s,
					 const struct source_info *info,
					 unsigned int formats)
{
	bool as_it_is = s->camera.mode.width == info->width &&
			s->camera.mode.height == info->height;
	enum picture_format format;

	if (!raw_format(s->camera.mode.fourcc, &format) ||
	    !(formats & 1u << format) || (format == PICTURE_YUYV && !as_it_is))
		return PICTURE_I420;
	return format;
}

static int open_pictures(struct state *s, const struct source_params *params,
			 struct source_info *info)
{
	struct scaler_picture out = { .format = info->format,
				      .width = info->width,
				      .height = info->height };
	int err;

	if (raw_format(s->camera.mode.fourcc, &(enum picture_format){ 0 })) {
		err = open_scaler(s, params, &out);
		info->capture = s->scaler ? scaler_capture(s->scaler)
					  : &s->camera.capture;
		return err;
	}
	return mjpeg_open(&s->mjpeg, info->width, info->height);
}

static void say_what_runs(const struct state *s, const struct source_info *info)
{
	const struct camera *c = &s->camera;

	log_info("%s (%s) gives %s of %dx%d at %d/%d frames a second; the "
		 "stream is %dx%d",
		 c->node.path, c->node.card, fourcc_text(c->mode.fourcc).text,
		 c->mode.width, c->mode.height, c->fps_num, c->fps_den,
		 info->width, info->height);
}

static int open_v4l2(void *self, const struct source_params *params,
		     struct source_info *info)
{
	struct camera_wish wish = { .width = params->width,
				    .height = params->height,
				    .capture_width = params->capture_width,
				    .capture_height = params->capture_height,
				    .fps = params->fps,
				    .formats = params->formats };
	struct state *s = self;
	int err;

	s->stop_fd = params->stop_fd;
	s->memory = params->memory;
	s->waiting_key = true;
	err = camera_open(&s->camera, params, &wish);
	if (err < 0)
		return err;
	*info = (struct source_info){ .gives = SOURCE_PICTURES,
				      .fps_num = s->camera.fps_num,
				      .fps_den = s->camera.fps_den };
	camera_mode_stream(&s->camera.mode, &wish, &info->width, &info->height);
	info->format = choose_format(s, info, params->formats);
	if (s->camera.mode.fourcc == V4L2_PIX_FMT_H264)
		info->gives = SOURCE_ACCESS_UNITS;
	else
		err = open_pictures(s, params, info);
	if (!err)
		say_what_runs(s, info);
	return err;
}

/* --- waiting ------------------------------------------------------------- */

static int start(struct state *s)
{
	int err = capture_start(&s->camera.capture);

	if (err < 0) {
		if (camera_trouble_is_new(s->memory, err))
			log_error("%s (%s) does not start: %s%s",
				  s->camera.node.path, s->camera.node.card,
				  strerror(-err), camera_hint(err));
		return err;
	}
	s->started = true;
	s->due_us = clock_monotonic_us() + FIRST_PICTURE_US;
	return 0;
}

static int say_late(struct state *s)
{
	if (camera_trouble_is_new(s->memory, -ETIMEDOUT))
		log_error("%s (%s) gives no pictures any more; is its cable "
			  "good, and the power supply? Opening it again",
			  s->camera.node.path, s->camera.node.card);
	return -ETIMEDOUT;
}

/*
 * Waits until the camera or the scaler has something: 0. -EAGAIN: `also_fd`
 * has, or the encoder holds all buffers and is to be looked after.
 */
static int wait_for_picture(struct state *s, int also_fd)
{
	bool held = !s->camera.capture.queue.queued;
	int64_t left_us = s->due_us - clock_monotonic_us();
	struct pollfd fds[] = {
		{ .fd = s->stop_fd, .events = POLLIN },
		{ .fd = held ? -1 : s->camera.fd, .events = POLLIN },
		{ .fd = s->scaler ? scaler_fd(s->scaler) : -1,
		  .events = POLLIN | POLLOUT },
		/* a picture that comes back is no more than "writable" */
		{ .fd = also_fd,
		  .events = (short)(held ? POLLIN | POLLOUT : POLLIN) },
	};
	int n, ms = HELD_MS;

	if (!held) /* also when it is late: it may have come meanwhile */
		ms = left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
	do {
		n = poll(fds, 4, ms);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (fds[0].revents)
		return -ECANCELED;
	if (held && s->started) /* not the camera's fault */
		s->due_us = clock_monotonic_us() + NEXT_PICTURE_US;
	if (!n && !held && left_us <= 0)
		return say_late(s);
	s->alarm = fds[1].revents & (POLLERR | POLLHUP | POLLNVAL);
	if (fds[1].revents || fds[2].revents)
		return 0;
	return fds[3].revents || held ? -EAGAIN : 0;
}

/* --- pictures ------------------------------------------------------------ */

/* Between two pictures; the counter may wrap, and is 0 where there is none. */
static void count_lost(struct state *s, uint32_t sequence)
{
	uint32_t missing = sequence - s->sequence - 1;

	if (s->sequence && missing < INT32_MAX)
		s->lost += missing;
	s->sequence = sequence;
}

static bool is_whole(const struct state *s, const struct v4l2_done *done)
{
	const struct v4l2_layout *layout = &s->camera.capture.layout;
	enum picture_format format;

	if (done->flags & V4L2_BUF_FLAG_ERROR || !done->size)
		return false;
	return !raw_format(layout->fourcc, &format) ||
	       done->size >= raw_size(format, layout->stride, layout->height);
}

/* Takes a whole picture off the camera: 1; 0: there is none yet. */
static int take(struct state *s, struct v4l2_done *done,
		struct picture_buffer **buffer)
{
	int err = capture_take(&s->camera.capture, done, buffer);

	if (err == -EAGAIN && !s->alarm)
		return 0;
	if (err == -EAGAIN)
		err = -EIO; /* it would be so for ever */
	if (err < 0) {
		log_error("%s (%s) %s: %s", s->camera.node.path,
			  s->camera.node.card,
			  err == -ENODEV ? "was unplugged" : "broke",
			  strerror(-err));
		return err;
	}
	count_lost(s, done->sequence);
	if (is_whole(s, done))
		return 1;
	s->bad++;
	s->waiting_key = true;
	picture_release(*buffer);
	return 0;
}

static int64_t time_of(struct state *s, const struct v4l2_done *done)
{
	bool monotonic = (done->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) ==
			 V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	int64_t now_us = clock_monotonic_us();

	s->due_us = now_us + NEXT_PICTURE_US;
	camera_trouble_is_new(s->memory, 0);
	return stamp_us(&s->stamp, done->at_us, monotonic, now_us) * 9 / 100;
}

static int give_unit(struct state *s, const struct v4l2_done *done,
		     struct access_unit *out)
{
	const uint8_t *bytes = capture_bytes(&s->camera.capture, done);
	enum m2m_unit_type type = m2m_unit_type(bytes, done->size);

	if (type == M2M_UNIT_EMPTY)
		return 0;
	if (s->waiting_key && type == M2M_UNIT_PICTURE)
		return 0;
	out->dts_90k = out->pts_90k = time_of(s, done);
	out->bytes = bytes;
	out->size = done->size;
	out->key = type == M2M_UNIT_KEY || type == M2M_UNIT_KEY_WITH_SETS;
	s->waiting_key = s->waiting_key && !out->key;
	return 1;
}

static int give_decoded(struct state *s, const struct v4l2_done *done,
			struct picture *out)
{
	const uint8_t *bytes = capture_bytes(&s->camera.capture, done);

	if (mjpeg_decode(s->mjpeg, bytes, done->size, out) < 0) {
		s->bad++;
		return 0;
	}
	out->pts_90k = time_of(s, done);
	return 1;
}

/* Makes an item of what came: 1; 0: none can be made of it. */
static int give(struct state *s, const struct v4l2_done *done,
		struct picture_buffer *buffer, struct source_item *out)
{
	struct picture *picture = &out->picture;

	if (s->camera.mode.fourcc == V4L2_PIX_FMT_H264)
		return give_unit(s, done, &out->unit);
	if (s->mjpeg)
		return give_decoded(s, done, picture);
	raw_lay(picture, capture_bytes(&s->camera.capture, done),
		&s->camera.capture.layout);
	picture->pts_90k = time_of(s, done);
	picture->buffer = buffer;
	if (!s->scaler)
		return 1;
	/* -EAGAIN: the encoder holds all that it made; have it looked after */
	return scaler_push(s->scaler, picture);
}

/* What the camera has: 1, 0 or an error. */
static int take_and_give(struct state *s, struct source_item *out)
{
	struct picture_buffer *buffer;
	struct v4l2_done done;
	int err = take(s, &done, &buffer);

	if (err <= 0)
		return err;
	err = give(s, &done, buffer, out);
	if (err == 1)
		s->lent = buffer;
	else
		picture_release(buffer);
	return err;
}

/* What the scaler has: 1, 0 or an error. */
static int take_scaled(struct state *s, struct source_item *out)
{
	int err = s->scaler ? scaler_pull(s->scaler, &out->picture) : -EAGAIN;

	if (!err)
		s->lent = out->picture.buffer;
	return err == -EAGAIN ? 0 : err < 0 ? err : 1;
}

static void take_back(struct state *s)
{
	struct picture_buffer *lent = s->lent;

	s->lent = NULL;
	if (lent)
		picture_release(lent);
}

static int next(void *self, struct source_item *out, int also_fd)
{
	struct state *s = self;
	int err = s->started ? 0 : start(s);

	take_back(s);
	while (!err) {
		err = take_scaled(s, out);
		if (!err)
			err = wait_for_picture(s, also_fd);
		if (!err)
			err = take_and_give(s, out);
	}
	return err > 0 ? 0 : err;
}

const struct source_kind source_v4l2 = {
	.name = "camera",
	.size = sizeof(struct state),
	.open = open_v4l2,
	.next = next,
	.close = close_v4l2,
};
