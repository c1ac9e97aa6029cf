/* SPDX-License-Identifier: MIT */
/*
 * json_read: the little of JSON (RFC 8259) that we write ourselves, read
 * again: objects without blanks, of texts, whole numbers, true, false and
 * objects. No arrays. Pure.
 */
#ifndef DEVICE_STATUS_JSON_READ_H
#define DEVICE_STATUS_JSON_READ_H

#include <stddef.h>
#include <stdint.h>

/*
 * The text that begins at its quote; returns what is behind the closing one,
 * NULL when there is none. What is too long is cut.
 */
const char *json_read_text(const char *at, char *out, size_t size);

/* Returns what is behind the number, NULL when there is none. */
const char *json_read_number(const char *at, int64_t *out);

/*
 * Reads an object, member by member: `value` is called with each name and
 * with what is behind its colon, and returns what is behind the value, or NULL
 * when that is nothing that can be. Returns what is behind the object.
 */
const char *json_read_object(const char *at,
			     const char *(*value)(void *context,
						  const char *name,
						  const char *at),
			     void *context);

/* A value that nobody wants, with the objects in it, to a depth of four. */
const char *json_skip_value(const char *at);

#endif
