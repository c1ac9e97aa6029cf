/* SPDX-License-Identifier: MIT */
#include "device/uplink/dialog.h"

#include <string.h>

#include "common/log.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fake_handover.h"

#define OPENED 1000000000LL

static struct dialog *dialog; /* the one that is spoken with */
static struct dialog *before; /* the one that it takes over from */
static struct handover *handover;
static struct dialog_sent sent;

static void open_one(bool hold)
{
	ck_assert_int_eq(dialog_open(&dialog,
				     &(struct dialog_params){
					     .process = 0x1122334455667788,
					     .handover = handover,
					     .sent = &sent,
					     .now_us = OPENED,
					     .wall_us = 77,
					     .hold = hold }),
			 0);
}

static void open_dialog(void)
{
	dialog_close(&dialog);
	open_one(false);
}

static void setup(void)
{
	log_set_level((enum log_level)0);
	handover = fake_open();
	memset(&sent, 0, sizeof(sent));
	open_dialog();
}

static void teardown(void)
{
	dialog_close(&before);
	dialog_close(&dialog);
	fake_close(&handover);
}

static void add(uint32_t msn, uint32_t parts)
{
	fake_add(handover,
		 (struct fake_segment){
			 .msn = msn, .parts = parts, .init = 1, .open = true });
}

/* What it says next, taken whole; type 0: nothing. */
static struct wire_message speak(void)
{
	static uint8_t bytes[100000];
	struct outbox *outbox = dialog_speak(dialog, 0);
	struct wire_message m = { 0 };
	bool first, last;
	uint8_t *piece;
	size_t size;

	if (!outbox)
		return m;
	piece = outbox_take(outbox, sizeof(bytes), &size, &first, &last);
	ck_assert(first && last);
	memcpy(bytes, piece, size);
	ck_assert_int_eq(wire_decode(&m, bytes, size), 0);
	return m;
}

static enum dialog_event hear(const struct wire_message *m, const char *body)
{
	uint8_t bytes[WIRE_MAX_FIXED + WIRE_MAX_TEXT];
	size_t n = wire_encode(bytes, m);

	memcpy(bytes + n, body, m->body_size);
	return dialog_receive(dialog, bytes, n + m->body_size, true, true,
			      OPENED);
}

static enum dialog_event hear_welcome(void)
{
	return hear(&(struct wire_message){ .type = WIRE_WELCOME }, "");
}

static void become_live(void)
{
	ck_assert_int_eq(speak().type, WIRE_HELLO);
	ck_assert_int_eq(hear_welcome(), DIALOG_WELCOMED);
}

static enum dialog_event hear_error(enum wire_error_code code, const char *why)
{
	return hear(
		&(struct wire_message){ .type = WIRE_ERROR,
					.error = { .code = (uint16_t)code },
					.body_size = (uint32_t)strlen(why) },
		why);
}

/* --- the order of things -------------------------------------------------- */

START_TEST(it_says_hello_and_then_waits_for_the_welcome)
{
	struct wire_message m;

	add(5, 1);
	m = speak();
	ck_assert_int_eq(m.type, WIRE_HELLO);
	ck_assert_uint_eq(m.hello.process, 0x1122334455667788);
	ck_assert_int_eq(m.hello.clock_us, 77);
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	ck_assert(!dialog_is_live(dialog));
	ck_assert_int_eq(hear_welcome(), DIALOG_WELCOMED);
	ck_assert(dialog_is_live(dialog));
	ck_assert_int_eq(speak().type, WIRE_INIT);
	ck_assert_int_eq(speak().type, WIRE_PART);
	ck_assert_int_eq(speak().type, WIRE_PLAYLIST);
	ck_assert_ptr_null(dialog_speak(dialog, 0));
}
END_TEST

