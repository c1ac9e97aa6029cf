/* SPDX-License-Identifier: MIT */
#include "cloud/http/route.h"

#include <string.h>

#define MAX_WORDS 5 /* one more than any route has */

struct word {
	const char *text;
	size_t size;
};

static bool is(const struct word *word, const char *text)
{
	return word->size == strlen(text) &&
	       memcmp(word->text, text, word->size) == 0;
}

/* Cuts "/a/b/" into "a", "b", "". Returns how many, 0 for too many. */
static size_t cut(struct word words[static MAX_WORDS], const char *path,
		  size_t n)
{
	const char *end = path + n;
	size_t count = 0;

	for (const char *at = path; at < end;) {
		const char *text = at + 1;
		const char *slash = memchr(text, '/', (size_t)(end - text));

		if (count == MAX_WORDS)
			return 0;
		at = slash ? slash : end;
		words[count++] = (struct word){ text, (size_t)(at - text) };
	}
	return count;
}

static bool take_camera(struct route *out, const struct word *word)
{
	if (!camera_name_valid(word->text, word->size))
		return false;
	memcpy(out->camera, word->text, word->size);
	out->camera[word->size] = '\0';
	return true;
}

/* 16 lower-case hexadecimal digits. */
static bool take_session(struct route *out, const struct word *word)
{
	static const char digits[] = "0123456789abcdef";

	if (word->size != 16)
		return false;
	for (size_t i = 0; i < word->size; i++) {
		const char *digit = memchr(digits, word->text[i], 16);

		if (!digit)
			return false;
		out->session = out->session << 4 | (uint64_t)(digit - digits);
	}
	return true;
}

static enum route_kind parse_v1(struct route *out, const struct word *words,
				size_t count)
{
	bool camera = count >= 3 && take_camera(out, &words[2]);

	if (count == 2 && is(&words[1], "cameras"))
		return ROUTE_CAMERAS;
	if (camera && count == 4 && is(&words[1], "publish") &&
	    is(&words[3], "demand"))
		return ROUTE_DEMAND;
	if (camera && count == 4 && is(&words[1], "publish") &&
	    take_session(out, &words[3]))
		return ROUTE_POST;
	if (count != 3)
		return ROUTE_NONE;
	if (camera && is(&words[1], "cameras"))
		return ROUTE_CAMERA;
	if (camera && is(&words[1], "publish"))
		return ROUTE_PUBLISH;
	return ROUTE_NONE;
}

/* Below /CAMERA or /CAMERA/~TOKEN. */
static enum route_kind parse_view(struct route *out, const struct word *words,
				  size_t count)
{
	if (count == 0)
		return ROUTE_REDIRECT;
	if (count != 1)
		return ROUTE_NONE;
	if (words->size == 0)
		return ROUTE_PAGE;
	if (is(words, NAME_PLAYLIST))
		return ROUTE_PLAYLIST;
	if (is(words, "state.json"))
		return ROUTE_STATE;
	if (is(words, "poster.jpg"))
		return ROUTE_POSTER;
	if (name_parse(&out->object, words->text, words->size))
		return ROUTE_OBJECT;
	return ROUTE_NONE;
}

/* It goes into a Location, so nothing but base64url may pass. */
static bool take_token(struct route *out, const struct word *word)
{
	if (word->size > ROUTE_MAX_TOKEN + 1)
		return false;
	for (size_t i = 1; i < word->size; i++) {
		char c = word->text[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	out->token = word->text + 1;
	out->token_size = word->size - 1;
	return true;
}

static enum route_kind parse_camera(struct route *out, const struct word *words,
				    size_t count)
{
	if (!take_camera(out, words))
		return ROUTE_NONE;
	words++;
	count--;
	if (count && words->size && words->text[0] == '~') {
		if (!take_token(out, words))
			return ROUTE_NONE;
		words++;
		count--;
	}
	return parse_view(out, words, count);
}

/* /~TOKEN: a link for all cameras. */
static enum route_kind parse_all(struct route *out, const struct word *words,
				 size_t count)
{
	if (!take_token(out, words) || count > 2)
		return ROUTE_NONE;
	if (count == 1)
		return ROUTE_REDIRECT;
	if (words[1].size == 0)
		return ROUTE_HOME;
	return is(&words[1], "cameras.json") ? ROUTE_CAMERAS : ROUTE_NONE;
}

void route_parse(struct route *out, const char *path, size_t n)
{
	struct word words[MAX_WORDS];
	size_t count;

	*out = (struct route){ .kind = ROUTE_NONE };
	if (n == 0 || n > ROUTE_MAX_PATH || path[0] != '/')
		return;
	count = cut(words, path, n);
	if (count == 0)
		return;
	out->last = words[count - 1].text;
	out->last_size = words[count - 1].size;

	if (count == 1 && words[0].size == 0)
		out->kind = ROUTE_HOME;
	else if (count == 1 && is(&words[0], "healthz"))
		out->kind = ROUTE_HEALTH;
	else if (count == 1 && is(&words[0], "readyz"))
		out->kind = ROUTE_READY;
	else if (count == 1 && is(&words[0], "metrics"))
		out->kind = ROUTE_METRICS;
	else if (count == 2 && is(&words[0], "assets") && words[1].size)
		out->kind = ROUTE_ASSET;
	else if (words[0].size && words[0].text[0] == '~')
		out->kind = parse_all(out, words, count);
	else if (is(&words[0], "v1"))
		out->kind = parse_v1(out, words, count);
	else
		out->kind = parse_camera(out, words, count);
	if (out->kind == ROUTE_NONE)
		out->camera[0] = '\0';
}
