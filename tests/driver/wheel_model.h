/* The specification of a timer wheel as an obviously right program: a sorted array and a queue.
 *
 * Entries are numbers below `cap`. Everything is O(n) or worse, and meant to be.
 */
#ifndef WEFT_TESTS_WHEEL_MODEL_H
#define WEFT_TESTS_WHEEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t deadline_ns;
    uint64_t turn; /* order of scheduling */
    size_t id;
} model_entry;

typedef struct {
    model_entry *pending; /* by deadline, then turn */
    size_t pending_len;
    model_entry *due; /* a queue: [due_head, due_end) */
    size_t due_head, due_end;
    model_entry *latest; /* [id]: as it was last scheduled */
    enum { MODEL_IDLE, MODEL_PENDING, MODEL_DUE } * state;
    uint64_t turns;
    size_t cap;
    int64_t tick_ns; /* 0: none */
} wheel_model;

static void model_init(wheel_model *model, size_t cap)
{
    *model = (wheel_model){ .cap = cap };
    model->pending = calloc(cap, sizeof *model->pending);
    model->due = calloc(cap, sizeof *model->due);
    model->latest = calloc(cap, sizeof *model->latest);
    model->state = calloc(cap, sizeof *model->state);
}

static void model_fini(wheel_model *model)
{
    free(model->pending);
    free(model->due);
    free(model->latest);
    free(model->state);
}

/* The number of pending entries that come before (deadline_ns, turn). */
static size_t model_rank(const wheel_model *model, int64_t deadline_ns, uint64_t turn)
{
    size_t low = 0;
    size_t high = model->pending_len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const model_entry *entry = &model->pending[middle];
        if (entry->deadline_ns < deadline_ns ||
            (entry->deadline_ns == deadline_ns && entry->turn < turn))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void model_schedule(wheel_model *model, size_t id, int64_t deadline_ns)
{
    const model_entry entry = { deadline_ns, model->turns++, id };
    const size_t rank = model_rank(model, deadline_ns, entry.turn);
    memmove(&model->pending[rank + 1], &model->pending[rank],
            (model->pending_len - rank) * sizeof entry);
    model->pending[rank] = entry;
    model->pending_len++;
    model->latest[id] = entry;
    model->state[id] = MODEL_PENDING;
}

static bool model_cancel(wheel_model *model, size_t id)
{
    if (model->state[id] == MODEL_PENDING) {
        const size_t rank =
            model_rank(model, model->latest[id].deadline_ns, model->latest[id].turn);
        model->pending_len--;
        memmove(&model->pending[rank], &model->pending[rank + 1],
                (model->pending_len - rank) * sizeof *model->pending);
    } else if (model->state[id] == MODEL_DUE) {
        size_t at = model->due_head;
        while (model->due[at].id != id)
            at++;
        model->due_end--;
        memmove(&model->due[at], &model->due[at + 1], (model->due_end - at) * sizeof *model->due);
    } else {
        return false;
    }
    model->state[id] = MODEL_IDLE;
    return true;
}

/* When what has this deadline becomes due. */
static int64_t model_due_time(const wheel_model *model, int64_t deadline_ns)
{
    if (model->tick_ns <= 1 || deadline_ns % model->tick_ns == 0)
        return deadline_ns;
    /* Division rounds towards 0: that is up for what is negative. */
    const int64_t ticks = deadline_ns / model->tick_ns + (deadline_ns > 0);
    return ticks > INT64_MAX / model->tick_ns ? INT64_MAX : ticks * model->tick_ns;
}

static size_t model_expire(wheel_model *model, int64_t now_ns)
{
    size_t count = 0;
    while (count < model->pending_len &&
           model_due_time(model, model->pending[count].deadline_ns) <= now_ns)
        model->state[model->pending[count++].id] = MODEL_DUE;

    memmove(model->due, &model->due[model->due_head],
            (model->due_end - model->due_head) * sizeof *model->due);
    model->due_end -= model->due_head;
    model->due_head = 0;
    memcpy(&model->due[model->due_end], model->pending, count * sizeof *model->due);
    model->due_end += count;
    model->pending_len -= count;
    memmove(model->pending, &model->pending[count], model->pending_len * sizeof *model->pending);
    return count;
}

/* The next due entry's number, or `cap`. */
static size_t model_pop(wheel_model *model)
{
    if (model->due_head == model->due_end)
        return model->cap;
    const size_t id = model->due[model->due_head++].id;
    model->state[id] = MODEL_IDLE;
    return id;
}

static size_t model_len(const wheel_model *model)
{
    return model->pending_len + model->due_end - model->due_head;
}

static bool model_next_deadline(const wheel_model *model, int64_t *deadline_ns_out)
{
    if (!model_len(model))
        return false;
    int64_t earliest_ns = model->pending_len ? model->pending[0].deadline_ns : INT64_MAX;
    for (size_t at = model->due_head; at < model->due_end; at++) {
        if (model->due[at].deadline_ns < earliest_ns)
            earliest_ns = model->due[at].deadline_ns;
    }
    *deadline_ns_out = model_due_time(model, earliest_ns);
    return true;
}

#endif
