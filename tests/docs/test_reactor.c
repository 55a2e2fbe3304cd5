/* The examples of reactor.h. */
#include "example.h"

#include <weft/fn.h>
#include <weft/reactor.h>

typedef struct Books {
    int bid[8], ask[8];
} Books;
typedef struct Quotes {
    int price[8];
} Quotes;
typedef struct Instrument {
    uint32_t number;
} Instrument;
typedef struct InstrumentId {
    uint32_t number;
} InstrumentId;
typedef struct Fill {
    InstrumentId id;
} Fill;
WEFT_RESOURCE_DEFINE(Books);
WEFT_RESOURCE_DEFINE(Quotes);

static int books_mid(const Books *books, uint32_t number)
{
    return (books->bid[number] + books->ask[number]) / 2;
}

static void quotes_set(Quotes *quotes, uint32_t number, int price)
{
    quotes->price[number] = price;
}

static void requote(Quotes *quotes, const Books *books, Instrument *instrument)
{
    quotes_set(quotes, instrument->number, books_mid(books, instrument->number));
}
WEFT_FN(requote, MUT(Quotes), RES(Books), CTX(Instrument));

static weft_world *build(weft_reactors **reactors_out)
{
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER(builder, Books, { .bid[7] = 100, .ask[7] = 104 });
    WEFT_REGISTER_DEFAULT(builder, Quotes);

    weft_reactors *reactors = weft_reactors_install(builder, NULL); // before the world is built

    *reactors_out = reactors;
    return built(builder);
}

static int run(weft_reactors *reactors, weft_world *world, weft_source_id *prices_out)
{
    struct requote body; // afterwards
    weft_source_id prices;
    weft_reactor_id reactor;
    if (requote_init(&body, world, (Instrument){ 7 }) ||
        weft_reactors_add_source(reactors, &prices) ||
        weft_reactors_spawn(reactors, &body.base, &reactor) ||
        weft_reactors_subscribe(reactors, reactor, prices))
        return 1;

    assert_int_equal(weft_reactors_dispatch(reactors, world), 0);

    weft_reactors_mark(reactors, prices);    // in any handler
    weft_reactors_dispatch(reactors, world); // each pass of the loop

    assert_int_equal(WEFT_GET(world, Quotes)->price[7], 102);
    *prices_out = prices;
    return 0;
}

static int name(weft_reactors *reactors, weft_source_id source, const Fill *fill)
{
    if (weft_reactors_set_key(reactors, WEFT_KEY(InstrumentId, { 7 }), source))
        return 1;
    if (weft_reactors_find_key(reactors, WEFT_KEY_FROM(InstrumentId, &fill->id), &source))
        weft_reactors_mark(reactors, source);

    return 0;
}

static void what_is_marked_runs_its_reactors(void **state)
{
    (void)state;
    weft_reactors *reactors;
    weft_world *world = build(&reactors);
    weft_source_id source;
    assert_int_equal(run(reactors, world, &source), 0);
    assert_int_equal(name(reactors, source, &(Fill){ { 6 } }), 0);
    assert_false(weft_reactors_marked(reactors));
    assert_int_equal(name(reactors, source, &(Fill){ { 7 } }), 0);
    assert_true(weft_reactors_marked(reactors));
    weft_world_free(world);
}

EXAMPLE(what_is_marked_runs_its_reactors);
