/* SPDX-License-Identifier: MIT */
#include "device/uplink/watched.h"

#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)
#define NEVER  INT64_MAX

static struct watched w;

static void begin(void)
{
	watched_init(&w,
		     &(struct watched_params){ .quiet_us = 20 * SECOND,
					       .sleep_us = 120 * SECOND },
		     0);
}

enum { LOOK = -1, LOSE = -2 };

/* What happens at `s` seconds: a number told, or one of these. */
struct row {
	int s, what;
	enum watched_state state; /* then */
	int due_s;		  /* -1: never */
};

static void run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t now_us = rows[i].s * SECOND, due_us;

		if (rows[i].what >= 0)
			watched_tell(&w, (uint32_t)rows[i].what, now_us);
		else if (rows[i].what == LOSE)
			watched_lose(&w);
		ck_assert_msg(watched_look(&w, now_us) == rows[i].state,
			      "row %zu: state %d", i, (int)w.state);
		due_us = watched_due_us(&w);
		ck_assert_msg(due_us == (rows[i].due_s < 0
						 ? NEVER
						 : rows[i].due_s * SECOND),
			      "row %zu: due %lld", i, (long long)due_us);
	}
}

#define RUN(...)                                                               \
	do {                                                                   \
		const struct row rows[] = { __VA_ARGS__ };                     \
		run(rows, sizeof(rows) / sizeof(*rows));                       \
	} while (0)

START_TEST(unwatched_it_is_quiet_and_then_asleep)
{
	begin();
	RUN({ 0, LOOK, WATCHED_LIVE, -1 }, { 1, 0, WATCHED_LIVE, 20 },
	    { 19, LOOK, WATCHED_LIVE, 20 }, { 20, LOOK, WATCHED_QUIET, 140 },
	    { 139, LOOK, WATCHED_QUIET, 140 },
	    { 140, LOOK, WATCHED_ASLEEP, -1 },
	    { 9999, LOOK, WATCHED_ASLEEP, -1 });
}
END_TEST

START_TEST(somebody_wakes_it_at_once_from_anything)
{
	begin();
	RUN({ 1, 0, WATCHED_LIVE, 20 }, { 30, LOOK, WATCHED_QUIET, 150 },
	    { 31, 1, WATCHED_LIVE, -1 }, { 99, LOOK, WATCHED_LIVE, -1 },
	    { 100, 0, WATCHED_LIVE, 120 }, { 120, 0, WATCHED_QUIET, 240 },
	    { 240, 0, WATCHED_ASLEEP, -1 }, { 500, 2, WATCHED_LIVE, -1 });
}
END_TEST

START_TEST(it_counts_from_when_the_last_one_left)
{
	begin();
	RUN({ 5, 3, WATCHED_LIVE, -1 }, { 60, 1, WATCHED_LIVE, -1 },
	    { 70, 0, WATCHED_LIVE, 90 }, { 75, 0, WATCHED_LIVE, 90 },
	    { 80, 1, WATCHED_LIVE, -1 }, { 81, 0, WATCHED_LIVE, 101 },
	    { 101, LOOK, WATCHED_QUIET, 221 });
}
END_TEST

START_TEST(what_no_relay_has_said_is_not_acted_on)
{
	begin();
	RUN({ 500, LOOK, WATCHED_LIVE, -1 }, { 501, 0, WATCHED_QUIET, 621 },
	    { 502, LOSE, WATCHED_QUIET, -1 }, { 900, LOOK, WATCHED_QUIET, -1 },
	    { 901, 0, WATCHED_ASLEEP, -1 });
}
END_TEST

START_TEST(a_lost_connection_keeps_a_watched_camera_live)
{
	begin();
	RUN({ 1, 4, WATCHED_LIVE, -1 }, { 2, LOSE, WATCHED_LIVE, -1 },
	    { 300, LOOK, WATCHED_LIVE, -1 }, { 301, 0, WATCHED_LIVE, 321 });
}
END_TEST

START_TEST(who_woke_it_and_left_is_waited_for_again)
{
	begin();
	RUN({ 1, 0, WATCHED_LIVE, 20 }, { 20, LOOK, WATCHED_QUIET, 140 },
	    { 140, LOOK, WATCHED_ASLEEP, -1 }, { 150, 1, WATCHED_LIVE, -1 },
	    { 152, 0, WATCHED_LIVE, 172 });
}
END_TEST

START_TEST(it_may_never_sleep)
{
	watched_init(&w, &(struct watched_params){ .quiet_us = SECOND }, 0);
	RUN({ 1, 0, WATCHED_QUIET, -1 }, { 999, LOOK, WATCHED_QUIET, -1 });
}
END_TEST

START_TEST(always_is_always)
{
	watched_init(&w,
		     &(struct watched_params){ .always = true,
					       .quiet_us = SECOND,
					       .sleep_us = SECOND },
		     0);
	RUN({ 1, 0, WATCHED_LIVE, -1 }, { 999, LOOK, WATCHED_LIVE, -1 });
}
END_TEST

CHECK_MAIN(watched, NULL, NULL, unwatched_it_is_quiet_and_then_asleep,
	   somebody_wakes_it_at_once_from_anything,
	   it_counts_from_when_the_last_one_left,
	   what_no_relay_has_said_is_not_acted_on,
	   a_lost_connection_keeps_a_watched_camera_live,
	   who_woke_it_and_left_is_waited_for_again, it_may_never_sleep,
	   always_is_always)
