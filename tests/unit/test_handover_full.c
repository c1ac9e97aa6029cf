/* SPDX-License-Identifier: MIT */
/* The handover where the spool has no room for all that it should keep. */
#include "device/stream/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "device/stream/journal.h"
#include "device/stream/spool.h"
#include "tests/unit/check_main.h"
#include "tests/unit/said.h"

#define NOW_US 1795356000000000
#define PART   1000

/* --- a spool of so many bytes -------------------------------------------- */

#define MOST_FILES 400

struct spool {
	struct {
		char name[64];
		size_t size;
	} file[MOST_FILES];
	size_t room;
};

static struct spool spool;
static char list[65536]; /* the last playlist */
static uint8_t journal[65536];

static size_t used(void)
{
	size_t sum = 0;

	for (int i = 0; i < MOST_FILES; i++)
		sum += spool.file[i].size;
	return sum;
}

static int count_files(void)
{
	int count = 0;

	for (int i = 0; i < MOST_FILES; i++)
		count += spool.file[i].name[0] != '\0';
	return count;
}

/* "": a place for another one. */
static int find(const char *name)
{
	for (int i = 0; i < MOST_FILES; i++)
		if (!strcmp(spool.file[i].name, name))
			return i;
	return -1;
}

int spool_open(struct spool **out, const char *directory, bool any_filesystem)
{
	(void)directory;
	(void)any_filesystem;
	*out = &spool;
	return 0;
}

void spool_close(struct spool **s)
{
	*s = NULL;
}

static int put_file(const char *name, size_t size, size_t grows)
{
	int i = find(name);

	if (used() + grows > spool.room)
		return -ENOSPC;
	if (i < 0)
		i = find("");
	ck_assert_int_ge(i, 0);
	snprintf(spool.file[i].name, sizeof(spool.file[i].name), "%s", name);
	spool.file[i].size = size;
	return 0;
}

/* The old one is there until the new one is whole. */
int spool_write(struct spool *s, const char *name, const void *bytes,
		size_t size)
{
	int err = put_file(name, size, size);

	(void)s;
	if (!err && !strcmp(name, "index.m3u8")) {
		ck_assert_uint_lt(size, sizeof(list));
		memcpy(list, bytes, size);
		list[size] = '\0';
	}
	if (!err && !strcmp(name, JOURNAL_NAME)) {
		ck_assert_uint_le(size, sizeof(journal));
		memcpy(journal, bytes, size);
	}
	return err;
}

int spool_append(struct spool *s, const char *name, const void *bytes,
		 size_t size)
{
	int i = find(name), err;
	size_t before;

	(void)s;
	ck_assert_int_ge(i, 0);
	before = spool.file[i].size;
	err = put_file(name, before + size, size);
	if (!err) {
		ck_assert_uint_le(before + size, sizeof(journal));
		memcpy(journal + before, bytes, size);
	}
	return err;
}

int spool_read(struct spool *s, const char *name, void *out, size_t size)
{
	(void)s;
	ck_assert_str_eq(name, JOURNAL_NAME);
	memcpy(out, journal, size);
	return (int)size;
}

int64_t spool_size(struct spool *s, const char *name)
{
	int i = find(name);

	(void)s;
	return i < 0 ? -ENOENT : (int64_t)spool.file[i].size;
}

void spool_remove(struct spool *s, const char *name)
{
	int i = find(name);

	(void)s;
	if (i < 0)
		return;
	spool.file[i].name[0] = '\0';
	spool.file[i].size = 0;
}

void spool_sweep(struct spool *s, bool (*keep)(const char *name, void *context),
		 void *context)
{
	(void)s;
	(void)keep;
	(void)context;
}

/* --- and what becomes of the stream -------------------------------------- */

static struct handover *handover;
static uint32_t init;

static void wake(void *context)
{
	(void)context;
}

static void begin(void)
{
	ck_assert_int_eq(
		handover_open(&handover,
			      &(struct handover_params){
				      .window = { .segments = 40,
						  .target_ms = 2000,
						  .part_target_ms = 1000 },
				      .directory = "",
				      .epoch = 0xa,
				      .first_msn = 500,
				      .now_us = NOW_US + 2000000,
				      .wake = wake }),
		0);
}

