/* Plain memory: who accesses what, as the compiler reports it, and whether two such accesses, one
 * of them a write, are unordered by happens-before: a data race. And the heap: giving memory back
 * is a write to all of it, behind which nobody may touch it.
 *
 * The sources are compiled with -fsanitize=thread, and the calls that this puts in front of each
 * access end here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

enum { GRANULE_BYTES = 8, GRANULES = 4096, ACCESSES = 24, ARENA_BYTES = 64 * 1024 };

typedef enum access_kind {
    ACCESS_READ,
    ACCESS_WRITE,
    ACCESS_ATOMIC_READ,
    ACCESS_ATOMIC_WRITE,
    ACCESS_FREE
} access_kind;

static const char *const access_names[] = { "read", "write", "atomic read", "atomic write",
                                            "freeing" };

typedef struct access {
    access_kind kind;
    uint8_t thread;
    uint8_t begin;  /* before that event of its thread, and behind all earlier ones */
    uint8_t mask;   /* which bytes of the granule */
    const void *pc; /* of a plain access */
    const model_site *site;
} access;

typedef struct granule {
    uintptr_t number;
    uint64_t execution;
    int len;
    access accesses[ACCESSES];
} granule;

static granule granules[GRANULES];
static uint64_t execution;

static struct {
    char bytes[ARENA_BYTES] __attribute__((aligned(64)));
    size_t used;
} arenas[MODEL_THREADS + 1];

static size_t live;

void plain_begin(void)
{
    execution++;
    live = 0;
    for (int t = 0; t <= MODEL_THREADS; t++)
        arenas[t].used = 0;
}

/* ---- races ----------------------------------------------------------------------------------- */

static granule *granule_of(uintptr_t number)
{
    size_t i = (size_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> 40) % GRANULES;
    for (size_t tries = 0; tries < GRANULES; tries++, i = (i + 1) % GRANULES) {
        granule *at = &granules[i];
        if (at->execution != execution) {
            at->execution = execution;
            at->number = number;
            at->len = 0;
            return at;
        }
        if (at->number == number)
            return at;
    }
    run_fail("the model has no room for so much plain memory");
}

static const char *line_of(const access *a, char *buffer, size_t cap_bytes)
{
    if (a->site)
        snprintf(buffer, cap_bytes, "%s:%d (%s)", a->site->file, a->site->line, a->site->what);
    else
        snprintf(buffer, cap_bytes, "%s", a->pc ? trace_line_of(a->pc) : "an unknown place");
    return buffer;
}

static void fail_between(const char *what, const access *first, const access *second)
{
    char one[512], two[512];
    run_fail("%s: %s by %s at %s, and %s by %s at %s", what, access_names[first->kind],
             the_run.program->threads[first->thread].name, line_of(first, one, sizeof one),
             access_names[second->kind], the_run.program->threads[second->thread].name,
             line_of(second, two, sizeof two));
}

static bool is_write(const access *a)
{
    return a->kind == ACCESS_WRITE || a->kind == ACCESS_ATOMIC_WRITE || a->kind == ACCESS_FREE;
}

static bool is_atomic(const access *a)
{
    return a->kind == ACCESS_ATOMIC_READ || a->kind == ACCESS_ATOMIC_WRITE;
}

static void compare(const access *earlier, const access *later)
{
    if (!(earlier->mask & later->mask))
        return;
    if (earlier->kind == ACCESS_FREE)
        fail_between("use after free", earlier, later);
    if (earlier->thread == later->thread || (!is_write(earlier) && !is_write(later)) ||
        (is_atomic(earlier) && is_atomic(later)))
        return;
    const event *last = run_last(later->thread);
    if (!last || last->before.events[earlier->thread] < earlier->begin)
        fail_between("data race", earlier, later);
}

static void record(granule *at, const access *a)
{
    for (int i = 0; i < at->len; i++)
        compare(&at->accesses[i], a);
    for (int i = 0; i < at->len; i++) {
        access *old = &at->accesses[i];
        if (old->thread == a->thread && old->kind == a->kind && old->mask == a->mask) {
            *old = *a;
            return;
        }
    }
    if (at->len == ACCESSES)
        run_fail("the model has no room for so many accesses to one word");
    at->accesses[at->len++] = *a;
}

static void record_range(const access *like, const void *from, size_t size_bytes)
{
    access a = *like;
    a.thread = (uint8_t)the_run.current;
    const uintptr_t begin = (uintptr_t)from, end = begin + size_bytes;
    for (uintptr_t n = begin / GRANULE_BYTES; n * GRANULE_BYTES < end; n++) {
        const uintptr_t base = n * GRANULE_BYTES;
        const unsigned low = begin > base ? (unsigned)(begin - base) : 0;
        const unsigned high = end - base < GRANULE_BYTES ? (unsigned)(end - base) : GRANULE_BYTES;
        a.mask = (uint8_t)((0xffU << low) & (0xffU >> (GRANULE_BYTES - high)));
        record(granule_of(n), &a);
    }
}

void plain_atomic(const event *e, const void *at, size_t size_bytes)
{
    const access a = { .kind = e->kind == EVENT_READ ? ACCESS_ATOMIC_READ : ACCESS_ATOMIC_WRITE,
                       .begin = e->index,
                       .site = e->site };
    record_range(&a, at, size_bytes);
}

