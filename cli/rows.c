#include "cli/rows.h"

/* Of a long list, so much is shown, unless only one more is left. */
#define FOLD 6

/* A list in the making. */
struct items {
	struct arena *arena;
	struct text *at;
	size_t n, cap;
};

static void
items_add(struct items *items, struct text text)
{
	items->at = arena_grow(items->arena, items->at, items->n, &items->cap,
	                       sizeof(*items->at));
	items->at[items->n++] = text;
}

static struct cell
cell_fold(struct cell cell, enum row_style style)
{
	if (style >= ROWS_FOLDED && cell.n > FOLD + 1) {
		cell.more = cell.n - FOLD;
		cell.n = FOLD;
	}
	return cell;
}

static struct cell
cell_of(const struct items *items, enum row_style style)
{
	return cell_fold((struct cell) { items->at, items->n, 0 }, style);
}

static struct cell
cell_of_one(struct arena *arena, struct text text)
{
	struct text *item = arena_alloc(arena, sizeof(*item));

	*item = text;
	return (struct cell) { item, 1, 0 };
}

static void
rows_add(struct rows *rows, struct arena *arena, const struct row *row)
{
	rows->at = arena_grow(arena, rows->at, rows->n, &rows->cap, sizeof(*rows->at));
	rows->at[rows->n++] = *row;
}

void
rows_join(struct rows *rows, struct arena *arena, struct rows more)
{
	for (size_t i = 0; i < more.n; i++)
		rows_add(rows, arena, &more.at[i]);
}

const char *
grant_path(struct arena *arena, const struct grant *grant)
{
	return arena_format(arena, "%s[%u]", section_name(grant->section),
	                    (unsigned)grant->index);
}

struct place
grant_place(const struct policy *policy, const struct grant *grant)
{
	return source_place(policy->source, grant->node->span.first);
}

static struct cell
rule_cell(struct arena *arena, const struct policy *policy, const struct grant *grant,
          const struct words *postures)
{
	struct items items = { .arena = arena };

	if (!grant) {
		items_add(&items, text_of("neither acls nor grants"));
		return cell_of(&items, ROWS_EXACT);
	}
	unsigned line = (unsigned)grant_place(policy, grant).line;
	items_add(&items, text_of(arena_format(arena, "line %u", line)));
	items_add(&items, text_of(grant_path(arena, grant)));
	for (size_t i = 0; i < grant->via.n; i++)
		items_add(&items, text_of(arena_format(arena, "via %.*s",
		                                       TEXT_ARG(grant->via.at[i].text))));
	for (size_t i = 0; postures && i < postures->n; i++)
		items_add(&items, text_of(arena_format(arena, "%s %.*s", i ? "or" : "if",
		                                       TEXT_ARG(postures->at[i].text))));
	return cell_of(&items, ROWS_EXACT);
}

/* The names of the capabilities of a grant, where others have ports. */
static struct cell
app_cell(struct arena *arena, const struct grant *grant)
{
	struct items items = { .arena = arena };

	for (size_t i = 0; i < grant->n_app; i++)
		items_add(&items, grant->app[i].name.text);
	return cell_of(&items, ROWS_EXACT);
}

#define APP text_of("app")

struct row_maker {
	struct unit *unit;
	struct table *table;
	enum row_style style;
	struct cell *sources; /* by number of the list; items NULL: not made yet */
	size_t n_sources;
	uint32_t *hits; /* by machine, for machines_name; zero between uses */
};

struct row_maker *
rows_start(struct unit *unit, struct table *table, enum row_style style)
{
	struct arena *arena = &unit->arena;
	struct row_maker *maker = arena_alloc(arena, sizeof(*maker));

	*maker = (struct row_maker) { unit, table, style, NULL, 0, NULL };
	maker->n_sources = table_n_srcs(table);
	maker->sources = arena_array(arena, maker->n_sources, sizeof(*maker->sources));
	maker->hits = arena_array(arena, unit->tailnet->n_machines, sizeof(uint32_t));
	return maker;
}

/* The machine whose address a text is, or UINT32_MAX. */
static uint32_t
text_owner(const struct row_maker *maker, struct text text)
{
	struct point point;

	if (address_parse(text, &point) != ADDRESS_FINE)
		return UINT32_MAX;
	return tailnet_owner_of(maker->unit->tailnet, point);
}

