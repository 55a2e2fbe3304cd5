/* Descriptors when the system interrupts a call, or lets it fail in a way that is hard to come by. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "net_check.h"

/* ---- the calls ------------------------------------------------------------------------------- */

/* Those of the library come here first. Each fails as often as it is told to. */
enum call { RECV, READ, SEND, SENDMSG, WRITEV, RECVMSG, SENDTO, POLL, ACCEPT, OPEN, TAKE, CALLS };

static struct {
    int count;        /* calls so far */
    int times, error; /* how often it is to fail yet, and with what */
} calls[CALLS];

static bool fails(enum call call)
{
    calls[call].count++;
    if (!calls[call].times)
        return false;
    calls[call].times--;
    errno = calls[call].error;
    return true;
}

static void let_fail(enum call call, int times, int error)
{
    calls[call].count = 0;
    calls[call].times = times;
    calls[call].error = error;
}

#define REAL(name, ...) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

#if defined(__GLIBC__) /* where they are unions of all kinds of addresses */
typedef __CONST_SOCKADDR_ARG address_in;
typedef __SOCKADDR_ARG address_out;
#else
typedef const struct sockaddr *address_in;
typedef struct sockaddr *restrict address_out;
#endif

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    return fails(RECV) ? -1 : REAL(recv, fd, buffer, size, flags);
}

ssize_t read(int fd, void *buffer, size_t size)
{
    return fails(READ) ? -1 : REAL(read, fd, buffer, size);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    return fails(SEND) ? -1 : REAL(send, fd, bytes, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return fails(SENDMSG) ? -1 : REAL(sendmsg, fd, message, flags);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return fails(WRITEV) ? -1 : REAL(writev, fd, parts, count);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    return fails(RECVMSG) ? -1 : REAL(recvmsg, fd, message, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, address_in to, socklen_t len)
{
    return fails(SENDTO) ? -1 : REAL(sendto, fd, bytes, size, flags, to, len);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    return fails(POLL) ? -1 : REAL(poll, fds, count, timeout);
}

int accept(int fd, address_out address, socklen_t *restrict len)
{
    return fails(ACCEPT) ? -1 : REAL(accept, fd, address, len);
}

int open(const char *path, int flags, ...)
{
    return fails(OPEN) ? -1 : REAL(open, path, flags);
}

#if defined(__linux__)
int accept4(int fd, address_out address, socklen_t *restrict len, int flags)
{
    return fails(ACCEPT) ? -1 : REAL(accept4, fd, address, len, flags);
}

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    return fails(TAKE) ? -1 : REAL(sigtimedwait, set, info, timeout);
}
#endif

static int setup(void **state)
{
    (void)state;
    memset(calls, 0, sizeof calls);
    return 0;
}

/* ---- reading and writing --------------------------------------------------------------------- */

enum { TIMES = 3 };

static void an_interrupted_read_is_repeated(void **state)
{
    (void)state;
    int a, b;
    char bytes[8];
    size_t moved = 0;
    for (int is_pipe = 0; is_pipe < 2; is_pipe++) {
        assert_int_equal(is_pipe ? weft_pipe(&a, &b) : weft_socketpair(&a, &b), WEFT_OK);
        assert_int_equal(weft_write(b, "hello", 5, &moved), WEFT_OK);
        let_fail(RECV, TIMES, EINTR);
        let_fail(READ, TIMES, EINTR);
        assert_int_equal(weft_read(a, bytes, sizeof bytes, &moved), WEFT_OK);
        assert_int_equal(moved, 5);
        assert_int_equal(calls[RECV].count, TIMES + 1);
        assert_int_equal(calls[READ].count, is_pipe ? TIMES + 1 : 0);
        /* The end is no failure, whatever errno was. */
        close(b);
        let_fail(RECV, 1, EINTR);
        let_fail(READ, 1, EINTR);
        assert_int_equal(weft_read(a, bytes, sizeof bytes, &moved), WEFT_ECLOSED);
        assert_int_equal(errno, 0);
        close(a);
    }
}

static void an_interrupted_write_is_repeated_and_done_once(void **state)
{
    (void)state;
    int a, b;
    char bytes[32];
    size_t moved = 0, got = 0;
    const struct iovec parts[] = { { (char[]){ "hel" }, 3 }, { (char[]){ "lo" }, 2 } };
    for (int is_pipe = 0; is_pipe < 2; is_pipe++) {
        assert_int_equal(is_pipe ? weft_pipe(&a, &b) : weft_socketpair(&a, &b), WEFT_OK);
        let_fail(SEND, TIMES, EINTR);
        let_fail(WRITEV, TIMES, EINTR);
        assert_int_equal(weft_write(b, "hello", 5, &moved), WEFT_OK);
        assert_int_equal(moved, 5);
        assert_int_equal(calls[SEND].count, TIMES + 1);
        assert_int_equal(calls[WRITEV].count, is_pipe ? TIMES + 1 : 0);
        let_fail(SENDMSG, TIMES, EINTR);
        let_fail(WRITEV, TIMES, EINTR);
        assert_int_equal(weft_writev(b, parts, COUNT(parts), &moved), WEFT_OK);
        assert_int_equal(moved, 5);
        assert_int_equal(calls[SENDMSG].count, TIMES + 1);
        errno = ENOTSOCK; /* somebody else's */
        assert_int_equal(weft_writev(b, parts, COUNT(parts), &moved), WEFT_OK);
        /* Nothing is written at once, too. */
        let_fail(SEND, 1, EINTR);
        let_fail(SENDMSG, 1, EINTR);
        let_fail(WRITEV, 1, EINTR);
        assert_int_equal(weft_write(b, "", 0, &moved), WEFT_OK);
        assert_int_equal(moved, 0);
        let_fail(WRITEV, 1, EINTR);
        assert_int_equal(weft_writev(b, &(struct iovec){ (char[]){ "" }, 0 }, 1, &moved), WEFT_OK);
        assert_int_equal(moved, 0);
        assert_int_equal(weft_read(a, bytes, sizeof bytes, &got), WEFT_OK);
        assert_int_equal(got, 15);
        assert_memory_equal(bytes, "hellohellohello", 15);
        close_both(a, b);
    }
}

static void a_socket_that_takes_nothing_is_asked_once(void **state)
{
    (void)state;
    static const struct {
        int error;
        weft_status status;
    } rows[] = { { EAGAIN, WEFT_EAGAIN }, { EPIPE, WEFT_ECLOSED }, { ENOMEM, WEFT_ENOMEM } };
    int a, b;
    assert_int_equal(weft_socketpair(&a, &b), WEFT_OK);
    const struct iovec part = { (char[]){ "x" }, 1 };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t put = 99;
        let_fail(SEND, 1, rows[i].error);
        let_fail(SENDMSG, 1, rows[i].error);
        assert_int_equal(weft_write(b, "x", 1, &put), rows[i].status);
        assert_int_equal(errno, rows[i].error);
        assert_int_equal(weft_writev(b, &part, 1, &put), rows[i].status);
        assert_int_equal(errno, rows[i].error);
        assert_int_equal(put, 99);
    }
    assert_int_equal(calls[WRITEV].count, 0);
    close_both(a, b);
}

