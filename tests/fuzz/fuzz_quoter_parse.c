/* Fuzzes the parser of examples/quoter: no line may crash it, what it lets through is within the
 * limits, and written down again it is read as the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* A reject has a sentence, and shows nothing but what lies in the line. */
static bool check_reject(const Reject *reject, const Line *line)
{
    const Text *const found = &reject->found;
    if (reject->line != line->number || !reject->wanted)
        abort();
    if (found->at && (found->at < line->text || found->length_bytes > LINE_BYTES ||
                      found->at + found->length_bytes > line->text + line->length_bytes))
        abort();
    return false;
}

/* Whether the line is a tick, which is then in *tick_out. */
static bool read_line(const Line *line, Tick *tick_out)
{
    const Split split = split_line(line);
    if (!split.ok)
        return check_reject(&split.error, line);
    const Parsed parsed = parse_fields(&split.value);
    if (!parsed.ok)
        return check_reject(&parsed.error, line);
    const Parsed checked = check_tick(&parsed.value);
    if (!checked.ok)
        return check_reject(&checked.error, line);
    *tick_out = checked.value;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    static const char *const kinds[] = { "bid", "ask", "trade" };
    Line line = { .number = 1, .length_bytes = size_bytes };
    Tick tick, again;
    memcpy(line.text, data, size_bytes < LINE_BYTES ? size_bytes : LINE_BYTES);
    if (!read_line(&line, &tick))
        return 0;
    if (tick.instrument >= INSTRUMENTS || tick.price < 0 || tick.price > MOST_PRICE ||
        tick.size < 0 || tick.size > MOST_SIZE)
        abort();
    line.length_bytes =
        (size_t)snprintf(line.text, LINE_BYTES, "%" PRIu32 ",%s,%" PRId64 ",%" PRId64,
                         tick.instrument, kinds[tick.kind], tick.price, tick.size);
    if (!read_line(&line, &again) || again.instrument != tick.instrument ||
        again.kind != tick.kind || again.price != tick.price || again.size != tick.size)
        abort();
    return 0;
}
