/* test-labels: threads */
/* The io_uring poller: that an idle poll does not enter the kernel, which machines get epoll in its
 * place and are told why, and what happens to the ring when threads and processes part. The rest is
 * in the tests that all pollers share. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "one_probe.h"
#include "stream.h"

/* ---- a library that refuses ------------------------------------------------------------------ *
 * These take the place of liburing's functions of the same names, and pass the calls on. */

struct io_uring;
struct io_uring_params;
int io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *p);
int io_uring_submit_and_get_events(struct io_uring *ring);

static int refuse_rings, refuse_entering; /* with this errno value; 0: not */
static int rings, enterings;

int io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *p)
{
    int (*real)(unsigned, struct io_uring *, struct io_uring_params *);
    *(void **)&real = dlsym(RTLD_NEXT, "io_uring_queue_init_params");
    rings++;
    return refuse_rings ? -refuse_rings : real(entries, ring, p);
}

int io_uring_submit_and_get_events(struct io_uring *ring)
{
    int (*real)(struct io_uring *);
    *(void **)&real = dlsym(RTLD_NEXT, "io_uring_submit_and_get_events");
    enterings++;
    return refuse_entering ? -refuse_entering : real(ring);
}

static int reset(void **state)
{
    (void)state;
    refuse_rings = refuse_entering = rings = enterings = 0;
    return 0;
}

static int reset_with_one_probe(void **state)
{
    reset(state);
    return one_probe_begin(state);
}

#define RESET(test) cmocka_unit_test_setup(test, reset)
#define RESET_WITH_ONE_PROBE(test) \
    cmocka_unit_test_setup_teardown(test, reset_with_one_probe, one_probe_end)

/* ---- idle polls ------------------------------------------------------------------------------ */

/* Another file lies where the poller's set was: whoever asked the kernel would hear of it. */
typedef struct hidden {
    int fd, kept_fd;
} hidden;

static hidden hide_set(const bench *on)
{
    const int set_fd = poller_descriptor(on->io);
    const hidden h = { set_fd, fcntl(set_fd, F_DUPFD_CLOEXEC, 3) };
    const int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(dup3(other, h.fd, O_CLOEXEC), h.fd);
    close(other);
    return h;
}

static void show_set(hidden h)
{
    assert_int_equal(dup3(h.kept_fd, h.fd, O_CLOEXEC), h.fd);
    close(h.kept_fd);
}

static void an_idle_poll_does_not_enter_the_kernel(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(bench_poll(on), 0); /* nothing: from now on the ring watches */
        assert_true(weft_io_skip(on->io));
        const hidden h = hide_set(on);
        const int before = enterings;
        for (int polls = 0; polls < 1000; polls++)
            assert_int_equal(bench_poll(on), 0);
        assert_int_equal(enterings, before);
        show_set(h);
        probe_feed(p);
        assert_false(weft_io_skip(on->io));
        assert_int_equal(bench_poll(on), 1);
        assert_int_equal(bench_poll(on), 1);
        probe_drain(p);
        assert_int_equal(p->runs, 2 * i);
    }
    assert_int_equal(rings, 1);
    assert_int_equal(on->test.reports, 0);
}

