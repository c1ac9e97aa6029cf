/* SPDX-License-Identifier: MIT */
#include "device/budget/budget.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "device/budget/budget_ledger.h"
#include "device/budget/budget_plan.h"
#include "device/whole_file.h"
#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)
#define NOON   (20000 * DAY + DAY / 2) /* Unix time */
#define T0     (1000 * SECOND)	       /* monotonic */
#define MB     UINT64_C(1000000)

static char folder[64], path[96];
static struct budget *budget;
static struct budget_params params;
static struct status *status;
static struct steering *steering;
static struct budget_traffic traffic;
static struct budget_ledger ledger;

static void open_budget(void)
{
	budget_close(&budget);
	traffic = (struct budget_traffic){ 0 }; /* another process */
	ck_assert_int_eq(budget_open(&budget, &params), 0);
}

static void setup(void)
{
	log_set_level((enum log_level)0);
	memcpy(folder, "/tmp/oriel-budget-XXXXXX", 25);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/state/porch.budget", folder);
	ck_assert_int_eq(
		status_open(&status, &(struct status_params){ .camera = "c" }),
		0);
	ck_assert_int_eq(steering_open(&steering), 0);
	params = (struct budget_params){
		.allowance = { 100 * MB, BUDGET_DAY, 0 },
		.path = path,
		.bitrate = 1000000,
		.least_bitrate = 150000,
		.steering = steering,
		.status = status,
	};
	open_budget();
}