/* Any SIGPIPE would end the test: its disposition is the default. */
static void a_sigpipe_is_taken_though_that_is_interrupted(void **state)
{
    (void)state;
    struct sigaction former;
    const struct sigaction fatal = { .sa_handler = SIG_DFL };
    int a, b;
    size_t put = 99;
    assert_int_equal(sigaction(SIGPIPE, &fatal, &former), 0);
    assert_int_equal(weft_pipe(&a, &b), WEFT_OK);
    close(a);
    let_fail(TAKE, TIMES, EINTR);
    assert_int_equal(weft_write(b, "x", 1, &put), WEFT_ECLOSED);
    assert_int_equal(errno, EPIPE);
    close(b);
    assert_int_equal(sigaction(SIGPIPE, &former, NULL), 0);
}

static void an_interrupted_datagram_is_repeated(void **state)
{
    (void)state;
    int a, b;
    char bytes[8];
    weft_address to;
    size_t got = 99;
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &a), WEFT_OK);
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &b), WEFT_OK);
    assert_int_equal(weft_local_address(a, &to), WEFT_OK);
    let_fail(SENDTO, TIMES, EINTR);
    assert_int_equal(weft_sendto(b, "", 0, &to), WEFT_OK);
    assert_int_equal(calls[SENDTO].count, TIMES + 1);
    wait_for(a, POLLIN);
    let_fail(RECVMSG, TIMES, EINTR);
    assert_int_equal(weft_recvfrom(a, bytes, sizeof bytes, &got, NULL), WEFT_OK);
    assert_int_equal(got, 0);
    assert_int_equal(calls[RECVMSG].count, TIMES + 1);
    assert_int_equal(weft_recvfrom(a, bytes, sizeof bytes, &got, NULL), WEFT_EAGAIN);
    close_both(a, b);
}

/* ---- connecting and accepting ---------------------------------------------------------------- */

/* A connection that stays undecided: the listener's backlog is full, and it does not accept. */
static int connect_undecided(int listener_fd, int *fds, int cap)
{
    for (int i = 0; i < cap; i++) {
        assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(listener_fd), &fds[i]),
                         WEFT_OK);
        struct pollfd decided = { .fd = fds[i], .events = POLLOUT };
        if (poll(&decided, 1, 20) == 0)
            return i + 1;
    }
    fail_msg("%d clients connected, and nobody accepts them", cap);
    return 0;
}

