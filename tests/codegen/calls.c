/* What WEFT_FN makes of a call, beside what one would write by hand. test_calls.sh compiles this
 * and counts instructions; it is never run.
 *
 *     ours_NAME    through the handler
 *     hand_NAME    the same by hand, the resources as pointers in a struct
 *     bare_NAME    the same by hand, the resources as arguments
 *
 * LOADS(NAME, n) says how many resources the function has: ours may take as many instructions more
 * than the bare one, to load their addresses. control_* are wrong on purpose.
 */
#include <weft/fn.h>

#define LOADS(name, n)                       \
    extern const char loads_##name[1 + (n)]; \
    const char loads_##name[1 + (n)] = { 0 }
#define API __attribute__((noinline, visibility("default")))

#define RESOURCE(T)     \
    typedef struct T {  \
        uint64_t value; \
    } T;                \
    WEFT_RESOURCE_DEFINE(T)
RESOURCE(R0);
RESOURCE(R1);
RESOURCE(R2);
RESOURCE(R3);
RESOURCE(R4);
RESOURCE(R5);
RESOURCE(R6);
RESOURCE(R7);

typedef struct Event {
    uint64_t qty, price;
} Event;

/* ---- no resource ----------------------------------------------------------------------------- */

static uint64_t none(uint32_t event)
{
    return event * UINT64_C(3);
}
WEFT_FN(none, IN(uint32_t));
LOADS(none, 0);

API uint64_t ours_none(struct none *f, weft_world *world, uint32_t event)
{
    return none_call(&f->state, world, &event);
}

API uint64_t bare_none(const void *f, weft_world *world, uint32_t event)
{
    (void)f, (void)world;
    return event * UINT64_C(3);
}

/* ---- no parameter at all --------------------------------------------------------------------- */

static bool idle(void)
{
    return false;
}
WEFT_FN(idle);
LOADS(idle, 0);

API bool ours_idle(struct idle *f, weft_world *world)
{
    return idle_call(&f->state, world);
}

API bool bare_idle(void)
{
    return false;
}

/* ---- one ------------------------------------------------------------------------------------- */

static void one(R0 *counter, uint32_t event)
{
    counter->value += event;
}
WEFT_FN(one, MUT(R0), IN(uint32_t));
LOADS(one, 1);

struct hand_one {
    weft_handler base;
    R0 *counter;
};

API void ours_one(struct one *f, weft_world *world, uint32_t event)
{
    one_call(&f->state, world, &event);
}

API void hand_one(struct hand_one *f, weft_world *world, uint32_t event)
{
    (void)world;
    f->counter->value += event;
}

API void bare_one(R0 *counter, weft_world *world, uint32_t event)
{
    (void)world;
    counter->value += event;
}

/* ---- two, and a branch ----------------------------------------------------------------------- */

static void two(R0 *counter, const R1 *limit, const Event *event)
{
    if (event->qty < limit->value)
        counter->value += event->price;
}
WEFT_FN(two, MUT(R0), RES(R1), REF(Event));
LOADS(two, 2);

struct hand_two {
    weft_handler base;
    R0 *counter;
    const R1 *limit;
};

API void ours_two(struct two *f, weft_world *world, const Event *event)
{
    two_call(&f->state, world, event);
}

API void hand_two(struct hand_two *f, weft_world *world, const Event *event)
{
    (void)world;
    if (event->qty < f->limit->value)
        f->counter->value += event->price;
}

API void bare_two(R0 *counter, const R1 *limit, const Event *event)
{
    if (event->qty < limit->value)
        counter->value += event->price;
}

/* ---- eight ----------------------------------------------------------------------------------- */

static uint64_t eight(const R0 *a, const R1 *b, const R2 *c, const R3 *d, const R4 *e, const R5 *f,
                      const R6 *g, R7 *h)
{
    h->value = a->value + b->value + c->value + d->value + e->value + f->value + g->value;
    return h->value;
}
WEFT_FN(eight, RES(R0), RES(R1), RES(R2), RES(R3), RES(R4), RES(R5), RES(R6), MUT(R7));
LOADS(eight, 8);

struct hand_eight {
    weft_handler base;
    const R0 *a;
    const R1 *b;
    const R2 *c;
    const R3 *d;
    const R4 *e;
    const R5 *f;
    const R6 *g;
    R7 *h;
};

API uint64_t ours_eight(struct eight *f, weft_world *world)
{
    return eight_call(&f->state, world);
}

API uint64_t hand_eight(struct hand_eight *f, weft_world *world)
{
    (void)world;
    f->h->value = f->a->value + f->b->value + f->c->value + f->d->value + f->e->value +
                  f->f->value + f->g->value;
    return f->h->value;
}

API uint64_t bare_eight(const R0 *a, const R1 *b, const R2 *c, const R3 *d, const R4 *e,
                        const R5 *f, const R6 *g, R7 *h)
{
    h->value = a->value + b->value + c->value + d->value + e->value + f->value + g->value;
    return h->value;
}

/* ---- a local --------------------------------------------------------------------------------- */

static uint64_t local(const R0 *weight, uint64_t *sum, uint64_t event)
{
    return *sum += event * weight->value;
}
WEFT_FN(local, RES(R0), LOCAL(uint64_t), IN(uint64_t));
LOADS(local, 1);

