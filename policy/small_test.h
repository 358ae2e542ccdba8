#ifndef ACLC_POLICY_SMALL_TEST_H
#define ACLC_POLICY_SMALL_TEST_H

/* Small policies and tailnets, written out in a test and read by the real
 * readers. Needs cmocka before it. */

#include <string.h>

#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/hujson.h"
#include "policy/filter.h"
#include "policy/policy.h"
#include "policy/tailnet.h"

struct small {
	struct arena arena;
	struct findings findings;
	struct tree *tree;
	struct policy *policy;
	struct tailnet *tailnet;
	struct filter *filter;
};

static struct tree *
small_tree(struct small *s, const char *name, const char *text)
{
	struct source *source = source_of(&s->arena, name, text, strlen(text));
	return hujson_parse(&s->arena, source, &s->findings);
}

/* people NULL: they are imagined. Fails the test where a reader finds an error. */
static inline void
small_start_for(struct small *s, const char *policy, const char *people,
                enum target target)
{
	memset(s, 0, sizeof *s);
	s->findings.arena = &s->arena;
	s->tree = small_tree(s, "policy", policy);
	s->policy = policy_read(&s->arena, s->tree, target, &s->findings);
	if (people) {
		struct tree *inventory = small_tree(s, "inventory", people);
		s->tailnet = tailnet_read(&s->arena, &inventory, 1, &s->findings);
	} else {
		const struct policy *policies[] = { s->policy };
		s->tailnet = tailnet_imagine(&s->arena, policies, 1);
	}
	policy_validate(s->policy, people ? s->tailnet : NULL, &s->findings);
	if (s->findings.n_errors > 0)
		print_error("%s\n", findings_first_error(&s->findings)->said);
	assert_int_equal(s->findings.n_errors, 0);
	tailnet_index(s->tailnet);
	tailnet_approve(s->tailnet, s->policy);
	s->filter = filter_compile(&s->arena, s->policy, s->tailnet);
}

static inline void
small_start(struct small *s, const char *policy, const char *people)
{
	small_start_for(s, policy, people, TARGET_TAILSCALE);
}

static inline void
small_end(struct small *s)
{
	arena_end(&s->arena);
}

/* Two owners, a member of another domain; machines of theirs and tagged ones. */
#define SMALL_PEOPLE                                                                     \
	"{\"domains\":[\"example.com\",\"example.org\"],"                                \
	"\"users\":[{\"id\":\"1\",\"login\":\"ada@example.com\",\"role\":\"owner\"},"    \
	"{\"id\":\"2\",\"login\":\"bob@example.com\"},"                                  \
	"{\"id\":\"10\",\"login\":\"cy@example.org\"}],"                                 \
	"\"nodes\":["                                                                    \
	"{\"id\":\"n0\",\"name\":\"cys\",\"user\":\"cy@example.org\",\"addresses\":["    \
	"\"100.64.0.10\",\"fd7a:115c:a1e0::10\"],"                                       \
	"\"attributes\":{\"node:os\":\"linux\"}},"                                       \
	"{\"id\":\"n1\",\"name\":\"adas\",\"user\":\"ada@example.com\",\"addresses\":["  \
	"\"100.64.0.1\",\"fd7a:115c:a1e0::1\"],\"os\":\"macOS\"},"                       \
	"{\"id\":\"n2\",\"name\":\"bobs\",\"user\":\"bob@example.com\",\"addresses\":["  \
	"\"100.64.0.2\"]},"                                                              \
	"{\"id\":\"n3\",\"name\":\"both\",\"tags\":[\"tag:a\",\"tag:b\"],\"addresses\":" \
	"["                                                                              \
	"\"100.64.0.3\"]},"                                                              \
	"{\"id\":\"n4\",\"name\":\"db\",\"tags\":[\"tag:db\"],\"addresses\":["           \
	"\"100.64.0.4\",\"fd7a:115c:a1e0::4\"],"                                         \
	"\"advertised_routes\":[\"10.1.0.0/16\"],"                                       \
	"\"approved_routes\":[\"10.1.0.0/16\"]}]}"

#endif
