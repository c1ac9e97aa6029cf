/* SPDX-License-Identifier: MIT */
#include "cloud/post.h"

#include <string.h>

#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/limit/guard.h"
#include "cloud/publishers.h"
#include "cloud/store/store.h"
#include "common/log.h"
#include "tests/unit/check_main.h"

#define SECOND	INT64_C(1000000)
#define WALL_US INT64_C(1763823600123456)

static const struct post_name one = { "porch", 1 }, two = { "porch", 2 };

static struct report_counters counters;
static struct store *store;
static struct publishers *publishers;
static struct guard *guard;
static struct reply *answer;
static uint8_t body[4096]; /* what a device posts */
static size_t body_size;
static unsigned int viewers, told;
static const struct post_name
	*listener; /* has a GET that waits; NULL: nobody */

static unsigned int count_viewers(void *context, const char *camera)
{
	(void)context;
	(void)camera;
	return viewers;
}

static void ignore(void *context, const char *camera)
{
	(void)context;
	(void)camera;
}

static void count_told(void *context, const char *camera)
{
	(void)context;
	told += strcmp(camera, "porch") == 0;
	if (listener && post_listen(publishers, listener, 0, 0, &answer))
		listener = NULL;
}

/* With so many messages a second, and four times as many at once; 0: any. */
static void begin(unsigned int messages)
{
	publishers_close(&publishers);
	guard_close(&guard);
	ck_assert_int_eq(guard_open(&guard,
				    &(struct guard_params){
					    .max_connections = 1,
					    .messages = messages,
				    }),
			 0);
	ck_assert_int_eq(publishers_open(&publishers,
					 &(struct publishers_params){
						 .counters = &counters,
						 .store = store,
						 .guard = guard,
						 .max_part = 1000,
						 .viewers = count_viewers,
						 .stored = ignore,
						 .told = count_told }),
			 0);
}

static void setup(void)
{
	log_set_level((enum log_level)0);
	counters = (struct report_counters){ 0 };
	viewers = told = 0;
	listener = NULL;
	body_size = 0;
	ck_assert_int_eq(
		store_open(&store,
			   &(struct store_params){ .max_bytes = 100000,
						   .max_camera_bytes = 50000,
						   .max_cameras = 2,
						   .max_segments = 5 }),
		0);
	begin(0);
}

static void teardown(void)
{
	reply_release(&answer);
	publishers_close(&publishers);
	ck_assert_uint_eq(counters.publishers, 0);
	store_close(&store);
	guard_close(&guard);
}

/* Appends a message to the body of the next post. */
static void add(struct wire_message m, const char *text)
{
	m.body_size = (uint32_t)strlen(text);
	body_size += wire_encode(body + body_size, &m);
	memcpy(body + body_size, text, m.body_size);
	body_size += m.body_size;
}

static void add_hello(uint64_t process)
{
	add((struct wire_message){ .type = WIRE_HELLO,
				   .hello = { .process = process } },
	    "");
}

static void add_bye(void)
{
	add((struct wire_message){ .type = WIRE_BYE }, "enough");
}

/* Posts the body in pieces of `step`. Returns the status. */
static int post_in_steps(const struct post_name *name, size_t step,
			 int64_t now_us)
{
	reply_release(&answer);
	answer = post_begin(publishers, name, now_us);
	for (size_t at = 0; !answer && at < body_size; at += step)
		post_receive(publishers, name, body + at,
			     body_size - at < step ? body_size - at : step,
			     now_us, WALL_US);
	if (!answer)
		answer = post_answer(publishers, name, now_us);
	body_size = 0;
	return answer->status;
}

static int post(const struct post_name *name, int64_t now_us)
{
	return post_in_steps(name, sizeof(body), now_us);
}

static int post_hello(const struct post_name *name, uint64_t process,
		      int64_t now_us)
{
	add_hello(process);
	return post(name, now_us);
}

/* The status of a GET since `since_us`; 0: it waits. */
static int listen_since(const struct post_name *name, int64_t since_us,
			int64_t now_us)
{
	reply_release(&answer);
	if (!post_listen(publishers, name, since_us, now_us, &answer))
		return 0;
	return answer->status;
}

/* The types of the messages in the answer, as "@D"; see wire.h. */
static const char *said(void)
{
	static char out[32];
	const uint8_t *bytes = reply_body(answer);
	size_t left = answer->body_size, n = 0, size;

	while (left && (size = wire_size(bytes, left))) {
		ck_assert_uint_lt(n, sizeof(out) - 1);
		out[n++] = (char)bytes[0];
		bytes += size;
		left -= size;
	}
	ck_assert_uint_eq(left, 0);
	out[n] = '\0';
	return out;
}

