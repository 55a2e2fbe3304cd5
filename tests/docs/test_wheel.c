/* The example of wheel.h. */
#include "example.h"

#include <weft/wheel.h>

typedef struct {
    weft_wheel_node node;
    const char *text;
} reminder; // node first: it casts

static void what_is_due_is_popped(void **state)
{
    (void)state;

    weft_wheel wheel;
    reminder tea = { .text = "tea" };
    weft_wheel_init(&wheel, 0);
    weft_wheel_schedule(&wheel, &tea.node, 250);
    weft_wheel_advance(&wheel, 300);
    for (weft_wheel_node *node; (node = weft_wheel_pop(&wheel));)
        puts(((reminder *)node)->text);

    assert_string_equal(said, "tea\n");
    assert_int_equal(weft_wheel_len(&wheel), 0);
}

EXAMPLE(what_is_due_is_popped);
