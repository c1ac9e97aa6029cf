/* SPDX-License-Identifier: MIT */
#include "device/uplink/retry.h"

/* Nothing hurries as long as the connection before it works. */
static const struct backoff_params pause_in_time = { .base_us = 2000000,
						     .cap_us = 60000000 };

void retry_init(struct retry *r, int64_t after_us)
{
	*r = (struct retry){ .after_us = after_us,
			     .rotate_us = INT64_MAX,
			     .elsewhere_us = INT64_MAX };
}

int64_t retry_when(const struct retry *r, bool live)
{
	int64_t due_us =
		r->rotate_us < r->elsewhere_us ? r->rotate_us : r->elsewhere_us;

	if (live && !r->drained && due_us > r->not_before_us)
		return due_us;
	return r->not_before_us;
}

static void pause_tries(struct retry *r, const struct backoff_params *pause,
			int64_t now_us, uint32_t random)
{
	r->not_before_us = now_us + backoff_us(pause, r->attempt, random);
	r->attempt++;
}

void retry_failed(struct retry *r, enum outcome outcome, bool live,
		  int64_t now_us, uint32_t random)
{
	bool hurry = !live || r->drained;

	pause_tries(r, hurry ? outcome_pause(outcome) : &pause_in_time, now_us,
		    random);
}

/* A tenth of it is left to chance, so that many cameras do not agree. */
void retry_worked(struct retry *r, int64_t live_us, uint32_t random)
{
	r->drained = r->stable = false;
	r->rotate_us = r->elsewhere_us = INT64_MAX;
	if (r->after_us)
		r->rotate_us = live_us + r->after_us -
			       r->after_us / 10 * (random % 1024) / 1024;
}

void retry_drained(struct retry *r, int64_t live_us, int64_t now_us,
		   uint32_t random)
{
	if (r->drained)
		return;
	r->drained = true;
	if (now_us - live_us >= RETRY_STABLE_US)
		r->not_before_us = now_us;
	else
		pause_tries(r, outcome_pause(OUTCOME_LOST), now_us, random);
}

void retry_watched(struct retry *r, bool watched, int64_t now_us)
{
	if (watched)
		r->elsewhere_us = INT64_MAX;
	else if (r->after_us)
		r->elsewhere_us = now_us + RETRY_ELSEWHERE_US;
}

bool retry_settle(struct retry *r, int64_t live_us, int64_t now_us)
{
	if (r->stable || now_us - live_us < RETRY_STABLE_US)
		return false;
	r->stable = true;
	r->attempt = 0;
	return true;
}

void retry_hurry(struct retry *r, int64_t at_us)
{
	if (at_us < r->not_before_us)
		r->not_before_us = at_us;
}

void retry_forget(struct retry *r)
{
	r->drained = false;
	r->not_before_us = 0;
	r->attempt = 0;
}