START_TEST(later_answers_say_it_better)
{
	struct wire_message m = { .type = WIRE_WELCOME,
				  .welcome = { .clock_us = 5 * OPENED } };
	struct dialog_clock clock = { .asked_us = OPENED + 1000000,
				      .heard_us = OPENED + 1000100,
				      .relay_us = 5 * OPENED + 1000050 + 70 };

	speak();
	hear(&m, "");
	dialog_hear_clock(dialog, &clock);
	ck_assert_int_eq(fake_clock(handover), 4 * OPENED + 70);
	/* our own, when it agrees */
	clock.own_us = 4 * OPENED + 90;
	dialog_hear_clock(dialog, &clock);
	ck_assert_int_eq(fake_clock(handover), 4 * OPENED + 90);
}
END_TEST

START_TEST(a_clock_that_cannot_be_is_none)
{
	struct wire_message m = { .type = WIRE_WELCOME,
				  .welcome = { .clock_us = -1 } };

	handover_set_clock(handover, 5);
	speak();
	hear(&m, "");
	ck_assert_int_eq(fake_clock(handover), 5);
}
END_TEST

START_TEST(the_welcome_says_what_time_it_is)
{
	struct wire_message m = { .type = WIRE_WELCOME,
				  .welcome = { .clock_us = 5 * OPENED } };

	speak();
	ck_assert_int_eq(fake_clock(handover), 0);
	ck_assert_int_eq(hear(&m, ""), DIALOG_WELCOMED);
	ck_assert_int_eq(fake_clock(handover), 4 * OPENED);
}
END_TEST

START_TEST(what_was_heard_before_on_another_connection_counts)
{
	struct wire_message m = { .type = WIRE_WELCOME,
				  .welcome = { .clock_us = 5 * OPENED } };
	uint8_t bytes[WIRE_MAX_FIXED];
	size_t n;

	speak();
	hear(&m, "");
	open_dialog();
	speak();
	/* half a second later, and that is how long it took */
	m.welcome.clock_us += 500000;
	n = wire_encode(bytes, &m);
	dialog_receive(dialog, bytes, n, true, true, OPENED + 500000);
	ck_assert_int_eq(fake_clock(handover), 4 * OPENED + 50);
}
END_TEST

START_TEST(one_message_is_on_its_way_at_a_time)
{
	struct outbox *outbox = dialog_speak(dialog, 0);
	size_t size;
	bool first, last;

	outbox_take(outbox, 5, &size, &first, &last);
	ck_assert_ptr_eq(dialog_speak(dialog, 0), outbox);
	ck_assert_int_eq(outbox_type(outbox), WIRE_HELLO);
	outbox_take(outbox, 500, &size, &first, &last);
	ck_assert_ptr_null(dialog_speak(dialog, 0));
}
END_TEST

START_TEST(it_says_bye_behind_what_is_on_its_way)
{
	struct outbox *outbox;
	size_t size;
	bool first, last;

	add(5, 1);
	become_live();
	outbox = dialog_speak(dialog, 0);
	outbox_take(outbox, 5, &size, &first, &last);
	dialog_leave(dialog);
	ck_assert(!dialog_has_left(dialog));
	ck_assert_ptr_eq(dialog_speak(dialog, 0), outbox);
	outbox_take(outbox, 1000, &size, &first, &last);
	ck_assert(!dialog_has_left(dialog));
	ck_assert_ptr_nonnull(dialog_speak(dialog, 0));
	ck_assert(!dialog_has_left(dialog));
	ck_assert_int_eq(speak().type, WIRE_BYE);
	ck_assert(dialog_has_left(dialog));
	ck_assert_ptr_null(dialog_speak(dialog, 0));
}
END_TEST

START_TEST(who_was_not_let_in_leaves_without_a_bye)
{
	dialog_leave(dialog);
	ck_assert(dialog_has_left(dialog));
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	open_dialog();
	speak();
	dialog_leave(dialog);
	ck_assert(dialog_has_left(dialog));
	ck_assert_ptr_null(dialog_speak(dialog, 0));
}
END_TEST

/* --- hearing -------------------------------------------------------------- */