/* WIRE_WELCOME to WIRE_DEMAND, as characters. */
#define WELCOME "@"
#define ERROR	"B"
#define DRAIN	"C"
#define DEMAND	"D"

START_TEST(a_session_begins_with_a_hello_however_it_comes)
{
	for (size_t step = 1; step <= 25; step++) {
		const struct post_name name = { "porch", 100 + step };

		add_hello(7);
		ck_assert_int_eq(post_in_steps(&name, step, 0), 200);
		ck_assert_str_eq(said(), WELCOME DEMAND);
	}
}
END_TEST

static bool has_clock(const char *line)
{
	return memmem(answer->head, answer->head_size, line, strlen(line));
}

START_TEST(a_post_is_told_what_the_clock_shows_and_a_get_is_not)
{
	post_hello(&one, 7, 0);
	ck_assert(has_clock("\r\nOriel-Clock: 1763823600123456\r\n"));
	ck_assert_int_eq(listen_since(&one, 0, POST_LISTEN_US), 200);
	ck_assert(!has_clock("Oriel-Clock"));
}
END_TEST

START_TEST(nothing_but_a_hello_makes_one)
{
	add_bye();
	ck_assert_int_eq(post(&one, 0), 410);
	ck_assert_int_eq(listen_since(&one, 0, 0), 410);
	ck_assert_uint_eq(counters.publishers, 0);
}
END_TEST

START_TEST(a_bye_ends_it)
{
	post_hello(&one, 7, 0);
	add_bye();
	ck_assert_int_eq(post(&one, 0), 200);
	ck_assert_uint_eq(answer->body_size, 0);
	ck_assert_int_eq(listen_since(&one, 0, 0), 410);
}
END_TEST

START_TEST(an_error_is_said_and_ends_it)
{
	post_hello(&one, 7, 0);
	add_hello(7); /* a second one */
	ck_assert_int_eq(post(&one, 0), 200);
	ck_assert_str_eq(said(), ERROR);
	ck_assert_uint_eq(counters.publishers, 0);
}
END_TEST

START_TEST(half_a_message_is_an_error)
{
	post_hello(&one, 7, 0);
	add_bye();
	body_size--;
	ck_assert_int_eq(post(&one, 0), 200);
	ck_assert_str_eq(said(), ERROR);
}
END_TEST

START_TEST(who_listens_waits_until_there_is_something_or_for_long_enough)
{
	post_hello(&one, 7, 0);
	ck_assert_int_eq(listen_since(&one, 0, 0), 0);
	ck_assert_int_eq(listen_since(&one, 0, POST_LISTEN_US - 1), 0);
	ck_assert_int_eq(listen_since(&one, 0, POST_LISTEN_US), 200);
	ck_assert_uint_eq(answer->body_size, 0);
	viewers = 3;
	told = 0;
	publishers_asked(publishers, "porch", POST_LISTEN_US);
	ck_assert_uint_eq(told, 1);
	ck_assert_int_eq(listen_since(&one, POST_LISTEN_US, POST_LISTEN_US),
			 200);
	ck_assert_str_eq(said(), DEMAND);
}
END_TEST

/* Several may be walked along at that moment, and this one be the next. */
START_TEST(who_hears_the_last_of_it_while_it_is_poked_goes_with_the_tick)
{
	post_hello(&one, 7, 0);
	add_bye();
	ck_assert_ptr_null(post_begin(publishers, &one, 0));
	post_receive(publishers, &one, body, body_size, 0, WALL_US);
	reply_release(&answer);
	listener = &one;
	viewers = 1;
	publishers_asked(publishers, "porch", 0);
	ck_assert_ptr_null(listener);
	ck_assert_str_eq(said(), DEMAND);
	ck_assert_uint_eq(counters.publishers, 1);
	ck_assert_int_eq(listen_since(&one, 0, 0), 410);
	publishers_tick(publishers, 0);
	ck_assert_uint_eq(counters.publishers, 0);
}
END_TEST

START_TEST(who_broke_a_rule_is_not_kept_alive_by_what_it_goes_on_sending)
{
	post_hello(&one, 7, 0);
	ck_assert_ptr_null(post_begin(publishers, &one, 0));
	add_hello(7);
	for (int s = 0; s < 10; s++) {
		post_receive(publishers, &one, body, body_size, s * SECOND,
			     WALL_US);
		publishers_tick(publishers, s * SECOND);
	}
	ck_assert_uint_eq(counters.publishers, 1);
	publishers_tick(publishers, 10 * SECOND);
	ck_assert_uint_eq(counters.publishers, 0);
	body_size = 0;
}
END_TEST

