/* SPDX-License-Identifier: MIT */
/* camera_node: the several kinds of cameras. Under world_lock. */
#ifndef TESTS_FAKE_CAMERA_NODE_H
#define TESTS_FAKE_CAMERA_NODE_H

#include "tests/fake/node.h"

/* Names, formats and memory of "uvc", "unicam", ...; -EINVAL: no such. */
int camera_set_profile(struct node *node, const char *name);

/* camera_stream.c */
int camera_stream_open(struct file *f);
void camera_stream_close(struct file *f);
void camera_stream_start(struct file *f, enum direction way);
void camera_stream_stop(struct file *f, enum direction way);

#endif
