/* Descriptors: making, connecting, accepting, reading, writing, and how they fail. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <weft/net.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void wait_for(int fd, short events)
{
    struct pollfd ready = { .fd = fd, .events = events };
    while (poll(&ready, 1, -1) < 0)
        assert_int_equal(errno, EINTR);
}

static void assert_polite(int fd)
{
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
}

static void assert_carries(int from_fd, int to_fd)
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
static void tcp_pair(int *client_out, int *server_out)
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

static void close_both(int a, int b)
{
    close(a);
    close(b);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void addresses_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        uint16_t port;
        const char *text; /* NULL: it is no address */
    } cases[] = {
        { "127.0.0.1", 80, "127.0.0.1:80" },
        { "0.0.0.0", 0, "0.0.0.0:0" },
        { "255.255.255.255", 65535, "255.255.255.255:65535" },
        { "::", 1, "[::]:1" },
        { "::1", 6379, "[::1]:6379" },
        { "2001:DB8::1", 5, "[2001:db8::1]:5" },
        { "::ffff:1.2.3.4", 5, "[::ffff:1.2.3.4]:5" },
        { "fe80::1%lo", 9, "[fe80::1%lo]:9" },
        { NULL, 80, NULL },
        { "", 80, NULL },
        { "localhost", 80, NULL },
        { "127.0.0", 80, NULL },
        { "127.0.0.256", 80, NULL },
        { "127.0.0.1 ", 80, NULL },
        { "127.0.0.1:80", 80, NULL },
        { "[::1]", 80, NULL },
        { ":::", 80, NULL },
        { "fe80::1%nosuchinterface", 80, NULL },
        { "%lo", 80, NULL },
        { "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", 80, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[WEFT_ADDRESS_TEXT_BYTES];
        weft_address address = { .len = 77 };
        const weft_status status = weft_address_parse(cases[i].host, cases[i].port, &address);
        if (cases[i].text) {
            assert_int_equal(status, WEFT_OK);
            assert_ptr_equal(weft_address_format(&address, text, sizeof text), text);
            assert_string_equal(text, cases[i].text);
        } else {
            assert_int_equal(status, WEFT_EINVAL);
            assert_int_equal(address.len, 77);
        }
    }
}

static void a_text_that_is_too_long_is_cut(void **state)
{
    (void)state;
    weft_address address;
    char text[6];
    assert_int_equal(weft_address_parse("127.0.0.1", 80, &address), WEFT_OK);
    assert_string_equal(weft_address_format(&address, text, sizeof text), "127.0");
    assert_string_equal(weft_address_format(&address, text, 1), "");
}

