/* SPDX-License-Identifier: MIT */
#include "cloud/key_memory.h"

#include <string.h>

#include "cloud/limit/hash.h"

static struct key_known name(const char *camera, const char *token)
{
	struct key_known k = { 0 };

	memcpy(k.camera, camera, strnlen(camera, CAMERA_NAME_MAX));
	memcpy(k.token, token, KEY_TOKEN_SIZE - 1);
	return k;
}

static size_t place_of(const struct key_memory *m, const struct key_known *k)
{
	return hash_bytes(m->seed, k, sizeof(*k)) & (KEY_MEMORY_PLACES - 1);
}

bool key_memory_has(const struct key_memory *m, const char *camera,
		    const char *token)
{
	struct key_known k = name(camera, token);

	return memcmp(&m->known[place_of(m, &k)], &k, sizeof(k)) == 0;
}

void key_memory_add(struct key_memory *m, const char *camera, const char *token)
{
	struct key_known k = name(camera, token);

	m->known[place_of(m, &k)] = k;
}
