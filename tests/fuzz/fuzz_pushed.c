/* SPDX-License-Identifier: MIT */
/* Any playlist that lies on an origin: what it leads to stays in its bounds. */
#include "device/push/pushed.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define SEGMENTS 3

static void render(const struct pushed *p)
{
	size_t size = pushed_text_size(p), n;
	char *out = malloc(size);

	if (!out)
		abort();
	n = pushed_render(p, false, out, size);
	if (n == 0 || n >= size || strlen(out) != n)
		abort();
	free(out);
}

/* As push.c goes on from what it has learned. */
static void go_on(struct pushed *p, struct pushed_segment next)
{
	char name[NAME_SIZE];
	struct name parsed;

	for (int i = 0; i < 2 * SEGMENTS; i++) {
		next.msn = next.msn < WIRE_MAX_MSN ? next.msn + 1 : 1;
		next.start_us = INT64_C(1700000000000000);
		next.duration_90k = 90000;
		pushed_add(p, &next);
		if (!pushed_has(p, &next) || !pushed_has_init(p, next.init))
			abort();
		render(p);
		while (pushed_stale(p, name)) {
			/* It is deleted: nothing but a name of ours may be. */
			if (!name_parse(&parsed, name, strlen(name)))
				abort();
			pushed_drop_stale(p);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct pushed_segment newest;
	struct pushed *p;
	char *text = malloc(size + 1);

	if (!text || pushed_open(&p, SEGMENTS, 2000) < 0)
		abort();
	memcpy(text, bytes, size);
	text[size] = '\0';
	pushed_learn(p, text, &newest);
	go_on(p, newest);
	pushed_close(&p);
	free(text);
	return 0;
}
