/* Who can take more than was given: by owning tags, by logging in, by having
 * routes approved (spec/algorithms.md, escalation closure). */
#include "policy/lint_pass.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/become.h"
#include "policy/cut.h"

/* Somebody who may take a tag, or log in where it is. */
struct way {
	uint32_t who, to; /* nodes */
	const struct become_edge *edge;
};

/* Rules that start from machines with a tag, by party; parties by tag. */
struct tag_rules {
	uint32_t *parties, *first; /* by tag's node, and one more: places in parties */
	uint32_t *rules, *rules_first; /* by party, and one more: numbers of rules */
};

struct power {
	struct becoming *becoming;
	struct way *ways; /* by who */
	size_t n_ways, ways_cap;
	uint32_t *ends; /* of the cut, by node; those that ways start from */
	struct tag_rules of_tags;
	uint32_t *targets;   /* ends of the cut, by rule: of its destination */
	bool *ssh_told;      /* by ssh rule */
	bool *approver_told; /* by node */
	struct become_walk walk;
	struct asking {
		uint32_t end;          /* of the cut: who is judged now */
		uint32_t round;        /* of judging: what is marked with it holds */
		uint32_t *party_asked; /* by party */
		uint32_t
			*party_rule; /* by party: a rule that gives more, or NAMES_NONE */
		uint32_t *owned;     /* by node: told of its owner */
		size_t effort;
	} asking;
};

/* Steps and questions that are worth it in all. What people write takes less than a
 * thousandth; beyond, it is said that not all was followed. */
#define EFFORT_MAX 1000000

/* Whom the coordinator lets take any tag, or who administers everything. */
static bool
is_trusted(struct lint *lint, const struct selector *selector)
{
	const struct tailnet *real = lint_tailnet(lint);
	uint32_t user = real && selector->kind == SELECTOR_USER
	                        ? tailnet_user(real, selector->text)
	                        : USER_NONE;

	if (lint_is_admin(lint, selector))
		return true;
	if (user == USER_NONE)
		return false;
	return real->users[user].role == ROLE_OWNER ||
	       real->users[user].role == ROLE_ADMIN ||
	       real->users[user].role == ROLE_NETWORK_ADMIN;
}

static struct selector
node_selector(const struct becoming *becoming, uint32_t node)
{
	return selector_parse(becoming->names.texts[node]);
}

static int
way_order(const void *left, const void *right)
{
	const struct way *a = left, *b = right;

	if (a->who != b->who)
		return a->who < b->who ? -1 : 1;
	if (a->edge->kind != b->edge->kind)
		return a->edge->kind < b->edge->kind ? -1 : 1;
	return (a->edge > b->edge) - (a->edge < b->edge);
}

/* Whether somebody's first steps are to be judged. Crowds are told about apart;
 * tags that own tags are steps on the way of people. */
static bool
is_judged(struct lint *lint, const struct becoming *becoming,
          const struct become_edge *edge)
{
	struct selector who = node_selector(becoming, edge->from);
	bool owner = edge->kind == BECOME_OWNER;

	if (edge->kind == BECOME_MEMBER || edge->kind == BECOME_AMONG ||
	    is_trusted(lint, &who) || lint_crowd(lint, &who) != CROWD_NONE)
		return false;
	if (owner)
		return selector_is_people(&who);
	return selector_is_people(&who) || who.kind == SELECTOR_TAG;
}

static void
ways_find(struct lint *lint, struct power *power)
{
	const struct becoming *becoming = power->becoming;

	for (size_t i = 0; i < becoming->n_edges; i++) {
		const struct become_edge *edge = &becoming->edges[i];
		if (!is_judged(lint, becoming, edge))
			continue;
		power->ways = arena_grow(lint->arena, power->ways, power->n_ways,
		                         &power->ways_cap, sizeof(*power->ways));
		power->ways[power->n_ways++] =
			(struct way) { edge->from, edge->to, edge };
	}
	if (power->n_ways > 1)
		qsort(power->ways, power->n_ways, sizeof(*power->ways), way_order);
}

