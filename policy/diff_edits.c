/* Edits of definitions and settings, told as themselves. What a definition changes in
 * access is told there; where it changes nothing, its edit is a note. */
#include "policy/diff_parts.h"

#include <string.h>

#include "grammar/address.h"
#include "grammar/arena.h"
#include "policy/derp.h"
#include "policy/imply.h"
#include "policy/visit.h"

/* The words that the rules of both policies use, so that definitions nobody uses
 * can be told from others. */
struct edits {
	struct telling *t;
	struct names used;
	const struct policy *policy; /* whose mentions are noted … */
	bool *noted;                 /* … and by policy_word which were */
};

static void
use_note(const struct mention *mention, void *context)
{
	struct edits *edits = context;
	bool *noted = &edits->noted[policy_word(edits->policy, mention->selector)];

	if (*noted)
		return;
	*noted = true;
	names_add(&edits->used, mention->selector->kind == SELECTOR_HOST
	                                ? mention->selector->name
	                                : mention->selector->text);
}

static void
postures_note(struct edits *edits, const struct words *postures)
{
	for (size_t i = 0; i < postures->n; i++)
		names_add(&edits->used, postures->at[i].text);
}

static void
uses_find(struct edits *edits, const struct policy *p)
{
	edits->policy = p;
	edits->noted = arena_array(edits->t->work, p->words.n, sizeof(*edits->noted));
	selectors_visit(p, use_note, edits);
	for (size_t i = 0; i < p->n_grants; i++)
		postures_note(edits, &p->grants[i].src_posture);
	for (size_t i = 0; i < p->n_ssh; i++)
		postures_note(edits, &p->ssh[i].src_posture);
	postures_note(edits, &p->default_src_posture);
}

static bool
is_used(const struct edits *edits, struct text name)
{
	return names_find(&edits->used, name) != NAMES_NONE;
}

/* An edit counts where it may have brought something about. */
static void
edit_tell(struct edits *edits, enum section section, struct text name, struct span before,
          struct span after, const char *what)
{
	if (edits->t->effective && is_used(edits, name))
		telling_add(edits->t, section, EFFECT_OTHER, before, after, "%s", what);
	else
		telling_note(edits->t, section, EFFECT_OTHER, before, after, "%s%s", what,
		             is_used(edits, name) ? "" : "; nothing uses it");
}

static bool
selectors_equal(const struct selectors *a, const struct selectors *b)
{
	size_t i = 0;

	while (i < a->n && i < b->n && text_equal(a->at[i].text, b->at[i].text))
		i++;
	return i == a->n && i == b->n;
}

/* The texts of a list that are not in another. */
static struct texts
selectors_minus(struct arena *arena, const struct selectors *a, const struct selectors *b)
{
	struct texts texts = { .arena = arena };
	struct names others = { .arena = arena };

	if (selectors_equal(a, b))
		return texts;
	for (size_t i = 0; i < b->n; i++)
		names_add(&others, b->at[i].text);
	for (size_t i = 0; i < a->n; i++)
		if (names_find(&others, a->at[i].text) == NAMES_NONE)
			texts_put(&texts, a->at[i].text);
	return texts;
}

/* "now has ada@ and bob@; no longer has carl@". */
static const char *
gains_text(struct arena *arena, struct text name, const struct texts *more,
           const struct texts *less, const char *verb)
{
	const char *with = more->n ? arena_format(arena, " now %s %s", verb,
	                                          words_join(arena, more->at, more->n))
	                           : "";
	const char *without = less->n ? arena_format(arena, " no longer %s %s", verb,
	                                             words_join(arena, less->at, less->n))
	                              : "";

	return arena_format(arena, "%.*s%s%s%s", TEXT_ARG(name), with,
	                    more->n && less->n ? ", and" : "", without);
}

static void
defined_tell(struct edits *edits, enum section section, const struct word *name,
             enum diff_side side)
{
	bool new = side == DIFF_NEW;
	const char *what = arena_format(edits->t->work, "%.*s is %s",
	                                TEXT_ARG(name->text), new ? "new" : "gone");

	edit_tell(edits, section, name->text, new ? SPAN_NONE : name->span,
	          new ? name->span : SPAN_NONE, what);
}

static void
group_edit(struct edits *edits, const struct group *before, const struct group *after)
{
	struct arena *a = edits->t->work;
	struct texts more = selectors_minus(a, &after->members, &before->members);
	struct texts less = selectors_minus(a, &before->members, &after->members);

	if (more.n + less.n > 0)
		edit_tell(edits, SECTION_GROUPS, after->name.text, before->name.span,
		          after->name.span,
		          gains_text(a, after->name.text, &more, &less, "has"));
}

