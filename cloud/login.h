/* SPDX-License-Identifier: MIT */
/*
 * login: a user's name and password in HTTP Basic (RFC 7617), for who wants
 * that instead of viewing links, or beside them.
 *
 * Checking a password takes tens of milliseconds of the only thread, and a
 * browser sends it with every request. So what was right or wrong a while ago
 * is remembered, by a keyed hash, and only so many others a second are looked
 * at in all. Time is an argument, and so is chance. Server's thread.
 */
#ifndef CLOUD_LOGIN_H
#define CLOUD_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGIN_REMEMBERED 32

struct login {
	const char *user, *hash; /* borrowed; user NULL: there is no login */
	bool (*matches)(const char *hash, const char *password, size_t n);
	uint64_t seed; /* random */
	struct login_memory {
		uint64_t name; /* 0: nothing */
		bool right;
		int64_t until_us;
	} memory[LOGIN_REMEMBERED];
	unsigned int oldest;
	int64_t rested_us; /* when the next new one may be looked at */
};

enum login_verdict {
	LOGIN_RIGHT,
	LOGIN_NONE, /* no Basic in it */
	LOGIN_WRONG,
	LOGIN_LATER, /* too many are being looked at */
};

/* `authorization`: a request's header, "" without. */
enum login_verdict login_check(struct login *l, const char *authorization,
			       int64_t now_us);

#endif
