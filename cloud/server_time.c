/* SPDX-License-Identifier: MIT */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cloud/http/session.h"
#include "cloud/output.h"
#include "cloud/publishers.h"
#include "cloud/server_state.h"
#include "cloud/store/store.h"
#include "common/clock.h"
#include "common/notify.h"

#define TICK_S	       0.25
#define TICKS_A_SECOND 4
#define TICKS_A_TRIM   20
#define TICKS_A_LOOK   40			/* at the certificate */
#define FORGET_US      ((int64_t)600 * 1000000) /* a camera that is gone */
#define SPARE_BYTES    (64 << 10)
#define LEAVE_US       800000 /* for the last answers */

/*
 * The address is free from now on, for the relay that comes instead. Devices
 * connect to that one, and viewers follow them.
 */
static void drain(struct server *s, int64_t limit_us)
{
	if (s->draining_us)
		ev_break(s->loop, EVBREAK_ALL); /* asked twice */
	notify_stopping();
	s->draining_us = clock_monotonic_us();
	s->counters.leaving = true;
	s->drain_us = limit_us;
	ev_io_stop(s->loop, &s->accepting);
	listener_close(&s->listener);
	publishers_drain(s->publishers);
	sessions_drain(s->sessions);
	lws_cancel_service(s->context);
	/* Soon: there may be nobody. */
	s->ticking.repeat = TICK_S / 10;
	ev_timer_again(s->loop, &s->ticking);
}

static void terminate(struct ev_loop *loop, struct ev_signal *watcher,
		      int events)
{
	struct server *s = watcher->data;

	(void)loop;
	(void)events;
	drain(s, s->params.drain_us);
}

/* Somebody sits at a keyboard. */
static void interrupt(struct ev_loop *loop, struct ev_signal *watcher,
		      int events)
{
	(void)loop;
	(void)events;
	drain(watcher->data, 0);
}

static void hang_up(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
	(void)loop;
	(void)events;
	server_reload_tls(watcher->data);
}

static void drain_on(struct server *s, int64_t now_us)
{
	if (!s->dismissed_us && (now_us - s->draining_us >= s->drain_us ||
				 !publishers_busy(s->publishers))) {
		s->dismissed_us = now_us;
		sessions_dismiss(s->sessions);
	}
	if (s->dismissed_us &&
	    (now_us - s->dismissed_us > LEAVE_US ||
	     (!sessions_busy(s->sessions) && !publishers_busy(s->publishers))))
		ev_break(s->loop, EVBREAK_ALL);
}

static uint64_t us_of(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

static void measure_processor(struct server *s)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) == 0)
		s->counters.cpu_us =
			us_of(&used.ru_utime) + us_of(&used.ru_stime);
}

/* In pages; proc(5). */
static void measure_memory(struct server *s)
{
	unsigned long resident = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (!statm)
		return;
	if (fscanf(statm, "%*u %lu", &resident) == 1)
		s->counters.resident_bytes =
			resident * (uint64_t)sysconf(_SC_PAGESIZE);
	fclose(statm);
}

void server_measure(struct server *s)
{
	measure_memory(s);
	measure_processor(s);
	s->counters.log_dropped = s->output ? s->output->dropped : 0;
	s->counters.tls_expires_s = (uint64_t)s->tls.expires_s;
}

/*
 * glibc keeps what was freed below anything that is in use, so that one burst
 * of connections would be paid for until the end. Giving it back takes a
 * fraction of a millisecond.
 */
static void give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(SPARE_BYTES);
#endif
}

static void tick(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	struct server *s = watcher->data;
	int64_t now_us = clock_monotonic_us();

	(void)events;
	server_hang_up_late(s, now_us);
	sessions_tick(s->sessions, now_us);
	publishers_tick(s->publishers, now_us);
	store_forget(s->store, now_us - FORGET_US);
	if (s->output)
		output_flush(s->output);
	if (s->ticks % TICKS_A_TRIM == 0)
		give_back();
	if (s->ticks++ % TICKS_A_SECOND == 0)
		server_measure(s);
	if (s->params.tls_cert_file && s->ticks % TICKS_A_LOOK == 0 &&
	    tls_pair_changed(&s->tls))
		server_reload_tls(s);
	if (s->draining_us)
		drain_on(s, now_us);
	else
		ev_io_start(loop, &s->accepting);
	if (s->metrics.fd >= 0)
		ev_io_start(loop, &s->accepting_metrics);
	/* Its own timers are only looked at after one of its events. */
	lws_cancel_service(s->context);
}

void server_init_time(struct server *s)
{
	ev_timer_init(&s->ticking, tick, TICK_S, TICK_S);
	ev_signal_init(&s->terminated, terminate, SIGTERM);
	ev_signal_init(&s->hung_up, hang_up, SIGHUP);
	ev_signal_init(&s->interrupted, interrupt, SIGINT);
	s->ticking.data = s->terminated.data = s->hung_up.data =
		s->interrupted.data = s;
	/* From here on: who sees our address may also stop us. */
	ev_signal_start(s->loop, &s->terminated);
	ev_signal_start(s->loop, &s->interrupted);
	ev_signal_start(s->loop, &s->hung_up);
	signal(SIGPIPE, SIG_IGN);
}

void server_stop_time(struct server *s)
{
	ev_timer_stop(s->loop, &s->ticking);
	ev_signal_stop(s->loop, &s->hung_up);
	ev_signal_stop(s->loop, &s->terminated);
	ev_signal_stop(s->loop, &s->interrupted);
}
