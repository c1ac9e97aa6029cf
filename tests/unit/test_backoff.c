/* SPDX-License-Identifier: MIT */
#include "device/uplink/backoff.h"

#include "tests/unit/check_main.h"

static const struct backoff_params usual = {
	.base_us = 1000000,
	.cap_us = 30000000,
};

static const struct {
	unsigned int attempt;
	int64_t most_us;
} table[] = {
	{ 0, 1000000 },	    { 1, 2000000 },    { 2, 4000000 },
	{ 3, 8000000 },	    { 4, 16000000 },   { 5, 30000000 },
	{ 6, 30000000 },    { 63, 30000000 },  { 64, 30000000 },
	{ 1000, 30000000 }, { ~0u, 30000000 },
};

START_TEST(the_pause_doubles_with_each_try_up_to_the_cap)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		ck_assert_int_eq(
			backoff_us(&usual, table[i].attempt, UINT32_MAX),
			table[i].most_us);
}
END_TEST

START_TEST(no_pause_is_shorter_than_half_the_base)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		ck_assert_int_eq(backoff_us(&usual, table[i].attempt, 0),
				 500000);
}
END_TEST

START_TEST(the_random_number_spreads_the_pause_evenly)
{
	ck_assert_int_eq(backoff_us(&usual, 0, UINT32_MAX / 2), 749999);
	ck_assert_int_eq(backoff_us(&usual, 9, UINT32_MAX / 2), 15249999);
	ck_assert_int_lt(backoff_us(&usual, 9, UINT32_MAX - 1000000), 30000000);
}
END_TEST

START_TEST(a_cap_equal_to_the_base_is_kept)
{
	struct backoff_params flat = { .base_us = 60000000,
				       .cap_us = 60000000 };

	ck_assert_int_eq(backoff_us(&flat, 7, UINT32_MAX), 60000000);
	ck_assert_int_eq(backoff_us(&flat, 7, 0), 30000000);
}
END_TEST

START_TEST(the_longest_cap_does_not_overflow)
{
	struct backoff_params longest = { .base_us = UINT32_MAX,
					  .cap_us = UINT32_MAX };

	ck_assert_int_eq(backoff_us(&longest, 9, UINT32_MAX), UINT32_MAX);
}
END_TEST

CHECK_MAIN(backoff, NULL, NULL, the_pause_doubles_with_each_try_up_to_the_cap,
	   no_pause_is_shorter_than_half_the_base,
	   the_random_number_spreads_the_pause_evenly,
	   a_cap_equal_to_the_base_is_kept, the_longest_cap_does_not_overflow)
