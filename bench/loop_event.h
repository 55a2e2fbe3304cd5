/* The rows loop.event.*: from the bytes in a socket to the handler that has them. */
#ifndef WEFT_BENCH_LOOP_EVENT_H
#define WEFT_BENCH_LOOP_EVENT_H

#include "support/bench.h"

void loop_event_rows(bench *b);

#endif
