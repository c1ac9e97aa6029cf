/* SPDX-License-Identifier: MIT */
#include "tests/unit/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void must(int ok)
{
	if (!ok)
		abort();
}

static X509 *sign(EVP_PKEY *key, const char *host, long from_s, long until_s)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();
	X509_EXTENSION *extension;
	char text[256];

	must(cert && name);
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					(const unsigned char *)host, -1, -1,
					0));
	snprintf(text, sizeof(text), "DNS:%s", host);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, text);
	must(extension && X509_set_version(cert, 2) &&
	     ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
	     X509_gmtime_adj(X509_getm_notBefore(cert), from_s) &&
	     X509_gmtime_adj(X509_getm_notAfter(cert), until_s) &&
	     X509_set_subject_name(cert, name) &&
	     X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
	     X509_add_ext(cert, extension, -1) &&
	     X509_sign(cert, key, EVP_sha256()));
	X509_EXTENSION_free(extension);
	X509_NAME_free(name);
	return cert;
}

void certificate_make_for(struct certificate *c, const char *host, long from_s,
			  long until_s)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert;
	FILE *file;

	snprintf(c->folder, sizeof(c->folder), "/dev/shm/oriel-cert-XXXXXX");
	must(key && mkdtemp(c->folder));
	snprintf(c->cert, sizeof(c->cert), "%.40s/cert.pem", c->folder);
	snprintf(c->key, sizeof(c->key), "%.40s/key.pem", c->folder);
	cert = sign(key, host, from_s, until_s);
	file = fopen(c->cert, "w");
	must(file && PEM_write_X509(file, cert));
	must(fclose(file) == 0);
	file = fopen(c->key, "w");
	must(file &&
	     PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	must(fclose(file) == 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}

void certificate_make(struct certificate *c, const char *host)
{
	certificate_make_for(c, host, -60, 3600);
}

void certificate_remove(struct certificate *c)
{
	unlink(c->cert);
	unlink(c->key);
	rmdir(c->folder);
}