START_TEST(a_message_may_come_byte_by_byte)
{
	uint8_t bytes[WIRE_MAX_FIXED];
	struct wire_message m = { .type = WIRE_WELCOME };
	size_t n = wire_encode(bytes, &m);

	speak();
	for (size_t i = 0; i + 1 < n; i++)
		ck_assert_int_eq(dialog_receive(dialog, &bytes[i], 1, i == 0,
						false, OPENED),
				 DIALOG_NOTHING);
	ck_assert_int_eq(
		dialog_receive(dialog, &bytes[n - 1], 1, false, true, OPENED),
		DIALOG_WELCOMED);
}
END_TEST

START_TEST(acks_and_a_drain_leave_it_live)
{
	become_live();
	ck_assert_int_eq(hear(&(struct wire_message){ .type = WIRE_ACK }, ""),
			 DIALOG_NOTHING);
	ck_assert_int_eq(hear(&(struct wire_message){ .type = WIRE_DRAIN }, ""),
			 DIALOG_DRAIN);
	ck_assert(dialog_is_live(dialog));
}
END_TEST

START_TEST(an_error_is_kept_fit_to_be_logged)
{
	become_live();
	ck_assert_int_eq(hear_error(WIRE_ERROR_REPLACED, "by\nanother\x1b"),
			 DIALOG_ERROR);
	ck_assert_uint_eq(dialog_error(dialog), WIRE_ERROR_REPLACED);
	ck_assert_str_eq(dialog_why(dialog), "by?another?");
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	ck_assert(!dialog_is_live(dialog));
}
END_TEST

START_TEST(the_longest_error_is_taken_whole)
{
	char why[WIRE_MAX_TEXT + 1];

	memset(why, 'x', WIRE_MAX_TEXT);
	why[WIRE_MAX_TEXT] = '\0';
	ck_assert_int_eq(hear_error(WIRE_ERROR_FULL, why), DIALOG_ERROR);
	ck_assert_str_eq(dialog_why(dialog), why);
}
END_TEST

START_TEST(every_truncation_of_a_message_breaks_it_off)
{
	uint8_t bytes[WIRE_MAX_FIXED];
	struct wire_message m = { .type = WIRE_WELCOME };
	size_t n = wire_encode(bytes, &m);

	for (size_t i = 0; i < n; i++) {
		open_dialog();
		speak();
		ck_assert_int_eq(
			dialog_receive(dialog, bytes, i, true, true, OPENED),
			DIALOG_BROKEN);
		ck_assert_ptr_null(dialog_speak(dialog, 0));
		ck_assert_str_ne(dialog_why(dialog), "");
		/* And nothing mends it. */
		ck_assert_int_eq(hear_welcome(), DIALOG_BROKEN);
	}
}
END_TEST

START_TEST(what_a_relay_may_not_say_breaks_it_off)
{
	static const uint8_t unknown[] = { 250, 0, 0, 0, 0, 0, 0, 0 };

	become_live();
	ck_assert_int_eq(hear(&(struct wire_message){ .type = WIRE_HELLO }, ""),
			 DIALOG_BROKEN);
	open_dialog();
	become_live();
	ck_assert_int_eq(hear_welcome(), DIALOG_BROKEN); /* a second one */
	open_dialog();
	ck_assert_int_eq(hear_welcome(), DIALOG_BROKEN); /* before hello */
	open_dialog();
	ck_assert_int_eq(dialog_receive(dialog, unknown, sizeof(unknown), true,
					true, OPENED),
			 DIALOG_BROKEN);
}
END_TEST

START_TEST(a_message_without_an_end_breaks_it_off_at_the_limit)
{
	static const uint8_t bytes[WIRE_MAX_FIXED + WIRE_MAX_TEXT];

	ck_assert_int_eq(dialog_receive(dialog, bytes, sizeof(bytes), true,
					false, OPENED),
			 DIALOG_NOTHING);
	ck_assert_int_eq(dialog_receive(dialog, bytes, 1, false, false, OPENED),
			 DIALOG_BROKEN);
}
END_TEST

/* --- time ----------------------------------------------------------------- */

START_TEST(a_welcome_that_takes_five_seconds_comes_too_late)
{
	speak();
	dialog_heard(dialog, OPENED + DIALOG_WELCOME_US - 1); /* no matter */
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_WELCOME_US - 1),
			 DIALOG_FINE);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_WELCOME_US),
			 DIALOG_DEAD);
}
END_TEST

