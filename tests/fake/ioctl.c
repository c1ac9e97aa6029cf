/* SPDX-License-Identifier: MIT */
#include "tests/fake/ioctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/faults.h"
#include "tests/fake/ioctl_rows.h"

#define MOST_ARGUMENT 1024

/* Which devices know it, besides those of bcm2835-codec and the kernel. */
enum { ALL, NOT_LIBCAMERIFY };

/* clang-format off */
#define ROW(name, function, who) { VIDIOC_##name, #name, function, who }
/* clang-format on */

static const struct row {
	unsigned int request;
	const char *name;
	int (*call)(struct file *f, void *argument);
	int who;
} rows[] = {
	ROW(QUERYCAP, ioctl_querycap, ALL),
	ROW(ENUM_FMT, ioctl_enum_fmt, ALL),
	ROW(G_FMT, ioctl_g_fmt, ALL),
	ROW(S_FMT, ioctl_s_fmt, ALL),
	ROW(TRY_FMT, ioctl_try_fmt, ALL),
	ROW(ENUM_FRAMESIZES, ioctl_enum_framesizes, ALL),
	ROW(ENUM_FRAMEINTERVALS, ioctl_enum_frameintervals, NOT_LIBCAMERIFY),
	ROW(G_PARM, ioctl_g_parm, ALL),
	ROW(S_PARM, ioctl_s_parm, ALL),
	ROW(G_SELECTION, ioctl_g_selection, NOT_LIBCAMERIFY),
	ROW(S_SELECTION, ioctl_s_selection, NOT_LIBCAMERIFY),
	ROW(ENUMINPUT, ioctl_enuminput, ALL),
	ROW(G_INPUT, ioctl_g_input, ALL),
	ROW(S_INPUT, ioctl_s_input, ALL),
	ROW(REQBUFS, ioctl_reqbufs, ALL),
	ROW(CREATE_BUFS, ioctl_create_bufs, NOT_LIBCAMERIFY),
	ROW(QUERYBUF, ioctl_querybuf, ALL),
	ROW(PREPARE_BUF, ioctl_prepare_buf, NOT_LIBCAMERIFY),
	ROW(QBUF, ioctl_qbuf, ALL),
	ROW(DQBUF, ioctl_dqbuf, ALL),
	ROW(EXPBUF, ioctl_expbuf, ALL),
	ROW(STREAMON, ioctl_streamon, ALL),
	ROW(STREAMOFF, ioctl_streamoff, ALL),
	ROW(G_CTRL, ioctl_g_ctrl, NOT_LIBCAMERIFY),
	ROW(S_CTRL, ioctl_s_ctrl, NOT_LIBCAMERIFY),
	ROW(G_EXT_CTRLS, ioctl_g_ext_ctrls, NOT_LIBCAMERIFY),
	ROW(S_EXT_CTRLS, ioctl_s_ext_ctrls, NOT_LIBCAMERIFY),
	ROW(TRY_EXT_CTRLS, ioctl_try_ext_ctrls, NOT_LIBCAMERIFY),
	ROW(QUERYCTRL, ioctl_queryctrl, NOT_LIBCAMERIFY),
	ROW(QUERY_EXT_CTRL, ioctl_query_ext_ctrl, NOT_LIBCAMERIFY),
	ROW(QUERYMENU, ioctl_querymenu, NOT_LIBCAMERIFY),
	ROW(SUBSCRIBE_EVENT, ioctl_subscribe_event, NOT_LIBCAMERIFY),
	ROW(UNSUBSCRIBE_EVENT, ioctl_unsubscribe_event, NOT_LIBCAMERIFY),
	ROW(DQEVENT, ioctl_dqevent, NOT_LIBCAMERIFY),
	ROW(ENCODER_CMD, ioctl_encoder_cmd, NOT_LIBCAMERIFY),
	ROW(TRY_ENCODER_CMD, ioctl_try_encoder_cmd, NOT_LIBCAMERIFY),
};

struct queue *ioctl_queue(struct file *f, uint32_t type, enum direction *way)
{
	for (*way = OUT; *way <= CAP; (*way)++) {
		if (f->has[*way] && f->queue[*way].type == type)
			return &f->queue[*way];
	}
	return NULL;
}

static const struct row *find_row(const struct file *f, unsigned int request)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].request != request)
			continue;
		if (rows[i].who == NOT_LIBCAMERIFY &&
		    f->node->profile == CAMERA_LIBCAMERIFY)
			return NULL;
		return &rows[i];
	}
	return NULL;
}

/* Faults may be meant for one of an M2M device's two queues. */
static const char *queue_name(const struct row *row, const void *argument)
{
	uint32_t type = 0;

	if (row->request == VIDIOC_QBUF || row->request == VIDIOC_DQBUF)
		type = ((const struct v4l2_buffer *)argument)->type;
	else if (row->request == VIDIOC_REQBUFS)
		type = ((const struct v4l2_requestbuffers *)argument)->type;
	else if (row->request == VIDIOC_STREAMON ||
		 row->request == VIDIOC_STREAMOFF ||
		 row->request == VIDIOC_S_FMT)
		type = *(const uint32_t *)argument; /* it stands first */
	else
		return "";
	return V4L2_TYPE_IS_OUTPUT(type) ? "out" : "cap";
}

static int make_call(struct file *f, const struct row *row, void *argument,
		     bool nonblock)
{
	int err = faults_on_call(f->node, row->name, queue_name(row, argument));

	for (;;) {
		if (f->gone)
			return -ENODEV;
		if (err < 0)
			return err;
		err = row->call(f, argument);
		if (err != -EAGAIN || nonblock || row->request != VIDIOC_DQBUF)
			return err;
		world_wait(&world_changed, FOR_EVER);
		err = 0;
	}
}

int ioctl_do(struct file *f, unsigned int request, void *argument,
	     bool nonblock)
{
	_Alignas(16) char copy[MOST_ARGUMENT];
	size_t size = _IOC_SIZE(request);
	const struct row *row;
	int err;

	f->node->counters.calls++;
	if (f->gone)
		return -ENODEV;
	row = find_row(f, request);
	if (!row)
		return -ENOTTY;
	if (!argument)
		return -EFAULT;
	memcpy(copy, argument, size);
	err = make_call(f, row, copy, nonblock);
	/* error_idx of extended controls goes back in any case. */
	if (err == 0 || row->request == VIDIOC_S_EXT_CTRLS ||
	    row->request == VIDIOC_G_EXT_CTRLS ||
	    row->request == VIDIOC_TRY_EXT_CTRLS)
		memcpy(argument, copy, size);
	return err;
}
