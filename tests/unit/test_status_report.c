/* SPDX-License-Identifier: MIT */
#include "device/status/status_report.h"

#include <string.h>

#include "tests/unit/check_main.h"

#define T0 INT64_C(1000000000)

static struct status_report report;
static struct status_view view;

static void setup(void)
{
	report = (struct status_report){ 0 };
	view = (struct status_view){ .mode = WIRE_LIVE, .bitrate = 1000000 };
	ck_assert(status_report_due(&report, &view, T0));
}

static bool due(int64_t after_us)
{
	return status_report_due(&report, &view, T0 + after_us);
}

START_TEST(a_new_connection_is_told_at_once_and_then_only_news)
{
	ck_assert_uint_eq(report.status.mode, WIRE_LIVE);
	ck_assert_uint_eq(report.status.bitrate, 1000000);
	ck_assert(!due(0));
	ck_assert(!due(INT64_C(86400000000)));
}
END_TEST

START_TEST(another_mode_is_told_at_once)
{
	view.mode = WIRE_QUIET;
	ck_assert(due(1));
	ck_assert_uint_eq(report.status.mode, WIRE_QUIET);
	ck_assert(!due(1));
}
END_TEST

START_TEST(other_words_are_told_a_second_after_the_last)
{
	memcpy(view.note, "see", 4);
	ck_assert(!due(STATUS_REPORT_CHANGE_US - 1));
	ck_assert(due(STATUS_REPORT_CHANGE_US));
	ck_assert_str_eq(report.note, "see");
	memcpy(view.note, "look", 5);
	ck_assert(!due(2 * STATUS_REPORT_CHANGE_US - 1));
	ck_assert(due(2 * STATUS_REPORT_CHANGE_US));
	ck_assert_str_eq(report.note, "look");
	view.checkin_s = 5;
	ck_assert(due(3 * STATUS_REPORT_CHANGE_US));
	ck_assert_uint_eq(report.status.checkin_s, 5);
}
END_TEST

START_TEST(figures_are_told_every_five_seconds_when_they_moved)
{
	view.behind_ms = STATUS_REPORT_BEHIND_MS - 1;
	ck_assert(!due(STATUS_REPORT_FIGURE_US));
	view.behind_ms = STATUS_REPORT_BEHIND_MS;
	ck_assert(!due(STATUS_REPORT_FIGURE_US - 1));
	ck_assert(due(STATUS_REPORT_FIGURE_US));
	ck_assert_uint_eq(report.status.behind_ms, STATUS_REPORT_BEHIND_MS);
	view.behind_ms = 0; /* as far, the other way */
	ck_assert(!due(2 * STATUS_REPORT_FIGURE_US - 1));
	ck_assert(due(2 * STATUS_REPORT_FIGURE_US));
}
END_TEST

START_TEST(a_sixteenth_of_the_bitrate_is_no_news)
{
	view.bitrate = 1000000 + 1000000 / 16;
	ck_assert(!due(STATUS_REPORT_FIGURE_US));
	view.bitrate++;
	ck_assert(due(STATUS_REPORT_FIGURE_US));
	view.skipped_ms = 1;
	ck_assert(due(2 * STATUS_REPORT_FIGURE_US));
	ck_assert_uint_eq(report.status.skipped_ms, 1);
}
END_TEST

START_TEST(while_nobody_watches_figures_are_no_news)
{
	view.mode = WIRE_QUIET;
	ck_assert(due(STATUS_REPORT_CHANGE_US));
	view.behind_ms = 100000;
	view.bitrate = 5;
	view.skipped_ms = 9;
	ck_assert(!due(INT64_C(86400000000)));
	view.mode = WIRE_LIVE;
	ck_assert(due(INT64_C(86400000000)));
}
END_TEST

CHECK_MAIN(status_report, setup, NULL,
	   a_new_connection_is_told_at_once_and_then_only_news,
	   another_mode_is_told_at_once,
	   other_words_are_told_a_second_after_the_last,
	   figures_are_told_every_five_seconds_when_they_moved,
	   a_sixteenth_of_the_bitrate_is_no_news,
	   while_nobody_watches_figures_are_no_news)
