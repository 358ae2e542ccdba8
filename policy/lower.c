#include "policy/lower_parts.h"

#include <stdarg.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/levels.h"

void
sheet_text(struct sheet *sheet, struct text text)
{
	while (sheet->cap - sheet->n < text.len)
		sheet->at =
			arena_grow(sheet->arena, sheet->at, sheet->cap, &sheet->cap, 1);
	if (text.len > 0)
		memcpy(sheet->at + sheet->n, text.at, text.len);
	sheet->n += text.len;
}

void
sheet_string(struct sheet *sheet, const char *string)
{
	sheet_text(sheet, text_of(string));
}

void
sheet_format(struct sheet *sheet, const char *format, ...)
{
	struct arena scratch = { 0 };
	va_list args;

	va_start(args, format);
	sheet_string(sheet, arena_format_list(&scratch, format, args));
	va_end(args);
	arena_end(&scratch);
}

void
sheet_quote(struct sheet *sheet, struct text text)
{
	static const char hex[] = "0123456789abcdef";

	sheet_string(sheet, "\"");
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		char escape[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
		if (c < 0x20 || c == 0x7f)
			sheet_text(sheet, (struct text) { escape, sizeof(escape) });
		else if (c == '"' || c == '\\')
			sheet_text(sheet,
			           (struct text) { (char[]) { '\\', (char)c }, 2 });
		else
			sheet_text(sheet, (struct text) { &text.at[i], 1 });
	}
	sheet_string(sheet, "\"");
}

void
sheet_list(struct sheet *sheet, const struct word_list *list)
{
	sheet_string(sheet, "[");
	for (size_t i = 0; i < list_length(list); i++) {
		sheet_string(sheet, i ? ", " : "");
		sheet_quote(sheet, list_word(list, i));
	}
	sheet_string(sheet, "]");
}

bool
lower_takes(const struct lower *l, enum feature feature)
{
	return target_support(l->to, feature) == TAKES;
}

/* Whether the same was said of that place before: an element may be asked about
 * more than once. */
static bool
is_said(struct lower *l, struct span where, const char *what)
{
	size_t known = l->losses.n;
	const char *name = arena_format(l->arena, "%u %s", where.first, what);

	return names_add(&l->losses, text_of(name)) < known;
}

static void
lose(struct lower *l, struct span where, const char *what, const char *lost,
     const char *help)
{
	const char *target = target_name(l->to);
	unsigned line = (unsigned)source_place(l->policy->source, where.first).line;
	struct finding *finding;

	if (is_said(l, where, what))
		return;
	sheet_format(&l->head, "// left out of line %u: %s (%s)\n", line, lost, what);
	if (l->narrower) {
		finding_add(l->findings, &CHECK_UNSUPPORTED_BY_TARGET, l->policy->source,
		            where, "%s cannot say %s; left out: %s%s", target, what, lost,
		            help);
		return;
	}
	finding =
		finding_add(l->findings, &CHECK_UNSUPPORTED_BY_TARGET, l->policy->source,
	                    where, "%s cannot say %s; lost without it: %s%s", target,
	                    what, lost, help);
	finding_level(l->findings, finding, LEVEL_ERROR);
}

void
lower_lose(struct lower *l, struct span where, const char *what, const char *lost)
{
	lose(l, where, what, lost, "");
}

void
lower_lose_unknown(struct lower *l, struct span where, const char *what, const char *lost)
{
	lose(l, where, what, lost,
	     l->tailnet ? "" : "; with an inventory it could be said");
}

static void
lower_members(struct lower *l, struct sheet *sheet, const struct group *group)
{
	struct word_list members = { .names.arena = l->arena };
	struct text word;

	for (size_t i = 0; i < group->members.n; i++)
		if (lower_user(l, &group->members.at[i], true, &word))
			list_add(&members, word);
	sheet_list(sheet, &members);
}

