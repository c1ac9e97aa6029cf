/* SPDX-License-Identifier: MIT */
#include "device/uplink/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

#define START 1000000000LL

/* --- a name server in place of libc's --------------------------------------
 */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool dead;		 /* answers nothing */
	int error;		 /* or this */
	const char *addresses;	 /* of every name: "10.0.0.1 10.0.0.2" */
	int asked, found, ended; /* look-ups begun, told, done */
} world = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .changed = PTHREAD_COND_INITIALIZER };

static struct addrinfo *make(const char **at)
{
	struct addrinfo *info = calloc(1, sizeof(*info));
	struct sockaddr_in *in = calloc(1, sizeof(*in));
	unsigned int a, b, c, d;
	int n;

	ck_assert_int_eq(sscanf(*at, "%u.%u.%u.%u%n", &a, &b, &c, &d, &n), 4);
	*at += n + strspn(*at + n, " ");
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(a << 24 | b << 16 | c << 8 | d);
	info->ai_addr = (struct sockaddr *)in;
	info->ai_addrlen = sizeof(*in);
	return info;
}

int getaddrinfo(const char *host, const char *service,
		const struct addrinfo *hints, struct addrinfo **out)
{
	const char *text = host;
	int error = 0;

	(void)service;
	*out = NULL;
	if (hints->ai_flags & AI_NUMERICHOST) {
		if (host[strspn(host, "0123456789.")])
			return EAI_NONAME;
	} else {
		pthread_mutex_lock(&world.lock);
		world.asked++;
		pthread_cond_broadcast(&world.changed);
		while (world.dead)
			pthread_cond_wait(&world.changed, &world.lock);
		error = world.error;
		text = world.addresses;
		pthread_mutex_unlock(&world.lock);
	}
	if (error)
		return error;
	while (*text) {
		struct addrinfo *info = make(&text);

		info->ai_next = *out; /* backwards: the test turns them */
		*out = info;
	}
	return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
	while (info) {
		struct addrinfo *next = info->ai_next;

		free(info->ai_addr);
		free(info);
		info = next;
	}
}

static void found(void *context)
{
	ck_assert_ptr_eq(context, &world);
	pthread_mutex_lock(&world.lock);
	world.found++;
	pthread_cond_broadcast(&world.changed);
	pthread_mutex_unlock(&world.lock);
}

static void wait_for(const int *count, int least)
{
	pthread_mutex_lock(&world.lock);
	while (*count < least)
		pthread_cond_wait(&world.changed, &world.lock);
	pthread_mutex_unlock(&world.lock);
}

static void set_world(bool dead, int error, const char *addresses)
{
	pthread_mutex_lock(&world.lock);
	world.dead = dead;
	world.error = error;
	world.addresses = addresses;
	pthread_cond_broadcast(&world.changed);
	pthread_mutex_unlock(&world.lock);
}

static struct resolver *resolver;

static void setup(void)
{
	world.asked = world.found = 0;
	set_world(false, 0, "10.0.0.2 10.0.0.1");
	ck_assert_int_eq(
		resolver_open(&resolver, "relay.example", found, &world), 0);
}

static void teardown(void)
{
	set_world(false, 0, "");
	resolver_close(&resolver);
}

/* Looks up and waits for the answer. */
static enum resolver_result look_up(int64_t now_us)
{
	int before = world.found;

	resolver_start(resolver, now_us);
	wait_for(&world.found, before + 1);
	return resolver_look(resolver, now_us);
}

START_TEST(the_addresses_are_those_of_the_name_server_in_its_order)
{
	ck_assert_int_eq(look_up(START), RESOLVER_FOUND);
	ck_assert_str_eq(resolver_address(resolver), "10.0.0.1");
	ck_assert(resolver_reject(resolver));
	ck_assert_str_eq(resolver_address(resolver), "10.0.0.2");
	ck_assert(!resolver_reject(resolver)); /* all of them were tried */
	ck_assert_str_eq(resolver_address(resolver), "10.0.0.1");
	ck_assert(resolver_reject(resolver));
}
END_TEST

START_TEST(an_address_needs_no_name_server)
{
	resolver_close(&resolver);
	set_world(true, 0, "");
	ck_assert_int_eq(resolver_open(&resolver, "192.0.2.7", found, &world),
			 0);
	resolver_start(resolver, START);
	ck_assert_int_eq(resolver_look(resolver, START), RESOLVER_FOUND);
	ck_assert_str_eq(resolver_address(resolver), "192.0.2.7");
	ck_assert(!resolver_reject(resolver));
	ck_assert_int_eq(world.asked, 0);
}
END_TEST

