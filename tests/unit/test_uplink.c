/* SPDX-License-Identifier: MIT */
#include "device/uplink/uplink.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "device/uplink/backoff.h"
#include "tests/unit/certificate.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fake_handover.h"
#include "tests/unit/fake_relay.h"

#define PROCESS 0x0123456789abcdefULL

static const struct wire_message welcome = {
	.type = WIRE_WELCOME,
	.welcome = { .max_part = WIRE_MAX_PART,
		     .max_segments = 100,
		     .epoch = FAKE_EPOCH },
};

static struct fake_relay *relay;
static struct handover *handover;
static struct uplink *uplink;
static pthread_t network;
static bool running;

/* --- the pause before the next try, which is not waited for --------------- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t asked;
	int count;
	struct backoff_params params;
} pauses = { .lock = PTHREAD_MUTEX_INITIALIZER,
	     .asked = PTHREAD_COND_INITIALIZER };

/* Never, in the time of a test, where it shall be at least ten seconds. */
int64_t backoff_us(const struct backoff_params *params, unsigned int attempt,
		   uint32_t random)
{
	(void)attempt;
	(void)random;
	pthread_mutex_lock(&pauses.lock);
	pauses.count++;
	pauses.params = *params;
	pthread_cond_broadcast(&pauses.asked);
	pthread_mutex_unlock(&pauses.lock);
	return params->base_us >= 20000000 ? 3600000000 : 10000;
}

static struct backoff_params wait_pause(void)
{
	struct backoff_params params;
	struct timespec until;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	pthread_mutex_lock(&pauses.lock);
	while (!pauses.count && !err)
		err = pthread_cond_timedwait(&pauses.asked, &pauses.lock,
					     &until);
	params = pauses.params;
	pthread_mutex_unlock(&pauses.lock);
	return params;
}

/* --- names, which no name server is asked for ------------------------------
 */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool hangs;
	int asked;
} names = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .changed = PTHREAD_COND_INITIALIZER };

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *,
			   struct addrinfo **);

static int look_up(const char *host, const char *service,
		   const struct addrinfo *hints, struct addrinfo **out)
{
	getaddrinfo_fn *real;
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

	memcpy(&real, &symbol, sizeof(real));
	return real(host, service, hints, out);
}

/* "two.test": an address that TCP cannot go to, and then the relay's. */
int getaddrinfo(const char *host, const char *service,
		const struct addrinfo *hints, struct addrinfo **out)
{
	if (!host || !strstr(host, ".test"))
		return look_up(host, service, hints, out);
	if (hints->ai_flags & AI_NUMERICHOST)
		return EAI_NONAME;
	pthread_mutex_lock(&names.lock);
	names.asked++;
	pthread_cond_broadcast(&names.changed);
	while (names.hangs)
		pthread_cond_wait(&names.changed, &names.lock);
	pthread_mutex_unlock(&names.lock);
	if (look_up("255.255.255.255", service, hints, out))
		return EAI_AGAIN;
	return look_up("127.0.0.1", service, hints, &(*out)->ai_next);
}

static void set_hangs(bool hangs)
{
	pthread_mutex_lock(&names.lock);
	names.hangs = hangs;
	pthread_cond_broadcast(&names.changed);
	pthread_mutex_unlock(&names.lock);
}

static void wait_asked(void)
{
	pthread_mutex_lock(&names.lock);
	while (!names.asked)
		pthread_cond_wait(&names.changed, &names.lock);
	pthread_mutex_unlock(&names.lock);
}

/* --- what is logged --------------------------------------------------------
 */

static int log_file = -1, real_stderr = -1;

static void capture_log(void)
{
	log_file = memfd_create("log", 0);
	ck_assert_int_ge(fcntl(log_file, F_SETFL, O_APPEND), 0);
	real_stderr = dup(STDERR_FILENO);
	ck_assert_int_ge(dup2(log_file, STDERR_FILENO), 0);
	log_set_level(LOG_WARN);
}

static void release_log(void)
{
	if (log_file < 0)
		return;
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(log_file);
	log_file = -1;
}