static void
groups_edit(struct edits *edits)
{
	const struct policy *before = edits->t->both[DIFF_OLD].policy;
	const struct policy *after = edits->t->both[DIFF_NEW].policy;

	for (size_t i = 0; i < after->n_groups; i++) {
		const struct group *was =
			policy_group(before, after->groups[i].name.text);
		if (was)
			group_edit(edits, was, &after->groups[i]);
		else
			defined_tell(edits, SECTION_GROUPS, &after->groups[i].name,
			             DIFF_NEW);
	}
	for (size_t i = 0; i < before->n_groups; i++)
		if (!policy_group(after, before->groups[i].name.text))
			defined_tell(edits, SECTION_GROUPS, &before->groups[i].name,
			             DIFF_OLD);
}

static bool
range_equal(struct range a, struct range b)
{
	return point_compare(a.first, b.first) == 0 && point_compare(a.last, b.last) == 0;
}

/* As written, unless that is what another target reads differently. */
static const char *
host_address(struct edits *edits, const struct host *host, const struct host *other)
{
	char text[RANGE_TEXT_MAX];

	if (!text_equal(host->address.text, other->address.text))
		return arena_copy(edits->t->work, host->address.text.at,
		                  host->address.text.len);
	return arena_copy(edits->t->work, text, range_write(host->range, text));
}

static void
hosts_edit(struct edits *edits)
{
	const struct policy *before = edits->t->both[DIFF_OLD].policy;
	const struct policy *after = edits->t->both[DIFF_NEW].policy;

	for (size_t i = 0; i < after->n_hosts; i++) {
		const struct host *host = &after->hosts[i];
		const struct host *was = policy_host(before, host->name.text);
		if (!was)
			defined_tell(edits, SECTION_HOSTS, &host->name, DIFF_NEW);
		else if (was->good && host->good && !range_equal(was->range, host->range))
			edit_tell(edits, SECTION_HOSTS, host->name.text, was->name.span,
			          host->name.span,
			          arena_format(edits->t->work, "%.*s is %s now, not %s",
			                       TEXT_ARG(host->name.text),
			                       host_address(edits, host, was),
			                       host_address(edits, was, host)));
	}
	for (size_t i = 0; i < before->n_hosts; i++)
		if (!policy_host(after, before->hosts[i].name.text))
			defined_tell(edits, SECTION_HOSTS, &before->hosts[i].name,
			             DIFF_OLD);
}

static struct texts
ranges_texts(struct arena *arena, struct ranges ranges)
{
	struct texts texts = { .arena = arena };
	char text[RANGE_TEXT_MAX];

	for (size_t i = 0; i < ranges.n; i++) {
		size_t len = range_write(ranges.at[i], text);
		texts_put(&texts, (struct text) { arena_copy(arena, text, len), len });
	}
	return texts;
}

static void
ipset_edit(struct edits *edits, const struct ipset *before, const struct ipset *after)
{
	struct arena *a = edits->t->work;
	struct texts more =
		ranges_texts(a, ranges_minus(a, after->ranges, before->ranges));
	struct texts less =
		ranges_texts(a, ranges_minus(a, before->ranges, after->ranges));

	if (more.n + less.n > 0)
		edit_tell(edits, SECTION_IPSETS, after->name.text, before->name.span,
		          after->name.span,
		          gains_text(a, after->name.text, &more, &less, "has"));
}

static void
ipsets_edit(struct edits *edits)
{
	const struct policy *before = edits->t->both[DIFF_OLD].policy;
	const struct policy *after = edits->t->both[DIFF_NEW].policy;

	for (size_t i = 0; i < after->n_ipsets; i++) {
		const struct ipset *was =
			policy_ipset(before, after->ipsets[i].name.text);
		if (was)
			ipset_edit(edits, was, &after->ipsets[i]);
		else
			defined_tell(edits, SECTION_IPSETS, &after->ipsets[i].name,
			             DIFF_NEW);
	}
	for (size_t i = 0; i < before->n_ipsets; i++)
		if (!policy_ipset(after, before->ipsets[i].name.text))
			defined_tell(edits, SECTION_IPSETS, &before->ipsets[i].name,
			             DIFF_OLD);
}

