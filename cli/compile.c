#include "cli/compile.h"

#include <string.h>

#include "cli/file.h"

#define OWN(member) offsetof(struct compile_options, member)

static const char *const LOSSY[] = { "nothing", "narrower", NULL };

static const struct option ROWS[] = {
	{ 'n', "node", OPTION_LIST, OWN(nodes), "NAME",
	  "only this node, by name, address or id; may be given several times", NULL },
	{ 0, "control-url", OPTION_TEXT, OWN(control_url), "URL",
	  "the coordinator's own address, for ssh rules that check", NULL },
	{ 0, "wide", OPTION_FLAG, OWN(wide), NULL,
	  "a table as wide as it likes, every address in it", NULL },
	{ 0, "shared", OPTION_FLAG, OWN(shared), NULL,
	  "json and ndjson with each list of sources once, and its number in rules",
	  NULL },
	{ 0, "from", OPTION_TEXT, OWN(from), "NAME",
	  "the target that the policy was written for (tailscale), where -f policy "
	  "rewrites it",
	  NULL },
	{ 0, "lossy", OPTION_CHOICE, OWN(lossy), "HOW",
	  "what -f policy may lose: nothing, or narrower, whatever only narrows access",
	  LOSSY },
	{ 0 },
};

const struct option_table COMPILE_OPTIONS = { ROWS, sizeof(struct compile_options) };

static const char *
nearest_name(struct arena *arena, const struct tailnet *tailnet, const char *name)
{
	struct text_nearest nearest = text_nearest_start(text_of(name));

	for (size_t i = 0; i < tailnet->n_machines; i++)
		text_nearest_offer(&nearest, tailnet->machines[i].name);
	if (nearest.best.len == 0)
		return "";
	return arena_format(arena, "; did you mean %.*s?", TEXT_ARG(nearest.best));
}

/* Marks the machines named by --node; all of them where none is. */
static bool
nodes_mark(struct compilation *c, bool *marked)
{
	const struct tailnet *tailnet = c->unit->tailnet;
	const struct strings *names = &c->own->nodes;

	for (size_t i = 0; i < tailnet->n_machines; i++)
		marked[i] = names->n == 0;
	for (size_t i = 0; i < names->n; i++) {
		const struct machine *machine =
			tailnet_machine(tailnet, text_of(names->at[i]));
		if (!machine) {
			run_fault(c->run, "the inventory has no node %s%s", names->at[i],
			          nearest_name(&c->unit->arena, tailnet, names->at[i]));
			return false;
		}
		marked[machine - tailnet->machines] = true;
	}
	return true;
}

static bool
nodes_choose(struct compilation *c)
{
	struct arena *arena = &c->unit->arena;
	size_t n = c->unit->tailnet->n_machines;
	bool *marked = arena_array(arena, n, sizeof(*marked));

	if (!nodes_mark(c, marked))
		return false;
	c->chosen.machines = arena_array(arena, n, sizeof(uint32_t));
	for (size_t i = 0; i < n; i++)
		if (marked[i])
			c->chosen.machines[c->chosen.n++] = (uint32_t)i;
	return true;
}

/* A format: how nodes are written, and how rules are without an inventory;
 * NULL where they cannot be. Lists of sources may stand once in some. */
static const struct format {
	void (*nodes)(struct compilation *);
	void (*terms)(struct compilation *);
	bool shares;
} FORMATS[] = {
	{ nodes_table, terms_table, false },
	{ nodes_tsv, terms_tsv, false },
	{ nodes_json, terms_json, true },
	{ nodes_ndjson, NULL, true },
};

/* policy comes after them. */
#define N_FORMATS (sizeof(FORMATS) / sizeof(*FORMATS))

static enum status
compile_write(struct compilation *c)
{
	const struct format *format = &FORMATS[c->run->options.format];

	if (!c->unit->tailnet->imagined) {
		if (!nodes_choose(c))
			return STATUS_BAD_RUN;
		format->nodes(c);
		return STATUS_GOOD;
	}
	if (c->own->nodes.n > 0)
		return run_fault(c->run,
		                 "--node wants an inventory: which nodes there are "
		                 "is known from --inventory FILE");
	if (!format->terms)
		return run_fault(c->run,
		                 "ndjson wants an inventory: a line for each node "
		                 "of --inventory FILE");
	if (c->own->shared)
		return run_fault(c->run,
		                 "--shared wants an inventory: sources in the policy's "
		                 "own terms are short");
	format->terms(c);
	return STATUS_GOOD;
}

/* What an address of a coordinator is made of: a path is put after it, so that
 * neither a query nor a fragment can end it. */
#define URL_BYTES                                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"                 \
	"-._~:/[]@!$&'()*+,;=%"

static bool
is_control_url(const char *url)
{
	struct text text = text_of(url);

	if (text_equal_fold((struct text) { url, text_find(text, ':') }, text_of("http")))
		text = text_from(text, 4);
	else if (text_equal_fold((struct text) { url, text_find(text, ':') },
	                         text_of("https")))
		text = text_from(text, 5);
	else
		return false;
	return text_starts(text, "://") && text.len > 3 && !strchr("/:@", text.at[3]) &&
	       strspn(text.at, URL_BYTES) == text.len;
}

/* The coordinator's own address is what paths are put after. */
static bool
control_url_read(struct run *run)
{
	struct compile_options *own = run->own;
	const char *url = own->control_url;

	if (!url)
		return true;
	if (!is_control_url(url)) {
		run_fault(run,
		          "--control-url %s is no address of a coordinator, such as "
		          "https://headscale.example.com",
		          url);
		return false;
	}
	size_t len = strlen(url);
	while (url[len - 1] == '/')
		len--;
	own->control_url = arena_copy(&run->arena, url, len);
	return true;
}

/* The option that its format does not take, and which formats do; NULL: none. */
static const char *
option_astray(const struct compile_options *own, unsigned format)
{
	bool policy = format == N_FORMATS;

	if (own->shared && (policy || !FORMATS[format].shares))
		return "--shared is for -f json and -f ndjson";
	if (own->from && !policy)
		return "--from is for -f policy";
	if (own->lossy > 0 && !policy)
		return "--lossy is for -f policy";
	if (own->nodes.n > 0 && policy)
		return "--node is not for -f policy, which is about all nodes";
	return NULL;
}

/* Whether the options go together. */
static bool
compile_options_fit(struct run *run)
{
	const char *astray = option_astray(run->own, run->options.format);

	if (!astray)
		return control_url_read(run);
	run_fault(run, "%s", astray);
	return false;
}

enum status
compile_main(struct run *run)
{
	const char *path = compile_options_fit(run) ? run_policy(run, 0) : NULL;
	struct unit unit = { 0 };
	struct compilation compilation = { run, run->own, &unit, { NULL, 0 } };
	enum status status = STATUS_BAD_RUN;

	if (path && run->options.format == N_FORMATS)
		return lower_main(run, path);
	if (path && unit_load(&unit, run, path)) {
		unit_claims(&unit);
		unit_untold(&unit);
		findings_tell(run, &unit.findings);
		status = unit.findings.n_errors > 0 ? STATUS_BAD_POLICY
		                                    : compile_write(&compilation);
	}
	if (status != STATUS_GOOD)
		output_abandon(run);
	unit_end(&unit);
	return status;
}
