/* SPDX-License-Identifier: MIT */
#include "device/program/senders.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#define LOG_MODULE "main"
#include "common/clock.h"
#include "common/log.h"

/* For the rest of a stream that has ended, on a slow line. */
#define FINISH_US 10000000

struct senders {
	struct senders_params params;
	struct handover *handover;
	struct uplink *uplink; /* NULL: to no relay */
	struct push *push;     /* NULL: to no origin */
	pthread_t uplink_thread, push_thread;
	bool uplink_started, push_started;
	sem_t pushed; /* the push thread is at its end */
};

int senders_open(struct senders **out, const struct senders_params *params)
{
	struct senders *s = calloc(1, sizeof(*s));
	int err = 0;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->params = *params;
	sem_init(&s->pushed, 0, 0); /* fails for other values only */
	if (params->uplink)
		err = uplink_open(&s->uplink, params->uplink);
	if (!err && params->origin)
		err = push_open(&s->push, params->origin);
	if (err < 0) {
		senders_close(&s);
		return err;
	}
	*out = s;
	return 0;
}

void senders_close(struct senders **senders)
{
	struct senders *s = *senders;

	*senders = NULL;
	if (!s)
		return;
	senders_stop(s);
	uplink_close(&s->uplink);
	push_close(&s->push);
	sem_destroy(&s->pushed);
	free(s);
}

static void *run_uplink(void *context)
{
	struct senders *s = context;

	if (uplink_run(s->uplink, s->handover) < 0)
		s->params.ended(s->params.context);
	return NULL;
}

static void *run_push(void *context)
{
	struct senders *s = context;

	push_run(s->push, s->handover);
	sem_post(&s->pushed);
	return NULL;
}

void senders_start(struct senders *s, struct handover *handover)
{
	s->handover = handover;
	if (s->uplink)
		s->uplink_started =
			!pthread_create(&s->uplink_thread, NULL, run_uplink, s);
	if (s->push)
		s->push_started =
			!pthread_create(&s->push_thread, NULL, run_push, s);
}

void senders_wake(struct senders *s)
{
	if (s->uplink)
		uplink_wake(s->uplink);
	if (s->push)
		push_wake(s->push);
}

/* The end of a stream is told at an origin, too, but not at any price. */
static void begin_push_stop(struct senders *s)
{
	if (handover_is_finished(s->handover))
		push_finish(s->push);
	else
		push_stop(s->push);
}

static void end_push(struct senders *s, int64_t end_us)
{
	struct timespec end = { .tv_sec = (time_t)(end_us / 1000000),
				.tv_nsec = (long)(end_us % 1000000 * 1000) };

	while (sem_clockwait(&s->pushed, CLOCK_MONOTONIC, &end) < 0 &&
	       errno == EINTR)
		;
	push_stop(s->push);
	pthread_join(s->push_thread, NULL);
}

void senders_stop(struct senders *s)
{
	int64_t end_us = clock_monotonic_us() + FINISH_US;

	if (!s)
		return;
	if (s->push_started)
		begin_push_stop(s);
	if (s->uplink_started) {
		uplink_stop(s->uplink);
		pthread_join(s->uplink_thread, NULL);
	}
	if (s->push_started)
		end_push(s, end_us);
	s->uplink_started = s->push_started = false;
}

static void report_uplink(const struct uplink_counters *sent)
{
	log_info("sent %" PRIu64 " bytes of media in %" PRIu64
		 " parts, %" PRIu64 " bytes of playlists, %" PRIu64
		 " bytes of posters, %" PRIu64
		 " bytes of other messages, over %" PRIu64 " connections",
		 sent->media_bytes, sent->parts, sent->playlist_bytes,
		 sent->poster_bytes, sent->other_bytes, sent->connects);
	log_info("%" PRIu64 " parts were sent twice, %" PRIu64
		 " segments left out because they were late",
		 sent->resent, sent->skipped);
}

static void report_push(const struct push_counters *put)
{
	log_info("pushed %" PRIu64 " bytes in %" PRIu64
		 " segments, skipped %" PRIu64 ", deleted %" PRIu64 " files",
		 put->bytes, put->segments, put->skipped, put->deleted);
}

void senders_report(const struct senders *s)
{
	if (s->uplink)
		report_uplink(uplink_counters(s->uplink));
	if (s->push)
		report_push(push_counters(s->push));
}
