/* Members of objects, and the values that inventories have in them. */
#include "policy/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/numbers.h"
#include "policy/show.h"

struct finding *
inventory_fault(struct inventory *inv, const struct node *node, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	va_start(args, format);
	finding = finding_add_list(inv->findings, &CHECK_INVALID_INVENTORY,
	                           inv->tree->source, node->span, format, args);
	va_end(args);
	return finding;
}

static struct text
string_text(const struct inventory *inv, const struct node *string)
{
	if (!string->plain)
		return node_text(inv->arena, inv->tree, string);
	/* within its quotes */
	return source_text(inv->tree->source, (struct span) { string->span.first + 1,
	                                                      string->span.end - 1 });
}

void
inventory_fault_kind(struct inventory *inv, const struct node *value, const char *takes)
{
	struct text name = string_text(inv, value - 1);

	inventory_fault(inv, value, "%.*s takes %s, not %s", TEXT_ARG(name), takes,
	                hujson_kind_name(value->kind));
}

void
inventory_fault_missing(struct inventory *inv, const struct node *object,
                        const char *said)
{
	struct span brace = { object->span.first, object->span.first + 1 };

	finding_add(inv->findings, &CHECK_INVALID_INVENTORY, inv->tree->source, brace,
	            "%s", said);
}

/* A member's value where it says something. */
static const struct node *
value_said(const struct node *value)
{
	return value->kind == HUJSON_NULL || value->kind == HUJSON_BAD ? NULL : value;
}

/* One more than the place of the member with this name, or 0. */
static unsigned
member_place(const struct inventory *inv, const struct node *name,
             const struct asked *fields, size_t n, const struct asked_marks *marks)
{
	if (name->place > 0) /* found by the parser */
		return name->place;
	const struct asked *field = asked_find(fields, n, marks, string_text(inv, name));
	return field ? field->place + 1 : 0;
}

void
members_find(const struct inventory *inv, const struct node *object,
             const struct asked *fields, size_t n_fields, const struct node **values,
             size_t n_values)
{
	const struct node *end = node_end(object);
	struct asked_marks marks = asked_marks(fields, n_fields);

	memset(values, 0, n_values * sizeof(*values));
	for (const struct node *m = node_first(object); m != end; m = member_next(m)) {
		unsigned place = member_place(inv, m, fields, n_fields, &marks);
		if (place == 0)
			continue;
		const struct node *value = member_value(m);
		values[place - 1] = value_said(value);
		/* it will be read when the others are found */
		__builtin_prefetch(inv->tree->source->bytes + value->span.first);
	}
}

/* "id, login, name and role". */
static const char *
fields_listed(struct arena *arena, const struct asked *fields, size_t n)
{
	const char *list = "";

	for (size_t i = 0; i < n; i++)
		list = arena_format(arena, "%s%s%.*s", list,
		                    i == 0       ? ""
		                    : i + 1 == n ? " and "
		                                 : ", ",
		                    TEXT_ARG(fields[i].name));
	return list;
}

static void
field_is_unknown(struct inventory *inv, const struct node *name, const char *what,
                 const struct asked *fields, size_t n)
{
	struct text written = string_text(inv, name);
	struct text_nearest nearest = text_nearest_start(written);

	for (size_t i = 0; i < n; i++)
		text_nearest_offer(&nearest, fields[i].name);
	if (nearest.best.len > 0)
		inventory_fault(inv, name, "%s has no %s; did you mean %.*s?", what,
		                text_quote(inv->arena, written), TEXT_ARG(nearest.best));
	else
		inventory_fault(inv, name, "%s has no %s; it takes %s", what,
		                text_quote(inv->arena, written),
		                fields_listed(inv->arena, fields, n));
}

void
members_find_strictly(struct inventory *inv, const struct node *object, const char *what,
                      const struct asked *fields, size_t n_fields,
                      const struct node **values, size_t n_values)
{
	const struct node *end = node_end(object);
	struct asked_marks marks = asked_marks(fields, n_fields);
	uint64_t seen = 0;

	memset(values, 0, n_values * sizeof(*values));
	for (const struct node *m = node_first(object); m != end; m = member_next(m)) {
		const struct asked *field =
			asked_find(fields, n_fields, &marks, string_text(inv, m));
		if (!field) {
			field_is_unknown(inv, m, what, fields, n_fields);
			continue;
		}
		if (seen >> field->place & 1)
			inventory_fault(inv, m, "%.*s is given twice",
			                TEXT_ARG(field->name));
		seen |= (uint64_t)1 << field->place;
		values[field->place] = value_said(member_value(m));
	}
}

