/* May S reach D: by which rule, or what came nearest; what S reaches; who
 * reaches D. */
#include "cli/cli.h"

#include <jansson.h>
#include <string.h>

#include "cli/reason.h"
#include "policy/show.h"

struct explain_options {
	const char *from, *to;
	const char *proto, *ssh;
};

#define OWN(member) offsetof(struct explain_options, member)

static const struct option ROWS[] = {
	{ 0, "from", OPTION_TEXT, OWN(from), "SRC", "list all that SRC reaches", NULL },
	{ 0, "to", OPTION_TEXT, OWN(to), "DST[:PORT]", "list all that reaches DST",
	  NULL },
	{ 'p', "proto", OPTION_TEXT, OWN(proto), "NAME",
	  "ask about that protocol: tcp, udp, icmp, 47 ...", NULL },
	{ 0, "ssh", OPTION_TEXT, OWN(ssh), "USER", "ask about ssh as that user", NULL },
	{ 0 },
};

const struct option_table EXPLAIN_OPTIONS = { ROWS, sizeof(struct explain_options) };

enum { FORMAT_TEXT, FORMAT_JSON };

#define SSH_PORT 22

/* One run: the question, and what is needed to answer it. */
struct explaining {
	struct run *run;
	const struct explain_options *own;
	struct unit unit;
	struct arena *arena;
	const char *from, *to, *policy; /* NULL: not given */
	struct prober *prober;
	struct ssh_table *ssh;
	struct question question;
	struct answer answer;
	struct ssh_answer logins;
	enum truth all, some; /* of both */
};

static bool
proto_read(struct explaining *x)
{
	const char *proto = x->own->proto;

	x->question.protocol = PROTOCOL_ANY;
	if (!proto)
		return true;
	if (!protocol_parse(text_of(proto), &x->question.protocol)) {
		run_fault(x->run, "%s is no protocol: give its name or its number",
		          proto);
		return false;
	}
	if (x->own->ssh) {
		run_fault(x->run,
		          "ssh is over tcp: --ssh and --proto exclude each other");
		return false;
	}
	return true;
}

/* Which operands there are depends on --from and --to. */
static bool
operands_read(struct explaining *x)
{
	struct strings *operands = &x->run->operands;
	size_t taken = 0;

	x->from = x->own->from;
	x->to = x->own->to;
	if (!x->from && !x->to) {
		if (operands->n < 2) {
			run_fault(x->run, "explain wants SRC and DST, or --from SRC, or "
			                  "--to DST");
			return false;
		}
		x->from = operands->at[taken++];
		x->to = operands->at[taken++];
	}
	if (operands->n > taken + 1) {
		run_fault(x->run, "one policy is explained at a time, and %s is another",
		          operands->at[taken + 1]);
		return false;
	}
	x->policy = run_policy(x->run, taken);
	return x->policy != NULL;
}

static bool
end_read(struct explaining *x, struct text text, const struct probe_end **end)
{
	const char *why;

	*end = probe_end_of(x->prober, text, &why);
	if (!*end)
		run_fault(x->run, "%s", why);
	return *end != NULL;
}

static bool
destination_read(struct explaining *x)
{
	struct text dst;
	const char *why;
	int protocol = x->question.protocol;

	if (!probe_split(x->arena, text_of(x->to), &dst, &x->question.ports,
	                 &x->question.ported, &why)) {
		run_fault(x->run, "%s: %s", x->to, why);
		return false;
	}
	if (x->question.ported && !protocol_has_ports(protocol)) {
		run_fault(x->run, "%s has no ports: leave out what follows the colon",
		          protocol_name(x->arena, protocol));
		return false;
	}
	if (x->own->ssh && x->question.ported) {
		run_fault(x->run, "ssh is at port 22: leave out what follows the colon");
		return false;
	}
	return end_read(x, dst, &x->question.dst);
}

static bool
question_read(struct explaining *x)
{
	x->question.ports = PORTS_ALL;
	x->question.near = true;
	if (x->from && !end_read(x, text_of(x->from), &x->question.src))
		return false;
	if (x->to && !destination_read(x))
		return false;
	if (x->own->ssh) {
		x->question.protocol = PROTOCOL_TCP;
		x->question.ports = (struct ports) { SSH_PORT, SSH_PORT };
		x->question.ported = true;
	}
	return true;
}

static enum truth
least(enum truth a, enum truth b)
{
	return a < b ? a : b;
}

