/* SPDX-License-Identifier: MIT */
#include "cloud/http/reply.h"

#include <stdbool.h>
#include <string.h>

#include "tests/unit/check_main.h"

#define DATE "Tue, 15 Nov 1994 08:12:31 GMT"

static const struct reply_params media = {
	.status = 200,
	.type = "video/mp4",
	.cache = "no-cache",
};

/* All of a reply, head and body, as a string. */
static const char *text_of(const struct reply *r)
{
	static char text[8192];
	size_t n = reply_copy(r, 0, (uint8_t *)text, sizeof(text) - 1);

	ck_assert_uint_eq(n, reply_size(r));
	text[n] = '\0';
	return text;
}

static bool has_line(const struct reply *r, const char *line)
{
	const char *at = strstr(text_of(r), line);

	return at && at[-1] == '\n' && at[strlen(line)] == '\r';
}

START_TEST(a_head_says_what_was_asked_and_ends_with_an_empty_line)
{
	struct reply *r = reply_new_body(&media, "abc", 3);

	ck_assert_int_eq(strncmp(text_of(r), "HTTP/1.1 200 OK\r\nDate: ", 23),
			 0);
	ck_assert(has_line(r, "Content-Type: video/mp4"));
	ck_assert(has_line(r, "Content-Length: 3"));
	ck_assert(has_line(r, "Cache-Control: no-cache"));
	ck_assert(has_line(r, "Access-Control-Allow-Origin: *"));
	ck_assert(has_line(r, "X-Content-Type-Options: nosniff"));
	ck_assert_str_eq(strstr(text_of(r), "\r\n\r\n"), "\r\n\r\nabc");
	ck_assert_uint_eq(r->head_size + 3u, reply_size(r));
	reply_release(&r);
	ck_assert_ptr_null(r);
}
END_TEST

START_TEST(extra_lines_are_part_of_the_head)
{
	struct reply *r = reply_new_text(503, "Retry-After: 1\r\n", "No.");

	ck_assert(has_line(r, "Retry-After: 1"));
	ck_assert(has_line(r, "Cache-Control: no-store"));
	ck_assert_str_eq(strstr(text_of(r), "\r\n\r\n"), "\r\n\r\nNo.\n");
	reply_release(&r);
}
END_TEST

START_TEST(media_has_no_line_that_says_nothing_about_it)
{
	struct reply_params params = media;
	struct reply *r = reply_new_body(&params, "abc", 3);

	ck_assert(has_line(r, "Referrer-Policy: no-referrer"));
	ck_assert_ptr_nonnull(strstr(text_of(r), "\nAccess-Control-Expose"));
	reply_release(&r);
	params.media = true;
	r = reply_new_body(&params, "abc", 3);
	ck_assert_ptr_null(strstr(text_of(r), "Referrer"));
	ck_assert_ptr_null(strstr(text_of(r), "Expose"));
	ck_assert(has_line(r, "Access-Control-Allow-Origin: *"));
	ck_assert(has_line(r, "X-Content-Type-Options: nosniff"));
	reply_release(&r);
}
END_TEST

START_TEST(there_is_never_an_age)
{
	struct reply *r = reply_new_body(&media, "abc", 3);

	ck_assert_ptr_null(strstr(text_of(r), "\nAge:"));
	reply_release(&r);
}
END_TEST

START_TEST(an_empty_body_has_a_length_and_no_body_has_none)
{
	struct reply *empty = reply_new(&media, 0);
	struct reply *none =
		reply_new(&(struct reply_params){ .status = 204 }, 0);
	struct reply *same =
		reply_new(&(struct reply_params){ .status = 304 }, 0);

	ck_assert(has_line(empty, "Content-Length: 0"));
	ck_assert_ptr_null(strstr(text_of(none), "Content-Length"));
	ck_assert_ptr_null(strstr(text_of(same), "Content-Length"));
	reply_release(&empty);
	reply_release(&none);
	reply_release(&same);
}
END_TEST

START_TEST(the_date_is_set_and_set_again_in_its_place)
{
	struct reply *r = reply_new_body(&media, "abc", 3);
	size_t before = reply_size(r);

	reply_set_date(r, "Mon, 01 Jan 2001 00:00:00 GMT");
	reply_set_date(r, DATE);
	ck_assert(has_line(r, "Date: " DATE));
	ck_assert_ptr_null(strstr(text_of(r), "2001"));
	ck_assert_uint_eq(reply_size(r), before);
	ck_assert(has_line(r, "Content-Type: video/mp4"));
	reply_release(&r);
}
END_TEST