/* Tags as such; who may take them is told by diff_owners. */
static void
tags_edit(struct edits *edits)
{
	const struct policy *before = edits->t->both[DIFF_OLD].policy;
	const struct policy *after = edits->t->both[DIFF_NEW].policy;

	for (size_t i = 0; i < after->n_tags; i++)
		if (!policy_tag(before, after->tags[i].name.text))
			defined_tell(edits, SECTION_TAG_OWNERS, &after->tags[i].name,
			             DIFF_NEW);
	for (size_t i = 0; i < before->n_tags; i++)
		if (!policy_tag(after, before->tags[i].name.text))
			defined_tell(edits, SECTION_TAG_OWNERS, &before->tags[i].name,
			             DIFF_OLD);
}

static bool
posture_has(const struct posture *posture, const struct assertion *assertion)
{
	for (size_t i = 0; i < posture->n_terms; i++)
		if (assertion_implies(&posture->terms[i].assertion, assertion) &&
		    assertion_implies(assertion, &posture->terms[i].assertion))
			return true;
	return false;
}

static struct texts
terms_minus(struct arena *arena, const struct posture *a, const struct posture *b)
{
	struct texts texts = { .arena = arena };

	for (size_t i = 0; i < a->n_terms; i++)
		if (!posture_has(b, &a->terms[i].assertion))
			texts_put(&texts, a->terms[i].word.text);
	return texts;
}

static void
postures_edit(struct edits *edits)
{
	const struct policy *before = edits->t->both[DIFF_OLD].policy;
	const struct policy *after = edits->t->both[DIFF_NEW].policy;
	struct arena *a = edits->t->work;

	for (size_t i = 0; i < after->n_postures; i++) {
		const struct posture *is = &after->postures[i];
		const struct posture *was = policy_posture(before, is->name.text);
		if (!was) {
			defined_tell(edits, SECTION_POSTURES, &is->name, DIFF_NEW);
			continue;
		}
		struct texts more = terms_minus(a, is, was);
		struct texts less = terms_minus(a, was, is);
		if (more.n + less.n > 0)
			edit_tell(edits, SECTION_POSTURES, is->name.text, was->name.span,
			          is->name.span,
			          gains_text(a, is->name.text, &more, &less, "asks for"));
	}
	for (size_t i = 0; i < before->n_postures; i++)
		if (!policy_posture(after, before->postures[i].name.text))
			defined_tell(edits, SECTION_POSTURES, &before->postures[i].name,
			             DIFF_OLD);
}

static const char *
words_text(struct arena *arena, const struct words *words)
{
	struct texts texts = { .arena = arena };

	for (size_t i = 0; i < words->n; i++)
		texts_put(&texts, words->at[i].text);
	return words->n ? words_join(arena, texts.at, texts.n) : "nothing";
}

static struct span
section_span(const struct policy *policy, enum section section)
{
	return policy->sections[section] ? policy->sections[section]->span : SPAN_NONE;
}

/* One setting that is one word for the whole network. */
static void
option_tell(struct telling *t, enum section section, enum feature feature,
            const char *was, const char *is)
{
	if (both_take(t, feature) && strcmp(was, is) != 0)
		telling_add(t, section, EFFECT_OTHER,
		            section_span(t->both[DIFF_OLD].policy, section),
		            section_span(t->both[DIFF_NEW].policy, section),
		            "%s is %s now, not %s", section_name(section), is, was);
}

static const char *
truth_text(bool truth)
{
	return truth ? "true" : "false";
}

static const char *
cgnat_text(struct arena *arena, const struct policy *p)
{
	return p->one_cgnat_route.text.len > 0
	               ? arena_format(arena, "%.*s", TEXT_ARG(p->one_cgnat_route.text))
	               : "unset";
}

/* What an attribute's declaration says, as written. */
static struct text
attr_config_text(struct arena *arena, const struct policy *p, struct text name)
{
	const struct node *key = p->sections[SECTION_ATTR_CONFIG];
	const struct node *object = key ? member_value(key) : NULL;

	if (!object || object->kind != HUJSON_OBJECT)
		return text_of("");
	for (const struct node *m = node_first(object); m != node_end(object);
	     m = member_next(m))
		if (text_equal(node_text(arena, p->tree, m), name))
			return hujson_minimize(arena, p->tree, member_value(m));
	return text_of("");
}

