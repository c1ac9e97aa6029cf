/* SPDX-License-Identifier: MIT */
/*
 * permit: whether a request may have what it wants: viewing by the token in
 * its path, publishing and operating by a key, and none of them too often.
 *
 * Each returns true, or false with the refusal, held for the caller, in *out
 * (NULL: no memory), and counts it; or PERMIT_YES, _NO likewise. Pure; `now_us`
 * is monotonic, `wall_us` Unix time.
 */
#ifndef CLOUD_HTTP_PERMIT_H
#define CLOUD_HTTP_PERMIT_H

#include <stdbool.h>
#include <stdint.h>

struct answer_source;
struct reply;
struct request;
struct route;

enum permit {
	PERMIT_NO,
	PERMIT_YES,
	PERMIT_WAIT, /* its password is being looked at */
};

/* Whether it does not come too often; of any request, first. */
bool permit_ask(const struct answer_source *source,
		const struct request *request, const struct route *route,
		int64_t now_us, struct reply **out);

enum permit permit_view(const struct answer_source *source,
			const struct request *request,
			const struct route *route, int64_t now_us,
			int64_t wall_us, struct reply **out);

/*
 * Whether what permit_view() allowed was for a password: then it is for this
 * person only, and a cache in front may not give it to who has none. A link is
 * part of the address, which whoever asks a cache has to know.
 */
bool permit_is_personal(const struct answer_source *source,
			const struct route *route);

bool permit_publish(const struct answer_source *source,
		    const struct request *request, const char *camera,
		    int64_t now_us, struct reply **out);

/* The list of cameras, and each one's state; `camera` as below. */
enum permit permit_list(const struct answer_source *source,
			const struct request *request, const char *camera,
			int64_t now_us, struct reply **out);

/* `camera`: whose publish key will do too; "": nobody's. */
bool permit_operate(const struct answer_source *source,
		    const struct request *request, const char *camera,
		    int64_t now_us, struct reply **out);

#endif
