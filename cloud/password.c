/* SPDX-License-Identifier: MIT */
#include "cloud/password.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PREFIX	  "scrypt:"
#define SALT_SIZE 16
#define HASH_SIZE 32
#define COST	  16384 /* N; with r = 8 that is 16 MiB */
#define BLOCK	  8
#define PARALLEL  1
#define MAX_BYTES (33 << 20) /* of memory; OpenSSL counts some more */
#define SALT_AT	  (sizeof(PREFIX) - 1)
#define HASH_AT	  (SALT_AT + 2 * SALT_SIZE + 1)
#define WHOLE	  (HASH_AT + 2 * HASH_SIZE)

_Static_assert(WHOLE < PASSWORD_HASH_SIZE, "a hash has room");

static bool derive(uint8_t out[static HASH_SIZE], const char *password,
		   size_t n, const uint8_t salt[static SALT_SIZE])
{
	return EVP_PBE_scrypt(password, n, salt, SALT_SIZE, COST, BLOCK,
			      PARALLEL, MAX_BYTES, out, HASH_SIZE) == 1;
}

static void print_hex(char *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

int password_hash(char out[static PASSWORD_HASH_SIZE], const char *password,
		  size_t n)
{
	uint8_t salt[SALT_SIZE], hash[HASH_SIZE];

	if (n == 0 || n > PASSWORD_MAX)
		return -EINVAL;
	if (RAND_bytes(salt, sizeof(salt)) != 1 ||
	    !derive(hash, password, n, salt))
		return -ENOMEM;
	memcpy(out, PREFIX, SALT_AT);
	print_hex(out + SALT_AT, salt, sizeof(salt));
	out[HASH_AT - 1] = ':';
	print_hex(out + HASH_AT, hash, sizeof(hash));
	return 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(uint8_t *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool parse(const char *text, uint8_t salt[static SALT_SIZE],
		  uint8_t hash[static HASH_SIZE])
{
	return strlen(text) == WHOLE && memcmp(text, PREFIX, SALT_AT) == 0 &&
	       text[HASH_AT - 1] == ':' &&
	       read_hex(salt, text + SALT_AT, SALT_SIZE) &&
	       read_hex(hash, text + HASH_AT, HASH_SIZE);
}

bool password_is_hash(const char *hash)
{
	uint8_t salt[SALT_SIZE], right[HASH_SIZE];

	return parse(hash, salt, right);
}

bool password_matches(const char *hash, const char *password, size_t n)
{
	uint8_t salt[SALT_SIZE], right[HASH_SIZE], given[HASH_SIZE];

	return n && n <= PASSWORD_MAX && parse(hash, salt, right) &&
	       derive(given, password, n, salt) &&
	       CRYPTO_memcmp(given, right, sizeof(right)) == 0;
}
