/* SPDX-License-Identifier: MIT */
/*
 * oriel-cam: reads the configuration, starts the two threads, waits for a
 * signal, stops them. It looks after the media thread meanwhile, which can be
 * lost in a driver, and then does without it: nothing here waits for that
 * thread without a limit.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#define LOG_MODULE "main"
#include "common/clock.h"
#include "common/log.h"
#include "common/trace.h"
#include "device/budget/budget.h"
#include "device/check/check.h"
#include "device/config.h"
#include "device/media/media.h"
#include "device/poster/poster.h"
#include "device/pulse.h"
#include "device/push/push.h"
#include "device/status/status.h"
#include "device/status/status_command.h"
#include "device/status/status_file.h"
#include "device/stream/handover.h"
#include "device/stream/steering.h"
#include "device/uplink/endpoint.h"
#include "device/uplink/uplink.h"
#include "device/watchdog.h"

#define EXIT_USAGE 2

/* Sent by the media thread: its source is open. */
#define SIG_OPENED SIGUSR1

#define LOOK_MS 500

/* Of two seconds to leave in, what a call into a driver may take. */
#define MEDIA_END_MS 1200

/* In trouble for so long, a new process may find what this one cannot. */
#define TROUBLE_US 120000000

/* Media sequence numbers of a stream without a past count from here. */
#define MSN_EPOCH_S 1577836800 /* 2020-01-01 */

struct camera {
	struct config config;
	int stop_fd;
	int ended_fd; /* readable once the media thread has done all */
	struct media *media;
	struct handover *handover;
	struct steering *steering;
	struct uplink *uplink; /* NULL: to no relay */
	struct push *push;     /* NULL: to no origin */
	pthread_t main, media_thread, network_thread, push_thread;
	bool media_started, network_started, push_started;
	bool lost;	  /* the media thread is, for good */
	sem_t go;	  /* the media thread may run: there is a handover */
	int media_result; /* the media thread's, until it opened or ended */
	atomic_bool opened;
	int verdict;			/* main's: why it leaves */
	struct parts_counters counters; /* once it has run */
	struct pulse pulse;
	struct watchdog watchdog;
	struct poster *poster; /* NULL: none are made */
	struct budget *budget; /* NULL: there is none */
	struct status *status;
	struct status_file status_file;
};

static void wake_network(void *context)
{
	struct camera *c = context;

	if (c->uplink)
		uplink_wake(c->uplink);
	if (c->push)
		push_wake(c->push);
}

static void *run_push(void *context)
{
	struct camera *c = context;

	push_run(c->push, c->handover);
	return NULL;
}

static void *run_network(void *context)
{
	struct camera *c = context;

	if (uplink_run(c->uplink, c->handover) < 0)
		pthread_kill(c->main, SIGTERM);
	return NULL;
}

static struct source_params source_params(const struct config *config,
					  int stop_fd)
{
	return (struct source_params){
		.name = config->source,
		.width = (int)config->width,
		.height = (int)config->height,
		.fps = (int)config->fps,
		.capture_width = config->capture_width,
		.capture_height = config->capture_height,
		.controls = config->control,
		.loop = !config->once,
		.stop_fd = stop_fd,
	};
}

static struct poster_maker poster_maker(const struct camera *c)
{
	return (struct poster_maker){
		.poster = c->poster,
		.interval_us = c->config.poster_s * 1000000,
		.width = (int)c->config.poster_width,
	};
}

static int open_media(struct camera *c)
{
	const struct config *config = &c->config;

	return media_open(&c->media,
			  &(struct media_params){
				  .source = source_params(config, c->stop_fd),
				  .encoder = config->encoder,
				  .pulse = &c->pulse,
				  .steering = c->steering,
				  .posters = poster_maker(c),
				  .status = c->status,
				  .bitrate = config->bitrate,
				  .part_ms = (int)config->part_ms,
				  .segment_ms = (int)config->segment_ms,
				  .min_fps = (int)config->min_fps,
				  .window = (int)config->window,
			  });
}

/*
 * Opening and closing go through drivers, too: they are for this thread, which
 * can be lost, not for main's.
 */
static void *run_media(void *context)
{
	struct camera *c = context;

	atomic_store(&c->pulse.thread, gettid());
	c->media_result = open_media(c);
	atomic_store(&c->opened, true); /* what was written before is seen */
	pthread_kill(c->main, SIG_OPENED);
	while (sem_wait(&c->go) < 0)
		;
	if (c->handover) {
		c->media_result = media_run(c->media, c->handover);
		c->counters = *media_counters(c->media);
		pthread_kill(c->main, SIGTERM); /* nothing more will come */
	}
	pulse_enter(&c->pulse, true);
	media_close(&c->media);
	eventfd_write(c->ended_fd, 1);
	return NULL;
}

