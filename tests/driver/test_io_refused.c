/* A system that refuses what the poller asks it for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "stream.h"

/* These take the place of the C library's, and pass the calls on. */
static int refuse_watching, refuse_sets, refuse_counters; /* with this errno value; 0: not */

static int refused(int error)
{
    errno = error;
    return -1;
}

int epoll_ctl(int set_fd, int operation, int fd, struct epoll_event *event)
{
    int (*real)(int, int, int, struct epoll_event *);
    *(void **)&real = dlsym(RTLD_NEXT, "epoll_ctl");
    const bool refuses = refuse_watching && operation == EPOLL_CTL_ADD;
    return refuses ? refused(refuse_watching) : real(set_fd, operation, fd, event);
}

int epoll_create1(int flags)
{
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "epoll_create1");
    return refuse_sets ? refused(refuse_sets) : real(flags);
}

int eventfd(unsigned count, int flags)
{
    int (*real)(unsigned, int);
    *(void **)&real = dlsym(RTLD_NEXT, "eventfd");
    return refuse_counters ? refused(refuse_counters) : real(count, flags);
}

static int reset(void **state)
{
    (void)state;
    refuse_watching = refuse_sets = refuse_counters = 0;
    return 0;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static const struct {
    int error;
    weft_status status;
    const char *sentence;
} refusals[] = {
    { ENOSPC, WEFT_ELIMIT, "/proc/sys/fs/epoll/max_user_watches" },
    { ENOMEM, WEFT_ENOMEM, "no memory" },
    { EIO, WEFT_ESYSTEM, "Input/output error" },
};

static int next_descriptor(void)
{
    const int fd = dup(0);
    close(fd);
    return fd;
}

static void a_descriptor_that_the_system_does_not_watch_is_no_source(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { .id = { 7, 7 } };
    stream s = { .id = { 7, 7 } }, listening = { .id = { 7, 7 } };
    int fd, other_fd, listener_fd;
    tcp_pair(&fd, &other_fd);
    assert_int_equal(weft_tcp_listen("127.0.0.1", 0, 0, &listener_fd), WEFT_OK);
    const int next = next_descriptor();
    for (size_t i = 0; i < COUNT(refusals); i++) {
        refuse_watching = refusals[i].error;
        for (int way = 0; way < 3; way++) {
            on->test.reports = 0;
            const weft_status status = way == 0   ? probe_add_fd(on, &p, fd, WEFT_READABLE)
                                       : way == 1 ? stream_receive_fd(on, &s, fd)
                                                  : stream_accept_fd(on, &listening, listener_fd);
            assert_int_equal(status, refusals[i].status);
            assert_int_equal(on->test.reports, 1);
            assert_non_null(strstr(test_world_sentence(&on->test), refusals[i].sentence));
        }
        assert_int_equal(weft_io_len(on->io), 0);
        assert_int_equal(p.finis + s.finis + listening.finis, 0); /* they are the caller's */
        assert_int_equal(next_descriptor(), next);
        assert_true(p.id.index == 7 && s.id.index == 7 && listening.id.index == 7);
    }
    refuse_watching = 0;
    assert_int_equal(stream_receive_fd(on, &s, fd), WEFT_OK);
    s.other_fd = other_fd;
    stream_feed(&s, "at last");
    poll_all(on);
    assert_received(&s, "at last");
    close(listener_fd);
    bench_end(on);
    stream_close(&s);
}

/* ---- installing ------------------------------------------------------------------------------ */

static void a_poller_that_the_system_refuses_is_not_installed(void **state)
{
    (void)state;
    static const struct {
        int *refuse, error;
        weft_status status;
        const char *sentence;
    } cases[] = {
        { &refuse_sets, EMFILE, WEFT_ELIMIT, "Too many open files" },
        { &refuse_sets, ENFILE, WEFT_ELIMIT, "Too many open files in system" },
        { &refuse_sets, ENOMEM, WEFT_ENOMEM, "Cannot allocate memory" },
        { &refuse_watching, ENOSPC, WEFT_ELIMIT, "/proc/sys/fs/epoll/max_user_watches" },
        { &refuse_watching, ENOMEM, WEFT_ENOMEM, "Cannot allocate memory" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        test_world test;
        const int next = next_descriptor();
        test_world_init(&test);
        *cases[i].refuse = cases[i].error;
        assert_null(weft_io_install(test.builder, &(weft_io_desc){ .backend = test_backend }));
        *cases[i].refuse = 0;
        assert_int_equal(test.status, cases[i].status);
        assert_non_null(strstr(test_world_sentence(&test), cases[i].sentence));
        test_world_fini(&test);
        assert_int_equal(next_descriptor(), next);
    }
}

/* ---- under another loop ---------------------------------------------------------------------- */

static void another_loop_hears_of_streams_although_descriptors_ran_out(void **state)
{
    (void)state;
    static const struct {
        int *refuse, error;
        bool fd_first, stream_first; /* before the system refuses */
    } cases[] = {
        { &refuse_sets, EMFILE, false, false },    { &refuse_sets, EMFILE, false, true },
        { &refuse_counters, EMFILE, false, true }, { &refuse_counters, EMFILE, true, false },
        { &refuse_watching, ENOSPC, false, true },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bench begun, *on = &begun;
        bench_begin(on, NULL);
        stream s = { 0 };
        if (cases[i].fd_first)
            assert_true(weft_io_fd(on->io) >= 0);
        if (cases[i].stream_first)
            stream_open(on, &s);
        poll_all(on);
        *cases[i].refuse = cases[i].error;
        const int fd = weft_io_fd(on->io);
        if (!cases[i].stream_first)
            stream_open(on, &s);
        *cases[i].refuse = 0;
        poll_all(on);
        assert_int_equal(on->test.reports, test_backend == WEFT_IO_URING);
        assert_int_equal(weft_io_fd(on->io), fd);
        assert_true(weft_io_prepare(on->io));
        stream_feed(&s, "hello");
        wait_for(fd, POLLIN);
        weft_io_resume(on->io);
        assert_int_equal(poll_all(on), 1);
        assert_received(&s, "hello");
        bench_end(on);
        stream_close(&s);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_descriptor_that_the_system_does_not_watch_is_no_source, reset),
        cmocka_unit_test_setup(a_poller_that_the_system_refuses_is_not_installed, reset),
        cmocka_unit_test_setup(another_loop_hears_of_streams_although_descriptors_ran_out, reset),
    };
    over_tcp = true;
    return run_on_every_backend(tests);
}
