/* Makers: one reactor per instrument, which quotes it whenever its book, its position or the risk
 * of the whole desk has changed. */
#ifndef QUOTER_MAKER_H
#define QUOTER_MAKER_H

#include <weft/world.h>

#include "tick.h"

/* Theoretical prices are finer than the market's: MAKER_FINE of their steps are one of its. */
#define MAKER_FINE 64

typedef struct Theos {
    int64_t at[INSTRUMENTS]; /* 0 before the first */
} Theos;
WEFT_RESOURCE_DECLARE(Theos);

/* The key of the source that is marked when all instruments are to be quoted anew. */
typedef uint32_t Desk_id;
#define MAKER_DESK 0

/* After the reactors. [before build] */
void makers_install(weft_builder *builder);

/* Adds the sources, an Instrument_id or the Desk_id their keys, and the reactors. */
WEFT_CHECKED weft_status makers_start(weft_world *world);

#endif
