/* SPDX-License-Identifier: MIT */
/*
 * password: a password as what is kept of it, and back again (scrypt,
 * RFC 7914):
 *
 *   scrypt:SALT:HASH      32 and 64 hex digits, made by password_hash()
 *
 * Checking one takes tens of milliseconds and 16 MiB on purpose. Any thread.
 * Knows libcrypto; has no printer.
 */
#ifndef CLOUD_PASSWORD_H
#define CLOUD_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#define PASSWORD_MAX	   80 /* characters */
#define PASSWORD_HASH_SIZE 112

/* -EINVAL: longer than that, or nothing. -ENOMEM. */
int password_hash(char out[static PASSWORD_HASH_SIZE], const char *password,
		  size_t n);

/* Whether a text has the form that password_hash() writes. */
bool password_is_hash(const char *hash);

/* False also for want of memory. */
bool password_matches(const char *hash, const char *password, size_t n);

#endif