START_TEST(a_reply_lives_until_the_last_holder_lets_go)
{
	struct reply *r = reply_new_body(&media, "abc", 3);
	struct reply *held = reply_hold(r);

	reply_release(&r);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(memcmp(reply_body(held), "abc", 3), 0);
	reply_release(&held);
	reply_release(&held); /* NULL is fine */
}
END_TEST

START_TEST(a_chain_is_its_pieces_one_behind_the_other)
{
	struct reply *piece[] = { reply_new_body(&media, "ab", 2),
				  reply_new_body(&media, "c", 1),
				  reply_new_body(&media, "def", 3) };
	struct reply *chain = reply_new_chain(&media, piece, 3);

	ck_assert(has_line(chain, "Content-Length: 6"));
	ck_assert_str_eq(strstr(text_of(chain), "\r\n\r\n"), "\r\n\r\nabcdef");
	ck_assert_uint_lt(chain->memory, sizeof(*chain) + 1000);
	for (int i = 0; i < 3; i++)
		reply_release(&piece[i]);
	ck_assert_str_eq(strstr(text_of(chain), "\r\n\r\n"), "\r\n\r\nabcdef");
	reply_release(&chain);
}
END_TEST

START_TEST(a_chain_with_an_empty_piece_is_walked_through)
{
	struct reply *piece[] = { reply_new(&media, 0),
				  reply_new_body(&media, "x", 1),
				  reply_new(&media, 0) };
	struct reply *chain = reply_new_chain(&media, piece, 3);
	size_t run;

	ck_assert_int_eq(*reply_run(chain, chain->head_size, &run), 'x');
	ck_assert_uint_eq(run, 1);
	for (int i = 0; i < 3; i++)
		reply_release(&piece[i]);
	reply_release(&chain);
}
END_TEST

START_TEST(runs_of_a_chain_end_where_its_pieces_do)
{
	struct reply *piece[] = { reply_new_body(&media, "ab", 2),
				  reply_new_body(&media, "cde", 3) };
	struct reply *chain = reply_new_chain(&media, piece, 2);
	size_t head = chain->head_size, run;

	ck_assert_ptr_eq(reply_run(chain, 0, &run), chain->head);
	ck_assert_uint_eq(run, head);
	ck_assert_ptr_eq(reply_run(chain, head - 1, &run),
			 chain->head + head - 1);
	ck_assert_uint_eq(run, 1);
	ck_assert_ptr_eq(reply_run(chain, head + 1, &run),
			 reply_body(piece[0]) + 1);
	ck_assert_uint_eq(run, 1);
	ck_assert_ptr_eq(reply_run(chain, head + 2, &run),
			 reply_body(piece[1]));
	ck_assert_uint_eq(run, 3);
	ck_assert_ptr_eq(reply_run(chain, head + 4, &run),
			 reply_body(piece[1]) + 2);
	ck_assert_uint_eq(run, 1);
	reply_release(&piece[0]);
	reply_release(&piece[1]);
	reply_release(&chain);
}
END_TEST

START_TEST(a_private_answer_is_the_same_but_for_who_may_keep_it)
{
	const struct reply_params shared = { .status = 200,
					     .cache = "public, max-age=5" };
	size_t before = reply_memory();
	struct reply *one = reply_new_body(&shared, "abc", 3);
	struct reply *two = reply_new_body(&media, "de", 2);
	struct reply *pieces[] = { one, two };
	struct reply *all = reply_new_chain(&shared, pieces, 2);
	struct reply *own = reply_new_private(one);
	struct reply *whole = reply_new_private(all);

	reply_set_date(own, DATE);
	reply_release(&one);
	reply_release(&two);
	reply_release(&all);
	ck_assert(has_line(own, "Cache-Control: private,max-age=5"));
	ck_assert(has_line(own, "Date: " DATE));
	ck_assert(has_line(own, "Content-Length: 3"));
	ck_assert_str_eq(strstr(text_of(own), "\r\n\r\n"), "\r\n\r\nabc");
	ck_assert(has_line(whole, "Cache-Control: private,max-age=5"));
	ck_assert_str_eq(strstr(text_of(whole), "\r\n\r\n"), "\r\n\r\nabcde");
	reply_release(&own);
	reply_release(&whole);
	ck_assert_uint_eq(reply_memory(), before);
}
END_TEST