static const char *logged(void)
{
	static char text[4096];
	ssize_t n = pread(log_file, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int lines(const char *text)
{
	int n = 0;

	while ((text = strchr(text, '\n'))) {
		n++;
		text++;
	}
	return n;
}

/* --- */

static void setup(void)
{
	log_set_level((enum log_level)0); /* refusals are wanted here */
	pauses.count = 0;
	pauses.params = (struct backoff_params){ 0 };
	names.asked = 0;
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	handover = fake_open();
}

static void *run(void *context)
{
	(void)context;
	ck_assert_int_eq(uplink_run(uplink, handover), 0);
	return NULL;
}

static struct certificate certificate; /* with it, TLS */
static const char *ca_file;
static int64_t reconnect_after_us; /* 0: never */
static struct watched_params watched;
static struct status *reported; /* NULL: none */

static void start_on(const char *host, int port, const char *prefix)
{
	char url[128];

	snprintf(url, sizeof(url), "%s://%s:%d%s",
		 certificate.folder[0] ? "wss" : "ws", host, port, prefix);
	ck_assert_int_eq(
		uplink_open(&uplink,
			    &(struct uplink_params){ .relay = url,
						     .camera = "porch",
						     .key = "k-1",
						     .ca_file = ca_file,
						     .process = PROCESS,
						     .reconnect_after_us =
							     reconnect_after_us,
						     .watched = watched,
						     .check_in_s = 60,
						     .status = reported }),
		0);
	fake_relay_hush();
	pthread_create(&network, NULL, run, NULL);
	running = true;
}

static void start_at(const char *host, const char *prefix)
{
	start_on(host, fake_relay_port(relay), prefix);
}

static void start(const struct fake_relay_script *script)
{
	relay = fake_relay_open(script);
	start_at("127.0.0.1", "");
}

/* Returns how long it took. */
static int64_t stop(void)
{
	int64_t start_us = clock_monotonic_us();

	uplink_stop(uplink);
	pthread_join(network, NULL);
	running = false;
	return clock_monotonic_us() - start_us;
}

static void teardown(void)
{
	if (running)
		stop();
	uplink_close(&uplink);
	fake_relay_close(&relay);
	fake_close(&handover);
	release_log();
	if (certificate.folder[0])
		certificate_remove(&certificate);
	certificate = (struct certificate){ 0 };
	ca_file = NULL;
	reconnect_after_us = 0;
	watched = (struct watched_params){ 0 };
	status_close(&reported);
}

static void add_parts(uint32_t msn, uint32_t parts, uint32_t size)
{
	fake_add(handover, (struct fake_segment){ .msn = msn,
						  .parts = parts,
						  .init = 1,
						  .size = size,
						  .open = true });
	if (uplink)
		uplink_wake(uplink);
}

#define HEARS(words) ck_assert(fake_relay_hears(relay, words))

static int occurrences(const char *word)
{
	int n = 0;

	for (const char *at = fake_relay_heard(relay); (at = strstr(at, word));
	     at++)
		n++;
	return n;
}

/* --- connecting ----------------------------------------------------------- */

START_TEST(it_asks_for_the_camera_with_its_key_and_the_subprotocol)
{
	struct fake_relay_facts facts;

	start(&(struct fake_relay_script){ .welcome = welcome });
	HEARS("1:open 1:hello");
	facts = fake_relay_facts(relay);
	ck_assert_str_eq(facts.path, "/v1/publish/porch");
	ck_assert_str_eq(facts.authorization, "Bearer k-1");
	ck_assert_str_eq(facts.protocols, "oriel.1");
	ck_assert_uint_eq(facts.process, PROCESS);
}
END_TEST

START_TEST(a_relay_behind_a_prefix_is_asked_there)
{
	relay = fake_relay_open(
		&(struct fake_relay_script){ .welcome = welcome });
	start_at("localhost", "/cams/");
	HEARS("1:hello");
	ck_assert_str_eq(fake_relay_facts(relay).path,
			 "/cams/v1/publish/porch");
}
END_TEST

START_TEST(what_is_no_url_or_no_key_is_refused_at_once)
{
	struct uplink_params params = { .relay = "ftp://relay",
					.camera = "porch",
					.key = "k" };

	ck_assert_int_eq(uplink_open(&uplink, &params), -EINVAL);
	ck_assert_ptr_null(uplink);
	params.relay = "ws://relay";
	params.key = "";
	ck_assert_int_eq(uplink_open(&uplink, &params), -EINVAL);
	params.key = "k\r\nX-Other: 1";
	ck_assert_int_eq(uplink_open(&uplink, &params), -EINVAL);
	params.key = "k";
	params.ca_file = "/nonexistent/ca.pem";
	ck_assert_int_eq(uplink_open(&uplink, &params), -EINVAL);
	ck_assert_ptr_null(uplink);
}
END_TEST

static const struct {
	unsigned int status;
	int64_t base_us;       /* twice the shortest pause */
	const char *next_step; /* a word of what is logged */
} answers[] = {
	{ 401, 20000000, "is the key" },  { 403, 20000000, "is the key" },
	{ 400, 1000000, "--camera" },	  { 404, 1000000, "--camera" },
	{ 429, 1000000, "trying again" }, { 500, 1000000, "trying again" },
	{ 503, 1000000, "trying again" },
};

static void check_answer(unsigned int status, int64_t base_us,
			 const char *next_step)
{
	ck_assert_int_eq(ftruncate(log_file, 0), 0);
	pauses.count = 0;
	pauses.params = (struct backoff_params){ 0 };
	start(&(struct fake_relay_script){ .status = status });
	ck_assert_int_eq(wait_pause().base_us, base_us);
	ck_assert_int_lt(stop(), 500000);
	ck_assert_msg(strstr(logged(), next_step), "%u: %s", status, logged());
	ck_assert_uint_eq(uplink_counters(uplink)->connects, 0);
	uplink_close(&uplink);
	fake_relay_close(&relay);
}

START_TEST(each_answer_has_its_pause_and_its_next_step)
{
	capture_log();
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		check_answer(answers[i].status, answers[i].base_us,
			     answers[i].next_step);
}
END_TEST

START_TEST(the_same_answer_is_logged_once)
{
	capture_log();
	start(&(struct fake_relay_script){ .status = 503 });
	HEARS("1:refused503 2:refused503 3:refused503");
	stop();
	ck_assert_msg(lines(logged()) == 1, "%s", logged());
	ck_assert_ptr_nonnull(strstr(logged(), "503"));
	ck_assert_ptr_null(strstr(logged(), "k-1")); /* the key */
}
END_TEST

START_TEST(the_key_does_not_follow_a_redirect)
{
	struct fake_relay *elsewhere = fake_relay_open(
		&(struct fake_relay_script){ .welcome = welcome });
	char location[64];

	snprintf(location, sizeof(location), "http://127.0.0.1:%d/x",
		 fake_relay_port(elsewhere));
	start(&(struct fake_relay_script){ .status = 302,
					   .location = location });
	HEARS("1:refused302 2:refused302");
	stop();
	ck_assert_str_eq(fake_relay_heard(elsewhere), "");
	fake_relay_close(&elsewhere);
}
END_TEST

START_TEST(a_server_that_speaks_another_protocol_gets_no_hello)
{
	start(&(struct fake_relay_script){ .protocol = "other.1" });
	/* lws serves the upgrade, or not; what matters is what it hears. */
	ck_assert_int_lt(stop(), 500000);
	ck_assert_int_eq(occurrences("hello"), 0);
}
END_TEST

START_TEST(a_lost_connection_is_made_again)
{
	start(&(struct fake_relay_script){ .welcome = welcome });
	add_parts(5, 1, 1000);
	HEARS("1:[5-5.0]");
	fake_relay_drop(relay);
	HEARS("1:closed 2:open 2:hello 2:init1");
	fake_relay_drop(relay);
	HEARS("2:closed 3:open 3:hello 3:init1");
	stop();
	ck_assert_uint_eq(uplink_counters(uplink)->connects, 3);
}
END_TEST

static void start_tls(const char *certified)
{
	certificate_make(&certificate, certified);
	relay = fake_relay_open(
		&(struct fake_relay_script){ .welcome = welcome,
					     .cert = certificate.cert,
					     .key = certificate.key });
}

START_TEST(over_tls_a_relay_with_a_certificate_from_ca_file_is_spoken_to)
{
	start_tls("localhost");
	ca_file = certificate.cert;
	add_parts(5, 1, 1000000);
	start_at("localhost", "");
	HEARS("1:open 1:hello 1:init1 1:5.0 1:[5-5.0]");
	ck_assert_str_eq(fake_relay_facts(relay).authorization, "Bearer k-1");
}
END_TEST

START_TEST(a_certificate_that_nobody_vouches_for_ends_it_before_the_key)
{
	start_tls("localhost");
	start_at("localhost", "");
	HEARS("0:tcp 0:tcp"); /* the first try has failed */
	ck_assert_str_eq(fake_relay_facts(relay).authorization, "");
	ck_assert_int_eq(occurrences("open"), 0);
}
END_TEST

START_TEST(a_certificate_of_another_host_ends_it_before_the_key)
{
	start_tls("relay.example");
	ca_file = certificate.cert;
	start_at("localhost", "");
	HEARS("0:tcp 0:tcp");
	ck_assert_str_eq(fake_relay_facts(relay).authorization, "");
	ck_assert_int_eq(occurrences("open"), 0);
}
END_TEST

/* --- sending -------------------------------------------------------------- */

START_TEST(init_part_and_playlist_go_in_this_order_each_once)
{
	start(&(struct fake_relay_script){ .welcome = welcome });
	HEARS("1:hello");
	add_parts(5, 1, 1000);
	HEARS("1:hello 1:init1 1:5.0 1:[5-5.0]");
	add_parts(5, 1, 1000);
	HEARS("1:[5-5.0] 1:5.1 1:[5-5.1]");
	add_parts(6, 1, 1000);
	HEARS("1:[5-5.1] 1:6.0 1:[5-6.0]");
	stop();
	ck_assert_uint_eq(uplink_counters(uplink)->parts, 3);
	ck_assert_uint_eq(uplink_counters(uplink)->resent, 0);
}
END_TEST

START_TEST(nothing_is_sent_before_the_welcome)
{
	add_parts(5, 1, 1000);
	start(&(struct fake_relay_script){ 0 });
	HEARS("1:open 1:hello");
	add_parts(5, 1, 1000);
	fake_relay_say(relay, &welcome, "");
	HEARS("1:hello 1:init1 1:5.0 1:5.1 1:[5-5.1]");
}
END_TEST

START_TEST(after_a_reconnect_just_what_is_missing_is_sent)
{
	struct wire_message holds = welcome;

	add_parts(5, 3, 1000);
	start(&(struct fake_relay_script){ .welcome = welcome });
	HEARS("1:init1 1:5.0 1:5.1 1:5.2 1:[5-5.2]");
	holds.flags = WIRE_HOLDS;
	holds.welcome.first_msn = 5;
	holds.welcome.last = (struct wire_position){ 5, 1 };
	fake_relay_set_welcome(relay, &holds);
	fake_relay_drop(relay);
	HEARS("1:closed");
	add_parts(5, 1, 1000);
	HEARS("2:hello 2:init1 2:5.2 2:5.3 2:[5-5.3]");
	stop();
	/* 5.3 may have left on the old connection, before its end was heard */
	ck_assert_uint_ge(uplink_counters(uplink)->resent, 1);
	ck_assert_uint_eq(uplink_counters(uplink)->parts -
				  uplink_counters(uplink)->resent,
			  4);
}
END_TEST

START_TEST(the_largest_part_arrives_whole_and_in_pieces)
{
	start(&(struct fake_relay_script){ .welcome = welcome });
	add_parts(5, 1, WIRE_MAX_PART);
	HEARS("1:5.0 1:[5-5.0]");
	add_parts(5, 1, 65000);
	HEARS("1:[5-5.0] 1:5.1 1:[5-5.1]");
	ck_assert_uint_gt(fake_relay_facts(relay).most_pieces, 100);
}
END_TEST

START_TEST(a_part_of_a_usual_size_is_one_piece)
{
	start(&(struct fake_relay_script){ .welcome = welcome });
	add_parts(5, 1, 50000);
	HEARS("1:5.0");
	ck_assert_uint_eq(fake_relay_facts(relay).most_pieces, 1);
}
END_TEST

START_TEST(what_is_counted_is_what_the_relay_got)
{
	const struct uplink_counters *c;

	start(&(struct fake_relay_script){ .welcome = welcome });
	add_parts(5, 3, 1000);
	add_parts(6, 1, 100000);
	HEARS("1:[5-6.0]");
	stop();
	HEARS("1:bye");
	c = uplink_counters(uplink);
	ck_assert_uint_eq(c->media_bytes, fake_relay_facts(relay).media_bytes);
	ck_assert_uint_gt(c->playlist_bytes, 0);
	ck_assert_uint_gt(c->other_bytes, 0);
	ck_assert_uint_eq(c->connects, 1);
}
END_TEST

/* --- what the relay says -------------------------------------------------- */

static void say_error(enum wire_error_code code, const char *why)
{
	fake_relay_say(
		relay,
		&(struct wire_message){ .type = WIRE_ERROR,
					.error = { .code = (uint16_t)code },
					.body_size = (uint32_t)strlen(why) },
		why);
}

START_TEST(who_was_replaced_stays_away_for_a_minute_at_least)
{
	capture_log();
	start(&(struct fake_relay_script){ .welcome = welcome });
	HEARS("1:hello");
	say_error(WIRE_ERROR_REPLACED, "another device publishes porch");
	ck_assert_int_ge(wait_pause().base_us, 2 * 60 * 1000000);
	HEARS("1:closed");
	ck_assert_int_lt(stop(), 500000);
	ck_assert_int_eq(occurrences("open"), 1);
	ck_assert_ptr_nonnull(strstr(logged(), "another device publishes"));
	ck_assert_ptr_nonnull(strstr(logged(), "--camera"));
}
END_TEST

START_TEST(after_any_other_error_it_tries_again)
{
	start(&(struct fake_relay_script){ .welcome = welcome });
	HEARS("1:hello");
	say_error(WIRE_ERROR_UNKNOWN_PART, "that part never came");
	ck_assert_int_eq(wait_pause().base_us, 1000000);
	HEARS("1:closed 2:open 2:hello");
}
END_TEST

START_TEST(who_is_not_let_in_tries_again)
{
	start(&(struct fake_relay_script){ 0 });
	HEARS("1:hello");
	say_error(WIRE_ERROR_FULL, "no room for another camera");
	ck_assert_int_eq(wait_pause().base_us, 1000000);
	HEARS("1:closed 2:open 2:hello");
}
END_TEST

START_TEST(on_drain_a_second_connection_takes_over_before_the_first_closes)
{
	struct wire_message holds = welcome;

	add_parts(5, 1, 1000);
	start(&(struct fake_relay_script){ .welcome = welcome });
	HEARS("1:[5-5.0]");
	holds.flags = WIRE_HOLDS;
	holds.welcome.first_msn = 5;
	holds.welcome.last = (struct wire_position){ 5, 0 };
	fake_relay_set_welcome(relay, &holds);
	fake_relay_say(relay, &(struct wire_message){ .type = WIRE_DRAIN }, "");
	HEARS("1:[5-5.0] 2:open 2:hello");
	HEARS("1:closed");
	add_parts(5, 1, 1000);
	HEARS("2:init1 2:5.1 2:[5-5.1]");
	ck_assert_int_eq(occurrences("closed"), 1);
	ck_assert_uint_eq(fake_relay_facts(relay).process, PROCESS);
}
END_TEST

/* What a relay that has 5.0 to 5.`part` says. */
static struct wire_message holding(uint32_t part)
{
	struct wire_message holds = welcome;

	holds.flags = WIRE_HOLDS;
	holds.welcome.first_msn = 5;
	holds.welcome.last = (struct wire_position){ 5, part };
	return holds;
}

/* From the next connection on. */
static void let_it_hold(uint32_t part)
{
	const struct wire_message holds = holding(part);

	fake_relay_set_welcome(relay, &holds);
}

START_TEST(before_it_is_too_old_another_connection_takes_over)
{
	add_parts(5, 1, 1000);
	reconnect_after_us = 50000;
	start(&(struct fake_relay_script){
		.welcome = welcome, .later = holding(0), .acks = true });
	HEARS("1:[5-5.0]");
	HEARS("2:open 2:hello");
	HEARS("1:closed");
	HEARS("3:open 3:hello");
	HEARS("2:closed");
	fake_relay_set_status(relay, 503);
	HEARS("refused503");
	add_parts(5, 1, 1000);
	HEARS(":5.1"); /* on the one that there is */
	stop();
	ck_assert_uint_eq(uplink_counters(uplink)->parts, 2);
	ck_assert_uint_eq(uplink_counters(uplink)->resent, 0);
}
END_TEST

START_TEST(a_second_connection_that_fails_leaves_the_first_one_alone)
{
	capture_log();
	add_parts(5, 1, 1000);
	start(&(struct fake_relay_script){ .welcome = welcome, .acks = true });
	HEARS("1:[5-5.0]");
	fake_relay_set_status(relay, 503);
	fake_relay_say(relay, &(struct wire_message){ .type = WIRE_DRAIN }, "");
	HEARS("2:refused503 3:refused503");
	add_parts(5, 1, 1000);
	HEARS("1:5.1 1:[5-5.1]");
	ck_assert_int_eq(occurrences("closed"), 0);
	ck_assert_ptr_nonnull(strstr(logged(), "staying on the connection"));
	ck_assert_int_eq(lines(logged()), 1);
	let_it_hold(1);
	fake_relay_set_status(relay, 0);
	HEARS(":hello");
	HEARS("1:closed");
}
END_TEST

/* 5.0 is acknowledged, 5.1 on its way, and 2 has said hello. */
static void begin_to_move(void)
{
	add_parts(5, 1, 1000);
	start(&(struct fake_relay_script){ .welcome = welcome, .acks = true });
	HEARS("1:[5-5.0]");
	let_it_hold(0);
	fake_relay_set_acks(relay, false);
	add_parts(5, 1, 1000);
	HEARS("1:5.1 1:[5-5.1]");
	fake_relay_say(relay, &(struct wire_message){ .type = WIRE_DRAIN }, "");
	HEARS("2:open 2:hello");
}

START_TEST(what_is_on_its_way_arrives_before_the_second_one_goes_on)
{
	begin_to_move();
	add_parts(5, 1, 1000);
	fake_relay_set_acks(relay, true);
	HEARS(":5.2");
	HEARS("1:closed");
	ck_assert_int_eq(occurrences(":5.1"), 1);
	ck_assert_int_eq(occurrences(":5.2"), 1);
	ck_assert_int_eq(occurrences("init1"), 1);
	stop();
	ck_assert_uint_eq(uplink_counters(uplink)->resent, 0);
}
END_TEST

START_TEST(when_the_second_one_ends_the_first_one_goes_on)
{
	begin_to_move();
	fake_relay_set_status(relay, 503);
	fake_relay_drop(relay);
	HEARS("2:closed");
	add_parts(5, 1, 1000);
	HEARS("1:5.2");
}
END_TEST

START_TEST(a_first_one_that_acknowledges_nothing_does_not_hold_up_the_second)
{
	add_parts(5, 2, 1000);
	start(&(struct fake_relay_script){ .welcome = welcome });
	HEARS("1:[5-5.1]"); /* nothing is acknowledged */
	let_it_hold(0);
	fake_relay_say(relay, &(struct wire_message){ .type = WIRE_DRAIN }, "");
	HEARS("2:hello 2:init1 2:5.1 2:[5-5.1]");
	add_parts(5, 1, 1000);
	HEARS("2:5.2");
	HEARS("2:[5-5.2]");
}
END_TEST

START_TEST(a_new_relay_gets_what_it_lacks_before_the_old_one_is_left)
{
	add_parts(5, 2, 1000);
	start(&(struct fake_relay_script){ .welcome = welcome, .acks = true });
	HEARS("1:[5-5.1]");
	fake_relay_say(relay, &(struct wire_message){ .type = WIRE_DRAIN }, "");
	HEARS("2:hello 2:init1 2:5.0 2:5.1 2:[5-5.1] 1:closed");
}
END_TEST

START_TEST(a_relay_that_talks_nonsense_is_left)
{
	start(&(struct fake_relay_script){ .welcome = welcome });
	HEARS("1:hello");
	fake_relay_send(relay, "\xff\0\0\0\0\0\0\0", 8);
	HEARS("1:closed");
}
END_TEST

START_TEST(a_message_without_an_end_is_left_too)
{
	static const uint8_t endless[1000];

	start(&(struct fake_relay_script){ .welcome = welcome });
	HEARS("1:hello");
	fake_relay_send(relay, endless, sizeof(endless));
	HEARS("1:closed");
}
END_TEST

/* --- stopping ------------------------------------------------------------- */

START_TEST(a_bye_is_said_before_it_leaves)
{
	start(&(struct fake_relay_script){ .welcome = welcome });
	add_parts(5, 1, 1000);
	HEARS("1:[5-5.0]");
	ck_assert_int_lt(stop(), 500000);
	HEARS("1:bye 1:closed");
	ck_assert_int_eq(occurrences("open"), 1);
}
END_TEST

START_TEST(the_end_of_the_stream_goes_before_the_bye)
{
	start(&(struct fake_relay_script){ .welcome = welcome, .acks = true });
	add_parts(5, 1, 1000);
	HEARS("1:[5-5.0]");
	fake_finish(handover); /* and nobody wakes it */
	ck_assert_int_lt(stop(), 500000);
	HEARS("1:[5-5.0-end] 1:bye 1:closed");
}
END_TEST

START_TEST(what_is_wrong_is_said_before_the_bye)
{
	ck_assert_int_eq(status_open(&reported,
				     &(struct status_params){ .camera = "c" }),
			 0);
	start(&(struct fake_relay_script){ .welcome = welcome });
	add_parts(5, 1, 1000);
	HEARS("1:[5-5.0]");
	status_note(reported, STATUS_HARDWARE, "It hangs.");
	stop();
	HEARS("1:status 1:bye 1:closed");
	ck_assert_int_eq(occurrences("status"), 1);
}
END_TEST

START_TEST(it_stops_in_time_when_the_relay_reads_nothing)
{
	start(&(struct fake_relay_script){ .welcome = welcome, .deaf = true });
	for (uint32_t msn = 5; msn < 9; msn++)
		add_parts(msn, 3, WIRE_MAX_PART);
	HEARS("1:hello");
	ck_assert_int_lt(stop(), 500000);
	ck_assert_uint_lt(uplink_counters(uplink)->parts, 12);
}
END_TEST

START_TEST(it_stops_in_time_when_it_was_never_let_in)
{
	start(&(struct fake_relay_script){ 0 });
	HEARS("1:hello");
	ck_assert_int_lt(stop(), 500000);
	HEARS("1:closed");
	ck_assert_int_eq(occurrences("bye"), 0);
}
END_TEST

START_TEST(it_stops_in_time_when_nobody_answers_the_upgrade)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), peer;
	char request[16];

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, n), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&at, &n);
	start_on("127.0.0.1", ntohs(at.sin_port), "");
	peer = accept(listener, NULL, NULL);
	ck_assert_int_gt(read(peer, request, sizeof(request)), 0);
	ck_assert_int_lt(stop(), 200000); /* without waiting for its timer */
	close(peer);
	close(listener);
}
END_TEST

