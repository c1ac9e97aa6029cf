/* SPDX-License-Identifier: MIT */
/*
 * key: what may publish, view and operate, all derived from the relay's one
 * secret (HMAC-SHA256), so that the relay stores none of it:
 *
 *   publish key of a camera   43 characters of base64url
 *   operator's key            likewise; for /metrics and the list of cameras
 *   viewing token             8 hex digits, when it expires (Unix time, s),
 *                             and 22 characters, half an HMAC over camera
 *                             and expiry
 *
 * Comparisons take the same time wherever the first difference is. Time is an
 * argument. Any thread; with a memory in the keyring, the one that owns it.
 * Knows libcrypto. Has no printer: none of this is ever logged.
 */
#ifndef CLOUD_KEY_H
#define CLOUD_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_SIZE       44 /* and the NUL */
#define KEY_TOKEN_SIZE 31 /* likewise */
#define KEY_MIN_SECRET 16 /* characters, below which it can be guessed */

/* A key for all cameras is one for this, which no camera can be called. */
#define KEY_ALL "*"

struct key_memory;

/* What keys are derived from; borrowed. */
struct keyring {
	const char *secret;
	const char *previous; /* its keys are still good; NULL: there is none */
	/* What was derived with another number is good no more. */
	uint32_t generation;	   /* of viewing tokens */
	uint32_t key_generation;   /* of publish keys and the operator's */
	struct key_memory *memory; /* of viewing tokens; NULL: none */
};

enum key_view { KEY_VIEW_GOOD, KEY_VIEW_WRONG, KEY_VIEW_EXPIRED };

/* `camera` may be KEY_ALL. Likewise below, but for what is asked for. */
void key_publish(char out[static KEY_SIZE], const struct keyring *keys,
		 const char *camera);
void key_operator(char out[static KEY_SIZE], const struct keyring *keys);

/* Whether the `n` characters at `given` let one publish `camera`. */
bool key_may_publish(const struct keyring *keys, const char *given, size_t n,
		     const char *camera);
bool key_may_operate(const struct keyring *keys, const char *given, size_t n);

/* Whether the `n` characters at `given` are `key`. */
bool key_equal(const char *given, size_t n, const char *key);

void key_token(char out[static KEY_TOKEN_SIZE], const struct keyring *keys,
	       const char *camera, uint32_t expires_s);

/* Whether the `n` characters at `token` let one view `camera` at `now_s`. */
enum key_view key_check_token(const char *token, size_t n,
			      const struct keyring *keys, const char *camera,
			      int64_t now_s);

#endif
