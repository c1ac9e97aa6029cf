/* SPDX-License-Identifier: MIT */
#include "device/uplink/https.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/unit/certificate.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fake_http.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static struct fake_http *server;
static struct https *https;
static struct https_answer answer;
static struct certificate certificate;
static char url[160];

static const char *const proxies[] = { "http_proxy", "https_proxy", "all_proxy",
				       "no_proxy",   "HTTPS_PROXY", "ALL_PROXY",
				       "NO_PROXY" };

static void setup(void)
{
	for (size_t i = 0; i < sizeof(proxies) / sizeof(*proxies); i++)
		unsetenv(proxies[i]);
}

static void teardown(void)
{
	https_close(&https);
	fake_http_close(&server);
	if (certificate.folder[0])
		certificate_remove(&certificate);
	certificate = (struct certificate){ 0 };
	setup();
}

#define ANSWERS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void start_at(const char *host, const char *const *answers)
{
	bool tls = certificate.folder[0];

	server = fake_http_open(&(struct fake_http_script){
		.answers = answers,
		.cert = tls ? certificate.cert : NULL,
		.key = tls ? certificate.key : NULL });
	snprintf(url, sizeof(url), "%s://%s:%d/x", tls ? "https" : "http", host,
		 fake_http_port(server));
	if (!https)
		ck_assert_int_eq(https_open(&https, NULL), 0);
}

static void start(const char *const *answers)
{
	start_at("127.0.0.1", answers);
}

static int get(void)
{
	return https_request(
		https, &(struct https_request){ .method = "GET", .url = url },
		&answer);
}

static int get_and_close(void)
{
	return https_request(https,
			     &(struct https_request){ .method = "GET",
						      .url = url,
						      .close = true },
			     &answer);
}

static bool heard(const char *words)
{
	return strstr(fake_http_facts(server).head, words);
}

#define WHY(words)                                                             \
	ck_assert_msg(strstr(https_why(https), words), "%s", https_why(https))

/* --- what is asked and answered ------------------------------------------- */

START_TEST(an_answer_has_a_status_and_a_body)
{
	start(ANSWERS(OK));
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(answer.status, 200);
	ck_assert_uint_eq(answer.body_size, 5);
	ck_assert_str_eq((const char *)answer.body, "hello");
	ck_assert_str_eq(https_why(https), "");
	ck_assert_uint_eq(answer.received, strlen(OK));
	ck_assert_uint_eq(answer.sent, strlen(fake_http_facts(server).head));
}
END_TEST

START_TEST(method_key_headers_and_body_arrive)
{
	static const char *const headers[] = { "X-A: 1", "X-B: 2", NULL };

	start(ANSWERS(OK));
	ck_assert_int_eq(https_request(https,
				       &(struct https_request){
					       .method = "PUT",
					       .url = url,
					       .headers = headers,
					       .authorization = "Bearer k-1",
					       .body = "abc",
					       .body_size = 3 },
				       &answer),
			 0);
	ck_assert(heard("PUT /x HTTP/1.1\r\n"));
	ck_assert(heard("\r\nX-A: 1\r\nX-B: 2\r\n"));
	ck_assert(heard("\r\nAuthorization: Bearer k-1\r\n"));
	ck_assert(heard("\r\nContent-Length: 3\r\n"));
	ck_assert_str_eq(fake_http_facts(server).body, "abc");
	/* The next request has none of it. */
	ck_assert_int_eq(get(), 0);
	ck_assert(heard("GET /x HTTP/1.1\r\n"));
	ck_assert(!heard("Authorization") && !heard("X-A") &&
		  !heard("Content-Length"));
}
END_TEST

START_TEST(an_empty_body_has_a_length_too)
{
	start(ANSWERS(OK));
	ck_assert_int_eq(
		https_request(https,
			      &(struct https_request){ .method = "POST",
						       .url = url,
						       .body = "" },
			      &answer),
		0);
	ck_assert(heard("\r\nContent-Length: 0\r\n"));
}
END_TEST

START_TEST(a_large_body_arrives_whole_and_unasked_for)
{
	size_t size = 8 << 20;
	char *body = malloc(size);

	ck_assert_ptr_nonnull(body);
	memset(body, 'z', size);
	start(ANSWERS(OK));
	ck_assert_int_eq(
		https_request(https,
			      &(struct https_request){ .method = "PUT",
						       .url = url,
						       .body = body,
						       .body_size = size },
			      &answer),
		0);
	ck_assert(!heard("Expect"));
	ck_assert_uint_eq(fake_http_facts(server).body_size, size);
	ck_assert(fake_http_facts(server).body_is_even);
	free(body);
}
END_TEST

