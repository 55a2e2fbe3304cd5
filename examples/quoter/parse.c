#include "parse.h"

#include <string.h>

#define X_STRING_(x) #x
#define X_STRING(x)  X_STRING_(x)

WEFT_RESULT(Number, int64_t, Reject);
WEFT_RESULT(Kind, Tick_kind, Reject);

Split split_line(const Line *line)
{
    if (line->length_bytes > LINE_BYTES)
        return (Split){ .error = { line->number,
                                   "a line has at most " X_STRING(LINE_BYTES) " bytes",
                                   { NULL, 0 } } };
    Split split = { .value = { .line = line->number } };
    const char *at = line->text, *const end = line->text + line->length_bytes;
    size_t count = 0;
    for (; at; count++) {
        const char *const comma = memchr(at, ',', (size_t)(end - at));
        if (count < FIELDS)
            split.value.at[count] = (Text){ at, (size_t)((comma ? comma : end) - at) };
        at = comma ? comma + 1 : NULL;
    }
    split.ok = count == FIELDS;
    split.error = (Reject){ line->number,
                            "a line has the four fields " PARSE_HEADER,
                            { line->text, line->length_bytes } };
    return split;
}

static Number parse_number(const Fields *fields, size_t field, int64_t most, const char *wanted)
{
    const Text *const text = &fields->at[field];
    const Number bad = { .error = { fields->line, wanted, *text } };
    int64_t value = 0;
    for (size_t i = 0; i < text->length_bytes; i++) {
        const char c = text->at[i];
        if (c < '0' || c > '9')
            return bad;
        value = 10 * value + (c - '0');
        if (value > most)
            return bad;
    }
    return text->length_bytes > 0 ? (Number){ .ok = true, .value = value } : bad;
}

static Kind parse_kind(const Fields *fields)
{
    static const char *const names[] = {
        [TICK_BID] = "bid", [TICK_ASK] = "ask", [TICK_TRADE] = "trade"
    };
    const Text *const text = &fields->at[1];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text->length_bytes == strlen(names[i]) &&
            memcmp(text->at, names[i], text->length_bytes) == 0)
            return (Kind){ .ok = true, .value = (Tick_kind)i };
    return (Kind){ .error = { fields->line, "the kind must be bid, ask or trade", *text } };
}

Parsed parse_fields(const Fields *fields)
{
    const int64_t instrument =
        WEFT_TRY(parse_number(fields, 0, INSTRUMENTS - 1,
                              "the instrument must be a number below " X_STRING(INSTRUMENTS)),
                 (Parsed){ .error = error });
    const Tick_kind kind = WEFT_TRY(parse_kind(fields), (Parsed){ .error = error });
    const int64_t price =
        WEFT_TRY(parse_number(fields, 2, MOST_PRICE,
                              "the price must be a whole number up to " X_STRING(MOST_PRICE)),
                 (Parsed){ .error = error });
    const int64_t size =
        WEFT_TRY(parse_number(fields, 3, MOST_SIZE,
                              "the size must be a whole number up to " X_STRING(MOST_SIZE)),
                 (Parsed){ .error = error });
    return (Parsed){ .ok = true,
                     .value = { fields->line, (Instrument_id)instrument, kind, price, size } };
}

Parsed check_tick(const Tick *tick)
{
    const char *wanted = NULL;
    if (tick->kind == TICK_TRADE && tick->size == 0)
        wanted = "a trade has a size of at least 1";
    else if (tick->size > 0 && tick->price == 0)
        wanted = "the price must be at least 1";
    return wanted ? (Parsed){ .error = { .line = tick->line, .wanted = wanted } }
                  : (Parsed){ .ok = true, .value = *tick };
}
