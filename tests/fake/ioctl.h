/* SPDX-License-Identifier: MIT */
/* ioctl: what a program asks of an open node. Under world_lock. */
#ifndef TESTS_FAKE_IOCTL_H
#define TESTS_FAKE_IOCTL_H

#include <stdbool.h>

struct file;

/* `nonblock`: O_NONBLOCK is set. 0 or a negative errno. */
int ioctl_do(struct file *f, unsigned int request, void *argument,
	     bool nonblock);

#endif