/* Whether a rule gives its sources, as such, access to packets. Those for
 * everything that there is give nobody more than others. */
static bool
gives_access(const struct rule *rule)
{
	return rule->kind == RULE_NETWORK && !rule->src->any && !rule->src->danger &&
	       !rule->postures && !rule->self && rule->n_ports > 0 && rule->target &&
	       !rule->dst->unknown;
}

/* The node of the tag that an imagined machine has, by machine. */
static uint32_t *
nodes_of_machines(struct lint *lint, const struct power *power)
{
	const struct tailnet *tailnet = lint->imagined->tailnet;
	uint32_t *nodes = arena_array(lint->arena, tailnet->n_machines, sizeof(*nodes));

	for (size_t i = 0; i < tailnet->n_machines; i++) {
		const struct machine *machine = &tailnet->machines[i];
		nodes[i] =
			machine->stand_in == STAND_IN_TAG
				? names_find(&power->becoming->names, machine->stands_for)
				: NAMES_NONE;
	}
	return nodes;
}

/* Lists pairs by their first: counts, then places. */
static uint32_t *
firsts_of(struct arena *arena, const uint32_t *counts, size_t n)
{
	uint32_t *first = arena_array(arena, n + 1, sizeof(*first));

	for (size_t i = 0; i < n; i++)
		first[i + 1] = first[i] + counts[i];
	return first;
}

/* Parties that rules start from, each once. */
static const struct party **
parties_of_rules(struct lint *lint)
{
	const struct filter *filter = lint->imagined;
	const struct party **parties =
		arena_array(lint->arena, filter->n_parties, sizeof(struct party *));

	for (size_t i = 0; i < filter->n_rules; i++)
		if (gives_access(&filter->rules[i]))
			parties[filter->rules[i].src->number] = filter->rules[i].src;
	return parties;
}

static void
rules_by_party(struct lint *lint, struct tag_rules *of_tags)
{
	const struct filter *filter = lint->imagined;
	uint32_t *counts = arena_array(lint->arena, filter->n_parties, sizeof(*counts));
	uint32_t *fill;

	for (size_t i = 0; i < filter->n_rules; i++)
		counts[filter->rules[i].src->number] += gives_access(&filter->rules[i]);
	of_tags->rules_first = firsts_of(lint->arena, counts, filter->n_parties);
	fill = firsts_of(lint->arena, counts, filter->n_parties);
	of_tags->rules = arena_array(lint->arena, filter->n_rules, sizeof(uint32_t));
	for (uint32_t i = 0; i < filter->n_rules; i++)
		if (gives_access(&filter->rules[i]))
			of_tags->rules[fill[filter->rules[i].src->number]++] = i;
}

/* Counts the parties of rules that have machines of each tag's node, and puts down
 * which where there are places for them. */
static void
tags_of_parties(struct lint *lint, const uint32_t *node_of, uint32_t *counts,
                uint32_t *places)
{
	const struct party **parties = parties_of_rules(lint);

	for (uint32_t p = 0; p < lint->imagined->n_parties; p++)
		for (uint32_t i = 0; parties[p] && i < parties[p]->machines->n; i++) {
			uint32_t node = node_of[parties[p]->machines->at[i]];
			if (node == NAMES_NONE)
				continue;
			if (places)
				places[counts[node]] = p;
			counts[node]++;
		}
}

static void
parties_by_tag(struct lint *lint, struct power *power)
{
	const uint32_t *node_of = nodes_of_machines(lint, power);
	size_t n_nodes = power->becoming->names.n;
	uint32_t *counts = arena_array(lint->arena, n_nodes, sizeof(*counts));
	struct tag_rules *of_tags = &power->of_tags;

	tags_of_parties(lint, node_of, counts, NULL);
	of_tags->first = firsts_of(lint->arena, counts, n_nodes);
	of_tags->parties =
		arena_array(lint->arena, of_tags->first[n_nodes], sizeof(uint32_t));
	tags_of_parties(lint, node_of, firsts_of(lint->arena, counts, n_nodes),
	                of_tags->parties);
}

