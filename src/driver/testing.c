#define _GNU_SOURCE
#include <weft/testing.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/system.h"

/* ---- reports --------------------------------------------------------------------------------- */

static void keep_report(void *ctx, weft_status status, const char *sentence)
{
    weft_test_reports *reports = ctx;
    if (reports->count < WEFT_TEST_REPORTS) {
        weft_test_report *report = &reports->kept[reports->count];
        report->status = status;
        snprintf(report->sentence, sizeof report->sentence, "%s", sentence);
    }
    reports->count++;
}

weft_world_desc weft_test_reports_desc(weft_test_reports *reports)
{
    return (weft_world_desc){ .report = keep_report, .report_ctx = reports };
}

const char *weft_test_reports_find(const weft_test_reports *reports, const char *part)
{
    for (size_t i = 0; i < reports->count && i < WEFT_TEST_REPORTS; i++)
        if (strstr(reports->kept[i].sentence, part))
            return reports->kept[i].sentence;
    return NULL;
}

/* ---- allocator ------------------------------------------------------------------------------- */

/* A block:  | padding | head | what the caller gets | tail |  with the caller's part aligned. */
typedef struct block_head {
    size_t size_bytes;
    size_t align_bytes;
} block_head;

static const unsigned char block_tail[16] = "behind its end!";

static size_t head_bytes(size_t align_bytes)
{
    return align_bytes > sizeof(block_head) ? align_bytes : sizeof(block_head);
}

static bool must_fail(weft_test_allocator *allocator)
{
    if (!allocator->fail_in || --allocator->fail_in)
        return false;
    if (allocator->fail_count != SIZE_MAX)
        allocator->fail_count--;
    allocator->fail_in = allocator->fail_count ? 1 : 0;
    allocator->failures++;
    return true;
}

static void *test_alloc(void *ctx, size_t size_bytes, size_t align_bytes)
{
    weft_test_allocator *allocator = ctx;
    const size_t head = head_bytes(align_bytes);
    if (size_bytes > SIZE_MAX / 2 || head > SIZE_MAX / 4 || must_fail(allocator))
        return NULL;
    const weft_allocator heap = weft_allocator_or_default(NULL);
    unsigned char *block =
        weft_alloc(&heap, head + size_bytes + sizeof block_tail, head_bytes(align_bytes));
    if (!block)
        return NULL;
    unsigned char *bytes = block + head;
    const block_head asked = { size_bytes, align_bytes };
    memcpy(bytes - sizeof asked, &asked, sizeof asked);
    memset(bytes, 0xA5, size_bytes);
    memcpy(bytes + size_bytes, block_tail, sizeof block_tail);

    allocator->allocations++;
    allocator->live_blocks++;
    allocator->live_bytes += size_bytes;
    if (allocator->live_bytes > allocator->peak_bytes)
        allocator->peak_bytes = allocator->live_bytes;
    return bytes;
}

static void test_free(void *ctx, void *ptr, size_t size_bytes, size_t align_bytes)
{
    weft_test_allocator *allocator = ctx;
    unsigned char *bytes = ptr;
    block_head asked;
    memcpy(&asked, bytes - sizeof asked, sizeof asked);
    if (asked.size_bytes != size_bytes)
        allocator->fault = "a block was given back with another size than it was asked for";
    else if (asked.align_bytes != align_bytes)
        allocator->fault = "a block was given back with another alignment than it was asked for";
    else if (memcmp(bytes + asked.size_bytes, block_tail, sizeof block_tail) != 0)
        allocator->fault = "a block was written to behind its end";

    const size_t head = head_bytes(asked.align_bytes);
    const size_t whole = head + asked.size_bytes + sizeof block_tail;
    memset(bytes, 0xDD, asked.size_bytes);
    allocator->live_blocks--;
    allocator->live_bytes -= asked.size_bytes;
    const weft_allocator heap = weft_allocator_or_default(NULL);
    weft_free(&heap, bytes - head, whole, head);
}

void weft_test_allocator_init(weft_test_allocator *allocator)
{
    *allocator = (weft_test_allocator){ .base = { test_alloc, test_free, allocator } };
}

void weft_test_allocator_fail(weft_test_allocator *allocator, size_t nth, size_t count)
{
    allocator->fail_in = count ? nth : 0;
    allocator->fail_count = count;
}

