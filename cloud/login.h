/* SPDX-License-Identifier: MIT */
/*
 * login: a user's name and password in HTTP Basic (RFC 7617), for who wants
 * that instead of viewing links, or beside them.
 *
 * Looking at a password takes tens of milliseconds, on a slow machine hundreds,
 * so another thread does it (login_thread.h), one after the other, and a
 * browser sends it with every request, so what was right or wrong a while ago
 * is remembered, by a keyed hash: its name.
 *
 * A few may wait to be looked at, one of each address. Looking takes a quarter
 * of one core at most, though that thread yields to the server's: for as long
 * as somebody guesses it would take the rest from whatever else the machine has
 * to do, and be paid for. A smaller share would only keep a user out for longer
 * who logs in meanwhile, and four a second are no more guesses than before.
 *
 * Time is an argument, and so is chance. Server's thread, but for
 * login_is_right().
 */
#ifndef CLOUD_LOGIN_H
#define CLOUD_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/limit/address.h"
#include "cloud/password.h"

#define LOGIN_REMEMBERED 32
#define LOGIN_QUEUE	 8
#define LOGIN_PLAIN	 (2 * PASSWORD_MAX + 2)

/* One that is to be looked at: "USER:PASSWORD". */
struct login_look {
	uint64_t name;
	struct address from;
	size_t n;
	char plain[LOGIN_PLAIN];
};

struct login {
	const char *user, *hash; /* borrowed; user NULL: there is no login */
	bool (*matches)(const char *hash, const char *password, size_t n);
	void (*asked)(void *context); /* there is one to look at; NULL: fine */
	void *context;
	uint64_t seed; /* random */
	struct login_memory {
		uint64_t name; /* 0: nothing */
		int64_t until_us;
	} right, wrong[LOGIN_REMEMBERED]; /* there is only one that is right */
	unsigned int oldest;		  /* of the wrong ones */
	struct login_look queue[LOGIN_QUEUE];
	unsigned int waiting; /* of these, the one looked at included */
	double looks;	      /* of late: one less in ... */
	double pause_us;      /* ... such a time */
	int64_t looked_us;    /* when that was reckoned */
};

enum login_verdict {
	LOGIN_RIGHT,
	LOGIN_NONE, /* no Basic in it */
	LOGIN_WRONG,
	LOGIN_LOOKING, /* ask again after login_tell() */
	LOGIN_LATER,   /* too many are being looked at */
};

/* Of `authorization`, a request's header; 0: there is no Basic in it. */
uint64_t login_name(const struct login *l, const char *authorization);

/*
 * `authorization` "": only what is remembered or on its way counts, for who
 * waited. `from`: who asks.
 */
enum login_verdict login_check(struct login *l, uint64_t name,
			       const char *authorization,
			       const struct address *from, int64_t now_us);

/* The one to be looked at, until login_tell(); NULL: none. */
const struct login_look *login_next(const struct login *l);

/* Any thread. */
bool login_is_right(const struct login *l, const struct login_look *look);

/* What came of login_next(), and what time of a core that took. */
void login_tell(struct login *l, bool right, int64_t took_us, int64_t now_us);

/* Nobody will look at those who wait: wipes them. */
void login_forget(struct login *l);

#endif
