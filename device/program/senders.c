/* SPDX-License-Identifier: MIT */
#include "device/program/senders.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define LOG_MODULE "main"
#include "common/log.h"

struct senders {
	struct senders_params params;
	struct handover *handover;
	struct uplink *uplink; /* NULL: to no relay */
	struct push *push;     /* NULL: to no origin */
	pthread_t uplink_thread, push_thread;
	bool uplink_started, push_started;
};

int senders_open(struct senders **out, const struct senders_params *params)
{
	struct senders *s = calloc(1, sizeof(*s));
	int err = 0;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->params = *params;
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

void senders_stop(struct senders *s)
{
	if (!s)
		return;
	if (s->push_started)
		push_stop(s->push);
	if (s->uplink_started) {
		uplink_stop(s->uplink);
		pthread_join(s->uplink_thread, NULL);
	}
	if (s->push_started)
		pthread_join(s->push_thread, NULL);
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