static void both_ends_have_an_address(void **state)
{
    (void)state;
    int client, server;
    tcp_pair(&client, &server);
    weft_address here, there;
    char a[WEFT_ADDRESS_TEXT_BYTES], b[WEFT_ADDRESS_TEXT_BYTES];
    assert_int_equal(weft_local_address(client, &here), WEFT_OK);
    assert_int_equal(weft_peer_address(server, &there), WEFT_OK);
    assert_string_equal(weft_address_format(&here, a, sizeof a),
                        weft_address_format(&there, b, sizeof b));
    assert_int_equal(weft_local_port(client),
                     ntohs(((struct sockaddr_in *)&here.storage)->sin_port));
    close_both(client, server);
    assert_int_equal(weft_socketpair(&client, &server), WEFT_OK);
    assert_int_equal(weft_local_address(client, &here), WEFT_OK);
    assert_string_equal(weft_address_format(&here, a, sizeof a), "unix:");
    assert_int_equal(weft_local_port(client), 0);
    close_both(client, server);
    assert_int_equal(weft_local_address(-1, &here), WEFT_ESYSTEM);
    assert_int_equal(weft_local_port(-1), 0);
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void a_tcp_connection_is_made(void **state)
{
    (void)state;
    static const char *const hosts[] = { "127.0.0.1", "::1" };
    for (size_t i = 0; i < COUNT(hosts); i++) {
        int fd, client, server = -1;
        weft_listener listener;
        const weft_status status = weft_tcp_listen(hosts[i], 0, 1, &fd);
        if (i == 1 && status == WEFT_ESYSTEM && errno == EADDRNOTAVAIL)
            continue; /* a machine without IPv6 */
        assert_int_equal(status, WEFT_OK);
        assert_polite(fd);
        assert_int_not_equal(weft_local_port(fd), 0);
        assert_int_equal(weft_listener_init(&listener, fd), WEFT_OK);
        assert_int_equal(weft_accept(&listener, &server), WEFT_EAGAIN);
        assert_int_equal(server, -1);
        assert_int_equal(weft_tcp_connect(hosts[i], weft_local_port(fd), &client), WEFT_OK);
        assert_polite(client);
        wait_for(fd, POLLIN);
        assert_int_equal(weft_accept(&listener, &server), WEFT_OK);
        assert_polite(server);
        wait_for(client, POLLOUT);
        assert_int_equal(weft_connect_result(client), WEFT_OK);
        assert_int_equal(weft_set_nodelay(client), WEFT_OK);
        int on = 0;
        socklen_t len = sizeof on;
        assert_int_equal(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
        assert_int_not_equal(on, 0);
        assert_carries(client, server);
        assert_carries(server, client);
        close_both(client, server);
        weft_listener_fini(&listener);
        weft_listener_fini(&listener);
    }
}

static void a_unix_connection_is_made(void **state)
{
    (void)state;
    int fd, client, server, again = -1;
    weft_listener listener;
    char text[WEFT_ADDRESS_TEXT_BYTES];
    weft_address address;
    assert_int_equal(weft_unix_listen("socket", 0, &fd), WEFT_OK);
    assert_polite(fd);
    assert_int_equal(weft_unix_listen("socket", 0, &again), WEFT_EEXISTS);
    assert_int_equal(again, -1);
    assert_int_equal(weft_local_address(fd, &address), WEFT_OK);
    assert_string_equal(weft_address_format(&address, text, sizeof text), "unix:socket");
    assert_int_equal(weft_listener_init(&listener, fd), WEFT_OK);
    assert_int_equal(weft_unix_connect("socket", &client), WEFT_OK);
    assert_polite(client);
    assert_int_equal(weft_connect_result(client), WEFT_OK);
    assert_int_equal(weft_accept(&listener, &server), WEFT_OK);
    assert_carries(client, server);
    close_both(client, server);
    weft_listener_fini(&listener);
    assert_int_equal(weft_unix_connect("socket", &client), WEFT_ECLOSED);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_equal(unlink("socket"), 0);
    assert_int_equal(weft_unix_connect("socket", &client), WEFT_ESYSTEM);
    assert_int_equal(errno, ENOENT);
}

static void the_longest_path_fits_and_one_more_does_not(void **state)
{
    (void)state;
    char path[sizeof((struct sockaddr_un *)0)->sun_path + 1];
    memset(path, 'x', sizeof path);
    path[107] = '\0';
    int fd = -1;
    assert_int_equal(weft_unix_listen(path, 0, &fd), WEFT_OK);
    weft_address address;
    char text[WEFT_ADDRESS_TEXT_BYTES];
    assert_int_equal(weft_local_address(fd, &address), WEFT_OK);
    assert_string_equal(weft_address_format(&address, text, sizeof text) + 5, path);
    close(fd);
    assert_int_equal(unlink(path), 0);
    path[107] = 'x';
    path[108] = '\0';
    static const char *const none = NULL;
    const char *const wrong[] = { path, "", none };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        fd = -1;
        assert_int_equal(weft_unix_listen(wrong[i], 0, &fd), WEFT_EINVAL);
        assert_int_equal(weft_unix_connect(wrong[i], &fd), WEFT_EINVAL);
        assert_int_equal(errno, EINVAL);
        assert_int_equal(fd, -1);
    }
}

static void a_refused_connection_says_so(void **state)
{
    (void)state;
    int listener, fd = -1;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &listener), WEFT_OK);
    const uint16_t port = weft_local_port(listener);
    close(listener);
    assert_int_equal(weft_tcp_connect("127.0.0.1", port, &fd), WEFT_OK);
    wait_for(fd, POLLOUT);
    assert_int_equal(weft_connect_result(fd), WEFT_ECLOSED);
    assert_int_equal(errno, ECONNREFUSED);
    close(fd);
    /* Asked of what never was connected: an answer, not a wait for ever. */
    assert_int_equal(weft_socketpair(&fd, &listener), WEFT_OK);
    assert_int_equal(weft_connect_result(fd), WEFT_OK);
    close_both(fd, listener);
    assert_int_equal(weft_connect_result(fd), WEFT_ESYSTEM);
}

