/* Whole policies, with a bit of everything that a policy may say, in other targets'
 * terms: who may send what to whom, log in where, take which tag, have which route
 * approved, and what machines are given is the same, or less and told. */

#include "policy/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "policy/attrs.h"
#include "policy/dialect.h"
#include "policy/lower_test.h"
#include "policy/resolve.h"

static void
put_owner(struct draft *d)
{
	static const char *const words[] = { "group:g", "group:h", "group:empty",
		                             "autogroup:admin", "autogroup:member" };

	switch (draw(d, 3)) {
	case 0:
		put_user(d);
		break;
	case 1:
		put_tag(d);
		break;
	default:
		PICK(d, words);
	}
}

static void
put_server_tag(struct draft *d)
{
	put_tag(d);
}

static void
put_attr_target(struct draft *d)
{
	static const char *const words[] = { "*", "autogroup:tagged", "h4",
		                             "100.64.0.0/30" };

	if (draw(d, 3))
		put_owner(d);
	else
		PICK(d, words);
}

static void
put_attr_name(struct draft *d)
{
	static const char *const words[] = { "funnel", "magicdns-aaaa", "drive:share",
		                             "custom:x" };

	PICK(d, words);
}

static void
put_attr(struct draft *d)
{
	unsigned what = 1 + draw(d, 3);

	put(d, "{\"target\":");
	put_list(d, 1, 2, put_attr_target);
	if (what & 1) {
		put(d, ",\"attr\":");
		put_list(d, 1, 2, put_attr_name);
	}
	if (what & 2)
		put(d,
		    draw(d, 2)
		            ? ",\"app\":{\"example.com/c\":[{\"x\":1}]}"
		            : ",\"app\":{\"example.com/c\":[],\"example.com/d\":[2,3]}");
	put(d, "}");
}

/* "name": [ … ], of a map. */
static void
put_entry(struct draft *d, const char *name, void (*put_one)(struct draft *))
{
	put(d, "\"");
	put(d, name);
	put(d, "\":");
	put_list(d, 0, 3, put_one);
	put(d, ",");
}

static void
put_map(struct draft *d, const char *name, const char *const *keys, size_t n,
        void (*put_one)(struct draft *))
{
	put(d, "\"");
	put(d, name);
	put(d, "\":{");
	for (size_t i = 0; i < n; i++)
		put_entry(d, keys[i], put_one);
	put(d, "},");
}

#define MAP(d, name, put_one, ...)                                                       \
	put_map(d, name, (const char *const[]) { __VA_ARGS__ },                          \
	        sizeof((const char *const[]) { __VA_ARGS__ }) / sizeof(char *), put_one)

static void
put_approvers(struct draft *d)
{
	put(d, "\"autoApprovers\":{");
	put_entry(d, "exitNode", put_owner);
	MAP(d, "routes", put_owner, "10.0.0.0/8", "10.1.2.0/24", "2001:db8::/32");
	if (draw(d, 3) == 0)
		MAP(d, "services", put_server_tag, "svc:web", "tag:a");
	put(d, "},");
}

static void
put_whole_policy(struct draft *d)
{
	static const char *const settings[] = { "", "\"randomizeClientPort\":true,",
		                                "\"randomizeClientPort\":false,",
		                                "\"OneCGNATRoute\":\"mac-always\"," };

	put(d, "{\"hosts\":{\"h4\":\"100.64.0.1\",\"hnet\":\"10.1.0.0/20\","
	       "\"hpub\":\"0.0.0.0/1\",\"h6\":\"2001:db8:1::/48\",\"u1\":\"10.9.9.9\"},"
	       "\"ipsets\":{\"ipset:mix\":[\"10.1.2.0/24\",\"100.64.0.2-100.64.0.4\","
	       "\"8.8.0.0/16\"],\"ipset:hole\":[\"add 10.0.0.0/8\","
	       "\"remove 10.1.2.0/25\",\"add host:h6\"]},"
	       "\"postures\":{\"posture:linux\":[\"node:os == 'linux'\"],"
	       "\"posture:new\":[\"node:tsVersion >= '1.40'\"]},");
	MAP(d, "groups", put_user, "group:g", "group:h", "group:empty",
	    "group:autogroup-admin");
	MAP(d, "tagOwners", put_owner, "tag:a", "tag:b", "tag:c", "tag:none");
	put_approvers(d);
	PICK(d, settings);
	put(d, "\"acls\":[]");
	put_rows(d, "grants", 4, put_grant);
	put_rows(d, "nodeAttrs", 4, put_attr);
	put_rows(d, "ssh", 3, put_shell);
	put(d, "}");
}

