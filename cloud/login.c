/* SPDX-License-Identifier: MIT */
#include "cloud/login.h"

#include <string.h>
#include <strings.h>

#include "cloud/limit/hash.h"
#include "cloud/password.h"

#define REMEMBER_US INT64_C(600000000)
#define PAUSE_US    250000 /* between two that are looked at, at least */
#define SHARE	    32	   /* of the time, one part is for looking */
#define BURST	    4	   /* after a rest: so many at once */
#define MAX_PLAIN   (2 * PASSWORD_MAX + 2)

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Base64 with its padding (RFC 4648 4); how many bytes, or -1. */
static int decode(char out[static MAX_PLAIN], const char *text)
{
	size_t n = strcspn(text, "="), size = 0;
	uint32_t held = 0;
	unsigned int bits = 0;

	if (strspn(text + n, "=") != strlen(text + n) || strlen(text) % 4 != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int value = sextet(text[i]);

		if (value < 0 || size == MAX_PLAIN)
			return -1;
		held = held << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[size++] = (char)(held >> bits & 0xff);
		}
	}
	return (int)size;
}

static bool recalls(const struct login_memory *m, uint64_t name, int64_t now_us)
{
	return m->name == name && now_us < m->until_us;
}

/* LOGIN_LATER: not known. Who goes on using the right one stays known. */
static enum login_verdict recall(struct login *l, uint64_t name, int64_t now_us)
{
	if (recalls(&l->right, name, now_us)) {
		l->right.until_us = now_us + REMEMBER_US;
		return LOGIN_RIGHT;
	}
	for (int i = 0; i < LOGIN_REMEMBERED; i++)
		if (recalls(&l->wrong[i], name, now_us))
			return LOGIN_WRONG;
	return LOGIN_LATER;
}

/* However many are tried, they do not push out the one that is right. */
static void remember(struct login *l, uint64_t name, bool right, int64_t now_us)
{
	struct login_memory *m =
		right ? &l->right : &l->wrong[l->oldest++ % LOGIN_REMEMBERED];

	*m = (struct login_memory){ name, now_us + REMEMBER_US };
}

/* The user's name is no secret; that it is wrong is not told, though. */
static bool is_right(const struct login *l, const char *plain, size_t n)
{
	const char *colon = memchr(plain, ':', n);
	size_t user = colon ? (size_t)(colon - plain) : n;
	bool known =
		user == strlen(l->user) && memcmp(plain, l->user, user) == 0;
	bool matches = colon && l->matches(l->hash, colon + 1, n - user - 1);

	return known && matches;
}

static bool may_look(struct login *l, int64_t now_us)
{
	if (l->pause_us)
		l->looks -= (double)(now_us - l->looked_us) / l->pause_us;
	if (l->looks < 0)
		l->looks = 0;
	l->looked_us = now_us;
	return l->looks <= BURST - 1;
}

/*
 * Nobody else is served meanwhile: the longer it takes, the rarer it is. But
 * who mistypes may try again at once, on a slow machine, too.
 */
static bool look(struct login *l, const char *plain, size_t n)
{
	int64_t began_us = l->clock_us();
	bool right = is_right(l, plain, n);
	double pause_us = (double)(l->clock_us() - began_us) * SHARE;

	l->pause_us = pause_us > PAUSE_US ? pause_us : PAUSE_US;
	l->looks++;
	return right;
}

enum login_verdict login_check(struct login *l, const char *authorization,
			       int64_t now_us)
{
	enum login_verdict known;
	char plain[MAX_PLAIN];
	uint64_t name;
	bool right;
	int n;

	if (!l->user || strncasecmp(authorization, "Basic ", 6) != 0)
		return LOGIN_NONE;
	n = decode(plain, authorization + 6 + strspn(authorization + 6, " "));
	if (n < 0)
		return LOGIN_WRONG;
	name = hash_bytes(l->seed, plain, (size_t)n) | 1;
	known = recall(l, name, now_us);
	if (known != LOGIN_LATER || !may_look(l, now_us))
		return known;
	right = look(l, plain, (size_t)n);
	remember(l, name, right, now_us);
	return right ? LOGIN_RIGHT : LOGIN_WRONG;
}
