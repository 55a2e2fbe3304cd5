/* Parsing: from a line to a tick, in steps that each may refuse it. Nothing here knows of Weft but
 * its results; feed.c makes a pipeline of it.
 *
 *     instrument,kind,price,size          7,bid,10012,300
 *
 * The instrument is its number, the kind one of bid, ask, trade; no blanks, no signs, no quotes. */
#ifndef QUOTER_PARSE_H
#define QUOTER_PARSE_H

#include <weft/option.h>

#include "line.h"
#include "tick.h"

#define FIELDS       4
#define PARSE_HEADER "instrument,kind,price,size"

/* A part of a line. */
typedef struct Text {
    const char *at;
    size_t length_bytes;
} Text;

typedef struct Fields {
    uint64_t line;
    Text at[FIELDS]; /* instrument, kind, price, size */
} Fields;

/* Why a line is no tick. */
typedef struct Reject {
    uint64_t line;
    const char *wanted; /* a sentence without its full stop */
    Text found;         /* what stands there instead; empty: nothing to show */
} Reject;

WEFT_RESULT(Split, Fields, Reject);
WEFT_RESULT(Parsed, Tick, Reject);

/* The fields lie in the line. */
Split split_line(const Line *line);

/* What the fields say, each within its limits. */
Parsed parse_fields(const Fields *fields);

/* Whether that makes sense as a whole: a price for whatever has a size, and a size for a trade. */
Parsed check_tick(const Tick *tick);

#endif
