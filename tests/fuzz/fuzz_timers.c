/* Fuzzes the timer wheel and the timers: the input is a sequence of operations, and what they give
 * is compared with a sorted list, step by step. The first byte says which of the two, and the tick.
 */
/* test-timeout: 300 */
#include <weft/fn.h>
#include <weft/timers.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../driver/wheel_model.h"

#define MUST(good) must((good), __LINE__, #good)

enum { MANY = 12 };

__extension__ typedef __int128 wide;

static void must(bool good, int line, const char *text)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_timers.c:%d: %s does not hold\n", line, text);
    abort();
}

/* ---- the input ------------------------------------------------------------------------------- */

typedef struct {
    const uint8_t *at, *end;
} input;

static uint8_t next_byte(input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static int64_t clamp(wide value)
{
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

/* A byte for a time near now, a power of two away from it, or at an end of time. */
static int64_t next_time(input *in, int64_t now_ns)
{
    const uint8_t byte = next_byte(in);
    const unsigned bits = byte % 64;
    switch (byte / 64) {
    case 0: return clamp((wide)now_ns + (int)bits - 16);
    case 1: return clamp((wide)now_ns + ((wide)1 << bits) + next_byte(in));
    case 2: return clamp((wide)now_ns - ((wide)1 << bits) - next_byte(in));
    default: return bits < 32 ? INT64_MAX - (int)bits : INT64_MIN + (int)bits - 32;
    }
}

static int64_t next_tick(input *in)
{
    static const int64_t ticks_ns[] = { 0, 1, 10, 64, 1000, 1000000, INT64_MAX - 1, INT64_MAX };
    return ticks_ns[next_byte(in) % 8];
}

/* ---- the wheel ------------------------------------------------------------------------------- */

typedef struct {
    weft_wheel wheel;
    weft_wheel_node nodes[MANY];
    wheel_model model;
} wheel_trial;

static bool pop(wheel_trial *t)
{
    const size_t expected = model_pop(&t->model);
    const weft_wheel_node *node = weft_wheel_pop(&t->wheel);
    MUST(node == (expected == MANY ? NULL : &t->nodes[expected]));
    MUST(!node || node->deadline_ns == t->model.latest[expected].deadline_ns);
    return node != NULL;
}

static void operate_wheel(wheel_trial *t, input *in)
{
    const uint8_t byte = next_byte(in);
    const size_t id = byte / 8 % MANY;
    int64_t now_ns = weft_wheel_now(&t->wheel), expected_ns = 0, next_ns = 0;
    switch (byte % 8) {
    case 0:
    case 1:
    case 2:
        MUST(weft_wheel_cancel(&t->wheel, &t->nodes[id]) == model_cancel(&t->model, id));
        now_ns = next_time(in, now_ns);
        weft_wheel_schedule(&t->wheel, &t->nodes[id], now_ns);
        model_schedule(&t->model, id, now_ns);
        break;
    case 3: MUST(weft_wheel_cancel(&t->wheel, &t->nodes[id]) == model_cancel(&t->model, id)); break;
    case 4:
        now_ns = next_time(in, now_ns);
        MUST(weft_wheel_expire(&t->wheel, now_ns) == model_expire(&t->model, now_ns));
        break;
    case 5:
        now_ns = next_time(in, now_ns);
        model_expire(&t->model, now_ns);
        MUST(weft_wheel_advance(&t->wheel, now_ns) || t->model.due_head == t->model.due_end);
        break;
    case 6:
        for (size_t i = 0; i <= id && pop(t); i++)
            ;
        break;
    case 7:
        MUST(weft_wheel_next_deadline(&t->wheel, &next_ns) ==
             model_next_deadline(&t->model, &expected_ns));
        MUST(next_ns == expected_ns);
        break;
    }
}

static void try_wheel(input *in)
{
    static wheel_trial trial; /* large, and whatever an earlier input left in it is no harm */
    wheel_trial *const t = &trial;
    for (size_t i = 0; i < MANY; i++)
        t->nodes[i] = (weft_wheel_node){ .deadline_ns = 0 };
    model_init(&t->model, MANY);
    t->model.tick_ns = next_tick(in);
    weft_wheel_init_ticking(&t->wheel, next_time(in, 0), t->model.tick_ns);
    while (in->at < in->end) {
        const char *why = NULL;
        operate_wheel(t, in);
        MUST(weft_wheel_len(&t->wheel) == model_len(&t->model));
        if (!weft_wheel_check(&t->wheel, &why))
            must(false, __LINE__, why);
    }
    MUST(weft_wheel_expire(&t->wheel, INT64_MAX) == model_expire(&t->model, INT64_MAX));
    while (pop(t))
        ;
    MUST(weft_wheel_len(&t->wheel) == 0);
    model_fini(&t->model);
}

/* ---- timers ---------------------------------------------------------------------------------- */

typedef struct {
    input *in;
    weft_timers *timers;
    weft_world *world;
    wheel_model model;
    weft_timer_id ids[MANY]; /* of the timer that a place of the model stands for */
    struct {
        int64_t period_ns; /* 0: one-shot */
        weft_missed missed;
        bool live;
    } kinds[MANY];
    int64_t now_ns;
    size_t runs, ends;
    bool polling;
} timers_trial;

typedef struct Trial {
    timers_trial *t;
} Trial;
WEFT_RESOURCE_DEFINE(Trial);

typedef struct Ending {
    timers_trial *t;
} Ending;

static void ending_fini(Ending *ending)
{
    ending->t->ends++;
}

/* The place that has to run next, or MANY. What was due at a later time waits again. */
static size_t expect_run(timers_trial *t)
{
    for (;;) {
        const size_t id = model_pop(&t->model);
        if (id == MANY || model_due_time(&t->model, t->model.latest[id].deadline_ns) <= t->now_ns)
            return id;
        model_schedule(&t->model, id, t->model.latest[id].deadline_ns);
    }
}

static void end_if_over(timers_trial *t, size_t id)
{
    if (t->model.state[id] == MODEL_IDLE)
        t->kinds[id].live = false;
}

static void change(timers_trial *t, size_t id, bool cancel)
{
    const weft_status expected = t->kinds[id].live ? WEFT_OK : WEFT_ESTALE;
    const int64_t deadline_ns = next_time(t->in, t->now_ns);
    if (t->kinds[id].live) {
        model_cancel(&t->model, id);
        if (cancel)
            t->kinds[id].live = false;
        else
            model_schedule(&t->model, id, deadline_ns);
    }
    MUST((cancel ? weft_timers_cancel(t->timers, t->ids[id])
                 : weft_timers_reschedule(t->timers, t->ids[id], deadline_ns)) == expected);
}

static void ran(Ending *ending, Trial *trial, weft_timer_event event)
{
    timers_trial *const t = trial->t;
    const size_t id = expect_run(t);
    MUST(ending->t == t && id < MANY && t->kinds[id].live);
    const int64_t deadline_ns = t->model.latest[id].deadline_ns;
    const wide period = t->kinds[id].period_ns;
    const wide missed = period ? ((wide)t->now_ns - deadline_ns) / period : 0;
    MUST(event.id.index == t->ids[id].index && event.id.generation == t->ids[id].generation);
    MUST(event.now_ns == t->now_ns && event.deadline_ns == deadline_ns);
    MUST(event.missed == (uint64_t)missed);
    if (period) {
        static const int caught_up[] = { [WEFT_MISSED_BURST] = 0, [WEFT_MISSED_SKIP] = 1 };
        const weft_missed policy = t->kinds[id].missed;
        const wide next = policy == WEFT_MISSED_DELAY
                              ? t->now_ns + period
                              : deadline_ns + period * (1 + caught_up[policy] * missed);
        model_schedule(&t->model, id, clamp(next));
    }
    t->runs++;
    const uint8_t act = next_byte(t->in);
    if (act % 4 == 1)
        change(t, id, act & 128);
    else if (act % 4 == 2)
        change(t, act / 4 % MANY, act & 128);
    end_if_over(t, id);
}
WEFT_FN(ran, CTX(Ending, ending_fini), MUT(Trial), IN(weft_timer_event));

static void poll(timers_trial *t, size_t most)
{
    t->now_ns = next_time(t->in, t->now_ns);
    t->runs = 0;
    model_expire(&t->model, t->now_ns);
    const int count = weft_timers_poll_most(t->timers, t->world, t->now_ns, most);
    MUST(count >= 0 && (size_t)count == t->runs && t->runs <= most);
    if (t->runs < most)
        MUST(expect_run(t) == MANY);
}

static void schedule(timers_trial *t, size_t id, bool periodic)
{
    struct ran handler;
    const int64_t deadline_ns = next_time(t->in, t->now_ns);
    if (t->kinds[id].live)
        return;
    MUST(ran_init(&handler, t->world, (Ending){ t }) == WEFT_OK);
    t->kinds[id].period_ns = 0;
    if (periodic) {
        const uint8_t byte = next_byte(t->in);
        t->kinds[id].period_ns = (INT64_C(1) << byte % 63) + byte / 128;
        t->kinds[id].missed = (weft_missed)(byte / 63 % 3);
        MUST(weft_timers_every(t->timers, deadline_ns, t->kinds[id].period_ns, t->kinds[id].missed,
                               &handler.base, &t->ids[id]) == WEFT_OK);
    } else {
        MUST(weft_timers_schedule(t->timers, deadline_ns, &handler.base, &t->ids[id]) == WEFT_OK);
    }
    t->kinds[id].live = true;
    model_schedule(&t->model, id, deadline_ns);
}

static void operate_timers(timers_trial *t)
{
    const uint8_t byte = next_byte(t->in);
    const size_t id = byte / 8 % MANY;
    int64_t expected_ns = 0, next_ns = 0;
    switch (byte % 8) {
    case 0:
    case 1: schedule(t, id, false); break;
    case 2: schedule(t, id, true); break;
    case 3: change(t, id, true); break;
    case 4: change(t, id, false); break;
    case 5: poll(t, SIZE_MAX); break;
    case 6: poll(t, id); break;
    case 7:
        MUST(weft_timers_next_deadline(t->timers, &next_ns) ==
             model_next_deadline(&t->model, &expected_ns));
        MUST(next_ns == expected_ns);
        break;
    }
}

static void try_timers(input *in)
{
    timers_trial *t = calloc(1, sizeof *t);
    MUST(t != NULL);
    t->in = in;
    model_init(&t->model, MANY);
    t->model.tick_ns = next_tick(in);
    weft_builder *builder = weft_builder_new(NULL);
    MUST(builder != NULL);
    WEFT_REGISTER(builder, Trial, { t });
    t->timers = weft_timers_install(
        builder, &(weft_timers_desc){ .capacity = MANY, .tick_ns = t->model.tick_ns });
    MUST(weft_builder_build(builder, &t->world) == WEFT_OK);
    size_t scheduled = 0;
    while (in->at < in->end) {
        const char *why = NULL;
        operate_timers(t);
        MUST(weft_timers_len(t->timers) == model_len(&t->model));
        if (!weft_timers_check(t->timers, &why))
            must(false, __LINE__, why);
        for (size_t id = 0; id < MANY; id++)
            MUST(weft_timers_pending(t->timers, t->ids[id]) == t->kinds[id].live);
    }
    scheduled = t->ends;
    for (size_t id = 0; id < MANY; id++)
        scheduled += t->kinds[id].live;
    weft_world_free(t->world);
    MUST(t->ends == scheduled);
    model_fini(&t->model);
    free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    input in = { bytes, bytes + size_bytes };
    if (next_byte(&in) % 2 == 0)
        try_wheel(&in);
    else
        try_timers(&in);
    return 0;
}