/* All groups there are, and those that stand for something. */
static void
lower_groups(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;

	if (policy->n_groups + l->origins.n == 0)
		return;
	sheet_string(sheet, "\"groups\": {\n");
	for (size_t i = 0; i < policy->n_groups; i++) {
		sheet_quote(sheet, policy->groups[i].name.text);
		sheet_string(sheet, ": ");
		lower_members(l, sheet, &policy->groups[i]);
		sheet_string(sheet, ",\n");
	}
	for (size_t i = 0; i < l->origins.n; i++) {
		const struct new_group *group = &l->groups[i];
		sheet_string(sheet, "// ");
		sheet_quote(sheet, group->origin);
		sheet_string(sheet, l->tailnet ? ", as of today\n" : "\n");
		sheet_quote(sheet, group->name);
		sheet_string(sheet, ": ");
		sheet_list(sheet, &group->members);
		sheet_string(sheet, ",\n");
	}
	sheet_string(sheet, "},\n");
}

/* A release that takes bare IPv6 hosts for /32 wants their length. */
static void
sheet_address(struct lower *l, struct sheet *sheet, struct range range)
{
	bool whole = range.first.line == LINE_IPV6 && !lower_takes(l, FEATURE_HOST_IPV6);
	char text[RANGE_TEXT_MAX];
	size_t len = whole ? prefix_write(range, text) : range_write(range, text);

	sheet_quote(sheet, (struct text) { text, len });
}

/* The hosts that are named. */
static void
lower_hosts(struct lower *l, struct sheet *sheet)
{
	if (l->hosts.n == 0)
		return;
	sheet_string(sheet, "\"hosts\": {\n");
	for (size_t i = 0; i < l->hosts.n; i++) {
		sheet_quote(sheet, l->hosts.texts[i]);
		sheet_string(sheet, ": ");
		sheet_address(l, sheet, policy_host(l->policy, l->hosts.texts[i])->range);
		sheet_string(sheet, ",\n");
	}
	sheet_string(sheet, "},\n");
}

/* The policy as it is written of a section that the target has too. */
static void
sheet_verbatim(struct lower *l, struct sheet *sheet, enum section section)
{
	const struct node *key = l->policy->sections[section];

	sheet_format(sheet, "\"%s\": ", section_name(section));
	sheet_text(sheet, hujson_minimize(l->arena, l->policy->tree, member_value(key)));
	sheet_string(sheet, ",\n");
}

/* Who may take a tag, or approve: tags as feature says, and people. */
static void
lower_approver(struct lower *l, const struct selector *s, enum feature autogroups,
               enum feature tags, struct word_list *words)
{
	const struct side side = { .src = true };
	struct word_list people = { .names.arena = l->arena };
	bool counts = selector_counts(l->from, s);
	bool kept = s->kind == SELECTOR_AUTOGROUP && lower_takes(l, autogroups);

	if (s->kind == SELECTOR_AUTOGROUP &&
	    target_support(l->from, autogroups) == IGNORES)
		return;
	if (s->kind == SELECTOR_TAG && target_support(l->from, tags) == IGNORES)
		return;
	if (kept)
		list_add(words, s->text);
	else if (s->kind == SELECTOR_TAG && !lower_takes(l, tags))
		lower_lose(l, s->span, "a tag that owns a tag", "the owner");
	else if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_TAGGED)
		lower_lose(l, s->span, "autogroup:tagged as an owner or approver",
		           "the owner");
	else if (s->kind == SELECTOR_AUTOGROUP && counts) {
		if (lower_people(l, s, &people))
			list_add(words, lower_group(l, "", s->text, &people, s->span));
	} else if (s->kind == SELECTOR_USER || s->kind == SELECTOR_GROUP ||
	           s->kind == SELECTOR_TAG || s->kind == SELECTOR_SYNCED_GROUP ||
	           s->kind == SELECTOR_DOMAIN)
		lower_selector(l, &side, s, words);
}

static void
lower_approvers(struct lower *l, const struct selectors *list, enum feature autogroups,
                enum feature tags, struct word_list *words)
{
	for (size_t i = 0; i < list->n; i++)
		lower_approver(l, &list->at[i], autogroups, tags, words);
}

