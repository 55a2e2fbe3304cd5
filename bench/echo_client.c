#define _GNU_SOURCE
#include "echo_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 64, WARM_UP = 2000, MANY_WARM_UP = 12800 };

static int connect_to(uint16_t port)
{
    const int on = 1;
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_must(fd >= 0 && !connect(fd, (const struct sockaddr *)&address, sizeof address) &&
                   !setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on),
               "the server takes a connection");
    return fd;
}

/* Each message begins with its number, which must come back. */
static void send_message(int fd, uint64_t number)
{
    char message[MESSAGE_BYTES] = "";
    memcpy(message, &number, sizeof number);
    bench_must(send(fd, message, sizeof message, MSG_NOSIGNAL) == sizeof message,
               "a message is taken");
}

static void receive_message(int fd, uint64_t number, bool busy)
{
    char message[MESSAGE_BYTES];
    uint64_t back;
    for (size_t have = 0; have < sizeof message;) {
        const ssize_t got =
            recv(fd, message + have, sizeof message - have, busy ? MSG_DONTWAIT : 0);
        bench_must(got > 0 || (got < 0 && errno == EAGAIN), "a message comes back");
        have += got > 0 ? (size_t)got : 0;
    }
    memcpy(&back, message, sizeof back);
    bench_must(back == number, "the message that comes back is the one that was sent");
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static echo_figures figures_of(double *ns, size_t count, double elapsed_ns)
{
    qsort(ns, count, sizeof *ns, by_value);
    return (echo_figures){ .p50_ns = ns[count / 2],
                           .p99_ns = ns[count - 1 - count / 100],
                           .p999_ns = ns[count - 1 - count / 1000],
                           .rate = (double)count * 1e9 / elapsed_ns };
}

echo_figures echo_ping_pong(const bench *b, uint16_t port, size_t messages, bool busy)
{
    double *const ns = bench_alloc(messages, sizeof *ns);
    const int fd = connect_to(port);
    for (uint64_t i = 0; i < WARM_UP; i++) {
        send_message(fd, i);
        receive_message(fd, i, busy);
    }
    const uint64_t begin = bench_ticks();
    for (uint64_t i = 0, before = begin; i < messages; i++) {
        send_message(fd, i);
        receive_message(fd, i, busy);
        const uint64_t now = bench_ticks();
        ns[i] = bench_ns(b, now - before);
        before = now;
    }
    const echo_figures figures = figures_of(ns, messages, bench_ns(b, bench_ticks() - begin));
    close(fd);
    free(ns);
    return figures;
}

/* One round over all connections. ns is NULL while it warms up. */
static void go_round(const bench *b, const int *fds, uint64_t *sent_ticks, size_t connections,
                     uint64_t round, double *ns)
{
    for (size_t i = 0; i < connections; i++) {
        receive_message(fds[i], round, true);
        const uint64_t now = bench_ticks();
        if (ns)
            ns[i] = bench_ns(b, now - sent_ticks[i]);
        sent_ticks[i] = now;
        send_message(fds[i], round + 1);
    }
}

echo_figures echo_many(const bench *b, uint16_t port, size_t connections, size_t messages)
{
    const size_t rounds = messages / connections;
    const size_t warm_up = MANY_WARM_UP / connections;
    double *const ns = bench_alloc(rounds * connections, sizeof *ns);
    uint64_t *const sent_ticks = bench_alloc(connections, sizeof *sent_ticks);
    int *const fds = bench_alloc(connections, sizeof *fds);
    for (size_t i = 0; i < connections; i++)
        fds[i] = connect_to(port);
    for (size_t i = 0; i < connections; i++)
        send_message(fds[i], 0);
    for (size_t round = 0; round < warm_up; round++)
        go_round(b, fds, sent_ticks, connections, round, NULL);
    const uint64_t begin = bench_ticks();
    for (size_t round = 0; round < rounds; round++)
        go_round(b, fds, sent_ticks, connections, warm_up + round, ns + round * connections);
    const echo_figures figures =
        figures_of(ns, rounds * connections, bench_ns(b, bench_ticks() - begin));
    for (size_t i = 0; i < connections; i++)
        close(fds[i]);
    free(fds);
    free(sent_ticks);
    free(ns);
    return figures;
}
