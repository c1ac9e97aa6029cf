/* SPDX-License-Identifier: MIT */
/*
 * https_call: what https.c needs of one request beyond https.h. Knows
 * libcurl.
 */
#ifndef DEVICE_UPLINK_HTTPS_CALL_H
#define DEVICE_UPLINK_HTTPS_CALL_H

#include <curl/curl.h>

#include "device/uplink/https.h"
#include "device/uplink/https_sockets.h"

/* -ENOMEM. The CA file is borrowed, and so are the sockets. */
int https_call_make(struct https_call **out, CURLM *multi,
		    struct https_sockets *sockets, const char *ca_file);

/* libcurl says that the transfer of this handle has ended. */
void https_call_ended(CURL *easy, CURLcode code);

#endif
