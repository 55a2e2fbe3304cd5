/* Testing kit: what the tests of a program that is built on Weft need.
 *
 *     weft_harness        owns a world and dispatches events to handlers, as a driver would
 *     weft_test_reports   keeps the sentences that Weft reports, so that a test can look at them
 *     weft_test_allocator counts memory, and fails when it is told to
 *     weft_test_timers    runs the world's timers in virtual time, deadline by deadline
 *     weft_test_sockets   a connected pair of sockets, and helpers that never wait for ever
 *
 * The parts are independent. They assert nothing: they return what happened, to any test library.
 *
 *     weft_builder *builder = weft_builder_new(NULL);
 *     WEFT_REGISTER_DEFAULT(builder, Counter);
 *     weft_harness harness;
 *     struct on_tick tick;
 *     if (weft_harness_init(&harness, builder) || on_tick_init(&tick, harness.world)) return 1;
 *     weft_harness_dispatch(&harness, &tick.base, &(uint32_t){ 5 });
 *     assert(WEFT_GET(harness.world, Counter)->n == 5);
 *     assert(weft_world_sequence(harness.world) == 1);
 *     weft_harness_fini(&harness);
 *
 * What this is not: a test runner, mocks, a part of weft.h, or meant for programs in production.
 * Everything belongs to one thread. NULL is accepted by the fini
 * functions and where a comment says so.
 */
#ifndef WEFT_TESTING_H
#define WEFT_TESTING_H

#include <weft/clock.h>
#include <weft/handler.h>
#include <weft/timers.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reports ------------------------------------------------------------------------------- */

enum { WEFT_TEST_REPORTS = 16 };

typedef struct weft_test_report {
    weft_status status;
    char sentence[508]; /* cut at 507 bytes */
} weft_test_report;

/* Zeroed it is empty. The first 16 reports are kept, all are counted. Read the fields; clear it by
 * zeroing it. */
typedef struct weft_test_reports {
    size_t count;
    weft_test_report kept[WEFT_TEST_REPORTS];
} weft_test_reports;

/* A description of a world that reports to `reports`, which must outlive the world:
 *
 *     weft_test_reports reports = { 0 };
 *     weft_world_desc desc = weft_test_reports_desc(&reports);
 *     weft_builder *builder = weft_builder_new(&desc);
 */
WEFT_API weft_world_desc weft_test_reports_desc(weft_test_reports *reports);

/* The first kept sentence that has `part` in it, or NULL. */
WEFT_API const char *weft_test_reports_find(const weft_test_reports *reports, const char *part);

/* ---- allocator ----------------------------------------------------------------------------- */

/* An allocator (pass &allocator.base) that counts, fills fresh memory with 0xA5 and freed memory
 * with 0xDD, and notices what is given back wrongly. It must stay where it is. The numbers are for
 * everybody to read, the rest is private. */
typedef struct weft_test_allocator {
    weft_allocator base;
    size_t allocations; /* that succeeded, ever */
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_bytes; /* the most that live_bytes has been */
    size_t failures;   /* refused because of weft_test_allocator_fail */
    size_t fail_in;    /* 0: never */
    size_t fail_count;
    const char *fault;
} weft_test_allocator;

/* An allocator that has given nothing and refuses nothing. Nothing has to be released. */
WEFT_API void weft_test_allocator_init(weft_test_allocator *allocator);

/* Refuses `count` allocations in a row (SIZE_MAX: all from then on), beginning with the nth from
 * now (1: the next one). nth 0 ends refusing. To try every point of failure of an operation:
 *
 *     for (size_t nth = 1;; nth++) {
 *         weft_test_allocator_fail(&allocator, nth, 1);
 *         if (operation() == WEFT_OK)
 *             break;
 *         check_nothing_was_lost();
 *     }
 */
WEFT_API void weft_test_allocator_fail(weft_test_allocator *allocator, size_t nth, size_t count);

/* True if nothing is live, and nothing was given back with another size or alignment than it was
 * asked for, or written to behind its end. Else *why_out is a static sentence. */
WEFT_API bool weft_test_allocator_check(const weft_test_allocator *allocator, const char **why_out);

/* ---- harness ------------------------------------------------------------------------------- */

/* Owns `world`; zeroed it owns none. */
typedef struct weft_harness {
    weft_world *world;
} weft_harness;

/* Builds the world. The builder is used up, also on failure, which is the first failure of anything
 * done with the builder; harness->world is NULL then. */
WEFT_API WEFT_CHECKED weft_status weft_harness_init(weft_harness *harness, weft_builder *builder);

/* Frees the world. A zeroed harness, and a second time, do nothing. */
WEFT_API void weft_harness_fini(weft_harness *harness);

/* Runs a handler as a driver does: advances the sequence by one, then runs it with `event`, which
 * is of the type that it takes, or NULL if it takes none. Returns what the handler returned, true
 * if that is no bool. */
WEFT_API bool weft_harness_dispatch(weft_harness *harness, weft_handler *handler,
                                    const void *event);

/* Dispatches each of `count` events that lie in a row, `event_bytes` apart. Returns how many times
 * the handler returned true. */
