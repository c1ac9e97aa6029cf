/* SPDX-License-Identifier: MIT */
#include "cloud/http/route.h"

#include <string.h>

#include "tests/unit/check_main.h"

static struct route parse(const char *path)
{
	struct route route;

	route_parse(&route, path, strlen(path));
	return route;
}

START_TEST(each_route_is_known)
{
	static const struct {
		const char *path;
		enum route_kind kind;
		const char *camera;
	} rows[] = {
		{ "/", ROUTE_HOME, "" },
		{ "/porch", ROUTE_REDIRECT, "porch" },
		{ "/porch/", ROUTE_PAGE, "porch" },
		{ "/porch/index.m3u8", ROUTE_PLAYLIST, "porch" },
		{ "/porch/state.json", ROUTE_STATE, "porch" },
		{ "/porch/init-1f2e3d4c.mp4", ROUTE_OBJECT, "porch" },
		{ "/porch/5a6b7c8d-1234.m4s", ROUTE_OBJECT, "porch" },
		{ "/porch/5a6b7c8d-1234.5.m4s", ROUTE_OBJECT, "porch" },
		{ "/porch/~abc", ROUTE_REDIRECT, "porch" },
		{ "/porch/~abc/", ROUTE_PAGE, "porch" },
		{ "/porch/~a-b_C9/index.m3u8", ROUTE_PLAYLIST, "porch" },
		{ "/porch/~abc/state.json", ROUTE_STATE, "porch" },
		{ "/porch/~abc/5a6b7c8d-1234.m4s", ROUTE_OBJECT, "porch" },
		{ "/porch/~/index.m3u8", ROUTE_PLAYLIST, "porch" },
		{ "/assets/page.css", ROUTE_ASSET, "" },
		{ "/healthz", ROUTE_HEALTH, "" },
		{ "/readyz", ROUTE_READY, "" },
		{ "/~abc", ROUTE_REDIRECT, "" },
		{ "/~abc/", ROUTE_HOME, "" },
		{ "/~abc/cameras.json", ROUTE_CAMERAS, "" },
		{ "/metrics", ROUTE_METRICS, "" },
		{ "/v1/cameras", ROUTE_CAMERAS, "" },
		{ "/v1/cameras/porch", ROUTE_CAMERA, "porch" },
		{ "/v1/publish/porch", ROUTE_PUBLISH, "porch" },
		{ "/v1/publish/porch/demand", ROUTE_DEMAND, "porch" },
		{ "/v1/publish/porch/0123456789abcdef", ROUTE_POST, "porch" },
		{ "/abcdefghijklmnopqrstuvwxyz012345/", ROUTE_PAGE,
		  "abcdefghijklmnopqrstuvwxyz012345" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct route route = parse(rows[i].path);

		ck_assert_msg(route.kind == rows[i].kind, "%s is %d",
			      rows[i].path, route.kind);
		ck_assert_str_eq(route.camera, rows[i].camera);
	}
}
END_TEST

START_TEST(a_session_is_read_as_a_number)
{
	ck_assert_uint_eq(parse("/v1/publish/porch/0123456789abcdef").session,
			  0x0123456789abcdef);
	ck_assert_uint_eq(parse("/v1/publish/porch/ffffffffffffffff").session,
			  UINT64_MAX);
}
END_TEST

START_TEST(everything_else_is_nothing)
{
	static const char *const paths[] = {
		"",
		"porch",
		"//",
		"//porch/",
		"/porch//",
		"/porch//index.m3u8",
		"/porch/index.m3u8/",
		"/porch/index.m3u",
		"/porch/index.m3u8x",
		"/porch/INDEX.M3U8",
		"/Porch/",
		"/-porch/",
		"/por.ch/",
		"/..",
		"/../",
		"/porch/..",
		"/porch/../healthz",
		"/.",
		"/porch/.",
		"/%2e%2e/",
		"/porch\\index.m3u8",
		"/porch/index.m3u8?x",
		"/abcdefghijklmnopqrstuvwxyz0123456/",
		"/v1",
		"/v1/",
		"/v1/index.m3u8",
		"/v1/cameras/",
		"/v1/cameras/Porch",
		"/v1/cameras/porch/",
		"/v1/publish",
		"/v1/publish/",
		"/v1/publish/v1",
		"/v1/publish/porch/x",
		"/v1/publish/porch/demand/",
		"/v1/publish/porch/0123456789abcde",
		"/v1/publish/porch/0123456789abcdef0",
		"/v1/publish/porch/0123456789abcdeF",
		"/v1/publish/porch/0123456789abcdeg",
		"/v1/publish/porch/0123456789abcdef/",
		"/v1/cameras/porch/0123456789abcdef",
		"/v1/publish/v1/0123456789abcdef",
		"/v1/publish/porch/demand/x",
		"/v1/publish/v1/demand",
		"/v1/cameras/porch/demand",
		"/v2/publish/porch",
		"/assets",
		"/assets/",
		"/assets/a/b",
		"/healthz/",
		"/~abc/x",
		"/~abc//",
		"/~a.c/",
		"/~abc/cameras.json/",
		"/readyz/",
		"/healthz/x",
		"/metrics/",

		"/readyz/",
		"/porch/~abc/~abc/",
		"/porch/~abc/x/index.m3u8",
		"/porch/~a b/",
		"/porch/~a.b/",
		"/porch/~a\r\nX: y/",
		"/porch/~abc/../index.m3u8",
		"/porch/5A6b7c8d-1234.m4s",
		"/porch/5a6b7c8d-01234.m4s",
		"/porch/5a6b7c8d-1234.m4s/",

		"/~abc/porch/",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct route route = parse(paths[i]);

		ck_assert_msg(route.kind == ROUTE_NONE, "%s is %d", paths[i],
			      route.kind);
		ck_assert_str_eq(route.camera, "");
	}
}
END_TEST

START_TEST(a_nul_is_a_byte_like_any_other)
{
	struct route route;

	route_parse(&route, "/porch/\0", 8);
	ck_assert_int_eq(route.kind, ROUTE_NONE);
	route_parse(&route, "/porch\0/index.m3u8", 18);
	ck_assert_int_eq(route.kind, ROUTE_NONE);
	route_parse(&route, "/porch/index.m3u8\0", 18);
	ck_assert_int_eq(route.kind, ROUTE_NONE);
}
END_TEST

START_TEST(bytes_behind_the_path_are_not_read)
{
	struct route route;

	route_parse(&route, "/porch/index.m3u8", 7);
	ck_assert_int_eq(route.kind, ROUTE_PAGE);
}
END_TEST

START_TEST(a_token_is_given_without_its_tilde_up_to_its_limit)
{
	char path[16 + ROUTE_MAX_TOKEN + 2] = "/porch/~";
	struct route route = parse("/porch/~a-B_9/index.m3u8");

	ck_assert_uint_eq(route.token_size, 5);
	ck_assert_int_eq(memcmp(route.token, "a-B_9", 5), 0);
	ck_assert_ptr_null(parse("/porch/index.m3u8").token);

	memset(path + 8, 'x', ROUTE_MAX_TOKEN);
	ck_assert_int_eq(parse(path).kind, ROUTE_REDIRECT);
	ck_assert_uint_eq(parse(path).token_size, ROUTE_MAX_TOKEN);
	memset(path + 8, 'x', ROUTE_MAX_TOKEN + 1);
	ck_assert_int_eq(parse(path).kind, ROUTE_NONE);
}
END_TEST

START_TEST(a_path_beyond_its_limit_is_nothing)
{
	char path[ROUTE_MAX_PATH + 2];

	memset(path, 'x', sizeof(path));
	memcpy(path, "/assets/", 8);
	path[ROUTE_MAX_PATH] = '\0';
	ck_assert_int_eq(parse(path).kind, ROUTE_ASSET);
	path[ROUTE_MAX_PATH] = 'x';
	path[ROUTE_MAX_PATH + 1] = '\0';
	ck_assert_int_eq(parse(path).kind, ROUTE_NONE);
}
END_TEST

START_TEST(an_object_is_given_by_its_numbers)
{
	struct route part = parse("/porch/5a6b7c8d-1234.5.m4s");
	struct route segment = parse("/porch/5a6b7c8d-1234.m4s");
	struct route init = parse("/porch/~t/init-1f2e3d4c.mp4");

	ck_assert_int_eq(part.object.kind, NAME_PART);
	ck_assert_uint_eq(part.object.id, 0x5a6b7c8d);
	ck_assert_uint_eq(part.object.at.msn, 1234);
	ck_assert_uint_eq(part.object.at.part, 5);
	ck_assert_int_eq(segment.object.kind, NAME_SEGMENT);
	ck_assert_int_eq(init.object.kind, NAME_INIT);
	ck_assert_uint_eq(init.object.id, 0x1f2e3d4c);
}
END_TEST

START_TEST(the_last_word_is_what_a_redirect_and_an_asset_need)
{
	struct route asset = parse("/assets/page.css");
	struct route redirect = parse("/porch/~abc");

	ck_assert_uint_eq(asset.last_size, 8);
	ck_assert_int_eq(memcmp(asset.last, "page.css", 8), 0);
	ck_assert_uint_eq(redirect.last_size, 4);
	ck_assert_int_eq(memcmp(redirect.last, "~abc", 4), 0);
}
END_TEST

CHECK_MAIN(route, NULL, NULL, each_route_is_known, everything_else_is_nothing,
	   a_session_is_read_as_a_number, a_nul_is_a_byte_like_any_other,
	   bytes_behind_the_path_are_not_read,
	   a_token_is_given_without_its_tilde_up_to_its_limit,
	   a_path_beyond_its_limit_is_nothing,
	   an_object_is_given_by_its_numbers,
	   the_last_word_is_what_a_redirect_and_an_asset_need)
