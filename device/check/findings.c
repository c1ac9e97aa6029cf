/* SPDX-License-Identifier: MIT */
#include "device/check/findings.h"

#include <stdarg.h>

static const char *const marks[] = { "ok", "note", "warning", "WRONG" };

void findings_add(struct findings *f, enum finding_mark mark, const char *topic,
		  const char *remedy, const char *format, ...)
{
	struct finding *finding = &f->finding[f->count];
	va_list arguments;

	if (f->count == FINDINGS_MOST)
		return;
	f->count++;
	finding->mark = mark;
	finding->topic = topic;
	snprintf(finding->remedy, sizeof(finding->remedy), "%s",
		 remedy ? remedy : "");
	va_start(arguments, format);
	vsnprintf(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
}

void findings_fact(struct findings *f, const char *topic, const char *name,
		   const char *format, ...)
{
	struct fact *fact = &f->fact[f->facts];
	va_list arguments;

	if (f->facts == FACTS_MOST)
		return;
	f->facts++;
	snprintf(fact->topic, sizeof(fact->topic), "%s", topic);
	fact->name = name;
	va_start(arguments, format);
	vsnprintf(fact->text, sizeof(fact->text), format, arguments);
	va_end(arguments);
}

enum finding_mark findings_worst(const struct findings *f)
{
	enum finding_mark worst = FINDING_GOOD;

	for (int i = 0; i < f->count; i++) {
		if (f->finding[i].mark > worst)
			worst = f->finding[i].mark;
	}
	return worst;
}

void findings_print(const struct findings *f, FILE *out)
{
	for (int i = 0; i < f->count; i++) {
		const struct finding *finding = &f->finding[i];

		fprintf(out, "%-8s %-12s %s\n", marks[finding->mark],
			finding->topic, finding->text);
		if (finding->remedy[0])
			fprintf(out, "%-21s -> %s\n", "", finding->remedy);
	}
}

/* --- JSON (RFC 8259) -------------------------------------------------------
 */

/* Bytes that are no ASCII text, which only devices' names could have, as ?. */
static void print_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else
			fputc(c < 0x20 || c > 0x7e ? '?' : c, out);
	}
	fputc('"', out);
}

static void print_member(FILE *out, const char *name, const char *text,
			 const char *behind)
{
	fprintf(out, "\"%s\": ", name);
	print_string(out, text);
	fputs(behind, out);
}

void findings_print_json(const struct findings *f, FILE *out)
{
	fputs("{\n\"version\": \"" ORIEL_VERSION "\",\n\"findings\": [", out);
	for (int i = 0; i < f->count; i++) {
		const struct finding *finding = &f->finding[i];

		fputs(i ? ",\n\t{ " : "\n\t{ ", out);
		print_member(out, "mark", marks[finding->mark], ", ");
		print_member(out, "topic", finding->topic, ", ");
		print_member(out, "text", finding->text, ", ");
		print_member(out, "remedy", finding->remedy, " }");
	}
	fputs("\n],\n\"facts\": [", out);
	for (int i = 0; i < f->facts; i++) {
		const struct fact *fact = &f->fact[i];

		fputs(i ? ",\n\t{ " : "\n\t{ ", out);
		print_member(out, "topic", fact->topic, ", ");
		print_member(out, "name", fact->name, ", ");
		print_member(out, "text", fact->text, " }");
	}
	fputs("\n]\n}\n", out);
}
