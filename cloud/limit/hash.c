/* SPDX-License-Identifier: MIT */
#include "cloud/limit/hash.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void mix(struct state *s, int rounds)
{
	for (; rounds > 0; rounds--) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = rotate(s->b, 17) ^ s->c;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c = rotate(s->c, 32);
	}
}

static void absorb(struct state *s, uint64_t word)
{
	s->d ^= word;
	mix(s, 2);
	s->a ^= word;
}

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;
	/* The second half of the key is the first, inverted. */
	struct state s = { seed ^ 0x736f6d6570736575,
			   ~seed ^ 0x646f72616e646f6d,
			   seed ^ 0x6c7967656e657261,
			   ~seed ^ 0x7465646279746573 };
	uint64_t word;
	size_t left = n;

	for (; left >= sizeof(word); left -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		absorb(&s, le64toh(word));
		at += sizeof(word);
	}
	word = (uint64_t)n << 56;
	while (left-- > 0)
		word |= (uint64_t)at[left] << left * 8;
	absorb(&s, word);
	s.c ^= 0xff;
	mix(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
