/* SPDX-License-Identifier: MIT */
/*
 * The camera on a Pi's ribbon, which only libcamera can run: rpicam-vid does,
 * and writes H.264 into a pipe, which is read as any other (source_annexb.c).
 * When it ends, so does this source, and opening it again starts it again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LOG_MODULE "rpicam"
#include "common/log.h"
#include "device/source/child.h"
#include "device/source/rpicam_command.h"
#include "device/source/source_kinds.h"
#include "device/source/source_rpicam.h"
#include "device/v4l2/v4l2_probe.h"

/* It takes two seconds to start, and more on a Pi Zero. */
#define FIRST_UNIT_S 15
#define NEXT_UNIT_S  5

/*
 * source_annexb.c waits for its bytes or the stop of the program. Ours is
 * either that or a time that has passed.
 */
struct state {
	struct child child;
	int timer_fd, either_fd; /* -1: not open */
	void *pipe;		 /* of source_annexb; NULL: not open */
	struct source_memory *memory;
};

/* The newer name first. */
static const char *const programs[] = { "rpicam-vid", "libcamera-vid" };

bool source_rpicam_find(char *out, size_t size)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		if (child_find(out, size, programs[i]))
			return true;
	}
	return false;
}

/* --- opening ------------------------------------------------------------- */

static int say(const struct state *s, int err, const char *text)
{
	if (!s->memory || s->memory->error != err)
		log_error("%s", text);
	if (s->memory)
		s->memory->error = err;
	return err;
}

static int start(struct state *s, const struct source_params *params)
{
	struct v4l2_node encoder;
	struct rpicam_command command;
	char program[256];
	int err;

	if (!source_rpicam_find(program, sizeof(program)))
		return say(s, -ENOENT,
			   "rpicam-vid is not there: sudo apt install "
			   "rpicam-apps-lite (Raspberry Pi OS 11: "
			   "libcamera-apps)");
	err = rpicam_command(
		&command, &(struct rpicam_params){
				  .program = program,
				  .width = params->width,
				  .height = params->height,
				  .fps = params->fps,
				  .capture_width = params->capture_width,
				  .capture_height = params->capture_height,
				  .bitrate = params->bitrate,
				  .gop = params->gop,
				  .controls = params->controls,
				  .hardware = !v4l2_find(&encoder, V4L2_ENCODER,
							 NULL, NULL),
			  });
	if (err < 0)
		return say(s, err,
			   "cannot read --control; for rpicam it is "
			   "name=value,name=value, as in hflip=1,rotation=180");
	err = child_start(&s->child, command.argv);
	if (err < 0)
		log_error("cannot start %s: %s", program, strerror(-err));
	else
		log_info("started %s", program);
	return err;
}

static int watch(const struct state *s, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (fd < 0)
		return 0;
	return epoll_ctl(s->either_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno
								      : 0;
}

static int open_timer(struct state *s, int stop_fd)
{
	int err;

	s->timer_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	s->either_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->timer_fd < 0 || s->either_fd < 0)
		return -errno;
	err = watch(s, stop_fd);
	return err < 0 ? err : watch(s, s->timer_fd);
}

static void set_timer(struct state *s, int seconds)
{
	struct itimerspec due = { .it_value = { .tv_sec = seconds } };

	timerfd_settime(s->timer_fd, 0, &due, NULL);
}

/* What source_annexb.c returned: was it the time, and not the stop? */
static int explain(struct state *s, int err)
{
	uint64_t expired;

	if (err != -ECANCELED ||
	    read(s->timer_fd, &expired, sizeof(expired)) < 0)
		return err;
	return say(s, -ETIMEDOUT,
		   "rpicam-vid gives no pictures; is the ribbon plugged in "
		   "well? Starting it again");
}

static int open_pipe(struct state *s, const struct source_params *params,
		     struct source_info *info)
{
	struct source_params pipe = *params;
	int err;

	s->pipe = calloc(1, source_annexb.size);
	if (!s->pipe)
		return -ENOMEM;
	pipe.name = "-";
	pipe.fd = s->child.out_fd;
	pipe.stop_fd = s->either_fd;
	set_timer(s, FIRST_UNIT_S);
	err = explain(s, source_annexb.open(s->pipe, &pipe, info));
	set_timer(s, NEXT_UNIT_S);
	if (!err && info->fps_num <= 0) {
		info->fps_num = params->fps;
		info->fps_den = 1;
	}
	return err;
}

static int open_rpicam(void *self, const struct source_params *params,
		       struct source_info *info)
{
	struct state *s = self;
	int err;

	child_init(&s->child);
	s->timer_fd = s->either_fd = -1;
	s->memory = params->memory;
	if ((err = open_timer(s, params->stop_fd)) < 0 ||
	    (err = start(s, params)) < 0)
		return err;
	return open_pipe(s, params, info);
}

static void close_rpicam(void *self)
{
	struct state *s = self;
	bool ran = s->child.pid;
	char words[256];

	if (s->pipe)
		source_annexb.close(s->pipe);
	free(s->pipe);
	s->pipe = NULL;
	child_stop(&s->child, words, sizeof(words));
	if (ran)
		log_info("%s %s", programs[0], words);
	if (s->timer_fd >= 0)
		close(s->timer_fd);
	if (s->either_fd >= 0)
		close(s->either_fd);
	s->timer_fd = s->either_fd = -1;
}

static int next(void *self, struct source_item *out, int also_fd)
{
	struct state *s = self;
	int err = explain(s, source_annexb.next(s->pipe, out, also_fd));

	if (!err) {
		set_timer(s, NEXT_UNIT_S);
		if (s->memory)
			s->memory->error = 0;
	}
	/* a camera has no end: it is to be started again */
	return err == -ENODATA ? -EPIPE : err;
}

const struct source_kind source_rpicam = {
	.name = "rpicam",
	.size = sizeof(struct state),
	.open = open_rpicam,
	.next = next,
	.close = close_rpicam,
};