static void an_address_in_use_says_so(void **state)
{
    (void)state;
    int first, second = -1;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &first), WEFT_OK);
    assert_int_equal(weft_tcp_listen("127.0.0.1", weft_local_port(first), 0, &second),
                     WEFT_EEXISTS);
    assert_int_equal(second, -1);
    close(first);
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &first), WEFT_OK);
    assert_int_equal(weft_udp_bind("127.0.0.1", weft_local_port(first), &second), WEFT_EEXISTS);
    assert_int_equal(second, -1);
    close(first);
}

static void what_is_no_address_or_backlog_is_refused(void **state)
{
    (void)state;
    int fd = -1;
    assert_int_equal(weft_tcp_listen("localhost", 0, 0, &fd), WEFT_EINVAL);
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, -1, &fd), WEFT_EINVAL);
    assert_int_equal(weft_tcp_connect("", 1, &fd), WEFT_EINVAL);
    assert_int_equal(weft_udp_bind(NULL, 0, &fd), WEFT_EINVAL);
    assert_int_equal(weft_tcp_listen("192.0.2.1", 0, 0, &fd), WEFT_ESYSTEM); /* not ours */
    assert_int_equal(errno, EADDRNOTAVAIL);
    assert_int_equal(weft_set_nodelay(-1), WEFT_ESYSTEM);
    assert_int_equal(fd, -1);
}

/* ---- accepting ------------------------------------------------------------------------------- */

static void clients_that_gave_up_do_not_disturb(void **state)
{
    (void)state;
    int fd, client, server;
    weft_listener listener;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &fd), WEFT_OK);
    assert_int_equal(weft_listener_init(&listener, fd), WEFT_OK);
    const struct linger reset = { .l_onoff = 1 };
    for (int i = 0; i < 10; i++) {
        assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(fd), &client), WEFT_OK);
        wait_for(client, POLLOUT);
        assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
        close(client);
    }
    assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(fd), &client), WEFT_OK);
    wait_for(client, POLLOUT);
    /* Linux hands the dead ones out too; all that counts is that the living one comes. */
    int accepted = 0;
    weft_status status;
    while ((status = weft_accept(&listener, &server)) == WEFT_OK) {
        accepted++;
        weft_address here, there;
        if (!weft_peer_address(server, &there)) {
            assert_int_equal(weft_local_address(client, &here), WEFT_OK);
            assert_memory_equal(&here.storage, &there.storage, sizeof(struct sockaddr_in));
        }
        close(server);
    }
    assert_int_equal(status, WEFT_EAGAIN);
    assert_true(accepted >= 1);
    close(client);
    weft_listener_fini(&listener);
}