/* Mentions the destinations of rules that machines with tags have, each once. */
static void
targets_mention(struct lint *lint, struct power *power)
{
	const struct filter *filter = lint->imagined;
	struct names seen = { .arena = lint->arena };
	uint32_t *ends = arena_array(lint->arena, filter->n_rules, sizeof(*ends));

	power->targets =
		arena_array(lint->arena, filter->n_rules, sizeof(*power->targets));
	for (size_t i = 0; i < filter->n_rules; i++) {
		const struct rule *rule = &filter->rules[i];
		size_t known = seen.n;
		if (!gives_access(rule))
			continue;
		uint32_t number = names_add(&seen, rule->target->text);
		if (number == known)
			ends[number] =
				cut_mention(lint->cut, 0, CUT_DST, rule->target, 1);
		power->targets[i] = ends[number];
	}
}

void
lint_power_mention(struct lint *lint)
{
	struct power *power = arena_alloc(lint->arena, sizeof(*power));

	lint->power = power;
	power->becoming = becoming_of(lint->arena, lint->policy);
	ways_find(lint, power);
	power->ends =
		arena_array(lint->arena, power->becoming->names.n, sizeof(uint32_t));
	for (size_t i = 0; i < power->n_ways; i++) {
		uint32_t who = power->ways[i].who;
		if (i > 0 && power->ways[i - 1].who == who)
			continue;
		struct selector *selector = arena_alloc(lint->arena, sizeof(*selector));
		*selector = node_selector(power->becoming, who);
		power->ends[who] = cut_mention(lint->cut, 0, CUT_SRC, selector, 1);
	}
	if (power->n_ways == 0)
		return;
	rules_by_party(lint, &power->of_tags);
	parties_by_tag(lint, power);
	targets_mention(lint, power);
}

struct selectors
lint_becomes(struct lint *lint, const struct selectors *list)
{
	const struct becoming *becoming = lint->power->becoming;
	struct arena scratch = { 0 };
	size_t n_start, n = list->n, cap = n;
	uint32_t *start = become_start(&scratch, becoming, list, &n_start);
	uint32_t *steps = become_search(&scratch, becoming, start, n_start, BECOME_ALL);
	struct selector *all = arena_array(lint->arena, n, sizeof(*all));

	for (size_t i = 0; i < list->n; i++)
		all[i] = list->at[i];
	for (uint32_t i = 0; i < becoming->names.n; i++) {
		struct selector selector = node_selector(becoming, i);
		if (steps[i] >= BECOME_START || selector.kind != SELECTOR_TAG)
			continue;
		all = arena_grow(lint->arena, all, n, &cap, sizeof(*all));
		all[n++] = selector;
	}
	arena_end(&scratch);
	return (struct selectors) { all, n, list->list };
}

const char *
lint_how_becomes(struct lint *lint, const struct selectors *list, struct text tag)
{
	const struct becoming *becoming = lint->power->becoming;
	struct arena scratch = { 0 };
	size_t n;
	uint32_t *start = become_start(&scratch, becoming, list, &n);
	uint32_t *steps = become_search(&scratch, becoming, start, n, BECOME_ALL);
	uint32_t node = names_find(&becoming->names, tag);
	const char *way = node == NAMES_NONE
	                          ? NULL
	                          : become_way(lint->arena, becoming, steps, node);

	arena_end(&scratch);
	return way;
}

/* Whether all that a rule gives is reached already, by everybody who is judged. */
static bool
rule_is_reached(struct lint *lint, const struct rule *rule)
{
	struct asking *asking = &lint->power->asking;
	uint32_t dst = lint->power->targets[rule - lint->imagined->rules];

	asking->effort += rule->n_ports;
	for (size_t i = 0; i < rule->n_ports; i++)
		if (!cut_between_all(lint->cut, 0, asking->end, dst, rule->protocol,
		                     rule->ports[i]))
			return false;
	return true;
}

