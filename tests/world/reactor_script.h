/* Scripts: what happens to reactors, in a line of text. Sources are capital letters, reactors small
 * ones, each naming what it was last given to.
 *
 *     A               adds the source A
 *     -A              removes it
 *     a10             spawns a, which adds 10
 *     -a              removes it
 *     a10{ ... }      which also does this in each run
 *     a10x3           which removes itself in its third run
 *     a?              reserves a
 *     a=10            fills it in, like a10
 *     a<A             subscribes a to A
 *     a>A             unsubscribes
 *     A!              marks A
 *     run:TRACE:SUM   dispatches: these run, in this order, and then the sum is this
 *     try:TRACE:SUM   the same, but the last of them fails
 *     fail            fails the body
 *     len:N, pending:N, sources:N      reactors, reactors that would run, sources
 *     B@A, b@a        B has the index that A had
 *     idle, busy      whether the loop may sleep
 *
 * A "~" at the end of a word says that what it names is stale. Each step is followed by
 * weft_reactors_check.
 */
#ifndef WEFT_TEST_REACTOR_SCRIPT_H
#define WEFT_TEST_REACTOR_SCRIPT_H

#include <weft/fn.h>
#include <weft/reactor.h>

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

enum { SCRIPT_LETTERS = 128, SCRIPT_DEPTH = 8, SCRIPT_BYTES = 256 };

typedef struct {
    test_world test;
    weft_world *world;
    weft_reactors *reactors;
    const char *what; /* the row, for messages */
    weft_reactor_id ids[SCRIPT_LETTERS];
    weft_source_id sources[SCRIPT_LETTERS];
    long sum;
    char trace[SCRIPT_BYTES];
    size_t depth;              /* of dispatches */
    size_t runs[SCRIPT_DEPTH]; /* at each of them */
    long spawned, ended;       /* bodies */
} script;

/* What a scripted body is made of. */
typedef struct {
    script *on;
    char name;
    long amount;
    long last_run; /* 0: none */
    char text[48];
} Scripted;

static void script_run(script *on, const char *text);

static void scripted_end(Scripted *self)
{
    self->on->ended++;
}

static void scripted(Scripted *self, long *runs)
{
    script *on = self->on;
    const size_t len = strlen(on->trace);
    assert_true(len + 1 < sizeof on->trace);
    on->trace[len] = self->name;
    on->trace[len + 1] = '\0';
    on->runs[on->depth]++;
    on->sum += self->amount;
    if (++*runs == self->last_run)
        assert_int_equal(weft_reactors_remove(on->reactors, on->ids[(int)self->name]), WEFT_OK);
    script_run(on, self->text);
}
WEFT_FN(scripted, CTX(Scripted, scripted_end), LOCAL(long));

static void script_fail(const script *on, const char *word, const char *why)
{
    fail_msg("%s: at \"%s\": %s", on->what, word, why);
}

static void script_status(const script *on, const char *word, weft_status status)
{
    const bool stale = word[strlen(word) - 1] == '~';
    if (status != (stale ? WEFT_ESTALE : WEFT_OK))
        script_fail(on, word, weft_status_name(status));
}

/* "10", "10x3", "10{ ... }" */
static struct scripted script_body(script *on, char name, const char *text)
{
    char *end;
    Scripted body = { .on = on, .name = name, .amount = strtol(text, &end, 10) };
    if (*end == 'x')
        body.last_run = strtol(end + 1, &end, 10);
    if (*end == '{') {
        assert_true(strlen(end) < sizeof body.text);
        memcpy(body.text, end + 1, strlen(end) - 2);
    }
    struct scripted handler;
    assert_int_equal(scripted_init(&handler, on->world, body), WEFT_OK);
    on->spawned++;
    return handler;
}

static void script_dispatch_body(weft_world *world, void *arg)
{
    script *on = arg;
    const size_t depth = on->depth;
    const size_t count = weft_reactors_dispatch(on->reactors, world);
    assert_int_equal(on->depth, depth);
    assert_int_equal(count, on->runs[depth]);
}

static void script_dispatch(script *on, const char *word)
{
    char expected[SCRIPT_BYTES] = "";
    long sum = 0;
    const char *colon = strchr(word + 4, ':');
    assert_non_null(colon);
    memcpy(expected, word + 4, (size_t)(colon - word - 4));
    sum = strtol(colon + 1, NULL, 10);
    const size_t start = strlen(on->trace);
    const size_t depth = ++on->depth;
    assert_true(depth < SCRIPT_DEPTH);
    on->runs[depth] = 0;
    if (word[0] == 't') {
        const weft_status status = weft_try(on->world, script_dispatch_body, on);
        if (status != WEFT_EFAILED)
            script_fail(on, word, "nothing failed");
    } else {
        script_dispatch_body(on->world, on);
    }
    on->depth = depth - 1;
    if (strcmp(on->trace + start, expected) != 0)
        script_fail(on, word, on->trace + start);
    if (sum != on->sum)
        fail_msg("%s: at \"%s\": the sum is %ld", on->what, word, on->sum);
    if (on->depth == 0)
        on->trace[0] = '\0';
}

