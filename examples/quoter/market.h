/* The market: books that follow the ticks, and trades that meet our quotes. */
#ifndef QUOTER_MARKET_H
#define QUOTER_MARKET_H

#include "tick.h"

/* The best of both sides; a size of 0 is a side without anybody. */
typedef struct Book {
    int64_t bid, bid_size;
    int64_t ask, ask_size;
    int64_t last_trade; /* its price; 0 before the first */
} Book;

typedef struct Books {
    Book at[INSTRUMENTS];
    uint64_t trades;
} Books;
WEFT_RESOURCE_DECLARE(Books);

/* Our own, in the same form. What trades take of it is gone until the next one. */
typedef struct Quote {
    int64_t bid, bid_size;
    int64_t ask, ask_size;
} Quote;

typedef struct Quotes {
    Quote at[INSTRUMENTS];
    uint64_t sent, pulled;
} Quotes;
WEFT_RESOURCE_DECLARE(Quotes);

typedef struct Positions {
    int64_t at[INSTRUMENTS]; /* lots; negative if we owe them */
    int64_t cash;            /* lots times price */
    int64_t bought, sold;    /* lots */
    uint64_t fills;
} Positions;
WEFT_RESOURCE_DECLARE(Positions);

/* [before build] */
void market_install(weft_builder *builder);

/* Listens to Ticks, and marks the source of each instrument that something happened to. */
WEFT_CHECKED weft_status market_start(weft_world *world);

#endif
