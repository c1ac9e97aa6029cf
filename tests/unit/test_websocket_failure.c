/* SPDX-License-Identifier: MIT */
#include "device/uplink/websocket_failure.h"

#include <string.h>

#include "tests/unit/check_main.h"

/* 2026-11-22 21:30 UTC */
#define NOW_US INT64_C(1795383000000000)

#define HINT "that was a proxy on the way that lets no WebSockets through"

static const struct {
	struct websocket_failure failure;
	enum outcome outcome;
	const char *why;
} rows[] = {
	{ { .location = "", .tls_error = "" },
	  OUTCOME_UNREACHED,
	  "no reason given" },
	{ { .location = "",
	    .text = "conn fail\n\x1b[1m and more",
	    .text_size = 13,
	    .tls_error = "" },
	  OUTCOME_UNREACHED,
	  "conn fail??[1" },
	{ { .location = "",
	    .text = "connect SSL err 1",
	    .text_size = 100,
	    .tls = true,
	    .tls_error = "" },
	  OUTCOME_UNTRUSTED,
	  "connect SSL err 1" },
	{ { .location = "",
	    .text = "connect SSL err 1",
	    .text_size = 17,
	    .tls = true,
	    .tls_error = "certificate has expired",
	    .wall_us = NOW_US },
	  OUTCOME_UNTRUSTED,
	  "its certificate has expired, by the clock of this machine: it says "
	  "2026-11-22 21:30 UTC" },
	{ { .location = "",
	    .tls = true,
	    .tls_error = "certificate is not yet valid" },
	  OUTCOME_CLOCK,
	  "its certificate is not yet valid, by the clock of this machine: it "
	  "says 1970-01-01 00:00 UTC" },
	{ { .location = "",
	    .tls = true,
	    .tls_error = "hostname mismatch",
	    .wall_us = NOW_US },
	  OUTCOME_UNTRUSTED,
	  "its hostname mismatch" },
	/* that of another try, when this one has no TLS at all */
	{ { .location = "",
	    .text = "timed out",
	    .text_size = 9,
	    .tls_error = "certificate has expired" },
	  OUTCOME_UNREACHED,
	  "timed out" },
	{ { .status = 101, .location = "", .tls_error = "" },
	  OUTCOME_UNREACHED,
	  "no reason given" },
	{ { .status = 401, .location = "", .tls_error = "" },
	  OUTCOME_FORBIDDEN,
	  "it answers with HTTP status 401" },
	{ { .status = 503, .location = "", .tls_error = "" },
	  OUTCOME_BUSY,
	  "it answers with HTTP status 503" },
	{ { .status = 302,
	    .location = "http://login\x7f.example/",
	    .tls_error = "" },
	  OUTCOME_PORTAL,
	  "it answers with HTTP status 302 and leads to http://login?.example/"
	  ", unless " HINT
	  ": then write https:// instead of wss:// in --relay" },
};

START_TEST(each_failure_is_a_kind_and_a_sentence)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char why[400];

		ck_assert_int_eq(websocket_failure_tell(&rows[i].failure, why,
							sizeof(why)),
				 rows[i].outcome);
		ck_assert_str_eq(why, rows[i].why);
	}
}
END_TEST

/* Who asks for a key, or is stopping, is the relay; others may be a proxy. */
START_TEST(a_proxy_on_the_way_is_thought_of_where_it_may_be_one)
{
	static const struct {
		unsigned int status;
		bool hint;
	} answers[] = {
		{ 200, true }, { 400, true }, { 401, false }, { 403, true },
		{ 404, true }, { 426, true }, { 428, true },  { 429, false },
		{ 500, true }, { 501, true }, { 502, false }, { 503, false },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		char why[400];

		websocket_failure_tell(
			&(struct websocket_failure){ .status =
							     answers[i].status,
						     .location = "",
						     .tls_error = "" },
			why, sizeof(why));
		ck_assert_msg(!strstr(why, HINT) != answers[i].hint, "%u: %s",
			      answers[i].status, why);
	}
}
END_TEST

START_TEST(a_buffer_that_is_too_small_is_enough)
{
	char why[8] = "1234567";

	websocket_failure_tell(&(struct websocket_failure){ .status = 500,
							    .location = "",
							    .tls_error = "" },
			       why, sizeof(why));
	ck_assert_uint_eq(strlen(why), 7);
}
END_TEST

CHECK_MAIN(websocket_failure, NULL, NULL, each_failure_is_a_kind_and_a_sentence,
	   a_proxy_on_the_way_is_thought_of_where_it_may_be_one,
	   a_buffer_that_is_too_small_is_enough)
