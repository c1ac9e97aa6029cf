/* SPDX-License-Identifier: MIT */
/* Any Authorization header: a login has one name and one password. */
#include "cloud/login.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static bool matches(const char *hash, const char *password, size_t n)
{
	return n == strlen(hash) && memcmp(hash, password, n) == 0;
}

static int64_t no_time(void)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char right[] = "Basic YW5uOnNlY3JldA==";
	struct login login = { .user = "ann",
			       .hash = "secret",
			       .matches = matches,
			       .clock_us = no_time,
			       .seed = 1 };
	char *text = malloc(size + 1);
	enum login_verdict verdict;

	if (!text)
		abort();
	memcpy(text, bytes, size);
	text[size] = '\0';
	verdict = login_check(&login, text, 2000000);
	/* The same again is the same. */
	if (login_check(&login, text, 2000000) != verdict ||
	    login_check(&login, right, 2000001) != LOGIN_RIGHT)
		abort();
	free(text);
	return 0;
}
