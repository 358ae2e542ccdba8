#include "cli/xml.h"

#include "grammar/rune.h"

/* The characters of XML 1.0, beyond those escaped by number. */
static bool
rune_is_xml(uint32_t rune)
{
	return (rune >= 0x20 && rune <= 0xD7FF) || (rune >= 0xE000 && rune <= 0xFFFD) ||
	       (rune >= 0x10000 && rune <= 0x10FFFF);
}

static const char *
rune_entity(uint32_t rune)
{
	switch (rune) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	case '\t':
		return "&#9;";
	default:
		return NULL;
	}
}

#define REPLACEMENT "\xEF\xBF\xBD"

void
output_xml(struct output *out, struct text text)
{
	while (text.len > 0) {
		uint32_t rune;
		size_t bytes = rune_read(text.at, text.len, &rune);
		const char *entity = rune_entity(rune);
		if (entity)
			output_string(out, entity);
		else if (rune != RUNE_BAD && rune_is_xml(rune))
			output_text(out, (struct text) { text.at, bytes });
		else
			output_string(out, REPLACEMENT);
		text = text_from(text, bytes);
	}
}

void
output_xml_attribute(struct output *out, const char *name, struct text value)
{
	output_char(out, ' ');
	output_string(out, name);
	output_string(out, "=\"");
	output_xml(out, value);
	output_char(out, '"');
}