static int open_handover(struct camera *c, uint32_t epoch)
{
	int64_t now_us = clock_wall_us();
	int64_t seconds = now_us / 1000000 - MSN_EPOCH_S;

	return handover_open(
		&c->handover,
		&(struct handover_params){
			.window = media_window(c->media),
			.directory = c->config.spool_path,
			.any_filesystem = c->config.spool_anywhere,
			.epoch = epoch,
			.first_msn = seconds > 0 ? (uint32_t)seconds : 0,
			.now_us = now_us,
			.wake = wake_network,
			.context = c,
		});
}

static struct watched_params watched_params(const struct config *config)
{
	return (struct watched_params){
		.always = config->upload == CONFIG_ALWAYS,
		.quiet_us = config->quiet_after_s * 1000000,
		.sleep_us = config->sleep_after_s * 1000000,
	};
}

/* Where nothing is sent there is nothing to count. */
static int open_budget(struct camera *c)
{
	const struct config *config = &c->config;

	if (!config->relay || !config->budget.bytes)
		return 0;
	return budget_open(&c->budget,
			   &(struct budget_params){
				   .allowance = config->budget,
				   .path = config->budget_path,
				   .bitrate = config->bitrate_max,
				   .least_bitrate = config->bitrate_min,
				   .steering = c->steering,
				   .status = c->status,
			   });
}

static int open_uplink(struct camera *c, uint64_t process)
{
	if (!c->config.relay) {
		if (!c->config.push)
			log_info("no --relay given: the stream stays in %s",
				 c->config.spool_path);
		return 0;
	}
	return uplink_open(
		&c->uplink,
		&(struct uplink_params){
			.relay = c->config.relay,
			.camera = c->config.camera,
			.key = c->config.key,
			.ca_file = c->config.ca_file,
			.process = process,
			.budget = c->budget,
			.poster = c->poster,
			.bitrate = { .bitrate = c->config.bitrate,
				     .least = c->config.bitrate_min,
				     .most = c->config.bitrate_max },
			.status = c->status,
			.reconnect_after_us =
				c->config.reconnect_after_s * 1000000,
			.watched = watched_params(&c->config),
			.check_in_s = (int)c->config.check_in_s,
			.rest = c->config.capture_when == CONFIG_WATCHED &&
				!c->config.push,
			.steering = c->steering,
		});
}

static int open_push(struct camera *c)
{
	if (!c->config.push)
		return 0;
	return push_open(&c->push, &(struct origin_params){
					   .url = c->config.push,
					   .secret = c->config.push_key,
					   .ca_file = c->config.ca_file,
				   });
}

/* What comes behind the source, whose constants it needs. */
static int open_rest(struct camera *c)
{
	uint64_t random[2];
	int err;

	if (c->media_result < 0)
		return c->media_result;
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -errno;
	if ((err = open_uplink(c, random[0])) < 0 || (err = open_push(c)) < 0)
		return err;
	return open_handover(c, (uint32_t)random[1]);
}

/* Of the URL only what a person needs, and no more than the log says. */
static int open_status(struct camera *c)
{
	const struct config *config = &c->config;
	char authority[ENDPOINT_AUTHORITY_SIZE] = "";
	struct endpoint endpoint;
	const char *why;

	if (config->relay && !endpoint_parse(&endpoint, config->relay, &why))
		endpoint_authority(&endpoint, authority);
	status_file_init(&c->status_file, config->status_path);
	return status_open(&c->status, &(struct status_params){
					       .camera = config->camera,
					       .relay = authority,
					       .wall_us = clock_wall_us(),
				       });
}

static void close_camera(struct camera *c)
{
	uplink_close(&c->uplink);
	push_close(&c->push);
	handover_close(&c->handover);
	steering_close(&c->steering);
	if (c->stop_fd >= 0)
		close(c->stop_fd);
	if (c->ended_fd >= 0)
		close(c->ended_fd);
	sem_destroy(&c->go);
	budget_close(&c->budget);
	poster_close(&c->poster);
	status_file_remove(&c->status_file);
	status_close(&c->status);
}

/* --- the media thread may be lost ------------------------------------------
 */

/* Whether the kernel could not even kill it: state D, see proc(5). */
static bool is_unkillable(const struct camera *c)
{
	char path[64], stat[256];
	const char *state;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
		 atomic_load(&c->pulse.thread));
	file = fopen(path, "re");
	if (!file)
		return false;
	n = fread(stat, 1, sizeof(stat) - 1, file);
	fclose(file);
	stat[n] = '\0';
	state = strrchr(stat, ')'); /* behind the name, which may hold any */
	return state && !strncmp(state, ") D", 3);
}

