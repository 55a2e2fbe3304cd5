/* What the tests of descriptors share. */
#ifndef WEFT_TEST_NET_CHECK_H
#define WEFT_TEST_NET_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <weft/net.h>

#ifndef COUNT
#define COUNT(array) (sizeof(array) / sizeof *(array))
#endif

static inline void wait_for(int fd, short events)
{
    struct pollfd ready = { .fd = fd, .events = events };
    while (poll(&ready, 1, -1) < 0)
        assert_int_equal(errno, EINTR);
}

static inline void assert_polite(int fd)
{
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
}

static inline void assert_carries(int from_fd, int to_fd)
{
    char bytes[8];
    size_t put = 0, got = 0;
    assert_int_equal(weft_write(from_fd, "hello", 5, &put), WEFT_OK);
    assert_int_equal(put, 5);
    wait_for(to_fd, POLLIN);
    assert_int_equal(weft_read(to_fd, bytes, sizeof bytes, &got), WEFT_OK);
    assert_int_equal(got, 5);
    assert_memory_equal(bytes, "hello", 5);
}

/* Two connected TCP sockets. */
static inline void tcp_pair(int *client_out, int *server_out)
{
    int fd;
    weft_listener listener;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &fd), WEFT_OK);
    assert_int_equal(weft_listener_init(&listener, fd), WEFT_OK);
    assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(fd), client_out), WEFT_OK);
    wait_for(fd, POLLIN);
    assert_int_equal(weft_accept(&listener, server_out), WEFT_OK);
    wait_for(*client_out, POLLOUT);
    assert_int_equal(weft_connect_result(*client_out), WEFT_OK);
    weft_listener_fini(&listener);
}

static inline void close_both(int a, int b)
{
    close(a);
    close(b);
}

#endif
