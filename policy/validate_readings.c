/* What is taken, and read differently: nothing here is wrong where it was
 * written for. */
#include "policy/validate.h"

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/resolve.h"
#include "policy/tailnet.h"
#include "policy/visit.h"

/* Rules that are not there. */
static void
judge_missing_rules(struct judge *judge)
{
	const struct policy *policy = judge->policy;
	const struct node *acls = policy->sections[SECTION_ACLS];
	const struct node *root = policy->tree->root;
	struct span where = node_opening(root);

	if (root->kind != HUJSON_OBJECT || policy->sections[SECTION_GRANTS])
		return;
	if (!acls && policy_names_self_in_ssh(policy))
		judge_meet(judge, FEATURE_NO_RULES_BESIDE_SELF, where);
	if (!acls)
		judge_allow(judge, FEATURE_NO_RULES, NO_TEXT, where);
	else if (policy->n_grants == 0 && policy->n_groups == 0 && policy->n_hosts == 0)
		judge_allow(judge, FEATURE_EMPTY_RULES, NO_TEXT, acls->span);
}

/* Whether a machine has an address in the range, and others that it does not
 * hold. Without an inventory: whether one may. */
static bool
range_has_relatives(const struct judge *judge, struct range range, enum family family)
{
	const struct tailnet *t = judge->tailnet;

	if (!t)
		return ranges_overlap(RANGES_OF_TAILNET, range) &&
		       (family == FAMILY_ALL || range_is_single(range));
	if (family == FAMILY_FIRST)
		range.last = range.first;
	for (size_t i = tailnet_address_from(t, range.first);
	     i < t->n_addresses &&
	     point_compare(t->addresses[i].address, range.last) <= 0;
	     i++)
		if (t->machines[t->addresses[i].machine].n_addresses > 1)
			return true;
	return false;
}

static void
judge_address(struct judge *judge, const struct selector *s)
{
	const struct host *host =
		s->kind == SELECTOR_HOST ? policy_host(judge->policy, s->name) : NULL;
	enum family family = dialect_of(judge->policy->target)->other_family;

	if (family == FAMILY_NONE)
		family = FAMILY_ALL;
	if (s->kind != SELECTOR_ADDRESS && !(host && host->good))
		return;
	if (range_has_relatives(judge, host ? host->range : s->range, family))
		judge_meet(judge, FEATURE_OTHER_FAMILY, s->span);
}

static void
judge_mention(const struct mention *mention, void *context)
{
	struct judge *judge = context;
	const struct selector *s = mention->selector;
	enum position position = mention->position;

	if (!mention->grant && !mention->ssh)
		return;
	if (s->kind == SELECTOR_ANY &&
	    (position == POSITION_ACL_SRC || position == POSITION_GRANT_SRC))
		judge_meet(judge, FEATURE_ANY, s->span);
	judge_address(judge, s);
}

static void
judge_protocols(struct judge *judge, const struct grant *grant)
{
	bool acl = grant->section == SECTION_ACLS;

	for (size_t i = 0; i < grant->n_ip; i++) {
		const struct service *service = &grant->ip[i];
		struct text name = acl ? grant->proto.text : service->fault_text;
		if (!service->good)
			continue;
		if (acl && service->protocol == PROTOCOL_ANY)
			judge_meet(judge, FEATURE_NO_PROTO, grant->node->span);
		else if (text_equal_fold(name, text_of("icmp")))
			judge_meet(judge, FEATURE_PROTO_ICMP, service->span);
	}
}

static void
judge_login(struct judge *judge, const struct word *user)
{
	struct selector s = selector_parse(user->text);

	if (s.kind == SELECTOR_LOCALPART)
		judge_meet(judge, FEATURE_SSH_LOCALPART, user->span);
	else if (s.kind == SELECTOR_AUTOGROUP && s.autogroup == AUTOGROUP_NONROOT)
		judge_meet(judge, FEATURE_SSH_NONROOT, user->span);
}

static void
judge_ssh_readings(struct judge *judge, const struct ssh_rule *rule)
{
	if (rule->action == SSH_CHECK)
		judge_meet(judge, FEATURE_SSH_CHECK, rule->action_word.span);
	for (size_t i = 0; i < rule->users.n; i++)
		judge_login(judge, &rule->users.at[i]);
}

/* Where a walk through the owners of tags stands. */
struct climb {
	size_t next; /* owner */
	enum { CLIMB_NEW, CLIMB_OPEN, CLIMB_DONE } state;
};

static uint32_t
next_owner(const struct policy *policy, uint32_t tag, struct climb *climb,
           const struct selector **owner)
{
	const struct selectors *owners = &policy->tags[tag].owners;

	while (climb->next < owners->n) {
		*owner = &owners->at[climb->next++];
		uint32_t number = (*owner)->kind == SELECTOR_TAG
		                          ? names_find(&policy->tag_names, (*owner)->text)
		                          : NAMES_NONE;
		if (number != NAMES_NONE)
			return number;
	}
	return NAMES_NONE;
}

/* Follows the owners of a tag depth first; tells those that lead back. */
static void
judge_owners_from(struct judge *judge, uint32_t first, struct climb *climbs,
                  uint32_t *stack)
{
	const struct policy *policy = judge->policy;
	const struct selector *owner;
	size_t depth = 1;

	stack[0] = first;
	climbs[first].state = CLIMB_OPEN;
	while (depth > 0) {
		uint32_t tag = stack[depth - 1];
		uint32_t next = next_owner(policy, tag, &climbs[tag], &owner);
		if (next == NAMES_NONE) {
			climbs[tag].state = CLIMB_DONE;
			depth--;
		} else if (climbs[next].state == CLIMB_NEW) {
			climbs[next].state = CLIMB_OPEN;
			stack[depth++] = next;
		} else if (climbs[next].state == CLIMB_OPEN) {
			judge_allow(judge, FEATURE_OWNER_CYCLE, owner->text, owner->span);
		}
	}
}

/* Where tags own tags at all. */
static void
judge_owner_cycles(struct judge *judge)
{
	size_t n = judge->policy->n_tags;
	struct climb *climbs = arena_array(judge->scratch, n, sizeof(*climbs));
	uint32_t *stack = arena_array(judge->scratch, n, sizeof(*stack));

	if (target_support(judge->policy->target, FEATURE_OWNER_TAG) != TAKES)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (climbs[i].state == CLIMB_NEW)
			judge_owners_from(judge, i, climbs, stack);
}

void
judge_readings(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	judge_missing_rules(judge);
	selectors_visit(policy, judge_mention, judge);
	for (size_t i = 0; i < policy->n_grants; i++)
		judge_protocols(judge, &policy->grants[i]);
	for (size_t i = 0; i < policy->n_ssh; i++)
		judge_ssh_readings(judge, &policy->ssh[i]);
	judge_owner_cycles(judge);
}
