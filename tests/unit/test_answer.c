/* SPDX-License-Identifier: MIT */
/* answer, and what report writes for it. */
#include "cloud/http/answer.h"
#include "cloud/http/answer_device.h"
#include "cloud/http/answer_want.h"

#include <errno.h>

#include "cloud/http/assets.h"
#include "cloud/http/report.h"
#include "cloud/key.h"
#include "cloud/limit/guard.h"
#include "cloud/login.h"
#include "cloud/post.h"
#include "cloud/store/poster.h"
#include "cloud/store/store.h"
#include "tests/unit/check_main.h"
#include "tests/unit/relay_stream.h"

#define SECOND	INT64_C(1000000)
#define WALL_US (INT64_C(1763823600) * SECOND)
#define HOLD_US (4 * SECOND)
#define PAGE	"<!doctype html><title>page</title>"

static const struct keyring keys = { .secret = "correct horse battery staple" };
static struct store *store;
static struct assets *assets;
static struct report_counters counters;
static struct answer_source source;
static struct camera *camera;
static struct want want;
static struct reply *reply; /* the last answer */

static void setup(void)
{
	static uint8_t page[128];
	struct asset_file files[2] = {
		{ "index.html", page,
		  page + gzip_text(page, sizeof(page), PAGE) },
		{ 0 },
	};

	ck_assert_int_eq(assets_open(&assets, files), 0);
	ck_assert_int_eq(
		store_open(&store,
			   &(struct store_params){ .max_bytes = 1000000,
						   .max_camera_bytes = 1000000,
						   .max_cameras = 4,
						   .max_segments = 10 }),
		0);
	counters = (struct report_counters){ .requests = 42 };
	source = (struct answer_source){
		.store = store,
		.assets = assets,
		.counters = &counters,
		.keys = &keys,
		.open = true,
		.hold_us = HOLD_US,
	};
	reply = NULL;
}

static void teardown(void)
{
	reply_release(&reply);
	assets_close(&assets);
	store_close(&store);
}

/* A live camera: segments 10 to 12, the playlist of 0 s. */
static void begin_camera(void)
{
	ck_assert_int_eq(store_get(store, "porch", &camera), 0);
	camera_connect(camera);
	put_init(camera, INIT);
	put_segments(camera, 10, 12);
	put_playlist(camera, 10, 12, 2, 0);
}

/* The status; 0: it has to wait. */
static int ask_as(struct request request, const char *path, int64_t now_us)
{
	request.path = path;
	request.path_size = strlen(path);
	if (!request.authorization)
		request.authorization = "";
	if (!request.if_none_match)
		request.if_none_match = "";
	reply_release(&reply);
	if (!answer_request(&source, &request, now_us, WALL_US, &reply, &want))
		return 0;
	ck_assert_ptr_nonnull(reply);
	return reply->status;
}

static int get(const char *path)
{
	return ask_as((struct request){ 0 }, path, 0);
}

/* Likewise for what waits, at a later time. */
static int again(int64_t now_us)
{
	reply_release(&reply);
	if (!answer_want(&source, &want, now_us, &reply))
		return 0;
	ck_assert_ptr_nonnull(reply);
	return reply->status;
}

static const char *text(void)
{
	static char all[8192];

	all[reply_copy(reply, 0, (uint8_t *)all, sizeof(all) - 1)] = '\0';
	return all;
}

static bool says(const char *words)
{
	return strstr(text(), words) != NULL;
}

static int ask_playlist(struct directives directives, int64_t now_us)
{
	return ask_as((struct request){ .directives = directives },
		      "/porch/index.m3u8", now_us);
}

static int ask_block(uint32_t msn, uint32_t part)
{
	return ask_playlist((struct directives){ .has_msn = true,
						 .msn = msn,
						 .has_part = true,
						 .part = part },
			    0);
}

START_TEST(a_live_camera_gives_playlist_parts_segments_and_init)
{
	begin_camera();
	ck_assert_int_eq(get("/porch/index.m3u8"), 200);
	ck_assert(says("#EXTM3U"));
	ck_assert_int_eq(get("/porch/abcdef01-11.1.m4s"), 200);
	ck_assert(says("11.1 "));
	ck_assert_int_eq(get("/porch/abcdef01-11.m4s"), 200);
	ck_assert(says("11.0 11.1 11.2 "));
	ck_assert_int_eq(get("/porch/init-11111111.mp4"), 200);
	ck_assert(says("max-age=3600, immutable"));
	ck_assert(says("Content-Type: video/mp4"));
}
END_TEST

START_TEST(what_is_not_of_the_camera_is_404)
{
	begin_camera();
	ck_assert_int_eq(get("/porch/abcdef01-9.0.m4s"), 404);
	ck_assert_int_eq(get("/porch/abcdef02-11.0.m4s"), 404);
	ck_assert_int_eq(get("/porch/abcdef01-99.m4s"), 404);
	ck_assert_int_eq(get("/porch/init-22222222.mp4"), 404);
	ck_assert(says("no-store"));
}
END_TEST

START_TEST(the_next_playlist_is_waited_for_and_given)
{
	begin_camera();
	ck_assert_int_eq(ask_block(13, 0), 0);
	ck_assert_int_eq(again(SECOND), 0);
	put_part(camera, 13, 0, 0);
	ck_assert_int_eq(again(SECOND), 0); /* a part is no playlist */
	put_playlist(camera, 10, 13, 0, SECOND);
	ck_assert_int_eq(again(SECOND), 200);
	ck_assert(says("Cache-Control: public, max-age=12, "
		       "stale-while-revalidate=0\r\n"));
}
END_TEST

START_TEST(waiting_ends_after_three_target_durations_with_503)
{
	begin_camera();
	camera_disconnect(camera, 0);
	ck_assert_int_eq(ask_block(13, 0), 0);
	ck_assert_int_eq(again(6 * SECOND - 1), 0);
	ck_assert_int_eq(again(6 * SECOND), 503);
	ck_assert(says("Retry-After: "));
	ck_assert(says("Oriel-State: gone"));
}
END_TEST

START_TEST(too_far_ahead_is_400_at_once)
{
	begin_camera();
	ck_assert_int_eq(ask_block(14, 0), 0);
	ck_assert_int_eq(ask_block(15, 0), 400);
}
END_TEST

START_TEST(a_part_without_a_segment_is_400_whatever_the_camera)
{
	const struct directives d = { .has_part = true };

	ck_assert_int_eq(ask_playlist(d, 0), 400);
	begin_camera();
	ck_assert_int_eq(ask_playlist(d, 0), 400);
}
END_TEST

START_TEST(the_next_part_is_waited_for_and_given)
{
	begin_camera();
	ck_assert_int_eq(get("/porch/abcdef01-13.0.m4s"), 0);
	ck_assert_int_eq(again(SECOND), 0);
	put_part(camera, 13, 0, 0);
	ck_assert_int_eq(again(SECOND), 200);
	ck_assert(says("13.0 "));
}
END_TEST

