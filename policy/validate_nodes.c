#include "policy/validate.h"

#include "grammar/arena.h"

static const struct range pool_whole = { V4(100, 64, 0, 0), V4(100, 127, 255, 255) };

static const struct range pool_reserved[] = {
	{ V4(100, 100, 0, 0), V4(100, 100, 0, 255) },
	{ V4(100, 100, 100, 0), V4(100, 100, 100, 255) },
	{ V4(100, 115, 92, 0), V4(100, 115, 93, 255) },
};

/* spec/policy-syntax.md section 9. */
static void
judge_pool(struct judge *judge, const struct word *pool)
{
	const char *shown = judge_show(judge, pool->text);
	struct range range;
	enum address_fault fault = prefix_parse(pool->text, &range, NULL, NULL);

	if (fault != ADDRESS_FINE && fault != ADDRESS_HOST_BITS) {
		judge_raise_address(judge, pool->text, fault, pool->span);
		return;
	}
	if (!range_covers(pool_whole, range)) {
		judge_raise(judge, &CHECK_IP_POOL_INVALID, pool->span,
		            "%s does not lie within 100.64.0.0/10, from which machines "
		            "get their addresses",
		            shown);
		return;
	}
	for (size_t i = 0; i < COUNT(pool_reserved); i++) {
		char reserved[RANGE_TEXT_MAX];
		if (!range_covers(pool_reserved[i], range))
			continue;
		range_write(pool_reserved[i], reserved);
		judge_say(judge,
		          judge_raise(judge, &CHECK_IP_POOL_INVALID, pool->span,
		                      "%s lies within %s, which is reserved", shown,
		                      reserved),
		          "IPPool(%s): network within reserved range", pool->text,
		          NO_TEXT);
	}
}

/* What not all targets do for a machine. */
static void
judge_attr_support(struct judge *judge, const struct node_attr *attr)
{
	for (size_t i = 0; i < attr->ip_pool.n; i++)
		judge_allow(judge, FEATURE_ATTR_IP_POOL, attr->ip_pool.at[i].text,
		            attr->ip_pool.at[i].span);
	for (size_t i = 0; i < attr->attr.n; i++)
		if (text_is(attr->attr.at[i].text, "funnel"))
			judge_allow(judge, FEATURE_ATTR_FUNNEL, attr->attr.at[i].text,
			            attr->attr.at[i].span);
}

void
judge_node_attrs(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_node_attrs; i++) {
		const struct node_attr *attr = &policy->node_attrs[i];
		judge_attr_support(judge, attr);
		for (size_t k = 0; k < attr->ip_pool.n; k++)
			judge_pool(judge, &attr->ip_pool.at[k]);
		judge_selectors(judge, &attr->target, POSITION_TARGET);
	}
}

static void
judge_route(struct judge *judge, const struct approver *approver)
{
	struct text route = approver->route.text;
	struct range range;
	bool bare = false;
	enum address_fault fault = prefix_parse(route, &range, NULL, &bare);

	if (fault == ADDRESS_FINE && bare)
		judge_raise(judge, &CHECK_INVALID_ADDRESS, approver->route.span,
		            "%s is an address, and routes are prefixes: write %s/%d",
		            judge_show(judge, route), judge_show(judge, route),
		            range.first.line == LINE_IPV4 ? 32 : 128);
	else if (!approver->good || fault == ADDRESS_V4_MAPPED)
		judge_raise_address(judge, route, fault, approver->route.span);
}

static void
judge_service(struct judge *judge, const struct word *service)
{
	struct selector selector = selector_parse(service->text);
	const char *fault;

	selector.span = service->span;
	if (selector.kind == SELECTOR_TAG) {
		judge_selector(judge, &selector, POSITION_HOSTER);
		return;
	}
	fault = service_name_fault(service->text);
	if (fault)
		judge_say(judge,
		          judge_raise(judge, &CHECK_INVALID_NAME, service->span,
		                      "%s is no service: its name %s",
		                      judge_show(judge, service->text), fault),
		          "%q is not a valid service name: %s", service->text,
		          text_of(fault));
}

void
judge_auto_approvers(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_approvers; i++) {
		judge_route(judge, &policy->approvers[i]);
		judge_selectors(judge, &policy->approvers[i].by, POSITION_APPROVER);
	}
	judge_selectors(judge, &policy->exit_node, POSITION_APPROVER);
	for (size_t i = 0; i < policy->n_service_approvers; i++) {
		judge_service(judge, &policy->service_approvers[i].service);
		judge_selectors(judge, &policy->service_approvers[i].by, POSITION_HOSTER);
	}
}

/* Raises a word that is none of a list, which ends in NULL. "" is left out. */
static void
judge_choice(struct judge *judge, const struct word *word, const char *field,
             const char *const *choices)
{
	struct text_nearest nearest = text_nearest_start(word->text);
	const char *list = choices[0];

	if (word->text.len == 0 || word_is_told(word))
		return;
	for (size_t i = 0; choices[i]; i++) {
		if (text_is(word->text, choices[i]))
			return;
		text_nearest_offer(&nearest, text_of(choices[i]));
		if (i > 0)
			list = arena_format(judge->arena, "%s%s%s", list,
			                    choices[i + 1] ? ", " : " or ", choices[i]);
	}
	if (nearest.best.len > 0)
		judge_raise(judge, &CHECK_INVALID_VALUE, word->span,
		            "%s is no value for %s; did you mean %.*s?",
		            judge_show(judge, word->text), field, TEXT_ARG(nearest.best));
	else
		judge_raise(judge, &CHECK_INVALID_VALUE, word->span,
		            "%s is no value for %s, which takes %s",
		            judge_show(judge, word->text), field, list);
}

void
judge_attr_config(struct judge *judge)
{
	static const char *const types[] = { "string", "bool", "number", NULL };
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_attr_configs; i++) {
		const struct attr_config *config = &policy->attr_configs[i];
		judge_choice(judge, &config->type, "type", types);
		judge_selectors(judge, &config->broadcast_to_peers, POSITION_PEER);
	}
}

/* [inferred] */
void
judge_options(struct judge *judge)
{
	static const char *const routes[] = { "mac-always", "mac-never", NULL };

	judge_choice(judge, &judge->policy->one_cgnat_route, "OneCGNATRoute", routes);
}
