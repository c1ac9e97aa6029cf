/* SPDX-License-Identifier: MIT */
#include "device/budget/budget_period.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define DAY_S	  INT64_C(86400)

/* Less is no plan, more is not sent by a camera in a century. */
#define LEAST_BYTES UINT64_C(100000)
#define MOST_BYTES  UINT64_C(1000000000000000)
#define MOST_S	    (366 * DAY_S)

static uint64_t factor(char letter)
{
	switch (letter) {
	case 'k':
		return 1000;
	case 'M':
		return 1000000;
	case 'G':
		return 1000000000;
	default:
		return 1;
	}
}

static int parse_unit(struct budget_allowance *out, const char *text)
{
	char *end;

	out->seconds = 0;
	if (!strcmp(text, "day"))
		out->unit = BUDGET_DAY;
	else if (!strcmp(text, "week"))
		out->unit = BUDGET_WEEK;
	else if (!strcmp(text, "month"))
		out->unit = BUDGET_MONTH;
	else if (isdigit((unsigned char)*text)) {
		out->unit = BUDGET_SECONDS;
		out->seconds = strtoll(text, &end, 10);
		return !strcmp(end, "s") && out->seconds >= 1 &&
				       out->seconds <= MOST_S
			       ? 0
			       : -EINVAL;
	} else
		return -EINVAL;
	return 0;
}

int budget_allowance_parse(struct budget_allowance *out, const char *text)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || number > MOST_BYTES / factor(*end))
		return -EINVAL;
	out->bytes = number * factor(*end);
	end += factor(*end) > 1;
	if (*end != '/' || out->bytes < LEAST_BYTES)
		return -EINVAL;
	return parse_unit(out, end + 1);
}

/* The first second of the month that is `months` after that of `at`. */
static int64_t month_start(int64_t at, int months)
{
	time_t t = (time_t)at;
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return 0;
	return timegm(&(struct tm){ .tm_year = tm.tm_year,
				    .tm_mon = tm.tm_mon + months,
				    .tm_mday = 1 });
}

struct budget_period budget_period_at(const struct budget_allowance *a,
				      int64_t wall_us)
{
	int64_t at = wall_us / SECOND_US, length = DAY_S, start;
	/* 1970 began on a Thursday: the Monday before it was three days off */
	int64_t shift = a->unit == BUDGET_WEEK ? 3 * DAY_S : 0;

	if (a->unit == BUDGET_MONTH)
		return (struct budget_period){
			month_start(at, 0) * SECOND_US,
			month_start(at, 1) * SECOND_US,
		};
	if (a->unit == BUDGET_WEEK)
		length = 7 * DAY_S;
	else if (a->unit == BUDGET_SECONDS)
		length = a->seconds;
	start = (at + shift) / length * length - shift;
	return (struct budget_period){ start * SECOND_US,
				       (start + length) * SECOND_US };
}
