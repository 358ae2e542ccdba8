#ifndef ACLC_POLICY_CUT_PARTS_H
#define ACLC_POLICY_CUT_PARTS_H

/*
 * The inside of a cut; seen by cut*.c and by the diff, which puts other things
 * than filters on the same axes (ssh, attributes). First everything is taken in
 * as it is said: ends (a set on one axis) and boxes (an end × an end × a run of
 * one line). cut_close numbers the points, puts them in classes, and makes each
 * end a set of classes. From then on a cut is read only, but for what it
 * remembers.
 *
 * A source is a class of points in one situation: number c for class c without
 * any posture, further numbers for the pairs of a class and a situation that some
 * rule asks about. In all other situations a class fares as without any.
 */

#include "policy/bits.h"
#include "policy/cut.h"
#include "policy/partition.h"
#include "policy/range.h"

#define CUT_NONE UINT32_MAX

/* How deep a sweep can go: a line has 2^16 places, and is halved for all of the
 * destinations and for one class of them. */
#define CUT_LEVELS (2 * (1 + 17))

/* A set on one axis, as said. */
struct cut_end {
	enum cut_side side;
	uint32_t tailnet;           /* whose machines are meant */
	const struct set *machines; /* all points of these */
	struct ranges owned;        /* the addresses of machines herein */
	struct ranges cells;        /* what is nobody's herein */
	bool everybody;             /* every machine */
	bool tail;                  /* machines and cells in RANGES_OF_TAILNET */
	bool anywhere;              /* every cell and stranger */
	bool self;                  /* autogroup:self: whatever the source's owner has */
	const uint32_t *strangers;  /* numbers of unknown names */
	size_t n_strangers;
	uint32_t set; /* after cut_close: its number among the axis's sets */
};

/* Whether the machines of a pair have one owner: lines are cut in two by it
 * where some rule leads to autogroup:self. */
enum stratum { STRATUM_ANY, STRATUM_OTHERS, STRATUM_SELF };

/* A line that boxes lie on: packets of a protocol in one plane, a login … */
struct cut_line {
	uint32_t plane;
	uint32_t kind; /* a protocol, mostly */
	enum stratum stratum;
};

/* What some rule allows: all of src to all of dst on lo … hi of a line. */
struct cut_box {
	uint32_t unit; /* what may be left out as one: the number of its grant */
	uint32_t line;
	uint32_t src, dst; /* ends; after cut_close dst is a set */
	uint32_t asked;    /* number of a list of postures; 0: none */
	uint16_t lo, hi;
	bool self;               /* to autogroup:self, whatever dst says */
	bool follows;            /* a ping that goes along with ports */
	const struct bits *from; /* after cut_close: the sources */
};

/* What a plane is about, but for the 0th: packets by any way. */
struct cut_plane {
	struct text via;         /* packets by routers with this tag; else empty */
	struct text capability;  /* its name; else empty */
	const struct tree *tree; /* where the value stands … */
	const struct node *value; /* … NULL: the capability itself, whatever its values */
};

/* A set of points that some end comes to. */
struct cut_set {
	struct runs runs;
	const uint32_t *classes; /* ascending */
	uint32_t n_classes;
	uint32_t loneliest; /* number + 1 of the class the fewest sets hold; 0: unknown */
	bool used;          /* some box has it for its dst */
	const struct bits *from; /* sources, in any situation; NULL: not asked yet */
	const uint32_t *around; /* sets in use that hold all of it; NULL: not asked yet */
	uint32_t n_around;
};

/* The boxes of one filter with the same line, dst and run, as one. */
struct cut_heap {
	uint16_t lo, hi;
	uint32_t first, end;      /* in the filter's boxes; by unit */
	const struct bits *once;  /* sources that some unit gives; NULL: not asked yet */
	const struct bits *twice; /* that two units give */
};

