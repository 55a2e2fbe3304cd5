/* Echo servers under one client: ours, weft-echo as a program of its own, and beside it the same by
 * hand over epoll, and libuv's loop. Each server is a process on a CPU of its own, the client has
 * another one. Servers take turns, one at a time.
 *
 *     echo.1         a round trip of 64 bytes, 1 connection: the median, against a server by hand.
 *                    Servers never sleep; the client sleeps until its message is back, so the time
 *                    to wake it is in there, the same for all
 *     echo.1.busy    the same, but the client does not sleep either
 *     echo.1.park    the same as echo.1, but all servers sleep when there is nothing to do
 *     echo.64        messages per second, 64 connections with one message in flight each, against
 *                    the server by hand; servers never sleep
 *     echo.64.park   the same, but all servers sleep when there is nothing to do
 *
 * Behind each, .uring is ours with io_uring instead of epoll, against the same; .p50, .p99 and
 * .p999 are percentiles of a round trip, .recv compares with a server that reads its sockets
 * without asking a poller, and .uv compares rates with libuv's.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>

#include "echo_client.h"
#include "echo_servers.h"
#include "support/bench.h"

enum { TURNS = 9, CONNECTIONS = 64, PING_PONGS = 8000, MESSAGES = 24000 };

typedef struct side {
    bench_role role;
    const char *suffix; /* of ours, and of a second by hand: put behind the id of the contest */
    echo_server server;
    double p50_ns[TURNS], p99_ns[TURNS], p999_ns[TURNS], rate[TURNS];
} side;

typedef struct contest {
    const char *id;
    const char *what;
    size_t connections;
    bool busy_client;
    side *sides; /* the first is by hand */
} contest;

/* ---- running --------------------------------------------------------------------------------- */

static void take_turn(const bench *b, const contest *c, side *s, size_t turn, int cpu)
{
    echo_server_start(&s->server, cpu);
    const echo_figures figures = c->connections == 1
                                     ? echo_ping_pong(b, s->server.port, PING_PONGS, c->busy_client)
                                     : echo_many(b, s->server.port, c->connections, MESSAGES);
    echo_server_stop(&s->server);
    s->p50_ns[turn] = figures.p50_ns;
    s->p99_ns[turn] = figures.p99_ns;
    s->p999_ns[turn] = figures.p999_ns;
    s->rate[turn] = figures.rate;
}

static void run(const bench *b, contest *c, int cpu)
{
    for (size_t turn = 0; turn < TURNS; turn++)
        for (side *s = c->sides; s->server.name; s++)
            take_turn(b, c, s, turn, cpu);
    for (side *s = c->sides; s->server.name; s++) {
        (void)bench_median(s->p50_ns, TURNS); /* sorts */
        (void)bench_median(s->p99_ns, TURNS);
        (void)bench_median(s->p999_ns, TURNS);
        (void)bench_median(s->rate, TURNS);
    }
}

/* ---- recording ------------------------------------------------------------------------------- */

static const side *peer_of(const contest *c)
{
    for (const side *s = c->sides; s->server.name; s++)
        if (s->role == BENCH_PEER)
            return s;
    return NULL;
}

static const double *sorted_times(const side *s, int percentile)
{
    return percentile == 50 ? s->p50_ns : percentile == 99 ? s->p99_ns : s->p999_ns;
}

static void record_time(bench *b, const contest *c, const side *ours, const side *by_hand,
                        const char *id, const char *what, int percentile)
{
    const side *const peer = peer_of(c);
    const double *const our_ns = sorted_times(ours, percentile);
    const double *const hand_ns = sorted_times(by_hand, percentile);
    const double *const peer_ns = peer ? sorted_times(peer, percentile) : NULL;
    bench_record(b, &(bench_row){ .id = id,
                                  .what = what,
                                  .ns = our_ns[0],
                                  .median_ns = our_ns[TURNS / 2],
                                  .baseline = by_hand->server.name,
                                  .baseline_ns = hand_ns[0],
                                  .baseline_median_ns = hand_ns[TURNS / 2],
                                  .peer = peer ? peer->server.name : NULL,
                                  .peer_ns = peer ? peer_ns[0] : 0,
                                  .peer_median_ns = peer ? peer_ns[TURNS / 2] : 0 });
}

static void record_rate(bench *b, const side *ours, const side *other, const char *id,
                        const char *what)
{
    bench_record(b, &(bench_row){ .id = id,
                                  .what = what,
                                  .unit = "messages/s",
                                  .ns = ours->rate[TURNS - 1],
                                  .peer = other->server.name,
                                  .peer_ns = other->rate[TURNS - 1] });
}

static void record_ours(bench *b, const contest *c, const side *ours)
{
    static const struct {
        const char *suffix, *words;
        int percentile;
    } parts[] = { { "", "median", 50 },
                  { ".p99", "99th percentile", 99 },
                  { ".p999", "99.9th percentile", 999 } };
    const side *const by_hand = &c->sides[0];
    char id[64], what[160];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const bool has_rate = c->connections > 1 && i == 0;
        snprintf(id, sizeof id, "%s%s%s", c->id, ours->suffix, has_rate ? ".p50" : parts[i].suffix);
        snprintf(what, sizeof what, "%s, %s: %s of a round trip", ours->server.name, c->what,
                 parts[i].words);
        record_time(b, c, ours, by_hand, id, what, parts[i].percentile);
    }
    if (c->connections == 1)
        return;
    snprintf(what, sizeof what, "%s, %s: the best turn", ours->server.name, c->what);
    snprintf(id, sizeof id, "%s%s", c->id, ours->suffix);
    record_rate(b, ours, by_hand, id, what);
    snprintf(id, sizeof id, "%s%s.uv", c->id, ours->suffix);
    if (peer_of(c))
        record_rate(b, ours, peer_of(c), id, what);
}

