/* The threads as coroutines on one stack each, and the operations that they are made to call.
 *
 * An operation whose event is in the graph takes what the graph says. Where the graph ends, the
 * thread asks, and stays there until the explorer has added an event for it. Reads hold until what
 * they read has been executed, so plain memory has the contents that happens-before promises.
 */
#include "run.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { STACK_BYTES = 128 * 1024, PLAIN_WRITES = 16 };

run the_run = { .current = -1 };

/* Of each thread, since its last operation. */
static uint8_t plain_writes[MODEL_THREADS][PLAIN_WRITES];
static int plain_writes_len[MODEL_THREADS];

/* ---- switching ------------------------------------------------------------------------------- */

static struct {
    jmp_buf base, at;
    ucontext_t context;
    bool made;
    char *stack;
    int saved_errno;
} coroutines[MODEL_THREADS];

static ucontext_t maker;
static jmp_buf scheduler, outside;

static void to_scheduler(thread_state state)
{
    const int self = the_run.current;
    the_run.states[self] = state;
    if (!_setjmp(coroutines[self].at))
        _longjmp(scheduler, 1);
}

static void interrupt(void)
{
    the_run.handled = true;
    the_run.in_handler = true;
    the_run.program->handler();
    the_run.in_handler = false;
}

/* At an operation of the first thread, or its end. */
static void interrupt_if_told(void)
{
    if (the_run.in_handler || the_run.handled ||
        ++the_run.operations != the_run.program->interrupt_at)
        return;
    the_run.interrupted = true;
    interrupt();
}

static void main_of_thread(int self)
{
    the_run.program->threads[self].run();
    if (self == 0)
        interrupt_if_told();
}

/* The base is where a thread whose execution was given up is thrown back to. */
static void coroutine(int self)
{
    if (!_setjmp(coroutines[self].base))
        swapcontext(&coroutines[self].context, &maker);
    main_of_thread(the_run.current);
    run_plain_writes_done();
    to_scheduler(THREAD_ENDED);
    abort();
}

static void prepare(int self)
{
    if (coroutines[self].made)
        return;
    coroutines[self].made = true;
    coroutines[self].stack = malloc(STACK_BYTES);
    if (!coroutines[self].stack)
        abort();
    ucontext_t *context = &coroutines[self].context;
    getcontext(context);
    context->uc_stack.ss_sp = coroutines[self].stack;
    context->uc_stack.ss_size = STACK_BYTES;
    makecontext(context, (void (*)(void))coroutine, 1, self);
    swapcontext(&maker, context);
}

static void resume(int thread, bool from_base)
{
    the_run.current = thread;
    the_run.states[thread] = THREAD_RUNS;
    errno = from_base ? 0 : coroutines[thread].saved_errno;
    if (!_setjmp(scheduler))
        _longjmp(from_base ? coroutines[thread].base : coroutines[thread].at, 1);
    coroutines[the_run.current].saved_errno = errno;
    the_run.current = -1;
}

bool run_is_its_own(const void *at)
{
    const char *stack = coroutines[the_run.current].stack;
    return ((const char *)at >= stack && (const char *)at < stack + STACK_BYTES) || at == &errno;
}

/* ---- an execution ---------------------------------------------------------------------------- */

void run_begin(const model_program *program)
{
    the_run.program = program;
    the_run.threads_len = 0;
    while (the_run.threads_len < MODEL_THREADS && program->threads[the_run.threads_len].name)
        the_run.threads_len++;
    memset(the_run.done, 0, sizeof the_run.done);
    memset(the_run.executed, 0, sizeof the_run.executed);
    memset(the_run.newest, 0xff, sizeof the_run.newest); /* INITIAL */
    memset(the_run.touched, 0, sizeof the_run.touched);
    memset(plain_writes_len, 0, sizeof plain_writes_len);
    the_run.log_len = 0;
    the_run.operations = 0;
    the_run.in_handler = the_run.handled = the_run.interrupted = false;
    the_run.failed = false;
    plain_begin();
    system_begin();
    if (program->setup && !_setjmp(outside))
        program->setup();
    for (int t = 0; t < the_run.threads_len && !the_run.failed; t++) {
        prepare(t);
        resume(t, true);
    }
}

