/* SPDX-License-Identifier: MIT */
#include "device/uplink/watched.h"

void watched_init(struct watched *w, const struct watched_params *params,
		  int64_t now_us)
{
	*w = (struct watched){ .params = *params, .since_us = now_us };
}

void watched_tell(struct watched *w, uint32_t viewers, int64_t now_us)
{
	if (w->viewers && !viewers)
		w->since_us = now_us;
	if (viewers)
		w->state = WATCHED_LIVE;
	w->told = true;
	w->viewers = viewers;
}

void watched_lose(struct watched *w)
{
	w->told = false;
}

int64_t watched_due_us(const struct watched *w)
{
	if (w->params.always || !w->told || w->viewers)
		return INT64_MAX;
	if (w->state == WATCHED_LIVE)
		return w->since_us + w->params.quiet_us;
	if (w->state == WATCHED_QUIET && w->params.sleep_us)
		return w->since_us + w->params.sleep_us;
	return INT64_MAX;
}

enum watched_state watched_look(struct watched *w, int64_t now_us)
{
	if (now_us < watched_due_us(w))
		return w->state;
	if (w->state == WATCHED_LIVE) {
		w->state = WATCHED_QUIET;
		w->since_us = now_us;
	} else if (w->state == WATCHED_QUIET) {
		w->state = WATCHED_ASLEEP;
	}
	return w->state;
}