/* Whoever logs in needs a rule of the ssh section, and the network. */
static void
answer_find(struct explaining *x)
{
	struct text login = text_of(x->own->ssh ? x->own->ssh : "");
	bool one = x->from && x->to;

	if (one)
		x->answer = probe(x->prober, &x->question);
	else if (!x->own->ssh)
		x->answer = probe_all(x->prober, &x->question);
	x->all = x->answer.all;
	x->some = x->answer.some;
	if (!x->own->ssh)
		return;
	x->ssh = ssh_compile(x->arena, x->unit.policy, x->unit.tailnet);
	x->logins = one ? probe_ssh(x->prober, x->ssh, x->question.src, x->question.dst,
	                            login)
	                : probe_ssh_all(x->prober, x->ssh, x->question.src,
	                                x->question.dst, login);
	if (one && x->ssh)
		probe_ssh_near(x->prober, x->question.src, x->question.dst, login,
		               &x->logins);
	x->all = one ? least(x->all, x->logins.all) : x->logins.all;
	x->some = one ? least(x->some, x->logins.some) : x->logins.some;
}

enum verdict { YES, NO, IN_PART, UNKNOWN };

static const struct {
	const char *word;
	enum paint paint;
} VERDICTS[] = {
	[YES] = { "yes", PAINT_GOOD },
	[NO] = { "no", PAINT_ERROR },
	[IN_PART] = { "in part", PAINT_WARNING },
	[UNKNOWN] = { "unknown", PAINT_WARNING },
};

static enum verdict
verdict_of(const struct explaining *x)
{
	if (x->all != TRUTH_NO)
		return x->all == TRUTH_YES ? YES : UNKNOWN;
	if (x->some == TRUTH_NO)
		return NO;
	return x->some == TRUTH_YES ? IN_PART : UNKNOWN;
}

/* "reach", "log in as root on". */
static const char *
deed_show(struct explaining *x)
{
	if (!x->own->ssh)
		return "reach";
	return arena_format(x->arena, "log in as %s on",
	                    text_show(x->arena, text_of(x->own->ssh)));
}

/* "tag:db:53 over udp" */
static const char *
place_show(struct explaining *x)
{
	const char *place = text_show(x->arena, text_of(x->to));
	if (!x->own->proto)
		return place;
	return arena_format(x->arena, "%s over %s", place,
	                    protocol_name(x->arena, x->question.protocol));
}

static const char *
verdict_say(struct explaining *x, enum verdict verdict)
{
	const char *who = text_show(x->arena, text_of(x->from));
	const char *deed = deed_show(x), *where = place_show(x);

	switch (verdict) {
	case YES:
		return arena_format(x->arena, "%s may %s %s", who, deed, where);
	case NO:
		return arena_format(x->arena, "%s may not %s %s", who, deed, where);
	case IN_PART:
		if (x->answer.missing)
			return arena_format(x->arena,
			                    "some may %s %s, but %s does not get "
			                    "everywhere",
			                    deed, where, x->answer.missing);
		return arena_format(x->arena, "not all of %s may %s all of %s", who, deed,
		                    where);
	case UNKNOWN:
		return arena_format(x->arena,
		                    "whether %s may %s %s depends on what is not known "
		                    "from here",
		                    who, deed, where);
	}
	return "";
}

/* A line of what it is about ("login: ", or nothing), how ("by ", where there is a
 * rule), and why. */
static void
reason_line(struct explaining *x, struct output *out, const char *about, const char *how,
            const struct reason *reason)
{
	output_string(out, "  ");
	output_string(out, about);
	if (reason->grant || reason->ssh)
		output_string(out, how);
	reason_write(out, x->unit.policy, reason);
}

/* Where no ssh rule lets anybody in, nor nearly. */
static void
no_login_line(struct explaining *x, struct output *out)
{
	static const char *const why[] = { "the policy has no ssh rules",
		                           "no ssh rule comes near" };
	struct reason reason = { .said = why[x->unit.policy->n_ssh > 0] };

	if (x->own->ssh && x->logins.some == TRUTH_NO && x->logins.n_near == 0)
		reason_line(x, out, "login: ", "", &reason);
}

/* An end that nobody stands at explains more than any rule. */
static void
emptiness_write(struct output *out, const struct probe_end *end)
{
	if (end->elements->n)
		return;
	output_string(out, "  ");
	output_harmless(out, end->text);
	output_string(out, " names nobody\n");
}