WEFT_API size_t weft_harness_dispatch_many(weft_harness *harness, weft_handler *handler,
                                           const void *events, size_t count, size_t event_bytes);

/* Dispatches one event to a handler that may fail: WEFT_EFAILED if it called weft_fail, and
 * weft_world_failure has its sentence. */
WEFT_API WEFT_CHECKED weft_status weft_harness_try(weft_harness *harness, weft_handler *handler,
                                                   const void *event);

/* ---- timers in virtual time ---------------------------------------------------------------- */

/* The world's timers and a test clock. It must stay where it is. Private fields. */
typedef struct weft_test_timers {
    weft_world *world;
    weft_timers *timers;
    weft_clock *clock; /* the world's, or `own` */
    weft_clock own;
} weft_test_timers;

/* Takes the world's weft_timers, and its weft_clock if it has one, so that handlers see the same
 * time; else time starts at 0. WEFT_EMISSING, reported, if the world has no weft_timers,
 * WEFT_EINVAL if its clock is no test clock. Nothing has to be released. */
WEFT_API WEFT_CHECKED weft_status weft_test_timers_init(weft_test_timers *test, weft_world *world);

/* The virtual time, in nanoseconds. */
WEFT_API int64_t weft_test_timers_now(const weft_test_timers *test);

/* Moves time, also backwards, and runs nothing. */
WEFT_API void weft_test_timers_advance(weft_test_timers *test, int64_t by_ns);
WEFT_API void weft_test_timers_set_now(weft_test_timers *test, int64_t now_ns);

/* Polls the timers once, at the present virtual time. Returns how many handlers ran, or a
 * negative status as weft_timers_poll does. */
WEFT_API int weft_test_timers_poll(weft_test_timers *test);

/* Lets by_ns (>= 0) pass as a loop that always polls in time would see it: goes from deadline to
 * deadline and polls at each, those that handlers add on the way included, then on to the end.
 * Returns how many handlers ran (INT_MAX if there were more), or a negative status as above, which
 * ends it. Timers that make themselves due without time going on are left after WEFT_TEST_POLLS
 * polls of one time: reported, and time stays there. */
WEFT_API int weft_test_timers_run_for(weft_test_timers *test, int64_t by_ns);

enum { WEFT_TEST_POLLS = 100000 };

/* The earliest deadline; false and untouched if there is none. */
WEFT_API bool weft_test_timers_next_deadline(weft_test_timers *test, int64_t *deadline_ns_out);

/* How many timers are still to run. */
WEFT_API size_t weft_test_timers_len(const weft_test_timers *test);

/* ---- sockets ------------------------------------------------------------------------------- */

/* Two ends of one stream, non-blocking, closed on exec. Give `program` to the program under test;
 * if that closes it, set it to -1. */
typedef struct weft_test_sockets {
    int program;
    int peer; /* the test's end */
} weft_test_sockets;

/* WEFT_ELIMIT or WEFT_ESYSTEM if the system gives none; both are -1 then. */
WEFT_API WEFT_CHECKED weft_status weft_test_sockets_init(weft_test_sockets *sockets);

/* Closes the ends that are not -1, and sets them to -1. */
WEFT_API void weft_test_sockets_fini(weft_test_sockets *sockets);

/* One turn of the program under test, which ends soon by itself: weft_loop_poll, say. */
typedef void weft_test_turn_fn(void *arg);

/* The helpers below work on any non-blocking stream socket. When it is not ready they call
 * turn(arg), and give up with WEFT_EAGAIN after WEFT_TEST_TURNS turns in a row without progress. A
 * NULL turn gives up at once. WEFT_ECLOSED if the other side has closed, WEFT_ESYSTEM. No SIGPIPE.
 */
enum { WEFT_TEST_TURNS = 1000 };

/* Sends all of `bytes`. */
WEFT_API WEFT_CHECKED weft_status weft_test_send_all(int fd, const void *bytes, size_t size_bytes,
                                                     weft_test_turn_fn *turn, void *arg);

/* Receives exactly size_bytes. On failure the buffer holds what came so far. */
WEFT_API WEFT_CHECKED weft_status weft_test_receive_all(int fd, void *bytes_out, size_t size_bytes,
                                                        weft_test_turn_fn *turn, void *arg);

/* Receives up to and including the first `end`, nothing behind it, and puts a NUL after it:
 * weft_test_receive_until(fd, line, sizeof line, "\r\n", turn, arg). WEFT_EFULL if cap_bytes are
 * too few; on failure the buffer holds what came so far, and the NUL. */
WEFT_API WEFT_CHECKED weft_status weft_test_receive_until(int fd, char *text_out, size_t cap_bytes,
                                                          const char *end, weft_test_turn_fn *turn,
                                                          void *arg);

/* Sends zeroes until the socket would block. Returns how many bytes it took. */
WEFT_API size_t weft_test_fill(int fd);

/* Receives and forgets until the socket would block or has ended. Returns how many bytes came. */
WEFT_API size_t weft_test_drain(int fd);

#ifdef __cplusplus
}
#endif
#endif
