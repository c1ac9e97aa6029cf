/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "server"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "cloud/http/reply.h"
#include "cloud/http/session.h"
#include "cloud/http/transfer.h"
#include "cloud/http/wsi.h"
#include "cloud/limit/address.h"
#include "cloud/server_state.h"
#include "common/log.h"

#define RECEIVE_BYTES (64 << 10)

/* While it starts its errors are for people; later, peers can cause them. */
static enum log_level lws_error_level = LOG_ERROR;

static void log_from_lws(int level, const char *line)
{
	char text[256];
	size_t n = strcspn(line, "\n");

	log_write(level == LLL_ERR ? lws_error_level : LOG_DEBUG, LOG_MODULE,
		  "libwebsockets: %s", log_escape(text, sizeof(text), line, n));
}

/*
 * Not what the callback is given: libwebsockets has answered an unknown one by
 * then, and what pointed at its name may point at memory that is free.
 */
static bool wants_websocket(struct lws *wsi)
{
	char protocol[16];

	return lws_hdr_copy(wsi, protocol, sizeof(protocol),
			    WSI_TOKEN_UPGRADE) > 0 &&
	       strcasecmp(protocol, "websocket") == 0;
}

static int confirm_upgrade(struct server *s, struct lws *wsi)
{
	int refused;

	/* HTTP/2 without TLS is of no use to browsers, so to nobody. */
	if (!wants_websocket(wsi))
		return -1;
	refused = publish_confirm(&s->door, wsi);
	if (!refused)
		session_leave(s->sessions, wsi);
	return refused;
}

/* Whether TLS should be spoken here, and is not. */
static bool is_plain(const struct server *s, struct lws *wsi)
{
	struct address from;

	guard_caller(s->guard, wsi, "", &from);
	return s->params.tls_cert_file && !lws_is_ssl(wsi) &&
	       !address_is_inside(&from);
}

/*
 * What libwebsockets has only peeked at: were it left unread, closing would
 * reset the connection (RFC 1122 4.2.2.13) and could destroy the answer.
 */
static void read_away(struct lws *wsi)
{
	char away[4096];

	for (int i = 0; i < 16; i++)
		if (recv(lws_get_socket_fd(wsi), away, sizeof(away),
			 MSG_DONTWAIT) <= 0)
			return;
}

/*
 * CONNECT, and methods that libwebsockets does not know; and whatever comes
 * without TLS where it has to be, which it takes for no HTTP at all.
 */
static int refuse_raw(struct server *s, struct lws *wsi)
{
	bool plain = is_plain(s, wsi);
	struct reply *reply =
		plain ? reply_new_text(400, "Connection: close\r\n",
				       "Only HTTPS is spoken here: the "
				       "address begins with https:// (a "
				       "camera's with wss://).")
		      : reply_new_text(405,
				       "Allow: GET, HEAD, OPTIONS\r\n"
				       "Connection: close\r\n",
				       "There is no such method here.");

	if (plain)
		read_away(wsi);
	session_leave(s->sessions, wsi);
	return wsi_refuse(wsi, &reply);
}

static int http_callback(struct lws *wsi, enum lws_callback_reasons reason,
			 void *user, void *in, size_t n)
{
	struct server *s = lws_context_user(lws_get_context(wsi));

	(void)user;
	server_count(s, wsi, reason);
	switch (reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return confirm_upgrade(s, wsi);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* a WebSocket without our protocol */
	case LWS_CALLBACK_RAW_RX:
		return refuse_raw(s, wsi);
	default:
		return session_callback(s->sessions, wsi, reason, in, n);
	}
}

static int publish_protocol(struct lws *wsi, enum lws_callback_reasons reason,
			    void *user, void *in, size_t n)
{
	struct server *s = lws_context_user(lws_get_context(wsi));

	(void)user;
	return publish_callback(&s->door, wsi, reason, in, n);
}

void server_reload_tls(struct server *s)
{
	const struct server_params *p = &s->params;

	if (!p->tls_cert_file)
		return;
	if (tls_pair_check(&s->tls) < 0) {
		log_error("the certificate of before stays in use");
		return;
	}
	lws_error_level = LOG_ERROR;
	lws_tls_cert_updated(s->context, p->tls_cert_file, p->tls_key_file,
			     NULL, 0, NULL, 0);
	lws_error_level = LOG_DEBUG;
	log_info("the certificate was read again");
}

