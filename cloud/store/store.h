/* SPDX-License-Identifier: MIT */
/*
 * store: the cameras a relay holds, and the limits on how much they hold.
 *
 * Beyond a limit something new is refused; what is listed in a playlist that
 * can still be played is never given up for it, but for one case: who has more
 * than its share, all bytes divided by the connected cameras, gives the oldest
 * of it to who has less. What makes room, in this order: segments of the same
 * camera that are not listed any more, then whole cameras whose device is
 * gone, the longest gone first, then that. Before it comes to any of it, a
 * device is told to list fewer segments: see store_window().
 *
 * Owned by the server's thread. No I/O; time is an argument.
 */
#ifndef CLOUD_STORE_STORE_H
#define CLOUD_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct camera;
struct store;

struct store_params {
	size_t max_bytes;	 /* of all cameras together */
	size_t max_camera_bytes; /* of one; <= max_bytes */
	unsigned int max_cameras;
	unsigned int max_segments; /* longest window of one camera */
};

/* -EINVAL: the limits contradict each other. On failure *out is NULL. */
int store_open(struct store **out, const struct store_params *params);
void store_close(struct store **store);

const struct store_params *store_params(const struct store *s);

/* Borrowed until store_get(), store_admit() or store_forget(); NULL: none. */
struct camera *store_find(const struct store *s, const char *name);

/*
 * Finds or makes a camera. The caller connects it before it calls the store
 * again: a connected camera is never dropped. -ENFILE: as many cameras as may
 * be are connected; -ENOMEM.
 */
int store_get(struct store *s, const char *name, struct camera **out);

/*
 * Makes room for `bytes` more in `camera`, which is connected. -EMSGSIZE: it
 * would hold more than one camera may; -ENOSPC: all cameras together would.
 */
int store_admit(struct store *s, struct camera *camera, size_t bytes);

/*
 * How many segments the camera's device may list, so that what it lists stays
 * well within what may be held of it: at most what one camera may, and its
 * share or what the others leave.
 */
unsigned int store_window(const struct store *s, const struct camera *camera);

/* Whether it lists so much that it has to hear of that. */
bool store_is_tight(const struct store *s, const struct camera *camera);

/* Drops cameras whose device has been gone since before `gone_before_us`. */
void store_forget(struct store *s, int64_t gone_before_us);

/* The `i`th camera, from 0 on, in no order; NULL: there are no more. */
struct camera *store_camera(const struct store *s, unsigned int i);

/* All bytes held or expected. */
size_t store_bytes(const struct store *s);

#endif
