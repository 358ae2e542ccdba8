/* Who gains and who loses which access between two policies. */
#include "cli/diff.h"

#include <string.h>

#include "cli/patch.h"
#include "cli/terminal.h"

#define OWN(member) offsetof(struct diff_options, member)

/* The first is the default. */
static const char *const FAIL_ON[] = { "any", "gained", "lost", "never", NULL };

enum { FAIL_ANY, FAIL_GAINED, FAIL_LOST, FAIL_NEVER };

static const struct option ROWS[] = {
	{ 0, "git", OPTION_TEXT, OWN(git), "REV",
	  "compare that revision's version of POLICY with the one on disk", NULL },
	{ 0, "fail-on", OPTION_CHOICE, OWN(fail_on), "WHAT",
	  "what makes status 1: any difference, gained, lost or never", FAIL_ON },
	{ 0, "old-inventory", OPTION_LIST, OWN(old_inventories), "FILE",
	  "who was there under OLD; -i then says who is under NEW", NULL },
	{ 0, "old-target", OPTION_TEXT, OWN(old_target), "NAME",
	  "the coordinator of OLD, where it is not that of --target", NULL },
	{ 0, "new-target", OPTION_TEXT, OWN(new_target), "NAME",
	  "the coordinator of NEW; then OLD and NEW may be one policy", NULL },
	{ 'a', "all", OPTION_FLAG, OWN(all), NULL,
	  "tell all there is, however long that is", NULL },
	{ 0 },
};

const struct option_table DIFF_OPTIONS = { ROWS, sizeof(struct diff_options) };

enum { FORMAT_TEXT, FORMAT_MARKDOWN, FORMAT_JSON };

const char *const DIFF_FORMATS[] = { "text", "markdown", "json", NULL };

/* Parses a side and reads the policy that it is. */
static void
side_parse(struct differing *d, enum diff_side side)
{
	struct side *s = &d->sides[side];
	struct unit *unit = &s->unit;

	progress_tell("reading the policies");
	unit->findings.arena = &unit->arena;
	unit->source = source_of(&unit->arena, s->name, s->bytes.at, s->bytes.len);
	unit->tree = hujson_parse(&unit->arena, unit->source, &unit->findings);
	unit->policy = policy_read(&unit->arena, unit->tree, s->target, &unit->findings);
}

/* The people of both sides, and the policies held against them. Without inventories
 * of its own the old side has those of the new one. */
static bool
sides_people(struct differing *d)
{
	struct unit *before = &d->sides[DIFF_OLD].unit, *after = &d->sides[DIFF_NEW].unit;
	struct options *options = &d->run->options;
	struct strings inventories = options->inventories;
	bool fine;

	if (!unit_people(after, d->run))
		return false;
	options->inventories = d->own->old_inventories;
	if (options->inventories.n == 0)
		before->tailnet = after->tailnet;
	fine = unit_people(before, d->run);
	options->inventories = inventories;
	return fine;
}

/* Says which side is no good, and why. */
static bool
sides_good(struct differing *d)
{
	static const char *const which[] = { "OLD", "NEW" };
	bool good = true;

	for (int i = 0; i < 2; i++) {
		struct side *side = &d->sides[i];
		if (side->unit.findings.n_errors == 0)
			continue;
		run_fault(d->run, "%s, %s, is no policy that can be compared:", which[i],
		          side_name(d, (enum diff_side)i));
		findings_tell(d->run, &side->unit.findings);
		good = false;
	}
	return good;
}

static struct diff_party
party_of(const struct side *side, struct tailnet *tailnet)
{
	return (struct diff_party) { side->unit.policy, tailnet };
}

static size_t
most_told(const struct differing *d)
{
	return d->own->all ? SIZE_MAX : DIFF_MOST;
}

typedef struct tailnet *tailnet_imagined(struct arena *, const struct policy *const *,
                                         size_t n);

/* What holds for every such tailnet. Who is imagined is needed no longer than that. */
static const struct diff *
compare_anywhere(struct differing *d, tailnet_imagined imagine)
{
	struct arena imagined = { 0 };
	const struct policy *both[2] = { d->sides[0].unit.policy,
		                         d->sides[1].unit.policy };
	struct tailnet *any = imagine(&imagined, both, 2);
	const struct diff *diff = diff_make(&d->run->arena, party_of(&d->sides[0], any),
	                                    party_of(&d->sides[1], any), most_told(d));

	arena_end(&imagined);
	return diff;
}