struct hand_local {
    weft_handler base;
    const R0 *weight;
    uint64_t sum;
};

API uint64_t ours_local(struct local *f, weft_world *world, uint64_t event)
{
    return local_call(&f->state, world, &event);
}

API uint64_t hand_local(struct hand_local *f, weft_world *world, uint64_t event)
{
    (void)world;
    return f->sum += event * f->weight->value;
}

API uint64_t bare_local(const R0 *weight, uint64_t *sum, uint64_t event)
{
    return *sum += event * weight->value;
}

/* ---- a context ------------------------------------------------------------------------------- */

typedef struct Session {
    uint64_t id, seen;
} Session;

static bool context(const R0 *limit, Session *session, uint64_t event)
{
    session->seen += event;
    return session->seen < limit->value;
}
WEFT_FN(context, RES(R0), CTX(Session), IN(uint64_t));
LOADS(context, 1);

struct hand_context {
    weft_handler base;
    const R0 *limit;
    Session session;
};

API bool ours_context(struct context *f, weft_world *world, uint64_t event)
{
    return context_call(&f->state, world, &event);
}

API bool hand_context(struct hand_context *f, weft_world *world, uint64_t event)
{
    (void)world;
    f->session.seen += event;
    return f->session.seen < f->limit->value;
}

API bool bare_context(const R0 *limit, Session *session, uint64_t event)
{
    session->seen += event;
    return session->seen < limit->value;
}

/* ---- what the world provides ----------------------------------------------------------------- */

static int64_t numbered(int64_t seq, R0 *last)
{
    last->value = (uint64_t)seq;
    return seq;
}
WEFT_FN(numbered, SEQ, MUT(R0));
LOADS(numbered, 1);

struct hand_numbered {
    weft_handler base;
    R0 *last;
};

API int64_t ours_numbered(struct numbered *f, weft_world *world)
{
    return numbered_call(&f->state, world);
}

API int64_t hand_numbered(struct hand_numbered *f, weft_world *world)
{
    f->last->value = (uint64_t)world->sequence.value;
    return world->sequence.value;
}

API int64_t bare_numbered(R0 *last, weft_world *world)
{
    last->value = (uint64_t)world->sequence.value;
    return world->sequence.value;
}

/* ---- erased: the run function that a driver calls, against one written for it ---------------- */

static bool erased(R0 *counter, const R1 *limit, const Event *event)
{
    counter->value += event->qty;
    return counter->value < limit->value;
}
WEFT_FN(erased, MUT(R0), RES(R1), REF(Event));

struct hand_erased {
    weft_handler base;
    R0 *counter;
    const R1 *limit;
};

API bool ours_erased(weft_handler *handler, weft_world *world, const void *event)
{
    return erased_run(handler, world, event);
}

API bool hand_erased(weft_handler *handler, weft_world *world, const void *event)
{
    struct hand_erased *const f = (struct hand_erased *)handler;
    (void)world;
    f->counter->value += ((const Event *)event)->qty;
    return f->counter->value < f->limit->value;
}

/* ---- stamps ----------------------------------------------------------------------------------
 *
 * By hand: a function that returns the copy. Bare: an assignment. gcc 12 copies what an inline
 * function returns in parts, two instructions more than the assignment; so these may have two. */

#define STAMP(name, f)                                       \
    LOADS(name, 2);                                          \
    static inline struct f copy_##f(const struct f *from)    \
    {                                                        \
        return *from;                                        \
    }                                                        \
    API void ours_##name(struct f *to, const struct f *from) \
    {                                                        \
        *to = f##_stamp(from);                               \
    }                                                        \
    API void hand_##name(struct f *to, const struct f *from) \
    {                                                        \
        *to = copy_##f(from);                                \
    }                                                        \
    API void bare_##name(struct f *to, const struct f *from) \
    {                                                        \
        *to = *from;                                         \
    }                                                        \
    struct f

STAMP(stamp_one, one);
STAMP(stamp_two, two);
STAMP(stamp_eight, eight);

API void ours_stamp_context(struct context *to, const struct context *from, uint64_t id)
{
    *to = context_stamp(from, (Session){ id, 0 });
}

API void hand_stamp_context(struct context *to, const struct context *from, uint64_t id)
{
    to->base = from->base;
    to->state.slots.res_R0 = from->state.slots.res_R0;
    to->state.ctx = (Session){ id, 0 };
}

/* ---- controls: the test must notice these ---------------------------------------------------- */

LOADS(control_lookup, 1);

/* Finds its resource in each call. */
API void ours_control_lookup(weft_world *world, uint32_t event)
{
    WEFT_GET(world, R0)->value += event;
}

API void bare_control_lookup(R0 *counter, uint32_t event)
{
    counter->value += event;
}

/* One load too many: the struct of pointers is itself behind a pointer. */
API void ours_control_load(struct hand_one **f, weft_world *world, uint32_t event)
{
    (void)world;
    (*f)->counter->value += event;
}

API void hand_control_load(struct hand_one *f, weft_world *world, uint32_t event)
{
    (void)world;
    f->counter->value += event;
}