START_TEST(a_part_that_did_not_come_is_404_or_503_in_the_end)
{
	begin_camera();
	ck_assert_int_eq(get("/porch/abcdef01-13.0.m4s"), 0);
	ck_assert_int_eq(again(6 * SECOND), 503);
	ck_assert(says("did not come in time."));
	ck_assert_int_eq(get("/porch/abcdef01-13.0.m4s"), 0);
	put_part(camera, 14, 0, 0);
	ck_assert_int_eq(again(SECOND), 0);
	ck_assert_int_eq(again(6 * SECOND - 1), 0);
	ck_assert_int_eq(again(6 * SECOND), 404);
	ck_assert_int_eq(get("/porch/abcdef01-13.0.m4s"), 404);
}
END_TEST

START_TEST(who_asks_too_late_for_a_withdrawn_hint_has_time_to_cancel)
{
	begin_camera();
	put_part(camera, 13, 0, WIRE_LAST);
	ck_assert_int_eq(get("/porch/abcdef01-13.1.m4s"), 0);
	ck_assert_int_eq(again(6 * SECOND - 1), 0);
	ck_assert_int_eq(again(6 * SECOND), 404);
	ck_assert_int_eq(get("/porch/abcdef01-13.2.m4s"), 404);
}
END_TEST

START_TEST(a_camera_that_never_came_is_held_and_then_503)
{
	ck_assert_int_eq(get("/porch/index.m3u8"), 0);
	ck_assert_int_eq(again(HOLD_US - 1), 0);
	ck_assert_uint_eq(counters.refused[REFUSED_HELD], 0);
	ck_assert_int_eq(again(HOLD_US), 503);
	ck_assert_uint_eq(counters.refused[REFUSED_HELD], 1);
	ck_assert(says("Oriel-State: waiting"));
	ck_assert(says("The camera is not there: waiting."));
	ck_assert(says("Cache-Control: no-store"));
	ck_assert_int_eq(get("/porch/abcdef01-13.0.m4s"), 0);
	ck_assert_int_eq(again(HOLD_US), 503);
}
END_TEST

START_TEST(who_waits_for_a_camera_gets_its_first_playlist)
{
	ck_assert_int_eq(ask_block(900, 3), 0);
	begin_camera();
	ck_assert_int_eq(again(SECOND), 400); /* 900 is too far ahead now */
	camera_disconnect(camera, 0);
	store_forget(store, 1);
	ck_assert_int_eq(get("/porch/index.m3u8"), 0);
	begin_camera();
	ck_assert_int_eq(again(SECOND), 200);
}
END_TEST

START_TEST(parts_are_given_before_the_first_playlist_is_there)
{
	ck_assert_int_eq(store_get(store, "porch", &camera), 0);
	camera_connect(camera);
	put_init(camera, INIT);
	put_part(camera, 10, 0, 0);
	ck_assert_int_eq(get("/porch/abcdef01-10.0.m4s"), 200);
	ck_assert_int_eq(get("/porch/abcdef01-9.0.m4s"), 0);
	ck_assert_int_eq(again(HOLD_US), 503);
}
END_TEST

START_TEST(a_frozen_playlist_is_given_for_three_target_durations)
{
	begin_camera();
	camera_disconnect(camera, 0);
	ck_assert_int_eq(ask_playlist((struct directives){ 0 }, 6 * SECOND),
			 200);
	ck_assert_int_eq(ask_playlist((struct directives){ 0 }, 6 * SECOND + 1),
			 0);
	ck_assert_int_eq(again(6 * SECOND + 1 + HOLD_US), 503);
	ck_assert(says("Oriel-State: offline"));
}
END_TEST

START_TEST(a_device_that_sends_nothing_is_stalled)
{
	begin_camera();
	ck_assert_int_eq(ask_playlist((struct directives){ 0 }, 7 * SECOND), 0);
	ck_assert_int_eq(again(7 * SECOND + HOLD_US), 503);
	ck_assert(says("Oriel-State: stalled"));
}
END_TEST

START_TEST(media_of_a_camera_that_is_gone_is_still_given)
{
	begin_camera();
	camera_disconnect(camera, 0);
	ck_assert_int_eq(ask_as((struct request){ 0 }, "/porch/abcdef01-12.m4s",
				100 * SECOND),
			 200);
}
END_TEST

START_TEST(an_ended_stream_answers_at_once_and_for_ever)
{
	begin_camera();
	put_wire_playlist(camera, list_of(10, 12, 2, 0, 0), WIRE_ENDED,
			  "#EXT-X-ENDLIST\n", 0);
	ck_assert_int_eq(ask_block(13, 0), 200);
	ck_assert_int_eq(ask_playlist((struct directives){ 0 }, 100 * SECOND),
			 200);
}
END_TEST

START_TEST(gzip_is_given_to_who_takes_it)
{
	begin_camera();
	ck_assert_int_eq(ask_as((struct request){ .gzip = true },
				"/porch/index.m3u8", 0),
			 200);
	ck_assert(says("Content-Encoding: gzip"));
	ck_assert_int_eq(get("/porch/index.m3u8"), 200);
	ck_assert(!says("Content-Encoding"));
}
END_TEST

START_TEST(the_state_is_told_as_json)
{
	ck_assert_int_eq(get("/porch/state.json"), 200);
	ck_assert(says("{\"camera\":\"porch\",\"state\":\"waiting\","));
	ck_assert(says("\"now_ms\":1763823600000}"));
	ck_assert(!says("\"msn\""));
	begin_camera();
	ck_assert_int_eq(
		ask_as((struct request){ 0 }, "/porch/state.json", SECOND / 2),
		200);
	ck_assert(says("\"state\":\"live\","));
	ck_assert(says("\"age_ms\":500,\"msn\":12,\"part\":2,"
		       "\"target_ms\":2000,\"part_target_ms\":300,"));
	ck_assert(says("Content-Type: application/json"));
	ck_assert(says("no-store"));
}
END_TEST

START_TEST(a_page_is_given_and_its_slash_added)
{
	ck_assert_int_eq(get("/porch/"), 200);
	ck_assert(says(PAGE));
	ck_assert_int_eq(get("/porch"), 308);
	ck_assert(says("\r\nLocation: porch/\r\n"));
	ck_assert_int_eq(get("/porch/~abc"), 308);
	ck_assert(says("\r\nLocation: ~abc/\r\n"));
	ck_assert_int_eq(get("/assets/index.html"), 200);
	ck_assert_int_eq(get("/assets/none.css"), 404);
}
END_TEST

