#include "policy/lower_parts.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/filter.h"

/* A protocol as the target writes it: in acls, the word of proto. */
struct wording {
	const char *proto; /* NULL: none is written */
	bool ported;       /* it has ports */
};

/* What the policy's own target means by the protocol of a rule. */
struct meaning {
	enum { MEANS_ALL, MEANS_TCP_UDP, MEANS_PING, MEANS_ONE } kind;
	int protocol; /* of MEANS_ONE */
};

static struct meaning
meaning_of(const struct lower *l, const struct grant *grant, int protocol)
{
	int several[2];
	size_t n = dialect_protocols(l->policy, grant, protocol, several);

	if (n == 0)
		return (struct meaning) { MEANS_ALL, 0 };
	if (n == 2)
		return (struct meaning) { several[0] == PROTOCOL_TCP ? MEANS_TCP_UDP
			                                             : MEANS_PING,
			                  0 };
	return (struct meaning) { MEANS_ONE, several[0] };
}

/* A word of the target for one protocol: its name where that is taken, and means
 * nothing more; NULL where it has none. */
static const char *
protocol_word(const struct lower *l, int protocol)
{
	const char *name = protocol_name(l->arena, protocol);
	bool known =
		lower_takes(l, FEATURE_PROTO_NAME) || (protocol != 33 && protocol != 99);

	if (protocol == PROTOCOL_ICMP)
		known = lower_takes(l, FEATURE_PROTO_ICMP);
	if (protocol == PROTOCOL_ICMPV6)
		known = lower_takes(l, FEATURE_PROTO_IPV6_ICMP);
	if (protocol == 0 && !lower_takes(l, FEATURE_PROTO_ZERO))
		return NULL;
	return known ? name : arena_format(l->arena, "%d", protocol);
}

/* The words of the target that mean the same together; returns how many. */
static size_t
wordings_of(struct lower *l, const struct grant *grant, struct meaning meaning,
            struct wording words[3])
{
	bool pings = lower_takes(l, FEATURE_NO_PROTO); /* by no proto at all */
	bool both = !lower_takes(l, FEATURE_PROTO_ICMP);
	size_t n = 0;

	switch (meaning.kind) {
	case MEANS_ALL:
		words[n++] = (struct wording) { NULL, true };
		if (!pings)
			words[n++] = (struct wording) { "icmp", false };
		break;
	case MEANS_TCP_UDP:
		if (!pings) {
			words[n++] = (struct wording) { NULL, true };
			break;
		}
		words[n++] = (struct wording) { "tcp", true };
		words[n++] = (struct wording) { "udp", true };
		break;
	case MEANS_PING:
		words[n++] = (struct wording) { "icmp", false };
		if (!both)
			words[n++] = (struct wording) { protocol_word(l, PROTOCOL_ICMPV6),
				                        false };
		break;
	case MEANS_ONE:
		words[0].proto = protocol_word(l, meaning.protocol);
		words[0].ported = protocol_has_ports(meaning.protocol);
		if (words[0].proto)
			return 1;
		lower_lose(l, grant->node->span, "protocol 0", "the rule");
		break;
	}
	return n;
}

/* Ports as the target writes them. Port 0 is nobody's. */
static bool
ports_word(struct lower *l, const struct grant *grant, struct ports ports,
           struct text *word)
{
	char text[16];
	size_t len;

	if (ports.first == 0 && ports.last != 65535) {
		bool zero = ports.last == 0;
		if (!lower_takes(l, zero ? FEATURE_PORT_ZERO : FEATURE_PORT_ZERO_RANGE)) {
			if (zero) {
				lower_lose(l, grant->node->span, "port 0", "the port");
				return false;
			}
			ports.first = 1;
		}
	}
	len = ports_write(ports, text);
	*word = (struct text) { arena_copy(l->arena, text, len), len };
	return true;
}

/* Destinations with the same ports. */
struct lowered_dst {
	struct word_list words;
	const char *ports; /* "22,80-90" */
};

/* A rule on its way to the sheet. */
struct draft {
	const struct grant *grant;
	struct word_list src;
	struct lowered_dst *dst;
	size_t n_dst;
};

