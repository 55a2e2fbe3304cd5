/* The examples of slab.h. */
#include "example.h"

#include <weft/slab.h>

typedef struct Conn {
    int fd;
} Conn;

static int visited;

static void visit(const Conn *conn)
{
    visited += conn->fd;
}

static int run(void)
{
    weft_slab slab;
    weft_slab_id id;
    if (weft_slab_init(&slab, NULL, sizeof(Conn), _Alignof(Conn), 0))
        return 1;
    Conn *conn = weft_slab_take(&slab, &id); // NULL if there is no memory

    assert_non_null(conn);
    conn->fd = 7;

    conn = weft_slab_get(&slab, id); // the same

    assert_int_equal(conn->fd, 7);
    weft_slab_id other;
    conn = weft_slab_take(&slab, &other);
    assert_non_null(conn);
    conn->fd = 50;

    for (uint32_t at = 0; (conn = weft_slab_next(&slab, &at));)
        visit(conn);

    assert_int_equal(visited, 57);

    weft_slab_give(&slab, id);
    conn = weft_slab_get(&slab, id); // NULL, for ever

    assert_null(conn);
    weft_slab_fini(&slab);
    return 0;
}

static void an_id_finds_its_item_until_that_is_given_back(void **state)
{
    (void)state;
    assert_int_equal(run(), 0);
}

EXAMPLE(an_id_finds_its_item_until_that_is_given_back);