START_TEST(a_closed_relay_wants_a_link_and_says_what_is_wrong_with_it)
{
	char path[128], token[KEY_TOKEN_SIZE];

	begin_camera();
	source.open = false;
	ck_assert_int_eq(get("/porch/index.m3u8"), 403);
	ck_assert(says("needs a viewing link"));
	ck_assert(says("Content-Type: text/plain"));
	ck_assert_int_eq(get("/porch/"), 403);
	ck_assert(says("Content-Type: text/html"));
	ck_assert(says("Content-Security-Policy: default-src 'none'"));
	ck_assert(says("needs a viewing link"));
	ck_assert_int_eq(get("/porch/~abc/"), 403);
	ck_assert(says("<p id=\"note\">This viewing link is not for this"));
	ck_assert_int_eq(get("/porch"), 403);
	ck_assert_int_eq(get("/porch/state.json"), 403);
	ck_assert(says("Content-Type: text/plain"));
	ck_assert_int_eq(get("/porch/abcdef01-11.0.m4s"), 403);
	ck_assert_int_eq(get("/nobody/index.m3u8"), 403);
	ck_assert_int_eq(get("/porch/~abc/index.m3u8"), 403);
	ck_assert(says("not for this camera"));

	key_token(token, &keys, "porch", 1763823600 + 1);
	snprintf(path, sizeof(path), "/porch/~%s/index.m3u8", token);
	ck_assert_int_eq(get(path), 200);
	snprintf(path, sizeof(path), "/porch/~%s/abcdef01-11.0.m4s", token);
	ck_assert_int_eq(get(path), 200);
	snprintf(path, sizeof(path), "/shed/~%s/index.m3u8", token);
	ck_assert_int_eq(get(path), 403);
	key_token(token, &keys, "porch", 1763823600);
	snprintf(path, sizeof(path), "/porch/~%s/index.m3u8", token);
	ck_assert_int_eq(get(path), 403);
	ck_assert(says("has expired"));
}
END_TEST

START_TEST(an_open_relay_ignores_tokens)
{
	begin_camera();
	ck_assert_int_eq(get("/porch/~abc/index.m3u8"), 200);
}
END_TEST

START_TEST(a_closed_relay_shows_its_insides_to_the_operator)
{
	static const char *const paths[] = { "/metrics", "/v1/cameras",
					     "/v1/cameras/porch" };
	char key[KEY_SIZE], bearer[KEY_SIZE + 8];

	source.open = false;
	key_operator(key, &keys);
	snprintf(bearer, sizeof(bearer), "Bearer %s", key);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(get(paths[i]), 401);
		ck_assert(says("WWW-Authenticate: Bearer"));
		ck_assert_int_eq(
			ask_as((struct request){ .authorization = bearer },
			       paths[i], 0),
			200);
	}
	key_publish(key, &keys, "porch");
	snprintf(bearer, sizeof(bearer), "Bearer %s", key);
	ck_assert_int_eq(ask_as((struct request){ .authorization = bearer },
				"/v1/cameras/porch", 0),
			 200);
	ck_assert_int_eq(ask_as((struct request){ .authorization = bearer },
				"/v1/cameras/shed", 0),
			 401);
	ck_assert_int_eq(ask_as((struct request){ .authorization = bearer },
				"/metrics", 0),
			 401);
}
END_TEST

START_TEST(health_home_and_assets_are_for_all)
{
	source.open = false;
	ck_assert_int_eq(get("/healthz"), 200);
	ck_assert_int_eq(get("/"), 200);
	ck_assert_int_eq(get("/assets/index.html"), 200);
}
END_TEST

START_TEST(home_names_cameras_where_viewing_is_open)
{
	begin_camera();
	ck_assert_int_eq(get("/"), 200);
	ck_assert(says("<a href=\"porch/\">"));
	ck_assert(says("<details id=\"start\" hidden>"));
	source.open = false;
	ck_assert_int_eq(get("/"), 200);
	ck_assert(!says("href=\"porch"));
}
END_TEST

START_TEST(home_says_how_to_begin_and_to_strangers_nothing_else)
{
	char empty[8192];

	ck_assert_int_eq(get("/"), 200);
	ck_assert(says("No camera has connected yet."));
	ck_assert(says("<details id=\"start\" open>"));
	ck_assert(says("oriel-relay key porch"));
	source.open = false;
	ck_assert_int_eq(get("/"), 200);
	ck_assert(says("<details id=\"start\">"));
	snprintf(empty, sizeof(empty), "%s", text());
	begin_camera();
	ck_assert_int_eq(get("/"), 200);
	ck_assert_str_eq(empty, text());
}
END_TEST

START_TEST(metrics_count)
{
	begin_camera();
	counters.replies[4] = 7;
	ck_assert_int_eq(get("/metrics"), 200);
	ck_assert(says("\noriel_requests_total 42\n"));
	ck_assert(says("\noriel_replies_total{status=\"4xx\"} 7\n"));
	ck_assert(says("\noriel_cameras 1\n"));
	ck_assert(says("# TYPE oriel_cameras gauge\n"));
	ck_assert(!says("oriel_tls_expiry"));
	counters.tls_expires_s = 1763823600;
	counters.cpu_us = 1500000;
	counters.log_dropped = 3;
	ck_assert_int_eq(get("/metrics"), 200);
	ck_assert(says("\noriel_tls_expiry_timestamp_seconds 1763823600\n"));
	ck_assert(says("\nprocess_cpu_seconds_total 1.50\n"));
	ck_assert(says("\noriel_log_lines_dropped_total 3\n"));
}
END_TEST

START_TEST(the_list_of_cameras_is_json)
{
	ck_assert_int_eq(get("/v1/cameras"), 200);
	ck_assert(says("\r\n\r\n[]\n"));
	begin_camera();
	ck_assert_int_eq(get("/v1/cameras"), 200);
	ck_assert(says("\"camera\":\"porch\",\"state\":\"live\""));
}
END_TEST

START_TEST(other_methods_are_405_and_options_204)
{
	ck_assert_int_eq(ask_as((struct request){ .method = METHOD_OTHER },
				"/porch/index.m3u8", 0),
			 405);
	ck_assert(says("\r\nAllow: GET, HEAD, OPTIONS\r\n"));
	ck_assert_int_eq(ask_as((struct request){ .method = METHOD_OTHER },
				"/nothing/at/all", 0),
			 404);
	ck_assert_int_eq(ask_as((struct request){ .method = METHOD_OPTIONS },
				"/porch/index.m3u8", 0),
			 204);
	ck_assert(says("Access-Control-Allow-Headers"));
	ck_assert(says("Access-Control-Allow-Origin: *"));
	ck_assert_int_eq(ask_as((struct request){ .method = METHOD_HEAD },
				"/healthz", 0),
			 200);
}
END_TEST

START_TEST(what_makes_no_sense_is_400)
{
	ck_assert_int_eq(
		ask_as((struct request){ .bad = true }, "/porch/index.m3u8", 0),
		400);
	ck_assert(!says("Connection: close"));
}
END_TEST

START_TEST(a_request_with_a_body_is_400_and_the_last)
{
	ck_assert_int_eq(
		ask_as((struct request){ .body = true }, "/healthz", 0), 400);
	ck_assert(says("Connection: close"));
	ck_assert_int_eq(
		ask_as((struct request){ .body = true, .method = METHOD_OTHER },
		       "/healthz", 0),
		400);
}
END_TEST

