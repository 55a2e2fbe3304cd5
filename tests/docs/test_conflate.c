/* The example of conflate.h. */
#include "example.h"

#include <weft/conflate.h>

static int prices[64];
static int total;

static void store_price(int *place, int price)
{
    *place = price;
}

static void read_price(const int *place)
{
    total += *place;
}

static int run(void)
{
    const int64_t timeout_ns = 0;

    weft_conflate *queue;
    if (weft_conflate_new(&(weft_conflate_desc){ .tokens = 64 }, &queue))
        return 1;

    for (int price = 100; price < 103; price++) {
        store_price(&prices[7], price); // any thread
        weft_conflate_notify(queue, 7);
    }

    uint32_t tokens[16]; // the receiving thread
    size_t count;
    if (weft_conflate_receive(queue, tokens, 16, timeout_ns, &count) == WEFT_OK)
        for (size_t i = 0; i < count; i++)
            read_price(&prices[tokens[i]]);

    assert_int_equal(weft_conflate_poll(queue, tokens, 16), 0);
    weft_conflate_free(queue);
    return 0;
}

static void a_price_stored_thrice_is_read_once(void **state)
{
    (void)state;
    assert_int_equal(run(), 0);
    assert_int_equal(total, 102);
}

EXAMPLE(a_price_stored_thrice_is_read_once);
