#include "maker.h"

#include <inttypes.h>

#include <weft/pipeline.h>
#include <weft/reactor.h>

#include "market.h"
#include "number.h"
#include "risk.h"
#include "trace.h"

WEFT_RESOURCE_DEFINE(Theos);

#define LEAN_PER_LOT 2  /* in fine steps: how far a position pushes our prices away from more */
#define QUOTE_LOTS   10 /* on each side */

/* What a reactor owns: which instrument is its own. */
typedef struct Maker {
    Instrument_id instrument;
} Maker;

WEFT_OPTION(Maybe_book, Book);

/* ---- the price: book -> theoretical price, width, lean -> quote ----------------------------- */

/* The middle, nearer to the side that is thinner; a quarter of the way to the last trade. */
static int64_t weigh(const Book *book)
{
    const int64_t middle = MAKER_FINE * (book->bid * book->ask_size + book->ask * book->bid_size) /
                           (book->bid_size + book->ask_size);
    return book->last_trade ? (3 * middle + MAKER_FINE * book->last_trade) / 4 : middle;
}
WEFT_FN(weigh, REF(Book));

static void remember(Theos *theos, Maker *maker, int64_t theo)
{
    theos->at[maker->instrument] = theo;
}
WEFT_FN(remember, MUT(Theos), CTX(Maker), IN(int64_t));

WEFT_PIPELINE(theo, Book, int64_t, CTX(Maker), THEN(weigh), TAP(remember));

/* How far from the theoretical price we quote: within the market, but never for nothing. */
static int64_t width(const Book *book)
{
    return most(MAKER_FINE * (book->ask - book->bid) * 3 / 8, MAKER_FINE / 2);
}
WEFT_FN(width, REF(Book));

static int64_t lean(const Positions *positions, Maker *maker)
{
    return LEAN_PER_LOT * positions->at[maker->instrument];
}
WEFT_FN(lean, RES(Positions), CTX(Maker));

/* In the market's steps, away from the theoretical price. */
static Quote around(int64_t theo_fine, int64_t width_fine, int64_t lean_fine)
{
    const int64_t middle_fine = theo_fine - lean_fine;
    return (Quote){ .bid = (middle_fine - width_fine) / MAKER_FINE,
                    .ask = (middle_fine + width_fine + MAKER_FINE - 1) / MAKER_FINE };
}
WEFT_FN(around, IN(int64_t), IN(int64_t), IN(int64_t));

/* A quote waits for others, it does not trade with those who are there. */
static Quote stay_behind(const Books *books, Maker *maker, Quote quote)
{
    const Book *const book = &books->at[maker->instrument];
    quote.bid = least(quote.bid, book->ask - 1);
    quote.ask = most(quote.ask, book->bid + 1);
    return quote;
}
WEFT_FN(stay_behind, RES(Books), CTX(Maker), IN(Quote));

/* As many lots as the position may still grow; while risk is to be reduced, as it may shrink. A
 * price that leaning has pushed below 1 is none. */
static Quote fit_risk(const Risk_limits *limits, const Positions *positions, const Risk_mode *mode,
                      Maker *maker, Quote quote)
{
    const int64_t position = positions->at[maker->instrument];
    const int64_t buy = mode->reducing ? most(-position, 0) : limits->position_lots - position;
    const int64_t sell = mode->reducing ? most(position, 0) : limits->position_lots + position;
    quote.bid_size = quote.bid > 0 ? least(buy, QUOTE_LOTS) : 0;
    quote.ask_size = least(sell, QUOTE_LOTS);
    quote.bid = quote.bid_size > 0 ? quote.bid : 0;
    quote.ask = quote.ask_size > 0 ? quote.ask : 0;
    return quote;
}
WEFT_FN(fit_risk, RES(Risk_limits), RES(Positions), RES(Risk_mode), CTX(Maker), IN(Quote));

WEFT_PIPELINE(price, Book, Quote, CTX(Maker), FORK(theo, width, lean), MERGE(around),
              THEN(stay_behind), THEN(fit_risk));

/* ---- the reactor ---------------------------------------------------------------------------- */

/* There is a price where both sides are, and apart. */
static Maybe_book market(const Books *books, Maker *maker)
{
    const Book *const book = &books->at[maker->instrument];
    return (Maybe_book){ .ok = book->bid_size > 0 && book->ask_size > 0 && book->bid < book->ask,
                         .value = *book };
}
WEFT_FN(market, RES(Books), CTX(Maker));

static bool is_news(const Quotes *quotes, Maker *maker, const Quote *quote)
{
    const Quote *const old = &quotes->at[maker->instrument];
    return quote->bid != old->bid || quote->bid_size != old->bid_size || quote->ask != old->ask ||
           quote->ask_size != old->ask_size;
}
WEFT_FN(is_news, RES(Quotes), CTX(Maker), REF(Quote));

static void place(Quotes *quotes, Maker *maker, const Quote *quote)
{
    *(quote->bid_size || quote->ask_size ? &quotes->sent : &quotes->pulled) += 1;
    quotes->at[maker->instrument] = *quote;
}
WEFT_FN(place, MUT(Quotes), CTX(Maker), REF(Quote));

static void show_quote(const Trace *trace, int64_t turn, Maker *maker, const Quote *quote)
{
    if (trace)
        fprintf(trace->out,
                "%" PRId64 " quote %" PRIu32 " %" PRId64 "@%" PRId64 " %" PRId64 "@%" PRId64 "\n",
                turn, maker->instrument, quote->bid_size, quote->bid, quote->ask_size, quote->ask);
}
WEFT_FN(show_quote, OPT(Trace), SEQ, CTX(Maker), REF(Quote));

/* Where there is no price, we quote nothing. */
WEFT_PIPELINE(requote, weft_reactor_event, void, CTX(Maker), THEN(market), MAP(price),
              UNWRAP_OR({ 0 }), GUARD(is_news), INSPECT(show_quote), MAP(place));

/* ---- start ---------------------------------------------------------------------------------- */

void makers_install(weft_builder *builder)
{
    WEFT_REGISTER_DEFAULT(builder, Theos);
}

static weft_status add_source(weft_reactors *reactors, weft_key key, weft_source_id *source)
{
    const weft_status status = weft_reactors_add_source(reactors, source);
    return status ? status : weft_reactors_set_key(reactors, key, *source);
}

/* `model` is bound; copying it with another context is all that a reactor more costs. */
static weft_status spawn(weft_reactors *reactors, const struct requote *model,
                         Instrument_id instrument, weft_source_id desk)
{
    weft_source_id source;
    weft_reactor_id reactor;
    const struct requote body = requote_stamp(model, (Maker){ instrument });
    weft_status status = add_source(reactors, WEFT_KEY_FROM(Instrument_id, &instrument), &source);
    if (!status)
        status = weft_reactors_spawn(reactors, &body.base, &reactor);
    if (!status)
        status = weft_reactors_subscribe(reactors, reactor, source);
    return status ? status : weft_reactors_subscribe(reactors, reactor, desk);
}

weft_status makers_start(weft_world *world)
{
    weft_reactors *const reactors = WEFT_GET(world, weft_reactors);
    weft_source_id desk;
    struct requote model;
    weft_status status = requote_init(&model, world, (Maker){ 0 });
    if (!status)
        status = add_source(reactors, WEFT_KEY(Desk_id, { MAKER_DESK }), &desk);
    for (Instrument_id i = 0; i < INSTRUMENTS && !status; i++)
        status = spawn(reactors, &model, i, desk);
    return status;
}
