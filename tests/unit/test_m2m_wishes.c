/* SPDX-License-Identifier: MIT */
#include "device/encoder/m2m_wishes.h"

#include "device/encoder/recipe.h"
#include "tests/unit/check_main.h"

#define SECOND 1000000

static struct m2m_wishes w;

static void setup(void)
{
	w = (struct m2m_wishes){ 0 };
}

START_TEST(nothing_is_asked_that_nobody_wished)
{
	ck_assert(!m2m_wishes_take_key(&w, 100 * SECOND));
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, 100 * SECOND), 0);
}
END_TEST

START_TEST(a_key_is_asked_for_until_it_came_but_in_no_storm)
{
	w.key = true;
	ck_assert(m2m_wishes_take_key(&w, 10 * SECOND));
	ck_assert(!m2m_wishes_take_key(&w, 10 * SECOND + 499999));
	ck_assert(m2m_wishes_take_key(&w, 10 * SECOND + 500000));
	w.key = false;
	ck_assert(!m2m_wishes_take_key(&w, 20 * SECOND));
}
END_TEST

START_TEST(the_newest_bitrate_is_set_once_and_once_a_second)
{
	m2m_wishes_bitrate(&w, 500000, 1);
	m2m_wishes_bitrate(&w, 600000, 1);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, 10 * SECOND), 600000);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, 20 * SECOND), 0);
	m2m_wishes_bitrate(&w, 700000, 1);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, 20 * SECOND), 700000);
	m2m_wishes_bitrate(&w, 800000, 1);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, 21 * SECOND - 1), 0);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, 21 * SECOND), 800000);
}
END_TEST

START_TEST(fewer_pictures_need_a_higher_rate_than_the_firmware_is_told_of)
{
	m2m_wishes_bitrate(&w, 200000, 3);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, SECOND), 600000);
	m2m_wishes_bitrate(&w, INT64_MAX, 2);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, 3 * SECOND),
			 RECIPE_MOST_BITRATE / 2 * 2);
}
END_TEST

START_TEST(what_it_skipped_pictures_at_is_not_tried_again)
{
	m2m_wishes_more(&w, 100000);
	ck_assert(w.key);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, SECOND), 200000);
	m2m_wishes_bitrate(&w, 150000, 1);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, 3 * SECOND), 200000);
	m2m_wishes_bitrate(&w, 200001, 1);
	ck_assert_int_eq(m2m_wishes_take_bitrate(&w, 5 * SECOND), 200001);
}
END_TEST

CHECK_MAIN(m2m_wishes, setup, NULL, nothing_is_asked_that_nobody_wished,
	   a_key_is_asked_for_until_it_came_but_in_no_storm,
	   the_newest_bitrate_is_set_once_and_once_a_second,
	   fewer_pictures_need_a_higher_rate_than_the_firmware_is_told_of,
	   what_it_skipped_pictures_at_is_not_tried_again)