static size_t exhaust(int *fds, size_t cap)
{
    size_t count = 0;
    while (count < cap && (fds[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        count++;
    assert_true(count < cap);
    assert_int_equal(errno, EMFILE);
    return count;
}

enum { WAITING = 3, FILES = 64 };

static void a_listener_survives_the_limit_of_open_files(void **state)
{
    (void)state;
    struct rlimit before, low;
    int fd, clients[WAITING], server = -1, fds[FILES];
    weft_listener listener;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &fd), WEFT_OK);
    assert_int_equal(weft_listener_init(&listener, fd), WEFT_OK);
    for (int i = 0; i < WAITING; i++) {
        assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(fd), &clients[i]), WEFT_OK);
        wait_for(clients[i], POLLOUT);
    }
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = FILES;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    size_t count = exhaust(fds, COUNT(fds));
    /* Each is sent away, so the listener does not stay readable. */
    for (int i = 0; i < WAITING; i++) {
        assert_int_equal(weft_accept(&listener, &server), WEFT_ELIMIT);
        assert_int_equal(server, -1);
        wait_for(clients[i], POLLIN);
        char byte;
        size_t got;
        assert_int_equal(weft_read(clients[i], &byte, 1, &got), WEFT_ECLOSED);
        close(clients[i]);
        fds[count++] = open("/dev/null", O_RDONLY | O_CLOEXEC); /* takes what that set free */
    }
    assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 0);
    /* Everything that makes descriptors says the same. */
    int a = -1, b = -1;
    weft_listener other;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &a), WEFT_ELIMIT);
    assert_int_equal(weft_tcp_connect("127.0.0.1", 1, &a), WEFT_ELIMIT);
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &a), WEFT_ELIMIT);
    assert_int_equal(weft_unix_listen("socket", 0, &a), WEFT_ELIMIT);
    assert_int_equal(weft_pipe(&a, &b), WEFT_ELIMIT);
    assert_int_equal(weft_socketpair(&a, &b), WEFT_ELIMIT);
    assert_int_equal(weft_eventfd(&a), WEFT_ELIMIT);
    assert_int_equal(weft_listener_init(&other, fd), WEFT_ELIMIT);
    assert_int_equal(a & b, -1);
    /* With descriptors again, clients are accepted again. */
    for (int i = 0; i < 2; i++)
        close(fds[--count]);
    int client;
    assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(fd), &client), WEFT_OK);
    wait_for(fd, POLLIN);
    assert_int_equal(weft_accept(&listener, &server), WEFT_OK);
    close_both(client, server);
    while (count > 0)
        close(fds[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    weft_listener_fini(&listener);
}

static void a_lost_spare_descriptor_is_found_again(void **state)
{
    (void)state;
    struct rlimit before, low;
    int fd, client, server = -1, fds[FILES];
    weft_listener listener;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &fd), WEFT_OK);
    assert_int_equal(weft_listener_init(&listener, fd), WEFT_OK);
    assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(fd), &client), WEFT_OK);
    wait_for(client, POLLOUT);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = FILES;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    close(listener.spare_fd); /* as if another thread had taken its place */
    listener.spare_fd = -1;
    size_t count = exhaust(fds, COUNT(fds));
    assert_int_equal(weft_accept(&listener, &server), WEFT_ELIMIT);
    assert_int_equal(listener.spare_fd, -1);
    for (int i = 0; i < 2; i++)
        close(fds[--count]);
    assert_int_equal(weft_accept(&listener, &server), WEFT_OK); /* it still waited */
    assert_true(listener.spare_fd >= 0);
    close_both(client, server);
    while (count > 0)
        close(fds[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    weft_listener_fini(&listener);
}

static void accepting_from_what_is_no_listener_ends(void **state)
{
    (void)state;
    int a, b, server = -1;
    weft_listener listener;
    assert_int_equal(weft_socketpair(&a, &b), WEFT_OK);
    assert_int_equal(weft_listener_init(&listener, a), WEFT_OK);
    assert_int_equal(weft_accept(&listener, &server), WEFT_ESYSTEM);
    assert_int_equal(errno, EINVAL);
    weft_listener_fini(&listener);
    close(b);
}

/* ---- reading and writing --------------------------------------------------------------------- */

static void pipes_counters_and_pairs_carry_bytes(void **state)
{
    (void)state;
    int a, b;
    assert_int_equal(weft_pipe(&a, &b), WEFT_OK);
    assert_polite(a);
    assert_polite(b);
    assert_carries(b, a);
    close_both(a, b);
    assert_int_equal(weft_socketpair(&a, &b), WEFT_OK);
    assert_polite(a);
    assert_polite(b);
    assert_carries(a, b);
    assert_carries(b, a);
    close_both(a, b);
    uint64_t value = 3;
    size_t moved = 0;
    assert_int_equal(weft_eventfd(&a), WEFT_OK);
    assert_polite(a);
    assert_int_equal(weft_read(a, &value, sizeof value, &moved), WEFT_EAGAIN);
    assert_int_equal(weft_write(a, &value, sizeof value, &moved), WEFT_OK);
    assert_int_equal(weft_write(a, &value, sizeof value, &moved), WEFT_OK);
    assert_int_equal(weft_read(a, &value, sizeof value, &moved), WEFT_OK);
    assert_int_equal(value, 6);
    close(a);
}

static void the_end_of_a_stream_is_told_from_nothing_to_read(void **state)
{
    (void)state;
    int a, b;
    char byte;
    size_t got = 99;
    assert_int_equal(weft_socketpair(&a, &b), WEFT_OK);
    assert_int_equal(weft_read(a, &byte, 0, &got), WEFT_EINVAL);
    assert_int_equal(weft_read(a, &byte, 1, &got), WEFT_EAGAIN);
    assert_int_equal(shutdown(b, SHUT_WR), 0);
    errno = EIO;
    assert_int_equal(weft_read(a, &byte, 1, &got), WEFT_ECLOSED);
    assert_int_equal(errno, 0);
    close_both(a, b);
    assert_int_equal(weft_read(a, &byte, 1, &got), WEFT_ESYSTEM);
    assert_int_equal(errno, EBADF);
    assert_int_equal(got, 99);
}

static void a_reset_is_told_from_an_orderly_end(void **state)
{
    (void)state;
    int client, server;
    tcp_pair(&client, &server);
    const struct linger reset = { .l_onoff = 1 };
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    close(client);
    wait_for(server, POLLIN);
    char byte;
    size_t got = 99;
    assert_int_equal(weft_read(server, &byte, 1, &got), WEFT_ECLOSED);
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(got, 99);
    close(server);
}

/* Any SIGPIPE would end the test: its disposition is the default. */
static void writing_to_what_nobody_reads_is_no_signal(void **state)
{
    (void)state;
    struct sigaction former;
    const struct sigaction fatal = { .sa_handler = SIG_DFL };
    assert_int_equal(sigaction(SIGPIPE, &fatal, &former), 0);
    for (int pipes = 0; pipes < 2; pipes++) {
        for (int vector = 0; vector < 2; vector++) {
            int a, b;
            size_t put = 99;
            assert_int_equal(pipes ? weft_pipe(&a, &b) : weft_socketpair(&a, &b), WEFT_OK);
            close(a);
            const struct iovec part = { (char[]){ "x" }, 1 };
            assert_int_equal(vector ? weft_writev(b, &part, 1, &put) : weft_write(b, "x", 1, &put),
                             WEFT_ECLOSED);
            assert_int_equal(errno, EPIPE);
            assert_int_equal(put, 99);
            close(b);
        }
    }
    sigset_t blocked, pending;
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &blocked), 0);
    assert_int_equal(sigismember(&blocked, SIGPIPE), 0);
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
    assert_int_equal(sigaction(SIGPIPE, &former, NULL), 0);
}