static bool is_the_models(const void *at)
{
    return (const char *)at >= (const char *)&the_run &&
           (const char *)at < (const char *)(&the_run + 1);
}

static void plain(access_kind kind, const void *at, size_t size_bytes, const void *pc)
{
    if (the_run.current < 0 || the_run.failed || size_bytes == 0 || run_is_its_own(at) ||
        is_the_models(at))
        return;
    if (kind == ACCESS_WRITE)
        run_plain_write(at, size_bytes);
    const access a = { .kind = kind,
                       .begin = (uint8_t)(the_run.done[the_run.current] + 1),
                       .pc = pc };
    record_range(&a, at, size_bytes);
}

void model_plain_read(const void *from, size_t size_bytes)
{
    plain(ACCESS_READ, from, size_bytes, __builtin_return_address(0));
}

void model_plain_write(void *to, size_t size_bytes)
{
    plain(ACCESS_WRITE, to, size_bytes, __builtin_return_address(0));
}

void plain_free(const void *at, size_t size_bytes)
{
    if (the_run.current >= 0)
        run_plain_writes_done();
    plain(ACCESS_FREE, at, size_bytes, __builtin_return_address(0));
}

/* ---- what the compiler calls ----------------------------------------------------------------- */

#define REPORTED(bytes)                                              \
    void __tsan_read##bytes(void *at);                               \
    void __tsan_read##bytes(void *at)                                \
    {                                                                \
        plain(ACCESS_READ, at, bytes, __builtin_return_address(0));  \
    }                                                                \
    void __tsan_write##bytes(void *at);                              \
    void __tsan_write##bytes(void *at)                               \
    {                                                                \
        plain(ACCESS_WRITE, at, bytes, __builtin_return_address(0)); \
    }                                                                \
    void __tsan_unaligned_read##bytes(void *at);                     \
    void __tsan_unaligned_read##bytes(void *at)                      \
    {                                                                \
        plain(ACCESS_READ, at, bytes, __builtin_return_address(0));  \
    }                                                                \
    void __tsan_unaligned_write##bytes(void *at);                    \
    void __tsan_unaligned_write##bytes(void *at)                     \
    {                                                                \
        plain(ACCESS_WRITE, at, bytes, __builtin_return_address(0)); \
    }                                                                \
    void __tsan_read_write##bytes(void *at);                         \
    void __tsan_read_write##bytes(void *at)                          \
    {                                                                \
        plain(ACCESS_WRITE, at, bytes, __builtin_return_address(0)); \
    }                                                                \
    void __tsan_unaligned_read_write##bytes(void *at);               \
    void __tsan_unaligned_read_write##bytes(void *at)                \
    {                                                                \
        plain(ACCESS_WRITE, at, bytes, __builtin_return_address(0)); \
    }

REPORTED(1)
REPORTED(2)
REPORTED(4)
REPORTED(8)
REPORTED(16)

void __tsan_read_range(void *at, unsigned long size_bytes);
void __tsan_read_range(void *at, unsigned long size_bytes)
{
    plain(ACCESS_READ, at, size_bytes, __builtin_return_address(0));
}

void __tsan_write_range(void *at, unsigned long size_bytes);
void __tsan_write_range(void *at, unsigned long size_bytes)
{
    plain(ACCESS_WRITE, at, size_bytes, __builtin_return_address(0));
}

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
    (void)caller;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

/* Copies of structs are calls as well; the linker is told to send them here (--wrap). */
void *__real_memcpy(void *to, const void *from, size_t size_bytes);
void *__wrap_memcpy(void *to, const void *from, size_t size_bytes);
void *__wrap_memcpy(void *to, const void *from, size_t size_bytes)
{
    plain(ACCESS_READ, from, size_bytes, __builtin_return_address(0));
    plain(ACCESS_WRITE, to, size_bytes, __builtin_return_address(0));
    return __real_memcpy(to, from, size_bytes);
}

void *__real_memset(void *to, int byte, size_t size_bytes);
void *__wrap_memset(void *to, int byte, size_t size_bytes);
void *__wrap_memset(void *to, int byte, size_t size_bytes)
{
    plain(ACCESS_WRITE, to, size_bytes, __builtin_return_address(0));
    return __real_memset(to, byte, size_bytes);
}

/* ---- the heap -------------------------------------------------------------------------------- */

static void *heap_alloc(void *ctx, size_t size_bytes, size_t align_bytes)
{
    (void)ctx;
    const int owner = the_run.current < 0 ? MODEL_THREADS : the_run.current;
    const size_t align = align_bytes < GRANULE_BYTES ? GRANULE_BYTES : align_bytes;
    const size_t begin = (arenas[owner].used + align - 1) / align * align;
    if (align > 64 || size_bytes > ARENA_BYTES || begin > ARENA_BYTES - size_bytes)
        run_fail("the model's heap has no room for %zu bytes", size_bytes);
    arenas[owner].used = begin + size_bytes;
    live++;
    __real_memset(arenas[owner].bytes + begin, 0xa5, size_bytes);
    return arenas[owner].bytes + begin;
}

static void heap_free(void *ctx, void *ptr, size_t size_bytes, size_t align_bytes)
{
    (void)ctx;
    (void)align_bytes;
    live--;
    plain_free(ptr, size_bytes);
}

const weft_allocator model_allocator = { .alloc = heap_alloc, .free = heap_free };

size_t model_live_objects(void)
{
    return live;
}
