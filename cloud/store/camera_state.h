/* SPDX-License-Identifier: MIT */
/*
 * camera_state: what the files of camera share, and nobody else needs:
 *
 *   camera.c        what came, what is listed, and what viewers find
 *   camera_room.c   what may be given up for room, and how much fits
 */
#ifndef CLOUD_STORE_CAMERA_STATE_H
#define CLOUD_STORE_CAMERA_STATE_H

#include "cloud/store/audience.h"
#include "cloud/store/camera.h"
#include "cloud/store/presence.h"
#include "cloud/store/segments.h"

struct camera {
	char name[CAMERA_NAME_MAX + 1];
	struct presence presence;
	struct segments segments; /* listed ones, and those before them */
	struct playlist *playlist;
	struct poster *poster;
	int64_t playlist_us;
	struct audience audience;
	struct camera_counts counts;
	size_t expected; /* bytes on their way */
};

/* How long a segment is. */
int64_t camera_length_us(const struct camera *c, const struct segment *s);

#endif
