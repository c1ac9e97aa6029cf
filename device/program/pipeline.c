/* SPDX-License-Identifier: MIT */
#include "device/program/pipeline.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define LOG_MODULE "main"
#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "device/budget/budget.h"
#include "device/poster/poster.h"
#include "device/program/media_thread.h"
#include "device/program/senders.h"
#include "device/program/wiring.h"
#include "device/status/status.h"
#include "device/status/status_file.h"
#include "device/status/status_words.h"
#include "device/stream/handover.h"
#include "device/stream/steering.h"
#include "device/uplink/endpoint.h"

/* Sent by the media thread: its source is open. */
#define SIG_OPENED SIGUSR1

#define LOOK_MS 500

/* Of two seconds to leave in, what a call into a driver may take. */
#define MEDIA_END_US 1200000

/* Media sequence numbers of a stream without a past count from here. */
#define MSN_EPOCH_S 1577836800 /* 2020-01-01 */

struct pipeline {
	const struct config *config;
	pthread_t main;
	struct status *status;
	struct status_file status_file;
	struct steering *steering;
	struct poster *poster; /* NULL: none are made */
	struct budget *budget; /* NULL: there is none */
	struct media_thread *media;
	struct senders *senders;
	struct handover *handover;
	char told[STATUS_LINE_SIZE]; /* to the service manager */
	bool lost;		     /* the media thread is, for good */
};

/* --- what the other threads say ---------------------------------------------
 */

static void say_opened(void *context)
{
	pthread_kill(((struct pipeline *)context)->main, SIG_OPENED);
}

static void say_ended(void *context)
{
	pthread_kill(((struct pipeline *)context)->main, SIGTERM);
}

static void say_new(void *context)
{
	senders_wake(((struct pipeline *)context)->senders);
}

/* --- opening ----------------------------------------------------------------
 */

/* Of a URL only what a person needs, and no more than the log says. */
static void name_host(const char *url, char out[static ENDPOINT_AUTHORITY_SIZE])
{
	struct endpoint endpoint;
	const char *why;

	out[0] = '\0';
	if (url && !endpoint_parse(&endpoint, url, &why))
		endpoint_authority(&endpoint, out);
}

static int open_status(struct pipeline *p)
{
	const struct config *config = p->config;
	char relay[ENDPOINT_AUTHORITY_SIZE], origin[ENDPOINT_AUTHORITY_SIZE];

	name_host(config->relay, relay);
	name_host(config->push, origin);
	status_file_init(&p->status_file, config->status_path);
	return status_open(&p->status, &(struct status_params){
					       .camera = config->camera,
					       .relay = relay,
					       .origin = origin,
					       .wall_us = clock_wall_us(),
				       });
}

/* Where nothing is sent there is nothing to count. */
static int open_budget(struct pipeline *p)
{
	struct budget_params params = wiring_budget(p->config);

	if (!p->config->relay || !params.allowance.bytes)
		return 0;
	params.steering = p->steering;
	params.status = p->status;
	return budget_open(&p->budget, &params);
}

/* Without a relay nobody would see one. */
static int open_poster(struct pipeline *p)
{
	if (!p->config->relay || !p->config->poster_s)
		return 0;
	return poster_open(&p->poster);
}

static int open_media(struct pipeline *p)
{
	struct media_thread_params params = {
		.media = wiring_media(p->config),
		.watchdog = wiring_watchdog(p->config),
		.opened = say_opened,
		.ended = say_ended,
		.context = p,
	};

	params.media.posters.poster = p->poster;
	params.media.status = p->status;
	params.media.steering = p->steering;
	return media_thread_open(&p->media, &params);
}

static int open_senders(struct pipeline *p, uint64_t process)
{
	const struct config *config = p->config;
	struct uplink_params uplink = wiring_uplink(config);
	struct origin_params origin = wiring_origin(config);

	if (!config->relay && !config->push)
		log_info("no --relay given: the stream stays in %s",
			 config->spool_path);
	uplink.process = process;
	uplink.status = p->status;
	uplink.poster = p->poster;
	uplink.budget = p->budget;
	uplink.steering = p->steering;
	origin.status = p->status;
	return senders_open(&p->senders,
			    &(struct senders_params){
				    .uplink = config->relay ? &uplink : NULL,
				    .origin = config->push ? &origin : NULL,
				    .ended = say_ended,
				    .context = p,
			    });
}

static int open_handover(struct pipeline *p, const struct window_params *window,
			 uint32_t epoch)
{
	int64_t now_us = clock_wall_us();
	int64_t seconds = now_us / 1000000 - MSN_EPOCH_S;

	return handover_open(
		&p->handover,
		&(struct handover_params){
			.window = *window,
			.directory = p->config->spool_path,
			.any_filesystem = p->config->spool_anywhere,
			.epoch = epoch,
			.first_msn = seconds > 0 ? (uint32_t)seconds : 0,
			.now_us = now_us,
			.wake = say_new,
			.context = p,
		});
}

/* What comes behind the source, whose constants it needs. */
static int open_rest(struct pipeline *p, const struct window_params *window)
{
	uint64_t random[2];
	int err;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -errno;
	err = open_senders(p, random[0]);
	return err < 0 ? err : open_handover(p, window, (uint32_t)random[1]);
}

