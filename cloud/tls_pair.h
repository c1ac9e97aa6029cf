/* SPDX-License-Identifier: MIT */
/*
 * tls_pair: the files of the relay's own TLS, looked at before they are
 * used, because a pair that does not fit would leave it with none. Server's
 * thread. Knows libcrypto.
 */
#ifndef CLOUD_TLS_PAIR_H
#define CLOUD_TLS_PAIR_H

#include <stdbool.h>
#include <stdint.h>

struct tls_pair {
	const char *cert_file, *key_file; /* borrowed */
	/* Of the two as they were looked at last. */
	int64_t changed_ns[2];
	int64_t expires_s; /* Unix time; 0: not known */
};

/*
 * Reads both files: 0, or -EINVAL after a line that says what is wrong with
 * them.
 */
int tls_pair_check(struct tls_pair *c);

/*
 * What of TLS is not spoken, as bits of OpenSSL's: versions before 1.2 (RFC
 * 8996), compression, and handshakes that a client begins again. Who has no
 * AES in hardware chooses ChaCha20.
 */
long tls_pair_options(void);

/*
 * Of TLS 1.2: with forward secrecy and AEAD only (RFC 9325 4.2), which every
 * browser and player has had for years. All of TLS 1.3 are.
 */
#define TLS_PAIR_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

/* Whether either is another file now than when it was looked at last. */
bool tls_pair_changed(const struct tls_pair *c);

#endif
