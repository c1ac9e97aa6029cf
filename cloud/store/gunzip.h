/* SPDX-License-Identifier: MIT */
/*
 * gunzip: one gzip member (RFC 1952), whole in memory, for clients that do
 * not take gzip. The only file that knows zlib here. Pure.
 */
#ifndef CLOUD_STORE_GUNZIP_H
#define CLOUD_STORE_GUNZIP_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the member says it becomes. -EMSGSIZE: more than `max`; -EPROTO: too
 * short to be one. gunzip() holds the sender to it.
 */
int64_t gunzip_size(const uint8_t *gzip, size_t n, size_t max);

/*
 * Fills exactly the gunzip_size() bytes of `out`. -EPROTO: the bytes are not
 * one whole gzip member of that size and nothing else. -ENOMEM.
 */
int gunzip(uint8_t *out, size_t size, const uint8_t *gzip, size_t n);

#endif
