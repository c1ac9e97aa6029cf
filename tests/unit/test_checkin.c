/* SPDX-License-Identifier: MIT */
/* checkin, over an https_*() of our own. */
#include "device/uplink/checkin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "device/uplink/https.h"
#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)

/* --- the relay, in place of https.c --- */

struct https {
	int aborts;
};

static struct https https;
static struct https_request asked; /* last */
static char asked_url[256];
static int fails; /* what https_request() returns */
static struct https_answer answer;

int https_open(struct https **out, const char *ca_file)
{
	ck_assert_ptr_null(ca_file);
	*out = &https;
	return 0;
}

void https_close(struct https **h)
{
	*h = NULL;
}

int https_request(struct https *h, const struct https_request *request,
		  struct https_answer *out)
{
	(void)h;
	asked = *request;
	snprintf(asked_url, sizeof(asked_url), "%s", request->url);
	*out = answer;
	return fails;
}

const char *https_why(const struct https *h)
{
	(void)h;
	return "it is so";
}

void https_abort(struct https *h)
{
	h->aborts++;
}

/* --- */

static struct checkin *checkin;
static struct endpoint endpoint;
static int64_t pause_us;

static void begin(const char *relay)
{
	const char *why;

	checkin_close(&checkin);
	ck_assert_int_eq(endpoint_parse(&endpoint, relay, &why), 0);
	ck_assert_int_eq(checkin_open(&checkin,
				      &(struct checkin_params){
					      .endpoint = &endpoint,
					      .camera = "porch",
					      .authorization = "Bearer secret",
					      .interval_s = 10 }),
			 0);
}

static void answers(int status, const char *body)
{
	fails = 0;
	answer = (struct https_answer){ .status = status,
					.body = (const uint8_t *)body,
					.body_size = strlen(body) };
}

static int64_t ask(void)
{
	return checkin_ask(checkin, &pause_us);
}

static void setup(void)
{
	log_set_level((enum log_level)0);
	begin("ws://relay.example.org:8080/below/");
}

static void teardown(void)
{
	checkin_close(&checkin);
	ck_assert_ptr_null(checkin);
}

START_TEST(it_asks_the_relay_for_this_camera_over_a_connection_of_its_own)
{
	answers(200, "{\"viewers\":0,\"now_ms\":5,\"retry_s\":10}\n");
	ck_assert_int_eq(ask(), 0);
	ck_assert_str_eq(asked_url, "http://relay.example.org:8080/below/v1/"
				    "publish/porch/demand?every=10");
	ck_assert_str_eq(asked.method, "GET");
	ck_assert_str_eq(asked.authorization, "Bearer secret");
	ck_assert(asked.close);
	begin("wss://relay.example.org/");
	ask();
	ck_assert_str_eq(asked_url, "https://relay.example.org/v1/publish/"
				    "porch/demand?every=10");
}
END_TEST

START_TEST(it_asks_again_after_the_interval_or_later_as_the_relay_wants)
{
	static const struct {
		const char *body;
		int64_t viewers;
		int pause_s;
	} rows[] = {
		{ "{\"viewers\":0,\"retry_s\":10}", 0, 10 },
		{ "{\"viewers\":3,\"retry_s\":1}", 3, 10 },
		{ "{\"retry_s\":60,\"viewers\":4294967295}", 4294967295, 60 },
		{ "{\"viewers\":0,\"retry_s\":999999}", 0, 3600 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		answers(200, rows[i].body);
		ck_assert_int_eq(ask(), rows[i].viewers);
		ck_assert_int_eq(pause_us, rows[i].pause_s * SECOND);
	}
}
END_TEST

START_TEST(what_is_no_answer_is_none)
{
	static const char *const bodies[] = {
		"",
		"{}",
		"{\"viewers\":,\"retry_s\":10}",
		"{\"viewers\":-1,\"retry_s\":10}",
		"{\"viewers\":1}",
		"{\"viewers\":4294967296,\"retry_s\":10}",
		"<html>Log in to the hotel's network</html>",
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		answers(200, bodies[i]);
		ck_assert_msg(ask() == -EPROTO, "%s", bodies[i]);
	}
}
END_TEST

START_TEST(an_answer_may_have_512_bytes_and_not_one_more)
{
	uint32_t viewers, retry_s;
	uint8_t bytes[514];

	memset(bytes, ' ', sizeof(bytes));
	memcpy(bytes, "\"viewers\":5\"retry_s\":7", 22);
	ck_assert_int_eq(checkin_read(bytes, 512, &viewers, &retry_s), 0);
	ck_assert_uint_eq(viewers, 5);
	ck_assert_uint_eq(retry_s, 7);
	ck_assert_int_eq(checkin_read(bytes, 513, &viewers, &retry_s), -EPROTO);
	/* cut short, it is read no further */
	ck_assert_int_eq(checkin_read(bytes, 21, &viewers, &retry_s), -EPROTO);
}
END_TEST

START_TEST(a_relay_that_is_away_is_asked_less_and_less_often)
{
	int64_t most_us = 0;

	fails = -ECONNREFUSED;
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(ask(), -ECONNREFUSED);
		ck_assert_int_ge(pause_us, 10 * SECOND);
		ck_assert_int_le(pause_us, 60 * SECOND);
		if (pause_us > most_us)
			most_us = pause_us;
	}
	ck_assert_int_gt(most_us, 20 * SECOND);
	answers(200, "{\"viewers\":0,\"retry_s\":10}");
	ck_assert_int_eq(ask(), 0);
	ck_assert_int_eq(pause_us, 10 * SECOND);
	answers(503, "later");
	ck_assert_int_lt(ask(), 0);
	ck_assert_int_eq(pause_us, 10 * SECOND); /* the first in a row */
}
END_TEST

START_TEST(it_can_be_given_up)
{
	https.aborts = 0;
	checkin_abort(checkin);
	ck_assert_int_eq(https.aborts, 1);
}
END_TEST

CHECK_MAIN(checkin, setup, teardown,
	   it_asks_the_relay_for_this_camera_over_a_connection_of_its_own,
	   it_asks_again_after_the_interval_or_later_as_the_relay_wants,
	   what_is_no_answer_is_none,
	   an_answer_may_have_512_bytes_and_not_one_more,
	   a_relay_that_is_away_is_asked_less_and_less_often,
	   it_can_be_given_up)
