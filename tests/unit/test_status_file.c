/* SPDX-License-Identifier: MIT */
/* The file, whole_file that writes it, and the command that reads it. */
#include "device/status/status_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "device/status/status_command.h"
#include "device/status/status_json.h"
#include "device/status/status_words.h"
#include "device/whole_file.h"
#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)

static char folder[64], path[80], other[80], output[80];
static struct status *status;
static struct status_file file;
static char text[STATUS_JSON_SIZE];
static struct status_question question;

static void setup(void)
{
	log_set_level((enum log_level)0);
	memcpy(folder, "/tmp/oriel-status-XXXXXX", 25);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/status.json", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	snprintf(output, sizeof(output), "%s/output", folder);
	ck_assert_int_eq(status_open(&status,
				     &(struct status_params){
					     .camera = "porch",
					     .relay = "relay.example.org" }),
			 0);
	status_file_init(&file, path);
	question = (struct status_question){ 0 };
}

static void teardown(void)
{
	status_close(&status);
	unlink(path);
	unlink(other);
	unlink(output);
	ck_assert_int_eq(rmdir(folder), 0); /* nothing temporary was left */
}

static void update(int64_t now_us)
{
	status_file_update(&file, status, now_us, 1000 * SECOND + now_us);
}

static bool is_there(const char *what)
{
	return access(what, F_OK) == 0;
}

/* When it was written, in the monotonic time that update() was given. */
static int64_t written(void)
{
	struct status_view v;

	ck_assert_int_gt(whole_file_read(path, text, sizeof(text)), 0);
	ck_assert_int_eq(status_json_parse(&v, text), 0);
	return v.written_us - 1000 * SECOND;
}

/* Runs the command; what it printed is in `text`. */
static int command(bool json)
{
	const char *const paths[] = { other, path, NULL };
	int out, err, saved = dup(STDOUT_FILENO);

	fflush(stdout);
	out = open(output, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(out, 0);
	dup2(out, STDOUT_FILENO);
	question.paths = paths;
	question.json = json;
	question.wall_us = 2000 * SECOND;
	err = status_command(&question);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(out);
	ck_assert_int_ge(whole_file_read(output, text, sizeof(text)), 0);
	return err;
}

START_TEST(it_is_written_when_something_changed_and_at_most_once_a_second)
{
	update(10 * SECOND);
	ck_assert_int_eq(written(), 10 * SECOND);
	update(20 * SECOND);
	ck_assert_int_eq(written(), 10 * SECOND);
	status_bitrate(status, 5);
	update(20 * SECOND);
	ck_assert_int_eq(written(), 20 * SECOND);
	status_bitrate(status, 6);
	update(21 * SECOND - 1);
	ck_assert_int_eq(written(), 20 * SECOND);
	update(21 * SECOND);
	ck_assert_int_eq(written(), 21 * SECOND);
}
END_TEST

START_TEST(everybody_may_read_it_and_it_goes_at_the_end)
{
	struct stat st;
	mode_t mask = umask(077);

	update(SECOND);
	umask(mask);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0644);
	status_file_remove(&file);
	ck_assert(!is_there(path));
}
END_TEST

START_TEST(what_was_never_written_is_not_removed)
{
	ck_assert_int_eq(
		whole_file_write(&(struct whole_file_params){ .path = path,
							      .mode = 0600 },
				 "x", 1),
		0);
	status_file_remove(&file);
	ck_assert(is_there(path));
}
END_TEST

START_TEST(a_folder_that_comes_later_is_found)
{
	char late[100];

	snprintf(late, sizeof(late), "%s/late/status.json", folder);
	status_file_init(&file, late);
	update(SECOND);
	ck_assert(!is_there(late));
	late[strlen(folder) + 5] = '\0';
	ck_assert_int_eq(mkdir(late, 0700), 0);
	late[strlen(folder) + 5] = '/';
	update(2 * SECOND - 1);
	ck_assert(!is_there(late));
	update(2 * SECOND);
	ck_assert(is_there(late));
	status_file_remove(&file);
	late[strlen(folder) + 5] = '\0';
	ck_assert_int_eq(rmdir(late), 0);
}
END_TEST

START_TEST(a_file_is_replaced_whole_and_a_link_is_not_followed)
{
	const struct whole_file_params params = { .path = path,
						  .mode = 0640,
						  .durable = true };
	char temporary[100], buffer[5];

	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	ck_assert_int_eq(symlink(other, temporary), 0);
	ck_assert_int_eq(whole_file_write(&params, "four", 4), 0);
	ck_assert(!is_there(other));
	ck_assert_int_eq(whole_file_read(path, buffer, 5), 4);
	ck_assert_str_eq(buffer, "four");
	ck_assert_int_eq(whole_file_read(path, buffer, 4), -EFBIG);
	ck_assert_int_eq(whole_file_write(&params, "", 0), 0);
	ck_assert_int_eq(whole_file_read(path, buffer, 5), 0);
	ck_assert_int_eq(whole_file_read(other, buffer, 5), -ENOENT);
}
END_TEST