/* The world's people and machines, under a policy that says a bit of everything. */
static const struct policy *
whole_policy(struct world *w, uint64_t seed)
{
	struct draft *d = arena_alloc(&w->arena, sizeof(*d));
	struct policy *policy;

	d->seed = seed * 0x9fb21c651e98df25u + 5;
	put_whole_policy(d);
	policy = policy_read(&w->arena, world_tree(w, "policy", d->text),
	                     TARGET_TAILSCALE, &w->findings);
	policy_validate(policy, w->tailnet, &w->findings);
	if (w->findings.n_errors)
		fail_msg("%s: %s", findings_first_error(&w->findings)->said, d->text);
	return policy;
}

/* Lines, each of which is something that somebody is given. */
struct lines {
	struct arena *arena;
	const char **at;
	size_t n, cap;
};

static void __attribute__((format(printf, 2, 3)))
line_add(struct lines *lines, const char *format, ...)
{
	va_list args;

	lines->at = arena_grow(lines->arena, lines->at, lines->n, &lines->cap,
	                       sizeof(*lines->at));
	va_start(args, format);
	lines->at[lines->n++] = arena_format_list(lines->arena, format, args);
	va_end(args);
}

static bool
lines_hold(const struct lines *lines, const char *line)
{
	for (size_t i = 0; i < lines->n; i++)
		if (strcmp(lines->at[i], line) == 0)
			return true;
	return false;
}

/* What is given by the lowered policy was given; and what was, is, where nothing is
 * told to be lost. */
static void
compare_lines(const struct pair *p, const struct lines *before, const struct lines *after)
{
	for (size_t i = 0; i < after->n; i++)
		if (!lines_hold(before, after->at[i]))
			fail_pair(p, after->at[i]);
	for (size_t i = 0; i < before->n && p->n_lost == 0; i++)
		if (!lines_hold(after, before->at[i]))
			fail_pair(p,
			          arena_format(before->arena, "lost: %s", before->at[i]));
}

static void
approvals(struct lines *lines, const struct policy *policy, const struct tailnet *t)
{
	const struct naive naive = { policy, t };
	char text[RANGE_TEXT_MAX];
	struct range route;

	for (size_t i = 0; i < t->n_machines; i++)
		for (size_t k = 0; naive_route(&t->machines[i], k, &route); k++)
			if (naive_approved(&naive, &t->machines[i], route)) {
				range_write(route, text);
				line_add(lines, "%.*s routes %s",
				         TEXT_ARG(t->machines[i].name), text);
			}
	for (size_t i = 0; i < policy->n_service_approvers; i++)
		for (size_t k = 0; k < policy->service_approvers[i].by.n; k++)
			line_add(lines, "%.*s is hosted by %.*s",
			         TEXT_ARG(policy->service_approvers[i].service.text),
			         TEXT_ARG(policy->service_approvers[i].by.at[k].text));
}

/* Whether an owner of tags is a user, or a user is among it. */
static bool
is_owner(const struct policy *policy, const struct tailnet *t, const struct selector *s,
         uint32_t user)
{
	const struct group *group =
		s->kind == SELECTOR_GROUP ? policy_group(policy, s->text) : NULL;

	for (size_t i = 0; group && i < group->members.n; i++)
		if (dialect_user(policy->target, t, group->members.at[i].text, true) ==
		    user)
			return true;
	if (s->kind == SELECTOR_USER)
		return dialect_user(policy->target, t, s->text, false) == user;
	/* who has nothing but machines shared in is of another tailnet */
	if (s->autogroup == AUTOGROUP_MEMBER && t->of_user[user]->n > 0)
		return set_overlaps(t->of_user[user], t->members);
	return s->kind == SELECTOR_AUTOGROUP && user_is_named(&t->users[user], s);
}

static void
owners(struct lines *lines, const struct policy *policy, const struct tailnet *t)
{
	for (size_t i = 0; i < policy->n_tags; i++)
		for (size_t k = 0; k < policy->tags[i].owners.n; k++) {
			const struct selector *s = &policy->tags[i].owners.at[k];
			struct text tag = policy->tags[i].name.text;
			if (s->kind == SELECTOR_TAG)
				line_add(lines, "%.*s owns %.*s", TEXT_ARG(s->text),
				         TEXT_ARG(tag));
			for (uint32_t u = 0; u < t->n_users; u++)
				if (is_owner(policy, t, s, u))
					line_add(lines, "%.*s owns %.*s",
					         TEXT_ARG(t->users[u].login),
					         TEXT_ARG(tag));
		}
}