static void a_sigpipe_of_somebody_elses_stays_pending(void **state)
{
    (void)state;
    sigset_t sigpipe, former, pending;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &sigpipe, &former), 0);
    assert_int_equal(raise(SIGPIPE), 0);
    int a, b;
    size_t put;
    assert_int_equal(weft_pipe(&a, &b), WEFT_OK);
    close(a);
    assert_int_equal(weft_write(b, "x", 1, &put), WEFT_ECLOSED);
    close(b);
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigismember(&pending, SIGPIPE), 1);
    assert_int_equal(sigtimedwait(&sigpipe, NULL, &(struct timespec){ 0 }), SIGPIPE);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &former, NULL), 0);
}

static void a_full_descriptor_takes_a_part_and_then_says_try_again(void **state)
{
    (void)state;
    static char bytes[1 << 20], back[1 << 20];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 31);
    for (int pipes = 0; pipes < 2; pipes++) {
        int a, b;
        size_t written = 0, read = 0, moved = 0;
        assert_int_equal(pipes ? weft_pipe(&a, &b) : weft_socketpair(&a, &b), WEFT_OK);
        weft_status status;
        while ((status = weft_write(b, bytes + written, sizeof bytes - written, &moved)) == WEFT_OK)
            written += moved;
        assert_int_equal(status, WEFT_EAGAIN);
        assert_true(written > 0 && written < sizeof bytes);
        while ((status = weft_read(a, back + read, sizeof back - read, &moved)) == WEFT_OK)
            read += moved;
        assert_int_equal(status, WEFT_EAGAIN);
        assert_int_equal(read, written);
        assert_memory_equal(back, bytes, read);
        close_both(a, b);
    }
}

