/* SPDX-License-Identifier: MIT */
#include "cloud/limit/guard.h"

#include <string.h>

#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)

static struct guard *guard;
static char somebody[16];
static struct address far, other, here;

static void begin(struct guard_params params)
{
	params.max_connections = 8;
	guard_close(&guard);
	ck_assert_int_eq(guard_open(&guard, &params), 0);
}

static void setup(void)
{
	address_forwarded(&far, "203.0.113.7", 1);
	address_forwarded(&other, "203.0.113.8", 1);
	address_forwarded(&here, "127.0.0.1", 1);
}

static void teardown(void)
{
	guard_close(&guard);
}

static bool come(int who, const struct address *from)
{
	if (!guard_may_connect(guard, from))
		return false;
	guard_connect(guard, &somebody[who], from, who);
	return true;
}

static bool is_caller(int who, const char *forwarded,
		      const struct address *expected)
{
	struct address caller;

	guard_caller(guard, &somebody[who], forwarded, &caller);
	return address_equal(&caller, expected);
}

static bool ask(const struct address *from, const char *token, int64_t now_us)
{
	return guard_ask(guard, from, token, token ? strlen(token) : 0,
			 now_us) == 0;
}

START_TEST(an_address_has_so_many_connections)
{
	begin((struct guard_params){ .max_per_address = 2 });
	ck_assert(come(0, &far));
	ck_assert(come(1, &far));
	ck_assert(!come(2, &far));
	ck_assert(come(2, &other));
	guard_disconnect(guard, &somebody[0]);
	ck_assert(come(3, &far));
	ck_assert(is_caller(3, "", &far));
}
END_TEST

START_TEST(loopback_is_not_limited_unless_asked_for)
{
	begin((struct guard_params){
		.max_per_address = 1, .address_rate = 1, .guesses = 1 });
	ck_assert(come(0, &here));
	ck_assert(come(1, &here));
	for (int i = 0; i < 100; i++) {
		ck_assert(ask(&here, NULL, 0));
		guard_wrong(guard, &here, &somebody[i % 2], 1, 0);
	}
	ck_assert_int_eq(guard_locked_us(guard, &here, 0), 0);

	begin((struct guard_params){ .max_per_address = 1,
				     .limit_local = true });
	ck_assert(come(0, &here));
	ck_assert(!come(1, &here));
}
END_TEST

START_TEST(without_a_proxy_nobody_is_believed)
{
	begin((struct guard_params){ .max_per_address = 1 });
	come(0, &far);
	ck_assert(is_caller(0, "203.0.113.8", &far));
	ck_assert(guard_begin(guard, &somebody[8], false, &far));
	ck_assert(guard_begin(guard, &somebody[9], false, &far));
}
END_TEST

START_TEST(behind_a_proxy_requests_count_for_whom_it_names)
{
	begin((struct guard_params){ .max_per_address = 2, .proxy_hops = 1 });
	for (int i = 0; i < 4; i++) {
		ck_assert(come(i, &far)); /* the proxy itself */
		ck_assert(is_caller(i, "", &far));
	}
	ck_assert(is_caller(0, "192.0.2.1, 203.0.113.8", &other));
	ck_assert(is_caller(0, "", &far));
	ck_assert(guard_begin(guard, &somebody[8], false, &other));
	ck_assert(guard_begin(guard, &somebody[9], false, &other));
	ck_assert(!guard_begin(guard, &somebody[10], false, &other));
	ck_assert(guard_begin(guard, &somebody[10], false, &far));
	guard_end(guard, &somebody[8]);
	guard_end(guard, &somebody[8]);
	ck_assert(guard_begin(guard, &somebody[11], false, &other));
}
END_TEST

START_TEST(handshakes_of_one_address_are_limited)
{
	begin((struct guard_params){ .handshakes = 2 });
	for (int i = 0; i < 8; i++)
		ck_assert(guard_may_shake(guard, &far, 0)); /* four seconds */
	ck_assert(!guard_may_shake(guard, &far, 0));
	ck_assert(guard_may_shake(guard, &other, 0));
	ck_assert(!guard_may_shake(guard, &far, 499999));
	ck_assert(guard_may_shake(guard, &far, 500000));
	for (int i = 0; i < 20; i++)
		ck_assert(guard_may_shake(guard, &here, 0));
	begin((struct guard_params){ .handshakes = 1, .proxy_hops = 1 });
	for (int i = 0; i < 20; i++)
		ck_assert(guard_may_shake(guard, &far, 0));
}
END_TEST

START_TEST(streams_of_one_connection_count_for_its_address)
{
	begin((struct guard_params){ .max_per_address = 2 });
	ck_assert(come(0, &far));
	ck_assert(guard_begin(guard, &somebody[8], true, &far));
	ck_assert(guard_begin(guard, &somebody[9], true, &far));
	ck_assert(!guard_begin(guard, &somebody[10], true, &far));
	ck_assert(guard_begin(guard, &somebody[10], true, &other));
	ck_assert(guard_begin(guard, &somebody[11], false, &far));
	guard_end(guard, &somebody[8]);
	ck_assert(guard_begin(guard, &somebody[8], true, &far));
	for (int i = 0; i < 4; i++)
		ck_assert(guard_begin(guard, &somebody[12 + i], true, &here));
}
END_TEST