/* The heaps of one dst and line, by lo. */
struct cut_strip {
	uint32_t dst, line;
	uint32_t first, end; /* in the filter's heaps */
};

/* A posture as one filter defines it. */
struct cut_posture {
	const struct posture *posture;
	uint32_t filter;
	uint32_t situation; /* of a device that satisfies it, and what it implies */
};

/* Some postures, any of which will do. */
struct cut_asked {
	const uint32_t *postures;
	size_t n;
	const uint32_t *situations; /* that it covers, ascending, the 0th aside … */
	size_t n_situations;
	bool nothing; /* … which it covers too: it asks for nothing */
};

struct cut_filter {
	const struct policy *policy;
	struct filter *filter; /* NULL: only its policy was taken */
	struct tailnet *tailnet;
	uint32_t tailnet_number;
	struct ranges subnets; /* approved when it was taken */
	struct ranges kept;    /* what exit nodes have and route beside the default */
	uint32_t n_units;
	uint32_t *end_of[6]; /* by side and way, by party: an end's number + 1 */
	/* By plane, on a real tailnet: an end, of all that is served in it. */
	uint32_t *served;
	size_t n_served, served_cap;
	struct cut_box *boxes;
	size_t n_boxes, boxes_cap;
	struct cut_heap *heaps;
	struct cut_strip *strips; /* by dst, then line */
	uint32_t *strips_of; /* by dst set: its first strip; then one past the last */
	uint32_t *boxes_of;  /* by unit: its first place in by_unit; then one past */
	uint32_t *by_unit;   /* numbers of boxes */
	bool *stays;         /* by unit: does more than allow flows; NULL: none does */
};

struct cut_axis {
	struct cut_set *sets;
	size_t n_sets, sets_cap;
	struct names keys; /* the bytes of runs → number in sets */
	struct partition partition;
	uint8_t *families;  /* by class: FAMILY_… or'ed */
	uint32_t *owner_of; /* by class: the one owner of all its points, or CUT_NONE */
	/* Classes by owner, or owners by class: see cut_strata. */
	uint32_t *rows, *row_at;
};

struct cut {
	struct arena *arena;
	bool imagined, has_self, has_ping;
	struct cut_filter filters[2];
	uint32_t n_filters;
	struct tailnet *tailnets[2];
	uint32_t n_tailnets;

	struct cut_end *ends;
	size_t n_ends, ends_cap;
	struct names strangers;
	struct names planes; /* the 0th, "", is packets by any way */
	struct cut_plane *plane_at;
	size_t planes_cap;
	struct names line_keys; /* the bytes of a line */
	struct cut_line *lines;
	size_t lines_cap;
	uint32_t line_of[256]; /* by protocol, by any way: number + 1; 0: unknown */
	struct names values;   /* JSON values, whatever the order of their members */

	struct names asked_keys, posture_keys;
	struct cut_asked *asked; /* the 0th asks for nothing */
	size_t asked_cap;
	struct cut_posture *postures;
	size_t postures_cap;

	/* Points: of machines, then cells, then strangers. */
	uint32_t n_points, first_cell, first_stranger;
	uint32_t *address_point[2]; /* by tailnet, and number of the address there */
	uint32_t *points_of[2];     /* by tailnet and machine: its first place in … */
	uint32_t *points[2];        /* … this; one past the last */
	uint32_t *machine_of[2];    /* by tailnet and point: the machine, or CUT_NONE */
	const struct point *
		*address_of; /* by point: of one address of a machine; or NULL */
	uint8_t *families;   /* by point: FAMILY_… or'ed */
	bool *tail;          /* by point of a machine: in RANGES_OF_TAILNET */
	uint32_t *owner;     /* by point of a machine: CUT_NONE without */
	bool *many;          /* by owner: it stands for more than one */
	uint32_t n_owners;
	struct point *edges; /* where elementary intervals start, ascending */
	size_t n_edges;
	uint32_t *cells_before; /* by interval: how many before it are cells */
	uint32_t *interval_of;  /* by cell */

