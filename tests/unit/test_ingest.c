/* SPDX-License-Identifier: MIT */
#include "cloud/store/ingest.h"

#include <errno.h>

#include "cloud/store/camera.h"
#include "cloud/store/note.h"
#include "cloud/store/store.h"
#include "tests/unit/check_main.h"
#include "tests/unit/relay_stream.h"

#define MAX_PART 1000
#define WALL_US	 INT64_C(1763823600123456)
#define PROCESS	 INT64_C(0x0123456789abcdef)

static struct store *store;
static struct ingest *ingest;
static uint8_t message[4096]; /* what the device says */
static uint32_t init;	      /* id of the init that begin() sends */

/* What the relay says. */
static uint8_t said_bytes[INGEST_MAX_OUT];
static struct wire_message said;

static void open_store(size_t bytes, unsigned int cameras, unsigned int window)
{
	store_close(&store);
	ck_assert_int_eq(
		store_open(&store,
			   &(struct store_params){ .max_bytes = 2 * bytes,
						   .max_camera_bytes = bytes,
						   .max_cameras = cameras,
						   .max_segments = window }),
		0);
	ck_assert_int_eq(ingest_open(&ingest, store, "porch", MAX_PART), 0);
}

static void setup(void)
{
	store = NULL;
	open_store(100000, 2, 5);
}

static void teardown(void)
{
	ingest_close(&ingest, 0);
	ck_assert_ptr_null(ingest);
	store_close(&store);
}

/* Puts a message of the device's together; returns its length. */
static size_t compose(struct wire_message m, const void *body, uint32_t n)
{
	size_t fixed;

	m.body_size = n;
	fixed = wire_encode(message, &m);
	memcpy(message + fixed, body, n);
	return fixed + n;
}

static enum ingest_event feed(size_t n)
{
	return ingest_feed(ingest, message, n, true, true, 1000, WALL_US);
}

static enum ingest_event send(struct wire_message m, const void *body,
			      uint32_t n)
{
	return feed(compose(m, body, n));
}

static enum ingest_event send_hello(void)
{
	return send((struct wire_message){ .type = WIRE_HELLO,
					   .hello = { PROCESS, 5 } },
		    "", 0);
}

static size_t compose_init(const char *body)
{
	size_t n = strlen(body);

	return compose(
		(struct wire_message){
			.type = WIRE_INIT,
			.init = { name_init_id((const uint8_t *)body, n) } },
		body, (uint32_t)n);
}

static size_t compose_part(uint32_t msn, uint32_t part, uint32_t size)
{
	uint8_t body[2 * MAX_PART];
	struct wire_message m = { .type = WIRE_PART };

	memset(body, 'p', sizeof(body));
	m.part = part_at(msn, part);
	m.part.init = init;
	return compose(m, body, size);
}

static enum ingest_event send_part(uint32_t msn, uint32_t part, uint32_t size)
{
	return feed(compose_part(msn, part, size));
}

static size_t compose_playlist(struct wire_playlist meta)
{
	uint8_t body[256];
	uint32_t n = gzip_text(body, sizeof(body), "#EXTM3U\n");

	meta.gzip_size = n;
	return compose((struct wire_message){ .type = WIRE_PLAYLIST,
					      .playlist = meta },
		       body, n);
}

/* What the relay says next; false when it has nothing to say. */
static bool hear(void)
{
	size_t n = ingest_take(ingest, said_bytes);

	if (n == 0) {
		ck_assert(!ingest_has_output(ingest));
		return false;
	}
	ck_assert_int_eq(wire_decode(&said, said_bytes, n), 0);
	return true;
}

static void expect_error(enum wire_error_code code)
{
	ck_assert(ingest_failed(ingest));
	while (hear() && said.type != WIRE_ERROR)
		;
	ck_assert_int_eq(said.type, WIRE_ERROR);
	ck_assert_int_eq(said.error.code, code);
	ck_assert_uint_gt(said.body_size, 10); /* a sentence */
	ck_assert_uint_eq(said.body_size, strlen(ingest_text(ingest)));
	ck_assert_mem_eq(said.body, ingest_text(ingest), said.body_size);
	ck_assert(!hear());
}

