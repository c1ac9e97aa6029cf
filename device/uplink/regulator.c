/* SPDX-License-Identifier: MIT */
#include "device/uplink/regulator.h"

#define LOG_MODULE "uplink"
#include "common/log.h"

#define LOOK_US 100000

/* Playlists are a burden from a twelfth of the line on, until a thirtieth. */
#define BURDEN	  12
#define NO_BURDEN 30

/* However slow the line seems, less than that is not old. */
#define LEAST_OLD_US 1000000

/* When what waits is too old, so much of it (in time to send) is not. */
#define WORTH_US 1000000

void regulator_init(struct regulator *r, const struct pressure_params *params,
		    struct steering *steering, struct status *status,
		    int64_t now_us)
{
	*r = (struct regulator){ .steering = steering, .status = status };
	pressure_init(&r->pressure, params, now_us);
}

void regulator_pause(struct regulator *r, int64_t now_us)
{
	pressure_pause(&r->pressure, now_us);
	if (r->steering)
		steering_wish(r->steering, STEERING_LINK, &r->pressure.wish);
}

bool regulator_is_due(const struct regulator *r, int64_t now_us)
{
	return now_us >= r->next_us;
}

static void say_skipping(struct regulator *r, bool skipping)
{
	if (skipping && !r->skipping) {
		log_warn("the connection is too slow even for the least "
			 "bitrate: leaving pictures out");
		status_note(r->status, STATUS_QUALITY,
			    "The connection is too slow: pictures are left "
			    "out.");
	} else if (!skipping && r->skipping) {
		status_note(r->status, STATUS_QUALITY, NULL);
	}
	r->skipping = skipping;
}

static void steer(struct regulator *r, const struct pressure_sight *sight,
		  int64_t now_us)
{
	const struct steering_wish *wish =
		pressure_look(&r->pressure, sight, now_us);

	say_skipping(r, wish->skip);
	steering_wish(r->steering, STEERING_LINK, wish);
	log_debug("behind %lld ms, %lld bytes; the line carries %lld bit/s, "
		  "busy %d%%%s; asking for %lld bit/s, 1 in %d%s",
		  (long long)(sight->behind_us / 1000),
		  (long long)sight->behind_bytes,
		  (long long)sight->flow.capacity, sight->flow.load,
		  sight->flow.cut ? ", cut" : "", (long long)wish->bitrate,
		  wish->divisor, wish->skip ? ", skipping" : "");
}

static bool is_burdened(const struct regulator *r,
			const struct flow_sight *flow)
{
	return flow->capacity &&
	       flow->other * (r->spare ? NO_BURDEN : BURDEN) > flow->capacity;
}

/* Until all of the quality is back. */
static bool is_roused(struct regulator *r, int64_t behind_us)
{
	const struct pressure *p = &r->pressure;

	if (behind_us >= r->patience_us)
		r->roused = true;
	else if (p->wish.bitrate == p->params.most && p->wish.divisor == 1)
		r->roused = false;
	return r->roused;
}

uint64_t regulator_look(struct regulator *r, const struct flow *flow,
			const struct window_amount *behind, int64_t now_us)
{
	struct pressure_sight sight = {
		.flow = flow_look(flow, now_us),
		.behind_us = (int64_t)(behind->duration_90k * 100 / 9),
		.behind_bytes = (int64_t)behind->bytes,
	};

	r->next_us = now_us + LOOK_US;
	status_behind(r->status, (uint32_t)(sight.behind_us / 1000));
	if (!is_roused(r, sight.behind_us)) { /* as if nothing waited */
		sight.flow = (struct flow_sight){ 0 };
		sight.behind_us = sight.behind_bytes = 0;
	}
	r->spare = is_burdened(r, &sight.flow);
	if (r->steering) {
		steering_look(r->steering, &sight.media);
		steer(r, &sight, now_us);
	}
	if (!sight.flow.capacity || sight.flow.cut ||
	    sight.behind_us < LEAST_OLD_US ||
	    pressure_wait_us(&sight) <= PRESSURE_JUMP_US)
		return 0;
	return (uint64_t)(sight.flow.capacity / 8 * WORTH_US / 1000000 + 1);
}
