/* The desk: the world with everything in it, and its turns. */
#ifndef QUOTER_DESK_H
#define QUOTER_DESK_H

#include <stdbool.h>
#include <stdio.h>

#include <weft/world.h>

#include "options.h"
#include "summary.h"

/* The world, not started; NULL if it failed, with a sentence. The allocator, which must outlive it,
 * may be NULL. */
weft_world *desk_new(const Options *options, const weft_allocator *allocator);

/* The lines come from `file`, which stays the caller's. */
WEFT_CHECKED weft_status desk_start(weft_world *world, FILE *file);

/* A burst of lines, the reactors that it woke, and now and then a pass of the scheduler. False if
 * there are no more lines. Allocates nothing. */
bool desk_turn(weft_world *world, Run_stats *stats);

/* Turns until the lines end or the world is stopped, and what is then left to do. */
void desk_run(weft_world *world, Run_stats *stats);

#endif
