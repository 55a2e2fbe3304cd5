/* The examples of resource.h. */
#include "example.h"

#include <weft/resource.h>

typedef struct Journal {
    int lines;
} Journal;

static int closed_with;

static void journal_open(Journal *journal)
{
    journal->lines = 1;
}

static void journal_close(Journal *journal)
{
    closed_with = journal->lines;
}

typedef struct {
    uint64_t n;
} Counter; // counter.h
WEFT_RESOURCE_DECLARE(Counter);

WEFT_RESOURCE_DEFINE(Counter); // counter.c
WEFT_RESOURCE_DEFINE(Journal, FINI(journal_close), INIT(journal_open), ALIGN(64));

static void a_default_is_zero_or_made_and_ends_with_the_world(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    WEFT_REGISTER_DEFAULT(builder, Journal);
    weft_world *world = built(builder);
    assert_int_equal(WEFT_GET(world, Counter)->n, 0);
    Journal *const journal = WEFT_GET(world, Journal);
    assert_int_equal((uintptr_t)journal % 64, 0);
    assert_int_equal(journal->lines, 1);
    journal->lines = 5;
    weft_world_free(world);
    assert_int_equal(closed_with, 5);
}

EXAMPLE(a_default_is_zero_or_made_and_ends_with_the_world);
