/* Repairs for what the reader and the validator have raised. */
#include "policy/lint_pass.h"

#include <string.h>

/* How sentences say what was meant: between these. */
static const struct {
	const char *before, *after;
} meanings[] = {
	{ "did you mean ", "?" },
	{ "is not defined, but ", " is: case matters" },
};

/* What a sentence says was meant, or an empty text. */
static struct text
meant_of(const struct finding *finding)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		const char *meant = strstr(finding->said, meanings[i].before), *end;
		if (!meant)
			continue;
		meant += strlen(meanings[i].before);
		end = strstr(meant, meanings[i].after);
		if (end && !end[strlen(meanings[i].after)])
			return (struct text) { meant, (size_t)(end - meant) };
	}
	return (struct text) { NULL, 0 };
}

/* Whether a text can stand in a string as it is. */
static bool
is_plain(struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~' || text.at[i] == '"' ||
		    text.at[i] == '\\')
			return false;
	return text.len > 0;
}

/* The place of a finding without the quotes around it. */
static struct span
unquoted(const struct lint *lint, struct span span)
{
	const char *bytes = lint->policy->source->bytes;

	if (span.end > span.first + 1 && bytes[span.first] == '"' &&
	    bytes[span.end - 1] == '"') {
		span.first++;
		span.end--;
	}
	return span;
}

/* Puts in what was meant. */
static void
mend_meant(struct lint *lint, const struct finding *finding)
{
	struct text meant = meant_of(finding);

	if (is_plain(meant))
		fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE),
		            unquoted(lint, finding->where), meant);
}

/* A /0 as the destination of a grant means everything, or the Internet. */
static void
mend_default_route(struct lint *lint, const struct finding *finding)
{
	fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE),
	            unquoted(lint, finding->where), text_of("*"));
}

/* A destination of an acl without a port is meant with all, or with some. */
static void
mend_port(struct lint *lint, const struct finding *finding)
{
	struct span span = unquoted(lint, finding->where);

	span.first = span.end;
	fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE), span,
	            text_of(":*"));
}

/* An IPv4 address in IPv6's clothes is that IPv4 address. Leading zeros and zones
 * mean more than one thing. */
static void
mend_address(struct lint *lint, const struct finding *finding)
{
	struct span span = unquoted(lint, finding->where);
	struct text text = source_text(lint->policy->source, span);
	struct range range;
	char written[RANGE_TEXT_MAX];
	unsigned bits;
	bool bare;

	if (prefix_parse(text, &range, &bits, &bare) != ADDRESS_V4_MAPPED ||
	    range.first.line != LINE_IPV6 || (!bare && bits < 96))
		return;
	range.first = (struct point) { LINE_IPV4, 0, range.first.lo & UINT32_MAX };
	range.last = (struct point) { LINE_IPV4, 0, range.last.lo & UINT32_MAX };
	if (bare)
		address_write(range.first, written);
	else
		prefix_write(range, written);
	fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_SAFE), span,
	            text_of(lint_say(lint, "%s", written)));
}

/* A period that is refused for being too long becomes the longest. */
static void
mend_period(struct lint *lint, const struct finding *finding)
{
	if (finding->coordinator && strstr(finding->coordinator, "above the max"))
		fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE),
		            unquoted(lint, finding->where), text_of("168h"));
}

static void
mend_bom(struct lint *lint, const struct finding *finding)
{
	fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_SAFE),
	            (struct span) { 0, 3 }, text_of(""));
}

static const struct mender {
	const struct check *check;
	void (*mend)(struct lint *, const struct finding *);
} menders[] = {
	{ &CHECK_UNKNOWN_FIELD, mend_meant },
	{ &CHECK_UNDEFINED_TAG, mend_meant },
	{ &CHECK_UNDEFINED_GROUP, mend_meant },
	{ &CHECK_UNDEFINED_HOST, mend_meant },
	{ &CHECK_UNDEFINED_IPSET, mend_meant },
	{ &CHECK_UNDEFINED_POSTURE, mend_meant },
	{ &CHECK_UNKNOWN_AUTOGROUP, mend_meant },
	{ &CHECK_CASE_MISMATCH, mend_meant },
	{ &CHECK_MISSING_PREFIX, mend_meant },
	{ &CHECK_DEFAULT_ROUTE_CIDR, mend_default_route },
	{ &CHECK_MISSING_PORT, mend_port },
	{ &CHECK_V4_MAPPED_OR_ZONE, mend_address },
	{ &CHECK_SSH_CHECK_PERIOD, mend_period },
	{ &CHECK_BOM, mend_bom },
};

void
lint_mend(struct lint *lint)
{
	size_t n = lint->findings->n;

	for (size_t i = 0; i < n; i++) {
		const struct finding *finding = lint->findings->at[i];
		for (size_t k = 0; k < sizeof(menders) / sizeof(*menders); k++)
			if (finding->check == menders[k].check &&
			    finding->source == lint->policy->source)
				menders[k].mend(lint, finding);
	}
}