bool weft_test_allocator_check(const weft_test_allocator *allocator, const char **why_out)
{
    if (!allocator->fault && !allocator->live_blocks)
        return true;
    *why_out = allocator->fault ? allocator->fault : "not every block was given back";
    return false;
}

/* ---- harness --------------------------------------------------------------------------------- */

weft_status weft_harness_init(weft_harness *harness, weft_builder *builder)
{
    harness->world = NULL;
    if (!builder)
        return WEFT_ENOMEM;
    weft_status status = weft_builder_build(builder, &harness->world);
    if (status)
        weft_builder_free(builder);
    return status;
}

void weft_harness_fini(weft_harness *harness)
{
    if (!harness)
        return;
    weft_world_free(harness->world);
    harness->world = NULL;
}

bool weft_harness_dispatch(weft_harness *harness, weft_handler *handler, const void *event)
{
    weft_world_next_sequence(harness->world);
    return weft_run(handler, harness->world, event);
}

size_t weft_harness_dispatch_many(weft_harness *harness, weft_handler *handler, const void *events,
                                  size_t count, size_t event_bytes)
{
    size_t trues = 0;
    for (size_t i = 0; i < count; i++)
        trues +=
            weft_harness_dispatch(harness, handler, (const char *)events + i * event_bytes) ? 1 : 0;
    return trues;
}

struct dispatch {
    weft_harness *harness;
    weft_handler *handler;
    const void *event;
};

static void dispatch_body(weft_world *world, void *arg)
{
    const struct dispatch *d = arg;
    (void)world;
    weft_harness_dispatch(d->harness, d->handler, d->event);
}

weft_status weft_harness_try(weft_harness *harness, weft_handler *handler, const void *event)
{
    return weft_try(harness->world, dispatch_body, &(struct dispatch){ harness, handler, event });
}

/* ---- timers in virtual time ------------------------------------------------------------------ */

weft_status weft_test_timers_init(weft_test_timers *test, weft_world *world)
{
    weft_timers *timers = WEFT_GET(world, weft_timers);
    weft_clock *clock = WEFT_GET(world, weft_clock);
    if (!timers)
        return weft_report(
            world, WEFT_EMISSING,
            "the world has no weft_timers; call weft_timers_install before building");
    if (clock && clock->kind != WEFT_CLOCK_TEST)
        return weft_report(world, WEFT_EINVAL,
                           "virtual time needs a test clock, but the world has another; install "
                           "one that weft_clock_init_test made");
    *test = (weft_test_timers){ .world = world, .timers = timers };
    weft_clock_init_test(&test->own, 0);
    test->clock = clock ? clock : &test->own;
    return WEFT_OK;
}

int64_t weft_test_timers_now(const weft_test_timers *test)
{
    return test->clock->now_ns;
}

void weft_test_timers_advance(weft_test_timers *test, int64_t by_ns)
{
    weft_clock_advance(test->clock, by_ns);
    weft_clock_now(test->clock);
}

void weft_test_timers_set_now(weft_test_timers *test, int64_t now_ns)
{
    weft_clock_set(test->clock, now_ns);
    weft_clock_now(test->clock);
}

int weft_test_timers_poll(weft_test_timers *test)
{
    return weft_timers_poll(test->timers, test->world, test->clock->now_ns);
}

static void move_to(weft_test_timers *test, int64_t now_ns)
{
    if (now_ns > test->clock->now_ns)
        weft_test_timers_set_now(test, now_ns);
}

int weft_test_timers_run_for(weft_test_timers *test, int64_t by_ns)
{
    int64_t end_ns, deadline_ns;
    if (__builtin_add_overflow(test->clock->now_ns, by_ns, &end_ns))
        end_ns = INT64_MAX;
    int count = 0;
    size_t polls = 0; /* since time went on */
    while (weft_timers_next_deadline(test->timers, &deadline_ns) && deadline_ns <= end_ns) {
        polls = deadline_ns > test->clock->now_ns ? 0 : polls + 1;
        if (polls > WEFT_TEST_POLLS) {
            weft_report(test->world, WEFT_EINVAL,
                        "time stands still at %lld ns: after %d polls a timer is still due",
                        (long long)test->clock->now_ns, WEFT_TEST_POLLS);
            return count;
        }
        move_to(test, deadline_ns);
        const int ran = weft_test_timers_poll(test);
        if (ran < 0)
            return ran;
        if (__builtin_add_overflow(count, ran, &count))
            count = INT_MAX;
    }
    move_to(test, end_ns);
    return count;
}

