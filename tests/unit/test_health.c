/* SPDX-License-Identifier: MIT */
#include "device/check/health.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

static struct findings *f;

static void setup(void)
{
	f = calloc(1, sizeof(*f));
}

static void teardown(void)
{
	free(f);
}

/* How many findings of at least this mark the bits make. */
static int throttled(uint32_t bits)
{
	memset(f, 0, sizeof(*f));
	health_add_throttled(f, bits);
	return f->count;
}

START_TEST(each_bit_of_the_firmware_means_what_it_says)
{
	ck_assert_int_eq(throttled(0), 1);
	ck_assert_int_eq(f->finding[0].mark, FINDING_GOOD);
	ck_assert_int_eq(throttled(1u << 0), 1);
	ck_assert_ptr_nonnull(strstr(f->finding[0].text, "right now"));
	ck_assert_int_eq(f->finding[0].mark, FINDING_WARN);
	ck_assert_int_eq(throttled(1u << 16), 1);
	ck_assert_ptr_nonnull(strstr(f->finding[0].text, "since"));
	for (int bit = 1; bit <= 3; bit++) {
		ck_assert_int_eq(throttled(1u << bit), 1);
		ck_assert_int_eq(f->finding[0].mark, FINDING_WARN);
		ck_assert_int_eq(throttled(1u << (bit + 16)), 1);
		ck_assert_int_eq(f->finding[0].mark, FINDING_NOTE);
	}
	ck_assert_int_eq(throttled(0x50005), 4);
	ck_assert_int_eq(throttled(1u << 4 | 1u << 20), 1); /* not defined */
	ck_assert_int_eq(f->finding[0].mark, FINDING_GOOD);
}
END_TEST

START_TEST(heat_is_good_known_or_too_much)
{
	health_add_temperature(f, 69999);
	health_add_temperature(f, 70000);
	health_add_temperature(f, 79999);
	health_add_temperature(f, 80000);
	ck_assert_int_eq(f->finding[0].mark, FINDING_GOOD);
	ck_assert_str_eq(f->finding[0].text, "69 degrees");
	ck_assert_int_eq(f->finding[1].mark, FINDING_NOTE);
	ck_assert_int_eq(f->finding[2].mark, FINDING_NOTE);
	ck_assert_int_eq(f->finding[3].mark, FINDING_WARN);
}
END_TEST

START_TEST(memory_for_devices_is_found)
{
	health_add_memory(f, "MemTotal: 100 kB\nCmaTotal:      65536 kB\n");
	health_add_memory(f, "CmaTotal:  63999 kB\nCmaFree: 1 kB\n");
	health_add_memory(f, "MemTotal: 100 kB\n"); /* has none: says nothing */
	ck_assert_int_eq(f->count, 2);
	ck_assert_int_eq(f->finding[0].mark, FINDING_GOOD);
	ck_assert_int_eq(f->finding[1].mark, FINDING_WARN);
	ck_assert_str_eq(f->fact[0].text, "65536 kB");
}
END_TEST

START_TEST(the_whole_of_it_ends)
{
	health_check(f);
	ck_assert_int_gt(f->count, 0);
}
END_TEST

CHECK_MAIN(health, setup, teardown, each_bit_of_the_firmware_means_what_it_says,
	   heat_is_good_known_or_too_much, memory_for_devices_is_found,
	   the_whole_of_it_ends)