START_TEST(without_a_file_no_camera_runs)
{
	ck_assert_int_eq(command(false), -ENOENT);
	ck_assert_ptr_nonnull(strstr(text, "No camera runs here"));
	ck_assert_int_eq(command(true), -ENOENT);
	ck_assert_str_eq(text, "{\"running\":false}\n");
}
END_TEST

START_TEST(a_camera_that_runs_is_told_of_in_words_or_json)
{
	status_source(status, "v4l2", "m2m", 640, 360);
	status_bitrate(status, 1500000);
	status_note(status, STATUS_HARDWARE, "It hangs.");
	status_traffic(status,
		       &(struct status_traffic){ 12345678, 999499, 4100 });
	status_budget(status,
		      &(struct status_budget){ 5000000000, 12345, 0, 200000 });
	update(SECOND);
	ck_assert_int_eq(command(false), 0);
	ck_assert_ptr_nonnull(strstr(text, "porch"));
	ck_assert_ptr_nonnull(strstr(text, "relay.example.org, not connected"));
	ck_assert_ptr_nonnull(strstr(text, "nothing before there is a"));
	ck_assert_ptr_nonnull(
		strstr(text, "v4l2, 640x360, 0.0 frames a second, encoded by "
			     "m2m at 1.5 Mbit/s\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "12 MB: 999 kB of media, 4.1 kB of posters\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "12 kB of 5.0 GB used; it allows 200 kbit/s\n"));
	ck_assert_ptr_nonnull(strstr(text, "Note       It hangs.\n"));
	status_mode(status, WIRE_ASLEEP, 10, 0);
	update(3 * SECOND);
	ck_assert_int_eq(command(false), 0);
	ck_assert_ptr_nonnull(strstr(text, "v4l2, 640x360, not encoded now\n"));
	ck_assert_int_eq(command(true), 0);
	ck_assert(text[0] == '{' && strstr(text, "\"bitrate\":1500000"));
}
END_TEST

START_TEST(an_origin_is_told_of_and_what_is_wrong_with_it)
{
	status_close(&status);
	ck_assert_int_eq(status_open(&status,
				     &(struct status_params){
					     .camera = "porch",
					     .origin = "media.example.org" }),
			 0);
	update(SECOND);
	ck_assert_int_eq(command(false), 0);
	ck_assert_ptr_nonnull(strstr(text, "Relay      none\n"));
	ck_assert_ptr_nonnull(strstr(
		text,
		"Origin     media.example.org: it takes what is pushed\n"));
	status_origin(status, "It is full.");
	update(3 * SECOND);
	ck_assert_int_eq(command(false), 0);
	ck_assert_ptr_nonnull(
		strstr(text, "Origin     media.example.org: It is full.\n"));
	ck_assert_ptr_null(strstr(text, "Note"));
	status_origin(status, NULL);
	update(5 * SECOND);
	ck_assert_int_eq(command(false), 0);
	ck_assert_ptr_null(strstr(text, "It is full."));
}
END_TEST

START_TEST(a_file_of_a_process_that_is_gone_is_stale)
{
	struct status_view v = { .pid = 0x7fffffff, .mode = WIRE_LIVE };
	int n = status_json_print(text, sizeof(text), &v);

	ck_assert_int_eq(
		whole_file_write(&(struct whole_file_params){ .path = path,
							      .mode = 0600 },
				 text, (size_t)n),
		0);
	ck_assert_int_eq(command(false), -ENOENT);
	ck_assert_ptr_nonnull(
		strstr(text, "process 2147483647, which is gone"));
	ck_assert_int_eq(command(true), -ENOENT);
	ck_assert_str_eq(text, "{\"running\":false}\n");
}
END_TEST

/* What the relay would answer; NULL: it cannot be asked. */
static int ask(void *context, char out[static STATUS_ANSWER_SIZE],
	       const char **why)
{
	const char *answer = context;

	*why = "it is away, is it running?";
	if (!answer)
		return -ECONNREFUSED;
	snprintf(out, STATUS_ANSWER_SIZE, "%s", answer);
	return 0;
}

static void ask_for(const char *answer)
{
	static char copy[200];

	question.relay = "relay.example.org";
	question.ask = ask;
	question.context =
		answer ? memcpy(copy, answer, strlen(answer) + 1) : NULL;
}

