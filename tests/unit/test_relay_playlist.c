/* SPDX-License-Identifier: MIT */
#include "cloud/store/playlist.h"

#include <errno.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "tests/unit/check_main.h"
#include "tests/unit/relay_gzip.h"

#define TEXT  "#EXTM3U\n#EXT-X-VERSION:9\n"
#define DELTA "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n"

static uint8_t body[512];
static struct wire_playlist meta;
static struct playlist *playlist;

static const struct directives plain = { 0 };
static const struct directives blocked = { .has_msn = true };
static const struct directives skipped = { .skip = true };

static void setup(void)
{
	meta = (struct wire_playlist){
		.first_msn = 1,
		.last = { 7, 2 },
		.target_ms = 4000,
		.part_target_ms = 500,
	};
	meta.gzip_size = gzip_text(body, sizeof(body), TEXT);
	playlist = NULL;
}

static void teardown(void)
{
	playlist_close(&playlist);
	ck_assert_ptr_null(playlist);
}

static void add_delta(void)
{
	meta.delta_size = gzip_text(body + meta.gzip_size,
				    sizeof(body) - meta.gzip_size, DELTA);
}

static void open_playlist(uint8_t flags)
{
	ck_assert_int_eq(playlist_open(&playlist, &meta, flags, body), 0);
}

static const char *ask(const struct directives *d, bool gzip)
{
	static char text[1024];
	struct reply *r = playlist_reply(playlist, d, gzip);

	text[reply_copy(r, 0, (uint8_t *)text, sizeof(text) - 1)] = '\0';
	return text;
}

static const char *body_of(const char *text)
{
	return strstr(text, "\r\n\r\n") + 4;
}

START_TEST(a_client_without_gzip_gets_the_text)
{
	open_playlist(0);
	ck_assert_str_eq(body_of(ask(&plain, false)), TEXT);
	ck_assert_ptr_null(strstr(ask(&plain, false), "Content-Encoding"));
	ck_assert_ptr_nonnull(
		strstr(ask(&plain, false),
		       "\r\nContent-Type: application/vnd.apple.mpegurl\r\n"));
	ck_assert_ptr_nonnull(
		strstr(ask(&plain, false), "\r\nVary: Accept-Encoding\r\n"));
}
END_TEST

START_TEST(a_client_with_gzip_gets_the_devices_bytes)
{
	struct reply *r;

	open_playlist(0);
	r = playlist_reply(playlist, &plain, true);
	ck_assert_uint_eq(r->body_size, meta.gzip_size);
	ck_assert_int_eq(memcmp(reply_body(r->piece[0]), body, meta.gzip_size),
			 0);
	ck_assert_ptr_nonnull(
		strstr(ask(&plain, true), "\r\nContent-Encoding: gzip\r\n"));
	ck_assert_ptr_nonnull(
		strstr(ask(&plain, true), "\r\nVary: Accept-Encoding\r\n"));
}
END_TEST

START_TEST(caches_keep_a_blocked_answer_and_hardly_a_plain_one)
{
	open_playlist(0);
	ck_assert_ptr_nonnull(
		strstr(ask(&plain, false),
		       "\r\nCache-Control: public, max-age=0, s-maxage=2, "
		       "stale-while-revalidate=0\r\n"));
	ck_assert_ptr_nonnull(strstr(ask(&blocked, false),
				     "\r\nCache-Control: public, max-age=24, "
				     "stale-while-revalidate=0\r\n"));
}
END_TEST

START_TEST(the_same_question_gets_the_same_reply)
{
	open_playlist(0);
	ck_assert_ptr_eq(playlist_reply(playlist, &plain, true),
			 playlist_reply(playlist, &plain, true));
	ck_assert_ptr_ne(playlist_reply(playlist, &plain, true),
			 playlist_reply(playlist, &plain, false));
	ck_assert_ptr_ne(playlist_reply(playlist, &plain, true),
			 playlist_reply(playlist, &blocked, true));
}
END_TEST

