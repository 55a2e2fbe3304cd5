/* A part of bench-echo: echo servers by hand, as a program would be that does nothing else. They
 * give up where a real server would have to be patient. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo_servers.h"
#include "support/bench.h"

enum { BATCH = 256, BUFFER_BYTES = 16 * 1024, MAX_CLIENTS = 1024 };

static char buffer[BUFFER_BYTES];

/* A client, or -1 if none waits. */
static int take_client(int listener)
{
    const int on = 1;
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* False when the client has left. */
static bool serve_once(int fd)
{
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got > 0)
        return send(fd, buffer, (size_t)got, MSG_NOSIGNAL) == got;
    return got < 0 && errno == EAGAIN;
}

static void watch(int set, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    bench_must(!epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), "epoll takes a descriptor");
}

static void epoll_server(int listener, int timeout)
{
    struct epoll_event events[BATCH];
    const int set = epoll_create1(EPOLL_CLOEXEC);
    watch(set, listener);
    for (;;) {
        const int ready = epoll_wait(set, events, BATCH, timeout);
        for (int i = 0; i < ready; i++) {
            const int fd = events[i].data.fd;
            if (fd != listener) {
                if (!serve_once(fd))
                    close(fd);
                continue;
            }
            for (int client; (client = take_client(listener)) >= 0;)
                watch(set, client);
        }
    }
}

void echo_epoll_busy(int listener)
{
    epoll_server(listener, 0);
}

void echo_epoll_park(int listener)
{
    epoll_server(listener, -1);
}

/* Without a poller it cannot see who comes; it looks for clients when all those it has had left. */
void echo_recv_busy(int listener)
{
    int fds[MAX_CLIENTS];
    for (int count = 0;;) {
        while (count < MAX_CLIENTS && (fds[count] = take_client(listener)) >= 0)
            count++;
        for (int rounds = 0; rounds < 10000; rounds++)
            for (int i = 0; i < count; i++)
                if (!serve_once(fds[i])) {
                    close(fds[i]);
                    fds[i--] = fds[--count];
                }
    }
}