START_TEST(a_header_of_two_lines_is_not_sent)
{
	start(ANSWERS(OK));
	ck_assert_int_eq(https_request(https,
				       &(struct https_request){
					       .method = "GET",
					       .url = url,
					       .authorization = "a\r\nX: b" },
				       &answer),
			 -EINVAL);
	WHY("one line");
	ck_assert_int_eq(fake_http_facts(server).requests, 0);
}
END_TEST

static const char *const bad_urls[] = { "",
					"relay",
					"ftp://relay/",
					"https://user:s3cret@relay/",
					"https://",
					"file:///etc/passwd" };

START_TEST(what_is_no_url_of_http_is_refused)
{
	ck_assert_int_eq(https_open(&https, NULL), 0);
	for (size_t i = 0; i < sizeof(bad_urls) / sizeof(*bad_urls); i++) {
		snprintf(url, sizeof(url), "%s", bad_urls[i]);
		ck_assert_msg(get() < 0, "%s", url);
		ck_assert_ptr_null(strstr(https_why(https), "s3cret"));
		ck_assert_str_ne(https_why(https), "");
	}
}
END_TEST

/* --- connections -----------------------------------------------------------
 */

START_TEST(a_connection_is_used_again_unless_it_shall_not)
{
	start(ANSWERS(OK));
	ck_assert_int_eq(get(), 0);
	ck_assert(!answer.reused);
	ck_assert_int_eq(get(), 0);
	ck_assert(answer.reused);
	ck_assert_int_eq(fake_http_facts(server).connections, 1);
	ck_assert_int_eq(get_and_close(), 0);
	ck_assert(heard("\r\nConnection: close\r\n"));
	ck_assert_int_eq(get(), 0);
	ck_assert(!answer.reused);
	ck_assert_int_eq(fake_http_facts(server).connections, 2);
}
END_TEST

START_TEST(a_kept_connection_that_has_ended_is_made_again)
{
	start(ANSWERS(OK, "cut", OK));
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(answer.status, 200);
	ck_assert_int_eq(fake_http_facts(server).connections, 2);
}
END_TEST

static int far_port(int fd)
{
	struct sockaddr_in far = { 0 };
	socklen_t n = sizeof(far);

	ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&far, &n), 0);
	return ntohs(far.sin_port);
}

/* Libcurl tells of it to the one call alone that made the connection. */
START_TEST(a_request_knows_its_socket_while_it_is_under_way)
{
	struct https_request request = { .method = "GET", .url = url };
	struct https_call *first, *second;

	start(ANSWERS(OK, "hang"));
	ck_assert_int_eq(https_call_open(&first, https), 0);
	ck_assert_int_eq(https_call_open(&second, https), 0);
	ck_assert_int_eq(https_call_socket(first), -1);
	https_call_start(first, &request);
	while (https_call_is_busy(first))
		https_turn(https, 1000);
	ck_assert_int_eq(https_call_socket(second), -1);
	https_call_start(second, &request);
	while (https_call_is_busy(second) &&
	       fake_http_facts(server).requests < 2)
		https_turn(https, 10);
	ck_assert(https_call_is_busy(second));
	ck_assert_int_eq(far_port(https_call_socket(second)),
			 fake_http_port(server));
	ck_assert_int_eq(fake_http_facts(server).connections, 1);
	https_call_close(&first);
	https_call_close(&second);
}
END_TEST

START_TEST(a_tls_session_is_used_again_when_the_connection_is_not)
{
	certificate_make(&certificate, "localhost");
	ck_assert_int_eq(https_open(&https, certificate.cert), 0);
	start_at("localhost", ANSWERS(OK));
	ck_assert_int_eq(get_and_close(), 0);
	ck_assert_int_eq(get_and_close(), 0);
	ck_assert_int_eq(fake_http_facts(server).connections, 2);
	ck_assert_int_eq(fake_http_facts(server).resumed, 1);
}
END_TEST

/* --- what goes wrong -------------------------------------------------------
 */

static const struct {
	const char *bytes;
	int status;
	const char *why;
} answers[] = {
	{ "HTTP/1.1 204 No Content\r\n\r\n", 204, "" },
	{ "HTTP/1.1 302 Found\r\nLocation: http://portal.example/login\r\n"
	  "Content-Length: 0\r\n\r\n",
	  302, "to http://portal.example/login" },
	{ "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nno key\nxx", 403,
	  "answers 403: no key" },
	{ "HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\n\x1b[m", 500,
	  "answers 500: ?[m" },
};

START_TEST(each_answer_is_told_and_no_redirect_followed)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		start(ANSWERS(answers[i].bytes));
		ck_assert_int_eq(get(), 0);
		ck_assert_int_eq(answer.status, answers[i].status);
		WHY(answers[i].why);
		ck_assert_int_eq(fake_http_facts(server).requests, 1);
		https_close(&https);
		fake_http_close(&server);
	}
}
END_TEST