START_TEST(skip_gets_the_delta_where_there_is_one)
{
	open_playlist(0);
	ck_assert_str_eq(body_of(ask(&skipped, false)), TEXT);
	playlist_close(&playlist);
	add_delta();
	open_playlist(0);
	ck_assert_str_eq(body_of(ask(&skipped, false)), DELTA);
	ck_assert_str_eq(body_of(ask(&plain, false)), TEXT);
	ck_assert_uint_eq(playlist_reply(playlist, &skipped, true)->body_size,
			  meta.delta_size);
}
END_TEST

START_TEST(an_ended_playlist_is_neither_skipped_nor_kept_as_blocked)
{
	add_delta();
	open_playlist(WIRE_ENDED);
	ck_assert(playlist_state(playlist).ended);
	ck_assert_str_eq(body_of(ask(&skipped, false)), TEXT);
	ck_assert_ptr_nonnull(strstr(ask(&blocked, false), "max-age=0"));
	ck_assert_ptr_nonnull(strstr(ask(&blocked, false),
				     "\nAccess-Control-Expose-Headers: Age\r"));
}
END_TEST

START_TEST(what_blocking_needs_is_given)
{
	struct blocking_state state;

	open_playlist(0);
	state = playlist_state(playlist);
	ck_assert_uint_eq(state.last.msn, 7);
	ck_assert_uint_eq(state.last.part, 2);
	ck_assert_uint_eq(state.target_ms, 4000);
	ck_assert_uint_eq(state.part_target_ms, 500);
	ck_assert(!state.ended);
}
END_TEST

START_TEST(what_is_not_gzip_is_refused)
{
	body[3] ^= 0xff;
	ck_assert_int_eq(playlist_open(&playlist, &meta, 0, body), -EPROTO);
	ck_assert_ptr_null(playlist);
}
END_TEST

START_TEST(a_delta_that_is_not_gzip_is_refused)
{
	add_delta();
	body[meta.gzip_size] ^= 0xff;
	ck_assert_int_eq(playlist_open(&playlist, &meta, 0, body), -EPROTO);
	ck_assert_ptr_null(playlist);
}
END_TEST

START_TEST(what_claims_to_inflate_beyond_the_limit_is_refused)
{
	/* ISIZE, little-endian: one more than WIRE_MAX_PLAIN */
	memcpy(body + meta.gzip_size - 4, "\x01\x00\x20\x00", 4);
	ck_assert_int_eq(playlist_open(&playlist, &meta, 0, body), -EMSGSIZE);
	ck_assert_ptr_null(playlist);
	memcpy(body + meta.gzip_size - 4, "\x00\x00\x20\x00", 4);
	ck_assert_int_eq(playlist_open(&playlist, &meta, 0, body), -EPROTO);
}
END_TEST

START_TEST(memory_counts_texts_and_replies)
{
	size_t before;

	open_playlist(0);
	before = playlist_memory(playlist);
	ck_assert_uint_gt(before, strlen(TEXT) + meta.gzip_size);
	playlist_reply(playlist, &plain, true);
	ck_assert_uint_gt(playlist_memory(playlist), before);
}
END_TEST

CHECK_MAIN(relay_playlist, setup, teardown, a_client_without_gzip_gets_the_text,
	   a_client_with_gzip_gets_the_devices_bytes,
	   caches_keep_a_blocked_answer_and_hardly_a_plain_one,
	   the_same_question_gets_the_same_reply,
	   skip_gets_the_delta_where_there_is_one,
	   an_ended_playlist_is_neither_skipped_nor_kept_as_blocked,
	   what_blocking_needs_is_given, what_is_not_gzip_is_refused,
	   a_delta_that_is_not_gzip_is_refused,
	   what_claims_to_inflate_beyond_the_limit_is_refused,
	   memory_counts_texts_and_replies)