/* Tags that own each other, where only a chain is taken. */
static bool
owner_leads_back(const struct policy *policy, struct text tag,
                 const struct selector *owner)
{
	struct arena scratch = { 0 };
	struct names seen = { .arena = &scratch };
	bool back = false;

	names_add(&seen, owner->text);
	for (size_t i = 0; i < seen.n && !back; i++) {
		const struct tag *at = policy_tag(policy, seen.texts[i]);
		back = text_equal(seen.texts[i], tag);
		for (size_t k = 0; at && k < at->owners.n; k++)
			if (at->owners.at[k].kind == SELECTOR_TAG)
				names_add(&seen, at->owners.at[k].text);
	}
	arena_end(&scratch);
	return back;
}

static void
lower_owners(struct lower *l, struct sheet *sheet, const struct tag *tag)
{
	struct word_list owners = { .names.arena = l->arena };

	for (size_t i = 0; i < tag->owners.n; i++) {
		const struct selector *s = &tag->owners.at[i];
		bool cycle = s->kind == SELECTOR_TAG &&
		             lower_takes(l, FEATURE_OWNER_TAG) &&
		             !lower_takes(l, FEATURE_OWNER_CYCLE) &&
		             owner_leads_back(l->policy, tag->name.text, s);
		if (cycle)
			lower_lose(l, s->span, "tags that own each other", "the owner");
		else
			lower_approver(l, s, FEATURE_OWNER_AUTOGROUP, FEATURE_OWNER_TAG,
			               &owners);
	}
	sheet_list(sheet, &owners);
}

/* All tags there are, and those that are named though nobody owns them. */
static void
lower_tags(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;

	for (size_t i = 0; i < policy->n_tags; i++)
		lower_tag(l, policy->tags[i].name.text, policy->tags[i].name.span);
	if (l->tags.n == 0)
		return;
	sheet_string(sheet, "\"tagOwners\": {\n");
	for (size_t i = 0; i < l->tags.n; i++) {
		const struct tag *tag = policy_tag(policy, l->tags.texts[i]);
		sheet_quote(sheet, l->tags.texts[i]);
		sheet_string(sheet, ": ");
		if (tag)
			lower_owners(l, sheet, tag);
		else
			sheet_string(sheet, "[]");
		sheet_string(sheet, ",\n");
	}
	sheet_string(sheet, "},\n");
}

static void
lower_auto_approvers(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;
	struct word_list words;

	if (!policy->sections[SECTION_AUTO_APPROVERS])
		return;
	sheet_string(sheet, "\"autoApprovers\": {\n\"routes\": {\n");
	for (size_t i = 0; i < policy->n_approvers; i++) {
		words = (struct word_list) { .names.arena = l->arena };
		lower_approvers(l, &policy->approvers[i].by, FEATURE_APPROVER_AUTOGROUP,
		                FEATURE_NONE, &words);
		sheet_quote(sheet, policy->approvers[i].route.text);
		sheet_string(sheet, ": ");
		sheet_list(sheet, &words);
		sheet_string(sheet, ",\n");
	}
	sheet_string(sheet, "},\n\"exitNode\": ");
	words = (struct word_list) { .names.arena = l->arena };
	lower_approvers(l, &policy->exit_node, FEATURE_APPROVER_AUTOGROUP, FEATURE_NONE,
	                &words);
	sheet_list(sheet, &words);
	sheet_string(sheet, ",\n},\n");
	for (size_t i = 0; i < policy->n_service_approvers; i++)
		if (!lower_takes(l, FEATURE_APPROVE_SERVICES))
			lower_lose(l, policy->service_approvers[i].service.span,
			           "autoApprovers.services", "the approval");
}

/* Machines for node attributes. */
static struct word_list
lower_attr_targets(struct lower *l, const struct node_attr *attr)
{
	struct word_list words = { .names.arena = l->arena };
	struct side side = { 0 };

	for (size_t i = 0; i < attr->target.n; i++) {
		const struct selector *s = &attr->target.at[i];
		if (s->kind == SELECTOR_ANY || (autogroup_is_role(s->autogroup) &&
		                                lower_takes(l, FEATURE_ATTR_ROLE)))
			list_add(&words, s->text);
		else
			lower_selector(l, &side, s, &words);
	}
	return words;
}