	struct cut_axis axes[2];
	struct bits_store store; /* of sources */
	uint32_t n_sources;
	uint32_t *pair_first; /* by class: its first pair; one past the last */
	uint32_t *pair_class, *pair_situation; /* by pair: source n_classes + i */
	uint32_t n_situations;                 /* the 0th: no posture */
	const struct bits *only[2];            /* sources of IPv4, of IPv6 alone */
	const struct bits **alone;        /* by owner: sources that are all its own */
	uint32_t *owned_first, *owned_at; /* by owner: its points; see cut_owned */
	const struct bits *
		*sharing; /* by dst class: sources that share an owner with it */
	uint32_t *sets_first, *sets_of; /* by dst class: the sets in use that hold it */
	uint32_t *load;                 /* by source: boxes that start from it */
	uint32_t *loneliest; /* by bits: number + 1 of the source with the least load */
	size_t n_loneliest;
	uint32_t passing; /* a set of sources that are asked for nothing */
	/* Sets of destinations: by tailnet those with an owner in it; all. */
	uint32_t owned[2], everywhere;
	struct names from_keys;   /* the bytes of a set and what is asked of it … */
	const struct bits **from; /* … and the sources that makes */
	size_t from_cap;
	uint32_t *marks; /* by dst set: the sweep that looked at it last */
	uint32_t n_sweeps;
	size_t n_looked; /* hurdles and boxes that were looked at: what sweeps cost */
	uint32_t *alike; /* room for all destination classes */
	uint32_t *class_first[2], *class_points[2]; /* by side and class: its points */
	struct residue left, mask, scrap;           /* for one question at a time */
	struct residue levels[CUT_LEVELS];          /* for a sweep, as far as it went */
};

#define FAMILY_4 1
#define FAMILY_6 2

/* cut_take.c */

/* A policy without its filter, for boxes of one's own. */
uint32_t cut_take_policy(struct cut *, const struct policy *, struct tailnet *,
                         uint32_t n_units);

/* The plane of that name. */
uint32_t cut_plane(struct cut *, struct text name);

/* Whether a plane is of packets, by any way or by routers with a tag. */
bool cut_is_packets(const struct cut *, uint32_t plane);

/* The line of a kind in a plane. */
uint32_t cut_line(struct cut *, uint32_t plane, uint32_t kind, enum stratum);

/* What a destination is reached by. */
enum cut_way {
	WAY_PACKETS,
	WAY_OWN,   /* its own addresses alone: capabilities */
	WAY_NAMED, /* whatever it names, whether anybody serves it or not */
};

#define WAY_N 3

/* The end that a party comes to; list is what was written, for names that make
 * it unknown. */
uint32_t cut_end_of(struct cut *, uint32_t filter, enum cut_side, enum cut_way,
                    const struct party *, const struct selector *list, size_t n);

/* The same for a party that is not one of the filter's. */
uint32_t cut_end_apart(struct cut *, uint32_t filter, enum cut_side, enum cut_way,
                       const struct party *, const struct selector *list, size_t n);

/* A destination that stands for nothing, where that axis has nothing to tell. */
uint32_t cut_nowhere(struct cut *);

/* The number of a list of postures; 0 for NULL. */
uint32_t cut_ask(struct cut *, uint32_t filter, const struct words *postures);

void cut_add(struct cut *, uint32_t filter, struct cut_box);

/* cut_values.c */

/* The number of a JSON value: equal ones have the same. */
uint32_t cut_value(struct cut *, const struct tree *, const struct node *);

/* cut_points.c */

/* Numbers the points, and gives each end its set of points. */
void cut_points(struct cut *);

/* The number of a set of points on an axis; the runs are copied. */
uint32_t cut_set_add(struct cut *, enum cut_side, struct runs);

