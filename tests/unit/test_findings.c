/* SPDX-License-Identifier: MIT */
#include "device/check/findings.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

static struct findings *f;
static char *text;
static size_t size;

static void setup(void)
{
	f = calloc(1, sizeof(*f));
	text = NULL;
}

static void teardown(void)
{
	free(f);
	free(text);
}

static const char *print(void (*how)(const struct findings *f, FILE *out))
{
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &size);
	how(f, out);
	fclose(out);
	return text;
}

START_TEST(a_finding_is_a_line_and_its_remedy_another)
{
	findings_add(f, FINDING_GOOD, "camera", NULL, "%s is there",
		     "/dev/video0");
	findings_add(f, FINDING_BAD, "relay", "start it", "it is down");
	ck_assert_str_eq(print(findings_print),
			 "ok       camera       /dev/video0 is there\n"
			 "WRONG    relay        it is down\n"
			 "                      -> start it\n");
}
END_TEST

START_TEST(json_has_facts_too)
{
	findings_add(f, FINDING_WARN, "power", "more", "low");
	findings_fact(f, "/dev/video0", "card", "C%d", 920);
	findings_fact(f, "/dev/video1", "card", "D");
	ck_assert_str_eq(
		print(findings_print_json),
		"{\n\"version\": \"" ORIEL_VERSION "\",\n\"findings\": [\n"
		"\t{ \"mark\": \"warning\", \"topic\": \"power\", \"text\": "
		"\"low\", \"remedy\": \"more\" }\n],\n\"facts\": [\n"
		"\t{ \"topic\": \"/dev/video0\", \"name\": \"card\", "
		"\"text\": \"C920\" },\n"
		"\t{ \"topic\": \"/dev/video1\", \"name\": \"card\", "
		"\"text\": \"D\" }\n]\n}\n");
}
END_TEST

START_TEST(what_a_device_says_cannot_break_json)
{
	findings_add(f, FINDING_GOOD, "x", "", "a\"b\\c\nd\te\x7f\xc3\xa4");
	ck_assert_ptr_nonnull(strstr(print(findings_print_json),
				     "\"text\": \"a\\\"b\\\\c\\nd?e???\""));
}
END_TEST

START_TEST(the_worst_counts)
{
	ck_assert_int_eq(findings_worst(f), FINDING_GOOD);
	findings_add(f, FINDING_NOTE, "x", NULL, "x");
	ck_assert_int_eq(findings_worst(f), FINDING_NOTE);
	findings_add(f, FINDING_BAD, "x", NULL, "x");
	findings_add(f, FINDING_WARN, "x", NULL, "x");
	ck_assert_int_eq(findings_worst(f), FINDING_BAD);
}
END_TEST

START_TEST(what_is_beyond_the_limits_is_left_out)
{
	for (int i = 0; i <= FINDINGS_MOST; i++)
		findings_add(f, i == FINDINGS_MOST ? FINDING_BAD : FINDING_GOOD,
			     "x", NULL, "x");
	ck_assert_int_eq(f->count, FINDINGS_MOST);
	ck_assert_int_eq(findings_worst(f), FINDING_GOOD);
	for (int i = 0; i <= FACTS_MOST; i++)
		findings_fact(f, "x", "y", "%d", i);
	ck_assert_int_eq(f->facts, FACTS_MOST);
}
END_TEST

START_TEST(long_texts_are_cut)
{
	findings_add(f, FINDING_GOOD, "x", NULL, "%0*d", 2 * FINDING_SIZE, 0);
	ck_assert_uint_eq(strlen(f->finding[0].text), FINDING_SIZE - 1);
	findings_fact(f, "x", "y", "%0*d", 2 * FACT_SIZE, 0);
	ck_assert_uint_eq(strlen(f->fact[0].text), FACT_SIZE - 1);
}
END_TEST

CHECK_MAIN(findings, setup, teardown,
	   a_finding_is_a_line_and_its_remedy_another, json_has_facts_too,
	   what_a_device_says_cannot_break_json, the_worst_counts,
	   what_is_beyond_the_limits_is_left_out, long_texts_are_cut)