static void open_protocols(struct server *s)
{
	/* One write takes all of it: what is beyond would be copied. */
	s->protocols[0] = (struct lws_protocols){
		.name = "http",
		.callback = http_callback,
		.tx_packet_size = TRANSFER_WRITE,
	};
	s->protocols[1] = (struct lws_protocols){
		.name = WIRE_PROTOCOL,
		.callback = publish_protocol,
		.per_session_data_size = publish_session_size(),
		.rx_buffer_size = RECEIVE_BYTES,
	};
}

/*
 * By their numbers (RFC 9113 6.5.2), as libwebsockets has them but for the
 * first: its table of header fields would be 64 kB, and 128 kB of memory for
 * each connection, whatever is in it.
 */
static const uint32_t http2_settings[] = {
	[0] = true,  /* these, and not its own */
	[1] = 4096,  /* HEADER_TABLE_SIZE, as without any settings */
	[2] = 0,     /* ENABLE_PUSH */
	[3] = 24,    /* MAX_CONCURRENT_STREAMS */
	[4] = 0,     /* INITIAL_WINDOW_SIZE; it opens windows itself */
	[5] = 16384, /* MAX_FRAME_SIZE */
	[6] = 4096,  /* MAX_HEADER_LIST_SIZE */
};

_Static_assert(
	sizeof(http2_settings) ==
		sizeof(((struct lws_context_creation_info *)0)->http2_settings),
	"each setting has a value");

static void speak_tls(const struct server_params *p,
		      struct lws_context_creation_info *info)
{
	/* Who speaks no TLS hears so in words: refuse_raw(). */
	info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
			 LWS_SERVER_OPTION_ALLOW_NON_SSL_ON_SSL_PORT;
	info->ssl_cert_filepath = p->tls_cert_file;
	info->ssl_private_key_filepath = p->tls_key_file;
	/*
	 * Nothing of ours is between a peer's frames and what
	 * libwebsockets does with them, which is not fit for anybody
	 * who may connect: SECURITY.md.
	 */
	info->alpn = p->http2 ? "h2,http/1.1" : "http/1.1";
	memcpy(info->http2_settings, http2_settings, sizeof(http2_settings));
	info->ssl_options_set = tls_pair_options();
	info->ssl_cipher_list = TLS_PAIR_CIPHERS;
}

int server_open_context(struct server *s)
{
	void *loops[] = { s->loop };
	struct lws_context_creation_info info = {
		/* We accept; see server_accept(). */
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = s->protocols,
		.user = s,
		.foreign_loops = loops,
		/* poll() would walk along all idle connections each time. */
		.options =
			LWS_SERVER_OPTION_LIBEV |
			LWS_SERVER_OPTION_DISABLE_IPV6 |
			LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG,
		/* What is not HTTP to it is answered by refuse_raw(). */
		.listen_accept_role = "raw-skt",
		.listen_accept_protocol = "http",
		/* Anything else makes it search its connections linearly. */
		.fd_limit_per_thread = 0,
		.max_http_header_data = (unsigned short)s->params.max_head,
		.max_http_header_pool = 0, /* one for each connection */
		.pt_serv_buf_size = RECEIVE_BYTES,
		.timeout_secs = s->params.head_s,
		/* Of HTTP/2, between frames; ours are in sessions_tick(). */
		.keepalive_timeout = (int)(s->params.idle_us / 1000000),
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
	};

	open_protocols(s);
	if (s->params.tls_cert_file)
		speak_tls(&s->params, &info);
	lws_set_log_level(LLL_ERR | LLL_WARN, log_from_lws);
	lws_error_level = LOG_ERROR;
	s->context = lws_create_context(&info);
	lws_error_level = LOG_DEBUG;
	if (!s->context) {
		log_error("libwebsockets does not start; is the package "
			  "libwebsockets-evlib-ev installed, and can "
			  "certificate and key be read?");
		return -EINVAL;
	}
	return 0;
}