static void
one_text(struct explaining *x, struct output *out)
{
	enum verdict verdict = verdict_of(x);

	output_paint(out, VERDICTS[verdict].paint);
	output_string(out, VERDICTS[verdict].word);
	output_paint(out, PAINT_NONE);
	output_string(out, ": ");
	output_harmless(out, text_of(verdict_say(x, verdict)));
	output_char(out, '\n');
	emptiness_write(out, x->question.src);
	emptiness_write(out, x->question.dst);
	no_login_line(x, out);
	for (size_t i = 0; i < x->logins.n_by; i++) {
		struct reason reason = reason_of_login(&x->logins.by[i]);
		reason_line(x, out, "login: ", "by ", &reason);
	}
	for (size_t i = 0; i < x->logins.n_near; i++) {
		struct reason reason = reason_of_miss(&x->logins.near[i]);
		reason_line(x, out, "login: ", "near ", &reason);
	}
	/* a login is two questions */
	const char *about = x->own->ssh ? "network: " : "";
	for (size_t i = 0; i < x->answer.n_by; i++) {
		struct reason reason = reason_of_hit(&x->answer.by[i]);
		reason_line(x, out, about, "by ", &reason);
	}
	for (size_t i = 0; i < x->answer.n_near; i++) {
		struct reason reason = reason_of_miss(&x->answer.near[i]);
		reason_line(x, out, about, "near ", &reason);
	}
}

static void
all_text(struct explaining *x, struct output *out)
{
	const char *who = text_show(x->arena, text_of(x->from ? x->from : x->to));
	const char *deed = deed_show(x);
	bool none = x->some == TRUTH_NO;

	output_paint(out, PAINT_HEADING);
	if (x->from)
		output_harmless(out, text_of(arena_format(x->arena, "%s may %s%s", who,
		                                          deed, none ? " nothing" : "")));
	else
		output_harmless(out, text_of(arena_format(x->arena, "%s may %s %s",
		                                          none ? "nobody" : "those who",
		                                          deed, place_show(x))));
	output_paint(out, PAINT_NONE);
	output_string(out, none ? "\n" : ":\n");
	emptiness_write(out, x->from ? x->question.src : x->question.dst);
	for (size_t i = 0; i < x->logins.n_by; i++) {
		struct reason reason = reason_of_login(&x->logins.by[i]);
		reason_line(x, out, "", x->logins.by[i].maybe ? "perhaps " : "", &reason);
	}
	for (size_t i = 0; i < x->answer.n_by; i++) {
		struct reason reason = reason_of_hit(&x->answer.by[i]);
		reason_line(x, out, "", x->answer.by[i].maybe ? "perhaps " : "", &reason);
	}
}

static const struct lack_word {
	unsigned lack;
	const char *word;
} LACKS[] = {
	{ LACK_SRC, "src" },        { LACK_DST, "dst" },         { LACK_PORT, "port" },
	{ LACK_PROTOCOL, "proto" }, { LACK_POSTURE, "posture" }, { LACK_OWNER, "owner" },
	{ LACK_FAMILY, "family" },  { LACK_ROUTE, "route" },     { LACK_LOGIN, "login" },
};

static json_t *
json_of_lacks(unsigned lacks)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(LACKS) / sizeof(*LACKS); i++)
		if (lacks & LACKS[i].lack)
			json_array_append_new(list, json_string(LACKS[i].word));
	return list;
}

static json_t *
json_of_selectors(const struct selectors *selectors)
{
	json_t *list = json_array();

	for (size_t i = 0; i < selectors->n; i++)
		json_array_append_new(list, json_of_text(selectors->at[i].text));
	return list;
}

/* "tcp:5432", "80-443", "*", as a grant's ip says it. */
static json_t *
json_of_services(struct arena *arena, const struct rule *rule)
{
	json_t *list = json_array();
	char ports[16];

	for (size_t i = 0; i < rule->n_ports; i++) {
		ports_write(rule->ports[i], ports);
		const char *prefix =
			rule->protocol == PROTOCOL_ANY
				? ""
				: arena_format(arena, "%s:",
		                               protocol_name(arena, rule->protocol));
		json_array_append_new(list, json_string(arena_format(arena, "%s%s",
		                                                     prefix, ports)));
	}
	return list;
}

