/* SPDX-License-Identifier: MIT */
#include "tests/fake/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/fdtable.h"
#include "tests/fake/file.h"
#include "tests/fake/paths.h"
#include "tests/fake/real.h"

pthread_mutex_t world_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t world_changed;

static struct node *nodes;

/* --- time ---------------------------------------------------------------- */

__attribute__((constructor)) static void begin_world(void)
{
	world_new_condition(&world_changed);
}

void world_new_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* Not to be cancelled: a sleeping ioctl cannot be either. */
void world_wait(pthread_cond_t *condition, int64_t until_us)
{
	struct timespec until = { until_us / 1000000,
				  until_us % 1000000 * 1000 };
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	if (until_us == FOR_EVER)
		pthread_cond_wait(condition, &world_lock);
	else
		pthread_cond_timedwait(condition, &world_lock, &until);
	pthread_setcancelstate(state, NULL);
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	real()->clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t world_now_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t world_wall_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

/* ------------------------------------------------------------------------- */

struct node *node_add(const struct node_kind *kind, const char *name)
{
	struct node *node = calloc(1, sizeof(*node)), **end = &nodes;

	if (!node)
		return NULL;
	*node = (struct node){ .kind = kind, .number = -1, .last_number = -1 };
	snprintf(node->name, sizeof(node->name), "%s", name);
	kind->set_up(node);
	while (*end)
		end = &(*end)->next;
	*end = node;
	return node;
}

struct node *node_first(void)
{
	return nodes;
}

void node_forget_all(void)
{
	while (nodes) {
		struct node *next = nodes->next;

		node_unplug(nodes);
		free(nodes);
		nodes = next;
	}
}

struct node *node_find(const char *name)
{
	for (struct node *node = nodes; node; node = node->next) {
		if (strcmp(node->name, name) == 0)
			return node;
	}
	return NULL;
}

struct node *node_find_number(int number)
{
	for (struct node *node = nodes; node; node = node->next) {
		if (number >= 0 && node->number == number)
			return node;
	}
	return NULL;
}

static bool is_open(const struct node *node)
{
	for (int fd = fdtable_next_file(0); fd >= 0;
	     fd = fdtable_next_file(fd + 1)) {
		if (fdtable_file(fd)->node == node)
			return true;
	}
	return false;
}

/* As the kernel does: a number is not free while its old file is held. */
static int free_number(const struct node *node)
{
	int number = node->last_number < 0 ? 0 : node->last_number;

	if (is_open(node))
		number++;
	while (number < NODE_MAX_NUMBER && node_find_number(number))
		number++;
	return number < NODE_MAX_NUMBER ? number : -1;
}

int node_plug(struct node *node, int number)
{
	if (node->number >= 0)
		return -EBUSY;
	if (number < 0)
		number = free_number(node);
	if (number < 0 || number >= NODE_MAX_NUMBER || node_find_number(number))
		return -EBUSY;
	node->number = node->last_number = number;
	node->stalled = false;
	return paths_add_node(node);
}

static void each_file(const struct node *node, void (*call)(struct file *))
{
	for (int fd = fdtable_next_file(0); fd >= 0;
	     fd = fdtable_next_file(fd + 1)) {
		struct file *f = fdtable_file(fd);

		if (f->node == node && !f->gone)
			call(f);
	}
}

static void fail_queues(struct file *f)
{
	for (int way = OUT; way <= CAP; way++) {
		if (f->has[way])
			queue_fail(&f->queue[way]);
	}
	f->disconnected = true;
	pthread_cond_broadcast(&f->wake);
	file_changed(f);
}

static void end_file(struct file *f)
{
	f->gone = true;
	pthread_cond_broadcast(&f->wake);
	file_changed(f);
}

void node_disconnect(struct node *node)
{
	each_file(node, fail_queues);
}

void node_unplug(struct node *node)
{
	if (node->number < 0)
		return;
	node_disconnect(node);
	paths_remove_node(node);
	node->number = -1;
	node->leaves_us = 0;
	each_file(node, end_file);
}