START_TEST(retry_after_is_read)
{
	start(ANSWERS("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n"
		      "Content-Length: 0\r\n\r\n"));
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(answer.retry_after_s, 7);
}
END_TEST

static const struct {
	const char *bytes;
	int err;
	const char *why;
} failures[] = {
	{ "SSH-2.0-OpenSSH_9.2\r\n", -EPROTO, "127.0.0.1: " },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n",
	  -ETIMEDOUT, "no answer within 1 s" },
	{ "hang", -ETIMEDOUT, "no answer within 1 s" },
	{ "cut", -EPROTO, "127.0.0.1: " },
};

START_TEST(each_failure_has_its_errno_and_its_sentence)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		int err;

		start(ANSWERS(failures[i].bytes));
		err = https_request(
			https,
			&(struct https_request){ .method = "GET",
						 .url = url,
						 .deadline_ms = 300 },
			&answer);
		ck_assert_msg(err == failures[i].err, "%zu: %d, %s", i, err,
			      https_why(https));
		WHY(failures[i].why);
		https_close(&https);
		fake_http_close(&server);
	}
}
END_TEST

/* A body of `size` bytes. */
static int get_body_of(size_t size)
{
	char *bytes = malloc(size + 100);
	int n = snprintf(bytes, 100,
			 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
			 size);
	int err;

	memset(bytes + n, 'b', size);
	bytes[(size_t)n + size] = '\0';
	start(ANSWERS(bytes));
	err = get();
	https_close(&https);
	fake_http_close(&server);
	free(bytes);
	return err;
}

START_TEST(an_answer_has_a_limit)
{
	ck_assert_int_eq(get_body_of(HTTPS_MAX_ANSWER), 0);
	ck_assert_int_eq(get_body_of(HTTPS_MAX_ANSWER + 1), -EMSGSIZE);
}
END_TEST

START_TEST(a_head_has_a_limit)
{
	static char bytes[HTTPS_MAX_HEAD + 100];
	int n = snprintf(bytes, 100, "HTTP/1.1 200 OK\r\n");

	while (n < (int)HTTPS_MAX_HEAD)
		n += snprintf(bytes + n, 100, "X-More: %050d\r\n", n);
	snprintf(bytes + n, 10, "\r\n");
	start(ANSWERS(bytes));
	ck_assert_int_eq(get(), -EMSGSIZE);
	WHY("is the address right?");
}
END_TEST

START_TEST(nobody_there_and_no_such_name_are_told_apart)
{
	start(ANSWERS(OK));
	fake_http_close(&server);
	ck_assert_int_eq(get(), -ECONNREFUSED);
	WHY("127.0.0.1: no connection: Connection refused");
	snprintf(url, sizeof(url), "http://relay.invalid/");
	ck_assert_int_eq(get(), -EHOSTUNREACH);
	WHY("relay.invalid: no such name");
}
END_TEST

static void expect_untrusted(const char *why)
{
	start_at("localhost", ANSWERS(OK));
	ck_assert_int_eq(get(), -EKEYREJECTED);
	WHY(why);
	ck_assert_int_eq(fake_http_facts(server).requests, 0);
}

START_TEST(a_certificate_that_nobody_vouches_for_is_none)
{
	certificate_make(&certificate, "localhost");
	expect_untrusted("--ca-file");
}
END_TEST

START_TEST(a_certificate_of_another_host_is_none)
{
	certificate_make(&certificate, "relay.example");
	ck_assert_int_eq(https_open(&https, certificate.cert), 0);
	expect_untrusted("for another name");
}
END_TEST

START_TEST(a_certificate_from_tomorrow_asks_for_the_clock)
{
	certificate_make_for(&certificate, "localhost", 86400, 2 * 86400);
	ck_assert_int_eq(https_open(&https, certificate.cert), 0);
	expect_untrusted("not yet valid: is the clock of this machine right? "
			 "(it says 2");
}
END_TEST

START_TEST(a_certificate_of_yesterday_asks_for_the_clock_too)
{
	certificate_make_for(&certificate, "localhost", -86400, -3600);
	ck_assert_int_eq(https_open(&https, certificate.cert), 0);
	expect_untrusted("has expired");
}
END_TEST

/* --- proxies ---------------------------------------------------------------
 */

static void start_proxy(const char *login, const char *const *script)
{
	char proxy[64];

	start(script);
	snprintf(proxy, sizeof(proxy), "http://%s127.0.0.1:%d/", login,
		 fake_http_port(server));
	setenv("http_proxy", proxy, 1);
	setenv("https_proxy", proxy, 1);
}

