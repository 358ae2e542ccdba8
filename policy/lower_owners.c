#include "policy/lower_parts.h"

#include "grammar/arena.h"

/* Who may take a tag, or approve: tags as feature says, and people. */
static void
lower_approver(struct lower *l, const struct selector *s, enum feature autogroups,
               enum feature tags, struct word_list *words)
{
	const struct side side = { .src = true };
	struct word_list people = { .names.arena = l->arena };
	bool counts = selector_counts(l->from, s);
	bool kept = s->kind == SELECTOR_AUTOGROUP && lower_takes(l, autogroups);

	if (s->kind == SELECTOR_AUTOGROUP &&
	    target_support(l->from, autogroups) == IGNORES)
		return;
	if (s->kind == SELECTOR_TAG && target_support(l->from, tags) == IGNORES)
		return;
	if (kept)
		list_add(words, s->text);
	else if (s->kind == SELECTOR_TAG && !lower_takes(l, tags))
		lower_lose(l, s->span, "a tag that owns a tag", "the owner");
	else if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_TAGGED)
		lower_lose(l, s->span, "autogroup:tagged as an owner or approver",
		           "the owner");
	else if (s->kind == SELECTOR_AUTOGROUP && counts) {
		if (lower_people(l, s, &people))
			list_add(words, lower_group(l, "", s->text, &people, s->span));
	} else if (s->kind == SELECTOR_USER || s->kind == SELECTOR_GROUP ||
	           s->kind == SELECTOR_TAG || s->kind == SELECTOR_SYNCED_GROUP ||
	           s->kind == SELECTOR_DOMAIN)
		lower_selector(l, &side, s, words);
}

/* Tags that own each other, where only a chain is taken. */
static bool
owner_leads_back(const struct policy *policy, struct text tag,
                 const struct selector *owner)
{
	struct arena scratch = { 0 };
	struct names seen = { .arena = &scratch };
	bool back = false;

	names_add(&seen, owner->text);
	for (size_t i = 0; i < seen.n && !back; i++) {
		const struct tag *at = policy_tag(policy, seen.texts[i]);
		back = text_equal(seen.texts[i], tag);
		for (size_t k = 0; at && k < at->owners.n; k++)
			if (at->owners.at[k].kind == SELECTOR_TAG)
				names_add(&seen, at->owners.at[k].text);
	}
	arena_end(&scratch);
	return back;
}

static void
lower_owners(struct lower *l, struct sheet *sheet, const struct tag *tag)
{
	struct word_list owners = { .names.arena = l->arena };

	for (size_t i = 0; i < tag->owners.n; i++) {
		const struct selector *s = &tag->owners.at[i];
		bool cycle = s->kind == SELECTOR_TAG &&
		             lower_takes(l, FEATURE_OWNER_TAG) &&
		             !lower_takes(l, FEATURE_OWNER_CYCLE) &&
		             owner_leads_back(l->policy, tag->name.text, s);
		if (cycle)
			lower_lose(l, s->span, "tags that own each other", "the owner");
		else
			lower_approver(l, s, FEATURE_OWNER_AUTOGROUP, FEATURE_OWNER_TAG,
			               &owners);
	}
	sheet_list(sheet, &owners);
}

void
lower_tags(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;

	if (l->tags.n == 0)
		return;
	sheet_string(sheet, "\"tagOwners\": {\n");
	for (size_t i = 0; i < l->tags.n; i++) {
		const struct tag *tag = policy_tag(policy, l->tags.texts[i]);
		sheet_quote(sheet, l->tags.texts[i]);
		sheet_string(sheet, ": ");
		if (tag)
			lower_owners(l, sheet, tag);
		else
			sheet_string(sheet, "[]");
		sheet_string(sheet, ",\n");
	}
	sheet_string(sheet, "},\n");
}

/* "10.0.0.0/8": ["tag:router"], */
static void
lower_approval(struct lower *l, struct sheet *sheet, struct text name,
               const struct selectors *by)
{
	struct word_list words = { .names.arena = l->arena };

	for (size_t i = 0; i < by->n; i++)
		lower_approver(l, &by->at[i], FEATURE_APPROVER_AUTOGROUP, FEATURE_NONE,
		               &words);
	sheet_quote(sheet, name);
	sheet_string(sheet, ": ");
	sheet_list(sheet, &words);
	sheet_string(sheet, ",\n");
}

static void
lower_service_approvers(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;
	bool takes = lower_takes(l, FEATURE_APPROVE_SERVICES);

	if (policy->n_service_approvers == 0)
		return;
	sheet_string(sheet, takes ? "\"services\": {\n" : "");
	for (size_t i = 0; i < policy->n_service_approvers; i++) {
		const struct service_approver *approver = &policy->service_approvers[i];
		if (takes)
			lower_approval(l, sheet, approver->service.text, &approver->by);
		else
			lower_lose(l, approver->service.span, "autoApprovers.services",
			           "the approval");
	}
	sheet_string(sheet, takes ? "},\n" : "");
}

void
lower_auto_approvers(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;

	if (!policy->sections[SECTION_AUTO_APPROVERS])
		return;
	sheet_string(sheet, "\"autoApprovers\": {\n\"routes\": {\n");
	for (size_t i = 0; i < policy->n_approvers; i++)
		lower_approval(l, sheet, policy->approvers[i].route.text,
		               &policy->approvers[i].by);
	sheet_string(sheet, "},\n");
	lower_approval(l, sheet, text_of("exitNode"), &policy->exit_node);
	lower_service_approvers(l, sheet);
	sheet_string(sheet, "},\n");
}
