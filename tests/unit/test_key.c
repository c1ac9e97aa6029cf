/* SPDX-License-Identifier: MIT */
#include "cloud/key.h"

#include <string.h>

#include "cloud/key_memory.h"

#include "tests/unit/check_main.h"

#define NOW_S 1763823600

#define SECRET "correct horse battery staple"

static const struct keyring keys = { .secret = SECRET };
static const struct keyring another = { .secret = SECRET "x" };
static char token[KEY_TOKEN_SIZE];

static void setup(void)
{
	key_token(token, &keys, "porch", NOW_S + 60);
}

static enum key_view check(const char *text)
{
	return key_check_token(text, strlen(text), &keys, "porch", NOW_S);
}

START_TEST(a_key_is_what_hmac_sha256_makes_of_its_purpose)
{
	char key[KEY_SIZE];

	/* printf 'oriel.1 publish\nporch\n' |
	 * openssl dgst -sha256 -hmac "$SECRET" -binary | base64 | tr +/ -_ */
	key_publish(key, &keys, "porch");
	ck_assert_str_eq(key, "3C_kMXlJNlcB4nmsIvepYI7BbHvu9aQYbgorsk81zTM");
	key_operator(key, &keys);
	ck_assert_str_eq(key, "EmI_qa7Hrs4qQ2r5kqZ0_MNLbv-Q-eSXFoTHj3eZgkI");
}
END_TEST

START_TEST(keys_of_cameras_secrets_and_purposes_differ)
{
	char a[KEY_SIZE], b[KEY_SIZE];

	key_publish(a, &keys, "porch");
	key_publish(b, &keys, "porc");
	ck_assert_str_ne(a, b);
	key_publish(b, &another, "porch");
	ck_assert_str_ne(a, b);
	key_operator(b, &keys);
	ck_assert_str_ne(a, b);
	ck_assert_uint_eq(strlen(a), KEY_SIZE - 1);
	ck_assert_uint_eq(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				    "pqrstuvwxyz0123456789-_"),
			  KEY_SIZE - 1);
}
END_TEST

START_TEST(only_the_whole_key_is_equal)
{
	char key[KEY_SIZE], other[KEY_SIZE + 1];

	key_publish(key, &keys, "porch");
	ck_assert(key_equal(key, KEY_SIZE - 1, key));
	ck_assert(!key_equal(key, KEY_SIZE - 2, key));
	ck_assert(!key_equal("", 0, key));
	ck_assert(!key_equal(key, KEY_SIZE, key)); /* with its NUL */
	memcpy(other, key, KEY_SIZE - 1);
	other[KEY_SIZE - 1] = 'A';
	other[KEY_SIZE] = '\0';
	ck_assert(!key_equal(other, KEY_SIZE, key));
	for (size_t i = 0; i < KEY_SIZE - 1; i++) {
		memcpy(other, key, KEY_SIZE);
		other[i] = other[i] == 'x' ? 'y' : 'x';
		ck_assert(!key_equal(other, KEY_SIZE - 1, key));
	}
}
END_TEST

START_TEST(a_token_is_good_until_the_second_it_expires)
{
	size_t n = strlen(token);

	ck_assert_int_eq(check(token), KEY_VIEW_GOOD);
	ck_assert_int_eq(key_check_token(token, n, &keys, "porch", NOW_S + 59),
			 KEY_VIEW_GOOD);
	ck_assert_int_eq(key_check_token(token, n, &keys, "porch", NOW_S + 60),
			 KEY_VIEW_EXPIRED);
}
END_TEST

START_TEST(a_token_is_for_one_camera_and_one_secret)
{
	size_t n = strlen(token);

	ck_assert_int_eq(key_check_token(token, n, &keys, "porc", NOW_S),
			 KEY_VIEW_WRONG);
	ck_assert_int_eq(key_check_token(token, n, &another, "porch", NOW_S),
			 KEY_VIEW_WRONG);
}
END_TEST

START_TEST(no_character_of_a_token_may_change)
{
	for (size_t i = 0; i < strlen(token); i++) {
		char other[KEY_TOKEN_SIZE];

		memcpy(other, token, sizeof(other));
		other[i] = other[i] == '0' ? '1' : '0';
		ck_assert_msg(check(other) == KEY_VIEW_WRONG, "at %zu", i);
	}
}
END_TEST

START_TEST(an_expired_token_that_was_never_right_is_wrong)
{
	char other[KEY_TOKEN_SIZE];

	memcpy(other, token, sizeof(other));
	memcpy(other, "00000001", 8);
	ck_assert_int_eq(check(other), KEY_VIEW_WRONG);
}
END_TEST

