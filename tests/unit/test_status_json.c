/* SPDX-License-Identifier: MIT */
#include "device/status/status_json.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"

static struct status_view in, out;
static char text[STATUS_JSON_SIZE];

static void setup(void)
{
	memset(&in, 0, sizeof(in));
	in.mode = WIRE_LIVE;
	in.pid = 1;
}

static int print(void)
{
	return status_json_print(text, sizeof(text), &in);
}

static void there_and_back(void)
{
	int n = print();

	ck_assert_int_gt(n, 0);
	ck_assert_uint_eq(strlen(text), (size_t)n);
	ck_assert_int_eq(status_json_parse(&out, text), 0);
}

START_TEST(all_of_it_comes_back)
{
	in = (struct status_view){
		.camera = "porch",
		.relay = "relay.example.org:8443",
		.source = "v4l2",
		.encoder = "x264",
		.pid = 4711,
		.started_us = 1763823600123456,
		.written_us = 1763823600123457,
		.mode = WIRE_ASLEEP,
		.mode_us = 3,
		.connected = true,
		.connected_us = -4,
		.checkin_s = 65535,
		.behind_ms = 4000000000,
		.bitrate = 1000000,
		.skipped_ms = 6,
		.fps_milli = 29970,
		.width = 640,
		.height = 360,
		.frames = UINT64_C(1) << 60,
		.traffic = { UINT64_C(1) << 50, 8, 9 },
		.budget = { UINT64_C(5000000000), 11, 12, 13 },
		.note = "a note",
		.origin = "media.example.org",
		.origin_note = "it answers 500",
	};
	there_and_back();
	ck_assert_str_eq(out.camera, "porch");
	ck_assert_str_eq(out.relay, "relay.example.org:8443");
	ck_assert_str_eq(out.source, "v4l2");
	ck_assert_str_eq(out.encoder, "x264");
	ck_assert_str_eq(out.note, "a note");
	ck_assert_str_eq(out.origin, "media.example.org");
	ck_assert_str_eq(out.origin_note, "it answers 500");
	ck_assert_int_eq(out.pid, 4711);
	ck_assert_int_eq(out.started_us, in.started_us);
	ck_assert_int_eq(out.written_us, in.written_us);
	ck_assert_int_eq(out.mode, WIRE_ASLEEP);
	ck_assert_int_eq(out.mode_us, 3);
	ck_assert(out.connected);
	ck_assert_int_eq(out.connected_us, -4);
	ck_assert_uint_eq(out.checkin_s, 65535);
	ck_assert_uint_eq(out.behind_ms, 4000000000);
	ck_assert_uint_eq(out.bitrate, 1000000);
	ck_assert_uint_eq(out.skipped_ms, 6);
	ck_assert_uint_eq(out.fps_milli, 29970);
	ck_assert_int_eq(out.width, 640);
	ck_assert_int_eq(out.height, 360);
	ck_assert_uint_eq(out.frames, in.frames);
	ck_assert_mem_eq(&out.traffic, &in.traffic, sizeof(in.traffic));
	ck_assert_uint_eq(out.budget.limit_bytes, 5000000000);
	ck_assert_uint_eq(out.budget.used_bytes, 11);
	ck_assert_int_eq(out.budget.ends_us, 12);
	ck_assert_uint_eq(out.budget.ceiling, 13);
}
END_TEST

START_TEST(every_mode_has_a_name_that_comes_back)
{
	for (enum wire_mode m = WIRE_LIVE; m <= WIRE_POSTERS; m++) {
		in.mode = m;
		there_and_back();
		ck_assert_int_eq(out.mode, m);
	}
}
END_TEST

START_TEST(text_of_any_kind_comes_back)
{
	memcpy(in.note, "a \"b\" \\ c\nd\te \xc3\xa4 \x01 }", 21);
	there_and_back();
	ck_assert_str_eq(out.note, in.note);
	ck_assert_ptr_nonnull(strstr(text, "\\u000a"));
	ck_assert_ptr_nonnull(strstr(text, "\\\"b\\\" \\\\ c"));
}
END_TEST