static void
attr_config_tell(struct telling *t, const struct attr_config *config, bool gone)
{
	const struct policy *before = t->both[DIFF_OLD].policy;
	const struct policy *after = t->both[DIFF_NEW].policy;
	struct text was = attr_config_text(t->work, before, config->name.text);
	struct text is = attr_config_text(t->work, after, config->name.text);

	const char *what =
		was.len == 0 ? arena_format(t->work, "is declared as %.*s", TEXT_ARG(is))
		: is.len == 0
			? "is no longer declared"
			: arena_format(t->work, "is declared as %.*s now, not as %.*s",
	                               TEXT_ARG(is), TEXT_ARG(was));

	/* those that both declare are met twice */
	if (text_equal(was, is) || (gone && is.len > 0))
		return;
	telling_add(t, SECTION_ATTR_CONFIG, EFFECT_OTHER,
	            gone ? config->name.span : SPAN_NONE,
	            gone ? SPAN_NONE : config->name.span, "%.*s %s",
	            TEXT_ARG(config->name.text), what);
}

static void
attr_configs_tell(struct telling *t)
{
	const struct policy *before = t->both[DIFF_OLD].policy;
	const struct policy *after = t->both[DIFF_NEW].policy;

	for (size_t i = 0; i < after->n_attr_configs; i++)
		attr_config_tell(t, &after->attr_configs[i], false);
	for (size_t i = 0; i < before->n_attr_configs; i++)
		attr_config_tell(t, &before->attr_configs[i], true);
}

static const struct derp_region *
region_find(const struct derp_map *map, struct text key)
{
	for (size_t i = 0; map && i < map->n_regions; i++)
		if (text_equal(map->regions[i].key.text, key))
			return &map->regions[i];
	return NULL;
}

static const char *
region_text(struct arena *arena, const struct derp_region *region)
{
	return region->name.text.len > 0 ? arena_format(arena, "DERP region %.*s (%.*s)",
	                                                TEXT_ARG(region->key.text),
	                                                TEXT_ARG(region->name.text))
	                                 : arena_format(arena, "DERP region %.*s",
	                                                TEXT_ARG(region->key.text));
}

static bool
regions_alike(struct telling *t, const struct derp_region *was,
              const struct derp_region *is)
{
	const struct tree *before = t->both[DIFF_OLD].policy->tree;
	const struct tree *after = t->both[DIFF_NEW].policy->tree;

	return text_equal(hujson_minimize(t->work, before, was->node),
	                  hujson_minimize(t->work, after, is->node));
}

static void
regions_tell(struct telling *t, const struct derp_map *before,
             const struct derp_map *after)
{
	for (size_t i = 0; after && i < after->n_regions; i++) {
		const struct derp_region *is = &after->regions[i];
		const struct derp_region *was = region_find(before, is->key.text);
		if (was && regions_alike(t, was, is))
			continue;
		telling_add(t, SECTION_DERP_MAP, EFFECT_OTHER,
		            was ? was->key.span : SPAN_NONE, is->key.span, "%s is %s",
		            region_text(t->work, is),
		            is->removed ? "left out"
		            : was       ? "another now"
		                        : "new");
	}
	for (size_t i = 0; before && i < before->n_regions; i++)
		if (!region_find(after, before->regions[i].key.text))
			telling_add(t, SECTION_DERP_MAP, EFFECT_OTHER,
			            before->regions[i].key.span, SPAN_NONE, "%s is %s",
			            region_text(t->work, &before->regions[i]),
			            before->regions[i].removed ? "used again" : "gone");
}

static void
derp_tell(struct telling *t)
{
	const struct derp_map *before = t->both[DIFF_OLD].policy->derp_map;
	const struct derp_map *after = t->both[DIFF_NEW].policy->derp_map;
	bool was = before && before->omit_default, is = after && after->omit_default;

	if (was != is)
		telling_add(t, SECTION_DERP_MAP, EFFECT_OTHER,
		            section_span(t->both[DIFF_OLD].policy, SECTION_DERP_MAP),
		            section_span(t->both[DIFF_NEW].policy, SECTION_DERP_MAP),
		            "the coordinator's own DERP regions are %s",
		            is ? "left out now" : "used again");
	regions_tell(t, before, after);
}