START_TEST(silence_is_asked_about_after_two_seconds_and_ends_after_six)
{
	become_live();
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_PING_US - 1),
			 DIALOG_FINE);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_PING_US),
			 DIALOG_SILENT);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_DEAD_US - 1),
			 DIALOG_SILENT);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_DEAD_US),
			 DIALOG_DEAD);
	dialog_heard(dialog, OPENED + 1);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_DEAD_US),
			 DIALOG_SILENT);
}
END_TEST

START_TEST(any_piece_of_a_message_is_a_sign_of_life)
{
	static const uint8_t byte = WIRE_ACK;

	become_live();
	dialog_receive(dialog, &byte, 1, true, false, OPENED + DIALOG_PING_US);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_PING_US),
			 DIALOG_FINE);
}
END_TEST

/* --- taking over ---------------------------------------------------------- */

static void hear_ack(uint32_t msn, uint32_t part)
{
	ck_assert_int_eq(
		hear(&(struct wire_message){ .type = WIRE_ACK,
					     .ack = { { msn, part } } },
		     ""),
		DIALOG_NOTHING);
}

static void hear_holds(uint32_t first_msn, uint32_t msn, uint32_t part)
{
	struct wire_message m = { .type = WIRE_WELCOME,
				  .flags = WIRE_HOLDS,
				  .welcome = { .first_msn = first_msn,
					       .last = { msn, part },
					       .epoch = FAKE_EPOCH } };

	ck_assert_int_eq(hear(&m, ""), DIALOG_WELCOMED);
}

/* Spoken with from here on, while `before` still lives. */
static void open_successor(void)
{
	before = dialog;
	dialog = NULL;
	open_one(true);
	ck_assert_int_eq(speak().type, WIRE_HELLO);
}

static void swap(void)
{
	struct dialog *d = dialog;

	dialog = before;
	before = d;
}

/* 5.0 and 5.1 were sent, and one of them acknowledged. */
static void become_live_with_two_parts(void)
{
	add(5, 2);
	become_live();
	while (speak().type)
		;
	hear_ack(5, 0);
}

START_TEST(a_successor_sends_nothing_before_it_is_its_turn)
{
	become_live_with_two_parts();
	open_successor();
	hear_holds(5, 5, 0);
	add(5, 1);
	ck_assert(!dialog_is_live(dialog));
	ck_assert_int_eq(speak().type, 0);
	dialog_begin(dialog, NULL);
	ck_assert(dialog_is_live(dialog));
	ck_assert_int_eq(speak().type, WIRE_INIT);
	ck_assert_uint_eq(speak().part.at.part, 1); /* by the welcome: again */
}
END_TEST

START_TEST(behind_a_settled_one_it_goes_on_exactly_where_that_ends)
{
	struct wire_message m;

	become_live_with_two_parts();
	open_successor();
	hear_holds(5, 5, 0); /* the welcome is older than the next ack */
	ck_assert(dialog_knows_us(dialog));
	dialog_pause(before);
	ck_assert(!dialog_is_settled(before));
	swap();
	hear_ack(5, 1);
	swap();
	ck_assert(dialog_is_settled(before));
	add(5, 1);
	dialog_begin(dialog, before);
	m = speak(); /* no init: that relay has it */
	ck_assert_int_eq(m.type, WIRE_PART);
	ck_assert_uint_eq(m.part.at.part, 2);
	m = speak();
	ck_assert_uint_eq(m.playlist.first_msn, 5);
	ck_assert_uint_eq(sent.counters.resent, 0);
}
END_TEST

START_TEST(who_is_paused_finishes_its_message_and_begins_none)
{
	size_t size;
	bool first, last;

	become_live();
	add(5, 1);
	ck_assert_ptr_nonnull(dialog_speak(dialog, 0)); /* the init */
	ck_assert_ptr_nonnull(
		outbox_take(dialog_speak(dialog, 0), 10, &size, &first, &last));
	dialog_pause(dialog);
	ck_assert(!dialog_is_settled(dialog));
	ck_assert_ptr_nonnull(outbox_take(dialog_speak(dialog, 0), 1000, &size,
					  &first, &last));
	ck_assert(last && dialog_is_settled(dialog));
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	ck_assert(!dialog_is_caught_up(dialog));
	dialog_resume(dialog);
	ck_assert_int_eq(speak().type, WIRE_PART);
}
END_TEST