static void begin(void)
{
	ck_assert_int_eq(send_hello(), INGEST_HELLO);
	ck_assert(hear());
	ck_assert_int_eq(feed(compose_init("ftyp moov")), INGEST_STORED);
	init = name_init_id((const uint8_t *)"ftyp moov", 9);
}

static struct camera *camera(void)
{
	return store_find(store, "porch");
}

static bool holds(uint32_t msn, uint32_t part)
{
	struct name name = { NAME_PART, EPOCH, { msn, part } };
	struct reply *reply;

	return camera_find(camera(), &name, &reply) == CAMERA_HELD;
}

START_TEST(hello_is_answered_with_welcome)
{
	ck_assert_int_eq(send_hello(), INGEST_HELLO);
	ck_assert(ingest_process(ingest) == PROCESS);
	ck_assert(camera_connected(camera()));
	ck_assert(hear());
	ck_assert_int_eq(said.type, WIRE_WELCOME);
	ck_assert_int_eq(said.flags, 0);
	ck_assert(said.welcome.clock_us == WALL_US);
	ck_assert_uint_eq(said.welcome.max_part, MAX_PART);
	ck_assert_uint_eq(said.welcome.max_segments, 5);
	ck_assert(!hear());
}
END_TEST

START_TEST(welcome_says_what_is_held)
{
	begin();
	send_part(10, 0, 10);
	send_part(10, 1, 10);
	ingest_close(&ingest, 77);
	ck_assert(!camera_connected(camera()));
	ck_assert_int_eq(camera_gone_us(camera()), 77);
	ck_assert_int_eq(ingest_open(&ingest, store, "porch", MAX_PART), 0);
	send_hello();
	ck_assert(hear());
	ck_assert_int_eq(said.flags, WIRE_HOLDS);
	ck_assert_uint_eq(said.welcome.first_msn, 10);
	ck_assert_uint_eq(said.welcome.last.msn, 10);
	ck_assert_uint_eq(said.welcome.last.part, 1);
	ck_assert_uint_eq(said.welcome.epoch, EPOCH);
	ck_assert_uint_eq(said.welcome.discontinuity, 5);
}
END_TEST

START_TEST(a_part_is_stored_byte_for_byte_and_acknowledged)
{
	struct name name = { NAME_PART, EPOCH, { 10, 0 } };
	struct reply *reply;
	size_t n;

	begin();
	n = compose_part(10, 0, 300);
	for (size_t i = n - 300; i < n; i++)
		message[i] = (uint8_t)i;
	ck_assert_int_eq(feed(n), INGEST_STORED);
	ck_assert_int_eq(camera_find(camera(), &name, &reply), CAMERA_HELD);
	ck_assert_uint_eq(reply->body_size, 300);
	ck_assert_int_eq(memcmp(reply_body(reply), message + n - 300, 300), 0);
	ck_assert(hear());
	ck_assert_int_eq(said.type, WIRE_ACK);
	ck_assert_uint_eq(said.ack.last.msn, 10);
	ck_assert_uint_eq(said.ack.last.part, 0);
	ck_assert(!hear());
}
END_TEST

START_TEST(one_ack_stands_for_all_before_it)
{
	begin();
	send_part(10, 0, 10);
	send_part(10, 1, 10);
	ck_assert_int_eq(feed(compose_playlist(list_of(10, 10, 0, 10, 1))),
			 INGEST_STORED);
	ck_assert(hear());
	ck_assert_uint_eq(said.ack.last.part, 1);
	ck_assert(!hear());
}
END_TEST

START_TEST(a_message_may_come_in_fragments_of_any_size)
{
	begin();
	for (uint32_t step = 1; step < 60; step++) {
		size_t n = compose_part(10, step - 1, 40);

		for (size_t at = 0; at < n; at += step) {
			size_t left = n - at;
			bool final = left <= step;

			ck_assert_int_eq(
				ingest_feed(ingest, message + at,
					    final ? left : step, at == 0, final,
					    1000, WALL_US),
				final ? INGEST_STORED : INGEST_NOTHING);
		}
		ck_assert(holds(10, step - 1));
	}
}
END_TEST

