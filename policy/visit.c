#include "policy/visit.h"

/* Whom to call. */
struct tour {
	void (*visit)(const struct mention *, void *context);
	void *context;
};

static void
visit_list(const struct tour *tour, struct mention mention, enum position position,
           const struct selectors *list)
{
	mention.position = position;
	for (size_t i = 0; i < list->n; i++) {
		mention.selector = &list->at[i];
		tour->visit(&mention, tour->context);
	}
}

static void
visit_one(const struct tour *tour, struct mention mention, enum position position,
          const struct selector *selector)
{
	mention.position = position;
	mention.selector = selector;
	tour->visit(&mention, tour->context);
}

static void
visit_destinations(const struct tour *tour, struct mention mention,
                   enum position position, const struct destinations *list)
{
	for (size_t i = 0; i < list->n; i++) {
		mention.destination = &list->at[i];
		visit_one(tour, mention, position, &list->at[i].selector);
	}
}

static void
visit_ipset(const struct tour *tour, const struct ipset *ipset)
{
	struct mention mention = { .ipset = ipset };

	for (size_t i = 0; i < ipset->n_steps; i++)
		visit_one(tour, mention, POSITION_STEP, &ipset->steps[i].target);
}

static void
visit_definitions(const struct tour *tour, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_groups; i++)
		visit_list(tour, (struct mention) { 0 }, POSITION_MEMBER,
		           &policy->groups[i].members);
	for (size_t i = 0; i < policy->n_ipsets; i++)
		visit_ipset(tour, &policy->ipsets[i]);
	for (size_t i = 0; i < policy->n_tags; i++)
		visit_list(tour, (struct mention) { .tag = &policy->tags[i] },
		           POSITION_OWNER, &policy->tags[i].owners);
	for (size_t i = 0; i < policy->n_approvers; i++)
		visit_list(tour, (struct mention) { 0 }, POSITION_APPROVER,
		           &policy->approvers[i].by);
	visit_list(tour, (struct mention) { 0 }, POSITION_APPROVER, &policy->exit_node);
	for (size_t i = 0; i < policy->n_service_approvers; i++)
		visit_list(tour, (struct mention) { 0 }, POSITION_HOSTER,
		           &policy->service_approvers[i].by);
	for (size_t i = 0; i < policy->n_attr_configs; i++)
		visit_list(tour, (struct mention) { 0 }, POSITION_PEER,
		           &policy->attr_configs[i].broadcast_to_peers);
}

static void
visit_grant(const struct tour *tour, const struct grant *grant)
{
	struct mention mention = { .grant = grant };
	bool acl = grant->section == SECTION_ACLS;

	visit_list(tour, mention, acl ? POSITION_ACL_SRC : POSITION_GRANT_SRC,
	           &grant->src);
	visit_destinations(tour, mention, acl ? POSITION_ACL_DST : POSITION_GRANT_DST,
	                   &grant->dst);
	visit_list(tour, mention, POSITION_VIA, &grant->via);
}

static void
visit_rules(const struct tour *tour, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_grants; i++)
		visit_grant(tour, &policy->grants[i]);
	for (size_t i = 0; i < policy->n_ssh; i++) {
		struct mention mention = { .ssh = &policy->ssh[i] };
		visit_list(tour, mention, POSITION_SSH_SRC, &policy->ssh[i].src);
		visit_list(tour, mention, POSITION_SSH_DST, &policy->ssh[i].dst);
		visit_list(tour, mention, POSITION_RECORDER, &policy->ssh[i].recorder);
	}
	for (size_t i = 0; i < policy->n_node_attrs; i++)
		visit_list(tour, (struct mention) { .attr = &policy->node_attrs[i] },
		           POSITION_TARGET, &policy->node_attrs[i].target);
}

static void
visit_tests(const struct tour *tour, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_tests; i++) {
		const struct test *test = &policy->tests[i];
		struct mention mention = { .test = test };
		if (test->src_word.node)
			visit_one(tour, mention, POSITION_TEST_SRC, &test->src);
		visit_destinations(tour, mention, POSITION_TEST_DST, &test->accept);
		visit_destinations(tour, mention, POSITION_TEST_DST, &test->deny);
	}
	for (size_t i = 0; i < policy->n_ssh_tests; i++) {
		const struct ssh_test *test = &policy->ssh_tests[i];
		struct mention mention = { .ssh_test = test };
		if (test->src_word.node)
			visit_one(tour, mention, POSITION_TEST_SRC, &test->src);
		visit_list(tour, mention, POSITION_SSH_TEST_DST, &test->dst);
	}
}

void
selectors_visit(const struct policy *policy,
                void (*visit)(const struct mention *, void *context), void *context)
{
	const struct tour tour = { visit, context };

	visit_definitions(&tour, policy);
	visit_rules(&tour, policy);
	visit_tests(&tour, policy);
}
