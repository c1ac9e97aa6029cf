/* SPDX-License-Identifier: MIT */
/*
 * control: the controls of a file: ranges, clamping, values. They are per
 * file and not per device, as bcm2835-codec's are. Under world_lock.
 */
#ifndef TESTS_FAKE_CONTROL_H
#define TESTS_FAKE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/videodev2.h>

#define CONTROL_MAX 24

struct control {
	uint32_t id, type;
	const char *name;
	int64_t least, most, step, standard;
	const char *const *menu; /* names, from `least` on; may be NULL */
};

struct controls {
	int count;
	const struct control *rows[CONTROL_MAX];
	int64_t values[CONTROL_MAX];
};

/* Adds `count` rows at their standard values. Borrows them for good. */
void controls_add(struct controls *c, const struct control *rows, int count);
/* As if there were no such control. */
void controls_remove(struct controls *c, uint32_t id);

/* The value, or `otherwise` when there is no such control. */
int64_t controls_value(const struct controls *c, uint32_t id,
		       int64_t otherwise);

/* As the ioctls do: 0, -EINVAL (no such), -ERANGE (menus). Clamps. */
int controls_get(const struct controls *c, uint32_t id, int64_t *value);
int controls_set(struct controls *c, uint32_t id, int64_t *value);
int controls_query(const struct controls *c, struct v4l2_query_ext_ctrl *q);
int controls_menu(const struct controls *c, struct v4l2_querymenu *q);

#endif