START_TEST(a_proxy_that_we_were_not_told_of_is_noticed)
{
	begin((struct guard_params){ 0 });
	ck_assert(guard_misses_proxy(guard, &far, "192.0.2.1"));
	ck_assert(!guard_misses_proxy(guard, &far, ""));
	ck_assert(!guard_misses_proxy(guard, &here, "192.0.2.1"));
	begin((struct guard_params){ .proxy_hops = 1 });
	ck_assert(!guard_misses_proxy(guard, &far, "192.0.2.1"));
}
END_TEST

START_TEST(who_has_not_asked_yet_is_found)
{
	begin((struct guard_params){ 0 });
	come(1, &far);
	come(2, &here);
	ck_assert_ptr_null(guard_late(guard, 1));
	ck_assert_ptr_eq(guard_late(guard, 9), &somebody[1]);
	ck_assert(is_caller(1, "", &far));
	ck_assert_ptr_eq(guard_late(guard, 9), &somebody[2]);
	ck_assert(guard_disconnect(guard, &somebody[2]));
	ck_assert(!guard_disconnect(guard, &somebody[1]));
	ck_assert(!guard_disconnect(guard, &somebody[2]));
}
END_TEST

START_TEST(an_address_asks_so_often)
{
	begin((struct guard_params){ .address_rate = 2 });
	for (int i = 0; i < 8; i++)
		ck_assert(ask(&far, NULL, 0));
	ck_assert(!ask(&far, NULL, 0));
	ck_assert(ask(&other, NULL, 0));
	ck_assert(ask(&far, NULL, SECOND));
}
END_TEST

START_TEST(a_token_is_used_so_often_from_wherever)
{
	begin((struct guard_params){ .token_rate = 1 });
	for (int i = 0; i < 4; i++)
		ck_assert(ask(i % 2 ? &far : &other, "t", 0));
	ck_assert(!ask(&here, "t", 0));
	ck_assert(ask(&here, "u", 0));
	ck_assert(ask(&here, NULL, 0));
}
END_TEST

START_TEST(who_asks_too_often_uses_up_nothing_of_a_token)
{
	begin((struct guard_params){ .address_rate = 1, .token_rate = 2 });
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(ask(&far, "t", 0), i < 4);
	for (int i = 0; i < 4; i++)
		ck_assert(ask(&other, "t", 0));
}
END_TEST

START_TEST(who_guesses_is_locked_out_for_a_while)
{
	begin((struct guard_params){ .guesses = 6 });
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(guard_locked_us(guard, &far, 0), 0);
		guard_wrong(guard, &far, &"abcdef"[i], 1, 0);
	}
	ck_assert_int_gt(guard_locked_us(guard, &far, 0), 9 * SECOND);
	ck_assert_int_eq(guard_locked_us(guard, &other, 0), 0);
	ck_assert_int_eq(guard_locked_us(guard, &far, 11 * SECOND), 0);
}
END_TEST

START_TEST(an_old_link_in_an_open_page_is_one_guess)
{
	begin((struct guard_params){ .guesses = 2 });
	for (int i = 0; i < 1000; i++)
		guard_wrong(guard, &far, "old", 3, i * SECOND / 100);
	ck_assert_int_eq(guard_locked_us(guard, &far, 10 * SECOND), 0);
}
END_TEST

START_TEST(a_camera_says_so_much_over_whichever_connection)
{
	begin((struct guard_params){ .messages = 5 });
	for (int i = 0; i < 20; i++)
		ck_assert(guard_hear(guard, "porch", 0));
	ck_assert(!guard_hear(guard, "porch", 0));
	ck_assert(guard_hear(guard, "yard", 0));
	ck_assert(!guard_hear(guard, "porch", SECOND / 6));
	ck_assert(guard_hear(guard, "porch", SECOND / 5));
	ck_assert(!guard_hear(guard, "porch", SECOND / 5));
}
END_TEST

START_TEST(what_is_unpacked_counts_like_messages)
{
	begin((struct guard_params){ .messages = 5 });
	guard_unpacked(guard, "porch", 8191, 0);
	guard_unpacked(guard, "porch", 19 * 8192, 0);
	ck_assert(guard_hear(guard, "porch", 0));
	ck_assert(!guard_hear(guard, "porch", 0));
	ck_assert(guard_hear(guard, "yard", 0));
}
END_TEST

START_TEST(zero_is_no_limit)
{
	begin((struct guard_params){ 0 });
	for (int i = 0; i < 8; i++)
		ck_assert(come(i, &far));
	for (int i = 0; i < 1000; i++) {
		ck_assert(ask(&far, "t", 0));
		guard_wrong(guard, &far, &"ab"[i % 2], 1, 0);
		ck_assert(guard_hear(guard, "porch", 0));
	}
	ck_assert_int_eq(guard_locked_us(guard, &far, 0), 0);
}
END_TEST

CHECK_MAIN(guard, setup, teardown, an_address_has_so_many_connections,
	   loopback_is_not_limited_unless_asked_for,
	   without_a_proxy_nobody_is_believed,
	   behind_a_proxy_requests_count_for_whom_it_names,
	   handshakes_of_one_address_are_limited,
	   streams_of_one_connection_count_for_its_address,
	   a_proxy_that_we_were_not_told_of_is_noticed,
	   who_has_not_asked_yet_is_found, an_address_asks_so_often,
	   a_token_is_used_so_often_from_wherever,
	   who_asks_too_often_uses_up_nothing_of_a_token,
	   who_guesses_is_locked_out_for_a_while,
	   an_old_link_in_an_open_page_is_one_guess,
	   a_camera_says_so_much_over_whichever_connection, zero_is_no_limit,
	   what_is_unpacked_counts_like_messages)
