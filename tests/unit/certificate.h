/* SPDX-License-Identifier: MIT */
/* certificate: a self-signed one for a test, in two PEM files. */
#ifndef TESTS_UNIT_CERTIFICATE_H
#define TESTS_UNIT_CERTIFICATE_H

#define CERTIFICATE_PATH_SIZE 64

struct certificate {
	char folder[CERTIFICATE_PATH_SIZE]; /* in /dev/shm */
	char cert[CERTIFICATE_PATH_SIZE], key[CERTIFICATE_PATH_SIZE];
};

/* Good for an hour, for this host name. Aborts when it cannot. */
void certificate_make(struct certificate *c, const char *host);

/* Likewise, but good only so many seconds from now on, or until them. */
void certificate_make_for(struct certificate *c, const char *host, long from_s,
			  long until_s);
void certificate_remove(struct certificate *c);

#endif