static json_t *
json_of_hit(struct explaining *x, const struct probe_hit *hit)
{
	const struct rule *rule = hit->rule;
	struct reason reason = reason_of_hit(hit);
	json_t *object = json_of_reason(x->unit.policy, &reason);

	if (rule->grant) {
		json_object_set_new(object, "src", json_of_selectors(&rule->grant->src));
		if (rule->target)
			json_object_set_new(object, "dst",
			                    json_of_text(rule->target->text));
		json_object_set_new(object, "ip", json_of_services(x->arena, rule));
	}
	if (rule->via)
		json_object_set_new(object, "via", json_of_selectors(&rule->grant->via));
	if (hit->router)
		json_object_set_new(object, "router", json_of_text(hit->router->name));
	if (hit->maybe)
		json_object_set_new(object, "maybe", json_true());
	return object;
}

static json_t *
json_of_login(struct explaining *x, const struct probe_login *login)
{
	struct reason reason = reason_of_login(login);
	json_t *object = json_of_reason(x->unit.policy, &reason);

	json_object_set_new(object, "src", json_of_selectors(&login->rule->src));
	json_object_set_new(object, "dst", json_of_selectors(&login->rule->dst));
	json_object_set_new(object, "check",
	                    json_boolean(login->rule->action == SSH_CHECK));
	if (login->maybe)
		json_object_set_new(object, "maybe", json_true());
	return object;
}

static json_t *
json_of_by(struct explaining *x)
{
	json_t *list = json_array();

	for (size_t i = 0; i < x->logins.n_by; i++)
		json_array_append_new(list, json_of_login(x, &x->logins.by[i]));
	for (size_t i = 0; i < x->answer.n_by; i++)
		json_array_append_new(list, json_of_hit(x, &x->answer.by[i]));
	return list;
}

static void
near_add(struct explaining *x, json_t *list, const struct probe_miss *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct reason reason = reason_of_miss(&at[i]);
		json_t *object = json_of_reason(x->unit.policy, &reason);
		json_object_set_new(object, "lacks", json_of_lacks(at[i].lacks));
		json_array_append_new(list, object);
	}
}

/* allowed is null where it cannot be told. */
static json_t *
json_of_one(struct explaining *x)
{
	enum verdict verdict = verdict_of(x);
	json_t *document = json_object(), *near = json_array();

	json_object_set_new(document, "allowed",
	                    verdict == UNKNOWN ? json_null()
	                                       : json_boolean(verdict == YES));
	if (verdict == IN_PART)
		json_object_set_new(document, "partly", json_true());
	json_object_set_new(document, "src", json_of_text(text_of(x->from)));
	json_object_set_new(document, "dst", json_of_text(text_of(x->to)));
	json_object_set_new(document, "by", json_of_by(x));
	near_add(x, near, x->logins.near, x->logins.n_near);
	near_add(x, near, x->answer.near, x->answer.n_near);
	json_object_set_new(document, "near", near);
	return document;
}

static json_t *
json_of_all(struct explaining *x)
{
	json_t *document = json_object();

	json_object_set_new(document, x->from ? "src" : "dst",
	                    json_of_text(text_of(x->from ? x->from : x->to)));
	json_object_set_new(document, x->from ? "reaches" : "reached_by", json_of_by(x));
	return document;
}

static enum status
explain_tell(struct explaining *x)
{
	struct output *out = &x->run->out;
	bool one = x->from && x->to;

	if (x->run->options.format == FORMAT_JSON)
		output_json(out, one ? json_of_one(x) : json_of_all(x));
	else if (one)
		one_text(x, out);
	else
		all_text(x, out);
	if (!one)
		return x->some == TRUTH_YES ? STATUS_GOOD : STATUS_BAD_POLICY;
	return verdict_of(x) == YES ? STATUS_GOOD : STATUS_BAD_POLICY;
}

static enum status
explain_unit(struct explaining *x)
{
	findings_tell(x->run, &x->unit.findings);
	if (!x->unit.filter)
		return STATUS_BAD_POLICY;
	x->prober = prober_make(x->arena, x->unit.filter, PROBE_EXPLAIN);
	if (!question_read(x))
		return STATUS_BAD_RUN;
	answer_find(x);
	return explain_tell(x);
}

enum status
explain_main(struct run *run)
{
	struct explaining x = { .run = run, .own = run->own };
	enum status status = STATUS_BAD_RUN;

	x.arena = &x.unit.arena;
	if (proto_read(&x) && operands_read(&x) && unit_load(&x.unit, run, x.policy))
		status = explain_unit(&x);
	unit_end(&x.unit);
	return status;
}