/* A rule for a party that gives more than is reached, by its number; or NAMES_NONE. */
static uint32_t
party_gives(struct lint *lint, uint32_t party)
{
	const struct tag_rules *of_tags = &lint->power->of_tags;
	struct asking *asking = &lint->power->asking;

	if (asking->party_asked[party] == asking->round)
		return asking->party_rule[party];
	asking->party_asked[party] = asking->round;
	asking->party_rule[party] = NAMES_NONE;
	for (uint32_t i = of_tags->rules_first[party];
	     i < of_tags->rules_first[party + 1] && asking->effort < EFFORT_MAX; i++)
		if (!rule_is_reached(lint, &lint->imagined->rules[of_tags->rules[i]])) {
			asking->party_rule[party] = of_tags->rules[i];
			break;
		}
	return asking->party_rule[party];
}

/* A rule by which machines with a tag reach more, or NULL. */
static const struct rule *
tag_gives(struct lint *lint, uint32_t node)
{
	const struct tag_rules *of_tags = &lint->power->of_tags;

	for (uint32_t i = of_tags->first[node]; i < of_tags->first[node + 1]; i++) {
		uint32_t rule = party_gives(lint, of_tags->parties[i]);
		lint->power->asking.effort++;
		if (rule != NAMES_NONE)
			return &lint->imagined->rules[rule];
	}
	return NULL;
}

/* The nearest tag to which a way leads and by which more is reached, or NAMES_NONE;
 * *rule gives it. */
static uint32_t
way_goal(struct lint *lint, const struct way *way, const struct rule **rule)
{
	struct power *power = lint->power;
	uint32_t node;

	become_walk_from(&power->walk, way->to);
	while (power->asking.effort++ < EFFORT_MAX &&
	       become_walk_next(&power->walk, &node)) {
		*rule = tag_gives(lint, node);
		if (*rule)
			return node;
	}
	become_walk_close(&power->walk);
	return NAMES_NONE;
}

/* "tag:db on tcp 5432", "10.0.0.0/8 on all ports". */
static const char *
rule_said(struct lint *lint, const struct rule *rule)
{
	const char *dst = lint_show(lint, rule->target->text);
	char ports[16];

	if (ports_all(rule->ports[0]))
		return lint_say(lint, "%s on all ports", dst);
	ports_write(rule->ports[0], ports);
	return lint_say(lint, "%s on port%s %s", dst,
	                rule->ports[0].first == rule->ports[0].last ? "" : "s", ports);
}

static void
gain_raise(struct lint *lint, const struct way *way, uint32_t goal,
           const struct rule *rule)
{
	const struct becoming *becoming = lint->power->becoming;
	bool owner = way->edge->kind == BECOME_OWNER;
	const char *who = lint_show(lint, becoming->names.texts[way->who]);
	const char *tag = lint_show(lint, becoming->names.texts[way->to]);
	const char *on = become_way(lint->arena, becoming, lint->power->walk.steps, goal);
	struct finding *finding =
		lint_raise(lint, owner ? &CHECK_TAG_ESCALATION : &CHECK_SSH_ESCALATION,
	                   way->edge->where,
	                   owner ? "%s may take %s, and with it%s reach %s, which is not "
	                           "open to %s%s"
	                         : "%s may log in on %s, and from there%s reach %s, "
	                           "which is not open "
	                           "to %s%s",
	                   who, tag, on ? " by some steps" : "", rule_said(lint, rule),
	                   who, on ? lint_say(lint, ": %s", on) : "");

	if (rule->grant)
		lint_note(lint, finding, lint_opening(rule->grant->node),
		          "%s gives that access", grant_name(lint, rule->grant));
}

