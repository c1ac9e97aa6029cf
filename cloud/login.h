/* SPDX-License-Identifier: MIT */
/*
 * login: a user's name and password in HTTP Basic (RFC 7617), for who wants
 * that instead of viewing links, or beside them.
 *
 * Checking a password takes tens of milliseconds of the only thread, on a slow
 * machine hundreds, and a browser sends it with every request. So what was
 * right or wrong a while ago is remembered, by a keyed hash, and others are
 * looked at a few times a second, and only in a small share of the time. Time
 * is an argument but for what a look takes, and so is chance. Server's thread.
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
	int64_t (*clock_us)(void); /* monotonic */
	uint64_t seed;		   /* random */
	struct login_memory {
		uint64_t name; /* 0: nothing */
		int64_t until_us;
	} right, wrong[LOGIN_REMEMBERED]; /* there is only one that is right */
	unsigned int oldest;		  /* of the wrong ones */
	double looks;	   /* at unknown ones, of late: one less in ... */
	double pause_us;   /* ... such a time */
	int64_t looked_us; /* when that was reckoned */
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