START_TEST(a_relay_that_lacks_what_was_acknowledged_is_another_one)
{
	become_live_with_two_parts();
	hear_ack(5, 1);
	open_successor();
	hear_holds(5, 5, 0);
	ck_assert(!dialog_knows_us(dialog));
	dialog_close(&before);
	open_successor();
	ck_assert_int_eq(hear_welcome(), DIALOG_WELCOMED);
	ck_assert(!dialog_knows_us(dialog));
	dialog_close(&before);
	open_successor();
	hear_holds(5, 5, 1);
	ck_assert(dialog_knows_us(dialog));
}
END_TEST

START_TEST(to_another_relay_it_has_caught_up_once_that_has_acknowledged_all)
{
	become_live_with_two_parts();
	open_successor();
	ck_assert_int_eq(hear_welcome(), DIALOG_WELCOMED);
	dialog_begin(dialog, NULL);
	ck_assert(!dialog_is_caught_up(dialog));
	while (speak().type)
		;
	ck_assert(!dialog_is_caught_up(dialog));
	hear_ack(5, 1);
	ck_assert(dialog_is_caught_up(dialog));
	add(5, 1);
	ck_assert_int_eq(speak().type, WIRE_PART);
	ck_assert(!dialog_is_caught_up(dialog));
}
END_TEST

/* --- counting ------------------------------------------------------------- */

START_TEST(bytes_are_counted_by_kind_and_parts_by_first_or_again)
{
	uint64_t hello;

	add(0, 2);
	become_live();
	hello = sent.counters.other_bytes;
	ck_assert_uint_eq(hello, WIRE_HEAD_SIZE + 16);
	while (speak().type)
		;
	ck_assert_uint_eq(sent.counters.parts, 2);
	ck_assert_uint_eq(sent.counters.resent, 0);
	ck_assert_uint_gt(sent.counters.media_bytes, 50 + 2 * 100);
	ck_assert_uint_gt(sent.counters.playlist_bytes, WIRE_HEAD_SIZE);

	open_dialog(); /* to a relay that has lost everything */
	add(0, 1);
	become_live();
	while (speak().type)
		;
	ck_assert_uint_eq(sent.counters.parts, 5);
	ck_assert_uint_eq(sent.counters.resent, 2);
	ck_assert_uint_eq(sent.counters.other_bytes, 2 * hello);
}
END_TEST

START_TEST(what_cannot_be_read_is_skipped_and_counted)
{
	add(5, 2);
	add(6, 1);
	fake_lose_part(handover, 5, 1);
	become_live();
	ck_assert_int_eq(speak().type, WIRE_INIT);
	ck_assert_uint_eq(speak().part.at.msn, 5);
	ck_assert_uint_eq(speak().part.at.msn, 6);
	ck_assert_uint_eq(speak().playlist.first_msn, 6);
	ck_assert_int_eq(speak().type, 0);
	ck_assert_uint_eq(sent.counters.skipped, 1);
}
END_TEST

START_TEST(an_init_that_cannot_be_read_ends_in_silence_not_in_a_loop)
{
	add(5, 1);
	add(6, 1);
	fake_lose_init(handover, 1);
	become_live();
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	ck_assert_uint_eq(sent.counters.skipped, 2);
}
END_TEST

/* --- what the relay knows, and what nobody watches -------------------------
 */

static void set_mode(enum wire_mode mode)
{
	dialog_set_status(
		dialog,
		&(struct wire_status){ .mode = (uint16_t)mode, .checkin_s = 7 },
		"why");
}

START_TEST(demand_is_heard)
{
	const struct wire_message m = { .type = WIRE_DEMAND,
					.demand = { .viewers = 3 } };

	become_live();
	ck_assert_uint_eq(dialog_viewers(dialog), 0);
	ck_assert_int_eq(hear(&m, ""), DIALOG_DEMAND);
	ck_assert_uint_eq(dialog_viewers(dialog), 3);
}
END_TEST

