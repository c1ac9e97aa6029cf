/* SPDX-License-Identifier: MIT */
#include "device/push/push.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define LOG_MODULE "push"
#include "common/clock.h"
#include "common/log.h"
#include "device/push/pushed.h"
#include "device/push/whole_segment.h"
#include "device/uplink/backoff.h"

/* A segment beyond that is left out: ten seconds at 50 Mbit/s. */
#define MAX_SEGMENT (64u << 20)

#define IDLE_MS	  1000
#define AT_A_TIME 8 /* files deleted between two segments */

static const struct backoff_params pauses = { .base_us = 1000000,
					      .cap_us = 15000000 };

struct push {
	struct origin *origin;
	struct handover *handover;
	struct pushed *pushed;
	bool learned; /* what an earlier process left there is known */
	bool started;
	uint32_t msn; /* of the newest segment that is settled; with started */
	bool listed;  /* segments of ours are in the playlist, or will be */
	bool ended;   /* it says that nothing will follow */
	bool dirty;   /* the playlist there is older than what it is to say */
	uint8_t *bytes;
	size_t capacity;
	char *text;
	atomic_bool stop, finish;
	unsigned int attempt;
	bool behind; /* that it is was logged */
	struct push_counters counters;
};

/* --- what is there from before ---------------------------------------------
 */

/* Players know that stream: ours must not go back behind it. */
static int learn(struct push *p)
{
	struct pushed_segment newest;
	const char *text;
	int err = origin_get(p->origin, NAME_PLAYLIST, &text);

	if (err < 0)
		return err;
	p->learned = true;
	if (text && pushed_learn(p->pushed, text, &newest) &&
	    !whole_segment_is_ours(p->handover, &newest))
		handover_raise(p->handover, newest.msn, newest.discontinuity);
	return 0;
}

/* --- the next segment ------------------------------------------------------
 */

/* The next whole segment; false: none yet. */
static bool find_next(struct push *p, struct pushed_segment *out, size_t *bytes)
{
	return whole_segment_next(p->handover, p->started ? &p->msn : NULL, out,
				  bytes);
}

static void settle(struct push *p, uint32_t msn)
{
	p->started = true;
	p->msn = msn;
}

/* With more than half of what the spool keeps still to go, the oldest will be
 * gone soon anyway: goes on with the newest that lets players start. */
static void catch_up(struct push *p)
{
	uint32_t most = (uint32_t)handover_window(p->handover)->segments / 2;
	struct wire_position newest;
	uint32_t first_msn, from;

	if (!handover_range(p->handover, &first_msn, &newest))
		return;
	if (most < 3)
		most = 3;
	from = p->started ? p->msn + 1 : first_msn;
	if (newest.msn < from || newest.msn - from <= most)
		return;
	if (p->started) {
		p->counters.skipped += newest.msn - 3 - p->msn;
		if (!p->behind)
			log_warn("skipping segments: the origin is too slow "
				 "for the bitrate, or was away");
		p->behind = true;
	}
	settle(p, newest.msn - 3);
}

/* --- sending it ------------------------------------------------------------
 */

static uint8_t *room(struct push *p, size_t size)
{
	uint8_t *bytes;

	if (size <= p->capacity)
		return p->bytes;
	bytes = realloc(p->bytes, size);
	if (!bytes)
		return NULL;
	p->bytes = bytes;
	p->capacity = size;
	return bytes;
}

/* An origin that takes something is asked without a pause from then on. */
static int put(struct push *p, const char *name, const char *type,
	       const void *body, size_t size)
{
	int err = origin_put(p->origin, name, type, body, size);

	if (!err)
		p->attempt = 0;
	return err;
}

static int put_init(struct push *p, uint32_t init)
{
	char name[NAME_SIZE];
	int n;

	if (!room(p, WIRE_MAX_INIT))
		return -ENOMEM;
	n = handover_read_init(p->handover, init, p->bytes, WIRE_MAX_INIT);
	if (n <= 0)
		return -ENOENT;
	name_format(name, &(struct name){ .kind = NAME_INIT, .id = init });
	return put(p, name, "Content-Type: video/mp4", p->bytes, (size_t)n);
}

static int put_segment(struct push *p, const struct pushed_segment *s,
		       size_t size)
{
	char name[NAME_SIZE];
	int err;

	if (!pushed_has_init(p->pushed, s->init) &&
	    (err = put_init(p, s->init)) < 0)
		return err;
	if (size > MAX_SEGMENT)
		return -EMSGSIZE;
	if (!room(p, size))
		return -ENOMEM;
	err = whole_segment_read(p->handover, s->msn, p->bytes, size);
	if (err < 0)
		return err;
	name_format(name, &(struct name){ .kind = NAME_SEGMENT,
					  .id = s->epoch,
					  .at = { s->msn, 0 } });
	err = put(p, name, "Content-Type: video/mp4", p->bytes, size);
	if (err < 0)
		return err;
	p->counters.segments++;
	p->counters.bytes += size;
	return 0;
}