START_TEST(an_empty_last_fragment_ends_a_message)
{
	size_t n;

	begin();
	n = compose_part(10, 0, 40);
	ck_assert_int_eq(ingest_feed(ingest, message, n, true, false, 0, 0),
			 INGEST_NOTHING);
	ck_assert(!holds(10, 0));
	ck_assert_int_eq(ingest_feed(ingest, message, 0, false, true, 0, 0),
			 INGEST_STORED);
	ck_assert(holds(10, 0));
}
END_TEST

START_TEST(every_truncation_of_a_part_is_refused_and_stores_nothing)
{
	size_t n;

	begin();
	send_part(10, 0, 10);
	n = compose_part(10, 1, 20);
	for (size_t cut = 0; cut < n; cut++) {
		struct ingest *other = ingest;

		ck_assert_int_eq(ingest_open(&ingest, store, "porch", MAX_PART),
				 0);
		send_hello();
		hear();
		compose_part(10, 1, 20);
		ck_assert_int_eq(feed(cut), INGEST_FAILED);
		expect_error(WIRE_ERROR_PROTOCOL);
		ck_assert(!holds(10, 1));
		ck_assert(holds(10, 0));
		ingest_close(&ingest, 0);
		ingest = other;
	}
}
END_TEST

START_TEST(a_byte_too_many_is_refused)
{
	size_t n;

	begin();
	n = compose_part(10, 0, 20);
	ck_assert_int_eq(feed(n + 1), INGEST_FAILED);
	expect_error(WIRE_ERROR_PROTOCOL);
	ck_assert(!holds(10, 0));
}
END_TEST

START_TEST(a_part_may_have_its_limit_and_not_a_byte_more)
{
	begin();
	ck_assert_int_eq(send_part(10, 0, MAX_PART), INGEST_STORED);
	ck_assert_int_eq(send_part(10, 1, MAX_PART + 1), INGEST_FAILED);
	expect_error(WIRE_ERROR_TOO_LARGE);
	ck_assert(holds(10, 0));
	ck_assert(!holds(10, 1));
}
END_TEST

START_TEST(a_length_beyond_the_protocol_is_refused_by_its_head)
{
	begin();
	compose_part(10, 0, 20);
	message[4] = 0x7f; /* size: two billion */
	ck_assert_int_eq(
		ingest_feed(ingest, message, WIRE_HEAD_SIZE, true, false, 0, 0),
		INGEST_FAILED);
	expect_error(WIRE_ERROR_TOO_LARGE);
}
END_TEST

START_TEST(nothing_is_taken_before_hello)
{
	ck_assert_int_eq(feed(compose_init("x")), INGEST_FAILED);
	expect_error(WIRE_ERROR_ORDER);
	ck_assert_ptr_null(camera());
}
END_TEST

START_TEST(a_second_hello_is_refused)
{
	begin();
	ck_assert_int_eq(send_hello(), INGEST_FAILED);
	expect_error(WIRE_ERROR_ORDER);
}
END_TEST

START_TEST(what_only_the_relay_says_is_refused)
{
	static const enum wire_type types[] = { WIRE_WELCOME, WIRE_ACK,
						WIRE_DRAIN, WIRE_DEMAND,
						WIRE_KEY_FRAME };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		ingest_close(&ingest, 0);
		open_store(100000, 2, 5);
		begin();
		ck_assert_int_eq(
			send((struct wire_message){ .type = types[i] }, "", 0),
			INGEST_FAILED);
		expect_error(WIRE_ERROR_PROTOCOL);
	}
}
END_TEST

START_TEST(a_type_that_is_not_known_is_refused)
{
	begin();
	compose_part(10, 0, 20);
	message[0] = 99;
	ck_assert_int_eq(feed(60), INGEST_FAILED);
	expect_error(WIRE_ERROR_PROTOCOL);
}
END_TEST

START_TEST(an_init_must_be_what_its_id_says)
{
	size_t n;

	begin();
	n = compose_init("other");
	message[n - 1] ^= 1;
	ck_assert_int_eq(feed(n), INGEST_FAILED);
	expect_error(WIRE_ERROR_PROTOCOL);
}
END_TEST

