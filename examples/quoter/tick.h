/* Ticks: what the market says, one line of input each, and where they are published. */
#ifndef QUOTER_TICK_H
#define QUOTER_TICK_H

#include <stdint.h>

#include <weft/broadcast.h>

#define INSTRUMENTS 1000
#define MOST_PRICE  1000000 /* in the market's steps of price; all prices here are such steps */
#define MOST_SIZE   1000000 /* lots */

typedef uint32_t Instrument_id; /* 0 to INSTRUMENTS - 1; also the key of the instrument's source */

typedef enum Tick_kind { TICK_BID, TICK_ASK, TICK_TRADE } Tick_kind;

typedef struct Tick {
    uint64_t line; /* that it was read from */
    Instrument_id instrument;
    Tick_kind kind;
    int64_t price;
    int64_t size; /* of a bid or an ask: 0 if nobody is left on that side */
} Tick;

/* Every tick, for whoever adds a handler to it: the resource that pipelines DISPATCH to. */
typedef weft_broadcast Ticks;
WEFT_RESOURCE_DECLARE(Ticks);

/* [before build] */
WEFT_CHECKED weft_status ticks_install(weft_builder *builder);

#endif