static void setup(void)
{
	log_set_level((enum log_level)0);
	memset(&spool, 0, sizeof(spool));
	spool.room = SIZE_MAX;
	list[0] = '\0';
	begin();
	ck_assert_int_eq(
		handover_put_init(handover, (const uint8_t *)"i", 1, &init), 0);
}

static void teardown(void)
{
	handover_close(&handover);
}

static int put(bool first)
{
	static const uint8_t bytes[PART];

	return handover_put_part(handover,
				 &(struct handover_part){ .init = init,
							  .duration_90k = 90000,
							  .start_us = NOW_US,
							  .segment = first,
							  .independent = first,
							  .last = !first },
				 bytes, sizeof(bytes));
}

static void put_segments(int count)
{
	for (int i = 0; i < count; i++) {
		ck_assert_int_eq(put(true), 0);
		ck_assert_int_eq(put(false), 0);
	}
}

static int count_segments(void)
{
	int count = 0;

	for (const char *at = list; (at = strstr(at, "#EXTINF")); at++)
		count++;
	return count;
}

START_TEST(as_much_is_kept_as_there_is_room_for_without_a_gap)
{
	/* whatever it is that finds no room: part, journal or playlist */
	for (size_t room = 20000; room < 22500; room += 50) {
		teardown();
		setup();
		spool.room = room;
		put_segments(50);
		ck_assert_ptr_null(strstr(list, "#EXT-X-DISCONTINUITY\n"));
		ck_assert_int_ge(count_segments(), 5);
		ck_assert_int_le(count_segments(), 10);
		/* the list, the journal, the init, and what is listed */
		ck_assert_int_eq(count_files(), 3 + 2 * count_segments());
	}
}
END_TEST

START_TEST(the_next_process_finds_what_was_kept)
{
	struct wire_position last;
	uint32_t before, after;

	for (size_t room = 20000; room < 22500; room += 50) {
		teardown();
		setup();
		spool.room = room;
		put_segments(50);
		ck_assert(handover_range(handover, &before, &last));
		handover_close(&handover);
		spool.room = SIZE_MAX;
		begin();
		ck_assert(handover_range(handover, &after, &last));
		ck_assert_uint_eq(after, before);
		ck_assert_uint_eq(last.msn, 549);
	}
}
END_TEST

START_TEST(a_new_init_finds_room_too)
{
	put_segments(10);
	spool.room = used();
	ck_assert_int_eq(
		handover_put_init(handover, (const uint8_t *)"j", 1, &init), 0);
	ck_assert_int_eq(count_files(), 4 + 2 * 9);
	ck_assert_int_eq(put(true), 0);
}
END_TEST

START_TEST(with_room_again_all_is_kept_again)
{
	spool.room = 20000;
	put_segments(50);
	ck_assert_int_le(count_segments(), 10);
	spool.room = SIZE_MAX;
	put_segments(50);
	ck_assert_int_eq(count_segments(), 40);
}
END_TEST

START_TEST(what_somebody_else_fills_leaves_what_a_player_needs)
{
	put_segments(10);
	spool.room = 0;
	ck_assert_int_eq(put(true), -ENOSPC);
	ck_assert_int_eq(count_files(), 3 + 2 * 4);
	spool.room = SIZE_MAX;
	put_segments(1);
	ck_assert_int_eq(count_segments(), 5);
	ck_assert_ptr_nonnull(strstr(list, "#EXT-X-DISCONTINUITY\n"));
}
END_TEST

START_TEST(that_less_is_kept_is_told_once)
{
	struct said said;
	const char *told;

	log_set_level(LOG_INFO);
	spool.room = 20000;
	said_begin(&said, STDERR_FILENO);
	put_segments(50);
	said_end(&said);
	told = strstr(said.text, "the spool is full");
	ck_assert_ptr_nonnull(told);
	ck_assert_ptr_nonnull(strstr(told, "--window"));
	ck_assert_ptr_null(strstr(told + 1, "the spool is full"));
	ck_assert_ptr_null(strstr(said.text, "gap"));
}
END_TEST

CHECK_MAIN(handover_full, setup, teardown,
	   as_much_is_kept_as_there_is_room_for_without_a_gap,
	   the_next_process_finds_what_was_kept, a_new_init_finds_room_too,
	   with_room_again_all_is_kept_again,
	   what_somebody_else_fills_leaves_what_a_player_needs,
	   that_less_is_kept_is_told_once)
