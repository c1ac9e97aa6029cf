/* SPDX-License-Identifier: MIT */
/*
 * ioctl_rows: the ioctls by the file that answers them; for ioctl.c. Each
 * gets a copy of its argument, which goes back when it returns 0.
 */
#ifndef TESTS_FAKE_IOCTL_ROWS_H
#define TESTS_FAKE_IOCTL_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/fake/file.h"

/* The queue of a buffer type; NULL: the device has no such. */
struct queue *ioctl_queue(struct file *f, uint32_t type, enum direction *way);

/* ioctl_buffer.c */
int ioctl_reqbufs(struct file *f, void *argument);
int ioctl_create_bufs(struct file *f, void *argument);
int ioctl_querybuf(struct file *f, void *argument);
int ioctl_prepare_buf(struct file *f, void *argument);
int ioctl_qbuf(struct file *f, void *argument);
int ioctl_dqbuf(struct file *f, void *argument);
int ioctl_expbuf(struct file *f, void *argument);
int ioctl_streamon(struct file *f, void *argument);
int ioctl_streamoff(struct file *f, void *argument);

/* ioctl_format.c */
int ioctl_querycap(struct file *f, void *argument);
int ioctl_enum_fmt(struct file *f, void *argument);
int ioctl_g_fmt(struct file *f, void *argument);
int ioctl_s_fmt(struct file *f, void *argument);
int ioctl_try_fmt(struct file *f, void *argument);
int ioctl_enum_framesizes(struct file *f, void *argument);
int ioctl_enum_frameintervals(struct file *f, void *argument);
int ioctl_g_parm(struct file *f, void *argument);
int ioctl_s_parm(struct file *f, void *argument);
int ioctl_g_selection(struct file *f, void *argument);
int ioctl_s_selection(struct file *f, void *argument);
int ioctl_enuminput(struct file *f, void *argument);
int ioctl_g_input(struct file *f, void *argument);
int ioctl_s_input(struct file *f, void *argument);

/* ioctl_control.c */
int ioctl_g_ctrl(struct file *f, void *argument);
int ioctl_s_ctrl(struct file *f, void *argument);
int ioctl_g_ext_ctrls(struct file *f, void *argument);
int ioctl_s_ext_ctrls(struct file *f, void *argument);
int ioctl_try_ext_ctrls(struct file *f, void *argument);
int ioctl_queryctrl(struct file *f, void *argument);
int ioctl_query_ext_ctrl(struct file *f, void *argument);
int ioctl_querymenu(struct file *f, void *argument);
int ioctl_subscribe_event(struct file *f, void *argument);
int ioctl_unsubscribe_event(struct file *f, void *argument);
int ioctl_dqevent(struct file *f, void *argument);
int ioctl_encoder_cmd(struct file *f, void *argument);
int ioctl_try_encoder_cmd(struct file *f, void *argument);

#endif
