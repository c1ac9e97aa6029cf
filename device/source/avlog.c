/* SPDX-License-Identifier: MIT */
#include "device/source/avlog.h"

#include <stdarg.h>
#include <string.h>

#include <libavutil/log.h>

#define LOG_MODULE "libav"
#include "common/log.h"

#define LINE_SIZE 512

static void write_line(void *context, int level, const char *format,
		       va_list arguments)
{
	char line[LINE_SIZE], safe[LINE_SIZE];
	int prefix = 1;

	if (level > AV_LOG_WARNING)
		return;
	av_log_format_line2(context, level, format, arguments, line,
			    sizeof(line), &prefix);
	line[strcspn(line, "\n")] = '\0';
	/* it may hold what stands in a file or came from a server */
	log_debug("%s", log_escape(safe, sizeof(safe), line, strlen(line)));
}

void avlog_route(void)
{
	av_log_set_callback(write_line);
}