START_TEST(another_process_takes_over_and_the_first_hears_of_it)
{
	post_hello(&one, 7, 0);
	ck_assert_int_eq(post_hello(&two, 8, 0), 200);
	ck_assert_str_eq(said(), WELCOME DEMAND);
	ck_assert_int_eq(listen_since(&one, 0, 0), 200);
	ck_assert_str_eq(said(), ERROR);
	ck_assert_int_eq(listen_since(&two, 0, 0), 0);
}
END_TEST

START_TEST(two_sessions_of_one_process_stand_side_by_side)
{
	post_hello(&one, 7, 0);
	post_hello(&two, 7, 0);
	ck_assert_int_eq(listen_since(&one, 0, 0), 0);
	ck_assert_int_eq(listen_since(&two, 0, 0), 0);
}
END_TEST

START_TEST(sessions_that_are_forgotten_make_room)
{
	for (uint64_t session = 10; session < 100; session++) {
		const struct post_name name = { "porch", session };

		post_hello(&name, 7, 0);
		ck_assert_uint_le(counters.publishers, 4);
	}
}
END_TEST

START_TEST(sessions_of_one_camera_make_no_room_for_another)
{
	const struct post_name yard = { "yard", 1 };

	for (uint64_t session = 1; session <= 4; session++)
		post_hello(&(struct post_name){ "porch", session }, session, 0);
	ck_assert_int_eq(post_hello(&yard, 9, 0), 200);
	ck_assert_uint_eq(counters.publishers, 5);
}
END_TEST

START_TEST(one_request_at_a_time)
{
	post_hello(&one, 7, 0);
	ck_assert_ptr_null(post_begin(publishers, &one, 0));
	ck_assert_int_eq(post(&one, 0), 409);
	post_break(publishers, &one);
	add_bye();
	ck_assert_int_eq(post(&one, 0), 200);
}
END_TEST

START_TEST(what_breaks_off_keeps_no_room_and_who_listens_on_is_well)
{
	post_hello(&one, 7, 0);
	add((struct wire_message){ .type = WIRE_INIT, .init = { .id = 1 } },
	    "all of it but the end");
	ck_assert_ptr_null(post_begin(publishers, &one, 0));
	post_receive(publishers, &one, body, body_size - 1, 0, WALL_US);
	ck_assert_uint_gt(store_bytes(store), 0);
	post_break(publishers, &one);
	ck_assert_uint_eq(store_bytes(store), 0);
	for (int s = 1; s < 100; s++) {
		ck_assert_int_ne(listen_since(&one, s * SECOND, s * SECOND),
				 410);
		publishers_tick(publishers, s * SECOND);
	}
	ck_assert_uint_eq(counters.publishers, 1);
	ck_assert_uint_eq(counters.refused[REFUSED_SLOW], 0);
	body_size = 0;
}
END_TEST

START_TEST(what_breaks_off_in_a_message_is_not_gone_on_with)
{
	post_hello(&one, 7, 0);
	add((struct wire_message){ .type = WIRE_STATUS,
				   .status = { .mode = WIRE_LIVE } },
	    "this sentence is longer than a bye");
	ck_assert_ptr_null(post_begin(publishers, &one, 0));
	post_receive(publishers, &one, body, body_size - 30, 0, WALL_US);
	post_break(publishers, &one);
	body_size = 0;
	add_bye();
	ck_assert_int_eq(post(&one, 0), 200);
	ck_assert_uint_eq(answer->body_size, 0);
	ck_assert_uint_eq(counters.publishers, 0);
}
END_TEST

START_TEST(silence_ends_it_and_listening_is_none)
{
	post_hello(&one, 7, 0);
	publishers_tick(publishers, 9 * SECOND);
	ck_assert_int_eq(listen_since(&one, 9 * SECOND, 9 * SECOND), 0);
	publishers_tick(publishers, 18 * SECOND);
	ck_assert_uint_eq(counters.publishers, 1);
	publishers_tick(publishers, 19 * SECOND);
	ck_assert_uint_eq(counters.publishers, 0);
	ck_assert_int_eq(listen_since(&one, 0, 19 * SECOND), 410);
}
END_TEST

START_TEST(a_session_that_was_taken_over_from_goes_alone)
{
	post_hello(&one, 7, 0);
	post_hello(&two, 7, 0);
	ck_assert_int_eq(listen_since(&two, 9 * SECOND, 9 * SECOND), 0);
	publishers_tick(publishers, 10 * SECOND);
	ck_assert_uint_eq(counters.publishers, 1);
	ck_assert_int_eq(listen_since(&two, 9 * SECOND, 10 * SECOND), 0);
	ck_assert_int_eq(listen_since(&one, 9 * SECOND, 10 * SECOND), 410);
}
END_TEST