/* "// grants[3], line 12", before a rule. */
static void
sheet_origin(struct lower *l, struct sheet *sheet, const struct grant *grant)
{
	if (!grant) {
		sheet_string(sheet, "// neither acls nor grants\n");
		return;
	}
	sheet_from(l, sheet, section_name(grant->section), grant->index, grant->node);
}

/* "tag:db:22", with brackets where the target wants them. */
static void
sheet_ported(struct lower *l, struct sheet *sheet, struct text word, const char *ports)
{
	struct selector s = selector_parse(word);
	bool v6 = s.kind == SELECTOR_ADDRESS && s.range.first.line == LINE_IPV6;
	size_t slash = text_find(word, '/');
	const char *whole;

	if (v6 && lower_takes(l, FEATURE_IPV6_BRACKETS))
		whole = arena_format(l->arena, "[%.*s]%.*s:%s",
		                     TEXT_ARG(((struct text) { word.at, slash })),
		                     TEXT_ARG(text_from(word, slash)), ports);
	else
		whole = arena_format(l->arena, "%.*s:%s", TEXT_ARG(word), ports);
	sheet_quote(sheet, text_of(whole));
}

static void
sheet_acl(struct lower *l, struct sheet *sheet, const struct draft *draft,
          struct wording wording)
{
	bool first = true;

	sheet_origin(l, sheet, draft->grant);
	sheet_string(sheet, "{\"action\": \"accept\", ");
	if (wording.proto)
		sheet_format(sheet, "\"proto\": \"%s\", ", wording.proto);
	sheet_string(sheet, "\"src\": ");
	sheet_list(sheet, &draft->src);
	sheet_string(sheet, ", \"dst\": [");
	for (size_t i = 0; i < draft->n_dst; i++)
		for (size_t k = 0; k < list_length(&draft->dst[i].words); k++) {
			sheet_string(sheet, first ? "" : ", ");
			sheet_ported(l, sheet, list_word(&draft->dst[i].words, k),
			             wording.ported ? draft->dst[i].ports : "*");
			first = false;
		}
	sheet_string(sheet, "]");
	if (draft->grant && draft->grant->src_posture.list)
		sheet_words(sheet, "srcPosture", &draft->grant->src_posture);
	sheet_string(sheet, "},\n");
}

static bool
draft_is_empty(const struct draft *draft)
{
	size_t n = 0;

	for (size_t i = 0; i < draft->n_dst; i++)
		n += list_length(&draft->dst[i].words);
	return n == 0 || list_length(&draft->src) == 0;
}

static void
sheet_acls(struct lower *l, struct sheet *sheet, const struct draft *draft,
           struct meaning meaning)
{
	struct wording words[3];
	size_t n;

	if (draft_is_empty(draft))
		return;
	n = wordings_of(l, draft->grant, meaning, words);
	for (size_t i = 0; i < n; i++)
		sheet_acl(l, sheet, draft, words[i]);
}

static struct word_list
lower_sources(struct lower *l, const struct grant *grant)
{
	struct word_list words = { .names.arena = l->arena };
	struct side side = { .src = true, .grant = grant->section == SECTION_GRANTS };

	side.wanted = lower_wanted(l, grant->src.at, grant->src.n);
	for (size_t i = 0; i < grant->src.n; i++)
		lower_selector(l, &side, &grant->src.at[i], &words);
	return words;
}

static bool
is_self(const struct selector *s)
{
	return s->autogroup == AUTOGROUP_SELF;
}

/* A destination, but for one of autogroup:self that the target has no word for. */
static struct word_list
lower_destination(struct lower *l, const struct selector *s, bool grant)
{
	struct word_list words = { .names.arena = l->arena };
	struct side side = { .grant = grant };

	if (!is_self(s))
		side.wanted = lower_wanted(l, s, 1);
	lower_selector(l, &side, s, &words);
	return words;
}

/* Whose machines a rule for autogroup:self is among: the owners of its sources. */
static bool
self_owners(struct lower *l, const struct grant *grant, struct word_list *owners)
{
	bool known = true;

	for (size_t i = 0; i < grant->src.n; i++)
		known = lower_people(l, &grant->src.at[i], owners) && known;
	return known;
}

