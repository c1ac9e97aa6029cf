/* SPDX-License-Identifier: MIT */
/*
 * netwatch: whether addresses or routes of this machine have changed, from
 * rtnetlink(7): a stick that roams gets another address, and what was
 * connected from the one before is dead without a word.
 *
 * It does not wait: it is to be asked now and then. Network thread.
 */
#ifndef DEVICE_UPLINK_NETWATCH_H
#define DEVICE_UPLINK_NETWATCH_H

#include <stdbool.h>
#include <sys/socket.h>

struct netwatch {
	int fd; /* -1: nobody tells us */
};

/* Where that is forbidden, nothing ever changes. */
void netwatch_open(struct netwatch *w);
void netwatch_close(struct netwatch *w);

/* Whether something has changed since this was asked last. */
bool netwatch_changed(struct netwatch *w);

/* Whether this machine has the address of this socket's own end. */
bool netwatch_has_local(int fd);

#endif
