/* SPDX-License-Identifier: MIT */
#include "device/uplink/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct answer {
	int error; /* of getaddrinfo() */
	size_t count;
	char address[RESOLVER_ADDRESSES][RESOLVER_ADDRESS_SIZE];
};

/* What the thread has; it may outlive the resolver by half a minute. */
struct question {
	pthread_mutex_t lock;
	bool answered, given_up; /* whoever sees the other one frees it */
	void (*found)(void *context);
	void *context;
	struct answer answer;
	char host[]; /* constant */
};

struct resolver {
	char *host;
	void (*found)(void *context);
	void *context;
	struct question *question; /* NULL: nothing is being looked up */
	int64_t until_us;
	struct answer known;
	int failed; /* the newest look-up has; of getaddrinfo(), or 0 */
	size_t at, tried;
};

/* --- looking ---------------------------------------------------------------
 */

static void take(struct answer *a, const struct addrinfo *info)
{
	a->count = 0;
	for (; info && a->count < RESOLVER_ADDRESSES; info = info->ai_next)
		if (!getnameinfo(info->ai_addr, info->ai_addrlen,
				 a->address[a->count], RESOLVER_ADDRESS_SIZE,
				 NULL, 0, NI_NUMERICHOST))
			a->count++;
}

static void ask(struct answer *a, const char *host, int flags)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = flags };
	struct addrinfo *info = NULL;

	a->error = getaddrinfo(host, NULL, &hints, &info);
	if (a->error)
		return;
	take(a, info);
	freeaddrinfo(info);
	if (!a->count)
		a->error = EAI_NONAME;
}

static void free_question(struct question *q)
{
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static void *look_up(void *context)
{
	struct question *q = context;
	bool given_up;

	ask(&q->answer, q->host, AI_ADDRCONFIG);
	pthread_mutex_lock(&q->lock);
	q->answered = true;
	given_up = q->given_up;
	if (!given_up)
		q->found(q->context);
	pthread_mutex_unlock(&q->lock);
	if (given_up)
		free_question(q);
	return NULL;
}

static int start_thread(struct question *q)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int err;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attributes, look_up, q);
	pthread_attr_destroy(&attributes);
	return -err;
}

void resolver_start(struct resolver *r, int64_t now_us)
{
	size_t size = strlen(r->host) + 1;
	struct question *q;

	if (!r->host[0]) /* the address is known */
		return;
	r->until_us =
		now_us + (r->known.count ? RESOLVER_AGAIN_US : RESOLVER_US);
	if (r->question)
		return;
	r->failed = EAI_MEMORY;
	q = calloc(1, sizeof(*q) + size);
	if (!q)
		return;
	pthread_mutex_init(&q->lock, NULL);
	q->found = r->found;
	q->context = r->context;
	memcpy(q->host, r->host, size);
	if (start_thread(q) < 0) {
		free_question(q);
		return;
	}
	r->failed = 0;
	r->question = q;
}

/* --- what came of it -------------------------------------------------------
 */

static bool same(const struct answer *a, const struct answer *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->address[i], b->address[i]) != 0)
			return false;
	return true;
}

/* The one that has worked is tried first as long as they are the same. */
static void learn(struct resolver *r, const struct answer *a)
{
	r->failed = a->error;
	if (a->error || same(a, &r->known))
		return;
	r->known = *a;
	r->at = r->tried = 0;
}

static void look_for_answer(struct resolver *r)
{
	struct question *q = r->question;
	bool answered;

	if (!q)
		return;
	pthread_mutex_lock(&q->lock);
	answered = q->answered;
	pthread_mutex_unlock(&q->lock);
	if (!answered)
		return;
	learn(r, &q->answer);
	free_question(q);
	r->question = NULL;
}

enum resolver_result resolver_look(struct resolver *r, int64_t now_us)
{
	look_for_answer(r);
	if (r->question && now_us < r->until_us)
		return RESOLVER_LOOKING;
	if (r->known.count)
		return RESOLVER_FOUND;
	if (r->question || r->failed == EAI_AGAIN)
		return RESOLVER_DEAD;
	return RESOLVER_NO_NAME;
}

int64_t resolver_until_us(const struct resolver *r)
{
	return r->until_us;
}

const char *resolver_address(const struct resolver *r)
{
	return r->known.address[r->at];
}

bool resolver_reject(struct resolver *r)
{
	if (!r->known.count)
		return false;
	r->at = (r->at + 1) % r->known.count;
	r->tried++;
	if (r->tried < r->known.count)
		return true;
	r->tried = 0;
	return false;
}

/* --- opening ---------------------------------------------------------------
 */

int resolver_open(struct resolver **out, const char *host,
		  void (*found)(void *context), void *context)
{
	struct resolver *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->found = found;
	r->context = context;
	ask(&r->known, host, AI_NUMERICHOST);
	r->host = strdup(r->known.error ? host : "");
	if (!r->host) {
		resolver_close(&r);
		return -ENOMEM;
	}
	*out = r;
	return 0;
}

void resolver_close(struct resolver **resolver)
{
	struct resolver *r = *resolver;
	struct question *q;
	bool answered;

	*resolver = NULL;
	if (!r)
		return;
	q = r->question;
	if (q) {
		pthread_mutex_lock(&q->lock);
		answered = q->answered;
		q->given_up = true;
		pthread_mutex_unlock(&q->lock);
		if (answered)
			free_question(q);
	}
	free(r->host);
	free(r);
}

/* --- for people ------------------------------------------------------------
 */

void resolver_servers(char *out, size_t size, const char *text)
{
	static const char word[] = "nameserver";
	/* of addresses, and of interfaces behind % */
	static const char characters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
					 "ABCDEF:.%-";
	size_t used = 0;

	out[0] = '\0';
	for (const char *line = text; line; line = strchr(line, '\n')) {
		size_t n;

		line += *line == '\n';
		line += strspn(line, " \t");
		if (strncmp(line, word, sizeof(word) - 1) != 0)
			continue;
		line += sizeof(word) - 1;
		if (*line != ' ' && *line != '\t')
			continue;
		line += strspn(line, " \t");
		n = strspn(line, characters);
		if (!n || used + n + 3 > size)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%.*s",
					 used ? ", " : "", (int)n, line);
	}
}

/* A name server that is dead is named, as far as this machine knows it. */
static void tell_dead(const char *host, char *out, size_t size)
{
	char text[2048] = "", servers[96] = "";
	FILE *file = fopen("/etc/resolv.conf", "re");
	size_t n = 0;

	if (file) {
		n = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[n] = '\0';
	resolver_servers(servers, sizeof(servers), text);
	snprintf(out, size, "%.80s cannot be looked up: %s %s", host,
		 *servers ? "no answer from the name server"
			  : "/etc/resolv.conf names no name server",
		 servers);
}

void resolver_tell(const struct resolver *r, enum resolver_result result,
		   char *out, size_t size)
{
	if (result == RESOLVER_DEAD)
		tell_dead(r->host, out, size);
	else
		snprintf(out, size, "there is no host %.100s", r->host);
}