static void close_all(struct pipeline *p)
{
	senders_close(&p->senders);
	handover_close(&p->handover);
	media_thread_close(&p->media);
	steering_close(&p->steering);
	budget_close(&p->budget);
	poster_close(&p->poster);
	status_file_remove(&p->status_file);
	status_close(&p->status);
}

/* --- the media thread may be lost -------------------------------------------
 */

static void say_stuck(struct pipeline *p)
{
	if (p->lost)
		return;
	p->lost = true;
	log_error("the hardware hangs in a way that the kernel cannot end: "
		  "only a reboot helps. Waiting for it");
	status_note(p->status, STATUS_HARDWARE,
		    "The hardware hangs, only a reboot helps.");
	senders_stop(p->senders); /* viewers see that the camera is off */
}

/* As root or with CAP_KILL: systemd(1), SIGRTMIN+5 starts reboot.target. */
static void reboot_machine(struct pipeline *p)
{
	say_stuck(p);
	log_error("booting the machine, as --on-hang reboot asks for");
	if (kill(1, SIGRTMIN + 5) < 0)
		log_error("cannot boot the machine: %s; give the service "
			  "AmbientCapabilities=CAP_KILL",
			  strerror(errno));
	media_thread_forbid_reboot(p->media);
}

/* 0, or why to leave. */
static int look_after_media(struct pipeline *p)
{
	switch (media_thread_look(p->media)) {
	case WATCHDOG_NOTHING:
		break;
	case WATCHDOG_LEAVE:
		log_error("the hardware hangs, or does not come back; leaving, "
			  "to be started again");
		return -ETIMEDOUT;
	case WATCHDOG_STUCK:
		say_stuck(p);
		break;
	case WATCHDOG_REBOOT:
		reboot_machine(p);
		break;
	}
	return 0;
}

/* --- running ----------------------------------------------------------------
 */

static void tell_manager(struct pipeline *p)
{
	struct status_view view;
	char line[STATUS_LINE_SIZE];

	status_read(p->status, &view);
	status_words_line(line, sizeof(line), &view);
	if (strcmp(line, p->told) == 0)
		return;
	snprintf(p->told, sizeof(p->told), "%s", line);
	notify_status(line);
}

/* The rest of it is said by those whom it happens to. */
static void tell_status(struct pipeline *p)
{
	struct steering_facts facts;

	steering_look(p->steering, &facts);
	status_bitrate(p->status, facts.encodes ? (uint32_t)facts.bitrate : 0);
	status_skipped(p->status, (uint32_t)(facts.skipped_us / 1000));
	status_file_update(&p->status_file, p->status, clock_monotonic_us(),
			   clock_wall_us());
	tell_manager(p);
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

/* A signal, SIG_OPENED too; negative errno: it is time to leave. */
static int wait_for_signal(struct pipeline *p, const sigset_t *signals)
{
	const struct timespec tick = { .tv_nsec = LOOK_MS * 1000000L };
	int got, err;

	do {
		got = sigtimedwait(signals, NULL, &tick);
		tell_status(p);
		err = look_after_media(p);
	} while (got < 0 && !err);
	return err ? err : got;
}

/* All threads, until a signal: SIGTERM, SIGINT, or from one of them. */
static int run(struct pipeline *p, const sigset_t *signals)
{
	struct window_params window;
	int got, result, err;

	if ((err = open_media(p)) < 0)
		return err;
	got = wait_for_signal(p, signals);
	if (got != SIG_OPENED ||
	    !media_thread_is_open(p->media, &result, &window))
		return got < 0 ? got : 0;
	err = result < 0 ? result : open_rest(p, &window);
	if (err < 0)
		return err;
	senders_start(p->senders, p->handover);
	media_thread_run(p->media, p->handover);
	do
		got = wait_for_signal(p, signals);
	while (got == SIG_OPENED);
	return got < 0 ? got : 0;
}

static void stop(struct pipeline *p)
{
	int64_t end_us = clock_monotonic_us() + MEDIA_END_US;

	media_thread_stop(p->media);
	senders_stop(p->senders);
	if (media_thread_wait(p->media, end_us - clock_monotonic_us()))
		return;
	/* what it uses cannot be freed, and it cannot be waited for */
	log_error("the media thread hangs in a driver: leaving without it");
	_exit(EXIT_FAILURE);
}

static void report(const struct pipeline *p)
{
	const struct parts_counters *made = media_thread_counters(p->media);

	log_info("made %" PRIu64 " parts of %" PRIu64 " frames, %" PRIu64
		 " bytes of H.264",
		 made->parts, made->frames, made->h264_bytes);
	senders_report(p->senders);
}

int pipeline_run(const struct config *config)
{
	struct pipeline p = { .config = config, .main = pthread_self() };
	sigset_t signals;
	int result = 0, err;

	block_signals(&signals);
	if ((err = open_status(&p)) == 0 &&
	    (err = steering_open(&p.steering)) == 0 &&
	    (err = open_poster(&p)) == 0 && (err = open_budget(&p)) == 0) {
		/* Cameras and relays may come later, or never. */
		notify_ready(NULL);
		err = run(&p, &signals);
	}
	stop(&p);
	if (p.media)
		result = media_thread_result(p.media);
	if (p.handover)
		report(&p);
	close_all(&p);
	if (err < 0 || result == -ENODATA)
		return err;
	return result == -ECANCELED ? 0 : result;
}
