/* SPDX-License-Identifier: MIT */
#include "cloud/limit/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define PREFIX_BYTES 8 /* of IPv6 */
#define BLANKS	     " \t"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
static const uint8_t loopback[16] = { [15] = 1 };

static bool is_mapped(const struct address *a)
{
	return memcmp(a->byte, mapped, sizeof(mapped)) == 0;
}

static void take_ipv4(struct address *out, const void *bytes)
{
	memcpy(out->byte, mapped, sizeof(mapped));
	memcpy(out->byte + sizeof(mapped), bytes, 4);
}

static void take_ipv6(struct address *out, const void *bytes)
{
	static const uint8_t local[4] = { 127, 0, 0, 1 };

	memcpy(out->byte, bytes, sizeof(out->byte));
	if (memcmp(out->byte, loopback, sizeof(loopback)) == 0)
		take_ipv4(out, local);
	else if (!is_mapped(out))
		memset(out->byte + PREFIX_BYTES, 0,
		       sizeof(out->byte) - PREFIX_BYTES);
}

void address_of_socket(struct address *out, const struct sockaddr *from)
{
	*out = (struct address){ 0 };
	if (from->sa_family == AF_INET)
		take_ipv4(out, &((const struct sockaddr_in *)(const void *)from)
					->sin_addr);
	else if (from->sa_family == AF_INET6)
		take_ipv6(out,
			  &((const struct sockaddr_in6 *)(const void *)from)
				   ->sin6_addr);
}

/* "1.2.3.4", "1.2.3.4:567", "2001:db8::1", "[2001:db8::1]:567". */
static void parse(struct address *out, const char *text, size_t n)
{
	char host[INET6_ADDRSTRLEN];
	const char *colon = memchr(text, ':', n), *end = NULL;
	struct in6_addr ipv6;
	struct in_addr ipv4;

	*out = (struct address){ 0 };
	if (n && text[0] == '[') {
		text++;
		n--;
		end = memchr(text, ']', n);
		if (!end)
			return;
	} else if (colon && memchr(text, '.', (size_t)(colon - text))) {
		end = colon;
	}
	if (end)
		n = (size_t)(end - text);
	if (n >= sizeof(host))
		return;
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &ipv4) == 1)
		take_ipv4(out, &ipv4);
	else if (inet_pton(AF_INET6, host, &ipv6) == 1)
		take_ipv6(out, &ipv6);
}

bool address_forwarded(struct address *out, const char *list, unsigned int hops)
{
	const char *end = list + strlen(list), *at = end;

	if (list[strspn(list, BLANKS)] == '\0')
		return false;
	for (;;) {
		for (end = at; at > list && at[-1] != ','; at--)
			;
		if (at == list || --hops == 0)
			break;
		at--;
	}
	at += strspn(at, BLANKS);
	while (end > at && strchr(BLANKS, end[-1]))
		end--;
	parse(out, at, end > at ? (size_t)(end - at) : 0);
	return true;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a->byte, b->byte, sizeof(a->byte)) == 0;
}

bool address_is_loopback(const struct address *a)
{
	return is_mapped(a) && a->byte[sizeof(mapped)] == 127;
}

/* All ones, which no connection has: a /64 ends in zeros. */
void address_set_inside(struct address *out)
{
	memset(out->byte, 0xff, sizeof(out->byte));
}

bool address_is_inside(const struct address *a)
{
	struct address inside;

	address_set_inside(&inside);
	return address_equal(a, &inside);
}

const char *address_print(char out[static ADDRESS_TEXT],
			  const struct address *a)
{
	static const struct address none;

	if (address_equal(a, &none)) {
		memcpy(out, "unknown", sizeof("unknown"));
	} else if (address_is_inside(a)) {
		memcpy(out, "inside", sizeof("inside"));
	} else if (is_mapped(a)) {
		inet_ntop(AF_INET, a->byte + sizeof(mapped), out, ADDRESS_TEXT);
	} else {
		inet_ntop(AF_INET6, a->byte, out, ADDRESS_TEXT - 3);
		memcpy(out + strlen(out), "/64", sizeof("/64"));
	}
	return out;
}
