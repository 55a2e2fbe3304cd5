/* The poller and what is wrong: descriptors closed too early, and what is refused. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

#include "large_handler.h"
#include "one_probe.h"

/* ---- descriptors closed too early ------------------------------------------------------------ */

static void a_number_that_comes_back_makes_its_former_source_an_orphan(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe old = { 0 }, new = { 0 };
    probe_open(on, &old, WEFT_READABLE);
    probe_close(&old); /* against the rules: its source was not removed */
    int fd;
    assert_int_equal(weft_socketpair(&fd, &new.other_fd), WEFT_OK);
    assert_int_equal(fd, old.fd);
    assert_int_equal(probe_add_fd(on, &new, fd, WEFT_READABLE), WEFT_OK);
    assert_int_equal(weft_io_len(on->io), 2);
    probe_feed(&new);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(old.runs, 0);
    assert_int_equal(weft_io_set(on->io, old.id, WEFT_READABLE), WEFT_ESTALE);
    /* Removing it must not take the number away from its new source. */
    assert_int_equal(weft_io_remove(on->io, old.id), WEFT_OK);
    assert_int_equal(old.finis, 1);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(new.runs, 2);
    probe_close(&new);
    bench_end(on);
}

static void a_closed_descriptor_cannot_be_set_but_removed(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { 0 };
    probe_open(on, &p, WEFT_READABLE);
    probe_close(&p);
    assert_int_equal(weft_io_set(on->io, p.id, WEFT_WRITABLE), WEFT_ESYSTEM);
    assert_non_null(
        strstr(test_world_sentence(&on->test), "it was closed before its source was removed"));
    assert_int_equal(weft_io_remove(on->io, p.id), WEFT_OK);
    bench_end(on);
}

static void a_number_that_comes_back_unknown_cannot_be_set(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { 0 };
    probe_open(on, &p, WEFT_READABLE);
    probe_close(&p);
    int fd, other_fd;
    assert_int_equal(weft_socketpair(&fd, &other_fd), WEFT_OK);
    assert_int_equal(fd, p.fd);
    assert_int_equal(write(other_fd, "x", 1), 1);
    assert_int_equal(weft_io_set(on->io, p.id, WEFT_WRITABLE), WEFT_ESYSTEM);
    assert_int_equal(bench_poll(on), 0);
    assert_int_equal(weft_io_remove(on->io, p.id), WEFT_OK);
    close(fd);
    close(other_fd);
    bench_end(on);
}