static bool publish(const char *path, const char *bearer, const char *protocols)
{
	struct request request = {
		.path = path,
		.path_size = strlen(path),
		.authorization = bearer,
		.if_none_match = "",
	};
	char name[CAMERA_NAME_MAX + 1] = "";
	bool may;

	reply_release(&reply);
	may = answer_publish(&source, &request, protocols, 0, name, &reply);
	ck_assert_int_eq(may, reply == NULL);
	ck_assert_int_eq(may, strcmp(name, "porch") == 0);
	return may;
}

START_TEST(a_device_may_publish_with_its_key_and_our_protocol)
{
	char key[KEY_SIZE], bearer[KEY_SIZE + 8];

	key_publish(key, &keys, "porch");
	snprintf(bearer, sizeof(bearer), "Bearer %s", key);
	ck_assert(publish("/v1/publish/porch", bearer, "oriel.1"));
	ck_assert(publish("/v1/publish/porch", bearer, "x, oriel.1"));
	ck_assert(!publish("/v1/publish/porch", bearer, ""));
	ck_assert_int_eq(reply->status, 400);
	ck_assert(!publish("/v1/publish/porch", bearer, "oriel.2"));
	ck_assert_int_eq(reply->status, 400);
	ck_assert(!publish("/v1/publish/shed", bearer, "oriel.1"));
	ck_assert_int_eq(reply->status, 401);
	ck_assert(!publish("/v1/publish/porch", "", "oriel.1"));
	ck_assert_int_eq(reply->status, 401);
	ck_assert(!publish("/v1/publish/Porch", bearer, "oriel.1"));
	ck_assert_int_eq(reply->status, 404);
	ck_assert(!publish("/porch/", bearer, "oriel.1"));
	ck_assert_int_eq(reply->status, 404);
}
END_TEST

START_TEST(an_open_relay_wants_the_publish_key_all_the_same)
{
	char key[KEY_SIZE], bearer[KEY_SIZE + 8];

	key_operator(key, &keys);
	snprintf(bearer, sizeof(bearer), "Bearer %s", key);
	ck_assert(!publish("/v1/publish/porch", bearer, "oriel.1"));
	ck_assert_int_eq(reply->status, 401);
	ck_assert_int_eq(get("/v1/publish/porch"), 426);
	ck_assert(says("Upgrade: websocket"));
}
END_TEST

static unsigned int count_waiting(void *context, const char *name)
{
	return strcmp(name, "porch") == 0 ? *(unsigned int *)context : 0;
}

/* A check-in of the porch's device; the status. */
static int check_in(uint32_t every_s, int64_t now_us)
{
	char key[KEY_SIZE], bearer[KEY_SIZE + 8];

	key_publish(key, &keys, "porch");
	snprintf(bearer, sizeof(bearer), "Bearer %s", key);
	return ask_as(
		(struct request){ .authorization = bearer,
				  .directives = { .has_every = every_s > 0,
						  .every_s = every_s } },
		"/v1/publish/porch/demand", now_us);
}

START_TEST(a_sleeping_device_hears_who_waits)
{
	ck_assert_int_eq(check_in(20, 0), 200);
	ck_assert(says("{\"viewers\":0,\"now_ms\":1763823600000,"
		       "\"retry_s\":20}"));
	ck_assert(says("Cache-Control: no-store"));
	ck_assert_int_eq(ask_playlist((struct directives){ 0 }, SECOND), 0);
	ck_assert_int_eq(check_in(20, 2 * SECOND), 200);
	ck_assert(says("{\"viewers\":1,"));
	ck_assert_int_eq(check_in(20, 22 * SECOND), 200);
	ck_assert(says("{\"viewers\":0,"));
}
END_TEST

START_TEST(who_waits_since_before_the_first_check_in_is_told_of)
{
	unsigned int waiting = 2;

	source.count_waiting = count_waiting;
	source.context = &waiting;
	ck_assert_int_eq(ask_playlist((struct directives){ 0 }, 0), 0);
	ck_assert_int_eq(check_in(10, 5 * SECOND), 200);
	ck_assert(says("{\"viewers\":2,"));
}
END_TEST

START_TEST(a_viewer_is_held_until_the_device_has_asked_and_come)
{
	check_in(20, 0);
	ck_assert_int_eq(ask_playlist((struct directives){ 0 }, SECOND), 0);
	ck_assert(!want.is_object && want.away);
	ck_assert_int_eq(again(23 * SECOND - 1), 0);
	ck_assert_int_eq(again(23 * SECOND), 503);
	ck_assert(says("Oriel-State: waking"));
	ck_assert(says("Retry-After: "));
}
END_TEST

START_TEST(a_request_for_media_or_state_alone_wakes_nobody)
{
	check_in(20, 0);
	ck_assert_int_eq(get("/porch/abcdef01-13.0.m4s"), 0);
	ck_assert_int_eq(get("/porch/state.json"), 200);
	ck_assert_int_eq(check_in(20, SECOND), 200);
	ck_assert(says("{\"viewers\":0,"));
}
END_TEST

