/* Runs a group of tests once per poller that this machine has. */
#ifndef WEFT_TEST_BACKENDS_H
#define WEFT_TEST_BACKENDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <weft/io.h>

#include "driver/poller.h"

#include "world_check.h"

/* The one that the tests run on now; what they install, they install with it. */
static weft_backend test_backend;

/* Where the library is built without it, it comes with the tests, on an emulated kqueue. */
static const weft_poller_kind *const kqueue_for_tests __attribute__((used)) = &weft_poller_kqueue;

static inline weft_backend backend_given_for(weft_backend asked)
{
    test_world test;
    test_world_init(&test);
    const weft_io *io = weft_io_install(test.builder, &(weft_io_desc){ .backend = asked });
    const weft_backend given = io ? weft_io_backend(io) : WEFT_IO_DEFAULT;
    test_world_fini(&test);
    return given;
}

#define run_on_every_backend(tests) \
    run_group_on_every_backend((tests), sizeof(tests) / sizeof *(tests))

static inline int run_group_on_every_backend(const struct CMUnitTest *tests, size_t count)
{
    static const weft_backend all[] = { WEFT_IO_EPOLL, WEFT_IO_URING, WEFT_IO_KQUEUE };
    int failed = 0, ran = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *name = weft_io_backend_name(all[i]);
        test_backend = all[i];
        if (backend_given_for(all[i]) == all[i]) {
            print_message("on %s:\n", name);
            failed += _cmocka_run_group_tests(name, tests, count, NULL, NULL);
            ran++;
        } else {
            print_message("%s is not available here: not tested\n", name);
            failed += all[i] == WEFT_IO_KQUEUE; /* the tests bring it with them */
        }
    }
    return ran ? failed : 1;
}

#endif
