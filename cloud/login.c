/* SPDX-License-Identifier: MIT */
#include "cloud/login.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "cloud/limit/hash.h"

#define REMEMBER_US INT64_C(600000000)
#define PAUSE_US    250000	/* between two that are looked at, at least */
#define SHARE	    4		/* of the time, one part is for looking */
#define BURST	    LOGIN_QUEUE /* after a rest: so many at once */

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
static int decode(char out[static LOGIN_PLAIN], const char *text)
{
	size_t n = strcspn(text, "="), size = 0;
	uint32_t held = 0;
	unsigned int bits = 0;

	if (strspn(text + n, "=") != strlen(text + n) || strlen(text) % 4 != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int value = sextet(text[i]);

		if (value < 0 || size == LOGIN_PLAIN)
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

/* Behind "Basic"; NULL: that is not there. */
static const char *credentials(const char *authorization)
{
	if (strncasecmp(authorization, "Basic ", 6) != 0)
		return NULL;
	return authorization + 6 + strspn(authorization + 6, " ");
}

uint64_t login_name(const struct login *l, const char *authorization)
{
	const char *text = l->user ? credentials(authorization) : NULL;

	return text ? hash_bytes(l->seed, text, strlen(text)) | 1 : 0;
}

/* --- what is known --- */

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
	for (unsigned int i = 0; i < l->waiting; i++)
		if (l->queue[i].name == name)
			return LOGIN_LOOKING;
	return LOGIN_LATER;
}

/* However many are tried, they do not push out the one that is right. */
static void remember(struct login *l, uint64_t name, bool right, int64_t now_us)
{
	struct login_memory *m =
		right ? &l->right : &l->wrong[l->oldest++ % LOGIN_REMEMBERED];

	*m = (struct login_memory){ name, now_us + REMEMBER_US };
}

/* --- what is to be looked at --- */

/*
 * One of an address at a time: nobody has all places alone, and by the time
 * the next is looked at, it is known whether this was a guess too many.
 */
static bool has_room(const struct login *l, const struct address *from)
{
	for (unsigned int i = 0; i < l->waiting; i++)
		if (address_equal(&l->queue[i].from, from))
			return false;
	return l->waiting < LOGIN_QUEUE;
}

static void reckon(struct login *l, int64_t now_us)
{
	if (l->pause_us)
		l->looks -= (double)(now_us - l->looked_us) / l->pause_us;
	if (l->looks < 0)
		l->looks = 0;
	l->looked_us = now_us;
}

static bool may_look(struct login *l, int64_t now_us)
{
	reckon(l, now_us);
	return l->looks <= BURST - 1;
}

static enum login_verdict ask(struct login *l, uint64_t name,
			      const char *authorization,
			      const struct address *from, int64_t now_us)
{
	const char *text = credentials(authorization);
	struct login_look look = { .name = name, .from = *from };
	int n = text ? decode(look.plain, text) : 0;
	enum login_verdict verdict = n < 0 ? LOGIN_WRONG : LOGIN_LATER;

	if (text && n >= 0 && has_room(l, from) && may_look(l, now_us)) {
		look.n = (size_t)n;
		l->queue[l->waiting++] = look;
		l->looks++;
		verdict = LOGIN_LOOKING;
	}
	explicit_bzero(&look, sizeof(look));
	return verdict;
}

enum login_verdict login_check(struct login *l, uint64_t name,
			       const char *authorization,
			       const struct address *from, int64_t now_us)
{
	enum login_verdict verdict;

	if (!name)
		return LOGIN_NONE;
	verdict = recall(l, name, now_us);
	if (verdict != LOGIN_LATER)
		return verdict;
	verdict = ask(l, name, authorization, from, now_us);
	if (verdict == LOGIN_LOOKING && l->asked)
		l->asked(l->context);
	return verdict;
}

const struct login_look *login_next(const struct login *l)
{
	return l->waiting ? &l->queue[0] : NULL;
}

/* The user's name is no secret; that it is wrong is not told, though. */
bool login_is_right(const struct login *l, const struct login_look *look)
{
	const char *plain = look->plain;
	const char *colon = memchr(plain, ':', look->n);
	size_t user = colon ? (size_t)(colon - plain) : look->n;
	bool known =
		user == strlen(l->user) && memcmp(plain, l->user, user) == 0;
	bool matches =
		colon && l->matches(l->hash, colon + 1, look->n - user - 1);

	return known && matches;
}

/* The slower the machine, the rarer: it is a share of the time. */
void login_tell(struct login *l, bool right, int64_t took_us, int64_t now_us)
{
	double pause_us = (double)took_us * SHARE;

	assert(l->waiting);
	reckon(l, now_us); /* by the pause of before */
	l->pause_us = pause_us > PAUSE_US ? pause_us : PAUSE_US;
	remember(l, l->queue[0].name, right, now_us);
	l->waiting--;
	memmove(&l->queue[0], &l->queue[1], l->waiting * sizeof(l->queue[0]));
	explicit_bzero(&l->queue[l->waiting], sizeof(l->queue[0]));
}

void login_forget(struct login *l)
{
	explicit_bzero(l->queue, sizeof(l->queue));
	l->waiting = 0;
}
