/* What the tests of signals share: handlers that keep what they saw. */
#ifndef WEFT_TEST_SIGNALS_FIXTURE_H
#define WEFT_TEST_SIGNALS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include <weft/fn.h>
#include <weft/io.h>
#include <weft/signals.h>

#include "backends.h"
#include "soundness.h"
#include "world_check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct fixture {
    test_world test;
    weft_world *world;
    weft_signals *signals;
    weft_io *io;
} fixture;

typedef struct catcher catcher;

struct catcher {
    weft_signals *signals;
    int runs, finis;
    int64_t sequence;
    weft_signal_event last;
    weft_signal_id id;
    void (*act)(catcher *self, weft_world *world);
    catcher *target; /* for act */
    void (*at_end)(catcher *self);
};

typedef catcher *catcher_ref;

static void catcher_fini(catcher_ref *self)
{
    if ((*self)->at_end)
        (*self)->at_end(*self);
    (*self)->finis++;
}

static void on_signal(catcher_ref *self, weft_world *world, const weft_signal_event *event)
{
    catcher *c = *self;
    c->runs++;
    c->last = *event;
    c->sequence = weft_world_sequence(world);
    if (c->act)
        c->act(c, world);
}
WEFT_FN(on_signal, CTX(catcher_ref, catcher_fini), WORLD, REF(weft_signal_event));

#define assert_sound(signals) assert_sound_by(weft_signals_check, signals)

static inline void begin(fixture *on, const weft_signals_desc *desc)
{
    test_world_init(&on->test);
    on->signals = weft_signals_install(on->test.builder, desc);
    on->io = weft_io_install(on->test.builder, &(weft_io_desc){ .backend = test_backend });
    assert_non_null(on->signals);
    assert_non_null(on->io);
    on->world = test_world_build(&on->test);
}

static inline void end(fixture *on)
{
    assert_sound(on->signals);
    test_world_fini(&on->test);
}

static inline int poll_once(fixture *on)
{
    const int count = weft_signals_poll(on->signals, on->world);
    assert_sound(on->signals);
    return count;
}

static inline weft_status add(fixture *on, catcher *c, int signo)
{
    struct on_signal handler;
    c->signals = on->signals;
    assert_int_equal(on_signal_init(&handler, on->world, c), WEFT_OK);
    const weft_status status = weft_signals_add(on->signals, signo, &handler.base, &c->id);
    assert_sound(on->signals);
    return status;
}

static inline void (*disposition(int signo))(int)
{
    struct sigaction action;
    assert_int_equal(sigaction(signo, NULL, &action), 0);
    return action.sa_handler;
}

static inline void set_disposition(int signo, void (*to)(int))
{
    const struct sigaction action = { .sa_handler = to };
    assert_int_equal(sigaction(signo, &action, NULL), 0);
}

/* Whoever runs the tests may ignore signals, as a shell does for what is in its background. */
static inline void forget_inherited_dispositions(void)
{
    static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
    for (size_t i = 0; i < COUNT(numbers); i++)
        set_disposition(numbers[i], SIG_DFL);
}

#endif
