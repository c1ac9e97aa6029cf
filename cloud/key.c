/* SPDX-License-Identifier: MIT */
#include "cloud/key.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define HASH_SIZE	 32
#define TOKEN_HASH_SIZE	 16 /* 128 bits: a link is typed and shared */
#define EXPIRY_DIGITS	 8
#define MAX_MESSAGE	 96 /* purpose, camera, expiry */
#define TOKEN_CHARACTERS (KEY_TOKEN_SIZE - 1)

/* A new kind of key gets a purpose of its own, so that none is another. */
static void sign(uint8_t out[static HASH_SIZE], const char *secret,
		 const char *purpose, const char *camera, const char *more)
{
	char message[MAX_MESSAGE];
	unsigned int size = 0;
	int n = snprintf(message, sizeof(message), "oriel.1 %s\n%s\n%s",
			 purpose, camera, more);
	const uint8_t *done;

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
		   const char *purpose, const char *camera)
{
	uint8_t hash[HASH_SIZE];

	sign(hash, secret, purpose, camera, "");
	encode(out, hash, sizeof(hash));
	OPENSSL_cleanse(hash, sizeof(hash));
}

void key_publish(char out[static KEY_SIZE], const char *secret,
		 const char *camera)
{
	derive(out, secret, "publish", camera);
}

void key_operator(char out[static KEY_SIZE], const char *secret)
{
	derive(out, secret, "operate", "");
}

bool key_equal(const char *given, size_t n, const char *key)
{
	return n == strlen(key) && CRYPTO_memcmp(given, key, n) == 0;
}

void key_token(char out[static KEY_TOKEN_SIZE], const char *secret,
	       const char *camera, uint32_t expires_s)
{
	uint8_t hash[HASH_SIZE];
	char expiry[EXPIRY_DIGITS + 1];

	snprintf(expiry, sizeof(expiry), "%08x", expires_s);
	sign(hash, secret, "view", camera, expiry);
	memcpy(out, expiry, EXPIRY_DIGITS);
	encode(out + EXPIRY_DIGITS, hash, TOKEN_HASH_SIZE);
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

enum key_view key_check_token(const char *token, size_t n, const char *secret,
			      const char *camera, int64_t now_s)
{
	char right[KEY_TOKEN_SIZE];
	uint32_t expires_s;

	if (n != TOKEN_CHARACTERS || !parse_expiry(&expires_s, token))
		return KEY_VIEW_WRONG;
	key_token(right, secret, camera, expires_s);
	if (!key_equal(token, n, right))
		return KEY_VIEW_WRONG;
	return now_s < expires_s ? KEY_VIEW_GOOD : KEY_VIEW_EXPIRED;
}
