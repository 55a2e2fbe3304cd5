/* Descriptors: addresses, connecting, accepting, and how they fail. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>

#include "net_check.h"

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
        { "0000000000000000000000000000000000000000000001", 80, NULL },
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

static void a_unix_address_need_not_be_terminated(void **state)
{
    (void)state;
    weft_address address = { .len = 0 };
    struct sockaddr_un *at = (struct sockaddr_un *)&address.storage;
    const size_t path_offset = offsetof(struct sockaddr_un, sun_path);
    char text[WEFT_ADDRESS_TEXT_BYTES], expected[5 + sizeof at->sun_path + 1] = "unix:";
    memset(&address.storage, 'y', sizeof address.storage); /* what is behind it */
    at->sun_family = AF_UNIX;
    memset(at->sun_path, 'x', sizeof at->sun_path);
    memset(expected + 5, 'x', sizeof at->sun_path);
    address.len = sizeof *at;
    assert_string_equal(weft_address_format(&address, text, sizeof text), expected);
    memcpy(at->sun_path, "\0name", 5); /* an abstract name */
    address.len = (socklen_t)path_offset + 5;
    assert_string_equal(weft_address_format(&address, text, sizeof text), "unix:@name");
    address.len = (socklen_t)path_offset;
    assert_string_equal(weft_address_format(&address, text, sizeof text), "unix:");
    address.storage.ss_family = AF_UNSPEC;
    assert_string_equal(weft_address_format(&address, text, sizeof text), "family 0");
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
        int on = 0; /* so that a restart can bind it again */
        socklen_t len = sizeof on;
        assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, &len), 0);
        assert_int_not_equal(on, 0);
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
        on = 0;
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

/* The descriptor that the next call gets. */
static int next_fd(void)
{
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(fd);
    return fd;
}

static void an_address_in_use_says_so(void **state)
{
    (void)state;
    int first, second = -1;
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &first), WEFT_OK);
    const int next = next_fd();
    assert_int_equal(weft_tcp_listen("127.0.0.1", weft_local_port(first), 0, &second),
                     WEFT_EEXISTS);
    assert_int_equal(second, -1);
    close(first);
    assert_int_equal(weft_udp_bind("127.0.0.1", 0, &first), WEFT_OK);
    assert_int_equal(weft_udp_bind("127.0.0.1", weft_local_port(first), &second), WEFT_EEXISTS);
    assert_int_equal(second, -1);
    assert_int_equal(next_fd(), next); /* nothing is left open */
    close(first);
}

static void all_ipv6_addresses_leave_ipv4_alone(void **state)
{
    (void)state;
    int fd, on = 0;
    socklen_t len = sizeof on;
    if (weft_tcp_listen("::", 0, 0, &fd))
        skip(); /* a machine without IPv6 */
    assert_int_equal(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, &len), 0);
    assert_int_not_equal(on, 0);
    close(fd);
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

/* Puts /dev/null at number 0 and returns what was there. */
static int open_null_as_0(void)
{
    const int stdin_fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    if (fd != 0) {
        assert_int_equal(dup2(fd, 0), 0);
        close(fd);
    }
    return stdin_fd;
}

static void give_0_back(int stdin_fd)
{
    close(0);
    if (stdin_fd < 0)
        return;
    assert_int_equal(dup2(stdin_fd, 0), 0);
    close(stdin_fd);
}

static void a_zeroed_listener_has_no_descriptor(void **state)
{
    (void)state;
    const int stdin_fd = open_null_as_0();
    weft_listener listener = { 0 };
    weft_listener_fini(&listener);
    weft_listener_fini(NULL);
    const bool is_open = fcntl(0, F_GETFD) >= 0;
    give_0_back(stdin_fd);
    assert_true(is_open);
}

static void a_listener_may_have_descriptor_0(void **state)
{
    (void)state;
    for (int spare_is_0 = 0; spare_is_0 < 2; spare_is_0++) {
        const int stdin_fd = open_null_as_0();
        int fd;
        weft_listener listener;
        assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &fd), WEFT_OK);
        if (spare_is_0) {
            close(0);
        } else {
            assert_int_equal(dup2(fd, 0), 0);
            close(fd);
            fd = 0;
        }
        const weft_status status = weft_listener_init(&listener, fd);
        const int has_0 = spare_is_0 ? listener.spare_fd : listener.fd;
        weft_listener_fini(&listener);
        weft_listener_fini(&listener);
        const bool is_open = fcntl(0, F_GETFD) >= 0;
        give_0_back(stdin_fd);
        assert_int_equal(status, WEFT_OK);
        assert_int_equal(has_0, 0);
        assert_false(is_open);
    }
}

static void a_listener_needs_a_descriptor(void **state)
{
    (void)state;
    weft_listener listener = { .fd = 4711, .spare_fd = 4712 };
    assert_int_equal(weft_listener_init(&listener, -1), WEFT_EINVAL);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(listener.fd, 4711);
    assert_int_equal(listener.spare_fd, 4712);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(a_text_that_is_too_long_is_cut),
        cmocka_unit_test(a_unix_address_need_not_be_terminated),
        cmocka_unit_test(both_ends_have_an_address),
        cmocka_unit_test(a_tcp_connection_is_made),
        cmocka_unit_test(a_unix_connection_is_made),
        cmocka_unit_test(the_longest_path_fits_and_one_more_does_not),
        cmocka_unit_test(a_refused_connection_says_so),
        cmocka_unit_test(an_address_in_use_says_so),
        cmocka_unit_test(all_ipv6_addresses_leave_ipv4_alone),
        cmocka_unit_test(what_is_no_address_or_backlog_is_refused),
        cmocka_unit_test(clients_that_gave_up_do_not_disturb),
        cmocka_unit_test(accepting_from_what_is_no_listener_ends),
        cmocka_unit_test(a_zeroed_listener_has_no_descriptor),
        cmocka_unit_test(a_listener_may_have_descriptor_0),
        cmocka_unit_test(a_listener_needs_a_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
