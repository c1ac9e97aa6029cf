/* SPDX-License-Identifier: MIT */
#include "cloud/http/assets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "tests/unit/check_main.h"
#include "tests/unit/relay_gzip.h"

#define PAGE  "<!doctype html><title>page</title>"
#define STYLE "body { color: red }"

static uint8_t page[128], style[128];
static struct asset_file files[4];
static struct assets *assets;

static void setup(void)
{
	memset(files, 0, sizeof(files));
	files[0] = (struct asset_file){
		"index.html", page, page + gzip_text(page, sizeof(page), PAGE)
	};
	files[1] = (struct asset_file){ "page.css", style,
					style + gzip_text(style, sizeof(style),
							  STYLE) };
	ck_assert_int_eq(assets_open(&assets, files), 0);
}

static void teardown(void)
{
	assets_close(&assets);
	ck_assert_ptr_null(assets);
}

static struct reply *find(const char *name, bool gzip, const char *etag)
{
	return assets_find(assets, name, strlen(name), gzip, etag);
}

static const char *text_of(const struct reply *r)
{
	static char text[4096];

	text[reply_copy(r, 0, (uint8_t *)text, sizeof(text) - 1)] = '\0';
	return text;
}

static const char *body_of(const struct reply *r)
{
	return strstr(text_of(r), "\r\n\r\n") + 4;
}

/* The value of a header, until the next call. */
static const char *header_of(const struct reply *r, const char *name)
{
	static char value[1024];
	const char *at = strstr(text_of(r), name);

	ck_assert_msg(at, "no %s", name);
	at += strlen(name) + 2;
	memcpy(value, at, strcspn(at, "\r"));
	value[strcspn(at, "\r")] = '\0';
	return value;
}

START_TEST(a_file_is_found_by_its_whole_name)
{
	ck_assert_ptr_nonnull(find("page.css", false, ""));
	ck_assert_ptr_null(find("page.cs", false, ""));
	ck_assert_ptr_null(find("page.css2", false, ""));
	ck_assert_ptr_null(find("", false, ""));
	ck_assert_ptr_nonnull(assets_find(assets, "page.css/x", 8, false, ""));
}
END_TEST

START_TEST(it_comes_plain_or_as_gzip)
{
	const struct reply *r = find("page.css", true, "");

	ck_assert_str_eq(body_of(find("page.css", false, "")), STYLE);
	ck_assert_ptr_null(
		strstr(text_of(find("page.css", false, "")), "Encoding: gzip"));
	ck_assert_uint_eq(r->body_size, (size_t)(files[1].end - style));
	ck_assert_str_eq(header_of(r, "Content-Encoding"), "gzip");
	ck_assert_str_eq(header_of(r, "Vary"), "Accept-Encoding");
}
END_TEST

START_TEST(its_type_follows_from_its_name)
{
	ck_assert_str_eq(header_of(find("page.css", false, ""), "Content-Type"),
			 "text/css; charset=utf-8");
	ck_assert_str_eq(
		header_of(find("index.html", false, ""), "Content-Type"),
		"text/html; charset=utf-8");
}
END_TEST

START_TEST(a_page_has_a_policy_without_inline_code)
{
	const char *policy = header_of(find("index.html", true, ""),
				       "Content-Security-Policy");

	ck_assert_ptr_nonnull(strstr(policy, "default-src 'none'"));
	ck_assert_ptr_nonnull(strstr(policy, "script-src 'self'"));
	ck_assert_ptr_null(strstr(policy, "unsafe"));
	ck_assert_ptr_null(strstr(text_of(find("page.css", true, "")),
				  "Content-Security-Policy"));
}
END_TEST

START_TEST(who_has_it_already_is_told_so)
{
	char etag[64];
	struct reply *r;

	snprintf(etag, sizeof(etag), "%s",
		 header_of(find("page.css", false, ""), "ETag"));
	ck_assert_str_eq(header_of(find("page.css", true, ""), "ETag"), etag);
	r = find("page.css", true, etag);
	ck_assert_int_eq(r->status, 304);
	ck_assert_uint_eq(r->body_size, 0);
	ck_assert_str_eq(header_of(r, "ETag"), etag);
	ck_assert_int_eq(find("index.html", true, etag)->status, 200);
	ck_assert_int_eq(find("page.css", true, "\"00000000\"")->status, 200);
}
END_TEST

START_TEST(one_of_several_etags_will_do)
{
	char list[128];

	snprintf(list, sizeof(list), "\"x\", %s",
		 header_of(find("page.css", false, ""), "ETag"));
	ck_assert_int_eq(find("page.css", false, list)->status, 304);
}
END_TEST

START_TEST(an_etag_changes_with_the_bytes)
{
	char before[64];

	snprintf(before, sizeof(before), "%s",
		 header_of(find("page.css", false, ""), "ETag"));
	assets_close(&assets);
	files[1].end = style + gzip_text(style, sizeof(style), STYLE " ");
	ck_assert_int_eq(assets_open(&assets, files), 0);
	ck_assert_str_ne(header_of(find("page.css", false, ""), "ETag"),
			 before);
}
END_TEST

START_TEST(a_file_that_is_not_gzip_is_refused)
{
	assets_close(&assets);
	style[0] ^= 1;
	ck_assert_int_eq(assets_open(&assets, files), -EPROTO);
	ck_assert_ptr_null(assets);
}
END_TEST

START_TEST(a_file_of_unknown_type_is_refused)
{
	assets_close(&assets);
	files[1].name = "page.exe";
	ck_assert_int_eq(assets_open(&assets, files), -EINVAL);
	files[1].name = "page";
	ck_assert_int_eq(assets_open(&assets, files), -EINVAL);
	ck_assert_ptr_null(assets);
}
END_TEST

CHECK_MAIN(assets, setup, teardown, a_file_is_found_by_its_whole_name,
	   it_comes_plain_or_as_gzip, its_type_follows_from_its_name,
	   a_page_has_a_policy_without_inline_code,
	   who_has_it_already_is_told_so, one_of_several_etags_will_do,
	   an_etag_changes_with_the_bytes, a_file_that_is_not_gzip_is_refused,
	   a_file_of_unknown_type_is_refused)
