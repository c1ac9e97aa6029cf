/* SPDX-License-Identifier: MIT */
#include "device/uplink/posts.h"

#include <stdio.h>
#include <string.h>

#include "device/uplink/dialog.h"
#include "device/uplink/https.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fake_handover.h"
#include "tests/unit/fake_http.h"

#define SECOND	 INT64_C(1000000)
#define TURNS	 2000 /* of at most 10 ms */
#define REFUSAL	 "HTTP/1.1 401 No\r\nContent-Length: 6\r\n\r\nno key"
#define GONE	 "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
#define NONSENSE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static struct fake_http *server;
static struct handover *handover;
static struct https *https;
static struct posts *posts;
static struct dialog *dialog;
static struct dialog_sent sent;
static char url[96];
static int64_t now_us;

/* "body0": welcome and demand. "body1": an ack. "body2": nothing. */
static uint8_t welcome[2 * WIRE_MAX_FIXED], ack[WIRE_MAX_FIXED];
static struct fake_http_body bodies[] = { { welcome, 0 },
					  { ack, 0 },
					  { "", 0 } };

static void make_bodies(void)
{
	bodies[0].size = wire_encode(
		welcome,
		&(struct wire_message){ .type = WIRE_WELCOME,
					.welcome = { .max_part = WIRE_MAX_PART,
						     .max_segments = 100 } });
	bodies[0].size += wire_encode(
		welcome + bodies[0].size,
		&(struct wire_message){ .type = WIRE_DEMAND, .demand = { 1 } });
	bodies[1].size =
		wire_encode(ack, &(struct wire_message){ .type = WIRE_ACK,
							 .ack = { { 5, 1 } } });
}

static void setup(void)
{
	make_bodies();
	now_us = SECOND;
	sent = (struct dialog_sent){ 0 };
	handover = fake_open();
	ck_assert_int_eq(https_open(&https, NULL), 0);
}

static void teardown(void)
{
	posts_close(&posts);
	dialog_close(&dialog);
	https_close(&https);
	fake_http_close(&server);
	fake_close(&handover);
}

static void begin(void)
{
	ck_assert_int_eq(
		dialog_open(&dialog,
			    &(struct dialog_params){ .process = 7,
						     .handover = handover,
						     .sent = &sent,
						     .now_us = now_us }),
		0);
	posts_begin(posts, dialog);
}

#define ANSWERS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void start(const char *const *answers)
{
	server = fake_http_open(&(struct fake_http_script){ .answers = answers,
							    .bodies = bodies });
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1/publish/porch",
		 fake_http_port(server));
	ck_assert_int_eq(posts_open(&posts,
				    &(struct posts_params){
					    .https = https,
					    .url = url,
					    .authorization = "Bearer k" }),
			 0);
	begin();
}

/* Until a message comes, which the dialog hears too. False: it failed. */
static bool hear(enum wire_type *type)
{
	enum outcome outcome;
	const char *why;

	for (int i = 0; i < TURNS; i++) {
		const uint8_t *bytes;
		size_t n;

		posts_send(posts, now_us);
		if (posts_hear(posts, &bytes, &n)) {
			*type = (enum wire_type)bytes[0];
			dialog_receive(dialog, bytes, n, true, true, now_us);
			return true;
		}
		if (posts_failed(posts, &outcome, &why))
			return false;
		https_turn(https, 10);
	}
	ck_abort_msg("nothing came");
	return false;
}

static void expect(enum wire_type type)
{
	enum wire_type heard;

	ck_assert(hear(&heard));
	ck_assert_int_eq(heard, type);
}

static void expect_failure(enum outcome outcome, const char *words)
{
	enum wire_type heard;
	enum outcome is;
	const char *why;

	ck_assert(!hear(&heard));
	ck_assert(posts_failed(posts, &is, &why));
	ck_assert_int_eq(is, outcome);
	ck_assert_msg(strstr(why, words), "%s", why);
}

static void add_parts(uint32_t parts, uint32_t size)
{
	fake_add(handover, (struct fake_segment){ .msn = 5,
						  .parts = parts,
						  .init = 1,
						  .size = size,
						  .open = true });
}

static bool heard(const char *words)
{
	return strstr(fake_http_facts(server).head, words);
}

START_TEST(hello_goes_first_and_alone_with_the_key)
{
	add_parts(1, 100);
	start(ANSWERS("body0", "body1"));
	expect(WIRE_WELCOME);
	ck_assert(heard("POST /v1/publish/porch/"));
	ck_assert(heard("\r\nAuthorization: Bearer k\r\n"));
	ck_assert_int_eq(fake_http_facts(server).body[0], WIRE_HELLO);
	ck_assert_uint_eq(fake_http_facts(server).body_size, 24);
	expect(WIRE_DEMAND);
}
END_TEST

START_TEST(all_that_waits_goes_in_one_request)
{
	add_parts(2, 100);
	start(ANSWERS("body0", "body1"));
	expect(WIRE_WELCOME);
	expect(WIRE_DEMAND);
	expect(WIRE_ACK);
	ck_assert_int_eq(fake_http_facts(server).requests, 2);
	ck_assert_int_eq(fake_http_facts(server).body[0], WIRE_INIT);
	ck_assert_uint_eq(sent.counters.parts, 2);
	ck_assert_uint_eq(fake_http_facts(server).body_size,
			  sent.counters.media_bytes +
				  sent.counters.playlist_bytes);
}
END_TEST

START_TEST(the_largest_part_goes_whole_and_a_body_has_a_limit)
{
	add_parts(2, WIRE_MAX_PART);
	start(ANSWERS("body0", "body2", "body2", "body1"));
	expect(WIRE_WELCOME);
	expect(WIRE_DEMAND);
	expect(WIRE_ACK);
	ck_assert_int_eq(fake_http_facts(server).requests, 4);
}
END_TEST