static void what_is_undecided_is_asked_again(void **state)
{
    (void)state;
    int listener, fds[64];
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 1, &listener), WEFT_OK);
    const int count = connect_undecided(listener, fds, (int)COUNT(fds));
    assert_true(count > 1);
    assert_int_equal(weft_connect_result(fds[count - 1]), WEFT_EAGAIN);
    let_fail(POLL, TIMES, EINTR);
    assert_int_equal(weft_connect_result(fds[count - 1]), WEFT_EAGAIN);
    assert_int_equal(calls[POLL].count, TIMES + 1);
    let_fail(POLL, TIMES, EINTR);
    assert_int_equal(weft_connect_result(fds[0]), WEFT_OK);
    let_fail(POLL, 1, ENOMEM);
    assert_int_equal(weft_connect_result(fds[0]), WEFT_ENOMEM);
    for (int i = 0; i < count; i++)
        close(fds[i]);
    close(listener);
}

static void what_never_connected_is_no_connection(void **state)
{
    (void)state;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(weft_connect_result(fd), WEFT_ESYSTEM);
    assert_int_equal(errno, ENOTCONN);
    close(fd);
}

static void listen_with_a_client(weft_listener *listener, int *client_out)
{
    int fd;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &fd), WEFT_OK);
    assert_int_equal(weft_listener_init(listener, fd), WEFT_OK);
    assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(fd), client_out), WEFT_OK);
    wait_for(fd, POLLIN);
}

static void clients_that_are_gone_are_skipped_but_not_for_ever(void **state)
{
    (void)state;
    static const int faults[] = { EINTR,       ECONNABORTED, EPROTO,       EPERM,       ENETDOWN,
                                  ENOPROTOOPT, EHOSTDOWN,    EHOSTUNREACH, ENETUNREACH, ETIMEDOUT };
    weft_listener listener;
    int client, server;
    for (size_t i = 0; i < COUNT(faults); i++) {
        listen_with_a_client(&listener, &client);
        let_fail(ACCEPT, TIMES, faults[i]);
        assert_int_equal(weft_accept(&listener, &server), WEFT_OK);
        assert_int_equal(calls[ACCEPT].count, TIMES + 1);
        close_both(client, server);
        weft_listener_fini(&listener);
    }
    listen_with_a_client(&listener, &client);
    let_fail(ACCEPT, 300, ECONNABORTED);
    server = -1;
    assert_int_equal(weft_accept(&listener, &server), WEFT_EAGAIN);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(server, -1);
    assert_int_equal(calls[ACCEPT].count, 256);
    assert_int_equal(weft_accept(&listener, &server), WEFT_OK);
    close_both(client, server);
    weft_listener_fini(&listener);
}

static void a_failure_of_the_listener_sends_nobody_away(void **state)
{
    (void)state;
    weft_listener listener;
    int client, server = -1;
    listen_with_a_client(&listener, &client);
    const int spare_fd = listener.spare_fd;
    let_fail(ACCEPT, 1, ENOMEM);
    assert_int_equal(weft_accept(&listener, &server), WEFT_ENOMEM);
    assert_int_equal(calls[ACCEPT].count, 1);
    assert_int_equal(listener.spare_fd, spare_fd);
    assert_int_equal(weft_accept(&listener, &server), WEFT_OK);
    assert_int_equal(listener.spare_fd, spare_fd);
    close_both(client, server);
    weft_listener_fini(&listener);
}

static void at_the_systems_limit_a_client_is_sent_away(void **state)
{
    (void)state;
    weft_listener listener;
    int client, server = -1;
    char byte;
    size_t got;
    listen_with_a_client(&listener, &client);
    let_fail(ACCEPT, 1, ENFILE);
    errno = 0;
    assert_int_equal(weft_accept(&listener, &server), WEFT_ELIMIT);
    assert_int_equal(errno, ENFILE);
    wait_for(client, POLLIN);
    assert_int_equal(weft_read(client, &byte, 1, &got), WEFT_ECLOSED);
    /* Without a client there is nobody to send away, and the reserve may be lost meanwhile. */
    let_fail(ACCEPT, 1, ENFILE);
    let_fail(OPEN, 1, ENFILE);
    assert_int_equal(weft_accept(&listener, &server), WEFT_EAGAIN);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(listener.spare_fd, -1);
    assert_int_equal(server, -1);
    close(client);
    weft_listener_fini(&listener);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_interrupted_read_is_repeated, setup),
        cmocka_unit_test_setup(an_interrupted_write_is_repeated_and_done_once, setup),
        cmocka_unit_test_setup(a_socket_that_takes_nothing_is_asked_once, setup),
        cmocka_unit_test_setup(a_sigpipe_is_taken_though_that_is_interrupted, setup),
        cmocka_unit_test_setup(an_interrupted_datagram_is_repeated, setup),
        cmocka_unit_test_setup(what_is_undecided_is_asked_again, setup),
        cmocka_unit_test_setup(what_never_connected_is_no_connection, setup),
        cmocka_unit_test_setup(clients_that_are_gone_are_skipped_but_not_for_ever, setup),
        cmocka_unit_test_setup(a_failure_of_the_listener_sends_nobody_away, setup),
        cmocka_unit_test_setup(at_the_systems_limit_a_client_is_sent_away, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
