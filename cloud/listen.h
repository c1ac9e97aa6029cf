/* SPDX-License-Identifier: MIT */
/*
 * listen: the one socket that the relay listens on. Server's thread.
 */
#ifndef CLOUD_LISTEN_H
#define CLOUD_LISTEN_H

struct address;

struct listener {
	int fd;		  /* to be polled; -1: none */
	char address[80]; /* "127.0.0.1:8080", "[::]:8080": what it became */
};

/*
 * Listens on a numeric address and a port, 0 picking a free one. On failure
 * l->fd is -1 and a line was logged.
 */
int listener_open(struct listener *l, const char *address, int port);

/*
 * A socket, and whose it is in *from. -EAGAIN: nobody is there; -EMFILE, ...:
 * there are too many.
 */
int listener_accept(struct listener *l, struct address *from);

/* A closed listener is fine. */
void listener_close(struct listener *l);

#endif