static int put_playlist(struct push *p)
{
	size_t n = pushed_render(p->pushed, p->ended, p->text,
				 pushed_text_size(p->pushed));
	int err =
		put(p, NAME_PLAYLIST,
		    "Content-Type: application/vnd.apple.mpegurl", p->text, n);

	if (!err)
		p->dirty = false;
	return err;
}

/* What is not there any more is fine, too. */
static int delete_stale(struct push *p)
{
	char name[NAME_SIZE];

	for (int i = 0; i < AT_A_TIME && pushed_stale(p->pushed, name); i++) {
		int done = origin_delete(p->origin, name);

		if (done < 0)
			return done;
		p->counters.deleted += (uint64_t)done;
		pushed_drop_stale(p->pushed);
	}
	return 0;
}

/* --- the thread ------------------------------------------------------------
 */

static void add(struct push *p, const struct pushed_segment *s)
{
	pushed_add(p->pushed, s);
	p->listed = true;
	settle(p, s->msn);
}

/* Sends one segment. 1: it did; 0: there is none to send. */
static int send_next(struct push *p)
{
	struct pushed_segment s;
	size_t size;
	int err;

	if (find_next(p, &s, &size) && pushed_has(p->pushed, &s)) {
		add(p, &s);
		return 1;
	}
	catch_up(p);
	if (!find_next(p, &s, &size)) {
		p->behind = false;
		return 0;
	}
	err = put_segment(p, &s, size);
	if (err == -ENOENT || err == -EMSGSIZE) {
		p->counters.skipped++;
		settle(p, s.msn);
		return 1;
	}
	if (err < 0)
		return err;
	add(p, &s);
	p->dirty = true;
	return 1;
}

/* Sends what is next, or that nothing is: as send_next(). */
static int send_next_or_end(struct push *p)
{
	bool finished = handover_is_finished(p->handover);
	int done = send_next(p);

	if (!done && finished && p->listed && !p->ended)
		p->ended = p->dirty = true;
	return done;
}

/* Does what is next. 0: nothing to do; negative: wait, then try again. */
static int work(struct push *p)
{
	int done, err;

	if (!p->learned && (err = learn(p)) < 0)
		return err;
	if (p->dirty && (err = put_playlist(p)) < 0)
		return err;
	done = send_next_or_end(p);
	if (done < 0)
		return done;
	if (p->dirty && (err = put_playlist(p)) < 0)
		return err;
	err = delete_stale(p);
	return err < 0 ? err : done;
}

/* Parts that come meanwhile do not make it shorter. */
static void pause_after_failure(struct push *p)
{
	uint32_t random = UINT32_MAX / 2;
	int64_t end_us, left_us;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = UINT32_MAX / 2; /* no jitter, and no harm */
	end_us = clock_monotonic_us() +
		 backoff_us(&pauses, p->attempt++, random);
	while (!atomic_load(&p->stop) &&
	       (left_us = end_us - clock_monotonic_us()) > 0)
		origin_wait(p->origin, (int)(left_us / 1000) + 1);
}

void push_run(struct push *p, struct handover *handover)
{
	const struct window_params *window = handover_window(handover);

	p->handover = handover;
	if (pushed_open(&p->pushed, (unsigned int)window->segments,
			window->target_ms) < 0 ||
	    !(p->text = malloc(pushed_text_size(p->pushed)))) {
		log_error("cannot push: no memory");
		return;
	}
	while (!atomic_load(&p->stop)) {
		bool finish = atomic_load(&p->finish);
		int done = work(p);

		if (done < 0)
			pause_after_failure(p);
		else if (!done && finish)
			break;
		else if (!done)
			origin_wait(p->origin, IDLE_MS);
	}
}

void push_wake(struct push *p)
{
	origin_wake(p->origin);
}

void push_finish(struct push *p)
{
	atomic_store(&p->finish, true);
	origin_wake(p->origin);
}

void push_stop(struct push *p)
{
	atomic_store(&p->stop, true);
	origin_stop(p->origin);
}

const struct push_counters *push_counters(const struct push *p)
{
	return &p->counters;
}

/* --- opening ---------------------------------------------------------------
 */

int push_open(struct push **out, const struct origin_params *params)
{
	struct push *p = calloc(1, sizeof(*p));
	int err;

	*out = NULL;
	if (!p)
		return -ENOMEM;
	err = origin_open(&p->origin, params);
	if (err < 0) {
		push_close(&p);
		return err;
	}
	*out = p;
	return 0;
}

void push_close(struct push **push)
{
	struct push *p = *push;

	*push = NULL;
	if (!p)
		return;
	origin_close(&p->origin);
	pushed_close(&p->pushed);
	free(p->bytes);
	free(p->text);
	free(p);
}