START_TEST(the_longest_fits_and_a_smaller_buffer_is_refused)
{
	int n;

	memset(in.camera, 1, sizeof(in.camera) - 1);
	memset(in.relay, 1, sizeof(in.relay) - 1);
	memset(in.source, 1, sizeof(in.source) - 1);
	memset(in.encoder, 1, sizeof(in.encoder) - 1);
	memset(in.note, 1, sizeof(in.note) - 1);
	memset(in.origin, 1, sizeof(in.origin) - 1);
	memset(in.origin_note, 1, sizeof(in.origin_note) - 1);
	in.frames = in.traffic.sent = in.budget.limit_bytes = INT64_MAX;
	in.traffic.media = in.traffic.posters = INT64_MAX;
	in.started_us = in.written_us = in.mode_us = INT64_MIN;
	there_and_back();
	ck_assert_str_eq(out.note, in.note);
	n = print();
	ck_assert_int_eq(status_json_print(text, (size_t)n + 1, &in), n);
	ck_assert_int_eq(status_json_print(text, (size_t)n, &in), -EMSGSIZE);
}
END_TEST

START_TEST(what_is_missing_is_zero)
{
	ck_assert_int_eq(status_json_parse(&out, "{\"pid\":5}"), 0);
	ck_assert_int_eq(out.pid, 5);
	ck_assert_int_eq(out.mode, WIRE_LIVE);
	ck_assert_str_eq(out.camera, "");
}
END_TEST

START_TEST(what_is_too_long_is_cut)
{
	char longer[200];

	memset(longer, 'x', sizeof(longer));
	memcpy(longer, "{\"pid\":5,\"camera\":\"", 19);
	memcpy(longer + sizeof(longer) - 3, "\"}", 3);
	ck_assert_int_eq(status_json_parse(&out, longer), 0);
	ck_assert_uint_eq(strlen(out.camera), sizeof(out.camera) - 1);
}
END_TEST

START_TEST(a_text_of_many_pieces_comes_back)
{
	memset(in.note, 'n', sizeof(in.note) - 1);
	for (size_t n = sizeof(in.note) - 1; n > 0; n--) {
		in.note[n] = '\0';
		there_and_back();
		ck_assert_str_eq(out.note, in.note);
	}
}
END_TEST

START_TEST(what_anybody_may_write_in_json_is_read)
{
	ck_assert_int_eq(status_json_parse(&out,
					   "{ \"camera\" : \"\\u0041\\u00e4\","
					   "\r\n\t\"pid\" : 5 }\n"),
			 0);
	ck_assert_str_eq(out.camera, "A\xc3\xa4");
	ck_assert_int_eq(out.pid, 5);
}
END_TEST

START_TEST(everything_else_is_refused)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{",
		"{}",
		"{\"pid\"}",
		"{\"pid\":}",
		"{\"pid\":x}",
		"{\"pid\":5",
		"{\"pid\":5]",
		"{pid:5}",
		"{\"unknown\":5}",
		"{\"camera\":5}",
		"{\"camera\":\"x}",
		"{\"camera\":\"x\\",
		"{\"camera\":\"\\u00",
		"{\"camera\":\"\\u00q0\"}",
		"{\"camera\":\"a\nb\"}",
		"[{\"pid\":5}]",
		"{\"pid\":5} {\"pid\":5}",
		"{\"pid\":0}",
		"{\"pid\":5.5}",
		"{\"pid\":5,\"connected\":1}",
		"{\"mode\":live}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(status_json_parse(&out, bad[i]) == -EPROTO, "%s",
			      bad[i]);
}
END_TEST

START_TEST(a_file_cut_anywhere_is_refused)
{
	int n;

	memcpy(in.note, "a \"note\"", 9);
	n = print();
	for (int i = 0; i < n - 2; i++) {
		char cut[STATUS_JSON_SIZE];

		memcpy(cut, text, (size_t)i);
		cut[i] = '\0';
		ck_assert_int_eq(status_json_parse(&out, cut), -EPROTO);
	}
}
END_TEST

CHECK_MAIN(status_json, setup, NULL, all_of_it_comes_back,
	   every_mode_has_a_name_that_comes_back, text_of_any_kind_comes_back,
	   the_longest_fits_and_a_smaller_buffer_is_refused,
	   what_is_missing_is_zero, what_is_too_long_is_cut,
	   a_text_of_many_pieces_comes_back,
	   what_anybody_may_write_in_json_is_read, everything_else_is_refused,
	   a_file_cut_anywhere_is_refused)