static void
lower_attr(struct lower *l, struct sheet *sheet, const struct node_attr *attr)
{
	struct word_list targets = lower_attr_targets(l, attr);
	struct word_list attrs = { .names.arena = l->arena };

	for (size_t i = 0; i < attr->attr.n; i++) {
		const struct word *word = &attr->attr.at[i];
		if (text_is(word->text, "funnel") && !lower_takes(l, FEATURE_ATTR_FUNNEL))
			lower_lose(l, word->span, "funnel", "the attribute");
		else
			list_add(&attrs, word->text);
	}
	if (attr->n_app && !lower_takes(l, FEATURE_ATTR_APP))
		lower_lose(l, attr->node->span, "app in nodeAttrs", "it");
	if (attr->ip_pool.n && !lower_takes(l, FEATURE_ATTR_IP_POOL))
		lower_lose(l, attr->ip_pool.list->span, "ipPool", "it");
	if (!list_length(&targets) || !list_length(&attrs))
		return;
	sheet_string(sheet, "{\"target\": ");
	sheet_list(sheet, &targets);
	sheet_string(sheet, ", \"attr\": ");
	sheet_list(sheet, &attrs);
	sheet_string(sheet, "},\n");
}

static void
lower_node_attrs(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;
	const struct node *section = policy->sections[SECTION_NODE_ATTRS];

	if (!section || policy->n_node_attrs == 0)
		return;
	if (!lower_takes(l, FEATURE_NODE_ATTRS)) {
		lower_lose(l, section->span, "nodeAttrs", "the attributes of machines");
		return;
	}
	sheet_string(sheet, "\"nodeAttrs\": [\n");
	for (size_t i = 0; i < policy->n_node_attrs; i++)
		lower_attr(l, sheet, &policy->node_attrs[i]);
	sheet_string(sheet, "],\n");
}

/* Sections that are written as they are where the target has them. What is lost
 * of them is no access. */
static const struct {
	enum section section;
	enum feature feature;
	const char *lost; /* NULL: nothing that anybody but a test would miss */
} as_they_are[] = {
	{ SECTION_RANDOMIZE_CLIENT_PORT, FEATURE_RANDOMIZE_CLIENT_PORT, "it" },
	{ SECTION_DISABLE_IPV4, FEATURE_DISABLE_IPV4, "it" },
	{ SECTION_ONE_CGNAT_ROUTE, FEATURE_ONE_CGNAT_ROUTE, "it" },
	{ SECTION_ATTR_CONFIG, FEATURE_ATTR_CONFIG, "the attributes" },
	{ SECTION_DERP_MAP, FEATURE_DERP_MAP, "the servers" },
	{ SECTION_POSTURES, FEATURE_POSTURES, NULL },
	{ SECTION_DEFAULT_SRC_POSTURE, FEATURE_DEFAULT_SRC_POSTURE, NULL },
	{ SECTION_IPSETS, FEATURE_IPSETS, NULL },
};

/* The hosts that ipsets name. */
static void
need_hosts_of_ipsets(struct lower *l)
{
	const struct policy *policy = l->policy;

	for (size_t i = 0; i < policy->n_ipsets; i++)
		for (size_t k = 0; k < policy->ipsets[i].n_steps; k++) {
			const struct selector *s = &policy->ipsets[i].steps[k].target;
			if (s->kind == SELECTOR_HOST && policy_host(policy, s->name))
				names_add(&l->hosts, s->name);
		}
}

static void
lower_others(struct lower *l, struct sheet *sheet)
{
	if (lower_takes(l, FEATURE_IPSETS))
		need_hosts_of_ipsets(l);
	for (size_t i = 0; i < sizeof(as_they_are) / sizeof(*as_they_are); i++) {
		enum section section = as_they_are[i].section;
		const struct node *key = l->policy->sections[section];
		if (!key)
			continue;
		if (lower_takes(l, as_they_are[i].feature))
			sheet_verbatim(l, sheet, section);
		else if (as_they_are[i].lost)
			lower_lose(l, key->span, section_name(section),
			           as_they_are[i].lost);
	}
}

