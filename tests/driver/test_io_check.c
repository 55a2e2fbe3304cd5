/* What weft_io_check is good for: whatever is broken inside, it notices. */
#define _GNU_SOURCE
#include "stream.h"

#include "driver/io_streams.h"

/* A poller with a watched source and a stream, and how they were. */
typedef struct sound {
    weft_io *io;
    weft_io_source *watched, *stream;
    weft_io was;
    weft_io_source watched_was, stream_was;
    weft_io_streams streams_were;
} sound;

static weft_io_source *source_of(const weft_io *io, weft_io_id id)
{
    return weft_io_find(io, (weft_slab_id){ id.index, id.generation });
}

static sound remember(weft_io *io, weft_io_id watched, weft_io_id received)
{
    sound s = { .io = io, source_of(io, watched), source_of(io, received), .was = *io };
    s.watched_was = *s.watched;
    s.stream_was = *s.stream;
    s.streams_were = *io->streams;
    return s;
}

/* Of a descriptor that nobody has opened. */
static uint32_t *last_owner(const weft_io *io)
{
    return &io->owners[io->owner_count - 1];
}

static void restore(const sound *s)
{
    *s->io = s->was;
    *s->watched = s->watched_was;
    *s->stream = s->stream_was;
    *s->io->streams = s->streams_were;
    s->io->owners[s->watched->fd] = s->watched->id.index + 1;
    *last_owner(s->io) = 0;
}

static void no_such_interest(const sound *s)
{
    s->watched->interest |= UINT32_C(1) << 20;
}

static void removed_with_descriptor(const sound *s)
{
    s->watched->removed = true;
}

static void removed_with_place(const sound *s)
{
    s->watched->removed = true;
    s->watched->fd = -1;
}

static void no_descriptor(const sound *s)
{
    s->watched->fd = -1;
}

static void not_the_owner(const sound *s)
{
    s->io->owners[s->watched->fd] = 0;
}

static void one_too_many(const sound *s)
{
    s->io->len++;
}

static void owner_without_source(const sound *s)
{
    *last_owner(s->io) = s->watched->id.index + 1;
}

static void cursor_behind_batch(const sound *s)
{
    s->io->batch_next = s->io->batch_len + 1;
}

static void batch_behind_memory(const sound *s)
{
    s->io->batch_next = s->io->batch_len = s->io->batch_cap + 1;
}

static void silent_ring(const sound *s)
{
    static const uint32_t silence;
    s->io->ring = (weft_io_ring){ &silence, &silence, 0 };
    s->io->streams->unarmed = true;
}

static void operation_over(const sound *s)
{
    s->stream->armed = true;
    s->io->operations = 0;
}

static void kept_and_not_listed(const sound *s)
{
    s->stream->lost = true;
}

static void marked_and_not_listed(const sound *s)
{
    s->stream->resumed = true;
}

static void list_without_end(const sound *s)
{
    s->stream->lost = s->stream->resumed = true;
    s->io->streams->resumed = s->stream;
    s->io->ring.flags = NULL;
}

static void check_notices_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        void (*harm)(const sound *s);
        const char *why;
    } table[] = {
        { no_such_interest, "a source has an interest that there is not" },
        { removed_with_descriptor, "a removed source keeps its descriptor" },
        { removed_with_place, "a removed source that does not run keeps its place" },
        { no_descriptor, "a source without a descriptor is interested" },
        { not_the_owner, "a source does not own its descriptor" },
        { one_too_many, "the sources do not add up" },
        { owner_without_source, "a descriptor's owner does not have it" },
        { cursor_behind_batch, "the batch is longer than its memory" },
        { batch_behind_memory, "the batch is longer than its memory" },
        { silent_ring, "the ring is trusted to be silent while streams wait" },
        { operation_over, "a stream waits for an operation that is over" },
        { kept_and_not_listed, "a stream goes on, but what it has kept is not to be delivered" },
        { marked_and_not_listed,
          "the list of resumed streams does not hold those that are marked" },
        { list_without_end, "the last of the resumed streams is another" },
    };
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { 0 };
    stream s = { 0 };
    probe_open(on, &p, WEFT_READABLE);
    stream_open(on, &s);
    poll_all(on);
    assert_int_equal(*last_owner(on->io), 0);
    const sound before = remember(on->io, p.id, s.id);
    for (size_t i = 0; i < COUNT(table); i++) {
        const char *why = "";
        table[i].harm(&before);
        assert_false(weft_io_check(on->io, &why));
        assert_string_equal(why, table[i].why);
        restore(&before);
        why = "";
        assert_true(weft_io_check(on->io, &why));
        assert_string_equal(why, "");
    }
    probe_close(&p);
    bench_end(on);
    stream_close(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_notices_what_is_wrong),
    };
    return run_over_every_socket(tests);
}
