#include "feed.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <weft/batch.h>
#include <weft/pipeline.h>

#include "parse.h"

#define SHOWN_BYTES 32 /* of what was found instead of what was wanted */

WEFT_RESOURCE_DEFINE(Feed_stats);

/* ---- a line --------------------------------------------------------------------------------- */

WEFT_FN(split_line, REF(Line));
WEFT_FN(parse_fields, REF(Fields));
WEFT_FN(check_tick, REF(Tick));

/* Says what is wrong with a line; what it holds may be anything, and is shown as plain text. */
static void report_reject(Feed_stats *stats, const Reject *reject)
{
    char shown[SHOWN_BYTES];
    const Text *const found = &reject->found;
    const size_t length = found->length_bytes < SHOWN_BYTES ? found->length_bytes : SHOWN_BYTES;
    stats->rejects++;
    for (size_t i = 0; i < length; i++)
        shown[i] = (char)(isprint((unsigned char)found->at[i]) ? found->at[i] : '?');
    fprintf(stderr, "weft-quoter: line %" PRIu64 ": %s", reject->line, reject->wanted);
    if (found->at)
        fprintf(stderr, ", not '%.*s'%s", (int)length, shown,
                length < found->length_bytes ? "..." : "");
    fputc('\n', stderr);
}
WEFT_FN(report_reject, MUT(Feed_stats), REF(Reject));

static void count_tick(Feed_stats *stats)
{
    stats->ticks++;
}
WEFT_FN(count_tick, MUT(Feed_stats));

WEFT_PIPELINE(publish, Tick, void, TAP(count_tick), DISPATCH(Ticks, Tick));

WEFT_PIPELINE(on_line, Line, void, THEN(split_line), AND_THEN(parse_fields), AND_THEN(check_tick),
              CATCH(report_reject), MAP(publish));

/* ---- bursts --------------------------------------------------------------------------------- */

WEFT_BATCH(burst, Line, on_line);

struct Feed {
    FILE *file;
    uint64_t lines; /* read so far */
    int error;      /* errno of the read that failed; 0: none did */
    struct burst burst;
};

static void fini_feed(Feed *feed)
{
    burst_fini(&feed->burst);
}
WEFT_RESOURCE_DEFINE(Feed, FINI(fini_feed));

void feed_install(weft_builder *builder)
{
    WEFT_REGISTER_DEFAULT(builder, Feed);
    WEFT_REGISTER_DEFAULT(builder, Feed_stats);
}

weft_status feed_start(weft_world *world, FILE *file)
{
    Feed *const feed = WEFT_GET(world, Feed);
    struct on_line one;
    feed->file = file;
    const weft_status status = on_line_init(&one, world);
    return status ? status : burst_init(&feed->burst, &one, FEED_BURST, world);
}

static bool is_header(const Line *line)
{
    return line->number == 1 && line->length_bytes == strlen(PARSE_HEADER) &&
           memcmp(line->text, PARSE_HEADER, line->length_bytes) == 0;
}

static bool next_line(Feed *feed, Line *line)
{
    const bool there = line_read(feed->file, feed->lines, line);
    if (there)
        feed->lines = line->number;
    else if (ferror(feed->file))
        feed->error = errno;
    return there;
}

bool feed_turn(Feed *feed, weft_world *world)
{
    Line line;
    while (burst_len(&feed->burst) < FEED_BURST && next_line(feed, &line))
        if (!is_header(&line) && burst_push(&feed->burst, &line))
            break;
    if (burst_len(&feed->burst) == 0)
        return false;
    weft_world_next_sequence(world);
    burst_run(&feed->burst, world);
    return true;
}

int feed_error(const Feed *feed)
{
    return feed->error;
}
