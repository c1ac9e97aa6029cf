/* SPDX-License-Identifier: MIT */
#include "cloud/publishers.h"

#include <string.h>

#include "cloud/http/report.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"
#include "common/log.h"
#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)

/* A publisher without a network. */
struct device {
	struct publisher publisher;
	unsigned int poked, asked;
	bool gone;
};

static struct report_counters counters;
static struct store *store;
static struct publishers *publishers;
static struct device first, second, third;
static unsigned int viewers;

static void poke(struct publisher *p)
{
	((struct device *)p)->poked++;
}

static void ask(struct publisher *p)
{
	((struct device *)p)->asked++;
}

static void give_up(struct publisher *p)
{
	((struct device *)p)->gone = true;
	publisher_end(p, p->heard_us);
}

static const struct publisher_kind kind = { poke, ask, give_up };

static unsigned int count_viewers(void *context, const char *camera)
{
	(void)context;
	return strcmp(camera, "porch") == 0 ? viewers : 0;
}

static void ignore(void *context, const char *camera)
{
	(void)context;
	(void)camera;
}

static void setup(void)
{
	log_set_level((enum log_level)0);
	counters = (struct report_counters){ 0 };
	first = second = third = (struct device){ .publisher.kind = &kind };
	viewers = 0;
	ck_assert_int_eq(
		store_open(&store,
			   &(struct store_params){ .max_bytes = 100000,
						   .max_camera_bytes = 50000,
						   .max_cameras = 2,
						   .max_segments = 5 }),
		0);
	ck_assert_int_eq(publishers_open(&publishers,
					 &(struct publishers_params){
						 .counters = &counters,
						 .store = store,
						 .max_part = 1000,
						 .viewers = count_viewers,
						 .stored = ignore,
						 .told = ignore }),
			 0);
}

static void teardown(void)
{
	publishers_close(&publishers);
	ck_assert_uint_eq(counters.publishers, 0);
	store_close(&store);
}

static enum ingest_event say(struct device *d, struct wire_message m,
			     int64_t now_us)
{
	uint8_t bytes[WIRE_MAX_FIXED];
	size_t n = wire_encode(bytes, &m);

	return publisher_feed(&d->publisher, bytes, n, true, true, now_us, 0);
}

static void come(struct device *d, const char *camera, uint64_t process,
		 int64_t now_us)
{
	memcpy(d->publisher.camera, camera, strlen(camera) + 1);
	ck_assert_int_eq(publisher_begin(publishers, &d->publisher, now_us), 0);
	ck_assert_int_eq(
		say(d,
		    (struct wire_message){ .type = WIRE_HELLO,
					   .hello = { .process = process } },
		    now_us),
		INGEST_HELLO);
}

static void rest(struct device *d, int64_t now_us)
{
	say(d,
	    (struct wire_message){ .type = WIRE_STATUS,
				   .status = { .mode = WIRE_QUIET } },
	    now_us);
}

/* The types of the messages that it is told, as "@D"; see wire.h. */
static const char *told(struct device *d)
{
	static char out[8];
	uint8_t bytes[INGEST_MAX_OUT];
	size_t n = 0;

	while (n < sizeof(out) - 1 && ingest_take(d->publisher.ingest, bytes))
		out[n++] = (char)bytes[0];
	out[n] = '\0';
	return out;
}

#define WELCOME "@"
#define ERROR	"B"
#define DRAIN	"C"
#define DEMAND	"D"

START_TEST(a_silent_device_is_asked_once_and_then_given_up)
{
	come(&first, "porch", 7, 0);
	publishers_tick(publishers, 4 * SECOND - 1);
	ck_assert_uint_eq(first.asked, 0);
	publishers_tick(publishers, 4 * SECOND);
	publishers_tick(publishers, 5 * SECOND);
	ck_assert_uint_eq(first.asked, 1);
	publisher_heard(&first.publisher, 5 * SECOND);
	publishers_tick(publishers, 9 * SECOND - 1);
	ck_assert_uint_eq(first.asked, 1);
	publishers_tick(publishers, 9 * SECOND);
	ck_assert_uint_eq(first.asked, 2);
	publishers_tick(publishers, 15 * SECOND - 1);
	ck_assert(!first.gone);
	publishers_tick(publishers, 15 * SECOND);
	ck_assert(first.gone);
}
END_TEST

/* All but the end of it, though it says something all the time. */
START_TEST(a_message_is_complete_in_a_minute_or_never)
{
	struct wire_message m = { .type = WIRE_STATUS, .body_size = 200 };
	uint8_t bytes[WIRE_MAX_FIXED];
	size_t n = wire_encode(bytes, &m);
	int64_t now_us = SECOND;

	come(&first, "porch", 7, 0);
	for (int i = 0; i < 2; i++) {
		int64_t began_us = now_us;

		publisher_feed(&first.publisher, bytes, n, true, false, now_us,
			       0);
		for (; now_us < began_us + 60 * SECOND; now_us += SECOND) {
			publishers_tick(publishers, now_us);
			ck_assert(!first.gone);
			publisher_feed(&first.publisher, bytes, 1, false, false,
				       now_us, 0);
		}
		publishers_tick(publishers, now_us - 1);
		ck_assert(!first.gone);
		if (i == 0)
			ck_assert_int_eq(publisher_feed(&first.publisher,
							(uint8_t[140]){ 0 },
							140, false, true,
							now_us, 0),
					 INGEST_NOTHING);
	}
	ck_assert_uint_eq(counters.refused[REFUSED_SLOW], 0);
	publishers_tick(publishers, now_us);
	ck_assert(first.gone);
	ck_assert_uint_eq(counters.refused[REFUSED_SLOW], 1);
}
END_TEST

