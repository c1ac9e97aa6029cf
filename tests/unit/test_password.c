/* SPDX-License-Identifier: MIT */
#include "cloud/password.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"

static char hash[PASSWORD_HASH_SIZE];

static bool matches(const char *password)
{
	return password_matches(hash, password, strlen(password));
}

START_TEST(a_hash_is_of_one_password)
{
	ck_assert_int_eq(password_hash(hash, "open sesame", 11), 0);
	ck_assert(password_is_hash(hash));
	ck_assert(matches("open sesame"));
	ck_assert(!matches("open sesamf"));
	ck_assert(!matches("open sesam"));
	ck_assert(!matches("open sesame "));
	ck_assert(!matches(""));
	ck_assert_ptr_null(strstr(hash, "sesame"));
}
END_TEST

START_TEST(a_hash_is_what_scrypt_makes)
{
	/* Reckoned by Python's hashlib.scrypt(b"x", salt=bytes(16), n=16384,
	 * r=8, p=1, dklen=32). */
	const char *known = "scrypt:00000000000000000000000000000000:"
			    "2d722d77d99caeee7cdd3c7e29093d2557cddbaf245030401e"
			    "bc806801b47b8f";

	ck_assert(password_matches(known, "x", 1));
	ck_assert(!password_matches(known, "y", 1));
}
END_TEST

START_TEST(the_same_password_has_many_hashes)
{
	char other[PASSWORD_HASH_SIZE];

	ck_assert_int_eq(password_hash(hash, "x", 1), 0);
	ck_assert_int_eq(password_hash(other, "x", 1), 0);
	ck_assert_str_ne(hash, other);
}
END_TEST

START_TEST(a_password_has_a_length)
{
	char password[PASSWORD_MAX + 1];

	memset(password, 'x', sizeof(password));
	ck_assert_int_eq(password_hash(hash, password, 0), -EINVAL);
	ck_assert_int_eq(password_hash(hash, password, PASSWORD_MAX + 1),
			 -EINVAL);
	ck_assert_int_eq(password_hash(hash, password, PASSWORD_MAX), 0);
	ck_assert(password_matches(hash, password, PASSWORD_MAX));
	ck_assert(!password_matches(hash, password, PASSWORD_MAX + 1));
}
END_TEST

START_TEST(what_is_no_hash_matches_nothing)
{
	ck_assert_int_eq(password_hash(hash, "x", 1), 0);
	for (size_t i = 0; i < strlen(hash); i++) {
		char kept = hash[i];

		hash[i] = 'g';
		ck_assert_msg(!password_is_hash(hash), "at %zu", i);
		ck_assert(!matches("x"));
		hash[i] = kept;
	}
	hash[strlen(hash) - 1] = '\0';
	ck_assert(!password_is_hash(hash));
	ck_assert(!password_is_hash(""));
}
END_TEST

CHECK_MAIN(password, NULL, NULL, a_hash_is_of_one_password,
	   a_hash_is_what_scrypt_makes, the_same_password_has_many_hashes,
	   a_password_has_a_length, what_is_no_hash_matches_nothing)