void
diff_options(struct telling *t)
{
	const struct policy *before = t->both[DIFF_OLD].policy;
	const struct policy *after = t->both[DIFF_NEW].policy;

	option_tell(t, SECTION_RANDOMIZE_CLIENT_PORT, FEATURE_RANDOMIZE_CLIENT_PORT,
	            truth_text(before->randomize_client_port),
	            truth_text(after->randomize_client_port));
	option_tell(t, SECTION_DISABLE_IPV4, FEATURE_DISABLE_IPV4,
	            truth_text(before->disable_ipv4), truth_text(after->disable_ipv4));
	option_tell(t, SECTION_ONE_CGNAT_ROUTE, FEATURE_ONE_CGNAT_ROUTE,
	            cgnat_text(t->work, before), cgnat_text(t->work, after));
	if (both_take(t, FEATURE_ATTR_CONFIG))
		attr_configs_tell(t);
	if (both_take(t, FEATURE_DERP_MAP))
		derp_tell(t);
}

/* A grant without its via, to find the one that it was. */
static struct text
grant_key(struct arena *arena, const struct policy *p, const struct grant *grant)
{
	struct texts texts = { .arena = arena };
	char *key = arena_copy(arena, "", 0);

	if (grant->node->kind != HUJSON_OBJECT)
		return text_of("");
	for (const struct node *m = node_first(grant->node); m != node_end(grant->node);
	     m = member_next(m)) {
		struct text name = node_text(arena, p->tree, m);
		if (text_equal_fold(name, text_of("via")))
			continue;
		struct text value = hujson_minimize(arena, p->tree, member_value(m));
		texts_put(&texts, text_of(arena_format(arena, "%.*s=%.*s", TEXT_ARG(name),
		                                       TEXT_ARG(value))));
	}
	for (size_t i = 0; i < texts.n; i++)
		key = arena_format(arena, "%s\n%.*s", key, TEXT_ARG(texts.at[i]));
	return text_of(key);
}

static const char *
via_text(struct arena *arena, const struct grant *grant)
{
	struct texts texts = { .arena = arena };

	for (size_t i = 0; i < grant->via.n; i++)
		texts_put(&texts, grant->via.at[i].text);
	return grant->via.n ? arena_format(arena, "by way of %s",
	                                   words_join(arena, texts.at, texts.n))
	                    : "any way";
}

/* A grant that leads another way and is the same otherwise. */
static void
vias_tell(struct telling *t)
{
	const struct policy *before = t->both[DIFF_OLD].policy;
	const struct policy *after = t->both[DIFF_NEW].policy;
	struct names keys = { .arena = t->work };
	uint32_t *grants = arena_array(t->work, before->n_grants, sizeof(*grants));

	for (uint32_t i = 0; i < before->n_grants; i++)
		grants[names_add(&keys, grant_key(t->work, before, &before->grants[i]))] =
			i;
	for (size_t i = 0; i < after->n_grants; i++) {
		const struct grant *is = &after->grants[i];
		uint32_t key = names_find(&keys, grant_key(t->work, after, is));
		const struct grant *was =
			key == NAMES_NONE ? NULL : &before->grants[grants[key]];
		if (!was || strcmp(via_text(t->work, was), via_text(t->work, is)) == 0)
			continue;
		telling_add(t, SECTION_GRANTS, EFFECT_OTHER, was->node->span,
		            is->node->span, "grants[%u] leads %s now, not %s",
		            (unsigned)is->index, via_text(t->work, is),
		            via_text(t->work, was));
	}
}

static bool
has_via(const struct policy *p)
{
	for (size_t i = 0; i < p->n_grants; i++)
		if (p->grants[i].via.n > 0)
			return true;
	return false;
}

void
diff_definitions(struct telling *t)
{
	struct edits edits = { .t = t, .used.arena = t->work };
	const struct policy *before = t->both[DIFF_OLD].policy;
	const struct policy *after = t->both[DIFF_NEW].policy;
	const char *was = words_text(t->work, &before->default_src_posture);
	const char *is = words_text(t->work, &after->default_src_posture);

	uses_find(&edits, before);
	uses_find(&edits, after);
	groups_edit(&edits);
	hosts_edit(&edits);
	if (both_take(t, FEATURE_IPSETS))
		ipsets_edit(&edits);
	tags_edit(&edits);
	if (both_take(t, FEATURE_POSTURES))
		postures_edit(&edits);
	if (both_take(t, FEATURE_DEFAULT_SRC_POSTURE) && strcmp(was, is) != 0)
		(t->effective ? telling_add : telling_note)(
			t, SECTION_DEFAULT_SRC_POSTURE, EFFECT_OTHER,
			section_span(before, SECTION_DEFAULT_SRC_POSTURE),
			section_span(after, SECTION_DEFAULT_SRC_POSTURE),
			"rules without a srcPosture of their own ask for %s now, not %s",
			is, was);
	if (has_via(before) || has_via(after))
		vias_tell(t);
}