#define TIMED(clock)                                                           \
	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nOriel-Clock: " clock "\r\n\r" \
	"\n"

/* Whether the answer to a part says what the clock shows. */
static bool has_clock(const char *reply, int64_t *asked_us, int64_t *clock_us)
{
	const uint8_t *bytes;
	size_t n;

	add_parts(1, 100);
	start(ANSWERS("body0", reply));
	expect(WIRE_WELCOME);
	expect(WIRE_DEMAND);
	ck_assert(!posts_clock(posts, asked_us, clock_us));
	now_us += 5;
	while (fake_http_facts(server).requests < 2 ||
	       !posts_are_through(posts)) {
		ck_assert(!posts_hear(posts, &bytes, &n));
		posts_send(posts, now_us);
		https_turn(https, 10);
	}
	return posts_clock(posts, asked_us, clock_us);
}

START_TEST(an_answer_says_what_the_clock_shows_once)
{
	int64_t asked_us, clock_us;

	ck_assert(has_clock(TIMED("1763823600123456"), &asked_us, &clock_us));
	ck_assert_int_eq(clock_us, 1763823600123456);
	ck_assert_int_eq(asked_us, now_us);
	ck_assert(!posts_clock(posts, &asked_us, &clock_us));
}
END_TEST

START_TEST(an_answer_with_another_clock_says_nothing_of_it)
{
	static const char *const others[] = {
		TIMED(""),    TIMED("12:30"),
		TIMED("-5"),  TIMED("17x"),
		TIMED("+5"),  TIMED("0x17"),
		TIMED("1 7"), TIMED("99999999999999999999999"),
	};
	int64_t asked_us, clock_us;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		ck_assert_msg(!has_clock(others[i], &asked_us, &clock_us), "%s",
			      others[i]);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(it_listens_after_a_second_of_silence_and_sends_meanwhile)
{
	const uint8_t *bytes;
	size_t n;

	start(ANSWERS("body0", "body2"));
	expect(WIRE_WELCOME);
	expect(WIRE_DEMAND);
	ck_assert(!posts_hear(posts, &bytes, &n));
	ck_assert_int_eq(posts_send(posts, now_us), now_us + SECOND);
	ck_assert_int_eq(posts_send(posts, now_us + SECOND - 1),
			 now_us + SECOND);
	ck_assert_int_eq(posts_send(posts, now_us + SECOND), INT64_MAX);
	ck_assert(posts_are_through(posts));
	for (int i = 0; i < TURNS && fake_http_facts(server).requests < 2; i++)
		https_turn(https, 10);
	ck_assert(heard("GET /v1/publish/porch/"));
	ck_assert(!heard("Content-Length"));
}
END_TEST

START_TEST(what_comes_while_it_listens_is_heard)
{
	start(ANSWERS("body0", "body1"));
	expect(WIRE_WELCOME);
	expect(WIRE_DEMAND);
	now_us += SECOND;
	expect(WIRE_ACK);
	ck_assert(heard("GET "));
}
END_TEST

START_TEST(each_session_has_a_name_of_its_own)
{
	char first[64];

	start(ANSWERS("body0"));
	expect(WIRE_WELCOME);
	snprintf(first, sizeof(first), "%.60s", fake_http_facts(server).head);
	posts_end(posts);
	dialog_close(&dialog);
	begin();
	expect(WIRE_WELCOME);
	ck_assert_str_ne(first, fake_http_facts(server).head);
	ck_assert(strncmp(first, fake_http_facts(server).head, 60) != 0);
}
END_TEST

START_TEST(a_relay_that_was_started_anew_is_a_lost_connection)
{
	add_parts(1, 100);
	start(ANSWERS("body0", GONE));
	expect(WIRE_WELCOME);
	expect(WIRE_DEMAND);
	expect_failure(OUTCOME_LOST, "started anew");
}
END_TEST

START_TEST(a_wrong_key_is_told_with_what_the_relay_said)
{
	start(ANSWERS(REFUSAL));
	expect_failure(OUTCOME_FORBIDDEN, "it answers 401: no key");
}
END_TEST

START_TEST(what_is_no_message_is_no_relay)
{
	start(ANSWERS(NONSENSE));
	expect_failure(OUTCOME_REFUSED, "no message");
}
END_TEST

START_TEST(nobody_there_is_not_reached_and_later_lost)
{
	start(ANSWERS("body0"));
	expect(WIRE_WELCOME);
	expect(WIRE_DEMAND);
	fake_http_close(&server);
	add_parts(1, 100);
	expect_failure(OUTCOME_LOST, "");
	posts_end(posts);
	dialog_close(&dialog);
	begin();
	expect_failure(OUTCOME_UNREACHED, "refused");
}
END_TEST

CHECK_MAIN(posts, setup, teardown, hello_goes_first_and_alone_with_the_key,
	   all_that_waits_goes_in_one_request,
	   the_largest_part_goes_whole_and_a_body_has_a_limit,
	   an_answer_says_what_the_clock_shows_once,
	   an_answer_with_another_clock_says_nothing_of_it,
	   it_listens_after_a_second_of_silence_and_sends_meanwhile,
	   what_comes_while_it_listens_is_heard,
	   each_session_has_a_name_of_its_own,
	   a_relay_that_was_started_anew_is_a_lost_connection,
	   a_wrong_key_is_told_with_what_the_relay_said,
	   what_is_no_message_is_no_relay,
	   nobody_there_is_not_reached_and_later_lost)
