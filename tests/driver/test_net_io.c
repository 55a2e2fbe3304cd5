/* Descriptors: reading, writing, datagrams, and how they fail. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "net_check.h"

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
    a = -1;
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
    assert_int_equal(errno, EMSGSIZE);
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

static void from_a_stream_comes_what_fits_and_then_the_rest(void **state)
{
    (void)state;
    for (int local = 0; local < 2; local++) {
        int a, b;
        size_t put, got = 99;
        char bytes[3] = "---";
        weft_address from;
        if (local)
            assert_int_equal(weft_socketpair(&a, &b), WEFT_OK);
        else
            tcp_pair(&a, &b);
        assert_int_equal(weft_write(a, "hello", 5, &put), WEFT_OK);
        wait_for(b, POLLIN);
        assert_int_equal(weft_recvfrom(b, bytes, sizeof bytes, &got, &from), WEFT_OK);
        assert_int_equal(got, 3);
        assert_memory_equal(bytes, "hel", 3);
        assert_int_equal(from.len, 0);
        assert_int_equal(weft_recvfrom(b, bytes, sizeof bytes, &got, NULL), WEFT_OK);
        assert_int_equal(got, 2);
        assert_memory_equal(bytes, "lo", 2);
        assert_int_equal(weft_recvfrom(b, bytes, sizeof bytes, &got, NULL), WEFT_EAGAIN);
        close(a);
        wait_for(b, POLLIN);
        assert_int_equal(weft_recvfrom(b, bytes, sizeof bytes, &got, NULL), WEFT_OK);
        assert_int_equal(got, 0);
        close(b);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipes_counters_and_pairs_carry_bytes),
        cmocka_unit_test(the_end_of_a_stream_is_told_from_nothing_to_read),
        cmocka_unit_test(a_reset_is_told_from_an_orderly_end),
        cmocka_unit_test(writing_to_what_nobody_reads_is_no_signal),
        cmocka_unit_test(a_sigpipe_of_somebody_elses_stays_pending),
        cmocka_unit_test(a_full_descriptor_takes_a_part_and_then_says_try_again),
        cmocka_unit_test(several_buffers_are_written_as_one),
        cmocka_unit_test(datagrams_carry_their_sender),
        cmocka_unit_test(a_datagram_that_does_not_fit_says_so),
        cmocka_unit_test(from_a_stream_comes_what_fits_and_then_the_rest),
        cmocka_unit_test(a_refused_datagram_is_reported_to_a_connected_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