static void
attributes(struct lines *lines, const struct policy *policy, struct tailnet *t)
{
	struct attrs *attrs = attrs_compile(lines->arena, policy, t);

	for (uint32_t i = 0; i < t->n_machines; i++) {
		struct cap_map map = attrs_map(attrs, attrs_of(attrs, i));
		struct text name = t->machines[i].name;
		for (size_t k = 0; k < map.n; k++) {
			const struct cap *cap = &map.at[k];
			line_add(lines, "%.*s has %.*s%s", TEXT_ARG(name),
			         TEXT_ARG(cap->name), cap->null ? "" : ", a list");
			for (size_t v = 0; v < cap->n_values; v++)
				line_add(lines, "%.*s has %.*s: %.*s", TEXT_ARG(name),
				         TEXT_ARG(cap->name),
				         TEXT_ARG(hujson_minimize(lines->arena,
				                                  policy->tree,
				                                  cap->values[v])));
		}
	}
}

/* What a rule of capabilities gives to one address at one of a machine's. */
static void
capability_add(struct lines *lines, const struct policy *policy, struct text machine,
               const struct wire_rule *rule, const char *between)
{
	const struct grant *grant = rule->rule->grant;

	if (rule->rule->companion) {
		line_add(lines, "%s %.*s: %s", between, TEXT_ARG(machine),
		         rule->rule->companion);
		return;
	}
	for (size_t i = 0; i < grant->n_app; i++)
		line_add(lines, "%s %.*s: %.*s %.*s", between, TEXT_ARG(machine),
		         TEXT_ARG(grant->app[i].name.text),
		         TEXT_ARG(hujson_minimize(lines->arena, policy->tree,
		                                  grant->app[i].values)));
}

static void
capabilities(struct lines *lines, const struct policy *policy, struct world *w,
             struct table *table)
{
	const struct tailnet *t = w->tailnet;
	struct point points[40];
	size_t n = points_of(t, points);

	for (uint32_t m = 0; m < t->n_machines; m++) {
		struct wire_table rules = table_of(table, &w->arena, m);
		for (size_t i = 0; i < rules.n; i++)
			for (size_t a = 0; a < n * rules.rules[i].n_cap_dst; a++) {
				const struct wire_rule *rule = &rules.rules[i];
				struct text dst = rule->cap_dst[a / n];
				char src[RANGE_TEXT_MAX];
				if (!rule_has_src(table, rule, points[a % n]))
					continue;
				address_write(points[a % n], src);
				capability_add(lines, policy, t->machines[m].name, rule,
				               arena_format(lines->arena, "%s at %.*s",
				                            src, TEXT_ARG(dst)));
			}
	}
}

/* All that a policy gives beside packets and logins. */
static struct lines
lines_of(struct world *w, const struct policy *policy, struct table *table)
{
	struct lines lines = { .arena = &w->arena };

	tailnet_approve(w->tailnet, policy);
	approvals(&lines, policy, w->tailnet);
	owners(&lines, policy, w->tailnet);
	attributes(&lines, policy, w->tailnet);
	capabilities(&lines, policy, w, table);
	return lines;
}

static void
compare_pair(struct pair *p)
{
	struct world *w = &p->w;
	struct table *table = compile(w, p->policy);
	struct answers answers = answers_of(w, p->policy, table);
	struct lines before = lines_of(w, p->policy, table), after;
	struct ssh_table *shells = ssh_compile(&w->arena, p->policy, w->tailnet);

	pair_lower(p);
	pair_compile(p);
	after = lines_of(w, p->lowered, p->table);
	compare_lines(p, &before, &after);
	compare_answers(p, &answers);
	compare_shells(p, shells, ssh_compile(&w->arena, p->lowered, w->tailnet));
}

static void
try_whole(struct pair *p)
{
	p->policy = whole_policy(&p->w, p->seed);
	compare_pair(p);
}

static void
whole_policies_say_the_same_or_what_is_lost(void **state)
{
	(void)state;
	pairs_try(try_whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_policies_say_the_same_or_what_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
