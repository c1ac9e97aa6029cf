/* SPDX-License-Identifier: MIT */
#include "cloud/limit/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "tests/unit/check_main.h"

static char text[ADDRESS_TEXT];

static const char *of_ipv4(const char *host)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct address a;

	ck_assert_int_eq(inet_pton(AF_INET, host, &from.sin_addr), 1);
	address_of_socket(&a, (const struct sockaddr *)&from);
	return address_print(text, &a);
}

static const char *of_ipv6(const char *host)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6 };
	struct address a;

	ck_assert_int_eq(inet_pton(AF_INET6, host, &from.sin6_addr), 1);
	address_of_socket(&a, (const struct sockaddr *)&from);
	return address_print(text, &a);
}

START_TEST(an_ipv4_address_counts_as_a_whole)
{
	ck_assert_str_eq(of_ipv4("203.0.113.7"), "203.0.113.7");
	ck_assert_str_eq(of_ipv4("127.0.0.2"), "127.0.0.2");
}
END_TEST

START_TEST(of_ipv6_the_first_64_bits_count)
{
	ck_assert_str_eq(of_ipv6("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
	ck_assert_str_eq(of_ipv6("2001:db8:1:2:ffff::"), "2001:db8:1:2::/64");
	ck_assert_str_eq(of_ipv6("2001:db8:1:3::"), "2001:db8:1:3::/64");
}
END_TEST

START_TEST(ipv4_within_ipv6_is_ipv4)
{
	ck_assert_str_eq(of_ipv6("::ffff:203.0.113.7"), "203.0.113.7");
	ck_assert_str_eq(of_ipv6("::1"), "127.0.0.1");
}
END_TEST

START_TEST(who_is_on_this_machine_is_known)
{
	static const struct {
		const char *list;
		bool loopback;
	} rows[] = {
		{ "127.0.0.1", true },	{ "127.255.255.254", true },
		{ "::1", true },	{ "126.0.0.1", false },
		{ "128.0.0.1", false }, { "::2", false },
		{ "rubbish", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address a;

		ck_assert(address_forwarded(&a, rows[i].list, 1));
		ck_assert_msg(address_is_loopback(&a) == rows[i].loopback, "%s",
			      rows[i].list);
	}
}
END_TEST

START_TEST(a_socket_of_another_kind_has_no_address)
{
	struct sockaddr_un from = { .sun_family = AF_UNIX };
	struct address a;

	address_of_socket(&a, (const struct sockaddr *)&from);
	ck_assert_str_eq(address_print(text, &a), "unknown");
}
END_TEST

START_TEST(the_entry_that_the_trusted_proxy_added_counts)
{
	static const struct {
		const char *list;
		unsigned int hops;
		const char *address;
	} rows[] = {
		{ "203.0.113.7", 1, "203.0.113.7" },
		{ "10.0.0.1, 203.0.113.7", 1, "203.0.113.7" },
		{ "10.0.0.1,203.0.113.7 ", 1, "203.0.113.7" },
		{ "10.0.0.1, 203.0.113.7, 192.0.2.1", 2, "203.0.113.7" },
		{ "10.0.0.1, 203.0.113.7, 192.0.2.1", 3, "10.0.0.1" },
		{ "10.0.0.1, 203.0.113.7, 192.0.2.1", 4, "10.0.0.1" },
		{ "203.0.113.7:4567", 1, "203.0.113.7" },
		{ "2001:db8:1:2::9", 1, "2001:db8:1:2::/64" },
		{ "[2001:db8:1:2::9]:4567", 1, "2001:db8:1:2::/64" },
		{ "[2001:db8:1:2::9]", 1, "2001:db8:1:2::/64" },
		{ "2001:0db8:0001:0002:0000:0000:255.255.255.255", 1,
		  "2001:db8:1:2::/64" }, /* none is longer */
		{ "2001:00db8:0001:0002:0000:0000:255.255.255.255", 1,
		  "unknown" },
		{ "10.0.0.1, unknown", 1, "unknown" },
		{ "10.0.0.1,", 1, "unknown" },
		{ ",", 1, "unknown" },
		{ ",,", 2, "unknown" },
		{ "10.0.0.1, [::1", 1, "unknown" },
		{ "10.0.0.1, 1.2.3.4.5", 1, "unknown" },
		{ "10.0.0.1, 1.2.3", 1, "unknown" },
		{ "10.0.0.1, "
		  "1111111111111111111111111111111111111111111111111111111111",
		  1, "unknown" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address a;

		ck_assert(address_forwarded(&a, rows[i].list, rows[i].hops));
		ck_assert_str_eq(address_print(text, &a), rows[i].address);
	}
}
END_TEST

START_TEST(an_empty_list_says_nothing)
{
	struct address a;

	ck_assert(!address_forwarded(&a, "", 1));
	ck_assert(!address_forwarded(&a, " \t", 1));
}
END_TEST

CHECK_MAIN(address, NULL, NULL, an_ipv4_address_counts_as_a_whole,
	   of_ipv6_the_first_64_bits_count, ipv4_within_ipv6_is_ipv4,
	   who_is_on_this_machine_is_known,
	   a_socket_of_another_kind_has_no_address,
	   the_entry_that_the_trusted_proxy_added_counts,
	   an_empty_list_says_nothing)
