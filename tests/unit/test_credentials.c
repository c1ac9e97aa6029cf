/* SPDX-License-Identifier: MIT */
#include "device/push/credentials.h"

#include <errno.h>

#include "tests/unit/check_main.h"

/* From RFC 7617 2 and RFC 4648 10, the rest by base64(1). */
static const struct {
	const char *secret, *value;
} rows[] = {
	{ "Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
	{ "test:123\xc2\xa3", "Basic dGVzdDoxMjPCow==" },
	{ ":", "Basic Og==" },
	{ "a:", "Basic YTo=" },
	{ "a:b", "Basic YTpi" },
	{ "a:bc", "Basic YTpiYw==" },
	{ "cam:pass:word", "Basic Y2FtOnBhc3M6d29yZA==" },
	{ "mF_9.B5f-4.1JqM", "Bearer mF_9.B5f-4.1JqM" },
	{ "t", "Bearer t" },
};

START_TEST(a_colon_makes_a_name_and_a_password_else_it_is_a_token)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *value;

		ck_assert_int_eq(credentials_make(&value, rows[i].secret), 0);
		ck_assert_str_eq(value, rows[i].value);
		free(value);
	}
}
END_TEST

START_TEST(without_a_secret_there_is_no_header)
{
	char *value;

	ck_assert_int_eq(credentials_make(&value, NULL), 0);
	ck_assert_ptr_null(value);
	ck_assert_int_eq(credentials_make(&value, ""), 0);
	ck_assert_ptr_null(value);
}
END_TEST

START_TEST(what_would_be_two_lines_of_a_header_is_refused)
{
	char *value;

	ck_assert_int_eq(credentials_make(&value, "t\r\nX: y"), -EINVAL);
	ck_assert_ptr_null(value);
	ck_assert_int_eq(credentials_make(&value, "a:b\n"), -EINVAL);
	ck_assert_int_eq(credentials_make(&value, "t\x7f"), -EINVAL);
}
END_TEST

CHECK_MAIN(credentials, NULL, NULL,
	   a_colon_makes_a_name_and_a_password_else_it_is_a_token,
	   without_a_secret_there_is_no_header,
	   what_would_be_two_lines_of_a_header_is_refused)