static bool may_go_on(int thread)
{
    const graph *g = &the_run.graph;
    const thread_state state = the_run.states[thread];
    if (state == THREAD_ASKS)
        return the_run.done[thread] < g->threads_len[thread];
    return state == THREAD_HOLDS &&
           the_run.executed[g->events[g->threads[thread][the_run.done[thread]]].reads_from];
}

void run_replay(void)
{
    for (bool progress = true; progress;) {
        progress = false;
        for (int t = 0; t < the_run.threads_len; t++) {
            while (!the_run.failed && may_go_on(t)) {
                resume(t, false);
                progress = true;
            }
        }
    }
}

void run_finish(void)
{
    if (the_run.program->finish && !_setjmp(outside))
        the_run.program->finish();
}

static void note_failure(const char *format, va_list args)
{
    if (the_run.failed)
        return;
    the_run.failed = true;
    vsnprintf(the_run.text, MODEL_TEXT_BYTES / 2, format, args);
    trace_append(the_run.text, MODEL_TEXT_BYTES);
}

void run_note_failure(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note_failure(format, args);
    va_end(args);
}

void run_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note_failure(format, args);
    va_end(args);
    if (the_run.current < 0)
        _longjmp(outside, 1);
    to_scheduler(THREAD_SLEEPS);
    abort();
}

const event *run_last(int thread)
{
    const int done = the_run.done[thread];
    return done ? &the_run.graph.events[the_run.graph.threads[thread][done - 1]] : NULL;
}

/* ---- events ---------------------------------------------------------------------------------- */

typedef uint8_t any_8 __attribute__((may_alias));
typedef uint16_t any_16 __attribute__((may_alias));
typedef uint32_t any_32 __attribute__((may_alias));
typedef uint64_t any_64 __attribute__((may_alias));

static uint64_t peek(const void *at, size_t size_bytes)
{
    switch (size_bytes) {
    case 1: return *(const any_8 *)at;
    case 2: return *(const any_16 *)at;
    case 4: return *(const any_32 *)at;
    default: return *(const any_64 *)at;
    }
}

static void poke(void *at, size_t size_bytes, uint64_t value)
{
    switch (size_bytes) {
    case 1: *(any_8 *)at = (any_8)value; break;
    case 2: *(any_16 *)at = (any_16)value; break;
    case 4: *(any_32 *)at = (any_32)value; break;
    default: *(any_64 *)at = value; break;
    }
}

uint64_t run_peek(const request *asked)
{
    return peek(asked->at, asked->size_bytes);
}

static uint64_t fitting(uint64_t value, size_t size_bytes)
{
    return size_bytes == 8 ? value : value & ((UINT64_C(1) << (size_bytes * 8)) - 1);
}

static void expect_same(const event *recorded, const request *asked)
{
    const graph *g = &the_run.graph;
    if (recorded->site != asked->event.site || recorded->kind != asked->event.kind ||
        (recorded->kind != EVENT_FENCE && g->places[recorded->place].address != asked->at) ||
        (recorded->kind == EVENT_WRITE && recorded->value != asked->event.value))
        run_fail("the program did something else when it was run again: %s:%d, not %s:%d",
                 asked->event.site->file, asked->event.site->line, recorded->site->file,
                 recorded->site->line);
}

/* Memory holds the last in the order of writes, of those executed. */
static void write_memory(const event *e, int id, const request *asked)
{
    int16_t *newest = &the_run.newest[e->place];
    if (*newest != INITIAL && the_run.graph.events[*newest].position > e->position)
        return;
    *newest = (int16_t)id;
    poke(asked->at, asked->size_bytes, e->value);
}

