/* SPDX-License-Identifier: MIT */
#include "device/push/origin.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "push"
#include "common/log.h"
#include "device/push/credentials.h"
#include "device/uplink/https.h"

#define STALL_S	 10
#define PUT_MS	 60000
#define SMALL_MS 15000

struct origin {
	char *url, *authorization;
	struct https *https;
	struct status *status;
	struct https_answer answer;
	char told[600]; /* what was logged last, and is still so */
};

/* --- what goes wrong -------------------------------------------------------
 */

static const char *next_step(int status)
{
	if (status == 401 || status == 403)
		return "is ORIEL_PUSH_KEY what that server wants, and may it "
		       "write there?";
	if (status == 404 || status == 405 || status == 409)
		return "does that server take PUT and DELETE at this path?";
	if (status == 413)
		return "it takes no file of that size: raise its limit (nginx: "
		       "client_max_body_size) or lower --bitrate";
	if (status == 507)
		return "its disk is full: make room there; trying again";
	if (status == 500)
		return "its log says why (is its disk full, may it write "
		       "there?); trying again";
	return "trying again";
}

/* Once, and not again before something else is the matter. */
static void tell(struct origin *o)
{
	char line[sizeof(o->told)];

	snprintf(line, sizeof(line), "cannot push to %.400s; %s",
		 https_why(o->https), next_step(o->answer.status));
	if (!strcmp(line, o->told))
		return;
	memcpy(o->told, line, sizeof(line));
	status_origin(o->status, line);
	log_warn("%s", line);
}

static void tell_fine(struct origin *o)
{
	if (!o->told[0])
		return;
	log_info("the origin takes segments again");
	status_origin(o->status, NULL);
	o->told[0] = '\0';
}

/* --- requests --------------------------------------------------------------
 */

/* The status, or a negative errno. */
static int ask(struct origin *o, const char *name,
	       struct https_request *request)
{
	char *url;
	int err;

	if (asprintf(&url, "%s%s", o->url, name) < 0)
		return -ENOMEM;
	request->url = url;
	request->authorization = o->authorization;
	request->stall_s = STALL_S;
	err = https_request(o->https, request, &o->answer);
	free(url);
	if (err < 0 && err != -ECANCELED && err != -EMSGSIZE)
		tell(o);
	return err < 0 ? err : o->answer.status;
}

static bool is_fine(int status)
{
	return status >= 200 && status < 300;
}

int origin_get(struct origin *o, const char *name, const char **text)
{
	struct https_request request = { .method = "GET",
					 .deadline_ms = SMALL_MS };
	int status = ask(o, name, &request);

	*text = NULL;
	if (status == -EMSGSIZE)
		return 0; /* none of ours */
	if (status < 0)
		return status;
	if (status >= 500) {
		tell(o);
		return -EIO;
	}
	if (status == 200)
		*text = (const char *)o->answer.body;
	return 0;
}

int origin_put(struct origin *o, const char *name, const char *type,
	       const void *body, size_t size)
{
	const char *const headers[] = { type, "Cache-Control: no-cache", NULL };
	struct https_request request = { .method = "PUT",
					 .headers = headers,
					 .body = body,
					 .body_size = size,
					 .deadline_ms = PUT_MS };
	int status = ask(o, name, &request);

	if (status < 0)
		return status;
	if (!is_fine(status)) {
		tell(o);
		return -EIO;
	}
	tell_fine(o);
	return 0;
}

int origin_delete(struct origin *o, const char *name)
{
	struct https_request request = { .method = "DELETE",
					 .deadline_ms = SMALL_MS };
	int status = ask(o, name, &request);

	if (status < 0)
		return status;
	if (status >= 500)
		return -EIO;
	if (!is_fine(status) && status != 404 && status != 410)
		tell(o);
	return is_fine(status);
}

/* --- waiting ---------------------------------------------------------------
 */

void origin_wait(struct origin *o, int timeout_ms)
{
	https_wait(o->https, timeout_ms);
}

void origin_wake(struct origin *o)
{
	https_wake(o->https);
}

void origin_stop(struct origin *o)
{
	https_abort(o->https);
}

/* --- opening ---------------------------------------------------------------
 */

static int refuse(const char *why)
{
	log_error("%s", why);
	return -EINVAL;
}

static int read_url(struct origin *o, const char *url)
{
	size_t n = strlen(url);
	bool slash = n && url[n - 1] == '/';

	if (strncasecmp(url, "http://", 7) != 0 &&
	    strncasecmp(url, "https://", 8) != 0)
		return refuse(
			"--push must be https://HOST/PATH/ or http://...");
	if (strpbrk(url, "@?#"))
		return refuse("--push is an address without a password, \"?\" "
			      "or \"#\"; the password is ORIEL_PUSH_KEY="
			      "USER:PASSWORD");
	if (asprintf(&o->url, "%s%s", url, slash ? "" : "/") >= 0)
		return 0;
	o->url = NULL;
	return -ENOMEM;
}

int origin_open(struct origin **out, const struct origin_params *params)
{
	struct origin *o = calloc(1, sizeof(*o));
	int err;

	*out = NULL;
	if (!o)
		return -ENOMEM;
	o->status = params->status;
	if ((err = read_url(o, params->url)) < 0)
		goto fail;
	err = credentials_make(&o->authorization, params->secret);
	if (err == -EINVAL)
		refuse("ORIEL_PUSH_KEY has characters that no password has");
	if (err < 0 || (err = https_open(&o->https, params->ca_file)) < 0)
		goto fail;
	*out = o;
	return 0;

fail:
	origin_close(&o);
	return err;
}

void origin_close(struct origin **origin)
{
	struct origin *o = *origin;

	*origin = NULL;
	if (!o)
		return;
	https_close(&o->https);
	if (o->authorization)
		explicit_bzero(o->authorization, strlen(o->authorization));
	free(o->authorization);
	free(o->url);
	free(o);
}
