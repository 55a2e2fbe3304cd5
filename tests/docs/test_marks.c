/* The example of marks.h. */
#include "example.h"

#include <weft/marks.h>

static int things[1] = { 5 };
static int seen;

static void look_at(int thing)
{
    seen += thing;
}

static int run(void)
{
    weft_marks marks;
    uint32_t token, ready[32];
    if (weft_marks_init(&marks, NULL, 0) || weft_marks_add(&marks, &token))
        return 1;
    weft_marks_mark(&marks, token);
    weft_marks_mark(&marks, token); // marked already: nothing changes
    for (size_t i = 0, n = weft_marks_take(&marks, ready, 32); i < n; i++)
        look_at(things[ready[i]]); // may mark, itself included
    weft_marks_fini(&marks);

    return 0;
}

static void what_is_marked_twice_is_looked_at_once(void **state)
{
    (void)state;
    assert_int_equal(run(), 0);
    assert_int_equal(seen, 5);
}

EXAMPLE(what_is_marked_twice_is_looked_at_once);
