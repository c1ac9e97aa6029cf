/* SPDX-License-Identifier: MIT */
#include "cloud/tls_pair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/certificate.h"
#include "tests/unit/check_main.h"
#include "tests/unit/said.h"

static struct certificate one, other;
static struct tls_pair tls;

static void setup(void)
{
	certificate_make(&one, "localhost");
	certificate_make(&other, "localhost");
	tls = (struct tls_pair){ .cert_file = one.cert, .key_file = one.key };
}

static void teardown(void)
{
	certificate_remove(&one);
	certificate_remove(&other);
}

static void overwrite(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(a_pair_that_fits_is_fine_and_tells_when_it_expires)
{
	ck_assert_int_eq(tls_pair_check(&tls), 0);
	ck_assert_int_gt(tls.expires_s, time(NULL) + 3000);
	ck_assert_int_lt(tls.expires_s, time(NULL) + 4000);
}
END_TEST

START_TEST(an_expired_certificate_is_served_and_warned_of)
{
	static const struct {
		long from_s, until_s;
		const char *words;
	} rows[] = {
		{ -60, 3600, "" },
		{ -3600, -60, " has expired" },
		{ 600, 3600, " is not valid yet" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct certificate c;
		struct said said;

		certificate_make_for(&c, "localhost", rows[i].from_s,
				     rows[i].until_s);
		tls = (struct tls_pair){ .cert_file = c.cert,
					 .key_file = c.key };
		said_begin(&said, STDERR_FILENO);
		ck_assert_int_eq(tls_pair_check(&tls), 0);
		said_end(&said);
		certificate_remove(&c);
		ck_assert_int_eq(*said.text != 0, *rows[i].words != 0);
		ck_assert_ptr_nonnull(strstr(said.text, rows[i].words));
	}
}
END_TEST

START_TEST(a_key_of_another_certificate_is_refused)
{
	tls.key_file = other.key;
	ck_assert_int_eq(tls_pair_check(&tls), -EINVAL);
}
END_TEST

START_TEST(files_that_are_no_pair_are_refused)
{
	tls.cert_file = "/nonexistent";
	ck_assert_int_eq(tls_pair_check(&tls), -EINVAL);
	tls.cert_file = one.key;
	ck_assert_int_eq(tls_pair_check(&tls), -EINVAL);
	tls.cert_file = one.cert;
	overwrite(one.key, "rubbish");
	ck_assert_int_eq(tls_pair_check(&tls), -EINVAL);
	overwrite(one.key, "");
	ck_assert_int_eq(tls_pair_check(&tls), -EINVAL);
}
END_TEST

START_TEST(another_file_is_noticed_until_it_was_looked_at)
{
	ck_assert_int_eq(tls_pair_check(&tls), 0);
	ck_assert(!tls_pair_changed(&tls));
	ck_assert_int_eq(rename(other.cert, one.cert), 0);
	ck_assert(tls_pair_changed(&tls));
	ck_assert_int_eq(tls_pair_check(&tls), -EINVAL);
	ck_assert(!tls_pair_changed(&tls));
	ck_assert_int_eq(rename(other.key, one.key), 0);
	ck_assert(tls_pair_changed(&tls));
	ck_assert_int_eq(tls_pair_check(&tls), 0);
	unlink(one.key);
	ck_assert(tls_pair_changed(&tls));
}
END_TEST

CHECK_MAIN(tls_pair, setup, teardown,
	   a_pair_that_fits_is_fine_and_tells_when_it_expires,
	   an_expired_certificate_is_served_and_warned_of,
	   a_key_of_another_certificate_is_refused,
	   files_that_are_no_pair_are_refused,
	   another_file_is_noticed_until_it_was_looked_at)