/* autogroup:self without the word: each owner's machines to themselves. */
static void
lower_self(struct lower *l, struct sheet *sheet, const struct grant *grant,
           const char *ports, struct meaning meaning, struct span where)
{
	struct word_list owners = { .names.arena = l->arena };

	self_owners(l, grant, &owners);
	for (size_t i = 0; i < list_length(&owners); i++) {
		struct lowered_dst dst = { { .names.arena = l->arena }, ports };
		struct draft draft = { grant, { .names.arena = l->arena }, &dst, 1 };
		struct text word;
		if (!lower_person(l, list_word(&owners, i), where, false, &word))
			continue;
		list_add(&draft.src, word);
		list_add(&dst.words, word);
		sheet_acls(l, sheet, &draft, meaning);
	}
}

/* Whether ports of a protocol that has none mean anything: for ICMP they are passed
 * over, and of the others all of them are wanted (spec/wire-format.md 2). */
static bool
ports_count(int protocol, struct ports ports)
{
	return protocol_has_ports(protocol) || protocol == PROTOCOL_ICMP ||
	       protocol == PROTOCOL_ICMPV6 || ports_all(ports);
}

/* Ports of one protocol; NULL where none are left. */
static const char *
lower_ports(struct lower *l, const struct grant *grant, int protocol,
            const struct ports *ports, size_t n)
{
	const char *joined = NULL;

	for (size_t i = 0; i < n; i++) {
		struct text word;
		if (!ports_count(protocol, ports[i]) ||
		    !ports_word(l, grant, ports[i], &word))
			continue;
		joined =
			joined ? arena_format(l->arena, "%s,%.*s", joined, TEXT_ARG(word))
			       : arena_format(l->arena, "%.*s", TEXT_ARG(word));
	}
	return joined;
}

/*
 * The sources of a rule for autogroup:self where the target is stricter about them:
 * those that own machines.
 */
static struct word_list
self_sources(struct lower *l, const struct grant *acl)
{
	struct word_list words = { .names.arena = l->arena };
	struct side side = { .src = true };

	for (size_t i = 0; i < acl->src.n; i++) {
		const struct selector *s = &acl->src.at[i];
		if (s->kind == SELECTOR_ANY)
			list_add(&words, text_of(autogroup_name(AUTOGROUP_MEMBER)));
		else if (s->kind == SELECTOR_USER || s->kind == SELECTOR_GROUP ||
		         s->autogroup == AUTOGROUP_MEMBER)
			lower_selector(l, &side, s, &words);
		else if (s->kind != SELECTOR_TAG && s->autogroup != AUTOGROUP_TAGGED)
			lower_lose(l, s->span,
			           "an address as a source beside autogroup:self",
			           "the source");
	}
	return words;
}

/* A destination of autogroup:self, in a rule of its own where it has to be. */
static void
lower_self_acl(struct lower *l, struct sheet *sheet, const struct grant *acl,
               const struct selector *self, const char *ports, struct meaning meaning)
{
	struct lowered_dst dst = { { .names.arena = l->arena }, ports };
	struct draft draft = { .grant = acl, .dst = &dst, .n_dst = 1 };

	if (!selector_counts(l->from, self))
		return;
	if (!lower_takes(l, FEATURE_SELF)) {
		lower_self(l, sheet, acl, ports, meaning, self->span);
		return;
	}
	draft.src = self_sources(l, acl);
	list_add(&dst.words, self->text);
	sheet_acls(l, sheet, &draft, meaning);
}

/* Whether autogroup:self is written as it is, beside the other destinations. */
static bool
self_stays(const struct lower *l)
{
	return lower_takes(l, FEATURE_SELF) &&
	       (lower_takes(l, FEATURE_SELF_SOURCE) ||
	        target_support(l->from, FEATURE_SELF_SOURCE) != TAKES);
}

static void
lower_acl(struct lower *l, struct sheet *sheet, const struct grant *acl)
{
	struct meaning meaning = meaning_of(l, acl, acl->ip[0].protocol);
	struct draft draft = { .grant = acl, .src = lower_sources(l, acl) };

	draft.dst = arena_array(l->arena, acl->dst.n, sizeof(*draft.dst));
	for (size_t i = 0; i < acl->dst.n; i++) {
		const struct destination *dst = &acl->dst.at[i];
		const char *ports = lower_ports(l, acl, acl->ip[0].protocol, dst->ports,
		                                dst->n_ports);
		if (!ports)
			continue;
		if (is_self(&dst->selector) && !self_stays(l))
			lower_self_acl(l, sheet, acl, &dst->selector, ports, meaning);
		else
			draft.dst[draft.n_dst++] = (struct lowered_dst) {
				lower_destination(l, &dst->selector, false), ports
			};
	}
	sheet_acls(l, sheet, &draft, meaning);
}

