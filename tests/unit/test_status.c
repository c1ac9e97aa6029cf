/* SPDX-License-Identifier: MIT */
#include "device/status/status.h"

#include <string.h>

#include "common/log.h"
#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)

static struct status *status;
static struct status_view view;

static void setup(void)
{
	log_set_level((enum log_level)0);
	ck_assert_int_eq(status_open(&status,
				     &(struct status_params){
					     .camera = "porch",
					     .relay = "relay.example.org",
					     .wall_us = 5 }),
			 0);
}

static void teardown(void)
{
	status_close(&status);
	ck_assert_ptr_null(status);
	status_close(&status);
}

static const struct status_view *look(void)
{
	status_read(status, &view);
	return &view;
}

START_TEST(it_begins_live_and_not_connected)
{
	look();
	ck_assert_str_eq(view.camera, "porch");
	ck_assert_str_eq(view.relay, "relay.example.org");
	ck_assert_int_eq(view.mode, WIRE_LIVE);
	ck_assert(!view.connected);
	ck_assert_int_eq(view.started_us, 5);
	ck_assert_int_eq(view.connected_us, 5);
	ck_assert_str_eq(view.note, "");
}
END_TEST

START_TEST(the_most_important_note_is_shown)
{
	status_note(status, STATUS_BUDGET, "budget");
	ck_assert_str_eq(look()->note, "budget");
	status_note(status, STATUS_HARDWARE, "hardware");
	ck_assert_str_eq(look()->note, "hardware");
	status_note(status, STATUS_CONNECTION, "connection");
	ck_assert_str_eq(look()->note, "hardware");
	status_note(status, STATUS_HARDWARE, NULL);
	ck_assert_str_eq(look()->note, "connection");
	status_note(status, STATUS_CONNECTION, "");
	ck_assert_str_eq(look()->note, "budget");
	status_note(status, STATUS_BUDGET, NULL);
	ck_assert_str_eq(look()->note, "");
}
END_TEST

START_TEST(a_note_that_is_too_long_is_cut_between_characters)
{
	char text[WIRE_MAX_TEXT + 3];

	memset(text, 'x', sizeof(text));
	text[WIRE_MAX_TEXT] = '\0';
	status_note(status, STATUS_SOURCE, text);
	ck_assert_uint_eq(strlen(look()->note), WIRE_MAX_TEXT);

	text[WIRE_MAX_TEXT] = 'x';
	text[WIRE_MAX_TEXT + 1] = '\0';
	status_note(status, STATUS_SOURCE, text);
	ck_assert_uint_eq(strlen(look()->note), WIRE_MAX_TEXT);

	memcpy(text + WIRE_MAX_TEXT - 1, "\xc3\xa4", 3); /* a umlaut */
	status_note(status, STATUS_SOURCE, text);
	ck_assert_uint_eq(strlen(look()->note), WIRE_MAX_TEXT - 1);

	memcpy(text + WIRE_MAX_TEXT - 2, "\xe2\x82\xac", 4); /* euro */
	status_note(status, STATUS_SOURCE, text);
	ck_assert_uint_eq(strlen(look()->note), WIRE_MAX_TEXT - 2);
}
END_TEST

START_TEST(since_when_counts_from_the_change)
{
	status_mode(status, WIRE_LIVE, 0, 6);
	ck_assert_int_eq(look()->mode_us, 5);
	status_mode(status, WIRE_QUIET, 0, 7);
	status_mode(status, WIRE_QUIET, 9, 8);
	ck_assert_int_eq(look()->mode_us, 7);
	ck_assert_uint_eq(view.checkin_s, 9);
	status_connected(status, true, 10);
	status_connected(status, true, 11);
	ck_assert_int_eq(look()->connected_us, 10);
	ck_assert(view.connected);
	status_connected(status, false, 12);
	ck_assert_int_eq(look()->connected_us, 12);
	ck_assert(!view.connected);
}
END_TEST

