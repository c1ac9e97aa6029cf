/* SPDX-License-Identifier: MIT */
#include "device/uplink/https_failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "common/clock.h"
#include "common/log.h"

#define STATUS_PROXY_LOGIN 407

/*
 * What OpenSSL says about a certificate, from its x509_vfy.h. Libcurl looks at
 * the name before it asks for that, and then leaves it unspecified.
 */
enum { FINE = 0, UNSPECIFIED = 1, NOT_YET_VALID = 9, EXPIRED = 10 };

__attribute__((format(printf, 3, 4))) static int say(
	const struct https_failure *f, int err, const char *format, ...)
{
	char text[HTTPS_WHY_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(f->why, HTTPS_WHY_SIZE, "%.253s: %.*s", f->host,
		 HTTPS_WHY_SIZE - 256, text);
	return err;
}

static const char *certificate_reason(long verdict)
{
	switch (verdict) {
	case FINE:
	case UNSPECIFIED:
		return "its certificate is for another name: is the address "
		       "right, or does a login page of this network answer "
		       "instead?";
	case NOT_YET_VALID:
		return "its certificate is not yet valid: is the clock of this "
		       "machine right?";
	case EXPIRED:
		return "its certificate has expired, or the clock of this "
		       "machine is wrong";
	default:
		return "nobody trusted here vouches for its certificate: is it "
		       "to be trusted (--ca-file), or does something on the "
		       "way answer instead?";
	}
}

static int untrusted(const struct https_failure *f)
{
	long verdict = 0;
	time_t now = (time_t)(clock_wall_us() / 1000000);
	struct tm tm;
	char date[32] = "";

	curl_easy_getinfo(f->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
	if ((verdict == NOT_YET_VALID || verdict == EXPIRED) &&
	    gmtime_r(&now, &tm))
		/* not to the minute: each would be news, and a line */
		strftime(date, sizeof(date), " (it says %F, %H h UTC)", &tm);
	return say(f, -EKEYREJECTED, "%s%s", certificate_reason(verdict), date);
}

static int timed_out(const struct https_failure *f)
{
	double connected = 0;
	long seconds = (f->deadline_ms + 999) / 1000;

	curl_easy_getinfo(f->easy, CURLINFO_PRETRANSFER_TIME, &connected);
	if (connected > 0)
		return say(f, -ETIMEDOUT,
			   "no answer within %ld s, or the line is too slow",
			   seconds);
	return say(f, -ETIMEDOUT,
		   "no connection within %ld s: is the network up?", seconds);
}

static int unconnected(const struct https_failure *f)
{
	long err = 0;

	curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &err);
	if (err <= 0)
		err = ECONNREFUSED;
	return say(f, -(int)err,
		   "no connection: %s; is it running, and host and port right?",
		   strerror((int)err));
}

static int nameless(const struct https_failure *f, const char *whose)
{
	return say(f, -EHOSTUNREACH,
		   "no such name%s, or no name server answers: is the network "
		   "up, and the name right?",
		   whose);
}

/* What libcurl says itself. */
static int other(const struct https_failure *f, CURLcode code, int err)
{
	const char *text = *f->detail ? f->detail : curl_easy_strerror(code);
	char line[160];

	return say(f, err, "%s",
		   log_escape(line, sizeof(line), text, strcspn(text, "\r\n")));
}

static int hung_up(const struct https_failure *f, int err)
{
	return say(f, err, "it hangs up before all of its answer is there");
}

static int proxy_login(const struct https_failure *f)
{
	return say(f, -EACCES,
		   "the proxy on the way wants a password, or another one: "
		   "give it as http://USER:PASSWORD@PROXY/ in http_proxy or "
		   "https_proxy");
}

static int proxy_failure(const struct https_failure *f, long status)
{
	if (status == STATUS_PROXY_LOGIN)
		return proxy_login(f);
	return say(f, -EACCES,
		   "the proxy on the way answers %ld to it: does it let this "
		   "host and port through?",
		   status);
}

int https_failure(const struct https_failure *f, int code)
{
	long proxy = 0;

	if (f->too_large)
		return say(f, -EMSGSIZE,
			   "its answer is longer than any of ours: is the "
			   "address right?");
	curl_easy_getinfo(f->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
	if (proxy >= 300)
		return proxy_failure(f, proxy);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return nameless(f, "");
	case CURLE_COULDNT_RESOLVE_PROXY:
		return nameless(f, " as its proxy's");
	case CURLE_COULDNT_CONNECT:
		return unconnected(f);
	case CURLE_OPERATION_TIMEDOUT:
		return timed_out(f);
	case CURLE_PEER_FAILED_VERIFICATION:
		return untrusted(f);
	case CURLE_SSL_CACERT_BADFILE:
		return other(f, code, -EKEYREJECTED);
	case CURLE_SSL_CONNECT_ERROR:
		return say(f, -EPROTO,
			   "TLS does not come about: does it speak TLS on that "
			   "port (http:// is without)?");
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return say(f, -EPROTO,
			   "what it answers is no HTTP: is the address right?");
	case CURLE_GOT_NOTHING:
		return hung_up(f, -EPROTO);
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return hung_up(f, -ECONNRESET);
	case CURLE_OUT_OF_MEMORY:
		return other(f, code, -ENOMEM);
	default:
		return other(f, code, -EIO);
	}
}

static int redirected(const struct https_failure *f,
		      const struct https_answer *a)
{
	const char *to = a->redirect ? a->redirect : "";
	char text[160];

	return say(f, 0,
		   "it points elsewhere (%d%s%s), where nothing of ours goes: "
		   "is the address right, or does this network want a login "
		   "first?",
		   a->status, *to ? ", to " : "",
		   log_escape(text, sizeof(text), to, strlen(to)));
}

int https_failure_answer(const struct https_failure *f,
			 const struct https_answer *a)
{
	const char *body = (const char *)a->body;
	char text[160];

	if (a->status >= 200 && a->status < 300)
		return 0;
	if (a->status == STATUS_PROXY_LOGIN)
		return proxy_login(f);
	if (a->status >= 300 && a->status < 400)
		return redirected(f, a);
	if (*body == '<')
		body = ""; /* a page, for browsers */
	return say(f, 0, "it answers %d%s%s", a->status, *body ? ": " : "",
		   log_escape(text, sizeof(text), body, strcspn(body, "\r\n")));
}
