/* A part of bench-call: the rows call.erased.*. */
#ifndef WEFT_BENCH_CALL_ERASED_H
#define WEFT_BENCH_CALL_ERASED_H

#include "support/bench.h"

void call_erased_rows(bench *b);

#endif