/* Whether a test can be asked in the same words. */
static bool
test_stays(const struct lower *l, const struct selector *s)
{
	bool user = s->kind == SELECTOR_USER;

	return lower_takes(l, selector_feature(s)) &&
	       (!user || dialect_of(l->from)->users == dialect_of(l->to)->users ||
	        (text_find(s->text, '@') + 1 < s->text.len &&
	         dialect_of(l->to)->users != USERS_BARE));
}

/* The hosts that tests name are needed as those of rules are. */
static void
need_host(struct lower *l, const struct selector *s)
{
	if (s->kind == SELECTOR_HOST && policy_host(l->policy, s->name))
		names_add(&l->hosts, s->name);
}

static bool
tests_stay(const struct lower *l)
{
	const struct policy *policy = l->policy;
	bool postures = lower_takes(l, FEATURE_TEST_POSTURE);

	for (size_t i = 0; i < policy->n_tests; i++) {
		const struct test *test = &policy->tests[i];
		if (!test_stays(l, &test->src) || (test->has_attributes && !postures))
			return false;
		for (size_t k = 0; k < test->accept.n; k++)
			if (!test_stays(l, &test->accept.at[k].selector))
				return false;
		for (size_t k = 0; k < test->deny.n; k++)
			if (!test_stays(l, &test->deny.at[k].selector))
				return false;
	}
	for (size_t i = 0; i < policy->n_ssh_tests; i++) {
		const struct ssh_test *test = &policy->ssh_tests[i];
		if (!test_stays(l, &test->src) || (test->has_attributes && !postures))
			return false;
		for (size_t k = 0; k < test->dst.n; k++)
			if (!test_stays(l, &test->dst.at[k]))
				return false;
	}
	return true;
}

static void
sheet_words(struct sheet *sheet, const char *name, const struct words *words)
{
	sheet_format(sheet, ", \"%s\": [", name);
	for (size_t i = 0; i < words->n; i++) {
		sheet_string(sheet, i ? ", " : "");
		sheet_quote(sheet, words->at[i].text);
	}
	sheet_string(sheet, "]");
}

static void
sheet_claims(struct lower *l, struct sheet *sheet, const char *name,
             const struct destinations *list)
{
	if (!list->n)
		return;
	sheet_format(sheet, ", \"%s\": [", name);
	for (size_t i = 0; i < list->n; i++) {
		sheet_string(sheet, i ? ", " : "");
		sheet_quote(sheet, list->at[i].word.text);
		need_host(l, &list->at[i].selector);
	}
	sheet_string(sheet, "]");
}

/* What the source of a test is said to have, as it is written. */
static void
sheet_attributes(struct lower *l, struct sheet *sheet, const struct node *test)
{
	const struct tree *tree = l->policy->tree;
	const struct node *attributes = node_member_fold(tree, test, "srcPostureAttrs");

	if (!attributes)
		return;
	sheet_string(sheet, ", \"srcPostureAttrs\": ");
	sheet_text(sheet, hujson_minimize(l->arena, tree, attributes));
}

/* The tests by their names of today, whatever those were in the policy. */
static void
sheet_tests(struct lower *l, struct sheet *sheet)
{
	for (size_t i = 0; i < l->policy->n_tests; i++) {
		const struct test *test = &l->policy->tests[i];
		need_host(l, &test->src);
		sheet_string(sheet, "{\"src\": ");
		sheet_quote(sheet, test->src_word.text);
		if (test->proto.text.len) {
			sheet_string(sheet, ", \"proto\": ");
			sheet_quote(sheet, test->proto.text);
		}
		sheet_claims(l, sheet, "accept", &test->accept);
		sheet_claims(l, sheet, "deny", &test->deny);
		sheet_attributes(l, sheet, test->node);
		sheet_string(sheet, "},\n");
	}
}

