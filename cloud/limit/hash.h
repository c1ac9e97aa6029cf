/* SPDX-License-Identifier: MIT */
/*
 * hash: SipHash-2-4 (Aumasson and Bernstein, 2012) of a few bytes, with a
 * random seed, so that a peer cannot choose what falls into one place of a
 * table. Pure.
 */
#ifndef CLOUD_LIMIT_HASH_H
#define CLOUD_LIMIT_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t n);

#endif
