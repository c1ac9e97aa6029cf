/* SPDX-License-Identifier: MIT */
/*
 * login_thread: looks at the passwords that a login has to know about, one
 * after the other, in a thread of its own, which yields to everything else.
 */
#ifndef CLOUD_LOGIN_THREAD_H
#define CLOUD_LOGIN_THREAD_H

#include <stdint.h>

struct login;
struct login_thread;

/*
 * `login` is borrowed. `looked` is called by that thread when there is
 * something for login_thread_serve(). A negative errno; on failure *out is
 * NULL.
 */
int login_thread_open(struct login_thread **out, struct login *login,
		      void (*looked)(void *context), void *context);

/*
 * Tells the login what was found, and gives the thread the next one. Returns
 * the name of what is known now; 0: nothing new. Whenever there is something to
 * look at, or was looked at; login's thread.
 */
uint64_t login_thread_serve(struct login_thread *t, int64_t now_us);

/* Waits for the end of a look that is under way, and for no other. */
void login_thread_close(struct login_thread **thread);

#endif