/* The ports of a grant that are of one protocol, in the order of its ip. */
static const char *
grant_ports(struct lower *l, const struct grant *grant, int protocol)
{
	struct ports *ports = arena_array(l->arena, grant->n_ip, sizeof(*ports));
	size_t n = 0;

	for (size_t i = 0; i < grant->n_ip; i++)
		if (grant->ip[i].protocol == protocol)
			ports[n++] = grant->ip[i].ports;
	return lower_ports(l, grant, protocol, ports, n);
}

/* A grant as acls, one for each of its protocols. */
static void
lower_to_acls(struct lower *l, struct sheet *sheet, const struct grant *grant)
{
	bool seen[257] = { false }; /* by protocol + 1 */
	bool self = lower_takes(l, FEATURE_SELF);
	struct word_list src = lower_sources(l, grant);
	struct lowered_dst dst = { { .names.arena = l->arena }, NULL };
	struct draft draft = { grant, src, &dst, 1 };

	for (size_t i = 0; i < grant->dst.n; i++) {
		const struct selector *s = &grant->dst.at[i].selector;
		struct word_list words = { .names.arena = l->arena };
		if (!is_self(s) || self)
			words = lower_destination(l, s, false);
		for (size_t k = 0; k < list_length(&words); k++)
			list_add(&dst.words, list_word(&words, k));
	}
	for (size_t i = 0; i < grant->n_ip; i++) {
		int protocol = grant->ip[i].protocol;
		struct meaning meaning = meaning_of(l, grant, protocol);
		if (seen[protocol + 1])
			continue;
		seen[protocol + 1] = true;
		dst.ports = grant_ports(l, grant, protocol);
		for (size_t k = 0; k < grant->dst.n && dst.ports && !self; k++)
			if (is_self(&grant->dst.at[k].selector))
				lower_self(l, sheet, grant, dst.ports, meaning,
				           grant->dst.at[k].selector.span);
		if (dst.ports)
			sheet_acls(l, sheet, &draft, meaning);
	}
}

/* The elements of ip as the target writes them. */
static struct word_list
lower_services(struct lower *l, const struct grant *grant)
{
	struct word_list list = { .names.arena = l->arena };

	for (size_t i = 0; i < grant->n_ip; i++) {
		int protocol = grant->ip[i].protocol;
		const char *ports =
			lower_ports(l, grant, protocol, &grant->ip[i].ports, 1);
		struct wording words[3];
		size_t n = ports ? wordings_of(l, grant, meaning_of(l, grant, protocol),
		                               words)
		                 : 0;
		for (size_t k = 0; k < n; k++)
			list_add(&list,
			         text_of(arena_format(l->arena, "%s%s%s",
			                              words[k].proto ? words[k].proto
			                                             : "",
			                              words[k].proto ? ":" : "",
			                              words[k].ported ? ports : "*")));
	}
	return list;
}

static void
sheet_app(struct lower *l, struct sheet *sheet, const struct grant *grant)
{
	sheet_string(sheet, ", \"app\": ");
	sheet_text(sheet, hujson_minimize(l->arena, l->policy->tree, grant->app_object));
}

/* The tags that a grant is to go through. */
static struct word_list
lower_via(struct lower *l, const struct grant *grant)
{
	struct word_list tags = { .names.arena = l->arena };

	for (size_t i = 0; i < grant->via.n; i++)
		if (lower_tag(l, grant->via.at[i].text, grant->via.at[i].span))
			list_add(&tags, grant->via.at[i].text);
	return tags;
}

