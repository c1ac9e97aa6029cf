/* SPDX-License-Identifier: MIT */
#include "device/uplink/outcome.h"

#include <string.h>

#include "tests/unit/check_main.h"

static const struct {
	unsigned int status;
	enum outcome outcome;
} statuses[] = {
	{ 200, OUTCOME_PORTAL },    { 204, OUTCOME_PORTAL },
	{ 302, OUTCOME_PORTAL },    { 307, OUTCOME_PORTAL },
	{ 399, OUTCOME_PORTAL },    { 400, OUTCOME_REFUSED },
	{ 401, OUTCOME_FORBIDDEN }, { 402, OUTCOME_REFUSED },
	{ 403, OUTCOME_FORBIDDEN }, { 404, OUTCOME_REFUSED },
	{ 407, OUTCOME_PROXY },	    { 426, OUTCOME_REFUSED },
	{ 412, OUTCOME_REFUSED },   { 413, OUTCOME_TOO_LARGE },
	{ 414, OUTCOME_REFUSED },   { 429, OUTCOME_BUSY },
	{ 499, OUTCOME_REFUSED },   { 500, OUTCOME_BUSY },
	{ 503, OUTCOME_BUSY },	    { 511, OUTCOME_PORTAL },
	{ 599, OUTCOME_BUSY },
};

START_TEST(each_status_stands_for_something)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		ck_assert_msg(outcome_of_status(statuses[i].status) ==
				      statuses[i].outcome,
			      "%u", statuses[i].status);
}
END_TEST

static const struct {
	const char *text;
	bool tls;
	const char *tls_error;
	enum outcome outcome;
} failures[] = {
	{ "Unable to connect", false, "", OUTCOME_UNREACHED },
	{ "Unable to connect", true, "", OUTCOME_UNREACHED },
	{ "conn fail: errno 111: h:1", true, "", OUTCOME_UNREACHED },
	{ "Timed out waiting SSL", true, "", OUTCOME_NO_TLS },
	{ "connect SSL err 1: error:1", true, "", OUTCOME_NO_TLS },
	{ "connect SYSCALL 104", true, "", OUTCOME_NO_TLS },
	{ "connect SYSCALL 104", false, "", OUTCOME_UNREACHED },
	{ "connect SSL err 1: certificate verify failed", true, "",
	  OUTCOME_UNTRUSTED },
	{ "tls: error:0A00010B:SSL routines::wrong version number", true, "",
	  OUTCOME_NO_TLS },
	{ "tls: error:0A000086:SSL routines::certificate verify failed", true,
	  "", OUTCOME_UNTRUSTED },
	{ "connect SSL err 1: error:1", true, "certificate is not yet valid",
	  OUTCOME_CLOCK },
	{ "tls: certificate is not yet vali", true,
	  "certificate is not yet valid", OUTCOME_CLOCK },
	{ "connect SSL err 1: error:1", true, "certificate has expired",
	  OUTCOME_UNTRUSTED },
	{ "anything", true, "hostname mismatch", OUTCOME_UNTRUSTED },
	{ "ssl", false, "certificate is not yet valid", OUTCOME_UNREACHED },
	{ "proxy not h1", true, "", OUTCOME_PROXY },
	{ "http_proxy -> 407", false, "", OUTCOME_PROXY },
	{ "proxy conn dead", true, "", OUTCOME_PROXY },
};

START_TEST(the_words_of_libwebsockets_stand_for_something)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		ck_assert_msg(outcome_of_failure(failures[i].text,
						 failures[i].tls,
						 failures[i].tls_error) ==
				      failures[i].outcome,
			      "%s %d %s", failures[i].text, failures[i].tls,
			      failures[i].tls_error);
}
END_TEST

START_TEST(each_has_a_pause_and_a_next_step)
{
	for (int i = 0; i <= OUTCOME_REPLACED; i++) {
		const struct backoff_params *pause =
			outcome_pause((enum outcome)i);

		ck_assert_int_gt(pause->base_us, 0);
		ck_assert_int_ge(pause->cap_us, pause->base_us);
		ck_assert_uint_gt(strlen(outcome_next_step((enum outcome)i)),
				  5);
	}
}
END_TEST

CHECK_MAIN(outcome, NULL, NULL, each_status_stands_for_something,
	   the_words_of_libwebsockets_stand_for_something,
	   each_has_a_pause_and_a_next_step)