struct text
value_text(struct inventory *inv, const struct node *value)
{
	if (value && value->kind == HUJSON_STRING)
		return string_text(inv, value);
	if (value)
		inventory_fault_kind(inv, value, "a string");
	return (struct text) { 0 };
}

static bool
all_digits(struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

struct text
value_id(struct inventory *inv, const struct node *value)
{
	if (!value || value->kind != HUJSON_NUMBER)
		return value_text(inv, value);
	struct text digits = node_raw(inv->tree, value);
	if (!all_digits(digits)) {
		inventory_fault(inv, value,
		                "%.*s is no id; one is a string or a whole number",
		                TEXT_ARG(digits));
		return (struct text) { 0 };
	}
	if (text_is(digits, "0"))
		return (struct text) { 0 };
	return digits;
}

bool
value_bool(struct inventory *inv, const struct node *value)
{
	if (value && value->kind != HUJSON_TRUE && value->kind != HUJSON_FALSE)
		inventory_fault_kind(inv, value, "true or false");
	return value && value->kind == HUJSON_TRUE;
}

const struct node *
value_array(struct inventory *inv, const struct node *value)
{
	if (!value || value->kind == HUJSON_ARRAY)
		return value;
	inventory_fault_kind(inv, value, "an array");
	return NULL;
}

const struct node *
value_object(struct inventory *inv, const struct node *value)
{
	if (!value || value->kind == HUJSON_OBJECT)
		return value;
	inventory_fault_kind(inv, value, "an object");
	return NULL;
}

#define SECOND 1000000000

/* {"seconds": 1767600000, "nanos": 12}: what protobuf makes of a time. */
static int64_t
seconds_read(struct inventory *inv, const struct node *object)
{
	enum { SECONDS, NANOS, N };
	static const struct asked fields[] = {
		ASKED("seconds", SECONDS),
		ASKED("nanos", NANOS),
	};
	const struct node *v[N];
	uint64_t seconds, nanos = 0;

	members_find(inv, object, fields, ASKED_N(fields), v, N);
	/* what is before 1970 or after 2262 is not known */
	if (!v[SECONDS] || !text_number(node_raw(inv->tree, v[SECONDS]),
	                                INT64_MAX / SECOND - 1, &seconds))
		return INT64_MAX;
	if (v[NANOS] && !text_number(node_raw(inv->tree, v[NANOS]), SECOND - 1, &nanos))
		inventory_fault_kind(inv, v[NANOS], "a number below 1000000000");
	return (int64_t)(seconds * SECOND + nanos);
}

int64_t
value_time(struct inventory *inv, const struct node *value)
{
	int64_t time;

	if (value && value->kind == HUJSON_OBJECT)
		return seconds_read(inv, value);
	struct text text = value_text(inv, value);
	if (text.len == 0)
		return INT64_MAX;
	if (!time_parse(text, &time)) {
		inventory_fault(inv, value,
		                "%s is no time; one is written \"2026-01-31T12:00:00Z\"",
		                text_quote(inv->arena, text));
		return INT64_MAX;
	}
	/* the zero time, 0001-01-01, is too early for the number */
	return time == INT64_MIN ? INT64_MAX : time;
}

/* Why an address or a route is none, after its text. */
static const char *const address_faults[] = {
	[ADDRESS_FINE] = "is fine",
	[ADDRESS_MALFORMED] = "is no IP address",
	[ADDRESS_LEADING_ZERO] = "has a number that starts with 0",
	[ADDRESS_ZONE] = "has a zone, which no address of a tailnet has",
	[ADDRESS_V4_MAPPED] = "is an IPv4 address written as IPv6; write it as IPv4",
	[ADDRESS_BAD_LENGTH] = "has no good prefix length: 0 to 32, in IPv6 0 to 128",
	[ADDRESS_HOST_BITS] = "has bits set beyond its prefix length",
	[ADDRESS_BACKWARDS] = "ends before it starts",
	[ADDRESS_MIXED] = "mixes IPv4 and IPv6",
};

static void
fault_address(struct inventory *inv, const struct node *node, struct text text,
              enum address_fault fault)
{
	bool slash = text_find(text, '/') < text.len;

	inventory_fault(inv, node, "%s %s%s", text_quote(inv->arena, text),
	                address_faults[fault],
	                slash ? "; an address has no prefix length" : "");
}

/* The text of an element, which has to be a string. */
static bool
element_text(struct inventory *inv, const struct node *element, const char *what,
             struct text *text)
{
	if (element->kind != HUJSON_STRING) {
		inventory_fault(inv, element, "%s is a string, not %s", what,
		                hujson_kind_name(element->kind));
		return false;
	}
	*text = string_text(inv, element);
	return true;
}

void
value_addresses(struct inventory *inv, const struct node *value, struct machine *machine)
{
	const struct node *array = value_array(inv, value);
	struct text text;
	size_t n = 0;

	if (!array)
		return;
	struct point *points =
		arena_array(inv->arena, node_length(array), sizeof(*points));
	for (const struct node *e = node_first(array); e != node_end(array);
	     e = node_next(e)) {
		if (!element_text(inv, e, "an address", &text))
			continue;
		enum address_fault fault = address_parse(text, &points[n]);
		if (fault == ADDRESS_FINE)
			n++;
		else
			fault_address(inv, e, text, fault);
	}
	machine->addresses = points;
	machine->n_addresses = points_sort(points, n);
}

/* Reads one route; false where it is none. */
static bool
route_read(struct inventory *inv, const struct node *element, struct range *route)
{
	struct text text;
	char masked[RANGE_TEXT_MAX];

	if (!element_text(inv, element, "a route", &text))
		return false;
	enum address_fault fault = prefix_parse(text, route, NULL, NULL);
	if (fault == ADDRESS_FINE)
		return true;
	if (fault == ADDRESS_HOST_BITS)
		prefix_write(*route, masked);
	inventory_fault(inv, element, "%s %s%s%s", text_quote(inv->arena, text),
	                address_faults[fault],
	                fault == ADDRESS_HOST_BITS ? "; write " : "",
	                fault == ADDRESS_HOST_BITS ? masked : "");
	return fault == ADDRESS_HOST_BITS;
}

const struct range *
value_routes(struct inventory *inv, const struct node *value, size_t *n)
{
	const struct node *array = value_array(inv, value);
	size_t read = 0;

	*n = 0;
	if (!array || array->count == 1)
		return NULL;
	struct range *routes =
		arena_array(inv->arena, node_length(array), sizeof(*routes));
	for (const struct node *e = node_first(array); e != node_end(array);
	     e = node_next(e))
		if (route_read(inv, e, &routes[read]))
			read++;
	*n = ranges_sort(routes, read);
	return routes;
}

/* Walks two sorted lists at once; takes what is in both, or what is in either. */
static const struct range *
routes_merge(struct inventory *inv, const struct range *a, size_t n,
             const struct range *b, size_t m, size_t *out, bool either)
{
	struct range *merged = arena_array(inv->arena, n + m, sizeof(*merged));
	size_t i = 0, k = 0;

	*out = 0;
	while (i < n || k < m) {
		int order = i == n ? 1 : k == m ? -1 : range_compare(a[i], b[k]);
		if (either || order == 0)
			merged[(*out)++] = order <= 0 ? a[i] : b[k];
		i += order <= 0;
		k += order >= 0;
	}
	return merged;
}

const struct range *
routes_meet(struct inventory *inv, const struct range *a, size_t n, const struct range *b,
            size_t m, size_t *out)
{
	return routes_merge(inv, a, n, b, m, out, false);
}

const struct range *
routes_join(struct inventory *inv, const struct range *a, size_t n, const struct range *b,
            size_t m, size_t *out)
{
	if (n == 0 || m == 0) {
		*out = n + m;
		return n > 0 ? a : b;
	}
	return routes_merge(inv, a, n, b, m, out, true);
}

static size_t
tags_read(struct inventory *inv, const struct node *array, uint32_t *tags)
{
	struct text text;
	size_t n = 0;

	if (!array)
		return 0;
	for (const struct node *e = node_first(array); e != node_end(array);
	     e = node_next(e)) {
		if (!element_text(inv, e, "a tag", &text))
			continue;
		if (text_starts(text, "tag:") && text.len > 4)
			tags[n++] = names_add(&inv->tailnet->tags, text);
		else
			inventory_fault(inv, e, "%s is no tag; one is written tag:name",
			                text_quote(inv->arena, text));
	}
	return n;
}

void
value_tags(struct inventory *inv, const struct node *one, const struct node *two,
           struct machine *machine)
{
	const struct node *a = value_array(inv, one), *b = value_array(inv, two);
	size_t most = (a ? node_length(a) : 0) + (b ? node_length(b) : 0), n;

	if (most == 0)
		return;
	uint32_t *tags = arena_array(inv->arena, most, sizeof(*tags));
	n = tags_read(inv, a, tags);
	n += tags_read(inv, b, tags + n);
	numbers_arrange(tags, n);
	for (size_t i = 0; i < n; i++)
		if (machine->n_tags == 0 || tags[machine->n_tags - 1] != tags[i])
			tags[machine->n_tags++] = tags[i];
	machine->tags = tags;
}

/* The value of an attribute; false where it has none. */
static bool
attribute_value(struct inventory *inv, const struct node *node, struct value *value)
{
	switch ((enum hujson_kind)node->kind) {
	case HUJSON_STRING:
		*value = (struct value) { .kind = VALUE_TEXT,
			                  .text = string_text(inv, node) };
		return true;
	case HUJSON_NUMBER:
		*value = (struct value) { .kind = VALUE_NUMBER,
			                  .text = node_raw(inv->tree, node) };
		value->number =
			strtod(arena_copy(inv->arena, value->text.at, value->text.len),
		               NULL);
		return true;
	case HUJSON_TRUE:
	case HUJSON_FALSE:
		*value = (struct value) { .kind = VALUE_BOOL,
			                  .truth = node->kind == HUJSON_TRUE };
		return true;
	case HUJSON_BAD:
	case HUJSON_NULL:
		return false;
	case HUJSON_ARRAY:
	case HUJSON_OBJECT:
		break;
	}
	inventory_fault_kind(inv, node, "a string, a number, true or false");
	return false;
}

/* node:os as posture spells it, made once for each spelling of the hosts. */
static const struct attribute *
system_attribute(struct inventory *inv, struct text os)
{
	size_t known = inv->systems.n;
	uint32_t number = names_add(&inv->systems, os);

	if (number < known)
		return inv->of_system[number];
	struct attribute *attribute = arena_alloc(inv->arena, sizeof(*attribute));
	attribute->name = text_of("node:os");
	attribute->value =
		(struct value) { .kind = VALUE_TEXT, .text = text_lower(inv->arena, os) };
	inv->of_system = arena_grow(inv->arena, inv->of_system, known,
	                            &inv->of_system_cap, sizeof(*inv->of_system));
	inv->of_system[number] = attribute;
	return attribute;
}

static bool
attributes_have(const struct attribute *attributes, size_t n, struct text name)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal(attributes[i].name, name))
			return true;
	return false;
}