/* A grant as a grant. */
static void
lower_grant(struct lower *l, struct sheet *sheet, const struct grant *grant)
{
	struct word_list src = lower_sources(l, grant), ip = lower_services(l, grant);
	struct word_list via = lower_via(l, grant);
	struct word_list dst = { .names.arena = l->arena };

	for (size_t i = 0; i < grant->dst.n; i++) {
		struct word_list words =
			lower_destination(l, &grant->dst.at[i].selector, true);
		for (size_t k = 0; k < list_length(&words); k++)
			list_add(&dst, list_word(&words, k));
	}
	if (list_length(&src) == 0 || list_length(&dst) == 0 ||
	    (list_length(&ip) == 0 && !grant->n_app))
		return;
	if (grant->via.n && !list_length(&via)) {
		lower_lose(l, grant->node->span, "via", "the rule");
		return;
	}
	sheet_origin(l, sheet, grant);
	sheet_string(sheet, "{\"src\": ");
	sheet_list(sheet, &src);
	sheet_string(sheet, ", \"dst\": ");
	sheet_list(sheet, &dst);
	if (list_length(&ip)) {
		sheet_string(sheet, ", \"ip\": ");
		sheet_list(sheet, &ip);
	}
	if (grant->n_app)
		sheet_app(l, sheet, grant);
	if (grant->via.n) {
		sheet_string(sheet, ", \"via\": ");
		sheet_list(sheet, &via);
	}
	if (grant->src_posture.list)
		sheet_words(sheet, "srcPosture", &grant->src_posture);
	sheet_string(sheet, "},\n");
}

/* What the target has no word for, and whose loss the rule does not survive. */
static bool
rule_is_sayable(struct lower *l, const struct grant *grant)
{
	if (postures_in_force(l->policy, &grant->src_posture) &&
	    !lower_takes(l, FEATURE_SRC_POSTURE)) {
		lower_lose(l, grant->node->span, "srcPosture", "the rule");
		return false;
	}
	if (grant->via.n && !lower_takes(l, FEATURE_GRANTS)) {
		lower_lose(l, grant->via.list->span, "via", "the rule");
		return false;
	}
	if (grant->n_app && !lower_takes(l, FEATURE_GRANTS))
		lower_lose(l, grant->app_object->span, "app", "its capabilities");
	return true;
}

/* Everything may reach everything, as the policy's own target sends it. */
static void
lower_open(struct lower *l, struct sheet *sheet)
{
	struct selector any = selector_parse(text_of("*"));
	struct lowered_dst dst = { { .names.arena = l->arena }, "*" };
	struct draft draft = { NULL, { .names.arena = l->arena }, &dst, 1 };
	struct side side = { .src = true };

	any.span = (struct span) { 0, 0 };
	side.wanted = lower_wanted(l, &any, 1);
	if (l->from == TARGET_TAILSCALE) {
		lower_selector(l, &side, &any, &draft.src);
	} else {
		any = selector_parse(text_of("autogroup:danger-all"));
		lower_selector(l, &side, &any, &draft.src);
	}
	list_add(&dst.words, text_of("*"));
	sheet_acls(l, sheet, &draft, (struct meaning) { MEANS_ALL, 0 });
}

/* "acls": [ … ], */
static void
sheet_section(struct sheet *sheet, const char *name, const struct sheet *elements)
{
	sheet_format(sheet, "\"%s\": [\n", name);
	sheet_text(sheet, (struct text) { elements->at, elements->n });
	sheet_string(sheet, "],\n");
}

bool
lower_rules(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;
	struct sheet acls = { .arena = l->arena }, grants = { .arena = l->arena };
	bool takes = lower_takes(l, FEATURE_GRANTS);

	if (policy_is_open(policy) && l->from == l->to)
		return true; /* what it says by saying nothing, it goes on saying */
	if (policy_is_open(policy))
		lower_open(l, &acls);
	for (size_t i = 0; i < policy->n_grants; i++) {
		const struct grant *grant = &policy->grants[i];
		if (!rule_is_sayable(l, grant))
			continue;
		if (grant->section == SECTION_ACLS)
			lower_acl(l, &acls, grant);
		else if (takes)
			lower_grant(l, &grants, grant);
		else
			lower_to_acls(l, &acls, grant);
	}
	if (acls.n > 0 || grants.n == 0)
		sheet_section(sheet, "acls", &acls);
	if (grants.n > 0)
		sheet_section(sheet, "grants", &grants);
	return acls.n + grants.n > 0;
}
