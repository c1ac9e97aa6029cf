/* SPDX-License-Identifier: MIT */
#include "device/source/rpicam_command.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"

static struct rpicam_params params;
static struct rpicam_command command;

static void setup(void)
{
	params = (struct rpicam_params){ .program = "/usr/bin/rpicam-vid",
					 .width = 1280,
					 .height = 720,
					 .fps = 25,
					 .bitrate = 2500000,
					 .gop = 50,
					 .hardware = true };
}

/* All of it, with a blank between. */
static const char *line(void)
{
	static char text[RPICAM_MOST_TEXT];
	size_t used = 0;

	ck_assert_int_eq(rpicam_command(&command, &params), 0);
	for (int i = 0; i < command.count; i++) {
		size_t n = strlen(command.argv[i]);

		memcpy(text + used, command.argv[i], n);
		used += n;
		text[used++] = ' ';
	}
	ck_assert_ptr_null(command.argv[command.count]);
	text[used - 1] = '\0';
	return text;
}

START_TEST(hardware_is_told_its_profile_and_level)
{
	ck_assert_str_eq(line(),
			 "/usr/bin/rpicam-vid --timeout 0 --nopreview --width "
			 "1280 --height 720 --framerate 25 --codec h264 "
			 "--inline --flush --intra 50 --bitrate 2500000 "
			 "--profile high --level 4 --output -");
	params.width = 1920;
	params.height = 1080;
	params.fps = 50;
	ck_assert_ptr_nonnull(strstr(line(), "--level 4.2 "));
	params.fps = 30;
	params.bitrate = 22000000;
	ck_assert_ptr_nonnull(strstr(line(), "--level 4.1 "));
}
END_TEST

START_TEST(a_pi_5_is_kept_from_reordering_and_told_what_to_write)
{
	params.hardware = false;
	ck_assert_str_eq(line(),
			 "/usr/bin/rpicam-vid --timeout 0 --nopreview --width "
			 "1280 --height 720 --framerate 25 --codec h264 "
			 "--inline --flush --intra 50 --bitrate 2500000 "
			 "--low-latency --libav-format h264 --output -");
}
END_TEST

START_TEST(the_size_of_the_sensor_is_a_mode)
{
	params.capture_width = 2304;
	ck_assert_ptr_null(strstr(line(), "--mode"));
	params.capture_height = 1296;
	ck_assert_ptr_nonnull(strstr(line(), "--mode 2304:1296 "));
}
END_TEST

START_TEST(controls_are_options)
{
	params.controls = "hflip=1,shutter=10000,awb_mode=indoor,"
			  "brightness=-0.2,roi=0:0:1:1";
	ck_assert_ptr_nonnull(
		strstr(line(), "--hflip 1 --shutter 10000 --awb-mode indoor "
			       "--brightness -0.2 --roi 0:0:1:1 --output -"));
	/* values stay as they are */
	params.controls = "tuning_file=a_b.json,hflip=1";
	ck_assert_ptr_nonnull(
		strstr(line(), "--tuning-file a_b.json --hflip 1 --output -"));
	params.controls = "awb_mode=auto";
	ck_assert_ptr_nonnull(strstr(line(), "--awb-mode auto --output -"));
	params.controls = "";
	ck_assert_ptr_nonnull(strstr(line(), "--level 4 --output -"));
}
END_TEST

START_TEST(what_is_no_control_is_refused)
{
	static const char *const bad[] = {
		"hflip",     "=1",	"hflip=",   "-o=1",
		"hflip=1,x", "a b=1",	"a=1 2",    "a=$(reboot)",
		"a=\"1\"",   "a=1;b=2", "hflip,=1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		params.controls = bad[i];
		ck_assert_msg(rpicam_command(&command, &params) == -EINVAL,
			      "%s", bad[i]);
	}
}
END_TEST

START_TEST(too_many_arguments_are_refused)
{
	char list[400] = "";

	for (int i = 0; i < 99; i++)
		memcpy(list + 4 * i, "a=1,", 5);
	params.controls = list;
	ck_assert_int_eq(rpicam_command(&command, &params), -E2BIG);
	list[4 * 20] = '\0';
	ck_assert_int_eq(rpicam_command(&command, &params), 0);
}
END_TEST

CHECK_MAIN(rpicam_command, setup, NULL, hardware_is_told_its_profile_and_level,
	   a_pi_5_is_kept_from_reordering_and_told_what_to_write,
	   the_size_of_the_sensor_is_a_mode, controls_are_options,
	   what_is_no_control_is_refused, too_many_arguments_are_refused)