static void script_count(const script *on, const char *word, size_t count)
{
    if (strtoul(strchr(word, ':') + 1, NULL, 10) != count)
        fail_msg("%s: at \"%s\": there are %zu", on->what, word, count);
}

static bool script_long_word(script *on, const char *word)
{
    if (strncmp(word, "run:", 4) == 0 || strncmp(word, "try:", 4) == 0)
        script_dispatch(on, word);
    else if (strncmp(word, "len:", 4) == 0)
        script_count(on, word, weft_reactors_len(on->reactors));
    else if (strncmp(word, "pending:", 8) == 0)
        script_count(on, word, weft_reactors_pending(on->reactors));
    else if (strncmp(word, "sources:", 8) == 0)
        script_count(on, word, weft_reactors_source_len(on->reactors));
    else if (strcmp(word, "fail") == 0)
        weft_fail(on->world, "as the script says");
    else if (strcmp(word, "idle") == 0 || strcmp(word, "busy") == 0)
        assert_int_equal(weft_reactors_marked(on->reactors), word[0] == 'b');
    else
        return false;
    return true;
}

static void script_source_word(script *on, const char *word)
{
    weft_source_id *source = &on->sources[(int)word[0]];
    switch (word[1]) {
    case '\0': script_status(on, word, weft_reactors_add_source(on->reactors, source)); break;
    case '!': script_status(on, word, weft_reactors_mark(on->reactors, *source)); break;
    case '@': assert_int_equal(source->index, on->sources[(int)word[2]].index); break;
    default: script_fail(on, word, "no such word");
    }
}

static void script_reactor_word(script *on, const char *word)
{
    weft_reactor_id *id = &on->ids[(int)word[0]];
    const weft_source_id source = on->sources[(int)word[1] ? (int)word[2] : 0];
    switch (word[1]) {
    case '?': script_status(on, word, weft_reactors_reserve(on->reactors, id)); return;
    case '<': script_status(on, word, weft_reactors_subscribe(on->reactors, *id, source)); return;
    case '>': script_status(on, word, weft_reactors_unsubscribe(on->reactors, *id, source)); return;
    case '@': assert_int_equal(id->index, on->ids[(int)word[2]].index); return;
    default: break;
    }
    const bool fills = word[1] == '=';
    const struct scripted handler = script_body(on, word[0], word + 1 + fills);
    if (fills)
        script_status(on, word, weft_reactors_fill(on->reactors, *id, &handler.base));
    else
        script_status(on, word, weft_reactors_spawn(on->reactors, &handler.base, id));
}

static void script_word(script *on, const char *word)
{
    if (script_long_word(on, word))
        return;
    if (word[0] == '-' && isupper((unsigned char)word[1]))
        script_status(on, word,
                      weft_reactors_remove_source(on->reactors, on->sources[(int)word[1]]));
    else if (word[0] == '-')
        script_status(on, word, weft_reactors_remove(on->reactors, on->ids[(int)word[1]]));
    else if (isupper((unsigned char)word[0]))
        script_source_word(on, word);
    else
        script_reactor_word(on, word);
}

/* Runs the words of a text; one in braces is part of the word before it. */
static void script_run(script *on, const char *text)
{
    for (;;) {
        char word[SCRIPT_BYTES] = "";
        size_t len = 0, braces = 0;
        while (*text == ' ')
            text++;
        if (!*text)
            return;
        for (; *text && (*text != ' ' || braces); text++) {
            braces += *text == '{';
            braces -= *text == '}';
            word[len++] = *text;
        }
        script_word(on, word);
        const char *why = NULL;
        if (!weft_reactors_check(on->reactors, &why))
            script_fail(on, word, why);
    }
}

static void script_begin(script *on, const char *what)
{
    *on = (script){ .what = what };
    test_world_init(&on->test);
    on->reactors = weft_reactors_install(on->test.builder, NULL);
    assert_non_null(on->reactors);
    on->world = test_world_build(&on->test);
}

static void script_end(script *on)
{
    test_world_fini(&on->test);
    if (on->spawned != on->ended)
        fail_msg("%s: %ld bodies were made, %ld ended", on->what, on->spawned, on->ended);
}

/* A row of a table. */
typedef struct {
    const char *what;
    const char *text;
} script_row;

static void script_rows(const script_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        script on;
        script_begin(&on, rows[i].what);
        script_run(&on, rows[i].text);
        script_end(&on);
    }
}

#endif