/* Headscale knows no guests; and where something is gained and something lost, the
 * verdict is the same with them. */
static void
compare_for_guests(struct differing *d)
{
	if (d->sides[DIFF_OLD].target != TARGET_TAILSCALE ||
	    d->sides[DIFF_NEW].target != TARGET_TAILSCALE ||
	    (d->any->gained.n > 0 && d->any->lost.n > 0))
		return;
	d->guests = compare_anywhere(d, tailnet_imagine_guests);
	if (guests_access(d, DIFF_OLD)->n + guests_access(d, DIFF_NEW)->n == 0)
		d->guests = NULL;
}

static void
sides_compare(struct differing *d)
{
	progress_tell("comparing");
	d->any = compare_anywhere(d, tailnet_imagine);
	if (!d->sides[1].unit.tailnet) {
		compare_for_guests(d);
		return;
	}
	progress_tell("comparing in the inventory's tailnet");
	d->here =
		diff_make(&d->run->arena,
	                  party_of(&d->sides[0], d->sides[0].unit.tailnet),
	                  party_of(&d->sides[1], d->sides[1].unit.tailnet), most_told(d));
}

static enum status
differing_status(const struct differing *d)
{
	const struct diff *access = differing_access(d);
	bool fails = false;

	switch (d->own->fail_on) {
	case FAIL_ANY:
		fails = !differing_is_empty(d);
		break;
	case FAIL_GAINED:
		fails = access->gained.n > 0 || diff_gains_beside(d->any);
		break;
	case FAIL_LOST:
		fails = access->lost.n > 0 || diff_loses_beside(d->any);
		break;
	case FAIL_NEVER:
		break;
	}
	return fails ? STATUS_BAD_POLICY : STATUS_GOOD;
}

static void
differing_tell(const struct differing *d)
{
	progress_clear();
	switch (d->run->options.format) {
	case FORMAT_JSON:
		diff_json(d, &d->run->out);
		break;
	case FORMAT_MARKDOWN:
		diff_markdown(d, &d->run->out);
		break;
	default:
		diff_text(d, &d->run->out);
		break;
	}
}

/* Git shows something for a file that aclc cannot make sense of, too: its text. */
static enum status
git_fall_back(struct differing *d)
{
	struct output *out = &d->run->out;

	patch_write(out, d->sides[DIFF_NEW].git, d->sides[DIFF_OLD].bytes,
	            d->sides[DIFF_NEW].bytes);
	return STATUS_GOOD;
}

static void
git_tell_missing(struct differing *d)
{
	output_paint(&d->run->out, PAINT_HEADING);
	output_harmless(&d->run->out, text_of(d->sides[DIFF_NEW].git));
	output_paint(&d->run->out, PAINT_NONE);
	output_string(&d->run->out, d->sides[DIFF_OLD].missing
	                                    ? ": a new policy, with nothing to compare\n"
	                                    : ": the policy is gone\n");
}

/* Whatever the difference, git takes any other status for a failure. */
static enum status
differ(struct differing *d)
{
	if (!sides_settle(d) || !side_read(d, DIFF_OLD) || !side_read(d, DIFF_NEW))
		return STATUS_BAD_RUN;
	if (d->sides[DIFF_OLD].missing || d->sides[DIFF_NEW].missing) {
		git_tell_missing(d);
		return STATUS_GOOD;
	}
	side_parse(d, DIFF_OLD);
	side_parse(d, DIFF_NEW);
	if (!sides_people(d))
		return STATUS_BAD_RUN;
	if (!sides_good(d))
		return differing_in_git(d) ? git_fall_back(d) : STATUS_BAD_RUN;
	sides_compare(d);
	differing_tell(d);
	return differing_in_git(d) ? STATUS_GOOD : differing_status(d);
}

enum status
diff_main(struct run *run)
{
	struct differing d = { .run = run, .own = run->own };
	enum status status = STATUS_BAD_RUN;
	if (d.own->old_inventories.n > 0 && run->options.inventories.n == 0)
		return run_fault(run, "--old-inventory says who was there: who is there "
		                      "now has to be said with --inventory");
	if (sides_find(&d))
		status = differ(&d);
	unit_end(&d.sides[DIFF_OLD].unit);
	unit_end(&d.sides[DIFF_NEW].unit);
	return status;
}