START_TEST(intervals_are_kept_within_reason)
{
	static const struct {
		uint32_t every_s;
		const char *retry;
	} rows[] = {
		{ 0, "\"retry_s\":10}" },	 { 1, "\"retry_s\":1}" },
		{ 60, "\"retry_s\":60}" },	 { 61, "\"retry_s\":60}" },
		{ 1u << 31, "\"retry_s\":60}" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_int_eq(check_in(rows[i].every_s, 0), 200);
		ck_assert_msg(says(rows[i].retry), "%s", rows[i].retry);
	}
}
END_TEST

START_TEST(only_the_device_itself_asks)
{
	ck_assert_int_eq(get("/v1/publish/porch/demand"), 401);
	ck_assert_ptr_null(store_find(store, "porch"));
	check_in(10, 0);
	ck_assert_int_eq(get("/porch/state.json"), 200);
	ck_assert(says("\"state\":\"asleep\""));
}
END_TEST

START_TEST(a_relay_that_is_full_says_so_to_a_sleeping_device)
{
	static const char *const names[] = { "a", "b", "c", "d" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		ck_assert_int_eq(store_get(store, names[i], &camera), 0);
		camera_connect(camera);
	}
	ck_assert_int_eq(check_in(10, 0), 503);
	ck_assert_uint_eq(counters.refused[REFUSED_DEVICE], 1);
}
END_TEST

/* --- a device that publishes by requests --- */

static const char session_path[] = "/v1/publish/porch/00000000000000ff";

/* What is to be done with a request that has the key. */
static enum answer_post post(enum method method, int64_t length)
{
	static char authorization[KEY_SIZE + 8];
	char key[KEY_SIZE], name[CAMERA_NAME_MAX + 1] = "";
	uint64_t session = 0;
	enum answer_post verdict;

	key_publish(key, &keys, "porch");
	snprintf(authorization, sizeof(authorization), "Bearer %s", key);
	reply_release(&reply);
	verdict = answer_post(
		&source,
		&(struct request){ .method = method,
				   .path = session_path,
				   .path_size = strlen(session_path),
				   .authorization = authorization,
				   .body = length != 0,
				   .length = length },
		0, name, &session, &reply);
	ck_assert((verdict == ANSWER_REFUSE) == (reply != NULL));
	if (verdict == ANSWER_TAKE || verdict == ANSWER_LISTEN) {
		ck_assert_str_eq(name, "porch");
		ck_assert_uint_eq(session, 0xff);
	}
	return verdict;
}

START_TEST(messages_are_taken_by_post_and_waited_for_by_get)
{
	ck_assert_int_eq(post(METHOD_POST, 1), ANSWER_TAKE);
	ck_assert_int_eq(post(METHOD_GET, 0), ANSWER_LISTEN);
	ck_assert_int_eq(post(METHOD_GET, 1), ANSWER_ELSE);
	ck_assert_int_eq(post(METHOD_HEAD, 0), ANSWER_ELSE);
	ck_assert_int_eq(post(METHOD_OTHER, 1), ANSWER_ELSE);
}
END_TEST

START_TEST(a_post_has_a_length_within_its_limit)
{
	ck_assert_int_eq(post(METHOD_POST, POST_MAX_BODY), ANSWER_TAKE);
	ck_assert_int_eq(post(METHOD_POST, POST_MAX_BODY + 1), ANSWER_REFUSE);
	ck_assert_int_eq(reply->status, 413);
	ck_assert_int_eq(post(METHOD_POST, -1), ANSWER_REFUSE);
	ck_assert_int_eq(reply->status, 411);
	ck_assert_int_eq(post(METHOD_POST, 0), ANSWER_REFUSE);
	ck_assert_int_eq(reply->status, 400);
}
END_TEST

START_TEST(the_body_of_a_refused_post_is_received_if_it_can_be)
{
	static const struct {
		enum method method;
		int64_t length;
		bool may;
	} rows[] = {
		{ METHOD_POST, 1, true },
		{ METHOD_POST, POST_MAX_BODY, true },
		{ METHOD_POST, POST_MAX_BODY + 1, false },
		{ METHOD_POST, 0, false },
		{ METHOD_POST, -1, false },
		{ METHOD_GET, 1, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_int_eq(answer_may_take(&(struct request){
					 .method = rows[i].method,
					 .length = rows[i].length }),
				 rows[i].may);
}
END_TEST

START_TEST(who_has_no_key_posts_nothing)
{
	char name[CAMERA_NAME_MAX + 1];
	uint64_t session;

	ck_assert_int_eq(answer_post(&source,
				     &(struct request){
					     .method = METHOD_POST,
					     .path = session_path,
					     .path_size = strlen(session_path),
					     .authorization = "Bearer x",
					     .body = true,
					     .length = 1 },
				     0, name, &session, &reply),
			 ANSWER_REFUSE);
	ck_assert_int_eq(reply->status, 401);
}
END_TEST

START_TEST(a_post_to_what_takes_none_is_405_even_without_a_body)
{
	ck_assert_int_eq(ask_as((struct request){ .method = METHOD_POST },
				"/porch/state.json", 0),
			 405);
	ck_assert(says("Allow: GET, HEAD, OPTIONS"));
}
END_TEST

START_TEST(a_session_has_no_other_methods)
{
	ck_assert_int_eq(ask_as((struct request){ .method = METHOD_HEAD },
				session_path, 0),
			 405);
}
END_TEST

static void put_poster(void)
{
	static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff, 0xe0, 'j', 'p', 'g' };
	struct poster *poster;

	ck_assert_int_eq(
		poster_open(&poster,
			    &(struct poster_params){
				    .bytes = jpeg,
				    .size = sizeof(jpeg),
				    .taken_us = INT64_C(784111777000000),
				    .wall_us = WALL_US }),
		0);
	camera_put_poster(camera, &poster);
}

START_TEST(the_poster_is_shown_to_who_may_view)
{
	ck_assert_int_eq(get("/porch/poster.jpg"), 404);
	begin_camera();
	ck_assert_int_eq(get("/porch/poster.jpg"), 404);
	put_poster();
	ck_assert_int_eq(get("/porch/poster.jpg"), 200);
	ck_assert(says("\r\nContent-Type: image/jpeg\r\n"));
	ck_assert(says("\r\nContent-Length: 7\r\n"));
	ck_assert(says("\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT"));
	ck_assert(says("\r\nCache-Control: public, max-age=0, s-maxage=5, "
		       "stale-while-revalidate=0\r\n"));
	ck_assert(says("jpg"));
	ck_assert_int_eq(get("/porch/state.json"), 200);
	ck_assert(says("\"poster_ms\":784111777000,"));
	source.open = false;
	ck_assert_int_eq(get("/porch/poster.jpg"), 403);
}
END_TEST

START_TEST(a_poster_that_is_known_is_not_sent_again)
{
	char etag[32];

	begin_camera();
	put_poster();
	ck_assert_int_eq(get("/porch/poster.jpg"), 200);
	snprintf(etag, sizeof(etag), "%.10s", strstr(text(), "ETag: ") + 6);
	ck_assert(etag[0] == '"' && etag[9] == '"');
	ck_assert_int_eq(ask_as((struct request){ .if_none_match = etag },
				"/porch/poster.jpg", 0),
			 304);
	ck_assert(!says("\nContent-Type:") && says(etag));
	ck_assert_int_eq(
		ask_as((struct request){ .if_none_match = "\"0badc0de\"" },
		       "/porch/poster.jpg", 0),
		200);
}
END_TEST

START_TEST(a_poster_is_not_from_the_future)
{
	static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff, 0xe0, 1 };
	struct poster_params params = { .bytes = jpeg,
					.size = sizeof(jpeg),
					.taken_us = 11,
					.wall_us = 10 };
	struct poster *poster;

	ck_assert_int_eq(poster_open(&poster, &params), 0);
	ck_assert_int_eq(poster_taken_us(poster), 10);
	poster_close(&poster);
	params.taken_us = 9;
	ck_assert_int_eq(poster_open(&poster, &params), 0);
	ck_assert_int_eq(poster_taken_us(poster), 9);
	poster_close(&poster);
	ck_assert_ptr_null(poster);
	poster_close(&poster);
	params.size = 4;
	ck_assert_int_eq(poster_open(&poster, &params), -EPROTO);
	ck_assert_ptr_null(poster);
}
END_TEST

static void guard_with(struct guard_params params)
{
	params.max_connections = 8;
	guard_close(&source.guard);
	ck_assert_int_eq(guard_open(&source.guard, &params), 0);
}

START_TEST(who_asks_too_often_is_told_to_come_later)
{
	const struct request from = { .from = { { 1 } } };

	guard_with((struct guard_params){ .address_rate = 1 });
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(ask_as(from, "/healthz", 0), 200);
	ck_assert_int_eq(ask_as(from, "/healthz", 0), 429);
	ck_assert(says("Retry-After: 2\r\n"));
	ck_assert(says("Connection: close\r\n"));
	ck_assert_uint_eq(counters.refused[REFUSED_RATE], 1);
	ck_assert_int_eq(ask_as(from, "/healthz", 2 * SECOND), 200);
	guard_close(&source.guard);
}
END_TEST

START_TEST(a_link_is_used_so_often_by_all_who_have_it)
{
	guard_with((struct guard_params){ .token_rate = 1 });
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(get("/porch/~abc/state.json"), 200);
	ck_assert_int_eq(get("/porch/~abc/state.json"), 429);
	ck_assert_int_eq(get("/porch/~abd/state.json"), 200);
	guard_close(&source.guard);
}
END_TEST

START_TEST(who_guesses_is_not_even_told_that_he_is_right)
{
	char path[64], token[KEY_TOKEN_SIZE];
	struct request from = { .from = { { 1 } } };

	source.open = false;
	guard_with((struct guard_params){ .guesses = 3 });
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/porch/~%d/state.json", i);
		ck_assert_int_eq(ask_as(from, path, 0), 403);
	}
	key_token(token, &keys, "porch", 1763823600 + 1);
	snprintf(path, sizeof(path), "/porch/~%s/state.json", token);
	ck_assert_int_eq(ask_as(from, path, 0), 429);
	from.authorization = "Bearer x";
	ck_assert_int_eq(ask_as(from, "/metrics", 0), 429);
	ck_assert_int_eq(ask_as(from, "/v1/publish/porch/demand", 0), 429);
	ck_assert_uint_eq(counters.refused[REFUSED_GUESSES], 3);
	ck_assert_uint_eq(counters.refused[REFUSED_LINK], 3);
	/* What needs no key is there for him, and all for anybody else. */
	ck_assert_int_eq(ask_as(from, "/healthz", 0), 200);
	from.from.byte[0] = 2;
	ck_assert_int_eq(ask_as(from, path, 0), 200);
	guard_close(&source.guard);
}
END_TEST