START_TEST(an_init_twice_is_one)
{
	size_t before;

	begin();
	before = camera_bytes(camera());
	ck_assert_int_eq(feed(compose_init("ftyp moov")), INGEST_NOTHING);
	ck_assert_uint_eq(camera_bytes(camera()), before);
}
END_TEST

START_TEST(a_part_twice_is_one_and_acknowledged_again)
{
	uint64_t in;
	size_t before;

	begin();
	send_part(10, 0, 10);
	hear();
	before = camera_bytes(camera());
	in = camera_counts(camera())->bytes_in;
	ck_assert_uint_gt(in, 10); /* the init, too */
	ck_assert_int_eq(send_part(10, 0, 10), INGEST_NOTHING);
	ck_assert_uint_eq(camera_bytes(camera()), before);
	ck_assert_uint_eq(camera_counts(camera())->parts, 1);
	ck_assert_uint_eq(camera_counts(camera())->bytes_in, in);
	ck_assert(hear());
	ck_assert_int_eq(said.type, WIRE_ACK);
}
END_TEST

START_TEST(the_same_part_on_two_connections_at_once_is_one)
{
	struct ingest *first = ingest, *second;
	size_t n;

	begin();
	ck_assert_int_eq(ingest_open(&second, store, "porch", MAX_PART), 0);
	ingest = second;
	send_hello();
	n = compose_part(10, 0, 100);
	ck_assert_int_eq(ingest_feed(first, message, n - 1, true, false, 0, 0),
			 INGEST_NOTHING);
	ck_assert_int_eq(ingest_feed(second, message, n, true, true, 0, 0),
			 INGEST_STORED);
	ck_assert_int_eq(
		ingest_feed(first, message + n - 1, 1, false, true, 0, 0),
		INGEST_NOTHING);
	ck_assert(!ingest_failed(first));
	ck_assert(holds(10, 0));
	ingest_close(&first, 0);
	ck_assert(camera_connected(camera()));
}
END_TEST

START_TEST(a_part_out_of_order_is_refused)
{
	begin();
	send_part(10, 0, 10);
	ck_assert_int_eq(send_part(10, 2, 10), INGEST_FAILED);
	expect_error(WIRE_ERROR_ORDER);
	ck_assert_ptr_nonnull(strstr(ingest_text(ingest), "10.2"));
	ck_assert(holds(10, 0));
}
END_TEST

START_TEST(a_part_without_its_init_is_refused)
{
	begin();
	init++;
	ck_assert_int_eq(send_part(10, 0, 10), INGEST_FAILED);
	expect_error(WIRE_ERROR_ORDER);
}
END_TEST

START_TEST(a_playlist_of_a_part_never_sent_is_refused)
{
	begin();
	send_part(10, 0, 10);
	ck_assert_int_eq(feed(compose_playlist(list_of(10, 10, 1, 10, 2))),
			 INGEST_FAILED);
	expect_error(WIRE_ERROR_UNKNOWN_PART);
	ck_assert(holds(10, 0));
}
END_TEST

START_TEST(a_playlist_that_is_not_gzip_is_refused)
{
	size_t n;

	begin();
	send_part(10, 0, 10);
	n = compose_playlist(list_of(10, 10, 0, 10, 1));
	message[n - 9] ^= 0xff;
	ck_assert_int_eq(feed(n), INGEST_FAILED);
	expect_error(WIRE_ERROR_PROTOCOL);
}
END_TEST

START_TEST(a_playlist_is_stored_and_timed)
{
	begin();
	send_part(10, 0, 10);
	ck_assert_int_eq(feed(compose_playlist(list_of(10, 10, 0, 10, 1))),
			 INGEST_STORED);
	ck_assert_int_eq(camera_playlist_us(camera()), 1000);
}
END_TEST

START_TEST(beyond_the_bytes_of_a_camera_a_part_is_refused)
{
	ingest_close(&ingest, 0);
	open_store(2500, 2, 5);
	begin();
	send_part(10, 0, MAX_PART);
	ck_assert_int_eq(send_part(10, 1, MAX_PART), INGEST_FAILED);
	ck_assert_ptr_nonnull(
		strstr(ingest_text(ingest), "--max-camera-bytes"));
	expect_error(WIRE_ERROR_TOO_LARGE);
	ck_assert(holds(10, 0));
}
END_TEST