START_TEST(without_a_camera_here_the_relay_is_asked)
{
	ask_for("{\"camera\":\"porch\",\"state\":\"live\",\"viewers\":0}\n");
	ck_assert_int_eq(command(false), 0);
	ck_assert_ptr_nonnull(strstr(text, "What relay.example.org knows:"));
	ck_assert_ptr_nonnull(strstr(text, "porch: it is live; nobody"));
	ck_assert_ptr_nonnull(strstr(text, other)); /* where it was looked */
	ck_assert_int_eq(command(true), 0);
	ck_assert_str_eq(text,
			 "{\"running\":false,\"relay\":{\"camera\":"
			 "\"porch\",\"state\":\"live\",\"viewers\":0}}\n");
	ask_for("{\"camera\":\"porch\",\"state\":\"offline\",\"viewers\":0}");
	ck_assert_int_eq(command(false), -ENOENT);
	ck_assert_ptr_nonnull(strstr(text, "porch: it is away; nobody"));
	ask_for("welcome to the hotel");
	ck_assert_int_eq(command(false), -EPROTO);
}
END_TEST

START_TEST(a_relay_that_cannot_be_asked_is_said)
{
	ask_for(NULL);
	ck_assert_int_eq(command(false), -ENOENT);
	ck_assert_ptr_nonnull(strstr(text, "No camera runs here"));
	ck_assert_ptr_nonnull(strstr(
		text, "The relay cannot be asked: it is away, is it running?"));
	ck_assert_int_eq(command(true), -ENOENT);
	ck_assert_str_eq(text, "{\"running\":false}\n");
	question.relay = NULL;
	question.hint = "try it with sudo";
	ck_assert_int_eq(command(false), -ENOENT);
	ck_assert_ptr_nonnull(
		strstr(text, "The relay cannot be asked: try it with sudo"));
}
END_TEST

START_TEST(a_camera_that_runs_here_is_not_asked_for_elsewhere)
{
	ask_for("{\"camera\":\"porch\",\"state\":\"live\",\"viewers\":0}");
	update(SECOND);
	ck_assert_int_eq(command(false), 0);
	ck_assert_ptr_null(strstr(text, "What relay"));
}
END_TEST

/* For the service manager, which has room for one. */
static void expect_line(const struct status_view *view, const char *expected)
{
	char line[STATUS_LINE_SIZE];

	status_words_line(line, sizeof(line), view);
	ck_assert_str_eq(line, expected);
}

START_TEST(one_line_says_the_most_important)
{
	struct status_view view = { .mode = WIRE_LIVE };

	expect_line(&view, "the source is being opened");
	snprintf(view.source, sizeof(view.source), "test card");
	expect_line(&view, "the stream stays in the spool");
	snprintf(view.origin, sizeof(view.origin), "files.example.org");
	expect_line(&view, "pushes to files.example.org");
	snprintf(view.origin_note, sizeof(view.origin_note), "It says 403.");
	expect_line(&view, "pushes to files.example.org; It says 403.");
	snprintf(view.relay, sizeof(view.relay), "relay.example.org");
	snprintf(view.note, sizeof(view.note), "It is down.");
	expect_line(&view, "not connected to relay.example.org; It is down.");
	view.note[0] = view.origin_note[0] = '\0';
	view.connected = true;
	expect_line(&view, "live at relay.example.org");
	view.mode = WIRE_QUIET;
	expect_line(&view, "quiet at relay.example.org");
	view.mode = WIRE_ASLEEP;
	view.checkin_s = 20;
	expect_line(&view, "asleep at relay.example.org");
	view.connected = false;
	expect_line(&view, "asleep, asks relay.example.org every 20 s");
	view.checkin_s = 0;
	expect_line(&view, "not connected to relay.example.org");
}
END_TEST

START_TEST(one_line_never_takes_more_than_its_room)
{
	struct status_view view = { .source = "x" };
	char line[STATUS_LINE_SIZE + 1];

	memset(view.relay, 'r', sizeof(view.relay) - 1);
	memset(view.note, 'n', sizeof(view.note) - 1);
	for (size_t size = 1; size <= STATUS_LINE_SIZE; size++) {
		line[size] = '!';
		status_words_line(line, size, &view);
		ck_assert_uint_eq(strlen(line), size - 1);
		ck_assert_int_eq(line[size], '!');
	}
}
END_TEST

CHECK_MAIN(status_file, setup, teardown,
	   it_is_written_when_something_changed_and_at_most_once_a_second,
	   everybody_may_read_it_and_it_goes_at_the_end,
	   what_was_never_written_is_not_removed,
	   a_folder_that_comes_later_is_found,
	   a_file_is_replaced_whole_and_a_link_is_not_followed,
	   without_a_file_no_camera_runs,
	   a_camera_that_runs_is_told_of_in_words_or_json,
	   an_origin_is_told_of_and_what_is_wrong_with_it,
	   a_file_of_a_process_that_is_gone_is_stale,
	   without_a_camera_here_the_relay_is_asked,
	   a_relay_that_cannot_be_asked_is_said,
	   a_camera_that_runs_here_is_not_asked_for_elsewhere,
	   one_line_says_the_most_important,
	   one_line_never_takes_more_than_its_room)
