/* The example of bytes.h. */
#include "example.h"

#include <weft/bytes.h>

typedef struct Line {
    uint32_t level;
} Line;

static const char *to_write;
static char saved[64];

static size_t write_line(void *room)
{
    if (!to_write)
        return 0;
    memcpy((char *)room + sizeof(Line), to_write, strlen(to_write));
    return sizeof(Line) + strlen(to_write);
}

static void save(const void *data, size_t size_bytes)
{
    strncat(saved, (const char *)data + sizeof(Line), size_bytes - sizeof(Line));
}

static int run(void)
{
    weft_bytes journal;
    if (weft_bytes_init(&journal, NULL, 65536, WEFT_BYTES_MPSC))
        return 1;

    static const char *const lines[] = { "up ", NULL, "down" };
    for (size_t i = 0; i < 3; i++) {
        to_write = lines[i];

        void *room; // a producer
        if (weft_bytes_claim(&journal, sizeof(Line) + 80, &room) == WEFT_OK) {
            const size_t size_bytes = write_line(room);
            if (size_bytes)
                weft_bytes_commit(&journal, room, size_bytes); // as much as was written
            else
                weft_bytes_abort(&journal, room); // nobody sees it
        }
    }

    weft_bytes_message message; // the consumer
    while (weft_bytes_peek(&journal, &message) == WEFT_OK) {
        save(message.data, message.size_bytes);
        weft_bytes_release(&journal);
    }

    weft_bytes_fini(&journal);
    return 0;
}

static void what_was_committed_comes_out(void **state)
{
    (void)state;
    assert_int_equal(run(), 0);
    assert_string_equal(saved, "up down");
}

EXAMPLE(what_was_committed_comes_out);