static void several_buffers_are_written_as_one(void **state)
{
    (void)state;
    static char bytes[3000];
    static struct iovec parts[1500];
    for (size_t i = 0; i < COUNT(parts); i++) {
        bytes[2 * i] = (char)i;
        parts[i] = (struct iovec){ bytes + 2 * i, 2 };
    }
    for (int pipes = 0; pipes < 2; pipes++) {
        int a, b;
        char back[4096];
        size_t put = 0, got = 0;
        assert_int_equal(pipes ? weft_pipe(&a, &b) : weft_socketpair(&a, &b), WEFT_OK);
        assert_int_equal(weft_writev(b, parts, 3, &put), WEFT_OK);
        assert_int_equal(put, 6);
        /* More than the kernel takes at once: what fits, as with any write. */
        assert_int_equal(weft_writev(b, parts + 3, COUNT(parts) - 3, &put), WEFT_OK);
        assert_int_equal(put, 2048);
        assert_int_equal(weft_writev(b, parts, 0, &put), WEFT_OK);
        assert_int_equal(put, 0);
        assert_int_equal(weft_read(a, back, sizeof back, &got), WEFT_OK);
        assert_int_equal(got, 2054);
        assert_memory_equal(back, bytes, got);
        close_both(a, b);
    }
}

static void datagrams_carry_their_sender(void **state)
{
    (void)state;
    int a, b;
    char bytes[16];
    size_t got = 99;
    weft_address to_b, from, here;
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &a), WEFT_OK);
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &b), WEFT_OK);
    assert_polite(a);
    assert_int_equal(weft_local_address(b, &to_b), WEFT_OK);
    assert_int_equal(weft_recvfrom(b, bytes, sizeof bytes, &got, &from), WEFT_EAGAIN);
    assert_int_equal(weft_sendto(a, "hello", 5, &to_b), WEFT_OK);
    assert_int_equal(weft_sendto(a, "", 0, &to_b), WEFT_OK);
    wait_for(b, POLLIN);
    assert_int_equal(weft_recvfrom(b, bytes, sizeof bytes, &got, &from), WEFT_OK);
    assert_int_equal(got, 5);
    assert_int_equal(weft_local_address(a, &here), WEFT_OK);
    assert_int_equal(from.len, here.len);
    assert_memory_equal(&from.storage, &here.storage, from.len);
    wait_for(b, POLLIN);
    assert_int_equal(weft_recvfrom(b, bytes, sizeof bytes, &got, NULL), WEFT_OK);
    assert_int_equal(got, 0); /* an empty datagram is one */
    close_both(a, b);
}

