#include "market.h"

#include <inttypes.h>

#include <weft/pipeline.h>
#include <weft/reactor.h>

#include "number.h"
#include "trace.h"

WEFT_RESOURCE_DEFINE(Books);
WEFT_RESOURCE_DEFINE(Quotes);
WEFT_RESOURCE_DEFINE(Positions);

/* The reactors of the instrument are to look again, once, however much happens to it until then. */
static void wake_maker(weft_reactors *reactors, const Tick *tick)
{
    weft_source_id source;
    if (weft_reactors_find_key(reactors, WEFT_KEY_FROM(Instrument_id, &tick->instrument), &source))
        weft_reactors_mark(reactors, source);
}
WEFT_FN(wake_maker, MUT(weft_reactors), REF(Tick));

static bool is_trade(const Tick *tick)
{
    return tick->kind == TICK_TRADE;
}
WEFT_FN(is_trade, REF(Tick));

static void move_book(Books *books, const Tick *tick)
{
    Book *const book = &books->at[tick->instrument];
    *(tick->kind == TICK_BID ? &book->bid : &book->ask) = tick->price;
    *(tick->kind == TICK_BID ? &book->bid_size : &book->ask_size) = tick->size;
}
WEFT_FN(move_book, MUT(Books), REF(Tick));

/* ---- trades --------------------------------------------------------------------------------- */

/* Lots of ours that were traded, at our price. */
typedef struct Fill {
    Instrument_id instrument;
    int64_t price;
    int64_t lots; /* negative: we sold */
} Fill;
WEFT_OPTION(Maybe_fill, Fill);

static void remember_trade(Books *books, const Tick *tick)
{
    books->at[tick->instrument].last_trade = tick->price;
    books->trades++;
}
WEFT_FN(remember_trade, MUT(Books), REF(Tick));

/* Who trades at a price that we quote, or at one that is worse for him, trades with us. */
static Maybe_fill match(const Quotes *quotes, const Tick *tick)
{
    const Quote *const quote = &quotes->at[tick->instrument];
    Fill fill = { .instrument = tick->instrument };
    if (quote->bid_size > 0 && tick->price <= quote->bid) {
        fill.price = quote->bid;
        fill.lots = least(tick->size, quote->bid_size);
    } else if (quote->ask_size > 0 && tick->price >= quote->ask) {
        fill.price = quote->ask;
        fill.lots = -least(tick->size, quote->ask_size);
    }
    return (Maybe_fill){ .ok = fill.lots != 0, .value = fill };
}
WEFT_FN(match, RES(Quotes), REF(Tick));

static void settle(Quotes *quotes, Positions *positions, const Fill *fill)
{
    Quote *const quote = &quotes->at[fill->instrument];
    if (fill->lots > 0) {
        quote->bid_size -= fill->lots;
        positions->bought += fill->lots;
    } else {
        quote->ask_size += fill->lots;
        positions->sold -= fill->lots;
    }
    positions->at[fill->instrument] += fill->lots;
    positions->cash -= fill->lots * fill->price;
    positions->fills++;
}
WEFT_FN(settle, MUT(Quotes), MUT(Positions), REF(Fill));

static void show_fill(const Trace *trace, int64_t turn, const Fill *fill)
{
    if (trace)
        fprintf(trace->out, "%" PRId64 " fill %" PRIu32 " %+" PRId64 "@%" PRId64 "\n", turn,
                fill->instrument, fill->lots, fill->price);
}
WEFT_FN(show_fill, OPT(Trace), SEQ, REF(Fill));

WEFT_PIPELINE(on_trade, Tick, void, TAP(remember_trade), THEN(match), INSPECT(show_fill),
              MAP(settle));

/* ---- ticks ---------------------------------------------------------------------------------- */

WEFT_PIPELINE(on_tick, Tick, void, TAP(wake_maker), ROUTE(is_trade, on_trade, move_book));

void market_install(weft_builder *builder)
{
    WEFT_REGISTER_DEFAULT(builder, Books);
    WEFT_REGISTER_DEFAULT(builder, Quotes);
    WEFT_REGISTER_DEFAULT(builder, Positions);
}

weft_status market_start(weft_world *world)
{
    struct on_tick handler;
    const weft_status status = on_tick_init(&handler, world);
    return status ? status : weft_broadcast_add(WEFT_GET(world, Ticks), &handler.base, NULL);
}
