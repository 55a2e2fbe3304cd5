/* An allocator for tests: counts, refuses on demand, and notices wrong sizes. */
#ifndef WEFT_TEST_HEAP_CHECK_H
#define WEFT_TEST_HEAP_CHECK_H

#include <weft/alloc.h>

typedef struct test_heap {
    weft_allocator allocator; /* to be passed to what is tested */
    size_t allocations;       /* that succeeded, ever */
    size_t live;              /* blocks not given back */
    size_t refuse_after;      /* allocations that succeed before all others fail */
    size_t mistakes;          /* blocks given back with other sizes than they were asked for */
} test_heap;

/* A heap that refuses nothing. Does not move afterwards: the allocator points to it. */
void test_heap_init(test_heap *heap);

#endif
