#include "policy/lower_parts.h"

#include "grammar/arena.h"
#include "policy/show.h"

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

static struct word_list
lower_attr_names(struct lower *l, const struct node_attr *attr)
{
	struct word_list names = { .names.arena = l->arena };

	for (size_t i = 0; i < attr->attr.n; i++) {
		const struct word *word = &attr->attr.at[i];
		if (text_is(word->text, "funnel") && !lower_takes(l, FEATURE_ATTR_FUNNEL))
			lower_lose(l, word->span, "funnel", "the attribute");
		else
			list_add(&names, word->text);
	}
	return names;
}

/* What machines get beside attributes: whether there is anything that the target
 * takes. */
static bool
has_app(struct lower *l, const struct node_attr *attr)
{
	if (attr->n_app == 0)
		return false;
	if (lower_takes(l, FEATURE_ATTR_APP))
		return true;
	lower_lose(l, attr->app[0].name.span, "app in nodeAttrs", "these capabilities");
	return false;
}

static bool
has_pool(struct lower *l, const struct node_attr *attr)
{
	if (attr->ip_pool.n == 0)
		return false;
	if (lower_takes(l, FEATURE_ATTR_IP_POOL))
		return true;
	lower_lose_other(l, attr->ip_pool.list->span, "ipPool",
	                 "which addresses these machines get");
	return false;
}

static void
sheet_attr_app(struct lower *l, struct sheet *sheet, const struct node_attr *attr)
{
	sheet_string(sheet, ", \"app\": {");
	for (size_t i = 0; i < attr->n_app; i++) {
		sheet_string(sheet, i ? ", " : "");
		sheet_quote(sheet, attr->app[i].name.text);
		sheet_string(sheet, ": ");
		sheet_text(sheet, hujson_minimize(l->arena, l->policy->tree,
		                                  attr->app[i].values));
	}
	sheet_string(sheet, "}");
}

static void
lower_attr(struct lower *l, struct sheet *sheet, const struct node_attr *attr)
{
	struct word_list targets = lower_attr_targets(l, attr);
	struct word_list names = lower_attr_names(l, attr);
	bool app = has_app(l, attr), pool = has_pool(l, attr);

	if (!list_length(&targets) || (!list_length(&names) && !app && !pool))
		return;
	sheet_from(l, sheet, section_name(SECTION_NODE_ATTRS), attr->index, attr->node);
	sheet_string(sheet, "{\"target\": ");
	sheet_list(sheet, &targets);
	if (list_length(&names)) {
		sheet_string(sheet, ", \"attr\": ");
		sheet_list(sheet, &names);
	}
	if (app)
		sheet_attr_app(l, sheet, attr);
	if (pool)
		sheet_words(sheet, "ipPool", &attr->ip_pool);
	sheet_string(sheet, "},\n");
}

/* Attributes that switch something off: without them more is on. */
static void
lose_restrictions(struct lower *l, const struct node_attr *attr)
{
	for (size_t i = 0; i < attr->attr.n; i++) {
		const struct word *word = &attr->attr.at[i];
		if (text_starts(word->text, "disable-"))
			lower_lose_other(l, word->span, text_show(l->arena, word->text),
			                 "what it switches off");
	}
	has_pool(l, attr);
}

void
lower_node_attrs(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;
	const struct node *section = policy->sections[SECTION_NODE_ATTRS];

	if (!section || policy->n_node_attrs == 0)
		return;
	if (!lower_takes(l, FEATURE_NODE_ATTRS)) {
		lower_lose(l, section->span, "nodeAttrs", "the attributes of machines");
		for (size_t i = 0; i < policy->n_node_attrs; i++)
			lose_restrictions(l, &policy->node_attrs[i]);
		return;
	}
	sheet_string(sheet, "\"nodeAttrs\": [\n");
	for (size_t i = 0; i < policy->n_node_attrs; i++)
		lower_attr(l, sheet, &policy->node_attrs[i]);
	sheet_string(sheet, "],\n");
}

/* Sections that are written as they are where the target has them. */
static const struct {
	enum section section;
	enum feature feature;
	const char *lost; /* NULL: nothing that the rules do not tell of already */
	bool other;       /* what is lost is not less access */
} as_they_are[] = {
	{ SECTION_RANDOMIZE_CLIENT_PORT, FEATURE_RANDOMIZE_CLIENT_PORT,
	  "that clients listen on random ports", false },
	{ SECTION_DISABLE_IPV4, FEATURE_DISABLE_IPV4,
	  "that machines have no IPv4 addresses", true },
	{ SECTION_ONE_CGNAT_ROUTE, FEATURE_ONE_CGNAT_ROUTE,
	  "how clients route 100.64.0.0/10", false },
	{ SECTION_ATTR_CONFIG, FEATURE_ATTR_CONFIG,
	  "the attributes that machines may set", false },
	{ SECTION_DERP_MAP, FEATURE_DERP_MAP, "the servers", false },
	{ SECTION_POSTURES, FEATURE_POSTURES, NULL, false },
	{ SECTION_DEFAULT_SRC_POSTURE, FEATURE_DEFAULT_SRC_POSTURE, NULL, false },
	{ SECTION_IPSETS, FEATURE_IPSETS, NULL, false },
};

/* false, "", [] and {}: what a section says by being absent. */
static bool
says_nothing(const struct lower *l, const struct node *value)
{
	switch ((enum hujson_kind)value->kind) {
	case HUJSON_FALSE:
		return true;
	case HUJSON_STRING:
		return node_text(l->arena, l->policy->tree, value).len == 0;
	case HUJSON_ARRAY:
	case HUJSON_OBJECT:
		return node_first(value) == node_end(value);
	case HUJSON_BAD:
	case HUJSON_NULL:
	case HUJSON_TRUE:
	case HUJSON_NUMBER:
		break;
	}
	return false;
}

void
lower_others(struct lower *l, struct sheet *sheet)
{
	for (size_t i = 0; i < sizeof(as_they_are) / sizeof(*as_they_are); i++) {
		enum section section = as_they_are[i].section;
		const struct node *key = l->policy->sections[section];
		const char *name = section_name(section);
		if (!key)
			continue;
		if (lower_takes(l, as_they_are[i].feature)) {
			sheet_format(sheet, "\"%s\": ", name);
			sheet_text(sheet, hujson_minimize(l->arena, l->policy->tree,
			                                  member_value(key)));
			sheet_string(sheet, ",\n");
		} else if (as_they_are[i].lost && !says_nothing(l, member_value(key))) {
			(as_they_are[i].other
			         ? lower_lose_other
			         : lower_lose)(l, key->span, name, as_they_are[i].lost);
		}
	}
}
