/* The beginning and the end that many tests of a poller share: a world, and a probe that waits to
 * be readable. They live longer than the test's own variables, as the end of the world destroys the
 * probe's handler:
 *
 *     static void a_test(void **state)
 *     {
 *         bench *on = given_bench(state);
 *         probe *p = given_probe(state);
 *         ...
 *     }
 *     ... WITH_ONE_PROBE(a_test) ...
 */
#ifndef WEFT_TEST_ONE_PROBE_H
#define WEFT_TEST_ONE_PROBE_H

#include "probe.h"

typedef struct one_probe {
    bench on;
    probe p;
} one_probe;

static int one_probe_begin(void **state)
{
    static one_probe given;
    given = (one_probe){ .on.io = NULL };
    bench_begin(&given.on, NULL);
    probe_open(&given.on, &given.p, WEFT_READABLE);
    *state = &given;
    return 0;
}

static int one_probe_end(void **state)
{
    one_probe *given = *state;
    probe_close(&given->p);
    bench_end(&given->on);
    return 0;
}

static inline bench *given_bench(void **state)
{
    one_probe *given = *state;
    return &given->on;
}

static inline probe *given_probe(void **state)
{
    one_probe *given = *state;
    return &given->p;
}

#define WITH_ONE_PROBE(test) cmocka_unit_test_setup_teardown(test, one_probe_begin, one_probe_end)

#endif