/* The event of the running thread's next step. */
static event *step(const request *asked)
{
    const int self = the_run.current;
    graph *g = &the_run.graph;
    if (the_run.done[self] == g->threads_len[self]) {
        the_run.requests[self] = *asked;
        to_scheduler(THREAD_ASKS);
    }
    const int id = g->threads[self][the_run.done[self]];
    event *e = &g->events[id];
    expect_same(e, asked);
    if (e->kind == EVENT_READ && e->reads_from != INITIAL && !the_run.executed[e->reads_from])
        to_scheduler(THREAD_HOLDS);
    the_run.done[self]++;
    the_run.executed[id] = true;
    the_run.log[the_run.log_len++] = (int16_t)id;
    if (e->kind != EVENT_FENCE) {
        the_run.touched[e->place] = true;
        plain_atomic(e, asked->at, asked->size_bytes);
    }
    if (e->kind == EVENT_WRITE)
        write_memory(e, id, asked);
    return e;
}

void run_plain_write(const void *at, size_t size_bytes)
{
    const int self = the_run.current;
    for (int p = 0; p < the_run.graph.places_len; p++) {
        const char *address = the_run.graph.places[p].address;
        if (!address || !the_run.touched[p] || address < (const char *)at ||
            address >= (const char *)at + size_bytes)
            continue;
        int i = 0;
        while (i < plain_writes_len[self] && plain_writes[self][i] != p)
            i++;
        if (i == PLAIN_WRITES)
            run_fail("too many plain writes to atomic places");
        plain_writes[self][i] = (uint8_t)p;
        plain_writes_len[self] += i == plain_writes_len[self];
    }
}

/* A place may be atomic at one time and plain at another. */
void run_plain_writes_done(void)
{
    static model_site site = { .file = "plain", .operation = "write", .what = "plainly" };
    const int self = the_run.current;
    for (int i = 0; i < plain_writes_len[self]; i++) {
        const location *at = &the_run.graph.places[plain_writes[self][i]];
        request asked = { .event = { .kind = EVENT_WRITE,
                                     .thread = (uint8_t)self,
                                     .site = &site,
                                     .order = __ATOMIC_RELAXED },
                          .at = (void *)(uintptr_t)at->address,
                          .size_bytes = at->size_bytes };
        asked.event.value = run_peek(&asked);
        step(&asked);
    }
    plain_writes_len[self] = 0;
}

static void begin_operation(void)
{
    run_plain_writes_done();
    if (the_run.current == 0)
        interrupt_if_told();
}

/* ---- sites ----------------------------------------------------------------------------------- */

static model_site *sites;

model_site *model_sites(void)
{
    return sites;
}

static int order_at(model_site *site)
{
    if (!site->known) {
        site->known = true;
        site->next = sites;
        sites = site;
    }
    return site->is_weakened ? site->weakened : site->order;
}

/* ---- operations ------------------------------------------------------------------------------ */

static request request_of(event_kind kind, model_site *site, const void *at, size_t size_bytes)
{
    return (request){ .event = { .kind = kind,
                                 .thread = (uint8_t)the_run.current,
                                 .site = site,
                                 .order = order_at(site) },
                      .at = (void *)(uintptr_t)at,
                      .size_bytes = size_bytes };
}

uint64_t model_load(model_site *site, const void *at, size_t size_bytes)
{
    if (the_run.current < 0)
        return peek(at, size_bytes);
    begin_operation();
    const request asked = request_of(EVENT_READ, site, at, size_bytes);
    return step(&asked)->value;
}

void model_store(model_site *site, void *at, size_t size_bytes, uint64_t value)
{
    value = fitting(value, size_bytes);
    if (the_run.current < 0) {
        poke(at, size_bytes, value);
        return;
    }
    begin_operation();
    request asked = request_of(EVENT_WRITE, site, at, size_bytes);
    asked.event.value = value;
    step(&asked);
}

static void exclusive_store(model_site *site, void *at, size_t size_bytes, uint64_t value)
{
    request asked = request_of(EVENT_WRITE, site, at, size_bytes);
    asked.event.value = value;
    asked.event.exclusive = true;
    step(&asked);
}

static uint64_t calculate(model_rmw_kind kind, uint64_t old, uint64_t operand)
{
    switch (kind) {
    case MODEL_EXCHANGE: return operand;
    case MODEL_ADD: return old + operand;
    case MODEL_SUB: return old - operand;
    case MODEL_OR: return old | operand;
    case MODEL_AND: return old & operand;
    case MODEL_XOR: return old ^ operand;
    }
    abort();
}

