/* SPDX-License-Identifier: MIT */
#include "device/uplink/regulator.h"

#include "tests/unit/check_main.h"

#define SECOND 1000000

static const struct pressure_params params = {
	.bitrate = 1000000,
	.least = 150000,
	.most = 2000000,
};

static struct regulator regulator;
static struct steering *steering;
static struct flow flow;
static int64_t now_us;

static void setup(void)
{
	now_us = 10 * SECOND;
	flow = (struct flow){ 0 };
	flow_begin(&flow, now_us);
	ck_assert_int_eq(steering_open(&steering), 0);
	steering_tell(steering, &(struct steering_facts){ .open = true,
							  .encodes = true,
							  .most_divisor = 3 });
	regulator_init(&regulator, &params, steering, NULL, now_us);
}

static void teardown(void)
{
	steering_close(&steering);
}

/* So many parts, each of which took the line so long. */
static void pass(uint32_t count, uint32_t bytes, int64_t each_us)
{
	for (uint32_t n = 0; n < count; n++)
		flow_sent(&flow, (struct wire_position){ 1, n }, true, bytes,
			  now_us);
	for (uint32_t n = 0; n < count; n++) {
		now_us += each_us;
		flow_acked(&flow, (struct wire_position){ 1, n }, now_us);
	}
}

static uint64_t look(uint64_t bytes, int64_t behind_us)
{
	struct window_amount behind = {
		.bytes = bytes,
		.duration_90k = (uint64_t)(behind_us * 9 / 100),
	};

	return regulator_look(&regulator, &flow, &behind, now_us);
}

static int64_t bitrate(void)
{
	struct steering_orders orders;

	steering_take(steering, &orders);
	return orders.bitrate;
}

START_TEST(it_looks_ten_times_a_second)
{
	ck_assert(regulator_is_due(&regulator, now_us));
	look(0, 0);
	ck_assert(!regulator_is_due(&regulator, now_us + 99999));
	ck_assert(regulator_is_due(&regulator, now_us + 100000));
}
END_TEST

START_TEST(what_the_line_carries_is_asked_of_the_encoder)
{
	pass(20, 6250, 100000); /* 500 kbit/s */
	look(0, 0);
	ck_assert_int_eq(bitrate(), 450000);
}
END_TEST

START_TEST(what_waits_is_worth_a_second_when_it_takes_more_than_two)
{
	pass(20, 6250, 100000);
	ck_assert_uint_eq(look(125000, 5 * SECOND), 0);
	ck_assert_uint_eq(look(125100, 5 * SECOND), 62501);
}
END_TEST

START_TEST(nothing_is_too_old_while_the_line_is_unknown_or_cut)
{
	ck_assert_uint_eq(look(1000000, 30 * SECOND), 0);
	pass(20, 6250, 100000);
	flow_sent(&flow, (struct wire_position){ 2, 0 }, true, 100, now_us);
	now_us += 30 * SECOND;
	ck_assert_uint_eq(look(1000000, 30 * SECOND), 0);
}
END_TEST

START_TEST(a_relay_on_this_machine_may_be_late_for_a_while)
{
	regulator.patience_us = REGULATOR_PATIENCE_US;
	pass(20, 6250, 100000);
	look(500000, REGULATOR_PATIENCE_US - 1000);
	now_us += SECOND;
	ck_assert_uint_eq(look(500000, REGULATOR_PATIENCE_US - 1000), 0);
	ck_assert_int_gt(bitrate(), params.bitrate);
	ck_assert_uint_gt(look(500000, REGULATOR_PATIENCE_US), 0);
	ck_assert_int_lt(bitrate(), 450000);
	look(0, SECOND); /* roused, it looks until all is well again */
	ck_assert_int_lt(bitrate(), 600000);
}
END_TEST

START_TEST(less_than_a_second_is_not_old)
{
	pass(20, 6250, 100000);
	ck_assert_uint_eq(look(1000000, SECOND - 100), 0);
	ck_assert_uint_gt(look(1000000, SECOND + 100), 0);
}
END_TEST

START_TEST(playlists_are_a_burden_on_a_line_that_is_slow)
{
	look(0, 0);
	ck_assert(!regulator.spare);
	for (uint32_t n = 0; n < 20; n++) {
		struct wire_position at = { 1, n };

		flow_sent(&flow, at, true, 2000, now_us);
		flow_sent(&flow, at, false, 500, now_us);
		now_us += 160000;
		flow_acked(&flow, at, now_us);
		now_us += 40000;
		flow_acked(&flow, at, now_us);
	}
	look(0, 0);
	ck_assert(regulator.spare);
	now_us += 5 * SECOND;
	look(0, 0);
	ck_assert(!regulator.spare);
}
END_TEST

START_TEST(without_anything_to_steer_it_still_tells_what_is_too_old)
{
	regulator_init(&regulator, &params, NULL, NULL, now_us);
	pass(20, 6250, 100000);
	ck_assert_uint_gt(look(1000000, 30 * SECOND), 0);
	regulator_pause(&regulator, now_us);
}
END_TEST

CHECK_MAIN(regulator, setup, teardown, it_looks_ten_times_a_second,
	   what_the_line_carries_is_asked_of_the_encoder,
	   what_waits_is_worth_a_second_when_it_takes_more_than_two,
	   nothing_is_too_old_while_the_line_is_unknown_or_cut,
	   a_relay_on_this_machine_may_be_late_for_a_while,
	   less_than_a_second_is_not_old,
	   playlists_are_a_burden_on_a_line_that_is_slow,
	   without_anything_to_steer_it_still_tells_what_is_too_old)
