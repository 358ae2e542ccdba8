#ifndef ACLC_POLICY_IPSET_H
#define ACLC_POLICY_IPSET_H

struct policy;

/* Works out the ranges of every ipset, each once, by its steps in order from
 * nothing (spec/policy-syntax.md 4.4). Ipsets on a cycle, which
 * policy_validate refuses, and unknown names count as empty. */
void ipsets_resolve(struct policy *);

#endif
