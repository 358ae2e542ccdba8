#include "policy/claim_shape.h"

#include "grammar/arena.h"
#include "policy/validate.h"

struct shape {
	struct judge judge;
	struct findings findings; /* raised to be told, and forgotten */
};

struct shape *
shape_of(struct arena *arena, const struct policy *policy)
{
	struct shape *shape = arena_alloc(arena, sizeof(*shape));

	shape->findings.arena = arena;
	shape->judge = judge_of(policy, &shape->findings, arena, arena);
	return shape;
}

static bool
fault_of(struct shape_fault *fault, struct span where, const char *said)
{
	*fault = (struct shape_fault) { where, said, NULL, false };
	return true;
}

/* The same where Headscale's words are known. */
static bool
fault_with(struct shape_fault *fault, struct span where, const char *said,
           const char *words)
{
	*fault = (struct shape_fault) { where, said, words, false };
	return true;
}

/* What a rule would be told of the selector, were it a rule's. */
static bool
selector_fault(struct shape *shape, const struct selector *selector,
               enum position position, struct shape_fault *fault)
{
	if (judge_selector(&shape->judge, selector, position))
		return false;
	const struct finding *finding = shape->findings.at[0];
	shape->findings.n = 0;
	shape->findings.n_errors = 0;
	return fault_of(fault, selector->span, finding->said);
}

/* A prefix, or a host that is one; its single address aside. */
static bool
prefix_fault(struct shape *shape, const struct selector *selector,
             struct shape_fault *fault)
{
	struct arena *arena = shape->judge.arena;
	const char *shown = text_show(arena, selector->text);

	if (selector->kind == SELECTOR_ADDRESS && !selector->bare)
		return fault_of(fault, selector->span,
		                arena_format(arena,
		                             "a test is about single addresses, and %s "
		                             "is a prefix",
		                             shown));
	if (selector->kind != SELECTOR_HOST)
		return false;
	const struct host *host = policy_host(shape->judge.policy, selector->name);
	if (!host || !host->good || range_is_single(host->range))
		return false;
	return fault_of(fault, selector->span,
	                arena_format(arena,
	                             "a test is about single addresses, and %s stands "
	                             "for %s",
	                             shown, text_show(arena, host->address.text)));
}

static bool
src_fault(struct shape *shape, const struct word *word, const struct selector *src,
          const struct node *test, struct shape_fault *fault)
{
	if (word->text.len == 0)
		return fault_of(fault, word->node ? word->span : node_opening(test),
		                "a test needs a src: who is to reach the destinations");
	if (selector_fault(shape, src, POSITION_TEST_SRC, fault))
		return true;
	return src->kind == SELECTOR_ADDRESS && prefix_fault(shape, src, fault);
}

/* Tests are of protocols with ports: as Headscale says, while Tailscale's own
 * answer to others is not known (spec/semantics.md 11.8). */
static bool
proto_fault(struct shape *shape, const struct test *test, struct shape_fault *fault)
{
	struct arena *arena = shape->judge.arena;

	if (protocol_has_ports(test->protocol))
		return false;
	const char *said =
		arena_format(arena, "a test's proto is tcp, udp or sctp, not %s",
	                     text_show(arena, test->proto.text));
	if (test->protocol < 0) /* it says so before it looks at tests */
		return fault_of(fault, test->proto.span, said);
	return fault_with(fault, test->proto.span, said,
	                  arena_format(arena,
	                               "test protocol must be tcp, udp, sctp, or empty: "
	                               "%s",
	                               text_quote(arena, test->proto.text)));
}

bool
test_fault(struct shape *shape, const struct test *test, struct shape_fault *fault)
{
	if (!test->good)
		return false;
	if (src_fault(shape, &test->src_word, &test->src, test->node, fault))
		return true;
	if (test->accept.n == 0 && test->deny.n == 0)
		return fault_with(fault, node_opening(test->node),
		                  "a test needs accept or deny: what its src may reach, "
		                  "or may not",
		                  "test entry must have at least one of \"accept\" or "
		                  "\"deny\"");
	return proto_fault(shape, test, fault);
}