START_TEST(an_expired_link_is_no_guess)
{
	char path[64], token[KEY_TOKEN_SIZE];
	const struct request from = { .from = { { 1 } } };

	source.open = false;
	guard_with((struct guard_params){ .guesses = 1 });
	for (int i = 0; i < 5; i++) {
		key_token(token, &keys, "porch", 1763823600 - (uint32_t)i);
		snprintf(path, sizeof(path), "/porch/~%s/state.json", token);
		ck_assert_int_eq(ask_as(from, path, 0), 403);
		ck_assert(says("expired"));
	}
	guard_close(&source.guard);
}
END_TEST

START_TEST(refusals_are_counted_by_their_reason)
{
	source.open = false;
	get("/porch/state.json");
	get("/porch/~x/state.json");
	get("/metrics");
	counters.refused[REFUSED_SLOW] = 7;
	source.open = true;
	ck_assert_int_eq(get("/metrics"), 200);
	ck_assert(says("oriel_refused_total{reason=\"link\"} 2\n"));
	ck_assert(says("oriel_refused_total{reason=\"key\"} 1\n"));
	ck_assert(says("oriel_refused_total{reason=\"slow\"} 7\n"));
}
END_TEST

START_TEST(a_relay_that_is_about_to_stop_is_healthy_but_not_ready)
{
	ck_assert_int_eq(get("/readyz"), 200);
	counters.leaving = true;
	ck_assert_int_eq(get("/readyz"), 503);
	ck_assert(says("Retry-After: "));
	ck_assert_int_eq(get("/healthz"), 200);
}
END_TEST

START_TEST(each_camera_has_its_metrics)
{
	const struct wire_part part = { .start_us = WALL_US - 500000,
					.duration_90k = 9000 };

	begin_camera();
	camera_count_part(camera, &part, WALL_US);
	camera_count_resume(camera);
	camera_count_answer(camera, 1234);
	counters.resident_bytes = 4096;
	ck_assert_int_eq(get("/metrics"), 200);
	ck_assert(says("\noriel_camera_state{camera=\"porch\",state=\"live\"} "
		       "1\n"));
	ck_assert(says("\noriel_camera_state{camera=\"porch\",state=\"gone\"} "
		       "0\n"));
	ck_assert(says("\noriel_camera_viewers{camera=\"porch\"} 0\n"));
	ck_assert(says("\noriel_camera_parts_total{camera=\"porch\"} 1\n"));
	ck_assert(says("\noriel_camera_resumes_total{camera=\"porch\"} 1\n"));
	ck_assert(says("\noriel_camera_sent_bytes_total{camera=\"porch\"} "
		       "1234\n"));
	ck_assert(says("\noriel_camera_part_delay_seconds{camera=\"porch\"} "
		       "0.400\n"));
	ck_assert(!says("\noriel_camera_received_bytes_total{camera=\"porch\"} "
			"0\n"));
	ck_assert(says("\noriel_memory_bytes{kind=\"resident\"} 4096\n"));
	ck_assert(!says("\noriel_memory_bytes{kind=\"replies\"} 0\n"));
}
END_TEST

START_TEST(metrics_may_have_a_listener_of_their_own_and_it_nothing_else)
{
	struct request inside = { 0 };

	address_set_inside(&inside.from);
	source.open = false;
	ck_assert_int_eq(get("/metrics"), 401);
	ck_assert_int_eq(ask_as(inside, "/metrics", 0), 200);
	source.metrics_inside = true;
	ck_assert_int_eq(get("/metrics"), 404);
	ck_assert_int_eq(ask_as(inside, "/metrics", 0), 200);
	ck_assert_int_eq(ask_as(inside, "/healthz", 0), 200);
	ck_assert_int_eq(ask_as(inside, "/readyz", 0), 200);
	source.open = true;
	ck_assert_int_eq(ask_as(inside, "/v1/cameras", 0), 404);
	ck_assert_int_eq(ask_as(inside, "/porch/state.json", 0), 404);
	ck_assert_int_eq(ask_as(inside, "/", 0), 404);
}
END_TEST

START_TEST(nobody_publishes_through_the_listener_for_metrics)
{
	char name[CAMERA_NAME_MAX + 1], key[KEY_SIZE], bearer[KEY_SIZE + 8];
	struct request inside = { .path = "/v1/publish/porch",
				  .path_size = 17,
				  .authorization = bearer,
				  .if_none_match = "" };
	uint64_t session;

	key_publish(key, &keys, "porch");
	snprintf(bearer, sizeof(bearer), "Bearer %s", key);
	ck_assert(answer_publish(&source, &inside, "oriel.1", 0, name, &reply));
	address_set_inside(&inside.from);
	ck_assert(
		!answer_publish(&source, &inside, "oriel.1", 0, name, &reply));
	ck_assert_int_eq(reply->status, 404);
	reply_release(&reply);
	inside.path = session_path;
	inside.path_size = strlen(session_path);
	ck_assert_int_eq(
		answer_post(&source, &inside, 0, name, &session, &reply),
		ANSWER_ELSE);
	ck_assert_int_eq(ask_as(inside, session_path, 0), 404);
}
END_TEST