START_TEST(what_has_not_the_form_of_a_token_is_wrong)
{
	char other[KEY_TOKEN_SIZE + 1] = { 0 };

	ck_assert_int_eq(check(""), KEY_VIEW_WRONG);
	ck_assert_int_eq(check("x"), KEY_VIEW_WRONG);
	memcpy(other, token, KEY_TOKEN_SIZE);
	other[KEY_TOKEN_SIZE - 2] = '\0';
	ck_assert_int_eq(check(other), KEY_VIEW_WRONG);
	memcpy(other, token, KEY_TOKEN_SIZE);
	other[KEY_TOKEN_SIZE - 1] = 'A';
	ck_assert_int_eq(check(other), KEY_VIEW_WRONG);
}
END_TEST

START_TEST(digits_of_an_expiry_are_lower_case)
{
	char other[KEY_TOKEN_SIZE];

	key_token(other, &keys, "porch", 0xabcdef00);
	ck_assert_int_eq(check(other), KEY_VIEW_GOOD);
	other[0] = 'A';
	ck_assert_int_eq(check(other), KEY_VIEW_WRONG);
	key_token(other, &keys, "porch", 0xffffffff);
	ck_assert_int_eq(check(other), KEY_VIEW_GOOD);
}
END_TEST

START_TEST(keys_and_links_of_the_previous_secret_are_still_good)
{
	const struct keyring rotated = { .secret = "another secret",
					 .previous = SECRET };
	const struct keyring forgotten = { .secret = "another secret" };
	char key[KEY_SIZE];

	key_publish(key, &keys, "porch");
	ck_assert(key_may_publish(&rotated, key, strlen(key), "porch"));
	ck_assert(!key_may_publish(&forgotten, key, strlen(key), "porch"));
	key_publish(key, &rotated, "porch");
	ck_assert(key_may_publish(&forgotten, key, strlen(key), "porch"));
	ck_assert(!key_may_publish(&keys, key, strlen(key), "porch"));
	key_operator(key, &keys);
	ck_assert(key_may_operate(&rotated, key, strlen(key)));
	ck_assert_int_eq(
		key_check_token(token, strlen(token), &rotated, "porch", NOW_S),
		KEY_VIEW_GOOD);
	ck_assert_int_eq(key_check_token(token, strlen(token), &forgotten,
					 "porch", NOW_S),
			 KEY_VIEW_WRONG);
}
END_TEST

START_TEST(links_of_another_generation_are_wrong_and_keys_stay)
{
	const struct keyring next = { .secret = SECRET, .generation = 1 };
	const struct keyring after = { .secret = SECRET, .generation = 11 };
	char key[KEY_SIZE], link[KEY_TOKEN_SIZE];

	ck_assert_int_eq(
		key_check_token(token, strlen(token), &next, "porch", NOW_S),
		KEY_VIEW_WRONG);
	key_token(link, &next, "porch", NOW_S + 60);
	ck_assert_int_eq(
		key_check_token(link, strlen(link), &next, "porch", NOW_S),
		KEY_VIEW_GOOD);
	ck_assert_int_eq(
		key_check_token(link, strlen(link), &after, "porch", NOW_S),
		KEY_VIEW_WRONG);
	ck_assert_int_eq(check(link), KEY_VIEW_WRONG);
	key_publish(key, &keys, "porch");
	ck_assert(key_may_publish(&next, key, strlen(key), "porch"));
}
END_TEST

START_TEST(keys_of_another_generation_are_wrong_and_links_stay)
{
	const struct keyring next = { .secret = SECRET, .key_generation = 1 };
	char key[KEY_SIZE];

	key_publish(key, &keys, "porch");
	ck_assert(!key_may_publish(&next, key, strlen(key), "porch"));
	key_publish(key, &next, "porch");
	ck_assert(key_may_publish(&next, key, strlen(key), "porch"));
	key_operator(key, &keys);
	ck_assert(!key_may_operate(&next, key, strlen(key)));
	ck_assert_int_eq(
		key_check_token(token, strlen(token), &next, "porch", NOW_S),
		KEY_VIEW_GOOD);
}
END_TEST

START_TEST(what_is_for_all_cameras_is_for_each)
{
	char key[KEY_SIZE], link[KEY_TOKEN_SIZE];

	key_publish(key, &keys, KEY_ALL);
	ck_assert(key_may_publish(&keys, key, strlen(key), "porch"));
	ck_assert(key_may_publish(&keys, key, strlen(key), "shed"));
	ck_assert(!key_may_operate(&keys, key, strlen(key)));
	key_token(link, &keys, KEY_ALL, NOW_S + 60);
	ck_assert_int_eq(check(link), KEY_VIEW_GOOD);
	ck_assert_int_eq(
		key_check_token(link, strlen(link), &keys, "shed", NOW_S + 60),
		KEY_VIEW_EXPIRED);
	/* And never the other way round. */
	ck_assert_int_eq(
		key_check_token(token, strlen(token), &keys, KEY_ALL, NOW_S),
		KEY_VIEW_WRONG);
	key_publish(key, &keys, "porch");
	ck_assert(!key_may_publish(&keys, key, strlen(key), "shed"));
}
END_TEST