START_TEST(one_that_rests_is_left_alone_for_longer)
{
	come(&first, "porch", 7, 0);
	rest(&first, 0);
	publishers_tick(publishers, 45 * SECOND - 1);
	ck_assert_uint_eq(first.asked, 0);
	publishers_tick(publishers, 45 * SECOND);
	ck_assert_uint_eq(first.asked, 1);
	publishers_tick(publishers, 75 * SECOND - 1);
	ck_assert(!first.gone);
	publishers_tick(publishers, 75 * SECOND);
	ck_assert(first.gone);
}
END_TEST

START_TEST(who_rested_has_time_to_answer_when_somebody_watches)
{
	come(&first, "porch", 7, 0);
	rest(&first, 0);
	told(&first);
	viewers = 1;
	publishers_asked(publishers, "porch", 40 * SECOND);
	ck_assert_str_eq(told(&first), DEMAND);
	publishers_tick(publishers, 44 * SECOND - 1);
	ck_assert_uint_eq(first.asked, 0);
	publishers_tick(publishers, 44 * SECOND);
	ck_assert_uint_eq(first.asked, 1);
	publishers_tick(publishers, 50 * SECOND - 1);
	ck_assert(!first.gone);
	publishers_tick(publishers, 50 * SECOND);
	ck_assert(first.gone);
}
END_TEST

START_TEST(who_was_heard_just_now_gets_no_more_time_for_that)
{
	come(&first, "porch", 7, 0);
	viewers = 1;
	publishers_asked(publishers, "porch", 4 * SECOND - 1);
	publishers_tick(publishers, 10 * SECOND);
	ck_assert(first.gone);
}
END_TEST

START_TEST(only_the_camera_that_is_asked_for_is_told)
{
	come(&first, "porch", 7, 0);
	come(&second, "yard", 7, 0);
	ck_assert_str_eq(told(&first), WELCOME DEMAND);
	ck_assert_str_eq(told(&second), WELCOME DEMAND);
	viewers = 1;
	first.poked = second.poked = 0;
	publishers_asked(publishers, "yard", SECOND);
	ck_assert_uint_eq(first.poked + second.poked, 0);
	publishers_asked(publishers, "porch", SECOND);
	ck_assert_uint_eq(first.poked, 1);
	ck_assert_uint_eq(second.poked, 0);
}
END_TEST

START_TEST(another_process_takes_over_its_own_camera_only)
{
	come(&first, "porch", 7, 0);
	come(&second, "yard", 7, 0);
	told(&first);
	told(&second);
	come(&third, "porch", 8, 0);
	ck_assert_str_eq(told(&first), ERROR);
	ck_assert_str_eq(told(&second), "");
	ck_assert_str_eq(told(&third), WELCOME DEMAND);
}
END_TEST

START_TEST(one_process_has_two_connections_and_the_third_ends_the_first)
{
	come(&first, "porch", 7, 0);
	come(&second, "porch", 7, 0);
	told(&first);
	told(&second);
	ck_assert(!ingest_failed(first.publisher.ingest));
	come(&third, "porch", 7, 0);
	ck_assert_str_eq(told(&first), ERROR);
	ck_assert_str_eq(told(&second), "");
	ck_assert_str_eq(told(&third), WELCOME DEMAND);
	/* Who has failed is neither told nor counted any more. */
	viewers = 1;
	publishers_asked(publishers, "porch", SECOND);
	ck_assert_str_eq(told(&first), "");
	ck_assert_str_eq(told(&second), DEMAND);
}
END_TEST

START_TEST(who_has_not_said_hello_is_nobody)
{
	memcpy(second.publisher.camera, "porch", 6);
	ck_assert_int_eq(publisher_begin(publishers, &second.publisher, 0), 0);
	come(&first, "porch", 0, 0); /* as the other seems to be */
	come(&third, "porch", 0, 0);
	ck_assert(!ingest_failed(first.publisher.ingest));
	ck_assert(!ingest_failed(second.publisher.ingest));
	viewers = 1;
	publishers_asked(publishers, "porch", 0);
	publishers_tick(publishers, 0);
	ck_assert_str_eq(told(&second), "");
	publishers_tick(publishers, 10 * SECOND);
	ck_assert(second.gone);
}
END_TEST

START_TEST(a_relay_that_stops_tells_all_of_them)
{
	come(&first, "porch", 7, 0);
	come(&second, "yard", 8, 0);
	told(&first);
	told(&second);
	ck_assert(!publishers_draining(publishers));
	publishers_drain(publishers);
	ck_assert(publishers_draining(publishers));
	ck_assert_str_eq(told(&first), DRAIN);
	ck_assert_str_eq(told(&second), DRAIN);
}
END_TEST

CHECK_MAIN(publishers, setup, teardown,
	   a_silent_device_is_asked_once_and_then_given_up,
	   a_message_is_complete_in_a_minute_or_never,
	   one_that_rests_is_left_alone_for_longer,
	   who_rested_has_time_to_answer_when_somebody_watches,
	   who_was_heard_just_now_gets_no_more_time_for_that,
	   only_the_camera_that_is_asked_for_is_told,
	   another_process_takes_over_its_own_camera_only,
	   one_process_has_two_connections_and_the_third_ends_the_first,
	   who_has_not_said_hello_is_nobody,
	   a_relay_that_stops_tells_all_of_them)
