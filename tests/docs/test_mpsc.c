/* The example of mpsc.h. */
#include "example.h"

#include <weft/mpsc.h>

typedef struct Fill {
    int qty;
} Fill;

static int booked;

static void book(const Fill *fill)
{
    booked += fill->qty;
}

WEFT_MPSC(Fill_queue, Fill); // a queue of Fills

static int run(void)
{
    Fill_queue fills;
    if (Fill_queue_init(&fills, NULL, 4096))
        return 1;

    {
        const Fill fill = { 7 };

        if (Fill_queue_push(&fills, &fill) == WEFT_EFULL) // any thread
            puts("full");
        Fill_queue_close(&fills); // any thread: no more of them
    }

    Fill fill; // the consumer
    weft_status status;
    while ((status = Fill_queue_pop(&fills, &fill)) != WEFT_ECLOSED)
        if (status == WEFT_OK)
            book(&fill);

    Fill_queue_fini(&fills);
    return 0;
}

static void what_was_pushed_comes_out_before_the_end(void **state)
{
    (void)state;
    assert_int_equal(run(), 0);
    assert_int_equal(booked, 7);
    assert_string_equal(said, "");
}

EXAMPLE(what_was_pushed_comes_out_before_the_end);
