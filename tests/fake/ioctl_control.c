/* SPDX-License-Identifier: MIT */
#include "tests/fake/ioctl_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fake/faults.h"

static bool is_hidden(const struct file *f, uint32_t id)
{
	double hidden;

	return faults_peek(f->node, FAULT_NO_CONTROL, &hidden) &&
	       (uint32_t)hidden == id;
}

static int get_value(struct file *f, uint32_t id, int64_t *value)
{
	return is_hidden(f, id) ? -EINVAL
				: controls_get(&f->controls, id, value);
}

static int set_value(struct file *f, uint32_t id, int64_t *value)
{
	int err = is_hidden(f, id) ? -EINVAL
				   : controls_set(&f->controls, id, value);

	if (err == 0 && f->node->kind->control_set)
		f->node->kind->control_set(f, id);
	return err;
}

int ioctl_g_ctrl(struct file *f, void *argument)
{
	struct v4l2_control *c = argument;
	int64_t value;
	int err = get_value(f, c->id, &value);

	if (err == 0)
		c->value = (int32_t)value;
	return err;
}

int ioctl_s_ctrl(struct file *f, void *argument)
{
	struct v4l2_control *c = argument;
	int64_t value = c->value;
	int err = set_value(f, c->id, &value);

	if (err == 0)
		c->value = (int32_t)value;
	return err;
}

/* One after the other; error_idx as the kernel has it for S_EXT_CTRLS. */
static int each(struct file *f, struct v4l2_ext_controls *all,
		int (*call)(struct file *, uint32_t, int64_t *))
{
	for (uint32_t i = 0; i < all->count; i++) {
		struct v4l2_ext_control *c = &all->controls[i];
		int64_t value = c->value;
		int err = call(f, c->id, &value);

		if (err < 0) {
			all->error_idx = i;
			return err;
		}
		c->value = (int32_t)value;
	}
	return 0;
}

int ioctl_g_ext_ctrls(struct file *f, void *argument)
{
	return each(f, argument, get_value);
}

int ioctl_s_ext_ctrls(struct file *f, void *argument)
{
	return each(f, argument, set_value);
}

static int try_value(struct file *f, uint32_t id, int64_t *value)
{
	struct controls copy = f->controls;

	return is_hidden(f, id) ? -EINVAL : controls_set(&copy, id, value);
}

int ioctl_try_ext_ctrls(struct file *f, void *argument)
{
	return each(f, argument, try_value);
}

int ioctl_query_ext_ctrl(struct file *f, void *argument)
{
	struct v4l2_query_ext_ctrl *q = argument;
	int err;

	do {
		uint32_t next = q->id & V4L2_CTRL_FLAG_NEXT_CTRL;

		err = controls_query(&f->controls, q);
		if (err < 0 || !is_hidden(f, q->id))
			return err;
		if (!next)
			return -EINVAL;
		q->id |= next;
	} while (err == 0);
	return err;
}

int ioctl_queryctrl(struct file *f, void *argument)
{
	struct v4l2_queryctrl *old = argument;
	struct v4l2_query_ext_ctrl q = { .id = old->id };
	int err = ioctl_query_ext_ctrl(f, &q);

	if (err < 0)
		return err;
	*old = (struct v4l2_queryctrl){
		.id = q.id,
		.type = q.type,
		.minimum = (int32_t)q.minimum,
		.maximum = (int32_t)q.maximum,
		.step = (int32_t)q.step,
		.default_value = (int32_t)q.default_value,
		.flags = q.flags,
	};
	snprintf((char *)old->name, sizeof(old->name), "%s", q.name);
	return 0;
}

int ioctl_querymenu(struct file *f, void *argument)
{
	return controls_menu(&f->controls, argument);
}

/* --- events -------------------------------------------------------------- */

static bool has_event(const struct file *f, uint32_t type)
{
	if (type == V4L2_EVENT_CTRL)
		return true;
	return f->node->kind == &kind_encoder &&
	       (type == V4L2_EVENT_EOS || type == V4L2_EVENT_SOURCE_CHANGE);
}

int ioctl_subscribe_event(struct file *f, void *argument)
{
	const struct v4l2_event_subscription *s = argument;

	if (!has_event(f, s->type))
		return -EINVAL;
	f->subscribed |= 1u << s->type;
	return 0;
}

int ioctl_unsubscribe_event(struct file *f, void *argument)
{
	const struct v4l2_event_subscription *s = argument;

	if (s->type == V4L2_EVENT_ALL)
		f->subscribed = 0;
	else if (s->type < 32)
		f->subscribed &= ~(1u << s->type);
	return 0;
}

/* -ENOENT, not -EAGAIN: v4l2_event_dequeue(). */
int ioctl_dqevent(struct file *f, void *argument)
{
	struct v4l2_event *event = argument;

	if (!f->event_count)
		return -ENOENT;
	*event = f->events[0];
	event->pending = (uint32_t)--f->event_count;
	memmove(f->events, f->events + 1,
		(size_t)f->event_count * sizeof(f->events[0]));
	file_changed(f);
	return 0;
}

/* --- commands ------------------------------------------------------------ */

int ioctl_try_encoder_cmd(struct file *f, void *argument)
{
	const struct v4l2_encoder_cmd *c = argument;

	if (!f->node->kind->drain)
		return -ENOTTY;
	return c->cmd <= V4L2_ENC_CMD_STOP ? 0 : -EINVAL;
}

/* START says yes and does nothing, as bcm2835-codec does. */
int ioctl_encoder_cmd(struct file *f, void *argument)
{
	const struct v4l2_encoder_cmd *c = argument;
	int err = ioctl_try_encoder_cmd(f, argument);

	if (err == 0 && c->cmd == V4L2_ENC_CMD_STOP)
		f->node->kind->drain(f);
	return err;
}
