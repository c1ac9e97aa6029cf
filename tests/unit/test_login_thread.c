/* SPDX-License-Identifier: MIT */
#include "cloud/login_thread.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cloud/login.h"
#include "tests/unit/check_main.h"

/* "ann:secret", "ann:wrong" */
#define RIGHT "Basic YW5uOnNlY3JldA=="
#define WRONG "Basic YW5uOndyb25n"

static struct login login;
static struct login_thread *thread;
static sem_t begun, may_end, looked;
static pthread_t main_thread;
static int niceness, looks;
static bool apart, hears_term;

/* A look lasts until it may end. */
static bool matches(const char *hash, const char *password, size_t n)
{
	sigset_t blocked;

	looks++;
	apart = !pthread_equal(pthread_self(), main_thread);
	niceness = getpriority(PRIO_PROCESS, (id_t)gettid());
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	hears_term = !sigismember(&blocked, SIGTERM);
	sem_post(&begun);
	sem_wait(&may_end);
	return n == strlen(hash) && memcmp(hash, password, n) == 0;
}

static void hear(void *context)
{
	sem_post(context);
}

static void setup(void)
{
	sem_init(&begun, 0, 0);
	sem_init(&may_end, 0, 0);
	sem_init(&looked, 0, 0);
	looks = 0;
	main_thread = pthread_self();
	login = (struct login){
		.user = "ann", .hash = "secret", .matches = matches, .seed = 7
	};
	ck_assert_int_eq(login_thread_open(&thread, &login, hear, &looked), 0);
}

static void teardown(void)
{
	login_thread_close(&thread);
	ck_assert_ptr_null(thread);
}

static enum login_verdict check(uint8_t from, const char *authorization)
{
	const struct address a = { { from } };

	return login_check(&login, login_name(&login, authorization),
			   authorization, &a, 0);
}

START_TEST(what_was_asked_is_looked_at_by_another_thread_and_told)
{
	ck_assert_uint_eq(login_thread_serve(thread, 0), 0);
	ck_assert_int_eq(check(1, RIGHT), LOGIN_LOOKING);
	ck_assert_uint_eq(login_thread_serve(thread, 0), 0);
	sem_wait(&begun);
	ck_assert(apart);
	ck_assert(!hears_term);
	/* Who asks meanwhile is not held up. */
	ck_assert_uint_eq(login_thread_serve(thread, 0), 0);
	ck_assert_int_eq(check(2, RIGHT), LOGIN_LOOKING);
	sem_post(&may_end);
	sem_wait(&looked);
	ck_assert_int_eq(check(1, RIGHT), LOGIN_LOOKING);
	ck_assert_uint_eq(login_thread_serve(thread, 0),
			  login_name(&login, RIGHT));
	ck_assert_int_eq(check(1, RIGHT), LOGIN_RIGHT);
	ck_assert_uint_eq(login_thread_serve(thread, 0), 0);
	ck_assert_int_eq(looks, 1);
}
END_TEST

START_TEST(they_are_looked_at_one_after_the_other)
{
	ck_assert_int_eq(check(1, WRONG), LOGIN_LOOKING);
	login_thread_serve(thread, 0);
	ck_assert_int_eq(check(2, RIGHT), LOGIN_LOOKING);
	login_thread_serve(thread, 0);
	sem_post(&may_end);
	sem_post(&may_end);
	sem_wait(&looked);
	ck_assert_uint_eq(login_thread_serve(thread, 0),
			  login_name(&login, WRONG));
	ck_assert_int_eq(check(2, RIGHT), LOGIN_LOOKING);
	sem_wait(&looked);
	ck_assert_uint_eq(login_thread_serve(thread, 0),
			  login_name(&login, RIGHT));
	ck_assert_int_eq(check(1, WRONG), LOGIN_WRONG);
	ck_assert_int_eq(check(2, RIGHT), LOGIN_RIGHT);
}
END_TEST

START_TEST(it_yields_to_everybody_else)
{
	int before = getpriority(PRIO_PROCESS, 0);

	check(1, RIGHT);
	login_thread_serve(thread, 0);
	sem_wait(&begun);
	sem_post(&may_end);
	ck_assert_int_eq(niceness, before + 10 < 19 ? before + 10 : 19);
}
END_TEST

START_TEST(closing_waits_for_the_look_under_way_and_no_other)
{
	check(1, WRONG);
	check(2, RIGHT);
	login_thread_serve(thread, 0);
	sem_wait(&begun);
	sem_post(&may_end);
	login_thread_close(&thread);
	ck_assert_int_eq(looks, 1);
	ck_assert_ptr_null(login_next(&login));
}
END_TEST

START_TEST(closing_one_that_never_looked_is_fine)
{
	check(1, RIGHT);
	login_thread_close(&thread);
	login_thread_close(&thread);
	ck_assert_int_eq(looks, 0);
}
END_TEST

CHECK_MAIN(login_thread, setup, teardown,
	   what_was_asked_is_looked_at_by_another_thread_and_told,
	   they_are_looked_at_one_after_the_other, it_yields_to_everybody_else,
	   closing_waits_for_the_look_under_way_and_no_other,
	   closing_one_that_never_looked_is_fine)