/* Whether the same is told: of the owner of the tag, or of the ssh rule. Takes
 * down that it is now. */
static bool
is_told(struct power *power, const struct way *way)
{
	bool *told = way->edge->ssh ? &power->ssh_told[way->edge->ssh->index] : NULL;
	uint32_t *owned = &power->asking.owned[way->to];
	bool known = *owned == power->asking.round || (told && *told);

	if (told)
		*told = true;
	else
		*owned = power->asking.round;
	return known;
}

#define STEPS                                                                            \
	(BECOME_BIT(BECOME_OWNER) | BECOME_BIT(BECOME_LOGIN) | BECOME_BIT(BECOME_AMONG))

/* Judges all ways of one person or tag. */
static void
ways_judge(struct lint *lint, const struct way *ways, size_t n)
{
	struct power *power = lint->power;

	power->asking.end = power->ends[ways[0].who];
	power->asking.round++;
	become_walk_open(&power->walk);
	for (size_t i = 0; i < n; i++) {
		const struct rule *rule;
		uint32_t goal = way_goal(lint, &ways[i], &rule);
		if (goal != NAMES_NONE && !is_told(power, &ways[i]))
			gain_raise(lint, &ways[i], goal, rule);
	}
}

static void
asking_start(struct lint *lint)
{
	struct power *power = lint->power;
	size_t n_nodes = power->becoming->names.n;
	size_t n_parties = lint->imagined->n_parties;

	power->walk = become_walk_of(lint->arena, power->becoming, STEPS, false);
	power->asking.party_asked = arena_array(lint->arena, n_parties, sizeof(uint32_t));
	power->asking.party_rule = arena_array(lint->arena, n_parties, sizeof(uint32_t));
	power->asking.owned = arena_array(lint->arena, n_nodes, sizeof(uint32_t));
	power->ssh_told = arena_array(lint->arena, lint->policy->n_ssh, sizeof(bool));
}

static void
escalations(struct lint *lint)
{
	struct power *power = lint->power;
	size_t end;

	if (policy_is_open(lint->policy) || power->n_ways == 0)
		return;
	asking_start(lint);
	for (size_t i = 0; i < power->n_ways; i = end) {
		for (end = i + 1;
		     end < power->n_ways && power->ways[end].who == power->ways[i].who;
		     end++)
			;
		ways_judge(lint, power->ways + i, end - i);
	}
}

/* Owners that are everybody, and tags that own themselves. */
static void
owners_judge(struct lint *lint, const struct tag *tag)
{
	for (size_t i = 0; i < tag->owners.n; i++) {
		const struct selector *owner = &tag->owners.at[i];
		if (lint_crowd(lint, owner) >= CROWD_TAGGED)
			lint_raise(lint, &CHECK_TAG_OWNER_TOO_BROAD, owner->span,
			           "%s may take %s and all the access that it has; name "
			           "those who set up such machines",
			           lint_crowd_name(lint, owner),
			           lint_show(lint, tag->name.text));
		if (text_equal(owner->text, tag->name.text))
			lint_raise(lint, &CHECK_TAG_SELF_OWNED, owner->span,
			           "whoever gets hold of a key with %s can make more "
			           "machines that have it",
			           lint_show(lint, tag->name.text));
	}
}

/* Tags that own each other, told at the first of them in the file. */
static void
circles_judge(struct lint *lint)
{
	const struct becoming *becoming = lint->power->becoming;
	const struct policy *policy = lint->policy;
	uint32_t *circles = become_circles(lint->arena, becoming);
	size_t n_nodes = becoming->names.n;
	const struct tag **first =
		arena_array(lint->arena, n_nodes, sizeof(struct tag *));
	struct finding **findings =
		arena_array(lint->arena, n_nodes, sizeof(struct finding *));

	for (size_t i = 0; i < policy->n_tags; i++) {
		const struct tag *tag = &policy->tags[i];
		uint32_t node = names_find(&becoming->names, tag->name.text);
		if (node == NAMES_NONE)
			continue;
		uint32_t circle = circles[node];
		if (!first[circle]) {
			first[circle] = tag;
			continue;
		}
		if (!findings[circle])
			findings[circle] = lint_raise(
				lint, &CHECK_TAG_OWNER_CYCLE, first[circle]->name.span,
				"%s and %s own each other, perhaps by way of more tags: "
				"whoever has one can take all",
				lint_show(lint, first[circle]->name.text),
				lint_show(lint, tag->name.text));
		lint_note(lint, findings[circle], tag->name.span, "%s is one of them",
		          lint_show(lint, tag->name.text));
	}
}