START_TEST(beyond_the_bytes_of_all_cameras_a_part_is_refused)
{
	const struct store_params params = { 2500, 2500, 2, 5 };
	struct camera *other;

	ingest_close(&ingest, 0);
	store_close(&store);
	ck_assert_int_eq(store_open(&store, &params), 0);
	ck_assert_int_eq(ingest_open(&ingest, store, "porch", MAX_PART), 0);
	begin();
	ck_assert_int_eq(store_get(store, "drive", &other), 0);
	camera_expect(other, 2000);
	ck_assert_int_eq(send_part(10, 0, MAX_PART), INGEST_FAILED);
	ck_assert_ptr_nonnull(strstr(ingest_text(ingest), "--max-bytes"));
	expect_error(WIRE_ERROR_FULL);
	camera_expect_no_more(other, 2000);
}
END_TEST

START_TEST(beyond_the_window_a_part_is_refused)
{
	begin();
	for (uint32_t msn = 0; msn < 13; msn++)
		ck_assert_int_eq(send_part(msn, 0, 10), INGEST_STORED);
	ck_assert_int_eq(send_part(13, 0, 10), INGEST_FAILED);
	expect_error(WIRE_ERROR_TOO_LARGE);
	ck_assert(holds(0, 0));
}
END_TEST

START_TEST(a_camera_too_many_is_refused)
{
	struct camera *other;

	ingest_close(&ingest, 0);
	open_store(100000, 1, 5);
	ck_assert_int_eq(store_get(store, "shed", &other), 0);
	camera_connect(other);
	ck_assert_int_eq(send_hello(), INGEST_FAILED);
	expect_error(WIRE_ERROR_FULL);
	ck_assert_ptr_null(camera());
	camera_disconnect(other, 0);
}
END_TEST

START_TEST(bye_gives_its_reason)
{
	begin();
	ck_assert_int_eq(send((struct wire_message){ .type = WIRE_BYE },
			      "going home", 10),
			 INGEST_BYE);
	ck_assert_str_eq(ingest_text(ingest), "going home");
}
END_TEST

START_TEST(a_bye_of_the_longest_text_fits)
{
	char text[WIRE_MAX_TEXT];

	memset(text, 'x', sizeof(text));
	begin();
	ck_assert_int_eq(send((struct wire_message){ .type = WIRE_BYE }, text,
			      sizeof(text)),
			 INGEST_BYE);
	ck_assert_uint_eq(strlen(ingest_text(ingest)), WIRE_MAX_TEXT);
}
END_TEST

START_TEST(after_an_error_nothing_more_is_taken)
{
	begin();
	ingest_fail(ingest, WIRE_ERROR_REPLACED, "another one is here");
	ck_assert_int_eq(send_part(10, 0, 10), INGEST_FAILED);
	ck_assert(!holds(10, 0));
	expect_error(WIRE_ERROR_REPLACED);
	ck_assert_str_eq(ingest_text(ingest), "another one is here");
}
END_TEST

START_TEST(a_new_message_forgets_the_half_of_the_one_before)
{
	size_t n;

	begin();
	n = compose_part(10, 0, 100);
	ingest_feed(ingest, message, n - 1, true, false, 0, 0);
	ck_assert_int_eq(send_part(10, 0, 50), INGEST_STORED);
	ck_assert(holds(10, 0));
}
END_TEST

START_TEST(drain_is_said_behind_what_was_to_be_said_before)
{
	begin();
	send_part(10, 0, 10);
	ingest_drain(ingest);
	ck_assert(ingest_has_output(ingest));
	ck_assert(hear());
	ck_assert_int_eq(said.type, WIRE_ACK);
	ck_assert(hear());
	ck_assert_int_eq(said.type, WIRE_DRAIN);
	ck_assert(!hear());
}
END_TEST

