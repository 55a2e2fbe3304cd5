/* Queues between threads: a feed of ticks from one thread, fills from two others, and a journal to
 * which all of them write; the main thread consumes, sleeping while there is nothing. */
#include <weft/bytes.h>
#include <weft/mpsc.h>
#include <weft/spsc.h>
#include <weft/wake.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TICKS = 1000, FILLS = 500, VENUES = 2 };

typedef struct Tick {
    int64_t price;
    uint64_t serial;
} Tick;

typedef struct Fill {
    int64_t price;
    int32_t quantity;
} Fill;

WEFT_SPSC(Tick_queue, Tick); /* from one thread */
WEFT_MPSC(Fill_queue, Fill); /* from any */

typedef struct Desk {
    Tick_queue ticks;
    Fill_queue fills;
    weft_bytes journal;
    weft_wake wake;
    uint32_t venues; /* atomic: those that still trade */
} Desk;

/* ---- producers ------------------------------------------------------------------------------- */

static void note(Desk *desk, const char *text)
{
    if (weft_bytes_push(&desk->journal, text, strlen(text)) == WEFT_OK)
        weft_wake_signal(&desk->wake);
}

/* A feed does not wait for who is slow: it drops the tick, and says at the end how many. */
static void *feed(void *arg)
{
    Desk *desk = arg;
    unsigned dropped = 0;
    for (uint64_t i = 0; i < TICKS; i++) {
        const Tick tick = { .price = 100 + (int64_t)(i % 7), .serial = i };
        if (Tick_queue_push(&desk->ticks, &tick) == WEFT_EFULL)
            dropped++;
        weft_wake_signal(&desk->wake);
    }
    note(desk, dropped ? "feed: some ticks were dropped" : "feed: done");
    Tick_queue_close(&desk->ticks);
    weft_wake_signal(&desk->wake);
    return NULL;
}

/* No fill may be lost: a venue tries again. The last of them closes the queue. */
static void *trade(void *arg)
{
    Desk *desk = arg;
    for (int i = 0; i < FILLS; i++) {
        const Fill fill = { .price = 100, .quantity = i % 2 ? -1 : 3 };
        while (Fill_queue_push(&desk->fills, &fill) == WEFT_EFULL)
            weft_wake_signal(&desk->wake);
        weft_wake_signal(&desk->wake);
    }
    note(desk, "venue: done");
    if (__atomic_sub_fetch(&desk->venues, 1, __ATOMIC_ACQ_REL) == 0)
        Fill_queue_close(&desk->fills);
    weft_wake_signal(&desk->wake);
    return NULL;
}

/* ---- the consumer ---------------------------------------------------------------------------- */

typedef struct Book {
    uint64_t ticks, fills, lines;
    int64_t position;
    bool ticks_over, fills_over;
} Book;

/* Takes all that is there. The status behind the last message says whether more will come. */
static void drain(Desk *desk, Book *book)
{
    weft_status status;
    Tick *tick;
    while ((status = Tick_queue_peek(&desk->ticks, &tick)) == WEFT_OK) {
        book->ticks += tick->price >= 100; /* read in place */
        Tick_queue_release(&desk->ticks);
    }
    book->ticks_over = status == WEFT_ECLOSED;

    Fill fills[16];
    size_t count;
    while ((status = Fill_queue_pop_n(&desk->fills, fills, 16, &count)) == WEFT_OK) {
        for (size_t i = 0; i < count; i++)
            book->position += fills[i].quantity;
        book->fills += count;
    }
    book->fills_over = status == WEFT_ECLOSED;

    weft_bytes_message line;
    while (weft_bytes_peek(&desk->journal, &line) == WEFT_OK) {
        book->lines += line.size_bytes > 0;
        weft_bytes_release(&desk->journal);
    }
}

/* A loop of the library sleeps by itself (loop.h); this is what it does. */
static void sleep_until_woken(Desk *desk, int fd)
{
    if (weft_wake_sleep(&desk->wake)) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        uint64_t wakes;
        if (poll(&ready, 1, -1) > 0 && read(fd, &wakes, sizeof wakes) < 0)
            perror("queues: read");
    }
    weft_wake_rouse(&desk->wake);
}

static int run(Desk *desk)
{
    int fd;
    if (weft_wake_fd(&desk->wake, &fd))
        return 1;
    pthread_t threads[1 + VENUES];
    pthread_create(&threads[0], NULL, feed, desk);
    for (int i = 1; i <= VENUES; i++)
        pthread_create(&threads[i], NULL, trade, desk);

    Book book = { .position = 0 };
    while (!book.ticks_over || !book.fills_over) {
        sleep_until_woken(desk, fd);
        drain(desk, &book);
    }
    for (int i = 0; i <= VENUES; i++)
        pthread_join(threads[i], NULL);
    drain(desk, &book); /* what came to the journal meanwhile */
    printf("%d ticks, %d fills, position %d, %d lines in the journal\n", (int)book.ticks,
           (int)book.fills, (int)book.position, (int)book.lines);
    return 0;
}

int main(void)
{
    Desk desk = { .venues = VENUES };
    weft_wake_init(&desk.wake);
    int status = 1;
    if (!Tick_queue_init(&desk.ticks, NULL, TICKS) && !Fill_queue_init(&desk.fills, NULL, 64) &&
        !weft_bytes_init(&desk.journal, NULL, 4096, WEFT_BYTES_MPSC))
        status = run(&desk);
    Tick_queue_fini(&desk.ticks);
    Fill_queue_fini(&desk.fills);
    weft_bytes_fini(&desk.journal);
    weft_wake_fini(&desk.wake);
    return status;
}