START_TEST(a_name_server_that_does_not_answer_is_dead_after_four_seconds)
{
	set_world(true, 0, "");
	resolver_start(resolver, START);
	ck_assert_int_eq(resolver_look(resolver, START + RESOLVER_US - 1),
			 RESOLVER_LOOKING);
	ck_assert_int_eq(resolver_until_us(resolver), START + RESOLVER_US);
	ck_assert_int_eq(resolver_look(resolver, START + RESOLVER_US),
			 RESOLVER_DEAD);
	/* The next try waits for the same answer: no second thread. */
	wait_for(&world.asked, 1);
	resolver_start(resolver, START + RESOLVER_US);
	ck_assert_int_eq(resolver_look(resolver, START + RESOLVER_US),
			 RESOLVER_LOOKING);
	set_world(false, 0, "10.0.0.9");
	wait_for(&world.found, 1);
	ck_assert_int_eq(resolver_look(resolver, START + RESOLVER_US),
			 RESOLVER_FOUND);
	ck_assert_str_eq(resolver_address(resolver), "10.0.0.9");
	ck_assert_int_eq(world.asked, 1);
}
END_TEST

START_TEST(it_says_whether_there_is_no_name_or_no_name_server)
{
	set_world(false, EAI_NONAME, "");
	ck_assert_int_eq(look_up(START), RESOLVER_NO_NAME);
	set_world(false, EAI_AGAIN, "");
	ck_assert_int_eq(look_up(START), RESOLVER_DEAD);
	set_world(false, 0, ""); /* a name without an address */
	ck_assert_int_eq(look_up(START), RESOLVER_NO_NAME);
}
END_TEST

START_TEST(what_was_known_before_is_good_while_the_name_server_is_not)
{
	ck_assert_int_eq(look_up(START), RESOLVER_FOUND);
	set_world(true, 0, "");
	resolver_start(resolver, START);
	ck_assert_int_eq(resolver_look(resolver, START + RESOLVER_AGAIN_US - 1),
			 RESOLVER_LOOKING);
	ck_assert_int_eq(resolver_look(resolver, START + RESOLVER_AGAIN_US),
			 RESOLVER_FOUND);
	ck_assert_str_eq(resolver_address(resolver), "10.0.0.1");
	set_world(false, EAI_AGAIN, "");
	wait_for(&world.found, 2);
	ck_assert_int_eq(resolver_look(resolver, START), RESOLVER_FOUND);
	ck_assert_str_eq(resolver_address(resolver), "10.0.0.1");
}
END_TEST

START_TEST(what_is_newer_counts)
{
	ck_assert_int_eq(look_up(START), RESOLVER_FOUND);
	ck_assert(resolver_reject(resolver));
	ck_assert_int_eq(look_up(START), RESOLVER_FOUND); /* the same ones */
	ck_assert_str_eq(resolver_address(resolver), "10.0.0.2");
	set_world(false, 0, "10.0.0.3");
	ck_assert_int_eq(look_up(START), RESOLVER_FOUND);
	ck_assert_str_eq(resolver_address(resolver), "10.0.0.3");
}
END_TEST

START_TEST(more_addresses_than_there_is_room_for_are_left_out)
{
	set_world(false, 0,
		  "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 "
		  "10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10");
	ck_assert_int_eq(look_up(START), RESOLVER_FOUND);
	for (int i = 0; i < RESOLVER_ADDRESSES - 1; i++)
		ck_assert(resolver_reject(resolver));
	ck_assert(!resolver_reject(resolver));
}
END_TEST

START_TEST(it_is_closed_while_the_name_server_still_thinks)
{
	set_world(true, 0, "10.0.0.1");
	resolver_start(resolver, START);
	wait_for(&world.asked, 1);
	resolver_close(&resolver);
	ck_assert_ptr_null(resolver);
	resolver_close(&resolver);
	set_world(false, 0, "10.0.0.1"); /* and nobody is told */
}
END_TEST

START_TEST(it_is_closed_when_the_answer_is_there_and_was_not_looked_at)
{
	resolver_start(resolver, START);
	wait_for(&world.found, 1);
	resolver_close(&resolver);
}
END_TEST

static const struct {
	const char *text, *servers;
} files[] = {
	{ "nameserver 192.168.1.1\n", "192.168.1.1" },
	{ "# x\nsearch lan\n nameserver\t10.0.0.1\nnameserver fe80::1%eth0",
	  "10.0.0.1, fe80::1%eth0" },
	{ "", "" },
	{ "nameserver", "" },
	{ "nameservers 1.2.3.4\n#nameserver 1.2.3.4\n", "" },
	{ "nameserver \x1b[2J\n", "" },
	{ "nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\n",
	  "1.1.1.1, 2.2.2.2" },
};

START_TEST(the_name_servers_are_named_as_far_as_there_is_room)
{
	char servers[24];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		resolver_servers(servers, sizeof(servers), files[i].text);
		ck_assert_str_eq(servers, files[i].servers);
	}
}
END_TEST

CHECK_MAIN(resolver, setup, teardown,
	   the_addresses_are_those_of_the_name_server_in_its_order,
	   an_address_needs_no_name_server,
	   a_name_server_that_does_not_answer_is_dead_after_four_seconds,
	   it_says_whether_there_is_no_name_or_no_name_server,
	   what_was_known_before_is_good_while_the_name_server_is_not,
	   what_is_newer_counts,
	   more_addresses_than_there_is_room_for_are_left_out,
	   it_is_closed_while_the_name_server_still_thinks,
	   it_is_closed_when_the_answer_is_there_and_was_not_looked_at,
	   the_name_servers_are_named_as_far_as_there_is_room)
