/* A world with notifications whose handlers write down that they ran.
 *
 * A listener has a name, one letter; on.order is the letters of those that ran in the last poll.
 * What a listener does beyond that is its `act`. */
#ifndef WEFT_TEST_NOTIFY_FIXTURE_H
#define WEFT_TEST_NOTIFY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <weft/fn.h>
#include <weft/notify.h>

#include "soundness.h"
#include "world_check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct fixture {
    test_world test;
    weft_world *world;
    weft_notifies *notifies;
    char order[64]; /* the names of those that ran */
    size_t order_len;
} fixture;

typedef struct listener listener;

struct listener {
    fixture *on;
    char name;
    int runs, finis;
    int64_t sequence;
    weft_notify *notify;
    void (*act)(listener *self, weft_world *world);
    listener *target; /* for act */
    void (*at_end)(listener *self);
};

typedef listener *listener_ref;

static void listener_fini(listener_ref *self)
{
    if ((*self)->at_end)
        (*self)->at_end(*self);
    (*self)->finis++;
}

static void on_notify(listener_ref *self, weft_world *world, weft_notify_event event)
{
    listener *l = *self;
    assert_ptr_equal(event.notify, l->notify);
    l->runs++;
    l->sequence = weft_world_sequence(world);
    if (l->name && l->on->order_len < sizeof l->on->order - 1)
        l->on->order[l->on->order_len++] = l->name;
    if (l->act)
        l->act(l, world);
}
WEFT_FN(on_notify, CTX(listener_ref, listener_fini), WORLD, IN(weft_notify_event));

#define assert_sound(notifies) assert_sound_by(weft_notifies_check, notifies)

static inline void begin(fixture *on, const weft_notifies_desc *desc)
{
    *on = (fixture){ 0 };
    test_world_init(&on->test);
    on->notifies = weft_notifies_install(on->test.builder, desc);
    assert_non_null(on->notifies);
    on->world = test_world_build(&on->test);
}

static inline void end(fixture *on)
{
    assert_sound(on->notifies);
    test_world_fini(&on->test);
}

static inline int poll_once(fixture *on)
{
    on->order_len = 0;
    memset(on->order, 0, sizeof on->order);
    const int count = weft_notifies_poll(on->notifies, on->world);
    assert_sound(on->notifies);
    return count;
}

static inline void open_one(fixture *on, listener *l, char name)
{
    struct on_notify handler;
    l->on = on;
    l->name = name;
    assert_int_equal(on_notify_init(&handler, on->world, l), WEFT_OK);
    assert_int_equal(weft_notify_new(on->notifies, &handler.base, &l->notify), WEFT_OK);
    assert_sound(on->notifies);
}

static inline void open_all(fixture *on, listener *l, size_t count)
{
    for (size_t i = 0; i < count; i++)
        open_one(on, &l[i], (char)('a' + i));
}

static inline void signal_by_name(const listener *l, const char *names)
{
    for (; *names; names++)
        weft_notify_signal(l[*names - 'a'].notify);
}

#endif