static enum watchdog_action look(struct camera *c)
{
	struct pulse *p = &c->pulse;

	return watchdog_look(
		&c->watchdog,
		&(struct watchdog_sight){
			.beats = atomic_load(&p->beats),
			.units = atomic_load(&p->units),
			.guarded = atomic_load(&p->guarded),
			.trouble = atomic_load(&p->trouble),
			.unkillable = is_unkillable(c),
			.since_boot_us = clock_read_us(CLOCK_BOOTTIME),
		},
		clock_monotonic_us());
}

static void stop_network(struct camera *c)
{
	if (c->push_started)
		push_stop(c->push);
	if (c->network_started) {
		uplink_stop(c->uplink);
		pthread_join(c->network_thread, NULL);
	}
	if (c->push_started)
		pthread_join(c->push_thread, NULL);
	c->network_started = c->push_started = false;
}

static void say_stuck(struct camera *c)
{
	if (c->lost)
		return;
	c->lost = true;
	log_error("the hardware hangs in a way that the kernel cannot end: "
		  "only a reboot helps. Waiting for it");
	status_note(c->status, STATUS_HARDWARE,
		    "The hardware hangs, only a reboot helps.");
	stop_network(c); /* says bye: viewers see that the camera is off */
}

/* As root or with CAP_KILL: systemd(1), SIGRTMIN+5 starts reboot.target. */
static void reboot_machine(struct camera *c)
{
	say_stuck(c);
	log_error("booting the machine, as --on-hang reboot asks for");
	if (kill(1, SIGRTMIN + 5) < 0)
		log_error("cannot boot the machine: %s; give the service "
			  "AmbientCapabilities=CAP_KILL",
			  strerror(errno));
	c->watchdog.params.may_reboot = false; /* once is enough */
}

/* Returns whether to leave. */
static bool look_after_media(struct camera *c)
{
	switch (look(c)) {
	case WATCHDOG_NOTHING:
		break;
	case WATCHDOG_LEAVE:
		log_error("the hardware hangs, or does not come back; leaving, "
			  "to be started again");
		c->verdict = -ETIMEDOUT;
		return true;
	case WATCHDOG_STUCK:
		say_stuck(c);
		break;
	case WATCHDOG_REBOOT:
		reboot_machine(c);
		break;
	}
	return false;
}

/* The rest of it is said by those whom it happens to. */
static void tell_status(struct camera *c)
{
	struct steering_facts facts;

	steering_look(c->steering, &facts);
	status_bitrate(c->status, facts.encodes ? (uint32_t)facts.bitrate : 0);
	status_skipped(c->status, (uint32_t)(facts.skipped_us / 1000));
	status_file_update(&c->status_file, c->status, clock_monotonic_us(),
			   clock_wall_us());
}

/* Waits for a signal, SIG_OPENED too; SIGTERM also when it is time to leave. */
static int wait_for_signal(struct camera *c, const sigset_t *signals)
{
	const struct timespec tick = { .tv_nsec = LOOK_MS * 1000000L };
	int got;

	do {
		got = sigtimedwait(signals, NULL, &tick);
		tell_status(c);
		if (look_after_media(c))
			return SIGTERM;
	} while (got < 0);
	return got;
}

/* --- running --------------------------------------------------------------
 */

static void init_watchdog(struct camera *c)
{
	const struct config *config = &c->config;

	watchdog_init(&c->watchdog,
		      &(struct watchdog_params){
			      .lost_us = config->hang_s * 1000000,
			      .silent_us = TROUBLE_US,
			      .may_reboot = config->on_hang == CONFIG_REBOOT,
		      },
		      clock_monotonic_us());
}

/* Both threads, until a signal: SIGTERM, SIGINT, or from one of them. */
static void run(struct camera *c, const sigset_t *signals)
{
	c->main = pthread_self();
	init_watchdog(c);
	c->verdict = -pthread_create(&c->media_thread, NULL, run_media, c);
	if (c->verdict < 0)
		return;
	c->media_started = true;
	if (wait_for_signal(c, signals) != SIG_OPENED ||
	    !atomic_load(&c->opened))
		return;
	c->verdict = open_rest(c);
	if (c->verdict < 0)
		return;
	if (c->uplink)
		c->network_started = !pthread_create(&c->network_thread, NULL,
						     run_network, c);
	if (c->push)
		c->push_started =
			!pthread_create(&c->push_thread, NULL, run_push, c);
	sem_post(&c->go);
	while (wait_for_signal(c, signals) == SIG_OPENED)
		;
}