/* "laptop (100.64.0.1)", or the name alone. */
static struct text
machine_item(struct arena *arena, const struct machine *machine, enum row_style style)
{
	char address[RANGE_TEXT_MAX];

	if (style == ROWS_BRIEF)
		return machine->name;
	address_write(machine->addresses[0], address);
	return text_of(
		arena_format(arena, "%.*s (%s)", TEXT_ARG(machine->name), address));
}

/*
 * The same list with the machines by name that all addresses of are in it, each
 * once, where its first address was.
 */
static struct items
machines_name(struct row_maker *maker, struct arena *arena, const struct items *texts)
{
	const struct machine *machines = maker->unit->tailnet->machines;
	struct items named = { .arena = arena };
	uint32_t *owners = arena_array(arena, texts->n, sizeof(*owners));

	for (size_t i = 0; i < texts->n; i++)
		if ((owners[i] = text_owner(maker, texts->at[i])) != UINT32_MAX)
			maker->hits[owners[i]]++;
	for (size_t i = 0; i < texts->n; i++) {
		uint32_t owner = owners[i];
		/* named already: 0; hits of some addresses only stay */
		if (owner == UINT32_MAX ||
		    (maker->hits[owner] > 0 &&
		     maker->hits[owner] < machines[owner].n_addresses))
			items_add(&named, texts->at[i]);
		else if (maker->hits[owner] > 0) {
			items_add(&named,
			          machine_item(arena, &machines[owner], maker->style));
			maker->hits[owner] = 0;
		}
	}
	for (size_t i = 0; i < texts->n; i++)
		if (owners[i] != UINT32_MAX)
			maker->hits[owners[i]] = 0;
	return named;
}

/* Ranges that stand for something people have a word for. */
static const struct worded {
	const char *word;
	const struct ranges *ranges;
} WORDED[] = {
	{ "any machine", &RANGES_OF_TAILNET },
	{ "the internet", &RANGES_OF_INTERNET },
};

/* The text of a range as it stands in a filter; of the internet's it is always
 * that with a hyphen. */
static bool
range_is_listed(const struct names *texts, struct range range)
{
	char text[RANGE_TEXT_MAX];
	size_t len = range_write(range, text);

	if (names_find(texts, (struct text) { text, len }) != NAMES_NONE)
		return true;
	len = span_write(range, text);
	return names_find(texts, (struct text) { text, len }) != NAMES_NONE;
}

static bool
word_applies(const struct names *texts, const struct worded *worded)
{
	for (size_t i = 0; i < worded->ranges->n; i++)
		if (!range_is_listed(texts, worded->ranges->at[i]))
			return false;
	return true;
}

static bool
text_is_of(struct text text, const struct worded *worded)
{
	char range[RANGE_TEXT_MAX];

	for (size_t i = 0; i < worded->ranges->n; i++) {
		range_write(worded->ranges->at[i], range);
		if (text_is(text, range))
			return true;
		span_write(worded->ranges->at[i], range);
		if (text_is(text, range))
			return true;
	}
	return false;
}

/* The same list with a word first for ranges that have one. */
static struct items
ranges_word(struct arena *arena, struct items texts)
{
	struct names names = { .arena = arena };

	if (texts.n < WORDED[0].ranges->n) /* the shortest */
		return texts;
	for (size_t i = 0; i < texts.n; i++)
		names_add(&names, texts.at[i]);
	for (size_t w = 0; w < sizeof(WORDED) / sizeof(*WORDED); w++) {
		struct items rest = { .arena = arena };
		if (!word_applies(&names, &WORDED[w]))
			continue;
		items_add(&rest, text_of(WORDED[w].word));
		for (size_t i = 0; i < texts.n; i++)
			if (!text_is_of(texts.at[i], &WORDED[w]))
				items_add(&rest, texts.at[i]);
		texts = rest;
	}
	return texts;
}

static struct cell
addresses_cell(struct row_maker *maker, struct arena *arena, const struct items *texts)
{
	if (maker->style == ROWS_EXACT)
		return cell_of(texts, maker->style);
	struct items named = machines_name(maker, arena, texts);
	named = ranges_word(arena, named);
	return cell_of(&named, maker->style);
}

static void
row_take_grant(struct row *row, struct row_maker *maker, struct arena *arena,
               const struct grant *grant)
{
	row->grant = grant;
	row->cells[COLUMN_RULE] = rule_cell(arena, maker->unit->policy, grant, NULL);
}

/* Of a source list, made once. */
static struct cell
source_cell(struct row_maker *maker, uint32_t src)
{
	struct items texts = { .arena = &maker->unit->arena };

	if (maker->sources[src].items)
		return maker->sources[src];
	for (size_t i = 0; i < table_src_length(maker->table, src); i++)
		items_add(&texts, table_src_text(maker->table, src, i));
	return maker->sources[src] = addresses_cell(maker, texts.arena, &texts);
}