static bool is_secret(const char *hash, const char *password, size_t n)
{
	return n == strlen(hash) && memcmp(hash, password, n) == 0;
}

/* Likewise for who waits for a look at a password: as the relay asks again. */
static int look_for(struct request request, const char *path, int64_t now_us)
{
	struct login *l = source.login;

	ck_assert_uint_ne(want.login, 0);
	ck_assert_uint_eq(want.login, login_next(l)->name);
	login_tell(l, login_is_right(l, login_next(l)), 0, now_us);
	request.login = want.login;
	request.authorization = "";
	return ask_as(request, path, now_us);
}

/* And for who waits if he is not known yet. */
static int login_as(struct request request, const char *path, int64_t now_us)
{
	int status = ask_as(request, path, now_us);

	return status ? status : look_for(request, path, now_us);
}

START_TEST(a_user_with_a_password_needs_no_link)
{
	struct login login = { .user = "ann",
			       .hash = "secret",
			       .matches = is_secret };
	/* "ann:secret", "ann:wrong" */
	const struct request right = { .authorization =
					       "Basic YW5uOnNlY3JldA==" };
	const struct request wrong = { .authorization = "Basic YW5uOndyb25n" };

	source.open = false;
	source.login = &login;
	begin_camera();
	ck_assert_int_eq(get("/porch/state.json"), 401);
	ck_assert(says("\r\nWWW-Authenticate: Basic realm=\"Oriel\", "
		       "charset=\"UTF-8\"\r\n"));
	ck_assert_int_eq(login_as(wrong, "/porch/state.json", 0), 401);
	ck_assert_int_eq(ask_as(wrong, "/porch/state.json", 0), 401);
	ck_assert_int_eq(login_as(right, "/porch/state.json", 0), 200);
	ck_assert_int_eq(ask_as(right, "/porch/index.m3u8", 0), 200);
	ck_assert_int_eq(ask_as(right, "/v1/cameras", 0), 200);
	ck_assert_int_eq(get("/"), 401);
	ck_assert_int_eq(ask_as(right, "/", 0), 200);
	ck_assert(says("href=\"porch/\""));
	/* It is for viewing only. */
	ck_assert_int_eq(ask_as(right, "/metrics", 0), 401);
	ck_assert_int_eq(ask_as(right, "/v1/publish/porch/demand", 0), 401);
	/* A link is as good as ever, and a wrong one no better. */
	ck_assert_int_eq(ask_as(right, "/porch/~x/state.json", 0), 403);
	ck_assert_int_eq(get("/healthz"), 200);
}
END_TEST

/*
 * A cache in front asks nobody for a password, and "public" would let it keep
 * what was given for one (RFC 9111 3.5).
 */
START_TEST(what_is_given_for_a_password_is_for_no_shared_cache)
{
	static const char *const paths[] = { "/porch/index.m3u8",
					     "/porch/poster.jpg",
					     "/porch/abcdef01-11.1.m4s",
					     "/porch/abcdef01-11.m4s",
					     "/porch/init-11111111.mp4" };
	struct login login = { .user = "ann",
			       .hash = "secret",
			       .matches = is_secret };
	struct request right = { .authorization = "Basic YW5uOnNlY3JldA==" };
	char token[KEY_TOKEN_SIZE], path[128];

	begin_camera();
	put_poster();
	key_token(token, &keys, "porch", UINT32_MAX);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		/* Where all may look, and by a link that has to be known. */
		source.open = true;
		ck_assert_int_eq(ask_as(right, paths[i], 0), 200);
		ck_assert(says("\r\nCache-Control: public, max-age="));
		source.open = false;
		source.login = &login;
		snprintf(path, sizeof(path), "/porch/~%s%s", token,
			 paths[i] + strlen("/porch"));
		ck_assert_int_eq(ask_as(right, path, 0), 200);
		ck_assert(says("\r\nCache-Control: public, max-age="));
		ck_assert_int_eq(login_as(right, paths[i], 0), 200);
		ck_assert(says("\r\nCache-Control: private,max-age="));
		ck_assert(!says("public"));
	}
	/* The next part, for which it has to wait, is no other. */
	right.directives = (struct directives){ .has_msn = true, .msn = 13 };
	ck_assert_int_eq(ask_as(right, "/porch/index.m3u8", 0), 0);
	put_segments(camera, 13, 13);
	put_playlist(camera, 10, 13, 2, 1);
	ck_assert_int_eq(again(1), 200);
	ck_assert(says("\r\nCache-Control: private,max-age="));
}
END_TEST

START_TEST(who_waits_for_a_look_gets_what_there_is_then)
{
	static const char *const paths[] = { "/porch",
					     "/porch/",
					     "/porch/state.json",
					     "/porch/poster.jpg",
					     "/v1/cameras",
					     "/v1/cameras/porch",
					     "/",
					     "/porch/index.m3u8" };
	static const int statuses[] = {
		308, 200, 200, 404, 200, 200, 200, 200
	};
	const struct request right = { .authorization =
					       "Basic YW5uOnNlY3JldA==" };

	source.open = false;
	begin_camera();
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct login login = { .user = "ann",
				       .hash = "secret",
				       .matches = is_secret };

		source.login = &login;
		ck_assert_int_eq(ask_as(right, paths[i], 0), 0);
		ck_assert(want.away);
		/* Another one of the same waits for the same look. */
		ck_assert_int_eq(ask_as(right, "/porch/", 0), 0);
		ck_assert_int_eq(look_for(right, paths[i], 1), statuses[i]);
	}
	source.login = NULL;
}
END_TEST

START_TEST(who_waited_for_a_look_may_wait_for_the_camera_then)
{
	struct login login = { .user = "ann",
			       .hash = "secret",
			       .matches = is_secret };
	const struct request right = { .authorization =
					       "Basic YW5uOnNlY3JldA==" };

	source.open = false;
	source.login = &login;
	ck_assert_int_eq(ask_as(right, "/shed/index.m3u8", SECOND), 0);
	ck_assert_int_eq(look_for(right, "/shed/index.m3u8", 9 * SECOND), 0);
	ck_assert_uint_eq(want.login, 0);
	ck_assert_str_eq(want.camera, "shed");
	/* All of its time, from then on. */
	ck_assert_int_eq(again(9 * SECOND + source.hold_us - 1), 0);
	ck_assert_int_eq(again(9 * SECOND + source.hold_us), 503);
}
END_TEST

START_TEST(passwords_are_not_guessed)
{
	struct login login = { .user = "ann",
			       .hash = "secret",
			       .matches = is_secret };
	struct request from = { .from = { { 1 } } };
	/* "ann:0", "ann:1", "ann:2" */
	static const char *const tries[] = { "Basic YW5uOjA=", "Basic YW5uOjE=",
					     "Basic YW5uOjI=" };

	source.open = false;
	source.login = &login;
	guard_with((struct guard_params){ .guesses = 3 });
	for (int i = 0; i < 3; i++) {
		from.authorization = tries[i];
		/* Several at once, and again later, are one guess. */
		ck_assert_int_eq(ask_as(from, "/porch/poster.jpg", SECOND), 0);
		ck_assert_int_eq(login_as(from, "/porch/state.json", SECOND),
				 401);
		if (i < 2)
			ck_assert_int_eq(
				ask_as(from, "/porch/state.json", SECOND), 401);
	}
	from.authorization = "Basic YW5uOnNlY3JldA==";
	ck_assert_int_eq(ask_as(from, "/porch/state.json", SECOND), 429);
	from.from.byte[0] = 2;
	ck_assert_int_eq(login_as(from, "/porch/state.json", SECOND), 200);
	guard_close(&source.guard);
}
END_TEST

