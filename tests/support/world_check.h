/* A world for tests, on a heap that is checked, with the sentences that it sent. */
#ifndef WEFT_TEST_WORLD_CHECK_H
#define WEFT_TEST_WORLD_CHECK_H

#include <weft/world.h>

#include "heap_check.h"

enum { TEST_SENTENCES = 8, TEST_SENTENCE_BYTES = 512 };

typedef struct test_world {
    test_heap heap;
    weft_world_desc desc; /* the heap, and a hook that fills what is below */
    size_t reports;
    weft_status status;                                  /* of the last report */
    char sentences[TEST_SENTENCES][TEST_SENTENCE_BYTES]; /* of the last eight, in a ring */
    weft_builder *builder;                               /* until it is built */
    weft_world *world;                                   /* from then on */
} test_world;

/* An empty builder. */
void test_world_init(test_world *test);

/* Builds; the test fails if that does. Returns the world. */
weft_world *test_world_build(test_world *test);

/* Frees builder or world; the test fails if a block is left or was given back wrongly. */
void test_world_fini(test_world *test);

/* The last sentence, "" if there was none. */
const char *test_world_sentence(const test_world *test);

/* The test fails unless the last report was this one. Forgets all reports. */
void test_world_expect(test_world *test, weft_status status, const char *sentence);

#endif
