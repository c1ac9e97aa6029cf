/* SPDX-License-Identifier: MIT */
#include "cloud/store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/store/camera.h"

/*
 * Of what may be held: what a device lists, and when it hears of that. What
 * has left the list is kept for as long again.
 */
#define SIXTEENTHS 16
#define LIST	   5
#define TIGHT	   6

struct store {
	struct store_params params;
	unsigned int count;
	struct camera *camera[]; /* a few: searched one by one */
};

int store_open(struct store **out, const struct store_params *params)
{
	struct store *s;

	*out = NULL;
	if (params->max_cameras == 0 || params->max_segments == 0 ||
	    params->max_camera_bytes > params->max_bytes)
		return -EINVAL;
	s = calloc(1, sizeof(*s) + params->max_cameras * sizeof(*s->camera));
	if (!s)
		return -ENOMEM;
	s->params = *params;
	*out = s;
	return 0;
}

void store_close(struct store **store)
{
	struct store *s = *store;

	*store = NULL;
	if (!s)
		return;
	for (unsigned int i = 0; i < s->count; i++)
		camera_close(&s->camera[i]);
	free(s);
}

const struct store_params *store_params(const struct store *s)
{
	return &s->params;
}

struct camera *store_find(const struct store *s, const char *name)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (strcmp(camera_name(s->camera[i]), name) == 0)
			return s->camera[i];
	return NULL;
}

static void drop(struct store *s, unsigned int i)
{
	assert(!camera_connected(s->camera[i]));
	camera_close(&s->camera[i]);
	s->camera[i] = s->camera[--s->count];
}

/* Drops the camera whose device has been gone longest. False: there is none. */
static bool drop_longest_gone(struct store *s)
{
	unsigned int oldest = s->count;

	for (unsigned int i = 0; i < s->count; i++)
		if (!camera_connected(s->camera[i]) &&
		    (oldest == s->count ||
		     camera_gone_us(s->camera[i]) <
			     camera_gone_us(s->camera[oldest])))
			oldest = i;
	if (oldest == s->count)
		return false;
	drop(s, oldest);
	return true;
}

int store_get(struct store *s, const char *name, struct camera **out)
{
	int err;

	*out = store_find(s, name);
	if (*out)
		return 0;
	if (s->count == s->params.max_cameras && !drop_longest_gone(s))
		return -ENFILE;
	err = camera_open(out, name, s->params.max_segments);
	if (err == 0)
		s->camera[s->count++] = *out;
	return err;
}

/* Who drips a part holds its room no less than with all of it there. */
static size_t taken(const struct camera *c)
{
	return camera_bytes(c) + camera_expected(c);
}

/* The bytes of cameras whose device is gone. */
static size_t droppable(const struct store *s)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < s->count; i++)
		if (!camera_connected(s->camera[i]))
			bytes += camera_bytes(s->camera[i]);
	return bytes;
}

static size_t share_of_each(const struct store *s)
{
	size_t connected = 0;

	for (unsigned int i = 0; i < s->count; i++)
		connected += camera_connected(s->camera[i]);
	return s->params.max_bytes / (connected ? connected : 1);
}

/* What cameras with more than their share would give. */
static size_t surplus(const struct store *s, size_t share)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < s->count; i++) {
		const struct camera *c = s->camera[i];
		size_t held = taken(c), most = camera_sheddable(c);

		if (!camera_connected(c) || held <= share)
			continue;
		bytes += held - share < most ? held - share : most;
	}
	return bytes;
}

/* Whether `bytes` more are within the camera's share, and others have them. */
static bool may_take_share(const struct store *s, const struct camera *camera,
			   size_t bytes)
{
	size_t share = share_of_each(s), own = camera_evictable(camera);

	return taken(camera) + bytes - own <= share &&
	       store_bytes(s) + bytes - own - droppable(s) -
			       surplus(s, share) <=
		       s->params.max_bytes;
}

/* False: nobody has more than its share, or it is in one segment. */
static bool shed_largest(struct store *s, const struct camera *camera)
{
	size_t most = share_of_each(s);
	struct camera *largest = NULL;

	for (unsigned int i = 0; i < s->count; i++) {
		struct camera *c = s->camera[i];

		if (c != camera && camera_connected(c) && taken(c) > most &&
		    camera_sheddable(c)) {
			largest = c;
			most = taken(c);
		}
	}
	return largest && camera_shed(largest);
}

/* Nothing is given up before it is known to be enough. */
int store_admit(struct store *s, struct camera *camera, size_t bytes)
{
	size_t held = taken(camera), total = store_bytes(s);
	size_t max = s->params.max_camera_bytes;

	assert(camera_connected(camera));
	if (held + bytes > max && held + bytes - camera_evictable(camera) > max)
		return -EMSGSIZE;
	max = s->params.max_bytes;
	if (total + bytes > max &&
	    total + bytes - camera_evictable(camera) - droppable(s) > max &&
	    !may_take_share(s, camera, bytes))
		return -ENOSPC;

	while (taken(camera) + bytes > s->params.max_camera_bytes)
		camera_evict(camera);
	while (store_bytes(s) + bytes > s->params.max_bytes)
		if (!camera_evict(camera) && !drop_longest_gone(s) &&
		    !shed_largest(s, camera))
			return -ENOSPC; /* segments are not to be cut */
	return 0;
}

/* What may be held of this one. */
static size_t allowed(const struct store *s, const struct camera *camera)
{
	size_t share = share_of_each(s), most = s->params.max_camera_bytes;
	size_t others = store_bytes(s) - camera_bytes(camera) - droppable(s);
	size_t left =
		others < s->params.max_bytes ? s->params.max_bytes - others : 0;

	if (left < share)
		left = share;
	return left < most ? left : most;
}

unsigned int store_window(const struct store *s, const struct camera *camera)
{
	unsigned int fitting =
		camera_fitting(camera, allowed(s, camera) / SIXTEENTHS * LIST);

	return fitting < s->params.max_segments ? fitting
						: s->params.max_segments;
}

bool store_is_tight(const struct store *s, const struct camera *camera)
{
	size_t listed = camera_bytes(camera) - camera_evictable(camera);

	return listed > allowed(s, camera) / SIXTEENTHS * TIGHT ||
	       camera_lists_shed(camera);
}

void store_forget(struct store *s, int64_t gone_before_us)
{
	for (unsigned int i = s->count; i-- > 0;)
		if (!camera_connected(s->camera[i]) &&
		    camera_gone_us(s->camera[i]) < gone_before_us)
			drop(s, i);
}

struct camera *store_camera(const struct store *s, unsigned int i)
{
	return i < s->count ? s->camera[i] : NULL;
}

size_t store_bytes(const struct store *s)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < s->count; i++)
		bytes += taken(s->camera[i]);
	return bytes;
}