static void a_descriptor_that_lives_on_as_a_duplicate_is_reported_once(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { 0 };
    probe_open(on, &p, WEFT_READABLE);
    const int duplicate = dup(p.fd);
    close(p.fd);
    assert_int_equal(weft_io_remove(on->io, p.id), WEFT_OK);
    probe_feed(&p);
    probe other = { 0 };
    probe_open(on, &other, WEFT_READABLE);
    for (int i = 0; i < 3; i++)
        assert_int_equal(bench_poll(on), 0);
    if (test_backend == WEFT_IO_KQUEUE) { /* knows it by its number, which is closed */
        assert_int_equal(on->test.reports, 0);
    } else {
        assert_int_equal(on->test.reports, 1);
        assert_non_null(strstr(test_world_sentence(&on->test), "call weft_io_remove before close"));
    }
    close(duplicate);
    close(p.other_fd);
    probe_close(&other);
    bench_end(on);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void on_wrong(uint32_t event)
{
    (void)event;
}
WEFT_FN(on_wrong, IN(uint32_t));

static void an_event_of_another_type_is_refused(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    struct on_wrong handler;
    weft_io_id id = { 7, 7 };
    assert_int_equal(on_wrong_init(&handler, on->world), WEFT_OK);
    assert_int_equal(weft_io_add(on->io, 0, WEFT_READABLE, &handler.base, &id), WEFT_ETYPE);
    assert_non_null(strstr(test_world_sentence(&on->test), "on_wrong takes IN(uint32_t)"));
    assert_int_equal(id.index, 7);
    assert_int_equal(weft_io_len(on->io), 0);
    bench_end(on);
}

static void descriptors_that_cannot_be_polled_are_refused_with_a_reason(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    probe p = { 0 };
    const int its_fd = weft_io_fd(on->io);
    const int file = open("plain", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    const int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int poller = epoll_create1(EPOLL_CLOEXEC);
    const int closed = dup(file);
    close(closed);
    struct epoll_event event = { .events = EPOLLIN };
    assert_int_equal(epoll_ctl(poller, EPOLL_CTL_ADD, its_fd, &event), 0);
    const struct {
        int fd;
        const char *reason;
    } cases[] = {
        { -1, "it is no descriptor" },
        { closed, "it is closed" },
        { file, "regular files and directories are always ready" },
        { folder, "regular files and directories are always ready" },
        { its_fd, "it is a poller that waits for this one" },
        { poller, "it is a poller that waits for this one" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(probe_add_fd(on, &p, cases[i].fd, WEFT_READABLE), WEFT_EINVAL);
        assert_non_null(strstr(test_world_sentence(&on->test), cases[i].reason));
        assert_non_null(strstr(test_world_sentence(&on->test), "on_probe"));
    }
    assert_int_equal(on->test.reports, COUNT(cases));
    assert_int_equal(p.finis, 0);
    assert_int_equal(weft_io_len(on->io), 0);
    close(file);
    close(folder);
    close(poller);
    bench_end(on);
}

typedef struct {
    bench *on;
    int fd;
    weft_status status;
} Late;

static void late_end(Late **late)
{
    bench *on = (*late)->on;
    probe p = { 0 };
    struct on_probe handler;
    assert_int_equal(on_probe_init(&handler, on->world, &p), WEFT_OK);
    (*late)->status =
        weft_io_add(on->io, (*late)->fd, WEFT_READABLE, &handler.base, &(weft_io_id){ 0 });
}

typedef Late *Late_ref;

static void on_late(Late_ref *late)
{
    (void)late;
}
WEFT_FN(on_late, CTX(Late_ref, late_end));

static void what_comes_while_the_world_ends_is_refused(void **state)
{
    (void)state;
    bench on;
    bench_begin(&on, NULL);
    int fd, other_fd;
    struct on_late handler;
    assert_int_equal(weft_socketpair(&fd, &other_fd), WEFT_OK);
    Late late = { &on, other_fd, WEFT_OK };
    assert_int_equal(on_late_init(&handler, on.world, &late), WEFT_OK);
    assert_int_equal(weft_io_add(on.io, fd, WEFT_READABLE, &handler.base, NULL), WEFT_OK);
    bench_end(&on);
    assert_int_equal(late.status, WEFT_ESTALE);
    close(fd);
    close(other_fd);
}

static void a_number_that_is_no_descriptor_costs_no_memory(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    static const int wrong[] = { 10000, 1000000 };
    const size_t allocations = on->test.heap.allocations;
    probe p = { 0 };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(probe_add_fd(on, &p, wrong[i], WEFT_READABLE), WEFT_EINVAL);
        assert_non_null(strstr(test_world_sentence(&on->test), "it is closed"));
    }
    assert_int_equal(on->test.heap.allocations, allocations);
    assert_int_equal(on->test.reports, COUNT(wrong));
    bench_end(on);
}

static void interest_that_there_is_not_is_refused(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    static const uint32_t wrong[] = { WEFT_ONESHOT, WEFT_HANGUP, WEFT_IO_ERROR, 64,
                                      WEFT_READABLE | UINT32_C(0x80000000) };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        probe other = { 0 };
        assert_int_equal(probe_add_fd(on, &other, p->other_fd, wrong[i]), WEFT_EINVAL);
        assert_int_equal(weft_io_set(on->io, p->id, wrong[i]), WEFT_EINVAL);
        assert_non_null(strstr(test_world_sentence(&on->test), "is no interest"));
    }
    probe_feed(p);
    assert_int_equal(bench_poll(on), 1);
}

static void a_descriptor_has_one_source(void **state)
{
    bench *on = given_bench(state);
    probe *p = given_probe(state);
    probe second = { 0 };
    for (int paused = 0; paused < 2; paused++) {
        assert_int_equal(probe_add_fd(on, &second, p->fd, WEFT_READABLE), WEFT_EEXISTS);
        assert_non_null(strstr(test_world_sentence(&on->test), "it has a source already"));
        if (!paused)
            probe_feed(p);
        assert_int_equal(bench_poll(on), !paused); /* as it was */
        assert_int_equal(weft_io_set(on->io, p->id, 0), WEFT_OK);
    }
    assert_int_equal(weft_io_set(on->io, p->id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(bench_poll(on), 1);
    assert_int_equal(p->runs, 2);
    assert_int_equal(second.finis, 0);
}

static void the_capacity_that_was_asked_for_is_kept(void **state)
{
    (void)state;
    bench on;
    probe p[3] = { { 0 } }, extra = { 0 };
    bench_begin(&on, &(weft_io_desc){ .max_sources = 3 });
    const size_t allocations = on.test.heap.allocations;
    for (size_t i = 0; i < COUNT(p); i++)
        probe_open(&on, &p[i], WEFT_READABLE);
    assert_int_equal(probe_add_fd(&on, &extra, p[0].other_fd, WEFT_READABLE), WEFT_EFULL);
    assert_non_null(strstr(test_world_sentence(&on.test), "all 3 are taken"));
    assert_int_equal(weft_io_remove(on.io, p[1].id), WEFT_OK);
    assert_int_equal(probe_add_fd(&on, &extra, p[0].other_fd, WEFT_READABLE), WEFT_OK);
    assert_int_equal(on.test.heap.allocations, allocations);
    bench_end(&on);
    for (size_t i = 0; i < COUNT(p); i++)
        probe_close(&p[i]);
}

static void another_worlds_poller_is_refused(void **state)
{
    (void)state;
    bench begun, *on = &begun;
    bench_begin(on, NULL);
    bench other;
    bench_begin(&other, NULL);
    assert_int_equal(weft_io_poll(on->io, other.world, 0), WEFT_EWORLD);
    assert_int_equal(other.test.reports, 1);
    bench_end(&other);
    bench_end(on);
}

static void installing_twice_or_with_too_large_a_batch_is_refused(void **state)
{
    (void)state;
    test_world test;
    test_world_init(&test);
    assert_null(weft_io_install(test.builder, &(weft_io_desc){ .batch = 65537 }));
    test_world_expect(&test, WEFT_EINVAL, "weft_io_desc.batch is at most 65536, not 65537");
    assert_non_null(weft_io_install(test.builder, &(weft_io_desc){ .backend = test_backend }));
    assert_null(weft_io_install(test.builder, &(weft_io_desc){ .backend = test_backend }));
    assert_int_equal(test.status, WEFT_EEXISTS);
    weft_world *world = NULL;
    assert_int_equal(weft_builder_build(test.builder, &world), WEFT_EINVAL);
    test_world_fini(&test);
}

static void without_memory_nothing_is_half_done(void **state)
{
    (void)state;
    uint64_t runs = 0;
    bool installed = false, added = false;
    for (size_t refuse_after = 0; !added; refuse_after++) {
        test_world test;
        test_world_init(&test);
        test.heap.refuse_after = refuse_after;
        weft_io *io = weft_io_install(test.builder, &(weft_io_desc){ .backend = test_backend });
        assert_true(io || test.status == WEFT_ENOMEM);
        if (io) {
            installed = true;
            weft_world *world = test_world_build(&test);
            struct on_large handler;
            int fd;
            assert_int_equal(on_large_init(&handler, world, (large){ .runs = &runs }), WEFT_OK);
            assert_int_equal(weft_eventfd(&fd), WEFT_OK);
            const weft_status status = weft_io_add(io, fd, WEFT_WRITABLE, &handler.base, NULL);
            assert_true(status == WEFT_OK || status == WEFT_ENOMEM);
            assert_int_equal(weft_io_len(io), status == WEFT_OK);
            assert_int_equal(weft_io_poll(io, world, 0), status == WEFT_OK);
            assert_sound(io);
            added = status == WEFT_OK;
            close(fd);
        }
        test_world_fini(&test);
    }
    assert_true(installed);
    assert_int_equal(runs, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_that_comes_back_makes_its_former_source_an_orphan),
        cmocka_unit_test(a_closed_descriptor_cannot_be_set_but_removed),
        cmocka_unit_test(a_number_that_comes_back_unknown_cannot_be_set),
        cmocka_unit_test(a_descriptor_that_lives_on_as_a_duplicate_is_reported_once),
        cmocka_unit_test(an_event_of_another_type_is_refused),
        cmocka_unit_test(descriptors_that_cannot_be_polled_are_refused_with_a_reason),
        cmocka_unit_test(what_comes_while_the_world_ends_is_refused),
        cmocka_unit_test(a_number_that_is_no_descriptor_costs_no_memory),
        WITH_ONE_PROBE(interest_that_there_is_not_is_refused),
        WITH_ONE_PROBE(a_descriptor_has_one_source),
        cmocka_unit_test(the_capacity_that_was_asked_for_is_kept),
        cmocka_unit_test(another_worlds_poller_is_refused),
        cmocka_unit_test(installing_twice_or_with_too_large_a_batch_is_refused),
        cmocka_unit_test(without_memory_nothing_is_half_done),
    };
    return run_on_every_backend(tests);
}
