/* SPDX-License-Identifier: MIT */
/*
 * credentials: what an origin is shown by who pushes to it, made from one
 * secret: "USER:PASSWORD" is RFC 7617 (Basic), anything else a token of
 * RFC 6750 (Bearer). Pure.
 */
#ifndef DEVICE_PUSH_CREDENTIALS_H
#define DEVICE_PUSH_CREDENTIALS_H

/*
 * The value of an Authorization header, to be freed; NULL in *out without a
 * secret. -EINVAL: it cannot be one line of a header. -ENOMEM.
 */
int credentials_make(char **out, const char *secret);

#endif
