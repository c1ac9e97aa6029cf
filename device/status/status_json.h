/* SPDX-License-Identifier: MIT */
/*
 * status_json: a status as a flat JSON object, and back. docs/reliability.md
 * names the fields. Pure.
 */
#ifndef DEVICE_STATUS_STATUS_JSON_H
#define DEVICE_STATUS_STATUS_JSON_H

#include <stddef.h>

#include "device/status/status.h"

#define STATUS_JSON_SIZE 12288 /* the longest, with every byte escaped */

/* Returns the length, without the zero byte; -EMSGSIZE. */
int status_json_print(char *out, size_t size, const struct status_view *v);

/*
 * Reads what status_json_print() wrote; fields that are missing are zero,
 * but there is a process. -EPROTO: something else.
 */
int status_json_parse(struct status_view *out, const char *text);

#endif
