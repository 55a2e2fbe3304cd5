/* Reactors: quotes that follow the prices they are made of, and an order that works itself off. */
#include <weft/weft.h>

#include <stdio.h>

/* ---- what there is --------------------------------------------------------------------------- */

typedef struct {
    uint32_t number;
} InstrumentId;

enum { INSTRUMENTS = 3 };

typedef struct {
    long price[INSTRUMENTS];
} Prices;
WEFT_RESOURCE_DEFINE(Prices);

typedef struct {
    long size;
} Position;
WEFT_RESOURCE_DEFINE(Position);

/* ---- reactors -------------------------------------------------------------------------------- */

static void requote(const Prices *prices, const Position *position, InstrumentId *instrument)
{
    const long middle = prices->price[instrument->number] - position->size;
    printf("  quote %u: %ld/%ld\n", instrument->number, middle - 1, middle + 1);
}
WEFT_FN(requote, RES(Prices), RES(Position), CTX(InstrumentId));

typedef struct {
    weft_source_id positions; /* to mark */
    long left;
} Slices;

/* Buys a piece whenever its price moves, and ends itself with the last. */
static void buy_slice(Position *position, weft_reactors *reactors, Slices *slices,
                      weft_reactor_event event)
{
    position->size++;
    printf("  bought 1, %ld to go\n", --slices->left);
    weft_reactors_mark(reactors, slices->positions);
    if (slices->left == 0)
        weft_reactors_remove(reactors, event.id);
}
WEFT_FN(buy_slice, MUT(Position), MUT(weft_reactors), CTX(Slices), IN(weft_reactor_event));

/* ---- who marks ------------------------------------------------------------------------------- */

typedef struct {
    InstrumentId instrument;
    long price;
} Tick;

static void on_tick(Prices *prices, weft_reactors *reactors, const Tick *tick)
{
    weft_source_id source;
    prices->price[tick->instrument.number] = tick->price;
    if (weft_reactors_find_key(reactors, WEFT_KEY_FROM(InstrumentId, &tick->instrument), &source))
        weft_reactors_mark(reactors, source);
}
WEFT_FN(on_tick, MUT(Prices), MUT(weft_reactors), REF(Tick));

/* ---- putting it together --------------------------------------------------------------------- */

/* A source per instrument, found by its id, and a quote that listens to it and to the positions. */
static weft_status add_instrument(weft_reactors *reactors, const weft_world *world,
                                  InstrumentId instrument, weft_source_id positions)
{
    weft_source_id prices;
    weft_reactor_id quote;
    struct requote body;
    weft_status status = requote_init(&body, world, instrument);
    if (!status)
        status = weft_reactors_add_source(reactors, &prices);
    if (!status)
        status = weft_reactors_set_key(reactors, WEFT_KEY_FROM(InstrumentId, &instrument), prices);
    if (!status)
        status = weft_reactors_spawn(reactors, &body.base, &quote);
    if (!status)
        status = weft_reactors_subscribe(reactors, quote, prices);
    if (!status)
        status = weft_reactors_subscribe(reactors, quote, positions);
    return status;
}

static weft_status add_order(weft_reactors *reactors, const weft_world *world,
                             InstrumentId instrument, Slices slices)
{
    weft_source_id prices;
    weft_reactor_id order;
    struct buy_slice body;
    if (!weft_reactors_find_key(reactors, WEFT_KEY_FROM(InstrumentId, &instrument), &prices))
        return WEFT_EMISSING;
    weft_status status = buy_slice_init(&body, world, slices);
    if (!status)
        status = weft_reactors_spawn(reactors, &body.base, &order);
    if (!status)
        status = weft_reactors_subscribe(reactors, order, prices);
    return status;
}

int main(void)
{
    static const Tick ticks[] = {
        { { 0 }, 100 }, { { 1 }, 200 }, { { 0 }, 101 }, /* one pass: 0 is quoted once */
        { { 2 }, 300 }, { { 2 }, 301 }, { { 2 }, 302 },
    };
    weft_builder *builder = weft_builder_new(NULL);
    if (!builder)
        return 1;
    WEFT_REGISTER_DEFAULT(builder, Prices);
    WEFT_REGISTER_DEFAULT(builder, Position);
    weft_reactors *reactors = weft_reactors_install(builder, NULL);
    weft_world *world;
    if (weft_builder_build(builder, &world)) {
        weft_builder_free(builder);
        return 1;
    }

    weft_source_id positions;
    struct on_tick tick;
    if (on_tick_init(&tick, world) || weft_reactors_add_source(reactors, &positions))
        return 1;
    for (uint32_t i = 0; i < INSTRUMENTS; i++)
        if (add_instrument(reactors, world, (InstrumentId){ i }, positions))
            return 1;
    if (add_order(reactors, world, (InstrumentId){ 2 }, (Slices){ positions, 2 }))
        return 1;

    for (size_t i = 0; i < 3; i++)
        weft_run(&tick.base, world, &ticks[i]);
    printf("%zu ran\n", weft_reactors_dispatch(reactors, world));
    for (size_t i = 3; i < sizeof ticks / sizeof *ticks; i++) {
        weft_run(&tick.base, world, &ticks[i]);
        while (weft_reactors_marked(reactors))
            printf("%zu ran\n", weft_reactors_dispatch(reactors, world));
    }
    printf("%zu reactors left\n", weft_reactors_len(reactors));
    weft_world_free(world);
}
