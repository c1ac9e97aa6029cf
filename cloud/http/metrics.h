/* SPDX-License-Identifier: MIT */
/*
 * metrics: what /metrics answers, Prometheus text. docs/metrics.md has
 * the names. No key, token or address is ever in it. Pure.
 */
#ifndef CLOUD_HTTP_METRICS_H
#define CLOUD_HTTP_METRICS_H

#include <stdint.h>

struct reply;
struct report_counters;
struct store;

/* NULL: no memory. */
struct reply *metrics_report(const struct report_counters *counters,
			     const struct store *store, int64_t now_us);

#endif