START_TEST(a_relay_that_stops_says_so_and_takes_no_new_ones)
{
	post_hello(&one, 7, 0);
	publishers_drain(publishers);
	ck_assert_int_eq(listen_since(&one, 0, 0), 200);
	ck_assert_str_eq(said(), DRAIN);
	add_hello(8);
	ck_assert_int_eq(post(&two, 0), 503);
}
END_TEST

/* A hello, and so many that say nothing. */
static int post_many(const struct post_name *name, int n, int64_t now_us)
{
	const struct wire_message status = { .type = WIRE_STATUS,
					     .status = { .mode = WIRE_LIVE } };

	add_hello(7);
	for (int i = 0; i < n; i++)
		add(status, "");
	return post(name, now_us);
}

START_TEST(who_says_too_much_hears_that_once_and_others_go_on)
{
	const struct post_name yard = { "yard", 1 };

	begin(25);
	ck_assert_int_eq(post_many(&one, 99, 0), 200);
	ck_assert_uint_eq(counters.refused[REFUSED_MESSAGES], 0);
	add_bye();
	add_bye();
	ck_assert_int_eq(post(&one, 0), 200);
	ck_assert_str_eq(said(), ERROR);
	ck_assert_uint_eq(counters.refused[REFUSED_MESSAGES], 1);
	ck_assert_uint_eq(counters.refused[REFUSED_DEVICE], 0);
	ck_assert_uint_eq(counters.publishers, 0);

	/* It is the camera's limit, and not the session's. */
	ck_assert_int_eq(post_many(&two, 0, 0), 200);
	ck_assert_str_eq(said(), ERROR);
	ck_assert_int_eq(post_many(&yard, 99, 0), 200);
	ck_assert_uint_eq(counters.publishers, 1);
	ck_assert_int_eq(post_many(&two, 24, SECOND), 200);
	ck_assert_uint_eq(counters.publishers, 2);
	ck_assert_uint_eq(counters.refused[REFUSED_MESSAGES], 2);
}
END_TEST

START_TEST(a_message_in_tiny_pieces_is_many)
{
	const struct wire_message status = { .type = WIRE_STATUS,
					     .status = { .mode = WIRE_LIVE } };
	const char *text = "a sentence that is somewhat longer than a piece";

	begin(25);
	ck_assert_int_eq(post_hello(&one, 7, 0), 200);
	for (int i = 0; i < 40; i++)
		add(status, text);
	ck_assert_int_eq(post(&one, 0), 200);
	ck_assert_uint_eq(counters.publishers, 1);
	for (int i = 0; i < 40; i++)
		add(status, text);
	ck_assert_int_eq(post_in_steps(&one, 20, SECOND), 200);
	ck_assert_str_eq(said(), ERROR);
}
END_TEST

START_TEST(who_never_says_hello_is_given_up_on)
{
	/* A half of it; it answers all pings. */
	add_hello(7);
	ck_assert_ptr_null(post_begin(publishers, &one, 0));
	post_receive(publishers, &one, body, 10, 0, WALL_US);
	for (int s = 1; s < 10; s++) {
		publisher_heard(publishers_next(publishers, NULL), s * SECOND);
		publishers_tick(publishers, s * SECOND);
	}
	ck_assert_uint_eq(counters.publishers, 1);
	publisher_heard(publishers_next(publishers, NULL), 10 * SECOND);
	publishers_tick(publishers, 10 * SECOND);
	ck_assert_uint_eq(counters.publishers, 0);
	post_break(publishers, &one);
	body_size = 0;
}
END_TEST

CHECK_MAIN(post, setup, teardown,
	   a_session_begins_with_a_hello_however_it_comes,
	   a_post_is_told_what_the_clock_shows_and_a_get_is_not,
	   nothing_but_a_hello_makes_one, a_bye_ends_it,
	   an_error_is_said_and_ends_it, half_a_message_is_an_error,
	   who_listens_waits_until_there_is_something_or_for_long_enough,
	   who_hears_the_last_of_it_while_it_is_poked_goes_with_the_tick,
	   who_broke_a_rule_is_not_kept_alive_by_what_it_goes_on_sending,
	   another_process_takes_over_and_the_first_hears_of_it,
	   two_sessions_of_one_process_stand_side_by_side,
	   sessions_that_are_forgotten_make_room,
	   sessions_of_one_camera_make_no_room_for_another,
	   one_request_at_a_time,
	   what_breaks_off_keeps_no_room_and_who_listens_on_is_well,
	   what_breaks_off_in_a_message_is_not_gone_on_with,
	   silence_ends_it_and_listening_is_none,
	   a_session_that_was_taken_over_from_goes_alone,
	   a_relay_that_stops_says_so_and_takes_no_new_ones,
	   who_says_too_much_hears_that_once_and_others_go_on,
	   a_message_in_tiny_pieces_is_many,
	   who_never_says_hello_is_given_up_on)