static size_t
attributes_given(struct inventory *inv, const struct node *object,
                 struct attribute *attributes)
{
	size_t n = 0;

	for (const struct node *m = node_first(object); m != node_end(object);
	     m = member_next(m)) {
		if (!attribute_value(inv, member_value(m), &attributes[n].value))
			continue;
		attributes[n++].name = string_text(inv, m);
	}
	return n;
}

void
machine_take_attributes(struct inventory *inv, struct machine *machine,
                        const struct node *given, struct text version)
{
	struct text os_name = text_of("node:os"),
		    version_name = text_of("node:tsVersion");
	const struct node *object = value_object(inv, given);
	size_t n = 0;

	if (!object && version.len == 0) {
		machine->n_attributes = machine->os.len > 0;
		machine->attributes =
			machine->os.len > 0 ? system_attribute(inv, machine->os) : NULL;
		return;
	}
	struct attribute *attributes =
		arena_array(inv->arena, 2 + (object ? node_length(object) : 0),
	                    sizeof(*attributes));
	if (object)
		n = attributes_given(inv, object, attributes);
	if (machine->os.len > 0 && !attributes_have(attributes, n, os_name))
		attributes[n++] = *system_attribute(inv, machine->os);
	if (version.len > 0 && !attributes_have(attributes, n, version_name))
		attributes[n++] = (struct attribute) {
			version_name,
			{ .kind = VALUE_TEXT,
			  .text = { version.at, text_find(version, '-') } },
		};
	machine->attributes = attributes;
	machine->n_attributes = n;
}

void
list_read(struct inventory *inv, const struct node *list, const char *what,
          void (*read)(struct inventory *, const struct node *))
{
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e)) {
		if (e->kind == HUJSON_OBJECT)
			read(inv, e);
		else
			inventory_fault(inv, e, "%s is an object, not %s", what,
			                hujson_kind_name(e->kind));
	}
}