START_TEST(it_stops_in_time_while_the_name_server_thinks)
{
	set_hangs(true);
	start_on("hangs.test", 1, "");
	wait_asked();
	ck_assert_int_lt(stop(), 200000);
	uplink_close(&uplink);
	set_hangs(false);
}
END_TEST

START_TEST(all_addresses_are_tried_without_a_pause)
{
	relay = fake_relay_open(
		&(struct fake_relay_script){ .welcome = welcome });
	start_at("two.test", "");
	HEARS("1:open 1:hello");
	stop();
	ck_assert_int_eq(pauses.count, 0);
}
END_TEST

START_TEST(it_stops_before_it_has_begun)
{
	relay = fake_relay_open(
		&(struct fake_relay_script){ .welcome = welcome });
	start_at("127.0.0.1", "");
	ck_assert_int_lt(stop(), 500000);
}
END_TEST

/* --- whether anybody watches -----------------------------------------------
 */

static void say_demand(uint32_t viewers)
{
	fake_relay_say(relay,
		       &(struct wire_message){ .type = WIRE_DEMAND,
					       .demand = { viewers } },
		       "");
}

/* Counts from now; after `quiet_us` without viewers it is quiet. */
static void start_watched(int64_t quiet_us, int64_t sleep_us)
{
	watched = (struct watched_params){ .quiet_us = quiet_us,
					   .sleep_us = sleep_us };
	ck_assert_int_eq(status_open(&reported,
				     &(struct status_params){ .camera = "a" }),
			 0);
	add_parts(5, 1, 100);
	start(&(struct fake_relay_script){ .welcome = welcome });
}

