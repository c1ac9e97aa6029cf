/* SPDX-License-Identifier: MIT */
/*
 * playlist: the newest playlist of a camera, as the replies that serve it:
 * plain or gzip, blocking or not, whole or delta. The text is the device's;
 * the relay never reads it, it only inflates it, once. A reply is made when
 * somebody first asks for it.
 *
 * Owned by its camera. Pure.
 */
#ifndef CLOUD_STORE_PLAYLIST_H
#define CLOUD_STORE_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/store/blocking.h"
#include "common/wire.h"

struct playlist;
struct reply;

/*
 * Makes a playlist from a message's fields and flags and the `meta->gzip_size
 * + meta->delta_size` bytes of its body, which are copied. On failure *out is
 * NULL. -EPROTO: a body is not gzip; -EMSGSIZE: it inflates beyond
 * WIRE_MAX_PLAIN; -ENOMEM.
 */
int playlist_open(struct playlist **out, const struct wire_playlist *meta,
		  uint8_t flags, const uint8_t *body);
void playlist_close(struct playlist **playlist);

const struct wire_playlist *playlist_meta(const struct playlist *p);
struct blocking_state playlist_state(const struct playlist *p);

/* All bytes it keeps. */
size_t playlist_memory(const struct playlist *p);

/*
 * The reply for a request with directives `d`, from a client that takes gzip
 * or not; borrowed until the playlist is closed. NULL without memory.
 */
struct reply *playlist_reply(struct playlist *p, const struct directives *d,
			     bool gzip);

#endif
