/* SPDX-License-Identifier: MIT */
#include "device/budget/budget_period.h"

#include <errno.h>

#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)

static struct budget_allowance a;

START_TEST(a_budget_is_bytes_and_a_time)
{
	static const struct {
		const char *text;
		struct budget_allowance is;
	} good[] = {
		{ "5G/month", { 5000000000, BUDGET_MONTH, 0 } },
		{ "300M/day", { 300000000, BUDGET_DAY, 0 } },
		{ "100k/week", { 100000, BUDGET_WEEK, 0 } },
		{ "100000/day", { 100000, BUDGET_DAY, 0 } },
		{ "1000000G/month", { 1000000000000000, BUDGET_MONTH, 0 } },
		{ "200k/30s", { 200000, BUDGET_SECONDS, 30 } },
		{ "200k/1s", { 200000, BUDGET_SECONDS, 1 } },
		{ "200k/31622400s", { 200000, BUDGET_SECONDS, 31622400 } },
	};
	static const char *const bad[] = {
		"",
		"5G",
		"5G/",
		"5G/year",
		"/month",
		"G/month",
		"-5G/month",
		"+5G/month",
		" 5G/month",
		"5.5G/month",
		"5g/month",
		"5GB/month",
		"5G/month ",
		"99999/day",
		"99k/day",
		"0/day",
		"5G/0s",
		"5G/31622401s",
		"5G/30",
		"5G/30m",
		"5G/-1s",
		"5kk/month",
		"5G/monthly",
		"5 G/month",
		"1000001G/month",
		"99999999999999999999/month",
		"18446744073710G/month",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ck_assert_msg(!budget_allowance_parse(&a, good[i].text), "%s",
			      good[i].text);
		ck_assert_uint_eq(a.bytes, good[i].is.bytes);
		ck_assert_int_eq(a.unit, good[i].is.unit);
		ck_assert_int_eq(a.seconds, good[i].is.seconds);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(budget_allowance_parse(&a, bad[i]) == -EINVAL,
			      "%s", bad[i]);
}
END_TEST

static void expect(const char *text, int64_t at, int64_t start, int64_t end)
{
	struct budget_period p;

	ck_assert_int_eq(budget_allowance_parse(&a, text), 0);
	p = budget_period_at(&a, at * SECOND);
	ck_assert_int_eq(p.start_us, start * SECOND);
	ck_assert_int_eq(p.end_us, end * SECOND);
	p = budget_period_at(&a, start * SECOND);
	ck_assert_int_eq(p.start_us, start * SECOND);
	p = budget_period_at(&a, end * SECOND - 1);
	ck_assert_int_eq(p.start_us, start * SECOND);
	p = budget_period_at(&a, end * SECOND);
	ck_assert_int_eq(p.start_us, end * SECOND);
}

START_TEST(periods_are_the_calendars)
{
	/* 2026-11-22 20:00 UTC is a Sunday */
	expect("1M/day", 1795377600, 1795305600, 1795392000);
	expect("1M/week", 1795377600, 1794787200, 1795392000);
	expect("1M/month", 1795377600, 1793491200, 1796083200);
	/* December ends a year; February of a leap year has 29 days */
	expect("1M/month", 1798700000, 1796083200, 1798761600);
	expect("1M/month", 1835400000, 1832976000, 1835481600);
	expect("1M/day", 0, 0, 86400);
	expect("1M/month", 0, 0, 31 * 86400);
	expect("1M/30s", 1795377614, 1795377600, 1795377630);
}
END_TEST

CHECK_MAIN(budget_period, NULL, NULL, a_budget_is_bytes_and_a_time,
	   periods_are_the_calendars)