uint64_t model_rmw(model_site *site, void *at, size_t size_bytes, model_rmw_kind kind,
                   uint64_t operand, bool gives_new)
{
    uint64_t old;
    if (the_run.current < 0) {
        old = peek(at, size_bytes);
        poke(at, size_bytes, calculate(kind, old, operand));
    } else {
        begin_operation();
        const request asked = request_of(EVENT_READ, site, at, size_bytes);
        old = step(&asked)->value;
        exclusive_store(site, at, size_bytes, fitting(calculate(kind, old, operand), size_bytes));
    }
    return gives_new ? calculate(kind, old, operand) : old;
}

/* A site that is weakened is so for its failure too. */
static int failure_order_at(const model_site *site, int order)
{
    if (!site->is_weakened || site->weakened == __ATOMIC_SEQ_CST)
        return order;
    const bool may_acquire =
        site->weakened == __ATOMIC_ACQUIRE || site->weakened == __ATOMIC_ACQ_REL;
    return may_acquire && order != __ATOMIC_RELAXED ? __ATOMIC_ACQUIRE : __ATOMIC_RELAXED;
}

bool model_compare_exchange(model_site *site, void *at, size_t size_bytes, void *expected,
                            uint64_t desired, int failure_order)
{
    const uint64_t want = peek(expected, size_bytes);
    uint64_t old;
    if (the_run.current < 0) {
        old = peek(at, size_bytes);
        if (old == want)
            poke(at, size_bytes, desired);
    } else {
        begin_operation();
        request asked = request_of(EVENT_READ, site, at, size_bytes);
        asked.event.compares = true;
        asked.event.expected = want;
        asked.event.success_order = asked.event.order;
        asked.event.failure_order = failure_order_at(site, failure_order);
        old = step(&asked)->value;
        if (old == want)
            exclusive_store(site, at, size_bytes, fitting(desired, size_bytes));
    }
    if (old != want)
        poke(expected, size_bytes, old);
    return old == want;
}

void model_fence(model_site *site)
{
    if (the_run.current < 0 || order_at(site) == MODEL_NO_FENCE)
        return;
    begin_operation();
    const request asked = request_of(EVENT_FENCE, site, NULL, 0);
    step(&asked);
}

/* ---- waiting --------------------------------------------------------------------------------- */

uint64_t model_wait(model_site *site, const void *at, size_t size_bytes, uint64_t mask,
                    uint64_t unless)
{
    if (the_run.current < 0)
        return peek(at, size_bytes);
    for (;;) {
        begin_operation();
        request asked = request_of(EVENT_READ, site, at, size_bytes);
        asked.event.wait_mask = mask;
        asked.event.wait_while = unless;
        the_run.attempt_begin[the_run.current] = the_run.done[the_run.current];
        const event *e = step(&asked);
        if (!waits(e))
            return e->value;
        /* A signal that is still to come may come now. */
        if (the_run.current == 0 && the_run.program->interrupt_at && !the_run.handled) {
            interrupt();
        } else {
            the_run.sleeps_in[the_run.current] = site->what;
            to_scheduler(THREAD_SLEEPS);
        }
    }
}

void model_attempt(void)
{
    if (the_run.current >= 0)
        the_run.attempt_begin[the_run.current] = the_run.done[the_run.current];
}

void model_give_up(const char *what, const char *file, int line)
{
    if (the_run.current < 0)
        run_fail("%s:%d: nobody is left to make this true: %s", file, line, what);
    const int self = the_run.current;
    for (int i = the_run.attempt_begin[self]; i < the_run.done[self]; i++)
        if (the_run.graph.events[the_run.graph.threads[self][i]].kind == EVENT_WRITE)
            return;
    the_run.sleeps_in[self] = what;
    to_scheduler(THREAD_SLEEPS);
}

void model_yield(const char *file, int line)
{
    if (the_run.current >= 0)
        the_run.attempt_begin[the_run.current] = the_run.done[the_run.current] - 1;
    model_give_up("a yield", file, line);
}

void model_that(bool holds, const char *what, const char *file, int line)
{
    if (!holds)
        run_fail("%s:%d: not true: %s", file, line, what);
}
