/* SPDX-License-Identifier: MIT */
#include "cloud/http/access.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cloud/http/route.h"

/* Whether a name is made of what our own files' names are made of. */
static bool is_plain(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-' && c != '_')
			return false;
	}
	return n > 0 && n < 32;
}

static void print_view(char out[static ACCESS_PATH], const struct route *route)
{
	bool named = route->kind != ROUTE_REDIRECT && route->kind != ROUTE_PAGE;

	snprintf(out, ACCESS_PATH, "%s%s%s%s%.*s", route->camera[0] ? "/" : "",
		 route->camera, route->token ? "/~" : "",
		 route->kind == ROUTE_REDIRECT ? "" : "/",
		 named ? (int)route->last_size : 0, route->last);
}

static void print_path(char out[static ACCESS_PATH], const struct route *route)
{
	switch (route->kind) {
	case ROUTE_NONE:
		snprintf(out, ACCESS_PATH, "-");
		return;
	case ROUTE_HOME:
		snprintf(out, ACCESS_PATH, route->token ? "/~/" : "/");
		return;
	case ROUTE_HEALTH:
	case ROUTE_READY:
	case ROUTE_METRICS:
		snprintf(out, ACCESS_PATH, "/%.*s", (int)route->last_size,
			 route->last);
		return;
	case ROUTE_ASSET:
		snprintf(out, ACCESS_PATH, "/assets/%.*s",
			 is_plain(route->last, route->last_size)
				 ? (int)route->last_size
				 : 0,
			 route->last);
		return;
	case ROUTE_CAMERAS:
		snprintf(out, ACCESS_PATH,
			 route->token ? "/~/cameras.json" : "/v1/cameras");
		return;
	case ROUTE_CAMERA:
		snprintf(out, ACCESS_PATH, "/v1/cameras/%s", route->camera);
		return;
	case ROUTE_PUBLISH:
	case ROUTE_DEMAND:
	case ROUTE_POST:
		snprintf(out, ACCESS_PATH, "/v1/publish/%s%s", route->camera,
			 route->kind == ROUTE_DEMAND ? "/demand"
			 : route->kind == ROUTE_POST ? "/~"
						     : "");
		return;
	default:
		print_view(out, route);
	}
}

void access_take(struct access *out, const struct request *request)
{
	struct route route;

	route_parse(&route, request->path, request->path_size);
	out->from = request->from;
	out->method = request->method;
	print_path(out->path, &route);
}

static const char *method_name(enum method method)
{
	switch (method) {
	case METHOD_GET:
		return "GET";
	case METHOD_HEAD:
		return "HEAD";
	case METHOD_OPTIONS:
		return "OPTIONS";
	case METHOD_POST:
		return "POST";
	default:
		return "-";
	}
}

/* RFC 3339, UTC, with milliseconds. */
static void print_time(char out[static 32], int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;
	size_t n =
		strftime(out, 32, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));

	snprintf(out + n, 32 - n, ".%03dZ", (int)(wall_us / 1000 % 1000));
}

size_t access_print(char out[static ACCESS_LINE], enum access_format format,
		    const struct access *access, const struct access_end *end)
{
	static const char text[] = "%s %s %s %s %d %" PRIu64 " %" PRId64 "ms\n";
	static const char json[] =
		"{\"time\":\"%s\",\"from\":\"%s\",\"method\":\"%s\","
		"\"path\":\"%s\",\"status\":%d,\"bytes\":%" PRIu64
		",\"ms\":%" PRId64 "}\n";
	char from[ADDRESS_TEXT], time[32];
	int n;

	print_time(time, end->wall_us);
	address_print(from, &access->from);
	if (format == ACCESS_JSON)
		n = snprintf(out, ACCESS_LINE, json, time, from,
			     method_name(access->method), access->path,
			     end->status, end->bytes, end->duration_us / 1000);
	else
		n = snprintf(out, ACCESS_LINE, text, time, from,
			     method_name(access->method), access->path,
			     end->status, end->bytes, end->duration_us / 1000);
	assert(n > 0 && n < ACCESS_LINE);
	return (size_t)n;
}
