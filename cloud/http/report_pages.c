/* SPDX-License-Identifier: MIT */
/* The pages of report that people read: the start page, and a refusal. */
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/report_text.h"
#include "cloud/store/store.h"

static const char page_head[] =
	"<!doctype html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, "
	"initial-scale=1, viewport-fit=cover\">\n"
	"<meta name=\"color-scheme\" content=\"dark light\">\n"
	"<title>%s \xe2\x80\x93 Oriel</title>\n"
	"<link rel=\"icon\" href=\"data:,\">\n"
	"<link rel=\"stylesheet\" href=\"%sassets/home.css\">\n";

/* For people: nothing of what was asked for is in it. */
struct reply *report_refused(const char *sentence)
{
	struct report_text page;

	if (!report_begin(&page))
		return NULL;
	fprintf(page.out, page_head, "No access", "/");
	fprintf(page.out,
		"</head>\n<body>\n<main>\n<h1>No access</h1>\n"
		"<p id=\"note\">%s Whoever runs the camera can give you a link."
		"</p>\n</main>\n</body>\n</html>\n",
		sentence);
	return report_finish(&page, 403, "text/html; charset=utf-8");
}

/* Without a script it is a list; home.js makes more of it. */

static void print_home_list(FILE *out, const struct store *store,
			    const struct report_link *link, int64_t now_us)
{
	const struct camera *c;

	for (unsigned int i = 0; (c = store_camera(store, i)); i++)
		fprintf(out,
			"<li data-camera=\"%s\"><a href=\"%s%s/%s%.*s%s\">%s"
			"</a> <span>%s</span></li>\n",
			camera_name(c), link->token ? "../" : "",
			camera_name(c), link->token ? "~" : "", (int)link->size,
			link->token ? link->token : "", link->token ? "/" : "",
			camera_name(c),
			report_state_name(camera_state(c, now_us)));
}

/* Nothing that a stranger may not know: it is the same for every relay. */
static void print_steps(FILE *out, bool list, bool empty)
{
	fprintf(out,
		"<details id=\"start\"%s%s>\n"
		"<summary>%s</summary>\n"
		"<ol>\n"
		"<li>Where the relay runs, print the key of a camera, here of "
		"one that is called porch:\n"
		"<pre><code>oriel-relay key porch</code></pre></li>\n"
		"<li>On the camera, with that key:\n"
		"<pre><code>export ORIEL_KEY=<i>what it printed</i>\n"
		"oriel-cam <span>--relay <span data-address=\"relay\">"
		"wss://relay.example.org/</span></span> "
		"<span>--camera porch</span></code></pre></li>\n"
		"<li>%s (<code>'*'</code> instead of porch is for all "
		"cameras):\n"
		"<pre><code>oriel-relay link porch <span>--for 7d</span> "
		"<span>--url <span data-address=\"page\">"
		"https://relay.example.org</span></span></code></pre></li>\n"
		"</ol>\n"
		"</details>\n",
		list && empty ? " open" : "", list && !empty ? " hidden" : "",
		list ? "Connect a camera"
		     : "Is this your relay? Connect a camera",
		list ? "For somebody else, print a viewing link where the "
		       "relay runs"
		     : "Where the relay runs, print a viewing link, and open "
		       "it");
}

struct reply *report_home(const struct store *store, bool list,
			  const struct report_link *link, int64_t now_us)
{
	const char *up = link->token ? "../" : "";
	bool empty = !store_camera(store, 0);
	struct report_text page;

	if (!report_begin(&page))
		return NULL;
	fprintf(page.out, page_head, "Cameras", up);
	fprintf(page.out,
		"<script type=\"module\" src=\"%sassets/home.js\">"
		"</script>\n</head>\n"
		"<body data-list=\"%s\">\n<main>\n<h1>Cameras</h1>\n"
		"<ul id=\"cameras\">\n",
		up,
		link->token ? "link"
		: list	    ? "open"
			    : "closed");
	if (list)
		print_home_list(page.out, store, link, now_us);
	fputs("</ul>\n", page.out);
	fprintf(page.out, "<p id=\"note\"%s>%s</p>\n",
		list && !empty ? " hidden" : "",
		list ? "No camera has connected yet. As soon as one has, it "
		       "is here."
		     : "Cameras are here once you have opened their viewing "
		       "links in this browser.");
	print_steps(page.out, list, empty);
	fputs("</main>\n</body>\n</html>\n", page.out);
	return report_finish(&page, 200, "text/html; charset=utf-8");
}
