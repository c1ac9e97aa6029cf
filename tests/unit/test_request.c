/* SPDX-License-Identifier: MIT */
#include "cloud/http/request.h"

#include "tests/unit/check_main.h"

START_TEST(gzip_is_taken_where_it_is_named_and_not_refused)
{
	static const struct {
		const char *accept;
		bool takes;
	} rows[] = {
		{ "", false },
		{ "gzip", true },
		{ "GZip", true },
		{ "gzip, deflate, br", true },
		{ "br,gzip", true },
		{ " \tgzip ", true },
		{ "gzip;q=1.0", true },
		{ "gzip; q=0.001", true },
		{ "gzip;q=0.9", true },
		{ "gzip;q=0", false },
		{ "gzip; q=0.000", false },
		{ "br;q=1, gzip;q=0", false },
		{ "gzip;q=0, br;q=1", false },
		{ "identity", false },
		{ "gzipped", false },
		{ "x-gzip", false },
		{ "*", false },
		{ ",,", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(request_takes_gzip(rows[i].accept) ==
				      rows[i].takes,
			      "%s", rows[i].accept);
}
END_TEST

START_TEST(an_item_is_found_in_a_list_as_a_whole)
{
	ck_assert(request_lists("oriel.1", "oriel.1"));
	ck_assert(request_lists("a, oriel.1 ,b", "oriel.1"));
	ck_assert(request_lists(",,oriel.1", "oriel.1"));
	ck_assert(!request_lists("", "oriel.1"));
	ck_assert(!request_lists("oriel.10", "oriel.1"));
	ck_assert(!request_lists("oriel", "oriel.1"));
	ck_assert(!request_lists("oriel.1 oriel.1", "oriel.1"));
	ck_assert(!request_lists("ORIEL.1", "oriel.1"));
}
END_TEST

START_TEST(bearer_credentials_are_what_stands_behind_the_scheme)
{
	ck_assert_str_eq(request_bearer("Bearer abc"), "abc");
	ck_assert_str_eq(request_bearer("bearer   abc"), "abc");
	ck_assert_str_eq(request_bearer("Bearer "), "");
	ck_assert_ptr_null(request_bearer(""));
	ck_assert_ptr_null(request_bearer("Bearer"));
	ck_assert_ptr_null(request_bearer("Basic abc"));
	ck_assert_ptr_null(request_bearer("Bearerabc"));
}
END_TEST

START_TEST(a_copy_needs_nothing_of_the_first_and_has_no_credentials)
{
	char path[] = "/porch/and more", tag[] = "\"1\"";
	struct request *copy = request_copy(
		&(struct request){ .method = METHOD_HEAD,
				   .path = path,
				   .path_size = 7,
				   .gzip = true,
				   .authorization = "Basic YW5uOnNlY3JldA==",
				   .if_none_match = tag });

	ck_assert_ptr_nonnull(copy);
	memset(path, 'x', sizeof(path));
	memset(tag, 'x', sizeof(tag));
	ck_assert_int_eq(copy->method, METHOD_HEAD);
	ck_assert(copy->gzip);
	ck_assert_uint_eq(copy->path_size, 7);
	ck_assert_mem_eq(copy->path, "/porch/", 7);
	ck_assert_str_eq(copy->if_none_match, "\"1\"");
	ck_assert_str_eq(copy->authorization, "");
	free(copy);
}
END_TEST

CHECK_MAIN(request, NULL, NULL, gzip_is_taken_where_it_is_named_and_not_refused,
	   an_item_is_found_in_a_list_as_a_whole,
	   bearer_credentials_are_what_stands_behind_the_scheme,
	   a_copy_needs_nothing_of_the_first_and_has_no_credentials)
