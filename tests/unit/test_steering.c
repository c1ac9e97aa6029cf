/* SPDX-License-Identifier: MIT */
#include "device/stream/steering.h"

#include <poll.h>

#include "tests/unit/check_main.h"

static struct steering *s;
static struct steering_orders orders;

static void setup(void)
{
	ck_assert_int_eq(steering_open(&s), 0);
}

static void teardown(void)
{
	steering_close(&s);
	ck_assert_ptr_null(s);
	steering_close(&s);
}

static bool woken(void)
{
	struct pollfd p = { .fd = steering_fd(s), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

START_TEST(without_a_wish_everything_is_as_configured)
{
	steering_take(s, &orders);
	ck_assert_int_eq(orders.bitrate, 0);
	ck_assert_int_eq(orders.divisor, 1);
	ck_assert_int_eq(orders.work, STEERING_ENCODE);
	ck_assert(!orders.skip);
	ck_assert(!woken());
}
END_TEST

START_TEST(of_several_wishes_the_one_for_the_least_counts)
{
	steering_wish(
		s, STEERING_LINK,
		&(struct steering_wish){ .bitrate = 500000, .divisor = 2 });
	steering_wish(s, STEERING_BUDGET,
		      &(struct steering_wish){ .bitrate = 400000,
					       .work = STEERING_CAPTURE });
	steering_wish(s, STEERING_DEMAND,
		      &(struct steering_wish){ .work = STEERING_REST });
	steering_take(s, &orders);
	ck_assert_int_eq(orders.bitrate, 400000);
	ck_assert_int_eq(orders.divisor, 2);
	ck_assert_int_eq(orders.work, STEERING_REST);

	steering_wish(s, STEERING_BUDGET, &(struct steering_wish){ 0 });
	steering_wish(s, STEERING_DEMAND, &(struct steering_wish){ 0 });
	steering_take(s, &orders);
	ck_assert_int_eq(orders.bitrate, 500000);
	ck_assert_int_eq(orders.work, STEERING_ENCODE);
}
END_TEST

START_TEST(one_who_wants_to_skip_is_enough)
{
	steering_wish(s, STEERING_LINK,
		      &(struct steering_wish){ .skip = true });
	steering_wish(s, STEERING_BUDGET, &(struct steering_wish){ 0 });
	steering_take(s, &orders);
	ck_assert(orders.skip);
	steering_wish(s, STEERING_LINK, &(struct steering_wish){ 0 });
	steering_take(s, &orders);
	ck_assert(!orders.skip);
}
END_TEST

START_TEST(only_a_wish_that_changes_something_wakes)
{
	const struct steering_wish wish = { .divisor = 3 };

	steering_wish(s, STEERING_LINK, &wish);
	ck_assert(woken());
	steering_take(s, &orders);
	ck_assert(!woken());
	steering_wish(s, STEERING_LINK, &wish);
	ck_assert(!woken());
	steering_wish(s, STEERING_BUDGET, &wish);
	ck_assert(woken());
}
END_TEST

START_TEST(what_media_said_last_is_seen)
{
	struct steering_facts facts;

	steering_look(s, &facts);
	ck_assert(!facts.open && !facts.bitrate);
	steering_tell(
		s, &(struct steering_facts){ .open = true, .bitrate = 123456 });
	steering_look(s, &facts);
	ck_assert(facts.open);
	ck_assert_int_eq(facts.bitrate, 123456);
}
END_TEST

CHECK_MAIN(steering, setup, teardown,
	   without_a_wish_everything_is_as_configured,
	   of_several_wishes_the_one_for_the_least_counts,
	   one_who_wants_to_skip_is_enough,
	   only_a_wish_that_changes_something_wakes,
	   what_media_said_last_is_seen)
