/* The summary: what happened, and how things stand at the end. */
#ifndef QUOTER_SUMMARY_H
#define QUOTER_SUMMARY_H

#include <weft/world.h>

/* What the turns in desk.c count. */
typedef struct Run_stats {
    uint64_t turns;
    uint64_t reactors_run;
    uint64_t reconciliations;
    uint64_t systems_run;
} Run_stats;

/* Prints it to standard output. */
void summary_print(const weft_world *world, const Run_stats *run);

#endif