START_TEST(the_first_error_is_the_one_that_is_told)
{
	begin();
	ingest_fail(ingest, WIRE_ERROR_REPLACED, "another one is here");
	message[0] = 99;
	ck_assert_int_eq(feed(60), INGEST_FAILED);
	expect_error(WIRE_ERROR_REPLACED);
}
END_TEST

START_TEST(segments_that_are_not_listed_make_room_in_the_window)
{
	begin();
	for (uint32_t msn = 0; msn < 13; msn++)
		send_part(msn, 0, 10);
	feed(compose_playlist(list_of(8, 12, 0, 13, 0)));
	ck_assert(!holds(0, 0));
	ck_assert(holds(1, 0));
	ck_assert_int_eq(send_part(13, 0, 10), INGEST_STORED);
	ck_assert(holds(1, 0));
	ck_assert_int_eq(send_part(14, 0, 10), INGEST_STORED);
	ck_assert(!holds(1, 0));
}
END_TEST

START_TEST(a_part_twice_needs_no_room)
{
	ingest_close(&ingest, 0);
	open_store(2500, 2, 5);
	begin();
	send_part(10, 0, MAX_PART);
	ck_assert_int_eq(send_part(10, 0, MAX_PART), INGEST_NOTHING);
}
END_TEST

START_TEST(the_same_init_on_two_connections_at_once_is_one)
{
	struct ingest *first = ingest, *second;
	size_t n;

	send_hello();
	ck_assert_int_eq(ingest_open(&second, store, "porch", MAX_PART), 0);
	ingest = second;
	send_hello();
	n = compose_init("ftyp moov");
	ingest_feed(first, message, n - 1, true, false, 0, 0);
	ck_assert_int_eq(ingest_feed(second, message, n, true, true, 0, 0),
			 INGEST_STORED);
	ck_assert_int_eq(
		ingest_feed(first, message + n - 1, 1, false, true, 0, 0),
		INGEST_NOTHING);
	ingest_close(&first, 0);
}
END_TEST

START_TEST(demand_is_said_behind_welcome_and_only_the_newest)
{
	send_hello();
	ingest_demand(ingest, 0);
	ingest_demand(ingest, 3);
	ck_assert(hear());
	ck_assert_int_eq(said.type, WIRE_WELCOME);
	ck_assert(hear());
	ck_assert_int_eq(said.type, WIRE_DEMAND);
	ck_assert_uint_eq(said.demand.viewers, 3);
	ck_assert(!hear());
}
END_TEST

static const char *send_status(const char *note, uint32_t n)
{
	int64_t told_us;

	ck_assert_int_eq(send((struct wire_message){ .type = WIRE_STATUS,
						     .status = { WIRE_QUIET, 5,
								 6, 7, 8 } },
			      note, n),
			 INGEST_NOTHING);
	return camera_note(camera(), &told_us);
}

START_TEST(the_newest_status_is_kept)
{
	int64_t told_us;

	send_hello();
	ck_assert_uint_eq(camera_status(camera())->mode, 0);
	send_status("an older one", 12);
	ck_assert_str_eq(send_status("No camera.", 10), "No camera.");
	camera_note(camera(), &told_us);
	ck_assert_int_eq(told_us, 1000);
	ck_assert_uint_eq(camera_status(camera())->mode, WIRE_QUIET);
	ck_assert_uint_eq(camera_status(camera())->checkin_s, 5);
	ck_assert_uint_eq(camera_status(camera())->skipped_ms, 8);
	ck_assert_str_eq(send_status("", 0), "");
}
END_TEST

START_TEST(a_note_is_made_fit_to_be_shown)
{
	static const struct {
		const char *note;
		uint32_t size;
		const char *kept;
	} rows[] = {
		{ "a\"b\\c\nd\0e\x7f", 10, "a?b?c?d?e?" },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8e\xa5", 11,
		  "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8e\xa5" },
		{ "\xc2\x85\xc2\x9b"
		  "2J\xc2\xa0",
		  8, "????2J\xc2\xa0" },
		{ "\xc3", 1, "?" },
		{ "\xc3(", 2, "?(" },
		{ "\xe2\x82", 2, "??" },
		{ "\xe2\x82x", 3, "??x" },
		{ "\x80\xc1\x80\xf5\x80\x80\x80", 7, "???????" },
	};
	char longest[WIRE_MAX_TEXT];

	send_hello();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(send_status(rows[i].note, rows[i].size),
				 rows[i].kept);
	memset(longest, 'x', sizeof(longest));
	ck_assert_uint_eq(strlen(send_status(longest, sizeof(longest))),
			  WIRE_MAX_TEXT);
}
END_TEST

