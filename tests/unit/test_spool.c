/* SPDX-License-Identifier: MIT */
#include "device/stream/spool.h"

#include <errno.h>
#include <fcntl.h>

#include "common/log.h"
#include "tests/unit/check_main.h"
#include "tests/unit/scratch.h"

static struct spool *spool;
static char names[1024];

static void setup(void)
{
	log_set_level(LOG_ERROR);
	scratch_make();
	ck_assert_int_eq(spool_open(&spool, scratch, false), 0);
}

static void teardown(void)
{
	spool_close(&spool);
	ck_assert_ptr_null(spool);
	spool_close(&spool);
	scratch_remove();
}

START_TEST(what_is_written_is_read_back_whole)
{
	char back[8] = "";

	ck_assert_int_eq(spool_write(spool, "a", "hello", 5), 0);
	ck_assert_int_eq(spool_size(spool, "a"), 5);
	ck_assert_int_eq(spool_read(spool, "a", back, sizeof(back)), 5);
	ck_assert_str_eq(back, "hello");
	ck_assert_int_eq(spool_read(spool, "a", back, 4), 4);
	ck_assert_int_eq(spool_write(spool, "a", "", 0), 0);
	ck_assert_int_eq(spool_size(spool, "a"), 0);
}
END_TEST

START_TEST(a_write_leaves_no_other_file)
{
	spool_write(spool, "a", "1", 1);
	spool_write(spool, "a", "2", 1);
	ck_assert_int_eq(scratch_list(names, sizeof(names)), 1);
	ck_assert_str_eq(names, "a ");
}
END_TEST

START_TEST(appending_makes_the_file_and_then_adds_to_it)
{
	char back[8] = "";

	ck_assert_int_eq(spool_append(spool, "j", "ab", 2), 0);
	ck_assert_int_eq(spool_append(spool, "j", "c", 1), 0);
	ck_assert_int_eq(spool_read(spool, "j", back, sizeof(back)), 3);
	ck_assert_str_eq(back, "abc");
}
END_TEST

START_TEST(what_is_not_there_says_so)
{
	char back[8];

	ck_assert_int_eq(spool_read(spool, "x", back, 8), -ENOENT);
	ck_assert_int_eq(spool_size(spool, "x"), -ENOENT);
	spool_remove(spool, "x");
}
END_TEST

START_TEST(a_name_that_is_too_long_is_refused)
{
	char name[65];

	memset(name, 'n', 64);
	name[60] = '\0';
	ck_assert_int_eq(spool_write(spool, name, "", 0), -ENAMETOOLONG);
	name[59] = '\0';
	ck_assert_int_eq(spool_write(spool, name, "", 0), 0);
}
END_TEST

START_TEST(a_link_is_not_followed)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/link", scratch);
	ck_assert_int_eq(symlink("/etc/hostname", path), 0);
	ck_assert_int_eq(spool_read(spool, "link", path, 8), -ELOOP);
	ck_assert_int_eq(spool_append(spool, "link", "x", 1), -ELOOP);
}
END_TEST

START_TEST(two_processes_do_not_share_a_spool)
{
	struct spool *second;

	ck_assert_int_eq(spool_open(&second, scratch, false), -EBUSY);
	ck_assert_ptr_null(second);
	spool_close(&spool);
	ck_assert_int_eq(spool_open(&spool, scratch, false), 0);
}
END_TEST

START_TEST(an_interrupted_write_is_swept_away_at_the_next_start)
{
	spool_write(spool, "whole", "1", 1);
	spool_write(spool, "half.tmp", "1", 1);
	spool_write(spool, "tmp", "1", 1);
	spool_close(&spool);
	ck_assert_int_eq(spool_open(&spool, scratch, false), 0);
	ck_assert_int_eq(scratch_list(names, sizeof(names)), 2);
	ck_assert_ptr_null(strstr(names, "half"));
}
END_TEST

START_TEST(a_directory_is_made_with_its_parents)
{
	char path[128];
	struct spool *deep;

	snprintf(path, sizeof(path), "%s/one/two", scratch);
	ck_assert_int_eq(spool_open(&deep, path, false), 0);
	ck_assert_int_eq(spool_write(deep, "a", "1", 1), 0);
	spool_remove(deep, "a");
	spool_close(&deep);
	ck_assert_int_eq(rmdir(path), 0);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(a_card_is_refused_unless_it_is_asked_for)
{
	char path[] = "build/spool-test-XXXXXX";
	struct spool *card;

	ck_assert_ptr_nonnull(mkdtemp(path));
	ck_assert_int_eq(spool_open(&card, path, false), -ENOTSUP);
	ck_assert_ptr_null(card);
	ck_assert_int_eq(spool_open(&card, path, true), 0);
	spool_close(&card);
	rmdir(path);
}
END_TEST

START_TEST(a_place_that_cannot_be_one_is_refused)
{
	struct spool *s;

	ck_assert_int_eq(spool_open(&s, "/proc/oriel", true), -ENOENT);
	ck_assert_ptr_null(s);
	ck_assert_int_lt(spool_open(&s, "/etc/hostname", true), 0);
	ck_assert_ptr_null(s);
}
END_TEST

CHECK_MAIN(spool, setup, teardown, what_is_written_is_read_back_whole,
	   a_write_leaves_no_other_file,
	   appending_makes_the_file_and_then_adds_to_it,
	   what_is_not_there_says_so, a_name_that_is_too_long_is_refused,
	   a_link_is_not_followed, two_processes_do_not_share_a_spool,
	   an_interrupted_write_is_swept_away_at_the_next_start,
	   a_directory_is_made_with_its_parents,
	   a_card_is_refused_unless_it_is_asked_for,
	   a_place_that_cannot_be_one_is_refused)
