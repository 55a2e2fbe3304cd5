/* An execution in words: one line per operation, in an order in which they can have happened. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

typedef struct text {
    char *to;
    size_t len, cap;
} text;

static void append(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(t->to + t->len, t->cap - t->len, format, args);
    va_end(args);
    if (n > 0)
        t->len += (size_t)n < t->cap - t->len ? (size_t)n : t->cap - t->len - 1;
}

const char *model_order_name(int order)
{
    switch (order) {
    case __ATOMIC_RELAXED: return "relaxed";
    case __ATOMIC_CONSUME: return "consume";
    case __ATOMIC_ACQUIRE: return "acquire";
    case __ATOMIC_RELEASE: return "release";
    case __ATOMIC_ACQ_REL: return "acq_rel";
    case __ATOMIC_SEQ_CST: return "seq_cst";
    default: return "no fence";
    }
}

static void append_value(text *t, uint64_t value)
{
    if (value < 100000)
        append(t, "%llu", (unsigned long long)value);
    else
        append(t, "%#llx", (unsigned long long)value);
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void append_event(text *t, const event *e, const event *stored, const int16_t *numbers)
{
    append(t, "%-10s %-16s ", the_run.program->threads[e->thread].name, e->site->operation);
    if (e->kind != EVENT_FENCE) {
        append(t, "%s %s ", e->site->what, e->kind == EVENT_WRITE ? "=" : "is");
        append_value(t, e->value);
    }
    if (stored) {
        append(t, ", becomes ");
        append_value(t, stored->value);
    }
    if (e->kind == EVENT_READ && e->reads_from == INITIAL)
        append(t, " (from before)");
    else if (e->kind == EVENT_READ)
        append(t, " (from #%d)", numbers[e->reads_from]);
    append(t, "  %s%s  %s:%d\n", model_order_name(e->order),
           e->site->is_weakened ? ", weakened" : "", file_name(e->site->file), e->site->line);
}

/* Where the order of a place's writes is not the order of the lines. */
static void append_order(text *t, const location *at, const int16_t *numbers)
{
    bool differs = false;
    int last = 0;
    const char *name = "";
    for (int i = 0; i < at->len; i++) {
        const int number = numbers[at->order[i]];
        differs = differs || (number && number < last);
        last = number ? number : last;
        name = the_run.graph.events[at->order[i]].site->what;
    }
    if (!differs)
        return;
    append(t, "order of the writes to %s:", name);
    for (int i = 0; i < at->len; i++)
        if (numbers[at->order[i]])
            append(t, " #%d", numbers[at->order[i]]);
    append(t, "\n");
}

static void append_threads(text *t)
{
    for (int i = 0; i < the_run.threads_len; i++)
        if (the_run.states[i] == THREAD_SLEEPS && the_run.sleeps_in[i])
            append(t, "%s waits in %s\n", the_run.program->threads[i].name, the_run.sleeps_in[i]);
}

void trace_append(char *to, size_t cap_bytes)
{
    text t = { .to = to, .len = strlen(to), .cap = cap_bytes };
    const graph *g = &the_run.graph;
    int16_t numbers[EVENTS] = { 0 };
    append(&t, "\n");
    for (int i = 0; i < the_run.log_len; i++) {
        const event *e = &g->events[the_run.log[i]];
        const event *stored = NULL;
        numbers[the_run.log[i]] = (int16_t)(i + 1);
        if (e->kind == EVENT_READ && i + 1 < the_run.log_len &&
            g->events[the_run.log[i + 1]].exclusive)
            stored = &g->events[the_run.log[i + 1]];
        append(&t, "%4d  ", i + 1);
        append_event(&t, e, stored, numbers);
        if (stored) {
            i++;
            numbers[the_run.log[i]] = (int16_t)i;
        }
    }
    for (int p = 0; p < g->places_len; p++)
        if (g->places[p].address)
            append_order(&t, &g->places[p], numbers);
    append_threads(&t);
}

/* addr2line knows it, where it is installed; else the address has to do. */
const char *trace_line_of(const void *pc)
{
    static char line[512];
    Dl_info info;
    if (!dladdr(pc, &info) || !info.dli_fname)
        return "an unknown place";
    const unsigned long long offset =
        (unsigned long long)((const char *)pc - (const char *)info.dli_fbase) - 1;
    snprintf(line, sizeof line, "addr2line -s -e '%s' 0x%llx 2>/dev/null", info.dli_fname, offset);
    FILE *pipe = popen(line, "r");
    const bool found = pipe && fgets(line, sizeof line, pipe) && line[0] != '?';
    if (pipe)
        pclose(pipe);
    if (!found)
        snprintf(line, sizeof line, "%s+0x%llx", file_name(info.dli_fname), offset);
    line[strcspn(line, "\n")] = '\0';
    return line;
}
