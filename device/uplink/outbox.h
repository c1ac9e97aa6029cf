/* SPDX-License-Identifier: MIT */
/*
 * outbox: the one message that is on its way over a connection. It is made in
 * a buffer that is reused, with the bytes of a part read to where they are
 * sent from, and it leaves in pieces, so that a slow line shows that it moves.
 *
 * In front of every piece OUTBOX_HEADROOM bytes may be overwritten by whoever
 * sends it: they are free, or belong to a piece that is gone.
 *
 * Network thread.
 */
#ifndef DEVICE_UPLINK_OUTBOX_H
#define DEVICE_UPLINK_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"
#include "device/poster/poster.h"
#include "device/stream/handover.h"

#define OUTBOX_HEADROOM 32

struct outbox;

/* -ENOMEM; then *out is NULL. */
int outbox_open(struct outbox **out);
void outbox_close(struct outbox **o);

/*
 * Put a message into the empty outbox. On failure it stays empty: -ENOENT and
 * the like when the handover has the bytes no more, -ENODATA when there is
 * nothing to list, -EMSGSIZE beyond a limit of the wire, -ENOMEM.
 */
int outbox_put_hello(struct outbox *o, const struct wire_hello *hello);
int outbox_put_bye(struct outbox *o, const char *text);
int outbox_put_status(struct outbox *o, const struct wire_status *status,
		      const char *text);
/* The newest there is. */
int outbox_put_poster(struct outbox *o, struct poster *poster);
int outbox_put_init(struct outbox *o, struct handover *handover, uint32_t id);
int outbox_put_part(struct outbox *o, struct handover *handover,
		    const struct wire_part *part, uint8_t flags, uint32_t size);
int outbox_put_playlist(struct outbox *o, struct handover *handover,
			const struct playlist_params *params);

/* The message that is in there; 0 bytes: none. */
enum wire_type outbox_type(const struct outbox *o);
size_t outbox_size(const struct outbox *o);

/*
 * Takes the next piece of at most `most` bytes, to be sent at once; NULL when
 * there is none. With the last one the outbox is empty.
 */
uint8_t *outbox_take(struct outbox *o, size_t most, size_t *size, bool *first,
		     bool *last);

#endif
