/* The example of fanout.h. */
#include "example.h"

#include <weft/fanout.h>

typedef struct Price {
    int value;
} Price;
typedef struct Book {
    int value;
} Book;
typedef struct Log {
    int sum;
} Log;
typedef struct Counter {
    int n;
} Counter;
WEFT_RESOURCE_DEFINE(Book);
WEFT_RESOURCE_DEFINE(Log);
WEFT_RESOURCE_DEFINE(Counter);

static void book_price(Book *book, const Price *price)
{
    book->value = price->value;
}

static void log_price(Log *log, Price price)
{
    log->sum += price.value;
}

static void count(Counter *counter)
{
    counter->n++;
}

WEFT_FN(book_price, MUT(Book), REF(Price));
WEFT_FN(log_price, MUT(Log), IN(Price));
WEFT_FN(count, MUT(Counter));
WEFT_FANOUT(on_price, Price, book_price, log_price, count);

static int run(weft_world *world, Price price)
{
    struct on_price prices;
    if (on_price_init(&prices, world))
        return 1;
    on_price_call(&prices.state, world, &price); // typed: inlines to the three calls
    weft_run(&prices.base, world, &price);       // erased, as drivers do

    return 0;
}

static void each_member_gets_the_event_as_it_takes_it(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Book);
    WEFT_REGISTER_DEFAULT(builder, Log);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_world *world = built(builder);
    assert_int_equal(run(world, (Price){ 7 }), 0);
    assert_int_equal(WEFT_GET(world, Book)->value, 7);
    assert_int_equal(WEFT_GET(world, Log)->sum, 14);
    assert_int_equal(WEFT_GET(world, Counter)->n, 2);
    weft_world_free(world);
}

EXAMPLE(each_member_gets_the_event_as_it_takes_it);
