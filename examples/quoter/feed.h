/* The feed: reads lines in bursts, and publishes those that are ticks to Ticks. */
#ifndef QUOTER_FEED_H
#define QUOTER_FEED_H

#include <weft/world.h>

#include "line.h"

#define FEED_BURST 32 /* lines per turn, so that a turn does not depend on how they arrive */

typedef struct Feed Feed;
WEFT_RESOURCE_DECLARE(Feed);

typedef struct Feed_stats {
    uint64_t ticks;
    uint64_t rejects; /* lines that were no ticks, each reported on stderr */
} Feed_stats;
WEFT_RESOURCE_DECLARE(Feed_stats);

/* [before build] */
void feed_install(weft_builder *builder);

/* The lines come from `file`, which stays the caller's. After ticks_install. */
WEFT_CHECKED weft_status feed_start(weft_world *world, FILE *file);

/* Reads and handles the next burst, one event of the world. False if there is none: the file has
 * ended, or cannot be read. */
bool feed_turn(Feed *feed, weft_world *world);

/* 0, or the errno that reading failed with. */
int feed_error(const Feed *feed);

#endif