START_TEST(a_status_is_said_once_when_it_has_changed)
{
	struct wire_message m;

	set_mode(WIRE_QUIET);
	ck_assert_int_eq(speak().type, WIRE_HELLO);
	ck_assert_ptr_null(dialog_speak(dialog, 0)); /* not before welcome */
	hear_welcome();
	m = speak();
	ck_assert_int_eq(m.type, WIRE_STATUS);
	ck_assert_uint_eq(m.status.mode, WIRE_QUIET);
	ck_assert_uint_eq(m.status.checkin_s, 7);
	ck_assert_uint_eq(m.body_size, 3);
	set_mode(WIRE_QUIET);
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	dialog_set_status(
		dialog,
		&(struct wire_status){ .mode = WIRE_QUIET, .checkin_s = 7 },
		"another");
	ck_assert_int_eq(speak().type, WIRE_STATUS);
}
END_TEST

START_TEST(no_media_is_sent_but_live)
{
	static const enum wire_mode modes[] = { WIRE_QUIET, WIRE_ASLEEP,
						WIRE_POSTERS };

	add(5, 1);
	become_live();
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		set_mode(modes[i]);
		ck_assert_int_eq(speak().type, WIRE_STATUS);
		ck_assert_ptr_null(dialog_speak(dialog, 0));
	}
	set_mode(WIRE_LIVE);
	ck_assert_int_eq(speak().type, WIRE_STATUS);
	ck_assert_int_eq(speak().type, WIRE_INIT);
	ck_assert_int_eq(speak().type, WIRE_PART);
	ck_assert_int_eq(speak().type, WIRE_PLAYLIST);
}
END_TEST

START_TEST(who_goes_to_sleep_says_so_and_then_bye)
{
	become_live();
	set_mode(WIRE_ASLEEP);
	dialog_leave(dialog);
	ck_assert_int_eq(speak().type, WIRE_STATUS);
	ck_assert(!dialog_has_left(dialog));
	ck_assert_int_eq(speak().type, WIRE_BYE);
	ck_assert(dialog_has_left(dialog));
}
END_TEST

START_TEST(who_rested_and_sends_again_is_not_taken_for_dead)
{
	const int64_t rest_us = DIALOG_REST_PING_US - 1;

	become_live();
	set_mode(WIRE_POSTERS);
	ck_assert_int_eq(dialog_check(dialog, OPENED + rest_us), DIALOG_FINE);
	set_mode(WIRE_LIVE);
	ck_assert_int_eq(dialog_check(dialog, OPENED + rest_us + 1),
			 DIALOG_FINE);
	ck_assert_int_eq(
		dialog_check(dialog, OPENED + rest_us + DIALOG_DEAD_US - 1),
		DIALOG_SILENT);
	ck_assert_int_eq(
		dialog_check(dialog, OPENED + rest_us + DIALOG_DEAD_US),
		DIALOG_DEAD);
}
END_TEST

START_TEST(a_resting_connection_is_asked_after_half_a_minute)
{
	become_live();
	set_mode(WIRE_QUIET);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_REST_PING_US - 1),
			 DIALOG_FINE);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_REST_PING_US),
			 DIALOG_SILENT);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_REST_DEAD_US - 1),
			 DIALOG_SILENT);
	ck_assert_int_eq(dialog_check(dialog, OPENED + DIALOG_REST_DEAD_US),
			 DIALOG_DEAD);
}
END_TEST

/* --- posters --------------------------------------------------------------
 */

static void offer_poster(void)
{
	poster_put(sent.poster, (const uint8_t *)"jpeg", 4, 77);
	sent.poster_offered = poster_number(sent.poster);
}

static void welcome_that_holds(uint8_t flags)
{
	const struct wire_message m = {
		.type = WIRE_WELCOME,
		.flags = flags,
		.welcome = { .max_part = 1000, .max_segments = 10 },
	};

	open_dialog();
	ck_assert_int_eq(speak().type, WIRE_HELLO);
	hear(&m, "");
}