static void
sheet_ssh_tests(struct lower *l, struct sheet *sheet)
{
	for (size_t i = 0; i < l->policy->n_ssh_tests; i++) {
		const struct ssh_test *test = &l->policy->ssh_tests[i];
		need_host(l, &test->src);
		sheet_string(sheet, "{\"src\": ");
		sheet_quote(sheet, test->src_word.text);
		sheet_string(sheet, ", \"dst\": [");
		for (size_t k = 0; k < test->dst.n; k++) {
			sheet_string(sheet, k ? ", " : "");
			sheet_quote(sheet, test->dst.at[k].text);
			need_host(l, &test->dst.at[k]);
		}
		sheet_string(sheet, "]");
		if (test->accept.n)
			sheet_words(sheet, "accept", &test->accept);
		if (test->check.n)
			sheet_words(sheet, "check", &test->check);
		if (test->deny.n)
			sheet_words(sheet, "deny", &test->deny);
		sheet_attributes(l, sheet, test->node);
		sheet_string(sheet, "},\n");
	}
}

/* Tests say nothing about access: that they are gone is told, and stops nobody. */
static void
lower_tests(struct lower *l, struct sheet *sheet)
{
	static const struct {
		enum section section;
		void (*write)(struct lower *, struct sheet *);
	} parts[] = { { SECTION_TESTS, sheet_tests },
		      { SECTION_SSH_TESTS, sheet_ssh_tests } };
	bool stay = lower_takes(l, FEATURE_TESTS) && tests_stay(l);

	for (size_t i = 0; i < 2; i++) {
		const char *name = section_name(parts[i].section);
		const struct node *key = l->policy->sections[parts[i].section];
		if (key && stay) {
			sheet_format(sheet, "\"%s\": [\n", name);
			parts[i].write(l, sheet);
			sheet_string(sheet, "],\n");
		} else if (key) {
			finding_add(l->findings, &CHECK_UNSUPPORTED_BY_TARGET,
			            l->policy->source, key->span,
			            "%s cannot run these %s: they are left out",
			            target_name(l->to), name);
		}
	}
}

/* Something that makes a policy more than empty acls, which some refuse. */
static void
lower_emptiness(struct lower *l, struct sheet *sheet)
{
	bool empty = l->policy->n_groups + l->origins.n + l->hosts.n == 0;

	if (empty && !lower_takes(l, FEATURE_EMPTY_RULES))
		sheet_string(sheet, "\"groups\": {\"group:nobody\": []},\n");
}

/* The page in canonical form. */
static struct text
sheet_canonical(struct lower *l, const struct sheet *sheet)
{
	struct findings findings = { .arena = l->arena };
	struct source *source = source_of(l->arena, "lowered", sheet->at, sheet->n);
	struct tree *tree = hujson_parse(l->arena, source, &findings);

	return tree->broken ? (struct text) { sheet->at, sheet->n }
	                    : hujson_format(l->arena, tree);
}

struct text
policy_lower(struct arena *arena, const struct lowering *lowering,
             struct findings *findings)
{
	const struct policy *policy = lowering->policy;
	bool real = lowering->tailnet && !lowering->tailnet->imagined;
	struct lower l = { .arena = arena,
		           .policy = policy,
		           .from = policy->target,
		           .to = lowering->target,
		           .tailnet = real ? lowering->tailnet : NULL,
		           .narrower = lowering->narrower,
		           .findings = findings,
		           .origins.arena = arena,
		           .hosts.arena = arena,
		           .tags.arena = arena,
		           .losses.arena = arena,
		           .head.arena = arena };
	struct sheet rules = { .arena = arena }, heads = { .arena = arena };
	struct sheet sheet = { .arena = arena };

	/* definitions are written last: the rules say what they need */
	bool any = lower_rules(&l, &rules);
	lower_ssh(&l, &rules);
	lower_auto_approvers(&l, &rules);
	lower_node_attrs(&l, &rules);
	lower_others(&l, &rules);
	lower_tests(&l, &rules);
	lower_tags(&l, &heads);
	sheet_format(&sheet, "// for %s, made from a policy for %s\n", target_name(l.to),
	             target_name(l.from));
	sheet_text(&sheet, (struct text) { l.head.at, l.head.n });
	sheet_string(&sheet, "{\n");
	lower_groups(&l, &sheet);
	lower_hosts(&l, &sheet);
	if (!any)
		lower_emptiness(&l, &sheet);
	sheet_text(&sheet, (struct text) { heads.at, heads.n });
	sheet_text(&sheet, (struct text) { rules.at, rules.n });
	sheet_string(&sheet, "}\n");
	return sheet_canonical(&l, &sheet);
}
