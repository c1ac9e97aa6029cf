/* SPDX-License-Identifier: MIT */
#include "cloud/store/demand.h"
#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)

START_TEST(the_first_number_is_told_even_when_it_is_nobody)
{
	struct demand d = { 0 };

	ck_assert(demand_tell(&d, 0, 0));
	ck_assert(!demand_tell(&d, 0, 100 * SECOND));
}
END_TEST

START_TEST(each_number_is_told_when_it_is_time)
{
	static const struct {
		uint32_t viewers;
		int64_t at_us;
		bool told;
	} rows[] = {
		{ 0, 0, true },
		{ 1, 1, true }, /* somebody: at once */
		{ 2, 2, false },
		{ 2, 1 + DEMAND_PAUSE_US - 1, false },
		{ 2, 1 + DEMAND_PAUSE_US, true },
		{ 2, 3 * DEMAND_PAUSE_US, false }, /* as was told */
		{ 0, 3 * DEMAND_PAUSE_US, true },
		{ 7, 3 * DEMAND_PAUSE_US, true },
		{ 0, 3 * DEMAND_PAUSE_US + 1, true }, /* nobody: at once */
		{ 0, 9 * DEMAND_PAUSE_US, false },
	};
	struct demand d = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(demand_tell(&d, rows[i].viewers, rows[i].at_us) ==
				      rows[i].told,
			      "row %zu", i);
}
END_TEST

START_TEST(a_number_that_was_held_back_and_is_over_is_not_told)
{
	struct demand d = { 0 };

	demand_tell(&d, 1, 0);
	ck_assert(!demand_tell(&d, 2, SECOND));
	ck_assert(!demand_tell(&d, 1, 2 * DEMAND_PAUSE_US));
}
END_TEST

CHECK_MAIN(demand, NULL, NULL, the_first_number_is_told_even_when_it_is_nobody,
	   each_number_is_told_when_it_is_time,
	   a_number_that_was_held_back_and_is_over_is_not_told)