START_TEST(a_poster_goes_once_when_there_is_nothing_else)
{
	struct wire_message m;

	ck_assert_int_eq(poster_open(&sent.poster), 0);
	become_live();
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	offer_poster();
	add(5, 1);
	ck_assert_int_eq(speak().type, WIRE_INIT);
	ck_assert_int_eq(speak().type, WIRE_PART);
	ck_assert_int_eq(speak().type, WIRE_PLAYLIST);
	m = speak();
	ck_assert_int_eq(m.type, WIRE_POSTER);
	ck_assert_int_eq(m.poster.taken_us, 77);
	ck_assert_uint_eq(m.body_size, 4);
	ck_assert_mem_eq(m.body, "jpeg", 4);
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	ck_assert_uint_eq(sent.counters.poster_bytes, WIRE_HEAD_SIZE + 8 + 4);
	poster_close(&sent.poster);
}
END_TEST

START_TEST(a_poster_goes_while_no_media_does)
{
	ck_assert_int_eq(poster_open(&sent.poster), 0);
	become_live();
	set_mode(WIRE_POSTERS);
	ck_assert_int_eq(speak().type, WIRE_STATUS);
	add(5, 1);
	offer_poster();
	ck_assert_int_eq(speak().type, WIRE_POSTER);
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	poster_close(&sent.poster);
}
END_TEST

START_TEST(a_relay_that_forgot_the_stream_gets_the_poster_again)
{
	ck_assert_int_eq(poster_open(&sent.poster), 0);
	offer_poster();
	welcome_that_holds(0);
	ck_assert_int_eq(speak().type, WIRE_POSTER);
	welcome_that_holds(WIRE_HOLDS);
	ck_assert_ptr_null(dialog_speak(dialog, 0));
	welcome_that_holds(0);
	ck_assert_int_eq(speak().type, WIRE_POSTER);
	poster_close(&sent.poster);
}
END_TEST

CHECK_MAIN(dialog, setup, teardown,
	   who_rested_and_sends_again_is_not_taken_for_dead,
	   a_poster_goes_once_when_there_is_nothing_else,
	   a_poster_goes_while_no_media_does,
	   a_relay_that_forgot_the_stream_gets_the_poster_again,
	   it_says_hello_and_then_waits_for_the_welcome,
	   the_welcome_says_what_time_it_is, later_answers_say_it_better,
	   a_clock_that_cannot_be_is_none,
	   what_was_heard_before_on_another_connection_counts,
	   one_message_is_on_its_way_at_a_time,
	   it_says_bye_behind_what_is_on_its_way,
	   who_was_not_let_in_leaves_without_a_bye,
	   a_message_may_come_byte_by_byte, acks_and_a_drain_leave_it_live,
	   an_error_is_kept_fit_to_be_logged, the_longest_error_is_taken_whole,
	   every_truncation_of_a_message_breaks_it_off,
	   what_a_relay_may_not_say_breaks_it_off,
	   a_message_without_an_end_breaks_it_off_at_the_limit,
	   a_welcome_that_takes_five_seconds_comes_too_late,
	   silence_is_asked_about_after_two_seconds_and_ends_after_six,
	   any_piece_of_a_message_is_a_sign_of_life,
	   a_successor_sends_nothing_before_it_is_its_turn,
	   behind_a_settled_one_it_goes_on_exactly_where_that_ends,
	   who_is_paused_finishes_its_message_and_begins_none,
	   a_relay_that_lacks_what_was_acknowledged_is_another_one,
	   to_another_relay_it_has_caught_up_once_that_has_acknowledged_all,
	   bytes_are_counted_by_kind_and_parts_by_first_or_again,
	   what_cannot_be_read_is_skipped_and_counted,
	   an_init_that_cannot_be_read_ends_in_silence_not_in_a_loop,
	   demand_is_heard, a_status_is_said_once_when_it_has_changed,
	   no_media_is_sent_but_live, who_goes_to_sleep_says_so_and_then_bye,
	   a_resting_connection_is_asked_after_half_a_minute)