#define SINGLE_PORT "test destination port must be a single port"

/* The ports: exactly one. */
static bool
port_fault(struct shape *shape, const struct destination *dst, struct shape_fault *fault)
{
	struct arena *arena = shape->judge.arena;
	const char *shown = text_show(arena, dst->word.text);

	if (destination_lacks_ports(dst))
		return fault_of(fault, dst->word.span,
		                arena_format(arena,
		                             "%s has no port, and a test needs one",
		                             shown));
	if (dst->fault == PORTS_ZERO)
		return fault_of(fault, dst->fault_span,
		                "no test can be of port 0: name one from 1 to 65535");
	if (dst->fault != PORTS_FINE)
		return fault_of(fault, dst->fault_span,
		                arena_format(arena, "%s is no port from 1 to 65535",
		                             text_show(arena, dst->fault_text)));
	if (dst->n_ports > 1)
		return fault_with(fault, dst->port_spans[1],
		                  "a test is about one port: write one element for each",
		                  SINGLE_PORT);
	if (dst->ports[0].first != dst->ports[0].last)
		return fault_with(fault, dst->port_spans[0],
		                  "a test is about one port, not several", SINGLE_PORT);
	return false;
}

bool
test_destination_fault(struct shape *shape, const struct destination *dst,
                       struct shape_fault *fault)
{
	if (port_fault(shape, dst, fault))
		return true;
	if (dst->comma)
		return fault_of(fault, dst->word.span,
		                "a destination is one host and its port: write one "
		                "element for each");
	if (selector_fault(shape, &dst->selector, POSITION_TEST_DST, fault)) {
		if (dst->selector.autogroup == AUTOGROUP_INTERNET)
			fault->words =
				"autogroup:internet not valid as a test destination";
		return true;
	}
	if (!prefix_fault(shape, &dst->selector, fault))
		return false;
	fault->words = "test destination must be a single host, not a CIDR range";
	return true;
}

bool
ssh_test_fault(struct shape *shape, const struct ssh_test *test,
               struct shape_fault *fault)
{
	if (!test->good)
		return false;
	if (src_fault(shape, &test->src_word, &test->src, test->node, fault)) {
		if (test->src_word.text.len == 0)
			fault->words = "SSH tests entry must have a non-empty src";
		return true;
	}
	if (test->dst.n == 0)
		return fault_with(fault, node_opening(test->node),
		                  "an sshTest needs a dst: where its src is to log in",
		                  "SSH tests entry must have at least one dst");
	if (test->accept.n > 0 || test->deny.n > 0 || test->check.n > 0)
		return false;
	fault_with(fault, node_opening(test->node),
	           "an sshTest needs accept, check or deny: the logins that are let in, "
	           "or are not",
	           "no accept, deny, or check assertions specified");
	fault->late = true;
	return true;
}

bool
ssh_test_destination_fault(struct shape *shape, const struct selector *dst,
                           struct shape_fault *fault)
{
	return selector_fault(shape, dst, POSITION_SSH_TEST_DST, fault) ||
	       prefix_fault(shape, dst, fault);
}

bool
ssh_test_login_fault(struct shape *shape, const struct word *login,
                     struct shape_fault *fault)
{
	(void)shape;
	if (login->text.len > 0)
		return false;
	return fault_of(fault, login->span, "an empty text is nobody's login");
}

const char *
ssh_test_refusal(const struct policy *policy, const struct selector *dst)
{
	if ((dst->kind == SELECTOR_ADDRESS && !dst->bare) ||
	    dst->autogroup == AUTOGROUP_INTERNET)
		return "SSH tests dst contains disallowed element %q";
	if (dst->kind == SELECTOR_TAG && !policy_tag(policy, dst->text))
		return "SSH tests dst contains unknown tag %q";
	return NULL;
}