/* Returns false when the media thread does not come back. */
static bool stop(struct camera *c)
{
	int64_t end_us = clock_monotonic_us() + MEDIA_END_MS * 1000LL;
	struct pollfd ended = { .fd = c->ended_fd, .events = POLLIN };
	int64_t left_us;

	eventfd_write(c->stop_fd, 1);
	sem_post(&c->go);
	stop_network(c);
	if (!c->media_started)
		return true;
	left_us = end_us - clock_monotonic_us();
	if (poll(&ended, 1, left_us > 0 ? (int)(left_us / 1000) : 0) <= 0)
		return false;
	pthread_join(c->media_thread, NULL);
	return true;
}

static void report(const struct camera *c)
{
	const struct parts_counters *media = &c->counters;

	log_info("made %" PRIu64 " parts of %" PRIu64 " frames, %" PRIu64
		 " bytes of H.264",
		 media->parts, media->frames, media->h264_bytes);
	if (c->uplink) {
		const struct uplink_counters *sent = uplink_counters(c->uplink);

		log_info("sent %" PRIu64 " bytes of media in %" PRIu64
			 " parts, %" PRIu64 " bytes of playlists, %" PRIu64
			 " bytes of posters, %" PRIu64
			 " bytes of other messages, over %" PRIu64
			 " connections",
			 sent->media_bytes, sent->parts, sent->playlist_bytes,
			 sent->poster_bytes, sent->other_bytes, sent->connects);
		log_info("%" PRIu64 " parts were sent twice, %" PRIu64
			 " segments left out because they were late",
			 sent->resent, sent->skipped);
	}
	if (c->push) {
		const struct push_counters *put = push_counters(c->push);

		log_info("pushed %" PRIu64 " bytes in %" PRIu64
			 " segments, skipped %" PRIu64 ", deleted %" PRIu64
			 " files",
			 put->bytes, put->segments, put->skipped, put->deleted);
	}
}

/* What is waited for must be blocked in every thread. */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIG_OPENED);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int run_camera(struct camera *c)
{
	sigset_t signals;

	block_signals(&signals);
	if (sem_init(&c->go, 0, 0) < 0)
		return -errno;
	c->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->stop_fd < 0 || c->ended_fd < 0)
		c->verdict = -errno;
	else
		c->verdict = open_status(c);
	/* without a relay nobody would see one */
	if (!c->verdict && c->config.relay && c->config.poster_s)
		c->verdict = poster_open(&c->poster);
	if (!c->verdict)
		c->verdict = steering_open(&c->steering);
	if (!c->verdict)
		c->verdict = open_budget(c);
	if (!c->verdict)
		run(c, &signals);
	if (!stop(c)) {
		/* what it uses cannot be freed, and it cannot be waited for */
		log_error("the media thread hangs in a driver: leaving without "
			  "it");
		_exit(EXIT_FAILURE);
	}
	if (c->handover)
		report(c);
	close_camera(c);
	if (c->verdict < 0 || c->media_result == -ENODATA)
		return c->verdict;
	return c->media_result == -ECANCELED ? 0 : c->media_result;
}

static int open_trace(const struct config *config)
{
	int err = config->trace ? trace_open(config->trace) : 0;

	if (err < 0)
		log_error("cannot write --trace %s: %s", config->trace,
			  strerror(-err));
	return err;
}

static int check_camera(const struct config *config)
{
	return check_run(&(struct check_params){
		.source = source_params(config, -1),
		.encoder = config->encoder,
		.relay = config->relay,
		.has_key = config->key && *config->key,
		.bitrate = config->bitrate,
		.json = config->json,
	});
}

/* The service's, when this user's shell does not know where that is. */
static int show_status(const struct config *config)
{
	const char *const paths[] = { config->status_path,
				      "/run/oriel/" STATUS_FILE_NAME, NULL };

	return status_command(paths, config->json, clock_wall_us());
}

static int run_command(struct camera *camera)
{
	if (camera->config.check)
		return check_camera(&camera->config);
	if (camera->config.status)
		return show_status(&camera->config);
	return run_camera(camera);
}

int main(int argc, const char *argv[])
{
	static struct camera camera = { .stop_fd = -1, .ended_fd = -1 };
	int err;

	(void)argc;
	err = config_read(&camera.config, argv + 1);
	if (err) {
		config_finish(&camera.config);
		return err == OPT_HELP ? EXIT_SUCCESS : EXIT_USAGE;
	}
	log_set_level(config_log_level(&camera.config));
	if (open_trace(&camera.config) < 0) {
		config_finish(&camera.config);
		return EXIT_USAGE;
	}
	err = run_command(&camera);
	config_finish(&camera.config);
	return err ? EXIT_FAILURE : EXIT_SUCCESS; /* who failed has said why */
}
