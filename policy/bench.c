#include "policy/bench.h"

#include "grammar/arena.h"
#include "policy/condition.h"
#include "policy/probe_parts.h"

struct benches {
	struct arena *arena;
	struct filter *filter;
	const struct policy *policy;
	bool asks;          /* some rule asks for a posture */
	struct names names; /* by the attributes, written out */
	struct bench **at;
	size_t cap;
};

struct text
attributes_key(struct arena *arena, const struct attributes *attributes)
{
	const char *key = "";
	for (size_t i = 0; i < attributes->n; i++) {
		const struct value *v = &attributes->at[i].value;
		key = arena_format(arena, "%s%s=%d%d%s;", key,
		                   text_quote(arena, attributes->at[i].name),
		                   (int)v->kind, (int)v->truth,
		                   text_quote(arena, v->text));
	}
	return text_of(key);
}

/* Here and below attributes are NULL for a source that is asked for no posture, as
 * who is no machine of the tailnet. */
static struct text
bench_key(const struct benches *b, const struct attributes *attributes)
{
	if (!b->asks)
		return text_of("");
	return attributes ? attributes_key(b->arena, attributes) : text_of("*");
}

static struct filter *
filter_under(struct benches *b, const struct attributes *attributes)
{
	if (!b->asks)
		return b->filter;
	const struct policy *policy =
		attributes ? policy_under(b->arena, b->policy, attributes)
			   : policy_unconditional(b->arena, b->policy);
	return filter_compile(b->arena, policy, b->filter->tailnet);
}

static struct bench *
bench_of(struct benches *b, const struct attributes *attributes)
{
	size_t known = b->names.n;
	uint32_t number = names_add(&b->names, bench_key(b, attributes));
	if (number < known)
		return b->at[number];
	struct bench *bench = arena_alloc(b->arena, sizeof *bench);
	b->at = arena_grow(b->arena, b->at, known, &b->cap, sizeof *b->at);
	b->at[number] = bench;
	struct prober *p =
		prober_make(b->arena, filter_under(b, attributes), PROBE_CLAIM);
	p->original = b->policy;
	p->unconditional_known = true;
	bench->prober = p;
	if (b->asks && attributes)
		p->unconditional = bench_of(b, NULL)->prober;
	return bench;
}

/* Whether an end is addresses alone that no machine of the tailnet can have:
 * they are asked for no posture (spec/policy-syntax.md 5.4). */
static bool
end_is_no_machine(const struct probe_end *end, size_t n_machines)
{
	if (!end->n_atoms || end->elements->at[0] < n_machines)
		return false;
	for (size_t i = 0; i < end->n_atoms; i++)
		if (end->atoms[i].owner != UINT32_MAX ||
		    ranges_hold(RANGES_OF_TAILNET, end->atoms[i].range.first))
			return false;
	return true;
}

struct bench *
bench_for(struct benches *b, const struct attributes *attributes,
          const struct selector *src, const struct probe_end **end, const char **why)
{
	struct bench *bench = bench_of(b, attributes);
	*end = probe_end_of_selector(bench->prober, src, why);
	if (*end && b->asks && end_is_no_machine(*end, b->filter->tailnet->n_machines)) {
		bench = bench_of(b, NULL);
		*end = probe_end_of_selector(bench->prober, src, why);
	}
	return *end ? bench : NULL;
}

struct benches *
benches_make(struct arena *arena, struct filter *filter)
{
	struct benches *b = arena_alloc(arena, sizeof *b);
	*b = (struct benches) { .arena = arena,
		                .filter = filter,
		                .policy = filter->policy,
		                .asks = policy_asks_postures(filter->policy),
		                .names.arena = arena };
	return b;
}

struct ssh_table *
bench_ssh(struct benches *b, struct bench *bench)
{
	if (!bench->ssh_known)
		bench->ssh = ssh_compile(b->arena, bench->prober->policy,
		                         bench->prober->tailnet);
	bench->ssh_known = true;
	return bench->ssh;
}
