/* SPDX-License-Identifier: MIT */
#include "device/uplink/websocket_failure.h"

#include <string.h>

#include "tests/unit/check_main.h"

/* 2026-11-22 21:30 UTC */
#define NOW_US INT64_C(1795383000000000)

#define HINT                                                                   \
	"; if that is a proxy on the way that lets no WebSockets through, "    \
	"write https:// instead of wss:// in --relay"
#define NOBODY                                                                 \
	"nobody listens there, or no way leads there: is it running, and are " \
	"host and port right?"
#define NO_TLS                                                                 \
	"TLS does not come about: does it speak TLS on that port (ws:// is "   \
	"without)?"
#define HANGS_UP                                                               \
	"it hangs up without an answer: is that the relay's port, and does "   \
	"it want wss://?"
#define SILENT                                                                 \
	"it takes the connection and says nothing: is that the relay's port?"

/* What libwebsockets 4.1 and 4.3 say of it. */
static const struct {
	const char *text;
	bool tls;
	enum outcome outcome;
	const char *why;
} rows[] = {
	{ NULL, false, OUTCOME_UNREACHED, "it gives no reason" },
	{ "", true, OUTCOME_UNREACHED, "it gives no reason" },
	{ "Unable to connect", false, OUTCOME_UNREACHED, NOBODY },
	{ "Unable to connect", true, OUTCOME_UNREACHED, NOBODY },
	{ "conn fail: errno 111: 1.2.3.4:80", false, OUTCOME_UNREACHED,
	  NOBODY },
	{ "connect failed", false, OUTCOME_UNREACHED, NOBODY },
	{ "read failed", false, OUTCOME_UNREACHED, HANGS_UP },
	{ "read failed", true, OUTCOME_UNREACHED, HANGS_UP },
	{ "closed before established", false, OUTCOME_UNREACHED, HANGS_UP },
	{ "HS: Accept hash wrong", false, OUTCOME_UNREACHED,
	  "what it answers is no WebSocket of a relay: is that its port?" },
	{ "Timed out waiting server reply", false, OUTCOME_UNREACHED, SILENT },
	{ "connect SYSCALL 104", true, OUTCOME_NO_TLS, NO_TLS },
	{ "connect SSL err 1: error:00000001:lib(0)::reason(1)", true,
	  OUTCOME_NO_TLS, NO_TLS },
	{ "Timed out waiting SSL", true, OUTCOME_NO_TLS, NO_TLS },
	{ "tls: error:0A000126:SSL routines::unexpected eof while reading",
	  true, OUTCOME_NO_TLS, NO_TLS },
	{ "tls: unspecified", true, OUTCOME_NO_TLS, NO_TLS },
	{ "connect SSL err 1: certificate verify failed", true,
	  OUTCOME_UNTRUSTED, "connect SSL err 1: certificate verify failed" },
	{ "proxy conn dead", true, OUTCOME_PROXY, "proxy conn dead" },
	{ "new\n\x1b[1m words", false, OUTCOME_UNREACHED, "new??[1m words" },
};

START_TEST(each_failure_is_a_kind_and_a_sentence)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *text = rows[i].text;
		char why[400];

		ck_assert_msg(
			websocket_failure_tell(
				&(struct websocket_failure){
					.location = "",
					.text = text,
					.text_size = text ? strlen(text) : 0,
					.tls = rows[i].tls,
					.tls_error = "" },
				why, sizeof(why)) == rows[i].outcome,
			"%zu: %s", i, text);
		ck_assert_str_eq(why, rows[i].why);
	}
}
END_TEST

/* What OpenSSL does not like of it, beside what libwebsockets says. */
static const struct {
	const char *tls_error;
	enum outcome outcome;
	const char *why;
} certificates[] = {
	{ "certificate has expired", OUTCOME_UNTRUSTED,
	  "its certificate has expired, by the clock of this machine: it says "
	  "2026-11-22, 21 h UTC" },
	{ "certificate is not yet valid", OUTCOME_CLOCK,
	  "its certificate is not yet valid, by the clock of this machine: it "
	  "says 2026-11-22, 21 h UTC" },
	{ "hostname mismatch", OUTCOME_UNTRUSTED,
	  "its certificate is for another name" },
	{ "Hostname mismatch", OUTCOME_UNTRUSTED,
	  "its certificate is for another name" },
	{ "self-signed certificate", OUTCOME_UNTRUSTED,
	  "its certificate is vouched for by nobody but itself" },
	{ "self signed certificate in certificate chain", OUTCOME_UNTRUSTED,
	  "its certificate is vouched for by nobody but itself" },
	{ "unable to get local issuer certificate", OUTCOME_UNTRUSTED,
	  "its certificate is vouched for by nobody trusted here" },
	{ "CA md too weak", OUTCOME_UNTRUSTED,
	  "its certificate is not taken (CA md too weak)" },
};

static int64_t now_us = NOW_US;

static enum outcome tell(const char *tls_error, bool tls, char why[static 400])
{
	return websocket_failure_tell(
		&(struct websocket_failure){ .location = "",
					     .text = "connect SSL err 1",
					     .text_size = 17,
					     .tls = tls,
					     .tls_error = tls_error,
					     .wall_us = now_us },
		why, 400);
}

START_TEST(a_certificate_that_is_not_taken_is_told_with_why)
{
	char why[400];

	for (size_t i = 0; i < sizeof(certificates) / sizeof(*certificates);
	     i++) {
		ck_assert_msg(tell(certificates[i].tls_error, true, why) ==
				      certificates[i].outcome,
			      "%s", certificates[i].tls_error);
		ck_assert_str_eq(why, certificates[i].why);
	}
}
END_TEST

START_TEST(a_wrong_clock_is_no_news_each_minute)
{
	char before[400], why[400];

	tell("certificate has expired", true, before);
	now_us = NOW_US + INT64_C(29) * 60000000;
	tell("certificate has expired", true, why);
	ck_assert_str_eq(why, before);
	now_us = NOW_US + INT64_C(31) * 60000000;
	tell("certificate has expired", true, why);
	ck_assert_str_ne(why, before);
	now_us = NOW_US;
}
END_TEST

START_TEST(what_openssl_said_of_another_try_is_not_believed)
{
	char why[400];

	ck_assert_int_eq(tell("certificate has expired", false, why),
			 OUTCOME_UNREACHED);
	ck_assert_ptr_null(strstr(why, "expired"));
}
END_TEST

START_TEST(an_answer_of_http_is_told_with_where_it_leads)
{
	char why[400];

	ck_assert_int_eq(
		websocket_failure_tell(
			&(struct websocket_failure){
				.status = 302,
				.location = "http://login\x7f.example/",
				.tls_error = "" },
			why, sizeof(why)),
		OUTCOME_PORTAL);
	ck_assert_str_eq(why, "it answers with HTTP status 302 and leads to "
			      "http://login?.example/" HINT);
	/* 101 is none: it came further than that */
	ck_assert_int_eq(websocket_failure_tell(
				 &(struct websocket_failure){ .status = 101,
							      .location = "",
							      .tls_error = "" },
				 why, sizeof(why)),
			 OUTCOME_UNREACHED);
	ck_assert_str_eq(why, "it gives no reason");
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
	   a_certificate_that_is_not_taken_is_told_with_why,
	   a_wrong_clock_is_no_news_each_minute,
	   what_openssl_said_of_another_try_is_not_believed,
	   an_answer_of_http_is_told_with_where_it_leads,
	   a_proxy_on_the_way_is_thought_of_where_it_may_be_one,
	   a_buffer_that_is_too_small_is_enough)
