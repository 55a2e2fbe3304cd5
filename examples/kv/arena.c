#include "arena.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <utlist.h>

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size_bytes)   ((void)(at), (void)(size_bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, size_bytes) ((void)(at), (void)(size_bytes))
#endif

#define CHUNK_BYTES ((size_t)2 << 20) /* a huge page */
#define PAGE_BYTES  ((size_t)64 << 10)
#define PAGES       (CHUNK_BYTES / PAGE_BYTES)
#define NO_CLASS    UINT32_MAX

typedef struct free_block {
    struct free_block *next;
} free_block;

struct kv_arena_page {
    kv_arena_page *prev, *next; /* among the partial ones of its class, or the empty ones */
    free_block *free;
    char *fresh; /* from here on no block has been used yet */
    uint32_t size_class;
    uint32_t used; /* blocks */
};

/* The first page is shorter by this. */
struct kv_arena_chunk {
    kv_arena_chunk *prev, *next;
    size_t used_pages;
    _Alignas(64) kv_arena_page pages[PAGES];
};

WEFT_RESOURCE_DEFINE(kv_arena, FINI(kv_arena_fini));

_Static_assert(sizeof(kv_arena_chunk) % 64 == 0, "blocks lie in as few cache lines as they can");

static kv_arena_chunk *chunk_of(const void *block)
{
    return (kv_arena_chunk *)((uintptr_t)block & ~(uintptr_t)(CHUNK_BYTES - 1));
}

static kv_arena_page *page_of(const void *block)
{
    kv_arena_chunk *const chunk = chunk_of(block);
    return &chunk->pages[(size_t)((const char *)block - (const char *)chunk) / PAGE_BYTES];
}

static char *page_end(const kv_arena_page *page)
{
    kv_arena_chunk *const chunk = chunk_of(page);
    return (char *)chunk + (size_t)(page - chunk->pages + 1) * PAGE_BYTES;
}

static char *page_begin(const kv_arena_page *page)
{
    kv_arena_chunk *const chunk = chunk_of(page);
    return page == chunk->pages ? (char *)(chunk + 1) : page_end(page) - PAGE_BYTES;
}

static bool page_is_full(const kv_arena_page *page, size_t block_bytes)
{
    return !page->free && (size_t)(page_end(page) - page->fresh) < block_bytes;
}

/* ---- chunks and pages ----------------------------------------------------------------------- */

static bool add_chunk(kv_arena *arena)
{
    kv_arena_chunk *chunk = weft_alloc(&arena->from, CHUNK_BYTES, CHUNK_BYTES);
    if (!chunk)
        return false;
    (void)madvise(chunk, CHUNK_BYTES, MADV_HUGEPAGE); /* without, it is slower */
    memset(chunk, 0, sizeof *chunk);
    ASAN_POISON_MEMORY_REGION(chunk + 1, CHUNK_BYTES - sizeof *chunk);
    for (size_t i = 0; i < PAGES; i++) {
        chunk->pages[i].size_class = NO_CLASS;
        DL_APPEND(arena->empty, &chunk->pages[i]);
    }
    DL_PREPEND(arena->chunks, chunk);
    arena->empty_chunks++;
    return true;
}

/* To the system, too: malloc would keep it. */
static void drop_chunk(kv_arena *arena, kv_arena_chunk *chunk)
{
    for (size_t i = 0; i < PAGES; i++)
        DL_DELETE(arena->empty, &chunk->pages[i]);
    DL_DELETE(arena->chunks, chunk);
    arena->empty_chunks--;
    ASAN_UNPOISON_MEMORY_REGION(chunk, CHUNK_BYTES);
    /* In small pages: what malloc writes there to find it again must not fetch all of it. */
    (void)madvise(chunk, CHUNK_BYTES, MADV_NOHUGEPAGE);
    (void)madvise(chunk, CHUNK_BYTES, MADV_DONTNEED);
    weft_free(&arena->from, chunk, CHUNK_BYTES, CHUNK_BYTES);
}

/* An empty page becomes one of the class. NULL if there is no memory. */
static kv_arena_page *take_page(kv_arena *arena, size_t size_class)
{
    if (!arena->empty && !add_chunk(arena))
        return NULL;
    kv_arena_page *const page = arena->empty;
    DL_DELETE(arena->empty, page);
    if (chunk_of(page)->used_pages++ == 0)
        arena->empty_chunks--;
    page->size_class = (uint32_t)size_class;
    page->fresh = page_begin(page);
    page->free = NULL;
    DL_PREPEND(arena->partial[size_class], page);
    return page;
}

static void give_page_back(kv_arena *arena, kv_arena_page *page)
{
    kv_arena_chunk *const chunk = chunk_of(page);
    DL_DELETE(arena->partial[page->size_class], page);
    page->size_class = NO_CLASS;
    DL_PREPEND(arena->empty, page);
    if (--chunk->used_pages > 0)
        return;
    /* One stays, for whoever frees a block and takes one in turns. */
    if (++arena->empty_chunks > 1)
        drop_chunk(arena, chunk);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static void *arena_alloc(void *ctx, size_t size_bytes, size_t align_bytes)
{
    kv_arena *const arena = ctx;
    size_t block_bytes;
    if (size_bytes > KV_CLASSED_MAX_BYTES || size_bytes == 0 || align_bytes > 16)
        return weft_alloc(&arena->from, size_bytes, align_bytes);
    const size_t size_class = kv_size_class(size_bytes, &block_bytes);
    kv_arena_page *page = arena->partial[size_class];
    if (!page && !(page = take_page(arena, size_class)))
        return NULL;
    void *block = page->free;
    if (block) {
        page->free = page->free->next;
    } else {
        block = page->fresh;
        page->fresh += block_bytes;
    }
    page->used++;
    if (page_is_full(page, block_bytes))
        DL_DELETE(arena->partial[size_class], page);
    ASAN_UNPOISON_MEMORY_REGION(block, size_bytes);
    return block;
}

static void arena_free(void *ctx, void *ptr, size_t size_bytes, size_t align_bytes)
{
    kv_arena *const arena = ctx;
    size_t block_bytes;
    if (size_bytes > KV_CLASSED_MAX_BYTES || size_bytes == 0 || align_bytes > 16) {
        weft_free(&arena->from, ptr, size_bytes, align_bytes);
        return;
    }
    kv_arena_page *const page = page_of(ptr);
    const size_t size_class = kv_size_class(size_bytes, &block_bytes);
    assert(page->size_class == size_class && page->used > 0);
    if (page_is_full(page, block_bytes))
        DL_PREPEND(arena->partial[size_class], page);
    free_block *const block = ptr;
    ASAN_POISON_MEMORY_REGION(block, block_bytes);
    ASAN_UNPOISON_MEMORY_REGION(block, sizeof *block);
    block->next = page->free;
    page->free = block;
    page->used--;
    if (page->used == 0)
        give_page_back(arena, page);
}

/* ---- lifecycle ------------------------------------------------------------------------------ */

void kv_arena_init(kv_arena *arena, const weft_allocator *from)
{
    *arena = (kv_arena){ .base = { arena_alloc, arena_free, arena },
                         .from = weft_allocator_or_default(from) };
}

void kv_arena_fini(kv_arena *arena)
{
    while (arena->chunks) {
        assert(arena->chunks->used_pages == 0);
        drop_chunk(arena, arena->chunks);
    }
}

/* ---- verification --------------------------------------------------------------------------- */

static bool broken(const char *sentence)
{
    fprintf(stderr, "kv_arena_check: %s\n", sentence);
    return false;
}

static bool is_in(const kv_arena_page *list, const kv_arena_page *page)
{
    for (; list; list = list->next)
        if (list == page)
            return true;
    return false;
}

static bool check_page(const kv_arena *arena, const kv_arena_page *page)
{
    if (page->size_class == NO_CLASS)
        return (page->used == 0 && is_in(arena->empty, page)) ||
               broken("a page without a class is not among the empty ones");
    size_t block_bytes = 0, free_blocks = 0;
    for (size_t bytes = 16; bytes <= KV_CLASSED_MAX_BYTES; bytes += 16)
        if (kv_size_class(bytes, &block_bytes) == page->size_class)
            break;
    for (const free_block *block = page->free; block; block = block->next, free_blocks++)
        if (page_of(block) != page)
            return broken("a free block is on another page's list");
    if (page->used == 0 ||
        (page->used + free_blocks) * block_bytes != (size_t)(page->fresh - page_begin(page)))
        return broken("the blocks of a page do not add up");
    if (is_in(arena->partial[page->size_class], page) == page_is_full(page, block_bytes))
        return broken("a page is full and partial, or neither");
    return true;
}

bool kv_arena_check(const kv_arena *arena)
{
    size_t empty = 0;
    for (const kv_arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->next) {
        size_t used = 0;
        for (size_t i = 0; i < PAGES; i++) {
            if (!check_page(arena, &chunk->pages[i]))
                return false;
            used += chunk->pages[i].size_class != NO_CLASS;
        }
        if (used != chunk->used_pages)
            return broken("the used pages of a chunk do not add up");
        empty += used == 0;
    }
    if (empty > 1)
        return broken("more than one empty chunk was kept");
    return empty == arena->empty_chunks || broken("the empty chunks do not add up");
}
