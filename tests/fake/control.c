/* SPDX-License-Identifier: MIT */
#include "tests/fake/control.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void controls_add(struct controls *c, const struct control *rows, int count)
{
	for (int i = 0; i < count; i++) {
		assert(c->count < CONTROL_MAX);
		c->rows[c->count] = &rows[i];
		c->values[c->count++] = rows[i].standard;
	}
}

static int find(const struct controls *c, uint32_t id)
{
	for (int i = 0; i < c->count; i++) {
		if (c->rows[i]->id == id)
			return i;
	}
	return -1;
}

void controls_remove(struct controls *c, uint32_t id)
{
	int at = find(c, id);

	if (at < 0)
		return;
	c->count--;
	for (int i = at; i < c->count; i++) {
		c->rows[i] = c->rows[i + 1];
		c->values[i] = c->values[i + 1];
	}
}

int64_t controls_value(const struct controls *c, uint32_t id, int64_t otherwise)
{
	int at = find(c, id);

	return at < 0 ? otherwise : c->values[at];
}

int controls_get(const struct controls *c, uint32_t id, int64_t *value)
{
	int at = find(c, id);

	if (at < 0)
		return -EINVAL;
	if (c->rows[at]->type == V4L2_CTRL_TYPE_BUTTON)
		return -EACCES;
	*value = c->values[at];
	return 0;
}

/* To the nearest step, as v4l2_ctrl_new_std()'s users get it. */
static int64_t round_to_step(const struct control *row, int64_t value)
{
	if (value < row->least)
		return row->least;
	if (value > row->most)
		return row->most;
	value += row->step / 2;
	value = row->least + (value - row->least) / row->step * row->step;
	return value > row->most ? row->most : value;
}

int controls_set(struct controls *c, uint32_t id, int64_t *value)
{
	int at = find(c, id);
	const struct control *row;

	if (at < 0)
		return -EINVAL;
	row = c->rows[at];
	if (row->type == V4L2_CTRL_TYPE_BUTTON)
		return 0;
	if (row->type == V4L2_CTRL_TYPE_MENU) {
		if (*value < row->least || *value > row->most)
			return -ERANGE;
	} else if (row->type == V4L2_CTRL_TYPE_BOOLEAN) {
		*value = !!*value;
	} else {
		*value = round_to_step(row, *value);
	}
	c->values[at] = *value;
	return 0;
}

/* With V4L2_CTRL_FLAG_NEXT_CTRL: the one with the next higher id. */
static int find_next(const struct controls *c, uint32_t after)
{
	int best = -1;

	for (int i = 0; i < c->count; i++) {
		uint32_t id = c->rows[i]->id;

		if (id > after && (best < 0 || id < c->rows[best]->id))
			best = i;
	}
	return best;
}

int controls_query(const struct controls *c, struct v4l2_query_ext_ctrl *q)
{
	uint32_t id = q->id & V4L2_CTRL_ID_MASK;
	int at = q->id & V4L2_CTRL_FLAG_NEXT_CTRL ? find_next(c, id)
						  : find(c, id);
	const struct control *row;

	if (at < 0)
		return -EINVAL;
	row = c->rows[at];
	*q = (struct v4l2_query_ext_ctrl){
		.id = row->id,
		.type = row->type,
		.minimum = row->least,
		.maximum = row->most,
		.step = row->type == V4L2_CTRL_TYPE_MENU ? 1
							 : (uint64_t)row->step,
		.default_value = row->standard,
		.elem_size = sizeof(int32_t),
		.elems = 1,
	};
	if (row->type == V4L2_CTRL_TYPE_BUTTON)
		q->flags = V4L2_CTRL_FLAG_WRITE_ONLY |
			   V4L2_CTRL_FLAG_EXECUTE_ON_WRITE;
	snprintf(q->name, sizeof(q->name), "%s", row->name);
	return 0;
}

int controls_menu(const struct controls *c, struct v4l2_querymenu *q)
{
	int at = find(c, q->id);
	const struct control *row = at < 0 ? NULL : c->rows[at];

	if (!row || row->type != V4L2_CTRL_TYPE_MENU || q->index < row->least ||
	    q->index > row->most)
		return -EINVAL;
	memset(q->name, 0, sizeof(q->name));
	if (row->menu)
		snprintf((char *)q->name, sizeof(q->name), "%s",
			 row->menu[q->index - row->least]);
	else
		snprintf((char *)q->name, sizeof(q->name), "%u", q->index);
	return 0;
}
