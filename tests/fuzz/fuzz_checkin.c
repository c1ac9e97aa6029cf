/* SPDX-License-Identifier: MIT */
/* Any body as the answer to a sleeping camera's question. */
#include "device/uplink/checkin.h"

#include <stdlib.h>

#include "device/uplink/https.h"
#include "tests/fuzz/fuzz.h"

/* Nothing is asked here. */
int https_open(struct https **out, const char *ca_file)
{
	(void)ca_file;
	*out = NULL;
	return -1;
}

void https_close(struct https **https)
{
	*https = NULL;
}

int https_request(struct https *https, const struct https_request *request,
		  struct https_answer *answer)
{
	(void)https;
	(void)request;
	(void)answer;
	abort();
}

void https_abort(struct https *https)
{
	(void)https;
}

const char *https_why(const struct https *https)
{
	(void)https;
	return "";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint32_t viewers = 0, retry_s = 0, again = 1, later = 1;
	int err = checkin_read(bytes, size, &viewers, &retry_s);

	if (checkin_read(bytes, size, &again, &later) != err ||
	    (err == 0 && (viewers != again || retry_s != later)))
		abort();
	return 0;
}
