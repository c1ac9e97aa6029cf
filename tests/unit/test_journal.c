/* SPDX-License-Identifier: MIT */
#include "device/stream/journal.h"

#include "common/log.h"
#include "common/names.h"
#include "tests/unit/check_main.h"
#include "tests/unit/scratch.h"

static const struct window_params params = { .segments = 3,
					     .target_ms = 2000,
					     .part_target_ms = 210 };
static struct spool *spool;
static struct window *window;

static void setup(void)
{
	log_set_level(LOG_ERROR);
	scratch_make();
	ck_assert_int_eq(spool_open(&spool, scratch, false), 0);
	ck_assert_int_eq(window_open(&window, &params), 0);
	window_jump(window, &(struct window_place){ .epoch = 1, .msn = 10 });
	spool_write(spool, "init-00000007.mp4", "init", 4);
}

static void teardown(void)
{
	window_close(&window);
	spool_close(&spool);
	scratch_remove();
}

/* Adds a part to the window, its file and, with `log`, to the journal. */
static void add(uint8_t flags, bool log)
{
	struct wire_part meta = { .epoch = 1,
				  .at = window_next(window),
				  .init = 7,
				  .duration_90k = 18000,
				  .start_us = 1000000 };
	char name[NAME_SIZE];

	ck_assert_int_eq(window_add(window, &meta, flags, 5), 0);
	flags = window_describe(window_find(window, meta.at.msn), meta.at.part,
				&meta);
	name_format(name, &(struct name){
				  .kind = NAME_PART, .id = 1, .at = meta.at });
	ck_assert_int_eq(spool_write(spool, name, "bytes", 5), 0);
	if (log)
		ck_assert_int_eq(journal_append(spool, &meta, flags, 5), 0);
}

/* Loads into a fresh window and returns how many parts came back. */
static int load(struct wire_position *next, bool *same)
{
	struct window *fresh;
	int n;

	ck_assert_int_eq(window_open(&fresh, &params), 0);
	n = journal_load(spool, fresh, same);
	*next = window_next(fresh);
	window_close(&fresh);
	return n;
}

static void expect(int parts, uint32_t msn, uint32_t part)
{
	struct wire_position next;
	bool same;

	ck_assert_int_eq(load(&next, &same), parts);
	ck_assert(same);
	ck_assert_uint_eq(next.msn, msn);
	ck_assert_uint_eq(next.part, part);
}

START_TEST(no_journal_is_an_empty_window)
{
	struct wire_position next;
	bool same = true;

	ck_assert_int_eq(load(&next, &same), 0);
	ck_assert(!same);
}
END_TEST

START_TEST(written_and_appended_parts_come_back)
{
	add(WIRE_INDEPENDENT, false);
	add(WIRE_LAST, false);
	ck_assert_int_eq(journal_write(spool, window), 0);
	expect(2, 11, 0);
	add(WIRE_INDEPENDENT, true);
	expect(3, 11, 1);
	add(WIRE_LAST, true);
	expect(4, 12, 0);
}
END_TEST

START_TEST(every_truncation_gives_the_parts_before_it)
{
	uint8_t bytes[1024];
	int size, record;

	journal_write(spool, window);
	record = (int)spool_size(spool, JOURNAL_NAME);
	for (int i = 0; i < 4; i++)
		add(i % 2 ? WIRE_LAST : 0, true);
	size = spool_read(spool, JOURNAL_NAME, bytes, sizeof(bytes));
	record = (size - record) / 4;
	for (int n = 16; n <= size; n++) {
		struct wire_position next;
		bool same;

		spool_write(spool, JOURNAL_NAME, bytes, (size_t)n);
		ck_assert_int_eq(load(&next, &same), (n - 16) / record);
	}
	for (int n = 0; n < 16; n++) {
		struct wire_position next;
		bool same;

		spool_write(spool, JOURNAL_NAME, bytes, (size_t)n);
		ck_assert_int_eq(load(&next, &same), 0);
		ck_assert(!same);
	}
}
END_TEST

START_TEST(a_part_whose_file_is_gone_or_short_ends_what_is_believed)
{
	journal_write(spool, window);
	for (int i = 0; i < 4; i++)
		add(0, true);
	spool_write(spool, "00000001-10.3.m4s", "byte", 4);
	expect(3, 10, 3);
	spool_remove(spool, "00000001-10.1.m4s");
	expect(1, 10, 1);
	spool_remove(spool, "init-00000007.mp4");
	expect(0, 0, 0);
}
END_TEST

START_TEST(other_constants_are_noticed)
{
	struct window *other;
	bool same;

	add(0, false);
	journal_write(spool, window);
	ck_assert_int_eq(
		window_open(&other,
			    &(struct window_params){ .segments = 3,
						     .target_ms = 3000,
						     .part_target_ms = 210 }),
		0);
	ck_assert_int_eq(journal_load(spool, other, &same), 1);
	ck_assert(!same);
	window_close(&other);
}
END_TEST

START_TEST(something_else_of_that_name_is_ignored)
{
	struct wire_position next;
	bool same;

	spool_write(spool, JOURNAL_NAME, "oriel-2\n12345678", 16);
	ck_assert_int_eq(load(&next, &same), 0);
	ck_assert(!same);
}
END_TEST

CHECK_MAIN(journal, setup, teardown, no_journal_is_an_empty_window,
	   written_and_appended_parts_come_back,
	   every_truncation_gives_the_parts_before_it,
	   a_part_whose_file_is_gone_or_short_ends_what_is_believed,
	   other_constants_are_noticed, something_else_of_that_name_is_ignored)
