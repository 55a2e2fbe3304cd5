/* test-labels: slow */
/* Descriptors when there are none left. Not for valgrind, which keeps to the limit of open files by
 * closing what the kernel has made. */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "net_check.h"

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

static void without_descriptors_and_clients_there_is_nothing_to_accept(void **state)
{
    (void)state;
    struct rlimit before, low;
    int fd, client, server = -1, fds[FILES];
    weft_listener listener;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &fd), WEFT_OK);
    assert_int_equal(weft_listener_init(&listener, fd), WEFT_OK);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = FILES;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    size_t count = exhaust(fds, COUNT(fds));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(weft_accept(&listener, &server), WEFT_EAGAIN);
        assert_int_equal(errno, EAGAIN);
        assert_int_equal(server, -1);
        assert_true(listener.spare_fd >= 0);
    }
    /* Its reserve is still good for a client that comes. */
    close(fds[--count]);
    assert_int_equal(weft_tcp_connect("127.0.0.1", weft_local_port(fd), &client), WEFT_OK);
    wait_for(fd, POLLIN);
    assert_int_equal(weft_accept(&listener, &server), WEFT_ELIMIT);
    assert_int_equal(weft_accept(&listener, &server), WEFT_EAGAIN);
    close(client);
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_survives_the_limit_of_open_files),
        cmocka_unit_test(without_descriptors_and_clients_there_is_nothing_to_accept),
        cmocka_unit_test(a_lost_spare_descriptor_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
