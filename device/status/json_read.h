/* SPDX-License-Identifier: MIT */
/*
 * json_read: a JSON object (RFC 8259), value by value, by libwebsockets' LEJP:
 * it is linked anyway, and allocates nothing.
 */
#ifndef DEVICE_STATUS_JSON_READ_H
#define DEVICE_STATUS_JSON_READ_H

#include <stdbool.h>

#define JSON_READ_TEXT_SIZE 1024 /* what is longer is cut */

enum json_kind { JSON_TEXT, JSON_INTEGER, JSON_BOOL, JSON_OTHER };

/*
 * Calls `take` with each value that is neither object nor array: where it is
 * ("device.mode") and what it says, unescaped; `value` is borrowed for the
 * call. -EPROTO: `text` is no object or array of its own,
 * or `take` has returned false.
 */
int json_read(const char *text,
	      bool (*take)(void *context, const char *path, enum json_kind kind,
			   const char *value),
	      void *context);

#endif
