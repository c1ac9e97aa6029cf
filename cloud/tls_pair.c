/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "tls"
#include "cloud/tls_pair.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"

static int64_t changed_ns(const char *path)
{
	struct stat found;

	if (stat(path, &found) < 0)
		return 0;
	return (int64_t)found.st_mtim.tv_sec * 1000000000 +
	       found.st_mtim.tv_nsec + (int64_t)found.st_ino;
}

static FILE *open_file(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		log_error("cannot read %s: %s%s", path, strerror(errno),
			  errno == EACCES ? "; the relay's user needs to: "
					    "docs/deploy.md has how"
					  : "");
	return file;
}

static X509 *read_certificate(const char *path)
{
	FILE *file = open_file(path);
	X509 *found;

	if (!file)
		return NULL;
	found = PEM_read_X509(file, NULL, NULL, NULL);
	if (!found)
		log_error("%s has no certificate in PEM, which begins with "
			  "-----BEGIN CERTIFICATE-----; --tls-cert-file is the "
			  "chain (certbot's fullchain.pem)",
			  path);
	fclose(file);
	return found;
}

/* Nobody is asked for a pass phrase. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

static EVP_PKEY *read_key(const char *path)
{
	FILE *file = open_file(path);
	EVP_PKEY *found;

	if (!file)
		return NULL;
	found = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
	if (!found)
		log_error("%s has no private key in PEM without a pass phrase, "
			  "which --tls-key-file must be (certbot's "
			  "privkey.pem)",
			  path);
	fclose(file);
	return found;
}

static int64_t expiry_of(const X509 *certificate)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
		return 0;
	return timegm(&tm);
}

/* It is served all the same: which clock is wrong is not known. */
static void warn_of_expiry(struct tls_pair *c, const X509 *certificate)
{
	c->expires_s = expiry_of(certificate);
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		log_warn("the certificate in %s has expired: browsers and "
			 "cameras refuse it until there is a new one",
			 c->cert_file);
	else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
		log_warn("the certificate in %s is not valid yet; is this "
			 "machine's clock right?",
			 c->cert_file);
}

int tls_pair_check(struct tls_pair *c)
{
	X509 *certificate = read_certificate(c->cert_file);
	EVP_PKEY *key = read_key(c->key_file);
	int err = -EINVAL;

	c->changed_ns[0] = changed_ns(c->cert_file);
	c->changed_ns[1] = changed_ns(c->key_file);
	if (certificate && key) {
		err = X509_check_private_key(certificate, key) == 1 ? 0
								    : -EINVAL;
		if (err < 0)
			log_error("%s is not the key of %s, or the chain does "
				  "not begin with the relay's own certificate",
				  c->key_file, c->cert_file);
		else
			warn_of_expiry(c, certificate);
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
	return err;
}

long tls_pair_options(void)
{
	return SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION |
	       SSL_OP_NO_COMPRESSION | SSL_OP_PRIORITIZE_CHACHA;
}

bool tls_pair_changed(const struct tls_pair *c)
{
	return changed_ns(c->cert_file) != c->changed_ns[0] ||
	       changed_ns(c->key_file) != c->changed_ns[1];
}
