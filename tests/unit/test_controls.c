/* SPDX-License-Identifier: MIT */
#include "device/camera/controls.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"

START_TEST(a_name_is_small_letters_with_one_line_between)
{
	static const char *const rows[][2] = {
		{ "Brightness", "brightness" },
		{ "Exposure Time, Absolute", "exposure_time_absolute" },
		{ "White Balance, Auto & Preset", "white_balance_auto_preset" },
		{ " (Vertical Flip) ", "vertical_flip" },
		{ "H264 I-Frame Period", "h264_i_frame_period" },
		{ "exposure_time_absolute", "exposure_time_absolute" },
		{ "", "" },
		{ "??", "" },
	};
	char out[CONTROL_NAME_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		control_name(out, rows[i][0]);
		ck_assert_str_eq(out, rows[i][1]);
	}
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	char text[200], out[CONTROL_NAME_SIZE];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	control_name(out, text);
	ck_assert_uint_le(strlen(out), CONTROL_NAME_SIZE - 1);
	for (size_t i = 1; i < sizeof(text) - 1; i += 2)
		text[i] = ' ';
	control_name(out, text);
	ck_assert_uint_le(strlen(out), CONTROL_NAME_SIZE - 1);
}
END_TEST

START_TEST(a_list_gives_one_after_another)
{
	const char *list = "brightness=5, Horizontal Flip=1,gain=-2147483648";
	struct control c;

	ck_assert_int_eq(control_next(&c, &list), 1);
	ck_assert_str_eq(c.name, "brightness");
	ck_assert_int_eq(c.value, 5);
	ck_assert_int_eq(control_next(&c, &list), 1);
	ck_assert_str_eq(c.name, "horizontal_flip");
	ck_assert_int_eq(c.value, 1);
	ck_assert_int_eq(control_next(&c, &list), 1);
	ck_assert_int_eq(c.value, INT32_MIN);
	ck_assert_int_eq(control_next(&c, &list), 0);
	ck_assert_int_eq(control_next(&c, &list), 0);
}
END_TEST

START_TEST(what_is_none_is_said_and_not_passed)
{
	static const char *const bad[] = {
		"x",	"x=",	 "x=1y",	 "x=,y=1",
		"x,=1", "x=one", "x=2147483648", "x==1"
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *list = bad[i];
		struct control c;

		ck_assert_msg(control_next(&c, &list) == -EINVAL, "%s", bad[i]);
		ck_assert_ptr_eq(list, bad[i]);
	}
}
END_TEST

CHECK_MAIN(controls, NULL, NULL, a_name_is_small_letters_with_one_line_between,
	   a_long_name_is_cut, a_list_gives_one_after_another,
	   what_is_none_is_said_and_not_passed)