static void a_datagram_that_does_not_fit_says_so(void **state)
{
    (void)state;
    int a, b;
    static char large[70000];
    char bytes[4];
    size_t got = 99;
    weft_address to_b;
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &a), WEFT_OK);
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &b), WEFT_OK);
    assert_int_equal(weft_local_address(b, &to_b), WEFT_OK);
    assert_int_equal(weft_sendto(a, large, sizeof large, &to_b), WEFT_ETOOBIG);
    assert_int_equal(weft_sendto(a, "hello", 5, &to_b), WEFT_OK);
    assert_int_equal(weft_sendto(a, "four", 4, &to_b), WEFT_OK);
    wait_for(b, POLLIN);
    assert_int_equal(weft_recvfrom(b, bytes, sizeof bytes, &got, NULL), WEFT_ETOOBIG);
    assert_int_equal(got, 99);
    wait_for(b, POLLIN);
    assert_int_equal(weft_recvfrom(b, bytes, sizeof bytes, &got, NULL), WEFT_OK);
    assert_memory_equal(bytes, "four", 4);
    assert_int_equal(weft_sendto(a, "x", 1, NULL), WEFT_ESYSTEM); /* to whom? */
    assert_int_equal(errno, EDESTADDRREQ);
    close_both(a, b);
}

static void a_refused_datagram_is_reported_to_a_connected_socket(void **state)
{
    (void)state;
    int a, b;
    char byte;
    size_t got;
    weft_address to_b;
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &a), WEFT_OK);
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &b), WEFT_OK);
    assert_int_equal(weft_local_address(b, &to_b), WEFT_OK);
    assert_int_equal(connect(a, (struct sockaddr *)&to_b.storage, to_b.len), 0);
    close(b);
    assert_int_equal(weft_sendto(a, "x", 1, NULL), WEFT_OK);
    wait_for(a, POLLIN);
    assert_int_equal(weft_recvfrom(a, &byte, 1, &got, NULL), WEFT_ECLOSED);
    assert_int_equal(errno, ECONNREFUSED);
    close(a);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(a_text_that_is_too_long_is_cut),
        cmocka_unit_test(both_ends_have_an_address),
        cmocka_unit_test(a_tcp_connection_is_made),
        cmocka_unit_test(a_unix_connection_is_made),
        cmocka_unit_test(the_longest_path_fits_and_one_more_does_not),
        cmocka_unit_test(a_refused_connection_says_so),
        cmocka_unit_test(an_address_in_use_says_so),
        cmocka_unit_test(what_is_no_address_or_backlog_is_refused),
        cmocka_unit_test(clients_that_gave_up_do_not_disturb),
        cmocka_unit_test(a_listener_survives_the_limit_of_open_files),
        cmocka_unit_test(a_lost_spare_descriptor_is_found_again),
        cmocka_unit_test(accepting_from_what_is_no_listener_ends),
        cmocka_unit_test(pipes_counters_and_pairs_carry_bytes),
        cmocka_unit_test(the_end_of_a_stream_is_told_from_nothing_to_read),
        cmocka_unit_test(a_reset_is_told_from_an_orderly_end),
        cmocka_unit_test(writing_to_what_nobody_reads_is_no_signal),
        cmocka_unit_test(a_sigpipe_of_somebody_elses_stays_pending),
        cmocka_unit_test(a_full_descriptor_takes_a_part_and_then_says_try_again),
        cmocka_unit_test(several_buffers_are_written_as_one),
        cmocka_unit_test(datagrams_carry_their_sender),
        cmocka_unit_test(a_datagram_that_does_not_fit_says_so),
        cmocka_unit_test(a_refused_datagram_is_reported_to_a_connected_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