/* FAMILY_… of a point; its owner, or CUT_NONE; the addresses of a cell. */
uint8_t cut_families(const struct cut *, uint32_t point);
uint32_t cut_owner(const struct cut *, uint32_t point);
struct range cut_cell_range(const struct cut *, uint32_t cell);

/* cut_asked.c */

/* Finds out which postures imply which, and which situations that makes. */
void cut_situations(struct cut *);

/* cut_strata.c */

void cut_strata(struct cut *);

/* Lists the points of each owner, ascending. */
void cut_owned(struct cut *);

/* Takes the pairs with a class of destinations that there are not, or not in
 * this stratum, out of a residue of sources. */
void cut_mask(struct cut *, struct residue *, uint32_t dst_class, enum stratum);

/* Whether cut_mask would leave these sources as they are. */
bool cut_is_open(const struct cut *, uint32_t dst_class, enum stratum,
                 const struct bits *from);

/* cut.c */

/* The sources of a set, of any situation that a list of postures covers. */
const struct bits *cut_from(struct cut *, uint32_t set, uint32_t asked);

/* The sources of a set without any posture. */
const struct bits *cut_plain(struct cut *, uint32_t set);

/* The class of a source, and its situation. */
uint32_t cut_class_of(const struct cut *, uint32_t source);
uint32_t cut_situation_of(const struct cut *, uint32_t source);

/* Whether a set on the destination axis holds a class. */
bool cut_set_holds(const struct cut *, uint32_t dst, uint32_t class);

/* The strip of a dst set and line in a filter, or NULL. */
const struct cut_strip *cut_strip(const struct cut *, uint32_t filter, uint32_t dst,
                                  uint32_t line);

/* The dst set, with the sets around it worked out. */
const struct cut_set *cut_around(struct cut *, uint32_t dst);

/* The class of a dst set that the fewest sets in use hold. */
uint32_t cut_class_loneliest(struct cut *, uint32_t dst);

/* What a heap gives, leaving one unit out of account (CUT_NONE: none). */
const struct bits *cut_heap_but(struct cut *, uint32_t filter, struct cut_heap *,
                                uint32_t unit);

/* The numbers of a unit's boxes in its filter. */
const uint32_t *cut_unit_boxes(const struct cut *, uint32_t filter, uint32_t unit,
                               size_t *n);

/* cut_sweep.c */

/* What is asked of a box: what of it a filter, but for one unit, and some boxes
 * beside, do not allow. */
struct cut_sweep {
	const struct bits *from;
	uint32_t dst; /* a set */
	uint32_t line;
	uint16_t lo, hi;
	uint32_t filter, but; /* but: a unit, or CUT_NONE */
	const bool *gone;     /* by unit: left out too; may be NULL */
	uint32_t
		following; /* whose pings that follow from ports count too, or CUT_NONE */
	bool alone;        /* nothing of the filter counts, only own */
	const struct cut_box *own; /* their dst are sets */
	size_t n_own;
};

/*
 * A part of the box that is not allowed: these sources to these classes on lo …
 * hi. Some pairs may be none that there are (families, owners); at least one is,
 * with each of the classes.
 */
struct cut_part {
	uint16_t lo, hi;
	const uint32_t *classes;
	size_t n;
	const struct bits *from;
};

/* Hands each such part on; ends when each returns false. The parts lie apart.
 * Returns whether it went through. */
bool cut_sweep(struct cut *, const struct cut_sweep *,
               bool (*each)(void *context, const struct cut_part *), void *context);

/* cut_flow.c */

/* Words for a point: a login, a tag, a machine, an address. */
struct text cut_point_text(const struct cut *, uint32_t point);

/* The points of a class. */
const uint32_t *cut_class_points(struct cut *, enum cut_side, uint32_t class, size_t *n);

/* A flow from a source to a destination class; nothing is said of who allows it. */
struct cut_flow cut_flow_of(struct cut *, uint32_t source, uint32_t dst_class,
                            uint32_t line, uint16_t port);

#endif
