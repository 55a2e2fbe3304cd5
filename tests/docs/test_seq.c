/* The example of seq.h. */
#include "example.h"

#include <weft/fn.h>
#include <weft/seq.h>

typedef struct Journal {
    int64_t last_seq;
    int64_t missed;
} Journal;
WEFT_RESOURCE_DEFINE(Journal);

static void on_order(Journal *journal, int64_t seq)
{
    if (journal->last_seq != WEFT_SEQ_UNSET)
        journal->missed += weft_seq_since(seq, journal->last_seq) - 1;
    journal->last_seq = seq;
}
WEFT_FN(on_order, MUT(Journal), SEQ);

static void a_handler_is_given_the_number(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER(builder, Journal, { .last_seq = WEFT_SEQ_UNSET });
    weft_world *world = built(builder);
    struct on_order order;
    assert_int_equal(on_order_init(&order, world), WEFT_OK);
    for (int i = 0; i < 5; i++) {
        weft_world_next_sequence(world);
        if (i % 2 == 0)
            weft_run(&order.base, world, NULL);
    }
    assert_int_equal(WEFT_GET(world, Journal)->last_seq, 5);
    assert_int_equal(WEFT_GET(world, Journal)->missed, 2);
    weft_world_free(world);
}

EXAMPLE(a_handler_is_given_the_number);
