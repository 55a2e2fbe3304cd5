/* The trace: with --trace a line for each quote and each fill. There is such a resource only then,
 * and functions that have something to say take OPT(Trace). */
#ifndef QUOTER_TRACE_H
#define QUOTER_TRACE_H

#include <stdio.h>

#include <weft/resource.h>

typedef struct Trace {
    FILE *out;
} Trace;
WEFT_RESOURCE_DECLARE(Trace);

#endif