/* Destinations of one origin, and the ports of each: each once, as they came. */
struct by_address {
	struct names texts;
	struct names *ports; /* by number in texts */
	size_t cap;
};

/* Destinations that have the same ports. */
struct same_ports {
	struct names ports;
	struct items addresses;
};

struct by_ports {
	struct names keys; /* the ports as one text */
	struct same_ports *at;
	size_t cap;
};

static struct text
ports_text(struct arena *arena, struct ports ports)
{
	char text[16];
	size_t len = ports_write(ports, text);

	return (struct text) { arena_copy(arena, text, len), len };
}

static struct by_address
sort_by_address(struct arena *arena, const struct wire_dst *dst, size_t n)
{
	struct by_address by = { .texts.arena = arena };

	for (size_t i = 0; i < n; i++) {
		size_t known = by.texts.n;
		uint32_t number = names_add(&by.texts, dst[i].ip);
		if (number == known) {
			by.ports = arena_grow(arena, by.ports, known, &by.cap,
			                      sizeof(*by.ports));
			by.ports[number] = (struct names) { .arena = arena };
		}
		names_add(&by.ports[number], ports_text(arena, dst[i].ports));
	}
	return by;
}

/* All names as one text. */
static struct text
names_key(struct arena *arena, const struct names *names)
{
	struct output out;

	output_start_memory(&out, arena);
	for (size_t i = 0; i < names->n; i++) {
		output_text(&out, names->texts[i]);
		output_char(&out, ',');
	}
	return output_taken(&out);
}

static struct by_ports
sort_by_ports(struct arena *arena, const struct by_address *addresses)
{
	struct by_ports by = { .keys.arena = arena };

	for (size_t i = 0; i < addresses->texts.n; i++) {
		const struct names *ports = &addresses->ports[i];
		size_t known = by.keys.n;
		uint32_t number = names_add(&by.keys, names_key(arena, ports));
		if (number == known) {
			by.at = arena_grow(arena, by.at, known, &by.cap, sizeof(*by.at));
			by.at[number] =
				(struct same_ports) { *ports, { .arena = arena } };
		}
		items_add(&by.at[number].addresses, addresses->texts.texts[i]);
	}
	return by;
}

/* Names in the order of first mention, as a list. */
static struct items
items_of_names(const struct names *names)
{
	return (struct items) { names->arena, names->texts, names->n, names->cap };
}

static struct cell
protocols_cell(struct arena *arena, const struct wire_rule *rule)
{
	struct items items = { .arena = arena };

	if (rule->n_protocols == 0)
		items_add(&items, text_of(protocol_name(arena, PROTOCOL_ANY)));
	for (size_t i = 0; i < rule->n_protocols; i++)
		items_add(&items, text_of(protocol_name(arena, rule->protocols[i])));
	return cell_of(&items, ROWS_EXACT);
}

/* What one grant brought to a rule, from dst on. */
static void
origin_rows(struct row_maker *maker, struct arena *arena,
            const struct wire_origin *origin, const struct wire_dst *dst,
            struct rows *rows, struct row row)
{
	struct by_address addresses = sort_by_address(arena, dst, origin->n_dst);
	struct by_ports by = sort_by_ports(arena, &addresses);
	row_take_grant(&row, maker, arena, origin->rule->grant);
	for (size_t i = 0; i < by.keys.n; i++) {
		struct items ports = items_of_names(&by.at[i].ports);
		row.cells[COLUMN_DST] = addresses_cell(maker, arena, &by.at[i].addresses);
		row.cells[COLUMN_PORTS] = cell_of(&ports, maker->style);
		rows_add(rows, arena, &row);
	}
}

static void
network_rows(struct row_maker *maker, struct arena *arena, const struct wire_rule *rule,
             struct rows *rows, struct row row)
{
	const struct wire_dst *dst = rule->dst;
	row.cells[COLUMN_PROTOCOL] = protocols_cell(arena, rule);
	for (size_t i = 0; i < rule->n_origins; i++) {
		origin_rows(maker, arena, &rule->origins[i], dst, rows, row);
		dst += rule->origins[i].n_dst;
	}
}

/* "100.64.0.1/32" is "100.64.0.1" where machines are told. */
static struct text
host_text(struct text prefix)
{
	size_t slash = text_find(prefix, '/');
	struct text bits = text_from(prefix, slash);

	if (text_is(bits, "/32") || text_is(bits, "/128"))
		prefix.len = slash;
	return prefix;
}