START_TEST(a_proxy_of_the_environment_is_used_with_its_password)
{
	start_proxy("ann:word@", ANSWERS(OK));
	snprintf(url, sizeof(url), "http://relay.invalid/x");
	ck_assert_int_eq(get(), 0);
	ck_assert(heard("GET http://relay.invalid/x HTTP/1.1\r\n"));
	ck_assert(heard("Proxy-Authorization: Basic YW5uOndvcmQ="));
}
END_TEST

START_TEST(a_host_that_no_proxy_names_is_asked_itself)
{
	start_proxy("", ANSWERS(OK));
	setenv("no_proxy", "invalid", 1);
	snprintf(url, sizeof(url), "http://relay.invalid/x");
	ck_assert_int_eq(get(), -EHOSTUNREACH);
}
END_TEST

START_TEST(what_stays_on_this_machine_goes_through_no_proxy)
{
	start(ANSWERS(OK));
	setenv("http_proxy", "http://127.0.0.1:9/", 1);
	ck_assert_int_eq(get(), 0);
	ck_assert(heard("GET /x HTTP/1.1\r\n"));
}
END_TEST

START_TEST(a_proxy_that_wants_a_password_is_named)
{
	start_proxy("", ANSWERS("HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n"
				"Proxy-Authenticate: Basic\r\n\r\n"));
	snprintf(url, sizeof(url), "http://relay.invalid/x");
	ck_assert_int_eq(get(), -EACCES);
	WHY("http_proxy");
	https_close(&https); /* it serves one connection at a time */
	ck_assert_int_eq(https_open(&https, NULL), 0);
	snprintf(url, sizeof(url), "https://relay.invalid/x");
	ck_assert_int_eq(get(), -EACCES);
	ck_assert(heard("CONNECT relay.invalid:443 HTTP/1.1\r\n"));
	WHY("http_proxy");
}
END_TEST

START_TEST(a_proxy_that_lets_nothing_through_is_named)
{
	start_proxy("",
		    ANSWERS("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"));
	snprintf(url, sizeof(url), "https://relay.invalid/x");
	ck_assert_int_eq(get(), -EACCES);
	WHY("answers 403");
}
END_TEST

/* --- other threads ---------------------------------------------------------
 */

static void *abort_it(void *context)
{
	(void)context;
	ck_assert(fake_http_hears(server, 1));
	https_abort(https);
	return NULL;
}

START_TEST(another_thread_can_end_a_request)
{
	int64_t start_us = clock_monotonic_us();
	pthread_t thread;

	start(ANSWERS("hang"));
	pthread_create(&thread, NULL, abort_it, NULL);
	ck_assert_int_eq(get(), -ECANCELED);
	pthread_join(thread, NULL);
	ck_assert_int_eq(get(), -ECANCELED); /* and all that follow */
	https_wait(https, 60000);
	ck_assert_int_lt(clock_monotonic_us() - start_us, 9000000);
}
END_TEST

START_TEST(a_wake_before_the_wait_ends_it)
{
	int64_t start_us = clock_monotonic_us();

	ck_assert_int_eq(https_open(&https, NULL), 0);
	https_wake(https);
	https_wait(https, 60000);
	ck_assert_int_lt(clock_monotonic_us() - start_us, 30000000);
}
END_TEST

START_TEST(closing_takes_what_was_never_open)
{
	https_close(&https);
	ck_assert_ptr_null(https);
}
END_TEST

CHECK_MAIN(https, setup, teardown, an_answer_has_a_status_and_a_body,
	   method_key_headers_and_body_arrive, an_empty_body_has_a_length_too,
	   a_large_body_arrives_whole_and_unasked_for,
	   a_header_of_two_lines_is_not_sent, what_is_no_url_of_http_is_refused,
	   a_connection_is_used_again_unless_it_shall_not,
	   a_kept_connection_that_has_ended_is_made_again,
	   a_request_knows_its_socket_while_it_is_under_way,
	   a_tls_session_is_used_again_when_the_connection_is_not,
	   each_answer_is_told_and_no_redirect_followed, retry_after_is_read,
	   each_failure_has_its_errno_and_its_sentence, an_answer_has_a_limit,
	   a_head_has_a_limit, nobody_there_and_no_such_name_are_told_apart,
	   a_certificate_that_nobody_vouches_for_is_none,
	   a_certificate_of_another_host_is_none,
	   a_certificate_from_tomorrow_asks_for_the_clock,
	   a_certificate_of_yesterday_asks_for_the_clock_too,
	   a_proxy_of_the_environment_is_used_with_its_password,
	   a_host_that_no_proxy_names_is_asked_itself,
	   what_stays_on_this_machine_goes_through_no_proxy,
	   a_proxy_that_wants_a_password_is_named,
	   a_proxy_that_lets_nothing_through_is_named,
	   another_thread_can_end_a_request, a_wake_before_the_wait_ends_it,
	   closing_takes_what_was_never_open)
