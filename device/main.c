/* SPDX-License-Identifier: MIT */
/*
 * oriel-cam: reads the configuration, starts the two threads, waits for a
 * signal, stops them.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#define LOG_MODULE "main"
#include "common/clock.h"
#include "common/log.h"
#include "device/config.h"
#include "device/handover.h"
#include "device/media.h"
#include "device/uplink.h"

#define EXIT_USAGE 2

/* Media sequence numbers of a stream without a past count from here. */
#define MSN_EPOCH_S 1577836800 /* 2020-01-01 */

struct camera {
	struct config config;
	int stop_fd;
	struct media *media;
	struct handover *handover;
	struct uplink *uplink; /* NULL: only to the spool */
	pthread_t main, media_thread, network_thread;
	int media_result;
};

static void wake_uplink(void *context)
{
	struct camera *c = context;

	if (c->uplink)
		uplink_wake(c->uplink);
}

static void *run_media(void *context)
{
	struct camera *c = context;

	c->media_result = media_run(c->media, c->handover);
	pthread_kill(c->main, SIGTERM); /* nothing more will come */
	return NULL;
}

static void *run_network(void *context)
{
	struct camera *c = context;

	if (uplink_run(c->uplink, c->handover) < 0)
		pthread_kill(c->main, SIGTERM);
	return NULL;
}

static int open_media(struct camera *c)
{
	const struct config *config = &c->config;

	return media_open(&c->media,
			  &(struct media_params){
				  .source = { .name = config->source,
					      .width = (int)config->width,
					      .height = (int)config->height,
					      .fps = (int)config->fps,
					      .loop = !config->once,
					      .stop_fd = c->stop_fd },
				  .encoder = config->encoder,
				  .bitrate = config->bitrate,
				  .part_ms = (int)config->part_ms,
				  .segment_ms = (int)config->segment_ms,
				  .min_fps = (int)config->min_fps,
				  .window = (int)config->window,
			  });
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
			.wake = wake_uplink,
			.context = c,
		});
}

static int open_uplink(struct camera *c, uint64_t process)
{
	if (!c->config.relay) {
		log_info("no --relay given: the stream stays in %s",
			 c->config.spool_path);
		return 0;
	}
	return uplink_open(&c->uplink, &(struct uplink_params){
					       .relay = c->config.relay,
					       .camera = c->config.camera,
					       .key = c->config.key,
					       .ca_file = c->config.ca_file,
					       .process = process,
				       });
}

static int open_camera(struct camera *c)
{
	uint64_t random[2];
	int err;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -errno;
	c->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->stop_fd < 0)
		return -errno;
	if ((err = open_media(c)) < 0 ||
	    (err = open_uplink(c, random[0])) < 0 ||
	    (err = open_handover(c, (uint32_t)random[1])) < 0)
		return err;
	return 0;
}

static void close_camera(struct camera *c)
{
	uplink_close(&c->uplink);
	media_close(&c->media);
	handover_close(&c->handover);
	if (c->stop_fd >= 0)
		close(c->stop_fd);
}

/* Both threads, until a signal: SIGTERM, SIGINT, or from one of them. */
static void run(struct camera *c, const sigset_t *signals)
{
	int got;

	c->main = pthread_self();
	pthread_create(&c->media_thread, NULL, run_media, c);
	if (c->uplink)
		pthread_create(&c->network_thread, NULL, run_network, c);
	sigwait(signals, &got);
	eventfd_write(c->stop_fd, 1);
	pthread_join(c->media_thread, NULL);
	if (!c->uplink)
		return;
	uplink_stop(c->uplink);
	pthread_join(c->network_thread, NULL);
}

static void report(const struct camera *c)
{
	const struct media_counters *media = media_counters(c->media);

	log_info("made %" PRIu64 " parts of %" PRIu64 " frames, %" PRIu64
		 " bytes of H.264",
		 media->parts, media->frames, media->h264_bytes);
	if (c->uplink) {
		const struct uplink_counters *sent = uplink_counters(c->uplink);

		log_info("sent %" PRIu64 " bytes of media in %" PRIu64
			 " parts, %" PRIu64 " bytes of playlists, %" PRIu64
			 " bytes of other messages, over %" PRIu64
			 " connections",
			 sent->media_bytes, sent->parts, sent->playlist_bytes,
			 sent->other_bytes, sent->connects);
	}
}

/* What sigwait() waits for must be blocked in every thread. */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, const char *argv[])
{
	struct camera camera = { .stop_fd = -1 };
	sigset_t signals;
	int err;

	(void)argc;
	err = config_read(&camera.config, argv + 1);
	if (err) {
		config_finish(&camera.config);
		return err == OPT_HELP ? EXIT_SUCCESS : EXIT_USAGE;
	}
	log_set_level(config_log_level(&camera.config));
	block_signals(&signals);

	err = open_camera(&camera);
	if (!err) {
		run(&camera, &signals);
		report(&camera);
	}
	close_camera(&camera);
	config_finish(&camera.config);
	return err ? EXIT_FAILURE : EXIT_SUCCESS; /* who failed has said why */
}
