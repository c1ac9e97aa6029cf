/* SPDX-License-Identifier: MIT */
#include "common/wire_clock.h"

#include <string.h>

#include "tests/unit/check_main.h"

#define CLOCK_US INT64_C(0x0006123456789abc)

static const uint8_t question[] = { 'O', 'c', 'l', 'k', 0x12, 0x34 };
static const uint8_t answer[] = { 'O',	'c',  'l',  'k',  0x12, 0x34, 0x00,
				  0x06, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc };

static uint16_t number;
static int64_t clock_us;

START_TEST(a_question_has_golden_bytes)
{
	uint8_t out[WIRE_CLOCK_QUESTION];

	wire_clock_ask(out, 0x1234);
	ck_assert_mem_eq(out, question, sizeof(question));
	ck_assert(wire_clock_asks(out, sizeof(out), &number));
	ck_assert_uint_eq(number, 0x1234);
}
END_TEST

START_TEST(an_answer_has_golden_bytes)
{
	uint8_t out[WIRE_CLOCK_ANSWER];

	wire_clock_answer(out, 0x1234, CLOCK_US);
	ck_assert_mem_eq(out, answer, sizeof(answer));
	ck_assert(wire_clock_answers(out, sizeof(out), &number, &clock_us));
	ck_assert_uint_eq(number, 0x1234);
	ck_assert_int_eq(clock_us, CLOCK_US);
}
END_TEST

START_TEST(a_time_before_1970_comes_through)
{
	uint8_t out[WIRE_CLOCK_ANSWER];

	wire_clock_answer(out, 0xffff, -2);
	ck_assert(wire_clock_answers(out, sizeof(out), &number, &clock_us));
	ck_assert_uint_eq(number, 0xffff);
	ck_assert_int_eq(clock_us, -2);
}
END_TEST

/* Other pongs: empty, of a byte, longer, of another make. */
START_TEST(what_is_something_else_is_neither)
{
	uint8_t other[sizeof(answer) + 1] = { 0 };

	memcpy(other, answer, sizeof(answer));
	for (size_t n = 0; n <= sizeof(other); n++) {
		ck_assert(wire_clock_asks(other, n, &number) ==
			  (n == sizeof(question)));
		ck_assert(wire_clock_answers(other, n, &number, &clock_us) ==
			  (n == sizeof(answer)));
	}
	for (size_t i = 0; i < 4; i++) {
		memcpy(other, answer, sizeof(answer));
		other[i] ^= 0x20;
		ck_assert(!wire_clock_asks(other, sizeof(question), &number));
		ck_assert(!wire_clock_answers(other, sizeof(answer), &number,
					      &clock_us));
	}
}
END_TEST

CHECK_MAIN(wire_clock, NULL, NULL, a_question_has_golden_bytes,
	   an_answer_has_golden_bytes, a_time_before_1970_comes_through,
	   what_is_something_else_is_neither)