/* Ours against each further server by hand. */
static void record_others(bench *b, const contest *c, const side *ours)
{
    char id[64];
    for (const side *s = c->sides + 1; s->server.name; s++) {
        if (s->role != BENCH_BASELINE)
            continue;
        snprintf(id, sizeof id, "%s%s", c->id, s->suffix);
        if (c->connections == 1)
            record_time(b, c, ours, s, id, c->what, 50);
        else
            record_rate(b, ours, s, id, c->what);
    }
}

static void contest_of(bench *b, contest *c, int cpu)
{
    const side *ours = NULL;
    if (!bench_wants(b, c->id))
        return;
    run(b, c, cpu);
    for (const side *s = c->sides; s->server.name; s++) {
        if (s->role != BENCH_OURS)
            continue;
        if (s->server.is_other) {
            bench_note(b, "%s%s was not measured: the kernel refuses io_uring", c->id, s->suffix);
            continue;
        }
        record_ours(b, c, s);
        ours = ours ? ours : s;
    }
    record_others(b, c, ours);
}

/* ---- contests -------------------------------------------------------------------------------- */

static const char *const epoll_spin[] = { "--backend", "epoll", "--mode", "spin", NULL };
static const char *const epoll_park[] = { "--backend", "epoll", "--mode", "park", NULL };
#if defined(WEFT_BENCH_HAVE_URING)
static const char *const uring_spin[] = { "--backend", "uring", "--mode", "spin", NULL };
static const char *const uring_park[] = { "--backend", "uring", "--mode", "park", NULL };
#endif

/* Ended by a server without a name. Contests share them, one after the other. */
static side busy[] = {
    { BENCH_BASELINE, .server = { .name = "epoll by hand, busy", .run = echo_epoll_busy } },
#if defined(WEFT_BENCH_HAVE_UV)
    { BENCH_PEER, .server = { .name = "libuv, busy", .run = echo_uv_busy } },
#endif
    { BENCH_OURS, .suffix = "",
      .server = { .name = "weft-echo, epoll, spin", .arguments = epoll_spin } },
#if defined(WEFT_BENCH_HAVE_URING)
    { BENCH_OURS, .suffix = ".uring",
      .server = { .name = "weft-echo, io_uring, spin",
                  .arguments = uring_spin,
                  .wanted = "io_uring" } },
#endif
    { BENCH_BASELINE, .suffix = ".recv",
      .server = { .name = "recv in a loop", .run = echo_recv_busy } },
    { .server = { .name = NULL } },
};

static side asleep[] = {
    { BENCH_BASELINE, .server = { .name = "epoll by hand, sleeping", .run = echo_epoll_park } },
#if defined(WEFT_BENCH_HAVE_UV)
    { BENCH_PEER, .server = { .name = "libuv, sleeping", .run = echo_uv_park } },
#endif
    { BENCH_OURS, .suffix = "",
      .server = { .name = "weft-echo, epoll, park", .arguments = epoll_park } },
#if defined(WEFT_BENCH_HAVE_URING)
    { BENCH_OURS, .suffix = ".uring",
      .server = { .name = "weft-echo, io_uring, park",
                  .arguments = uring_park,
                  .wanted = "io_uring" } },
#endif
    { .server = { .name = NULL } },
};

static contest contests[] = {
    { "echo.1", "1 connection", 1, false, busy },
    { "echo.1.busy", "1 connection, busy client", 1, true, busy },
    { "echo.1.park", "1 connection", 1, false, asleep },
    { "echo.64", "64 connections", CONNECTIONS, true, busy },
    { "echo.64.park", "64 connections", CONNECTIONS, true, asleep },
};

/* The first CPU of the set that is not `taken`, or -1. */
static int another_cpu(const cpu_set_t *cpus, int taken)
{
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (cpu != taken && CPU_ISSET((size_t)cpu, cpus))
            return cpu;
    return -1;
}

int main(int argc, char **argv)
{
    cpu_set_t cpus;
    bench_must(sched_getaffinity(0, sizeof cpus, &cpus) == 0, "the CPUs are known");
    bench *b = bench_open("echo", argc, argv);
    const int server_cpu = another_cpu(&cpus, sched_getcpu());
    if (server_cpu < 0)
        bench_note(b, "nothing was measured: client and server need a CPU each");
    for (size_t i = 0; server_cpu >= 0 && i < sizeof contests / sizeof *contests; i++)
        contest_of(b, &contests[i], server_cpu);
    bench_note(b,
               "%d turns of %d round trips, or %d messages over %d connections; rates are those "
               "of the best turns",
               TURNS, PING_PONGS, MESSAGES, CONNECTIONS);
    return bench_close(b);
}