START_TEST(a_budget_that_is_spent_leaves_posters_but_for_who_sleeps)
{
	status_spent(status, true, 6);
	ck_assert_int_eq(look()->mode, WIRE_POSTERS);
	ck_assert_int_eq(view.mode_us, 6);
	status_mode(status, WIRE_QUIET, 0, 7);
	ck_assert_int_eq(look()->mode, WIRE_POSTERS);
	ck_assert_int_eq(view.mode_us, 6);
	status_mode(status, WIRE_ASLEEP, 9, 8);
	ck_assert_int_eq(look()->mode, WIRE_ASLEEP);
	ck_assert_uint_eq(view.checkin_s, 9);
	status_mode(status, WIRE_LIVE, 0, 9);
	ck_assert_int_eq(look()->mode, WIRE_POSTERS);
	status_spent(status, false, 10);
	ck_assert_int_eq(look()->mode, WIRE_LIVE);
	ck_assert_int_eq(view.mode_us, 10);
}
END_TEST

START_TEST(frames_of_two_seconds_make_the_rate)
{
	status_count_fps(status, SECOND);
	for (int i = 0; i < 50; i++)
		status_frame(status);
	status_count_fps(status, 2 * SECOND);
	ck_assert_uint_eq(look()->fps_milli, 0);
	status_count_fps(status, 3 * SECOND);
	ck_assert_uint_eq(look()->fps_milli, 25000);
	ck_assert_uint_eq(view.frames, 50);
	status_count_fps(status, 5 * SECOND);
	ck_assert_uint_eq(look()->fps_milli, 0);
}
END_TEST

START_TEST(what_others_know_is_kept)
{
	status_source(status, "v4l2", "m2m", 640, 360);
	status_bitrate(status, 7);
	status_behind(status, 1);
	status_skipped(status, 2);
	status_traffic(status, &(struct status_traffic){ 3, 4, 5 });
	status_budget(status, &(struct status_budget){ 6, 7, 8, 9 });
	look();
	ck_assert_str_eq(view.source, "v4l2");
	ck_assert_str_eq(view.encoder, "m2m");
	ck_assert_int_eq(view.width, 640);
	ck_assert_int_eq(view.height, 360);
	ck_assert_uint_eq(view.bitrate, 7);
	ck_assert_uint_eq(view.behind_ms, 1);
	ck_assert_uint_eq(view.skipped_ms, 2);
	ck_assert_uint_eq(view.traffic.posters, 5);
	ck_assert_uint_eq(view.budget.used_bytes, 7);
	status_source(status, "-", NULL, 0, 0);
	ck_assert_str_eq(look()->encoder, "");
}
END_TEST

START_TEST(without_a_status_nothing_is_said)
{
	status_note(NULL, STATUS_SOURCE, "x");
	status_source(NULL, "x", "y", 1, 1);
	status_frame(NULL);
	status_bitrate(NULL, 1);
	status_mode(NULL, WIRE_QUIET, 1, 1);
	status_spent(NULL, true, 1);
	status_connected(NULL, true, 1);
	status_behind(NULL, 1);
	status_skipped(NULL, 1);
	status_traffic(NULL, &(struct status_traffic){ 0 });
	status_budget(NULL, &(struct status_budget){ 0 });
	status_count_fps(NULL, 1);
	status_read(NULL, &view);
	ck_assert_int_eq(view.mode, WIRE_LIVE);
}
END_TEST

CHECK_MAIN(status, setup, teardown, it_begins_live_and_not_connected,
	   the_most_important_note_is_shown,
	   a_note_that_is_too_long_is_cut_between_characters,
	   since_when_counts_from_the_change,
	   a_budget_that_is_spent_leaves_posters_but_for_who_sleeps,
	   frames_of_two_seconds_make_the_rate, what_others_know_is_kept,
	   without_a_status_nothing_is_said)