/* A memory that has forged ones in it shows when it is asked. */
START_TEST(a_token_that_was_right_is_not_derived_again)
{
	static const char forged[] = "ffffffffAAAAAAAAAAAAAAAAAAAAAA";
	struct key_memory memory = { .seed = 1 };
	struct keyring remembers = { .secret = SECRET, .memory = &memory };
	struct keyring forgot = { .secret = SECRET "x", .memory = &memory };

	ck_assert_int_eq(key_check_token(forged, strlen(forged), &remembers,
					 "porch", NOW_S),
			 KEY_VIEW_WRONG);
	ck_assert_int_eq(key_check_token(forged, strlen(forged), &remembers,
					 "porch", NOW_S),
			 KEY_VIEW_WRONG);
	ck_assert_int_eq(key_check_token(token, strlen(token), &remembers,
					 "porch", NOW_S + 59),
			 KEY_VIEW_GOOD);
	/* As long as it is good, for that camera, with all its characters. */
	ck_assert_int_eq(key_check_token(token, strlen(token), &forgot, "porch",
					 NOW_S + 59),
			 KEY_VIEW_GOOD);
	ck_assert_int_eq(key_check_token(token, strlen(token), &forgot, "porch",
					 NOW_S + 60),
			 KEY_VIEW_EXPIRED);
	ck_assert_int_eq(
		key_check_token(token, strlen(token), &forgot, "porc", NOW_S),
		KEY_VIEW_WRONG);
	token[KEY_TOKEN_SIZE - 2] ^= 1;
	ck_assert_int_eq(
		key_check_token(token, strlen(token), &forgot, "porch", NOW_S),
		KEY_VIEW_WRONG);
}
END_TEST

START_TEST(of_many_tokens_the_newest_are_remembered)
{
	struct key_memory memory = { .seed = 42 };
	char text[KEY_TOKEN_SIZE], camera[CAMERA_NAME_MAX + 1];
	int held = 0;

	memset(camera, 'c', sizeof(camera) - 1);
	camera[CAMERA_NAME_MAX] = '\0';
	for (int i = 0; i < 4 * KEY_MEMORY_PLACES; i++) {
		snprintf(text, sizeof(text), "%030d", i);
		ck_assert(!key_memory_has(&memory, camera, text));
		key_memory_add(&memory, camera, text);
		ck_assert(key_memory_has(&memory, camera, text));
	}
	for (int i = 0; i < 4 * KEY_MEMORY_PLACES; i++) {
		snprintf(text, sizeof(text), "%030d", i);
		held += key_memory_has(&memory, camera, text);
	}
	ck_assert_int_le(held, KEY_MEMORY_PLACES);
	ck_assert_int_gt(held, KEY_MEMORY_PLACES / 2);
}
END_TEST

START_TEST(a_key_for_one_purpose_is_none_for_another)
{
	char key[KEY_SIZE];

	key_operator(key, &keys);
	ck_assert(!key_may_publish(&keys, key, strlen(key), "porch"));
	key_publish(key, &keys, "porch");
	ck_assert(!key_may_operate(&keys, key, strlen(key)));
	ck_assert(!key_may_publish(&keys, token, strlen(token), "porch"));
	ck_assert(!key_may_publish(&keys, "", 0, "porch"));
}
END_TEST

CHECK_MAIN(key, setup, NULL, a_key_is_what_hmac_sha256_makes_of_its_purpose,
	   keys_of_cameras_secrets_and_purposes_differ,
	   only_the_whole_key_is_equal,
	   a_token_is_good_until_the_second_it_expires,
	   a_token_is_for_one_camera_and_one_secret,
	   no_character_of_a_token_may_change,
	   an_expired_token_that_was_never_right_is_wrong,
	   what_has_not_the_form_of_a_token_is_wrong,
	   digits_of_an_expiry_are_lower_case,
	   keys_and_links_of_the_previous_secret_are_still_good,
	   links_of_another_generation_are_wrong_and_keys_stay,
	   keys_of_another_generation_are_wrong_and_links_stay,
	   what_is_for_all_cameras_is_for_each,
	   a_token_that_was_right_is_not_derived_again,
	   of_many_tokens_the_newest_are_remembered,
	   a_key_for_one_purpose_is_none_for_another)