START_TEST(an_address_tries_one_password_at_a_time)
{
	struct login login = { .user = "ann",
			       .hash = "secret",
			       .matches = is_secret };
	struct request from = { .from = { { 1 } },
				.authorization = "Basic YW5uOjA=" };

	source.open = false;
	source.login = &login;
	ck_assert_int_eq(ask_as(from, "/porch/", 0), 0);
	from.authorization = "Basic YW5uOjE=";
	ck_assert_int_eq(ask_as(from, "/porch/", 0), 429);
	ck_assert(says("\r\nRetry-After: 1\r\n"));
	ck_assert_uint_eq(counters.refused[REFUSED_GUESSES], 1);
}
END_TEST

/* It was counted before it had to wait. */
START_TEST(asking_again_after_a_look_is_no_further_request)
{
	struct login login = { .user = "ann",
			       .hash = "secret",
			       .matches = is_secret };
	struct request from = { .from = { { 1 } },
				.authorization = "Basic YW5uOnNlY3JldA==" };
	int asked = 0;

	source.open = false;
	source.login = &login;
	guard_with((struct guard_params){ .address_rate = 1 });
	ck_assert_int_eq(ask_as(from, "/", 0), 0);
	while (ask_as(from, "/", 0) == 0 && asked < 1000)
		asked++;
	ck_assert_int_eq(reply->status, 429);
	ck_assert_int_eq(look_for(from, "/", 0), 200);
	guard_close(&source.guard);
}
END_TEST

START_TEST(a_link_for_all_cameras_lists_them)
{
	char all[KEY_TOKEN_SIZE], one[KEY_TOKEN_SIZE], path[96], href[96];

	begin_camera();
	source.open = false;
	key_token(all, &keys, KEY_ALL, 1763823600 + 1);
	key_token(one, &keys, "porch", 1763823600 + 1);
	snprintf(path, sizeof(path), "/~%s/", all);
	snprintf(href, sizeof(href), "<a href=\"../porch/~%s/\">", all);
	ck_assert_int_eq(get(path), 200);
	ck_assert(says(href));
	ck_assert(says("data-list=\"link\""));
	ck_assert(says("\"../assets/home.js\""));
	snprintf(path, sizeof(path), "/~%s/cameras.json", all);
	ck_assert_int_eq(get(path), 200);
	ck_assert(says("{\"camera\":\"porch\",\"state\""));
	snprintf(path, sizeof(path), "/~%s", all);
	ck_assert_int_eq(get(path), 308);
	snprintf(path, sizeof(path), "/~%s/", one);
	ck_assert_int_eq(get(path), 403);
	snprintf(path, sizeof(path), "/~%s/cameras.json", one);
	ck_assert_int_eq(get(path), 403);
}
END_TEST

CHECK_MAIN(answer, setup, teardown,
	   messages_are_taken_by_post_and_waited_for_by_get,
	   a_post_has_a_length_within_its_limit, who_has_no_key_posts_nothing,
	   the_body_of_a_refused_post_is_received_if_it_can_be,
	   a_post_to_what_takes_none_is_405_even_without_a_body,
	   a_session_has_no_other_methods, the_poster_is_shown_to_who_may_view,
	   a_poster_that_is_known_is_not_sent_again,
	   a_poster_is_not_from_the_future,
	   a_live_camera_gives_playlist_parts_segments_and_init,
	   what_is_not_of_the_camera_is_404,
	   the_next_playlist_is_waited_for_and_given,
	   waiting_ends_after_three_target_durations_with_503,
	   too_far_ahead_is_400_at_once,
	   a_part_without_a_segment_is_400_whatever_the_camera,
	   the_next_part_is_waited_for_and_given,
	   a_part_that_did_not_come_is_404_or_503_in_the_end,
	   who_asks_too_late_for_a_withdrawn_hint_has_time_to_cancel,
	   a_camera_that_never_came_is_held_and_then_503,
	   who_waits_for_a_camera_gets_its_first_playlist,
	   parts_are_given_before_the_first_playlist_is_there,
	   a_frozen_playlist_is_given_for_three_target_durations,
	   a_device_that_sends_nothing_is_stalled,
	   media_of_a_camera_that_is_gone_is_still_given,
	   an_ended_stream_answers_at_once_and_for_ever,
	   gzip_is_given_to_who_takes_it, the_state_is_told_as_json,
	   a_page_is_given_and_its_slash_added,
	   a_closed_relay_wants_a_link_and_says_what_is_wrong_with_it,
	   an_open_relay_ignores_tokens,
	   a_closed_relay_shows_its_insides_to_the_operator,
	   health_home_and_assets_are_for_all,
	   home_names_cameras_where_viewing_is_open,
	   home_says_how_to_begin_and_to_strangers_nothing_else, metrics_count,
	   the_list_of_cameras_is_json, other_methods_are_405_and_options_204,
	   what_makes_no_sense_is_400,
	   a_request_with_a_body_is_400_and_the_last,
	   a_device_may_publish_with_its_key_and_our_protocol,
	   an_open_relay_wants_the_publish_key_all_the_same,
	   a_sleeping_device_hears_who_waits,
	   who_waits_since_before_the_first_check_in_is_told_of,
	   a_viewer_is_held_until_the_device_has_asked_and_come,
	   a_request_for_media_or_state_alone_wakes_nobody,
	   intervals_are_kept_within_reason, only_the_device_itself_asks,
	   a_relay_that_is_full_says_so_to_a_sleeping_device,
	   who_asks_too_often_is_told_to_come_later,
	   a_link_is_used_so_often_by_all_who_have_it,
	   who_guesses_is_not_even_told_that_he_is_right,
	   an_expired_link_is_no_guess, refusals_are_counted_by_their_reason,
	   a_relay_that_is_about_to_stop_is_healthy_but_not_ready,
	   each_camera_has_its_metrics,
	   metrics_may_have_a_listener_of_their_own_and_it_nothing_else,
	   nobody_publishes_through_the_listener_for_metrics,
	   a_user_with_a_password_needs_no_link, passwords_are_not_guessed,
	   what_is_given_for_a_password_is_for_no_shared_cache,
	   who_waits_for_a_look_gets_what_there_is_then,
	   who_waited_for_a_look_may_wait_for_the_camera_then,
	   an_address_tries_one_password_at_a_time,
	   asking_again_after_a_look_is_no_further_request,
	   a_link_for_all_cameras_lists_them)