START_TEST(a_character_that_does_not_fit_into_a_note_is_left_out_whole)
{
	char note[NOTE_SIZE + 3], kept[NOTE_SIZE];

	for (size_t n = NOTE_SIZE - 4; n < NOTE_SIZE + 1; n++) {
		size_t fits = n + 2 < NOTE_SIZE ? n + 2 : n;

		memset(note, 'x', n);
		memcpy(note + n, "\xc3\xa4", 2);
		if (n > NOTE_SIZE - 1)
			fits = NOTE_SIZE - 1;
		note_copy(kept, note, n + 2);
		ck_assert_uint_eq(strlen(kept), fits);
		ck_assert_mem_eq(kept, note, fits);
	}
}
END_TEST

static enum ingest_event send_poster(const void *body, uint32_t n)
{
	return send((struct wire_message){ .type = WIRE_POSTER,
					   .poster = { .taken_us = WALL_US } },
		    body, n);
}

START_TEST(the_newest_poster_is_kept)
{
	static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff, 0xe0, 1, 2, 3 };
	size_t before;

	send_hello();
	ck_assert_ptr_null(camera_poster(camera()));
	before = camera_bytes(camera());
	ck_assert_int_eq(send_poster(jpeg, sizeof(jpeg)), INGEST_NOTHING);
	ck_assert_ptr_nonnull(camera_poster(camera()));
	ck_assert_uint_gt(camera_bytes(camera()), before);
	before = camera_bytes(camera());
	ck_assert_int_eq(send_poster(jpeg, sizeof(jpeg)), INGEST_NOTHING);
	ck_assert_uint_eq(camera_bytes(camera()), before);
}
END_TEST

START_TEST(a_poster_that_is_no_jpeg_is_refused)
{
	send_hello();
	ck_assert_int_eq(send_poster("GIF89a", 6), INGEST_FAILED);
	expect_error(WIRE_ERROR_PROTOCOL);
	ingest_close(&ingest, 0);
	ck_assert_int_eq(ingest_open(&ingest, store, "porch", MAX_PART), 0);
	send_hello();
	ck_assert_int_eq(send_poster("\xff\xd9\xff\xe0\x01", 5), INGEST_FAILED);
	ck_assert_ptr_null(camera_poster(camera()));
}
END_TEST

START_TEST(a_poster_that_there_is_no_room_for_is_refused)
{
	static uint8_t jpeg[3000] = { 0xff, 0xd8, 0xff };

	ingest_close(&ingest, 0);
	open_store(2500, 2, 5);
	send_hello();
	ck_assert_int_eq(send_poster(jpeg, sizeof(jpeg)), INGEST_FAILED);
	expect_error(WIRE_ERROR_TOO_LARGE);
}
END_TEST

/* Segments of one part and a target duration, and lists of all of them. */
static void fill_from(uint32_t first, uint32_t last)
{
	static const uint8_t bytes[900];

	for (uint32_t msn = first; msn <= last; msn++) {
		struct wire_part part = part_at(msn, 0);

		part.init = init;
		part.duration_90k = 90 * TARGET_MS;
		part.start_us = (int64_t)msn * TARGET_MS * 1000;
		send((struct wire_message){ .type = WIRE_PART, .part = part },
		     bytes, sizeof(bytes));
		feed(compose_playlist(list_of(10, msn, 0, msn + 1, 0)));
	}
}

static bool hears_drain(void)
{
	bool drain = false;

	while (hear())
		drain |= said.type == WIRE_DRAIN;
	return drain;
}