START_TEST(nothing_is_sent_while_nobody_watches_and_all_when_somebody_does)
{
	start_watched(1000, 0);
	HEARS("1:5.0 1:[5-5.0]");
	say_demand(0);
	HEARS("1:status");
	add_parts(5, 2, 100);
	uplink_wake(uplink);
	say_demand(0);
	say_demand(3);
	HEARS("1:status 1:5.1 1:5.2 1:[5-5.2]");
	stop();
	ck_assert_uint_eq(uplink_counters(uplink)->connects, 1);
	ck_assert_ptr_null(strstr(fake_relay_heard(relay), "2:"));
}
END_TEST

START_TEST(without_a_word_of_viewers_everything_is_sent)
{
	start_watched(1, 1);
	HEARS("1:5.0 1:[5-5.0]");
	add_parts(5, 1, 100);
	uplink_wake(uplink);
	HEARS("1:5.1 1:[5-5.1]");
}
END_TEST

START_TEST(asleep_it_says_so_leaves_and_does_not_come_back_by_itself)
{
	start_watched(1000, 1000);
	HEARS("1:5.0 1:[5-5.0]");
	say_demand(0);
	HEARS("1:bye 1:closed");
	add_parts(5, 1, 100);
	uplink_wake(uplink);
	ck_assert_int_lt(stop(), 300000);
	ck_assert_int_eq(pauses.count, 0);
	ck_assert_ptr_null(strstr(fake_relay_heard(relay), "2:"));
	ck_assert_ptr_null(strstr(fake_relay_heard(relay), "1:5.1"));
	ck_assert_ptr_nonnull(
		strstr(fake_relay_heard(relay), "1:status 1:bye"));
}
END_TEST

