/* SPDX-License-Identifier: MIT */
#include "cloud/http/access.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"

#define TOKEN "6b0c93f8gMfaf6M8mvpJjoP2t_H--Q"

static char line[ACCESS_LINE + 1];
static struct access taken;

static const char *path_of(const char *path)
{
	access_take(&taken, &(struct request){ .path = path,
					       .path_size = strlen(path) });
	return taken.path;
}

START_TEST(a_path_is_written_without_its_secrets)
{
	static const struct {
		const char *path, *written;
	} rows[] = {
		{ "/", "/" },
		{ "/healthz", "/healthz" },
		{ "/metrics", "/metrics" },
		{ "/porch", "/porch" },
		{ "/porch/", "/porch/" },
		{ "/porch/index.m3u8", "/porch/index.m3u8" },
		{ "/porch/~" TOKEN, "/porch/~" },
		{ "/porch/~" TOKEN "/", "/porch/~/" },
		{ "/porch/~" TOKEN "/index.m3u8", "/porch/~/index.m3u8" },
		{ "/porch/~" TOKEN "/state.json", "/porch/~/state.json" },
		{ "/porch/~" TOKEN "/abcdef01-11.1.m4s",
		  "/porch/~/abcdef01-11.1.m4s" },
		{ "/assets/page.css", "/assets/page.css" },
		{ "/assets/" TOKEN, "/assets/" },
		{ "/assets/az09.-_", "/assets/az09.-_" },
		{ "/assets/abcdefghijklmnopqrstuvwxyz01.js",
		  "/assets/abcdefghijklmnopqrstuvwxyz01.js" },
		{ "/assets/abcdefghijklmnopqrstuvwxyz012.js",
		  "/assets/" }, /* longer than any of ours */
		{ "/assets/\"\n", "/assets/" },
		{ "/v1/cameras", "/v1/cameras" },
		{ "/v1/cameras/porch", "/v1/cameras/porch" },
		{ "/v1/publish/porch", "/v1/publish/porch" },
		{ "/v1/publish/porch/demand", "/v1/publish/porch/demand" },
		{ "/v1/publish/porch/00000000000000ff", "/v1/publish/porch/~" },
		{ "/porch/" TOKEN, "-" },
		{ "/~" TOKEN, "/~" },
		{ "/~" TOKEN "/", "/~/" },
		{ "/~" TOKEN "/cameras.json", "/~/cameras.json" },
		{ "/~" TOKEN "/none", "-" },
		{ "/porch/~" TOKEN "/\"\n", "-" },
		{ "", "-" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(path_of(rows[i].path), rows[i].written);
}
END_TEST

START_TEST(the_longest_path_has_room)
{
	char path[160];

	snprintf(path, sizeof(path), "/%032d/~%s/ffffffff-2147483647.999.m4s",
		 0, TOKEN);
	ck_assert_ptr_nonnull(
		strstr(path_of(path), "/~/ffffffff-2147483647.999.m4s"));
}
END_TEST

static const char *print(enum access_format format)
{
	size_t n = access_print(
		line, format, &taken,
		&(struct access_end){ .status = 200,
				      .bytes = 12345,
				      .duration_us = 45999,
				      .wall_us = 1763823600123456 });

	ck_assert_uint_eq(n, strlen(line));
	return line;
}

START_TEST(a_line_is_text_or_json)
{
	access_take(&taken,
		    &(struct request){ .path = "/porch/index.m3u8",
				       .path_size = strlen("/porch/index.m3u8"),
				       .method = METHOD_HEAD });
	address_forwarded(&taken.from, "203.0.113.7", 1);
	ck_assert_str_eq(print(ACCESS_TEXT),
			 "2025-11-22T15:00:00.123Z 203.0.113.7 HEAD "
			 "/porch/index.m3u8 200 12345 45ms\n");
	ck_assert_str_eq(print(ACCESS_JSON),
			 "{\"time\":\"2025-11-22T15:00:00.123Z\","
			 "\"from\":\"203.0.113.7\",\"method\":\"HEAD\","
			 "\"path\":\"/porch/index.m3u8\",\"status\":200,"
			 "\"bytes\":12345,\"ms\":45}\n");
}
END_TEST

START_TEST(methods_that_we_do_not_know_are_not_named)
{
	access_take(&taken, &(struct request){ .path = "/",
					       .path_size = 1,
					       .method = METHOD_OTHER });
	ck_assert_ptr_nonnull(strstr(print(ACCESS_TEXT), " - / 200 "));
}
END_TEST

CHECK_MAIN(access, NULL, NULL, a_path_is_written_without_its_secrets,
	   the_longest_path_has_room, a_line_is_text_or_json,
	   methods_that_we_do_not_know_are_not_named)