START_TEST(who_lists_too_much_hears_once_and_by_the_next_welcome_how_much)
{
	struct ingest *next;

	ingest_close(&ingest, 0);
	open_store(100000, 2, 100);
	begin();
	ck_assert_uint_eq(said.welcome.max_segments, 100);
	fill_from(10, 29);
	ck_assert(!hears_drain());
	fill_from(30, 49);
	ck_assert(hears_drain());
	ck_assert_uint_eq(camera_counts(camera())->lowered, 1);
	fill_from(50, 54);
	ck_assert(!hears_drain());

	next = ingest;
	ck_assert_int_eq(ingest_open(&ingest, store, "porch", MAX_PART), 0);
	send_hello();
	ck_assert(hear());
	ck_assert_int_eq(said.type, WIRE_WELCOME);
	ck_assert_uint_gt(said.welcome.max_segments, 20);
	ck_assert_uint_lt(said.welcome.max_segments, 40);
	ingest_close(&next, 0);
}
END_TEST

START_TEST(what_is_on_its_way_counts_as_held)
{
	size_t held, n;

	begin();
	held = store_bytes(store);
	n = compose_part(10, 0, 900);
	ingest_feed(ingest, message, n - 1, true, false, 0, WALL_US);
	ck_assert_uint_ge(store_bytes(store), held + 900);
	/* It will not come. */
	send_part(10, 0, 10);
	ck_assert_uint_lt(store_bytes(store), held + 900);
	held = store_bytes(store);
	ck_assert_uint_eq(held, camera_bytes(camera()));
	n = compose_part(10, 1, 900);
	ingest_feed(ingest, message, n - 1, true, false, 0, WALL_US);
	ck_assert_uint_gt(store_bytes(store), held);
	ingest_close(&ingest, 0);
	ck_assert_uint_eq(store_bytes(store), held);
}
END_TEST

CHECK_MAIN(ingest, setup, teardown, the_newest_poster_is_kept,
	   a_poster_that_is_no_jpeg_is_refused,
	   a_poster_that_there_is_no_room_for_is_refused,
	   the_newest_status_is_kept, a_note_is_made_fit_to_be_shown,
	   a_character_that_does_not_fit_into_a_note_is_left_out_whole,
	   hello_is_answered_with_welcome, welcome_says_what_is_held,
	   a_part_is_stored_byte_for_byte_and_acknowledged,
	   one_ack_stands_for_all_before_it,
	   a_message_may_come_in_fragments_of_any_size,
	   an_empty_last_fragment_ends_a_message,
	   every_truncation_of_a_part_is_refused_and_stores_nothing,
	   a_byte_too_many_is_refused,
	   a_part_may_have_its_limit_and_not_a_byte_more,
	   a_length_beyond_the_protocol_is_refused_by_its_head,
	   nothing_is_taken_before_hello, a_second_hello_is_refused,
	   what_only_the_relay_says_is_refused,
	   a_type_that_is_not_known_is_refused,
	   an_init_must_be_what_its_id_says, an_init_twice_is_one,
	   a_part_twice_is_one_and_acknowledged_again,
	   the_same_part_on_two_connections_at_once_is_one,
	   a_part_out_of_order_is_refused, a_part_without_its_init_is_refused,
	   a_playlist_of_a_part_never_sent_is_refused,
	   a_playlist_that_is_not_gzip_is_refused,
	   a_playlist_is_stored_and_timed,
	   beyond_the_bytes_of_a_camera_a_part_is_refused,
	   beyond_the_bytes_of_all_cameras_a_part_is_refused,
	   beyond_the_window_a_part_is_refused, a_camera_too_many_is_refused,
	   bye_gives_its_reason, a_bye_of_the_longest_text_fits,
	   after_an_error_nothing_more_is_taken,
	   the_first_error_is_the_one_that_is_told,
	   segments_that_are_not_listed_make_room_in_the_window,
	   a_part_twice_needs_no_room,
	   the_same_init_on_two_connections_at_once_is_one,
	   a_new_message_forgets_the_half_of_the_one_before,
	   drain_is_said_behind_what_was_to_be_said_before,
	   demand_is_said_behind_welcome_and_only_the_newest,
	   who_lists_too_much_hears_once_and_by_the_next_welcome_how_much,
	   what_is_on_its_way_counts_as_held)
