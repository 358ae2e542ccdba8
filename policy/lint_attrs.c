/* Node attributes: what they are, and who gets them. */
#include "policy/lint_pass.h"

#include "grammar/arena.h"

#define NODE_ATTR(name) name,
static const char *const known_attrs[] = {
#include "policy/node_attrs.def"
};
#undef NODE_ATTR

#define N_KNOWN (sizeof(known_attrs) / sizeof(*known_attrs))

/* Whether a name is the known one, or goes on after its : or ?. */
static bool
attr_is(struct text name, const char *known)
{
	struct text whole = text_of(known);
	char last = known[whole.len - 1];

	if (last == ':' || last == '?')
		return text_starts(name, known);
	return text_equal(name, whole);
}

/* Names of one's own, and of capabilities, are anybody's. */
static bool
is_free_name(struct text name)
{
	return text_starts(name, "custom:") || text_starts(name, "http://") ||
	       text_starts(name, "https://") || text_find(name, '/') < name.len;
}

static void
attr_unknown(struct lint *lint, const struct word *attr)
{
	struct text_nearest nearest = text_nearest_start(attr->text);

	if (attr->text.len == 0 || is_free_name(attr->text))
		return;
	for (size_t i = 0; i < N_KNOWN; i++) {
		if (attr_is(attr->text, known_attrs[i]))
			return;
		text_nearest_offer(&nearest, text_of(known_attrs[i]));
	}
	if (nearest.best.len > 0)
		lint_raise(lint, &CHECK_NODE_ATTR_UNKNOWN, attr->span,
		           "%s is not a known attribute; did you mean %.*s?",
		           lint_show(lint, attr->text), TEXT_ARG(nearest.best));
	else
		lint_raise(lint, &CHECK_NODE_ATTR_UNKNOWN, attr->span,
		           "%s is not a known attribute: clients may take no notice",
		           lint_show(lint, attr->text));
}

#define FUNNEL "funnel"
#define RANDOM_PORT "randomize-client-port"

static void
random_port(struct lint *lint, struct span where)
{
	lint_raise(lint, &CHECK_RANDOMIZE_CLIENT_PORT, where,
	           "random ports help behind a few broken routers, and elsewhere keep "
	           "connections from being direct; give them to the machines that need "
	           "them, if any");
}

static void
funnel(struct lint *lint, const struct node_attr *entry)
{
	for (size_t i = 0; i < entry->target.n; i++) {
		const struct selector *target = &entry->target.at[i];
		if (!lint_is_everyone(lint, target))
			continue;
		lint_raise(
			lint, &CHECK_FUNNEL_BROAD, target->span,
			"%s may publish what runs on it to the whole Internet; name the "
			"tag or the group that has to",
			lint_crowd_name(lint, target));
		return;
	}
}

/* Attributes given so far, by target. */
struct given {
	struct names pairs; /* "target\nattr" */
	const struct word **first;
	size_t cap;
};

static struct text
pair_of(struct arena *arena, struct text target, struct text attr)
{
	return text_of(
		arena_format(arena, "%.*s\n%.*s", TEXT_ARG(target), TEXT_ARG(attr)));
}

/* Takes a pair down; returns where it was given before, or NULL. */
static const struct word *
given_add(struct given *given, struct text target, const struct word *attr)
{
	size_t known = given->pairs.n;
	struct text all = pair_of(given->pairs.arena, text_of("*"), attr->text);
	uint32_t everybody = names_find(&given->pairs, all);
	uint32_t number =
		names_add(&given->pairs, pair_of(given->pairs.arena, target, attr->text));

	if (number < known)
		return given->first[number];
	given->first = arena_grow(given->pairs.arena, given->first, known, &given->cap,
	                          sizeof(struct word *));
	given->first[number] = attr;
	return everybody == NAMES_NONE ? NULL : given->first[everybody];
}

/* So many pairs of a target and an attribute are told apart in one entry. */
#define PAIRS_MAX 4096

/* Raises attributes that all targets of an entry have already. */
static void
repeated_attrs(struct lint *lint, struct given *given, const struct node_attr *entry)
{
	const struct selectors *targets = &entry->target;

	if (targets->n == 0 || targets->n * entry->attr.n > PAIRS_MAX)
		return;
	for (size_t i = 0; i < entry->attr.n; i++) {
		const struct word *attr = &entry->attr.at[i], *before = NULL;
		bool all = true;
		for (size_t k = 0; k < targets->n; k++) {
			const struct word *found =
				given_add(given, targets->at[k].text, attr);
			before = before ? before : found;
			all = all && found;
		}
		if (!all || !before)
			continue;
		struct finding *finding =
			lint_raise(lint, &CHECK_NODE_ATTR_DUPLICATE, attr->span,
		                   "the targets of this entry have %s already",
		                   lint_show(lint, attr->text));
		lint_note(lint, finding, before->span, "given here");
		fix_drop(&lint->fixes, lint_fix(lint, finding, REPAIR_SAFE), attr->node);
	}
}

void
lint_attrs(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct given given = { .pairs = { .arena = lint->arena } };

	if (policy->randomize_client_port)
		random_port(lint, policy->sections[SECTION_RANDOMIZE_CLIENT_PORT]->span);
	for (size_t i = 0; i < policy->n_node_attrs; i++) {
		const struct node_attr *entry = &policy->node_attrs[i];
		for (size_t k = 0; k < entry->attr.n; k++) {
			const struct word *attr = &entry->attr.at[k];
			attr_unknown(lint, attr);
			if (text_is(attr->text, FUNNEL))
				funnel(lint, entry);
			if (text_is(attr->text, RANDOM_PORT))
				random_port(lint, attr->span);
		}
		repeated_attrs(lint, &given, entry);
	}
}
