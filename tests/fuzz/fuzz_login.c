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

/* What is found in the end. */
static enum login_verdict ask(struct login *l, const char *text, int64_t now_us)
{
	const struct address from = { { 1 } };
	uint64_t name = login_name(l, text);
	enum login_verdict verdict = login_check(l, name, text, &from, now_us);
	const struct login_look *look = login_next(l);

	if ((verdict == LOGIN_LOOKING) != (look != NULL))
		abort();
	if (!look)
		return verdict;
	if (look->name != name || look->n > sizeof(look->plain) ||
	    login_check(l, name, text, &from, now_us) != LOGIN_LOOKING)
		abort();
	login_tell(l, login_is_right(l, look), 0, now_us);
	if (login_next(l))
		abort();
	return login_check(l, name, "", &from, now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char right[] = "Basic YW5uOnNlY3JldA==";
	struct login login = {
		.user = "ann", .hash = "secret", .matches = matches, .seed = 1
	};
	char *text = malloc(size + 1);
	enum login_verdict verdict;

	if (!text)
		abort();
	memcpy(text, bytes, size);
	text[size] = '\0';
	verdict = ask(&login, text, 2000000);
	/* The same again is the same. */
	if (verdict == LOGIN_LOOKING || verdict == LOGIN_LATER ||
	    ask(&login, text, 2000000) != verdict ||
	    ask(&login, right, 2000001) != LOGIN_RIGHT)
		abort();
	free(text);
	return 0;
}