static void what_becomes_ready_by_being_added_or_changed_is_found(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { 0 };
    assert_int_equal(weft_io_poll(on->io, on->world, 1), 0);
    probe_open(on, &p, WEFT_READABLE);
    assert_int_equal(bench_poll(on), 0);
    probe_feed(&p);
    assert_int_equal(weft_io_set(on->io, p.id, 0), WEFT_OK);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(weft_io_set(on->io, p.id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(weft_io_remove(on->io, p.id), WEFT_OK);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(probe_add_fd(on, &p, p.fd, WEFT_READABLE), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    probe_close(&p);
    bench_end(on);
}

/* ---- falling back ---------------------------------------------------------------------------- */

/* A poller that was asked to use io_uring serves a source, on epoll, after one sentence. */
static void assert_serves_on_epoll(test_world *test, weft_io *io)
{
    bench on = { .io = io, .world = test_world_build(test) };
    probe p = { 0 };
    probe_open(&on, &p, WEFT_READABLE);
    assert_int_equal(bench_poll(&on), 0);
    probe_feed(&p);
    assert_int_equal(bench_poll(&on), 1);
    assert_int_equal(weft_io_backend(io), WEFT_IO_EPOLL);
    assert_int_equal(weft_io_remove(io, p.id), WEFT_OK);
    probe_close(&p);
}

static void a_machine_that_refuses_a_ring_gets_epoll_and_is_told_why(void **state)
{
    (void)state;
    static const struct {
        int error;
        const char *why;
    } cases[] = {
        { ENOSYS, "the kernel has none" },
        { EPERM, "a seccomp filter or the sysctl kernel.io_uring_disabled forbids it" },
        { EACCES, "a seccomp filter or the sysctl kernel.io_uring_disabled forbids it" },
        { EINVAL, "the kernel is older than 6.1 and has no deferred task work" },
        { ENOMEM, "there is no memory for its rings, or RLIMIT_MEMLOCK is reached" },
        { EMFILE, "the limit of open files is reached" },
        { ENFILE, "the limit of open files is reached" },
        { EIO, "Input/output error" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        test_world test;
        char sentence[TEST_SENTENCE_BYTES];
        snprintf(sentence, sizeof sentence,
                 "io_uring is not available here (%s): polling with epoll instead", cases[i].why);
        test_world_init(&test);
        refuse_rings = cases[i].error;
        weft_io *io = weft_io_install(test.builder, &(weft_io_desc){ .backend = WEFT_IO_URING });
        assert_non_null(io);
        assert_int_equal(test.reports, 1);
        test_world_expect(&test, WEFT_OK, sentence);
        assert_serves_on_epoll(&test, io); /* the builder did not take it for a failure */
        assert_int_equal(test.reports, 0);
        test_world_fini(&test);
    }
}

static void a_backend_that_this_system_does_not_have_is_replaced_too(void **state)
{
    (void)state;
    static const struct {
        weft_backend backend;
        const char *name;
    } cases[] = { { (weft_backend)99, "?" }, { WEFT_IO_URING, "io_uring" } };
    for (size_t i = 0; i < COUNT(cases) - (test_backend == WEFT_IO_URING); i++) {
        test_world test;
        test_world_init(&test);
        weft_io *io = weft_io_install(test.builder, &(weft_io_desc){ .backend = cases[i].backend });
        assert_non_null(io);
        assert_int_equal(test.status, WEFT_OK);
        assert_non_null(strstr(test_world_sentence(&test), cases[i].name));
        assert_non_null(strstr(test_world_sentence(&test), "this library was built without it"));
        assert_serves_on_epoll(&test, io);
        test_world_fini(&test);
    }
}

static void the_default_is_epoll_without_a_word(void **state)
{
    (void)state;
    test_world test;
    test_world_init(&test);
    weft_io *io = weft_io_install(test.builder, NULL);
    assert_non_null(io);
    assert_int_equal(weft_io_backend(io), WEFT_IO_EPOLL);
    assert_string_equal(weft_io_backend_name(weft_io_backend(io)), "epoll");
    assert_int_equal(test.reports, 0);
    test_world_fini(&test);
}

/* Denies io_uring_setup with EPERM to this process, as container runtimes do. */
static void deny_rings(void)
{
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = { COUNT(instructions), instructions };
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

static int child_status(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void a_seccomp_filter_that_forbids_rings_leads_to_epoll(void **state)
{
    (void)state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        deny_rings();
        test_world test;
        test_world_init(&test);
        weft_io *io = weft_io_install(test.builder, &(weft_io_desc){ .backend = WEFT_IO_URING });
        if (!io || test.reports != 1 || !strstr(test_world_sentence(&test), "a seccomp filter"))
            _exit(1);
        assert_serves_on_epoll(&test, io);
        test_world_fini(&test);
        _exit(0);
    }
    assert_int_equal(child_status(child), 0);
}

/* ---- a ring that breaks ---------------------------------------------------------------------- */

static void assert_serves(bench *on, probe *p)
{
    const int runs = p->runs;
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(bench_poll(on), 0);
    probe_feed(p);
    assert_int_equal(bench_poll(on), 1);
    probe_drain(p);
    assert_int_equal(weft_io_poll(on->io, on->world, 1), 0);
    probe_feed(p);
    assert_int_equal(weft_io_poll(on->io, on->world, -1), 1);
    probe_drain(p);
    assert_int_equal(p->runs, runs + 2);
}

static void a_ring_that_stops_working_is_given_up_with_a_word(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    assert_serves(on, p);
    assert_int_equal(on->test.reports, 0);
    refuse_entering = EIO;
    assert_serves(on, p);
    assert_int_equal(on->test.reports, 1);
    test_world_expect(&on->test, WEFT_OK,
                      "io_uring has stopped working (Input/output error): polling with epoll "
                      "instead");
    assert_int_equal(weft_io_backend(on->io), WEFT_IO_EPOLL);
    const int before = enterings;
    assert_serves(on, p);
    assert_int_equal(enterings, before);
    assert_int_equal(on->test.reports, 0);
}

static void a_ring_that_cannot_be_entered_for_a_while_is_tried_again(void **state)
{
    static const int passing[] = { EAGAIN, EBUSY, EINTR };
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    for (size_t i = 0; i < COUNT(passing); i++) {
        refuse_entering = passing[i];
        for (int n = 0; n < 100; n++) /* more often than the ring has entries */
            assert_serves(on, p);
        refuse_entering = 0;
        assert_serves(on, p);
        const int before = enterings;
        assert_int_equal(bench_poll(on), 0);
        assert_int_equal(bench_poll(on), 0);
        assert_true(enterings <= before + 1);
    }
    assert_int_equal(weft_io_backend(on->io), WEFT_IO_URING);
    assert_int_equal(on->test.reports, 0);
}

/* ---- threads and processes ------------------------------------------------------------------- */

typedef struct handover {
    bench *on;
    probe *p;
} handover;

static void *serve(void *arg)
{
    const handover *h = arg;
    assert_serves(h->on, h->p);
    return NULL;
}

static void in_another_thread(bench *on, probe *p)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, serve, &(handover){ on, p }), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void the_thread_that_polls_need_not_be_the_one_that_built(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    in_another_thread(on, p);
    assert_int_equal(rings, 1);
    assert_int_equal(on->test.reports, 0);
}

static void a_world_that_is_handed_over_gets_a_ring_of_the_new_thread(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    assert_serves(on, p);
    in_another_thread(on, p);
    assert_int_equal(rings, 2);
    assert_serves(on, p);
    assert_int_equal(rings, 3);
    assert_int_equal(weft_io_backend(on->io), WEFT_IO_URING);
    assert_int_equal(on->test.reports, 0);
}

static void *poll_until_silent(void *arg)
{
    const bench *on = arg;
    assert_int_equal(weft_io_poll(on->io, on->world, 0), 0);
    assert_true(weft_io_skip(on->io));
    return NULL;
}

/* The kernel ends what a thread has left in its ring, and says so there. */
static void what_becomes_ready_after_its_thread_has_ended_is_found(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, poll_until_silent, on), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    probe_feed(p);
    while (!p->runs)
        assert_true(weft_io_skip(on->io) || bench_poll(on) >= 0);
    probe_drain(p);
    while (rings < 2 || !weft_io_skip(on->io))
        assert_int_equal(bench_poll(on), 0);
    assert_int_equal(p->runs, 1);
}

static void a_world_that_is_handed_over_and_gets_no_new_ring_goes_on_without(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    assert_serves(on, p);
    refuse_rings = ENOMEM;
    in_another_thread(on, p);
    assert_int_equal(weft_io_backend(on->io), WEFT_IO_EPOLL);
    assert_int_equal(on->test.reports, 1);
    assert_serves(on, p);
}

/* ---- streams, when they have nothing --------------------------------------------------------- */

static void polls_are_left_out_while_streams_have_nothing(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    over_tcp = true;
    bench_begin(on, NULL);
    stream s = { 0 }, paused = { 0 };
    stream_open(on, &s);
    stream_open(on, &paused);
    poll_all(on);
    assert_true(weft_io_skip(on->io));
    stream_feed(&s, "one ");
    assert_false(weft_io_skip(on->io));
    poll_all(on);
    assert_true(weft_io_skip(on->io));
    stream_feed(&paused, "kept");
    assert_int_equal(weft_io_set(on->io, paused.id, 0), WEFT_OK);
    poll_all(on);
    assert_received(&paused, "");
    assert_true(weft_io_skip(on->io));
    /* What was kept is no news to the ring, nor is a receive that it has not been told of. */
    assert_int_equal(weft_io_set(on->io, paused.id, WEFT_READABLE), WEFT_OK);
    assert_false(weft_io_skip(on->io));
    poll_all(on);
    assert_received(&paused, "kept");
    assert_true(weft_io_skip(on->io));
    stream_feed(&s, "two");
    assert_int_equal(weft_io_poll(on->io, on->world, -1), 1);
    poll_all(on);
    assert_true(weft_io_skip(on->io));
    assert_received(&s, "one two");
    bench_end(on);
    stream_close(&s);
    stream_close(&paused);
}

/* ---- streams, when the ring goes ------------------------------------------------------------- */

typedef struct streams {
    bench on;
    stream s, paused, listening;
    int clients[2];
} streams;

/* One stream with something in the ring, one with something kept, one that accepts. */
static void streams_begin(streams *all)
{
    bench *on = &all->on;
    over_tcp = true;
    bench_begin(on, NULL);
    stream_open(on, &all->s);
    stream_open(on, &all->paused);
    stream_listen(on, &all->listening);
    poll_all(on);
    stream_feed(&all->s, "one ");
    stream_feed(&all->paused, "one ");
    assert_int_equal(weft_io_set(on->io, all->paused.id, 0), WEFT_OK);
    poll_all(on);
    stream_feed(&all->s, "two ");
    stream_feed(&all->paused, "two ");
    all->clients[0] = stream_connect(&all->listening);
    wait_for(all->listening.fd, POLLIN);
    assert_received(&all->s, "one ");
    assert_received(&all->paused, "");
}

static void streams_go_on(streams *all)
{
    bench *on = &all->on;
    poll_all(on);
    stream_feed(&all->s, "three");
    assert_int_equal(weft_io_set(on->io, all->paused.id, WEFT_READABLE), WEFT_OK);
    stream_feed(&all->paused, "three");
    all->clients[1] = stream_connect(&all->listening);
    await(on, all->listening.client_count == 2);
    poll_all(on);
    assert_received(&all->s, "one two three");
    assert_received(&all->paused, "one two three");
}

static void streams_end(streams *all)
{
    for (int i = 0; i < 2; i++) {
        close(all->clients[i]);
        close(all->listening.clients[i]);
    }
    bench_end(&all->on);
    stream_close(&all->s);
    stream_close(&all->paused);
    close(all->listening.fd);
}

static void streams_go_on_by_readiness_when_the_ring_stops_working(void **state)
{
    (void)state;
    static streams all;
    all = (streams){ .on.io = NULL };
    streams_begin(&all);
    refuse_entering = EIO;
    streams_go_on(&all);
    assert_int_equal(weft_io_backend(all.on.io), WEFT_IO_EPOLL);
    assert_int_equal(all.on.test.reports, 1);
    streams_end(&all);
}

static void *streams_in_thread(void *arg)
{
    streams_go_on(arg);
    return NULL;
}

static void streams_go_on_in_the_ring_of_another_thread(void **state)
{
    (void)state;
    for (int with_ring = 0; with_ring < 2; with_ring++) {
        static streams all;
        all = (streams){ .on.io = NULL };
        refuse_rings = 0;
        streams_begin(&all);
        refuse_rings = with_ring ? 0 : ENOMEM;
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, streams_in_thread, &all), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(weft_io_backend(all.on.io), with_ring ? WEFT_IO_URING : WEFT_IO_EPOLL);
        assert_int_equal(all.on.test.reports, !with_ring);
        streams_end(&all);
    }
}

static void a_stream_that_is_removed_in_another_thread_lets_its_socket_go(void **state)
{
    (void)state;
    over_tcp = true;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    stream s = { 0 };
    probe p = { 0 };
    stream_open(on, &s);
    probe_open(on, &p, WEFT_READABLE);
    in_another_thread(on, &p);
    assert_int_equal(weft_io_remove(on->io, s.id), WEFT_OK); /* that ring was the other's */
    close(s.fd);
    wait_for(s.other_fd, POLLIN);
    assert_ended(s.other_fd);
    assert_serves(on, &p);
    close(s.other_fd);
    probe_close(&p);
    bench_end(on);
}

static void a_child_process_that_goes_its_own_way_leaves_the_ring_alone(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    assert_serves(on, p);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(weft_io_fd(on->io));
        _exit(0);
    }
    assert_int_equal(child_status(child), 0);
    assert_serves(on, p);
    assert_int_equal(rings, 1);
}

int main(void)
{
    static const struct CMUnitTest anywhere[] = {
        cmocka_unit_test(a_backend_that_this_system_does_not_have_is_replaced_too),
        cmocka_unit_test(the_default_is_epoll_without_a_word),
    };
    static const struct CMUnitTest with_rings[] = {
        RESET(a_machine_that_refuses_a_ring_gets_epoll_and_is_told_why),
        RESET(a_seccomp_filter_that_forbids_rings_leads_to_epoll),
        RESET_WITH_ONE_PROBE(an_idle_poll_does_not_enter_the_kernel),
        RESET(polls_are_left_out_while_streams_have_nothing),
        RESET(what_becomes_ready_by_being_added_or_changed_is_found),
        RESET_WITH_ONE_PROBE(a_ring_that_stops_working_is_given_up_with_a_word),
        RESET_WITH_ONE_PROBE(a_ring_that_cannot_be_entered_for_a_while_is_tried_again),
        RESET_WITH_ONE_PROBE(the_thread_that_polls_need_not_be_the_one_that_built),
        RESET_WITH_ONE_PROBE(a_world_that_is_handed_over_gets_a_ring_of_the_new_thread),
        RESET_WITH_ONE_PROBE(what_becomes_ready_after_its_thread_has_ended_is_found),
        RESET_WITH_ONE_PROBE(a_world_that_is_handed_over_and_gets_no_new_ring_goes_on_without),
        RESET(streams_go_on_by_readiness_when_the_ring_stops_working),
        RESET(streams_go_on_in_the_ring_of_another_thread),
        RESET(a_stream_that_is_removed_in_another_thread_lets_its_socket_go),
        RESET_WITH_ONE_PROBE(a_child_process_that_goes_its_own_way_leaves_the_ring_alone),
    };
    test_backend = backend_given_for(WEFT_IO_URING);
    int failed = cmocka_run_group_tests(anywhere, NULL, NULL);
    if (test_backend == WEFT_IO_URING)
        failed += cmocka_run_group_tests(with_rings, NULL, NULL);
    else
        print_message("io_uring is not available here: not tested\n");
    return failed;
}