START_TEST(that_nothing_has_changed_may_be_private_too)
{
	struct reply *r = reply_new(
		&(struct reply_params){ .status = 304,
					.cache = "public, max-age=0" },
		0);
	struct reply *own = reply_new_private(r);
	size_t n;

	reply_release(&r);
	ck_assert_int_eq(own->status, 304);
	ck_assert(has_line(own, "Cache-Control: private,max-age=0"));
	ck_assert_uint_eq(reply_size(own), own->head_size);
	reply_run(own, 0, &n);
	ck_assert_uint_eq(n, own->head_size);
	reply_release(&own);
}
END_TEST

START_TEST(what_no_shared_cache_keeps_is_private_already)
{
	struct reply *r = reply_new_text(503, NULL, "No.");
	struct reply *own = reply_new_private(r);

	ck_assert_int_eq(own->status, 503);
	ck_assert(has_line(own, "Cache-Control: no-store"));
	ck_assert_str_eq(strstr(text_of(own), "\r\n\r\n"), "\r\n\r\nNo.\n");
	reply_release(&r);
	reply_release(&own);
}
END_TEST

START_TEST(one_piece_of_memory_is_one_run)
{
	struct reply *r = reply_new_body(&media, "abc", 3);
	size_t run;

	ck_assert_ptr_eq(reply_run(r, 0, &run), r->head);
	ck_assert_uint_eq(run, reply_size(r));
	ck_assert_ptr_eq(reply_run(r, reply_size(r) - 1, &run),
			 reply_body(r) + 2);
	ck_assert_uint_eq(run, 1);
	reply_release(&r);
}
END_TEST

START_TEST(copying_stops_at_the_end_and_at_the_room)
{
	struct reply *piece[] = { reply_new_body(&media, "ab", 2),
				  reply_new_body(&media, "cde", 3) };
	struct reply *chain = reply_new_chain(&media, piece, 2);
	size_t head = chain->head_size;
	uint8_t out[8] = { 0 };

	ck_assert_uint_eq(reply_copy(chain, head, out, 4), 4);
	ck_assert_int_eq(memcmp(out, "abcd\0", 5), 0);
	ck_assert_uint_eq(reply_copy(chain, head + 1, out, 8), 4);
	ck_assert_int_eq(memcmp(out, "bcde", 4), 0);
	ck_assert_uint_eq(reply_copy(chain, reply_size(chain), out, 8), 0);
	reply_release(&piece[0]);
	reply_release(&piece[1]);
	reply_release(&chain);
}
END_TEST

START_TEST(the_room_in_front_of_a_head_may_be_written)
{
	struct reply *r = reply_new_body(&media, "abc", 3);

	memset(r->head - REPLY_FRONT, 'x', REPLY_FRONT); /* ASan would object */
	ck_assert(has_line(r, "Content-Length: 3"));
	reply_release(&r);
}
END_TEST

START_TEST(the_last_byte_is_copied_when_it_is_alone)
{
	struct reply *piece[] = { reply_new_body(&media, "ab", 2),
				  reply_new_body(&media, "c", 1) };
	struct reply *chain = reply_new_chain(&media, piece, 2);
	uint8_t out[4] = { 0 };

	ck_assert_uint_eq(reply_copy(chain, chain->head_size, out, 4), 3);
	ck_assert_int_eq(memcmp(out, "abc", 4), 0);
	reply_release(&piece[0]);
	reply_release(&piece[1]);
	reply_release(&chain);
}
END_TEST

CHECK_MAIN(reply, NULL, NULL,
	   a_head_says_what_was_asked_and_ends_with_an_empty_line,
	   extra_lines_are_part_of_the_head,
	   media_has_no_line_that_says_nothing_about_it, there_is_never_an_age,
	   an_empty_body_has_a_length_and_no_body_has_none,
	   the_date_is_set_and_set_again_in_its_place,
	   a_reply_lives_until_the_last_holder_lets_go,
	   a_chain_is_its_pieces_one_behind_the_other,
	   a_chain_with_an_empty_piece_is_walked_through,
	   runs_of_a_chain_end_where_its_pieces_do,
	   a_private_answer_is_the_same_but_for_who_may_keep_it,
	   that_nothing_has_changed_may_be_private_too,
	   what_no_shared_cache_keeps_is_private_already,
	   one_piece_of_memory_is_one_run,
	   copying_stops_at_the_end_and_at_the_room,
	   the_last_byte_is_copied_when_it_is_alone,
	   the_room_in_front_of_a_head_may_be_written)