static void teardown(void)
{
	char state[96];

	budget_close(&budget);
	ck_assert_ptr_null(budget);
	status_close(&status);
	steering_close(&steering);
	unlink(path);
	snprintf(state, sizeof(state), "%s/state", folder);
	rmdir(state);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* At `at_us` since the beginning of both clocks. */
static void look(int64_t at_us)
{
	budget_look(budget, &traffic, true, NOON + at_us, T0 + at_us);
}

static struct status_view view(void)
{
	struct status_view v;

	status_read(status, &v);
	return v;
}

static uint64_t used(void)
{
	return view().budget.used_bytes;
}

static int64_t ceiling(void)
{
	struct steering_orders orders;

	steering_take(steering, &orders);
	return orders.bitrate;
}

static enum steering_work work(void)
{
	struct steering_orders orders;

	steering_take(steering, &orders);
	return orders.work;
}

START_TEST(all_that_goes_over_the_line_is_counted)
{
	ck_assert_uint_eq(budget_gross(&traffic), 0);
	traffic.payload = 1000000;
	ck_assert_uint_eq(budget_gross(&traffic), 1060000);
	traffic.messages = 10;
	ck_assert_uint_eq(budget_gross(&traffic), 1061900);
	traffic.connects = 1;
	ck_assert_uint_eq(budget_gross(&traffic), 1068900);
	traffic.check_ins = 1;
	ck_assert_uint_eq(budget_gross(&traffic), 1071500);
}
END_TEST

START_TEST(a_budget_that_suffices_changes_nothing)
{
	params.allowance.bytes = 100000 * MB;
	open_budget();
	look(0);
	traffic.payload = 1000000;
	look(SECOND);
	ck_assert_uint_eq(used(), 1060000);
	ck_assert_uint_eq(view().budget.limit_bytes, 100000 * MB);
	ck_assert_int_eq(view().budget.ends_us, 20001 * DAY);
	ck_assert_int_eq(view().mode, WIRE_LIVE);
	ck_assert_str_eq(view().note, "");
	ck_assert_int_eq(ceiling(), 0);
}
END_TEST

START_TEST(it_is_looked_at_once_a_second)
{
	look(0);
	traffic.payload = 1000;
	look(SECOND - 1);
	ck_assert_uint_eq(used(), 0);
	look(SECOND);
	ck_assert_uint_eq(used(), 1060);
}
END_TEST

START_TEST(a_small_budget_lowers_the_bitrate_but_not_below_the_least)
{
	int64_t rate;

	params.allowance.bytes = 20 * MB;
	open_budget();
	look(0); /* 19 MB for half a day, live for 1/128 of it */
	rate = ceiling();
	ck_assert_int_gt(rate, 390000);
	ck_assert_int_lt(rate, 410000);
	params.allowance.bytes = 3 * MB;
	open_budget();
	look(0);
	ck_assert_int_eq(ceiling(), 150000);
	ck_assert_uint_eq(view().budget.ceiling, 150000);
	ck_assert_ptr_nonnull(strstr(view().note, "coarser"));
}
END_TEST

START_TEST(it_does_not_go_back_and_forth_between_all_and_less)
{
	struct budget_plan plan;
	int64_t at = 0;

	params.allowance.bytes = 49 * MB;
	open_budget();
	budget_look(budget, &traffic, false, NOON, T0);
	ck_assert_int_gt(ceiling(), 900000);
	while (ceiling()) { /* nobody watches, so there is more to give */
		ck_assert_int_le(ceiling(), 1000000);
		at += 60 * SECOND;
		budget_look(budget, &traffic, false, NOON + at, T0 + at);
		ck_assert_int_lt(at, DAY / 2);
	}
	plan = budget_plan_make(&(struct budget_state){
		.limit_bytes = 49 * MB,
		.start_us = NOON - DAY / 2,
		.end_us = NOON + DAY / 2,
		.now_us = NOON + at,
		.poster_bytes = 16000,
	});
	ck_assert_int_ge(plan.bitrate, 1062500); /* a sixteenth above it */
	ck_assert_int_lt(plan.bitrate, 1070000);
}
END_TEST

START_TEST(used_up_it_is_posters_until_the_next_period)
{
	look(0);
	traffic.payload = 89 * MB;
	look(SECOND);
	ck_assert_int_eq(view().mode, WIRE_LIVE);
	ck_assert_int_eq(work(), STEERING_ENCODE);
	traffic.payload = 90 * MB;
	look(2 * SECOND);
	ck_assert_int_eq(view().mode, WIRE_POSTERS);
	ck_assert_ptr_nonnull(strstr(view().note, "used up"));
	ck_assert_int_eq(ceiling(), 0);
	ck_assert_int_eq(work(), STEERING_CAPTURE);
	look(DAY / 2 - 1);
	ck_assert_int_eq(view().mode, WIRE_POSTERS);
	ck_assert_int_eq(work(), STEERING_CAPTURE);
	look(DAY / 2 + SECOND);
	ck_assert_int_eq(view().mode, WIRE_LIVE);
	ck_assert_int_eq(work(), STEERING_ENCODE);
	ck_assert_uint_eq(used(), 0);
	traffic.payload += 1000;
	look(DAY / 2 + 2 * SECOND);
	ck_assert_uint_eq(used(), 1060);
	budget_close(&budget);
	ck_assert_int_eq(budget_ledger_read(&ledger, path), 0);
	ck_assert_int_eq(ledger.live_us, SECOND);
}
END_TEST

START_TEST(used_up_at_once_nothing_is_encoded_either)
{
	look(0);
	ck_assert_int_eq(ceiling(), 0);
	ck_assert_int_eq(work(), STEERING_ENCODE);
	traffic.payload = 96 * MB;
	look(SECOND);
	ck_assert_int_eq(ceiling(), 0);
	ck_assert_int_eq(work(), STEERING_CAPTURE);
}
END_TEST

START_TEST(posters_are_spread_over_what_is_left)
{
	look(0);
	ck_assert(budget_lets_poster(budget, T0));
	ck_assert(budget_lets_poster(budget, T0));
	traffic.payload = 94 * MB; /* gross 99.64: 22 posters in 12 hours */
	look(SECOND);
	ck_assert(budget_lets_poster(budget, T0 + SECOND));
	ck_assert(!budget_lets_poster(budget, T0 + 1800 * SECOND));
	ck_assert(budget_lets_poster(budget, T0 + 2000 * SECOND));
	ck_assert(!budget_lets_poster(budget, T0 + 3800 * SECOND));
	traffic.payload = UINT64_C(94324000); /* 99.983: one fits */
	look(DAY / 4);
	ck_assert(budget_lets_poster(budget, T0 + 10 * DAY));
	traffic.payload += 1000;
	look(DAY / 4 + SECOND);
	ck_assert(!budget_lets_poster(budget, T0 + 20 * DAY));
}
END_TEST

START_TEST(the_count_outlives_the_process)
{
	look(0);
	traffic.payload = 10 * MB;
	look(SECOND);
	open_budget();
	traffic.payload = 1000;
	look(0);
	ck_assert_uint_eq(used(), 10600000 + 1060);
}
END_TEST

START_TEST(it_is_written_down_seldom)
{
	look(0);
	ck_assert_int_eq(budget_ledger_read(&ledger, path), -ENOENT);
	traffic.payload = 50000;
	look(2 * SECOND);
	ck_assert_int_eq(budget_ledger_read(&ledger, path), -ENOENT);
	look(3 * SECOND); /* soon, for the first time */
	ck_assert_int_eq(budget_ledger_read(&ledger, path), 0);
	ck_assert_uint_eq(ledger.used_bytes, 53000);
	ck_assert_int_eq(ledger.live_us, 3 * SECOND);

	traffic.payload += 90000; /* under a thousandth */
	look(80 * SECOND);
	ck_assert_int_eq(budget_ledger_read(&ledger, path), 0);
	ck_assert_uint_eq(ledger.used_bytes, 53000);
	traffic.payload += 10000;
	look(81 * SECOND);
	ck_assert_int_eq(budget_ledger_read(&ledger, path), 0);
	ck_assert_uint_eq(ledger.used_bytes, 159000);

	traffic.payload = 3 * MB;
	look(142 * SECOND);
	ck_assert_int_eq(budget_ledger_read(&ledger, path), 0);
	ck_assert_uint_eq(ledger.used_bytes, 3180000);

	traffic.payload += 20 * MB;
	look(201 * SECOND); /* not again within a minute */
	ck_assert_int_eq(budget_ledger_read(&ledger, path), 0);
	ck_assert_uint_eq(ledger.used_bytes, 3180000);
	look(202 * SECOND);
	ck_assert_int_eq(budget_ledger_read(&ledger, path), 0);
	ck_assert_uint_eq(ledger.used_bytes, 24380000);
	look(501 * SECOND);
	traffic.payload += 1;
	look(502 * SECOND); /* five minutes */
	ck_assert_int_eq(budget_ledger_read(&ledger, path), 0);
	ck_assert_uint_eq(ledger.used_bytes, 24380001);
}
END_TEST

START_TEST(a_clock_that_is_not_known_begins_nothing_anew)
{
	look(0);
	traffic.payload = 95 * MB;
	look(SECOND);
	open_budget();
	budget_look(budget, &traffic, false, 0, T0);
	ck_assert_uint_eq(used(), 100700000);
	ck_assert_int_eq(view().mode, WIRE_POSTERS);
	budget_look(budget, &traffic, false, NOON + DAY, T0 + SECOND);
	ck_assert_uint_eq(used(), 0);
	ck_assert_int_eq(view().mode, WIRE_LIVE);
}
END_TEST

START_TEST(without_a_past_or_a_clock_there_is_no_plan_yet)
{
	budget_look(budget, &traffic, false, 0, T0);
	ck_assert_int_eq(ceiling(), 0);
	ck_assert_int_eq(view().mode, WIRE_LIVE);
	ck_assert(budget_lets_poster(budget, T0));
}
END_TEST

START_TEST(a_clock_that_goes_back_takes_the_count_along)
{
	budget_look(budget, &traffic, true, NOON + 300 * DAY, T0);
	traffic.payload = 50 * MB;
	budget_look(budget, &traffic, true, NOON + 300 * DAY, T0 + SECOND);
	ck_assert_uint_eq(used(), 53 * MB);
	look(2 * SECOND);
	ck_assert_uint_eq(used(), 53 * MB);
	ck_assert_int_eq(view().budget.ends_us, 20001 * DAY);
	look(DAY);
	ck_assert_uint_eq(used(), 0);
}
END_TEST

static void write_file(const char *text)
{
	ck_assert_int_eq(budget_ledger_write(&ledger, path), 0);
	ck_assert_int_eq(
		whole_file_write(&(struct whole_file_params){ .path = path,
							      .mode = 0600 },
				 text, strlen(text)),
		0);
}

START_TEST(a_damaged_ledger_counts_from_zero)
{
	static const char *const bad[] = {
		"",
		"oriel budget 2\n",
		"oriel budget 1\nstart_us 1\nend_us 2\nused_bytes 3\n",
		"oriel budget 1\nstart_us 1\nend_us 2\nused_bytes 3\n"
		"live_us 4\n",
		"oriel budget 1\nstart_us 2\nend_us 2\nused_bytes 3\n"
		"live_us 4\nend\n",
		"oriel budget 1\nstart_us -1\nend_us 2\nused_bytes 3\n"
		"live_us 4\nend\n",
		"oriel budget 1\nstart_us 1\nend_us 2\nused_bytes -3\n"
		"live_us 4\nend\n",
		"oriel budget 1\nstart_us 1\nend_us 2\nused_bytes 3\n"
		"live_us -4\nend\n",
		"oriel budget 1\nstart_us 1\nend_us 2\nused_bytes 3\n"
		"live_us 4\nend\nmore\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		write_file(bad[i]);
		ck_assert_msg(budget_ledger_read(&ledger, path) == -EPROTO,
			      "%zu", i);
	}
	write_file("oriel budget 1\nstart_us 1\nend_us 2\nused_bytes 3\n"
		   "live_us 4\nend\n");
	ck_assert_int_eq(budget_ledger_read(&ledger, path), 0);
	write_file(bad[3]);
	open_budget();
	look(0);
	ck_assert_uint_eq(used(), 0);
}
END_TEST

START_TEST(without_a_budget_nothing_is_limited)
{
	budget_look(NULL, &traffic, true, NOON, T0);
	ck_assert(budget_lets_poster(NULL, T0));
}
END_TEST

CHECK_MAIN(budget, setup, teardown, all_that_goes_over_the_line_is_counted,
	   a_budget_that_suffices_changes_nothing,
	   it_is_looked_at_once_a_second,
	   a_small_budget_lowers_the_bitrate_but_not_below_the_least,
	   it_does_not_go_back_and_forth_between_all_and_less,
	   used_up_it_is_posters_until_the_next_period,
	   used_up_at_once_nothing_is_encoded_either,
	   posters_are_spread_over_what_is_left, the_count_outlives_the_process,
	   it_is_written_down_seldom,
	   a_clock_that_is_not_known_begins_nothing_anew,
	   without_a_past_or_a_clock_there_is_no_plan_yet,
	   a_clock_that_goes_back_takes_the_count_along,
	   a_damaged_ledger_counts_from_zero,
	   without_a_budget_nothing_is_limited)