bool weft_test_timers_next_deadline(weft_test_timers *test, int64_t *deadline_ns_out)
{
    return weft_timers_next_deadline(test->timers, deadline_ns_out);
}

size_t weft_test_timers_len(const weft_test_timers *test)
{
    return weft_timers_len(test->timers);
}

/* ---- sockets --------------------------------------------------------------------------------- */

weft_status weft_test_sockets_init(weft_test_sockets *sockets)
{
    int ends[2];
    *sockets = (weft_test_sockets){ -1, -1 };
    if (weft_system_socketpair(ends))
        return errno == EMFILE || errno == ENFILE ? WEFT_ELIMIT : WEFT_ESYSTEM;
    *sockets = (weft_test_sockets){ ends[0], ends[1] };
    return WEFT_OK;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void weft_test_sockets_fini(weft_test_sockets *sockets)
{
    if (!sockets)
        return;
    close_end(&sockets->program);
    close_end(&sockets->peer);
}

/* A transfer of size_bytes: `move` makes one attempt, as send and recv do. */
typedef ssize_t move_fn(int fd, char *bytes, size_t size_bytes);

static ssize_t move_out(int fd, char *bytes, size_t size_bytes)
{
    ssize_t moved;
    do {
        moved = send(fd, bytes, size_bytes, MSG_NOSIGNAL);
    } while (moved < 0 && errno == EINTR);
    return moved;
}

static ssize_t move_in(int fd, char *bytes, size_t size_bytes)
{
    ssize_t moved;
    do {
        moved = recv(fd, bytes, size_bytes, 0);
    } while (moved < 0 && errno == EINTR);
    return moved;
}

/* What an attempt that moved nothing means; size_bytes was not 0. */
static weft_status status_of(ssize_t moved)
{
    if (moved == 0 || errno == EPIPE || errno == ECONNRESET)
        return WEFT_ECLOSED;
    return errno == EAGAIN || errno == EWOULDBLOCK ? WEFT_EAGAIN : WEFT_ESYSTEM;
}

static weft_status move_all(move_fn *move, int fd, char *bytes, size_t size_bytes,
                            weft_test_turn_fn *turn, void *arg)
{
    for (int turns = 0; size_bytes;) {
        const ssize_t moved = move(fd, bytes, size_bytes);
        if (moved > 0) {
            bytes += moved;
            size_bytes -= (size_t)moved;
            turns = 0;
            continue;
        }
        const weft_status status = status_of(moved);
        if (status != WEFT_EAGAIN || !turn || turns++ == WEFT_TEST_TURNS)
            return status;
        turn(arg);
    }
    return WEFT_OK;
}

weft_status weft_test_send_all(int fd, const void *bytes, size_t size_bytes,
                               weft_test_turn_fn *turn, void *arg)
{
    /* move_out only reads. */
    return move_all(move_out, fd, (char *)(uintptr_t)bytes, size_bytes, turn, arg);
}

weft_status weft_test_receive_all(int fd, void *bytes_out, size_t size_bytes,
                                  weft_test_turn_fn *turn, void *arg)
{
    return move_all(move_in, fd, bytes_out, size_bytes, turn, arg);
}

weft_status weft_test_receive_until(int fd, char *text_out, size_t cap_bytes, const char *end,
                                    weft_test_turn_fn *turn, void *arg)
{
    const size_t end_len = strlen(end);
    size_t len = 0;
    weft_status status = cap_bytes ? WEFT_OK : WEFT_EFULL;
    while (status == WEFT_OK &&
           (len < end_len || memcmp(text_out + len - end_len, end, end_len) != 0)) {
        if (len + 1 == cap_bytes)
            status = WEFT_EFULL;
        else /* one at a time, so that nothing behind the end is taken */
            status = move_all(move_in, fd, text_out + len, 1, turn, arg);
        len += status == WEFT_OK;
    }
    if (cap_bytes)
        text_out[len] = '\0';
    return status;
}

/* Repeats attempts with one buffer until nothing moves. */
static size_t move_while_ready(move_fn *move, int fd)
{
    char bytes[4096] = { 0 };
    size_t total = 0;
    for (ssize_t moved; (moved = move(fd, bytes, sizeof bytes)) > 0;)
        total += (size_t)moved;
    return total;
}

size_t weft_test_fill(int fd)
{
    return move_while_ready(move_out, fd);
}

size_t weft_test_drain(int fd)
{
    return move_while_ready(move_in, fd);
}