CHECK_MAIN(uplink, setup, teardown,
	   it_asks_for_the_camera_with_its_key_and_the_subprotocol,
	   a_relay_behind_a_prefix_is_asked_there,
	   what_is_no_url_or_no_key_is_refused_at_once,
	   each_answer_has_its_pause_and_its_next_step,
	   the_same_answer_is_logged_once, the_key_does_not_follow_a_redirect,
	   a_server_that_speaks_another_protocol_gets_no_hello,
	   a_lost_connection_is_made_again,
	   over_tls_a_relay_with_a_certificate_from_ca_file_is_spoken_to,
	   a_certificate_that_nobody_vouches_for_ends_it_before_the_key,
	   a_certificate_of_another_host_ends_it_before_the_key,
	   init_part_and_playlist_go_in_this_order_each_once,
	   nothing_is_sent_before_the_welcome,
	   after_a_reconnect_just_what_is_missing_is_sent,
	   the_largest_part_arrives_whole_and_in_pieces,
	   a_part_of_a_usual_size_is_one_piece,
	   what_is_counted_is_what_the_relay_got,
	   who_was_replaced_stays_away_for_a_minute_at_least,
	   after_any_other_error_it_tries_again, who_is_not_let_in_tries_again,
	   on_drain_a_second_connection_takes_over_before_the_first_closes,
	   before_it_is_too_old_another_connection_takes_over,
	   a_second_connection_that_fails_leaves_the_first_one_alone,
	   what_is_on_its_way_arrives_before_the_second_one_goes_on,
	   when_the_second_one_ends_the_first_one_goes_on,
	   a_first_one_that_acknowledges_nothing_does_not_hold_up_the_second,
	   a_new_relay_gets_what_it_lacks_before_the_old_one_is_left,
	   a_relay_that_talks_nonsense_is_left,
	   a_message_without_an_end_is_left_too, a_bye_is_said_before_it_leaves,
	   the_end_of_the_stream_goes_before_the_bye,
	   what_is_wrong_is_said_before_the_bye,
	   it_stops_in_time_when_the_relay_reads_nothing,
	   it_stops_in_time_when_it_was_never_let_in,
	   it_stops_in_time_when_nobody_answers_the_upgrade,
	   it_stops_in_time_while_the_name_server_thinks,
	   all_addresses_are_tried_without_a_pause,
	   it_stops_before_it_has_begun,
	   nothing_is_sent_while_nobody_watches_and_all_when_somebody_does,
	   without_a_word_of_viewers_everything_is_sent,
	   asleep_it_says_so_leaves_and_does_not_come_back_by_itself)
