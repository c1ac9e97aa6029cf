/* SPDX-License-Identifier: MIT */
#include "cloud/login_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cloud/login.h"
#include "common/clock.h"

/*
 * Where both want one core, it gets a tenth of what the server's thread does,
 * and never keeps it waiting (sched(7)). Not the lowest of all, or nobody could
 * log in where others take all of a machine.
 */
#define NICER 10

enum state { IDLE, GIVEN, LOOKED };

struct login_thread {
	struct login *login; /* what of it never changes: both threads */
	void (*looked)(void *context);
	void *context;
	pthread_t thread;
	pthread_mutex_t lock; /* all below */
	pthread_cond_t changed;
	enum state state;
	bool leaving;
	struct login_look look; /* GIVEN: the thread's, without the lock */
	bool right;
	int64_t took_us;
};

static void look(struct login_thread *t)
{
	int64_t began_us = clock_thread_us();

	t->right = login_is_right(t->login, &t->look);
	t->took_us = clock_thread_us() - began_us;
	explicit_bzero(&t->look.plain, sizeof(t->look.plain));
}

/* Linux has a priority for each thread: setpriority(2), NOTES. */
static void yield_to_others(void)
{
	id_t self = (id_t)gettid();

	setpriority(PRIO_PROCESS, self,
		    getpriority(PRIO_PROCESS, self) + NICER);
}

static void *run(void *context)
{
	struct login_thread *t = context;

	yield_to_others();
	pthread_mutex_lock(&t->lock);
	while (!t->leaving) {
		if (t->state != GIVEN) {
			pthread_cond_wait(&t->changed, &t->lock);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		look(t);
		pthread_mutex_lock(&t->lock);
		t->state = LOOKED;
		t->looked(t->context);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Signals are for the server's thread. */
static int start(struct login_thread *t)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&t->thread, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		pthread_setname_np(t->thread, "login");
	return -err;
}

int login_thread_open(struct login_thread **out, struct login *login,
		      void (*looked)(void *context), void *context)
{
	struct login_thread *t = calloc(1, sizeof(*t));
	int err;

	*out = NULL;
	if (!t)
		return -ENOMEM;
	t->login = login;
	t->looked = looked;
	t->context = context;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	err = start(t);
	if (err < 0) {
		pthread_cond_destroy(&t->changed);
		pthread_mutex_destroy(&t->lock);
		free(t);
		return err;
	}
	*out = t;
	return 0;
}

uint64_t login_thread_serve(struct login_thread *t, int64_t now_us)
{
	const struct login_look *next;
	uint64_t name = 0;

	pthread_mutex_lock(&t->lock);
	if (t->state == LOOKED) {
		name = t->look.name;
		login_tell(t->login, t->right, t->took_us, now_us);
		t->state = IDLE;
	}
	next = login_next(t->login);
	if (t->state == IDLE && next) {
		t->look = *next;
		t->state = GIVEN;
		pthread_cond_signal(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
	return name;
}

void login_thread_close(struct login_thread **thread)
{
	struct login_thread *t = *thread;

	*thread = NULL;
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->leaving = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	login_forget(t->login);
	explicit_bzero(t, sizeof(*t));
	free(t);
}
