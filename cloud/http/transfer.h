/* SPDX-License-Identifier: MIT */
/*
 * transfer: one reply on its way to one connection.
 *
 *   plain HTTP/1.1   straight to the socket, gathered from where the bytes
 *                    are: no copy is made, and libwebsockets keeps none of
 *                    what the kernel does not take
 *   HTTP/1.1 in TLS  one record for each lws_write()
 *   HTTP/2           the head as fields, then frames as the peer's window
 *                    allows, copied, because lws writes in front of them
 *
 * Server's thread. Knows libwebsockets.
 */
#ifndef CLOUD_HTTP_TRANSFER_H
#define CLOUD_HTTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lws;
struct reply;

/* Bytes of one lws_write(): tx_packet_size of the protocol must be as much. */
#define TRANSFER_WRITE (16u << 10)

enum transport { TRANSPORT_PLAIN, TRANSPORT_TLS, TRANSPORT_H2 };

enum transfer_state {
	TRANSFER_DONE,	  /* all was taken; h2: the stream is at its end */
	TRANSFER_MORE,	  /* call again when the connection is writable */
	TRANSFER_BLOCKED, /* h2: when it is, which needs nobody to ask */
	TRANSFER_FAILED,
};

struct transfer {
	enum transport transport;
	struct reply *reply; /* NULL: none is on its way */
	size_t offset, size;
	bool head_sent; /* h2 */
};

enum transport transfer_transport(struct lws *wsi);

/* Takes over the caller's hold on `reply`. */
void transfer_begin(struct transfer *t, enum transport transport,
		    struct reply *reply, bool head_only);

/* Sends what can be sent now; *taken is whether that was anything. */
enum transfer_state transfer_continue(struct transfer *t, struct lws *wsi,
				      bool *taken);

/* Lets go of the reply. */
void transfer_end(struct transfer *t);

#endif
