/* SPDX-License-Identifier: MIT */
#include "cloud/key.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "cloud/key_memory.h"

#define HASH_SIZE	 32
#define TOKEN_HASH_SIZE	 16 /* 128 bits: a link is typed and shared */
#define EXPIRY_DIGITS	 8
#define MAX_MESSAGE	 96 /* purpose, camera, expiry, generation */
#define TOKEN_CHARACTERS (KEY_TOKEN_SIZE - 1)

/* A new kind of key gets a purpose of its own, so that none is another. */
static void sign(uint8_t out[static HASH_SIZE], const char *secret,
		 const char *purpose, const char *camera, const char *more,
		 uint32_t generation)
{
	char message[MAX_MESSAGE], number[16] = "";
	unsigned int size = 0;
	const uint8_t *done;
	int n;

	if (generation)
		snprintf(number, sizeof(number), "\n%" PRIu32, generation);
	n = snprintf(message, sizeof(message), "oriel.1 %s\n%s\n%s%s", purpose,
		     camera, more, number);

	assert(n > 0 && (size_t)n < sizeof(message));
	done = HMAC(EVP_sha256(), secret, (int)strlen(secret),
		    (const uint8_t *)message, (size_t)n, out, &size);
	assert(done && size == HASH_SIZE);
	(void)done;
}

/* base64url without padding (RFC 4648 5). */
static void encode(char *out, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t held = 0;
	unsigned int bits = 0;

	for (size_t i = 0; i < n; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = digits[held >> (bits - 6) & 63];
	}
	if (bits)
		*out++ = digits[held << (6 - bits) & 63];
	*out = '\0';
}

static void derive(char out[static KEY_SIZE], const char *secret,
		   const char *purpose, const char *camera, uint32_t generation)
{
	uint8_t hash[HASH_SIZE];

	sign(hash, secret, purpose, camera, "", generation);
	encode(out, hash, sizeof(hash));
	OPENSSL_cleanse(hash, sizeof(hash));
}

void key_publish(char out[static KEY_SIZE], const struct keyring *keys,
		 const char *camera)
{
	derive(out, keys->secret, "publish", camera, keys->key_generation);
}

void key_operator(char out[static KEY_SIZE], const struct keyring *keys)
{
	derive(out, keys->secret, "operate", "", keys->key_generation);
}

bool key_equal(const char *given, size_t n, const char *key)
{
	return n == strlen(key) && CRYPTO_memcmp(given, key, n) == 0;
}

/* Which secret or scope it is of shows in the time it takes; nothing else. */
static bool matches(const struct keyring *keys, const char *given, size_t n,
		    const char *purpose, const char *camera)
{
	const char *const secrets[] = { keys->secret, keys->previous };

	for (int i = 0; i < 2 && secrets[i]; i++) {
		char key[KEY_SIZE];

		derive(key, secrets[i], purpose, camera, keys->key_generation);
		if (key_equal(given, n, key))
			return true;
	}
	return false;
}

bool key_may_publish(const struct keyring *keys, const char *given, size_t n,
		     const char *camera)
{
	return matches(keys, given, n, "publish", camera) ||
	       matches(keys, given, n, "publish", KEY_ALL);
}

bool key_may_operate(const struct keyring *keys, const char *given, size_t n)
{
	return matches(keys, given, n, "operate", "");
}

static void make_token(char out[static KEY_TOKEN_SIZE], const char *secret,
		       const char *camera, uint32_t expires_s,
		       uint32_t generation)
{
	uint8_t hash[HASH_SIZE];
	char expiry[EXPIRY_DIGITS + 1];

	snprintf(expiry, sizeof(expiry), "%08x", expires_s);
	sign(hash, secret, "view", camera, expiry, generation);
	memcpy(out, expiry, EXPIRY_DIGITS);
	encode(out + EXPIRY_DIGITS, hash, TOKEN_HASH_SIZE);
}

void key_token(char out[static KEY_TOKEN_SIZE], const struct keyring *keys,
	       const char *camera, uint32_t expires_s)
{
	make_token(out, keys->secret, camera, expires_s, keys->generation);
}

/* Exactly what "%08x" writes; false for anything else. */
static bool parse_expiry(uint32_t *out, const char *text)
{
	uint32_t value = 0;

	for (int i = 0; i < EXPIRY_DIGITS; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

static bool is_token(const char *token, size_t n, const struct keyring *keys,
		     const char *camera, uint32_t expires_s)
{
	const char *const secrets[] = { keys->secret, keys->previous };

	for (int i = 0; i < 2 && secrets[i]; i++) {
		char right[KEY_TOKEN_SIZE];

		make_token(right, secrets[i], camera, expires_s,
			   keys->generation);
		if (key_equal(token, n, right))
			return true;
	}
	return false;
}

enum key_view key_check_token(const char *token, size_t n,
			      const struct keyring *keys, const char *camera,
			      int64_t now_s)
{
	uint32_t expires_s;

	if (n != TOKEN_CHARACTERS || !parse_expiry(&expires_s, token))
		return KEY_VIEW_WRONG;
	if (!keys->memory || !key_memory_has(keys->memory, camera, token)) {
		if (!is_token(token, n, keys, camera, expires_s) &&
		    !is_token(token, n, keys, KEY_ALL, expires_s))
			return KEY_VIEW_WRONG;
		if (keys->memory)
			key_memory_add(keys->memory, camera, token);
	}
	return now_s < expires_s ? KEY_VIEW_GOOD : KEY_VIEW_EXPIRED;
}