static void
capability_rows(struct row_maker *maker, struct arena *arena,
                const struct wire_rule *rule, struct rows *rows, struct row row)
{
	struct items dst = { .arena = arena };

	for (size_t i = 0; i < rule->n_cap_dst; i++)
		items_add(&dst, maker->style == ROWS_EXACT ? rule->cap_dst[i]
		                                           : host_text(rule->cap_dst[i]));
	row_take_grant(&row, maker, arena, rule->rule->grant);
	row.cells[COLUMN_DST] = addresses_cell(maker, arena, &dst);
	row.cells[COLUMN_PROTOCOL] = cell_of_one(arena, APP);
	row.cells[COLUMN_PORTS] =
		rule->rule->kind == RULE_COMPANION
			? cell_of_one(arena, text_of(rule->rule->companion))
			: app_cell(arena, rule->rule->grant);
	rows_add(rows, arena, &row);
}

struct rows
rows_of_machine(struct row_maker *maker, struct arena *scratch, uint32_t machine)
{
	struct wire_table table = table_of(maker->table, scratch, machine);
	struct rows rows = { 0 };

	for (size_t i = 0; i < table.n; i++) {
		const struct wire_rule *rule = &table.rules[i];
		struct row row = { 0 };
		row.cells[COLUMN_SRC] = source_cell(maker, rule->src);
		if (rule->n_cap_dst > 0)
			capability_rows(maker, scratch, rule, &rows, row);
		else
			network_rows(maker, scratch, rule, &rows, row);
	}
	return rows;
}

/* "tcp:80-443" is of tcp, "22" and "*" of no protocol. */
static struct text
service_protocol(struct text service, struct text *ports)
{
	size_t colon = text_find(service, ':');

	*ports = service;
	if (colon == service.len)
		return text_of("*");
	*ports = text_from(service, colon + 1);
	return (struct text) { service.at, colon };
}

/* A row for each protocol, in order of first mention. */
static void
service_rows(struct arena *arena, const struct term_list *ip, enum row_style style,
             struct rows *rows, struct row row)
{
	struct names protocols = { .arena = arena };
	struct items *ports = NULL;
	size_t cap = 0;

	for (size_t i = 0; i < ip->n; i++) {
		struct text text;
		size_t known = protocols.n;
		uint32_t number =
			names_add(&protocols, service_protocol(ip->at[i], &text));
		if (number == known || !ports) { /* the first is new */
			ports = arena_grow(arena, ports, known, &cap, sizeof(*ports));
			ports[number] = (struct items) { .arena = arena };
		}
		items_add(&ports[number], text);
	}
	for (size_t i = 0; i < protocols.n; i++) {
		row.cells[COLUMN_PROTOCOL] = cell_of_one(arena, protocols.texts[i]);
		row.cells[COLUMN_PORTS] = cell_of(&ports[i], style);
		rows_add(rows, arena, &row);
	}
}

struct cell
terms_cell(const struct term_list *list)
{
	return (struct cell) { list->at, list->n, 0 };
}

struct cell
via_cell(struct arena *arena, const struct grant *grant)
{
	struct items items = { .arena = arena };

	for (size_t i = 0; grant && i < grant->via.n; i++)
		items_add(&items, grant->via.at[i].text);
	return cell_of(&items, ROWS_EXACT);
}

struct cell
words_cell(struct arena *arena, const struct words *words)
{
	struct items items = { .arena = arena };

	for (size_t i = 0; words && i < words->n; i++)
		items_add(&items, words->at[i].text);
	return cell_of(&items, ROWS_EXACT);
}

struct rows
rows_of_term(struct arena *arena, const struct policy *policy, const struct term *term,
             enum row_style style)
{
	struct rows rows = { 0 };
	struct row row = { .grant = term->grant };

	row.cells[COLUMN_SRC] = cell_fold(terms_cell(&term->src), style);
	row.cells[COLUMN_DST] = cell_fold(terms_cell(&term->dst), style);
	row.cells[COLUMN_RULE] = rule_cell(arena, policy, term->grant, term->postures);
	service_rows(arena, &term->ip, style, &rows, row);
	if (term->grant && term->grant->n_app > 0) {
		row.cells[COLUMN_PROTOCOL] = cell_of_one(arena, APP);
		row.cells[COLUMN_PORTS] = app_cell(arena, term->grant);
		rows_add(&rows, arena, &row);
	}
	return rows;
}