/* The nearest who becomes a tag by more than one step and is not trusted anyway, or
 * NAMES_NONE. */
static uint32_t
nearest_stranger(struct lint *lint, struct become_walk *walk, uint32_t tag)
{
	struct power *power = lint->power;
	uint32_t node;

	become_walk_from(walk, tag);
	while (power->asking.effort++ < EFFORT_MAX && become_walk_next(walk, &node)) {
		if (node == tag || walk->becoming->edges[walk->steps[node]].to == tag)
			continue;
		struct selector who = node_selector(walk->becoming, node);
		if (selector_is_people(&who) && !is_trusted(lint, &who))
			return node;
	}
	return NAMES_NONE;
}

/* Raises an approver that somebody becomes who was not named for it: by way of
 * tags that own it. Each tag once. */
static void
approver_judge(struct lint *lint, struct become_walk *walk,
               const struct selector *approver, const char *what)
{
	struct power *power = lint->power;
	const struct becoming *becoming = power->becoming;
	uint32_t goal = names_find(&becoming->names, approver->text);

	if (approver->kind != SELECTOR_TAG || goal == NAMES_NONE ||
	    power->approver_told[goal])
		return;
	power->approver_told[goal] = true;
	uint32_t who = nearest_stranger(lint, walk, goal);
	if (who != NAMES_NONE)
		lint_raise(
			lint, &CHECK_ROUTE_HIJACK_PATH, approver->span,
			"%s can become %s, and so %s and draw that traffic to a machine "
			"of its own: %s",
			lint_show(lint, becoming->names.texts[who]),
			lint_show(lint, approver->text), what,
			become_way_on(lint->arena, becoming, walk->steps, who));
}

static void
approvers_judge(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct power *power = lint->power;
	struct become_walk walk = become_walk_of(lint->arena, power->becoming,
	                                         BECOME_BIT(BECOME_OWNER), true);

	power->approver_told =
		arena_array(lint->arena, power->becoming->names.n, sizeof(bool));
	for (size_t i = 0; i < policy->n_approvers; i++)
		for (size_t k = 0; k < policy->approvers[i].by.n; k++)
			approver_judge(lint, &walk, &policy->approvers[i].by.at[k],
			               lint_say(lint, "have %s approved",
			                        lint_show(lint, policy->approvers[i]
			                                                .route.text)));
	for (size_t i = 0; i < policy->exit_node.n; i++)
		approver_judge(lint, &walk, &policy->exit_node.at[i], "be an exit node");
}

/* Says so where there was more to follow than is worth it. */
static void
effort_judge(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	const struct node *where = policy->sections[SECTION_TAG_OWNERS];

	if (lint->power->asking.effort < EFFORT_MAX)
		return;
	lint_raise(lint, &CHECK_TAG_ESCALATION,
	           (where ? where : policy->sections[SECTION_SSH])->span,
	           "there are too many ways to get from tag to tag to follow each: who "
	           "gains access on those left is not told")
		->level = LEVEL_ADVICE;
}

void
lint_power(struct lint *lint)
{
	for (size_t i = 0; i < lint->policy->n_tags; i++)
		owners_judge(lint, &lint->policy->tags[i]);
	circles_judge(lint);
	escalations(lint);
	approvers_judge(lint);
	effort_judge(lint);
}
