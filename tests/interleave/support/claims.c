/* What tests say about programs, and what becomes of it when an order is weakened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

static model_result result;

bool model_is_patient(void)
{
    return getenv("WEFT_MODEL_PATIENCE") != NULL;
}

static uint64_t expect_complete(const char *claim)
{
    if (result.failed)
        fprintf(stderr, "%s: %s\n", claim, result.text); /* print_error would cut it */
    else if (!result.complete)
        fprintf(stderr, "%s: not all were made of more than %llu executions\n", claim,
                (unsigned long long)result.executions);
    assert_true(result.complete);
    return result.executions;
}

static void print_count(const char *claim, uint64_t executions)
{
    print_message("[          ] %s: %llu executions\n", claim, (unsigned long long)executions);
}

uint64_t model_executions(const char *claim, const model_program *program)
{
    model_explore(program, &result);
    return expect_complete(claim);
}

uint64_t model_holds(const char *claim, const model_program *program)
{
    const uint64_t executions = model_executions(claim, program);
    print_count(claim, executions);
    return executions;
}

uint64_t model_holds_interrupted(const char *claim, const model_program *program)
{
    model_program at = *program;
    uint64_t executions = 0;
    do {
        at.interrupt_at++;
        model_explore(&at, &result);
        executions += expect_complete(claim);
    } while (result.interrupted);
    print_count(claim, executions);
    return executions;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static const void *row_of(const model_table *table, size_t i)
{
    return (const char *)table->rows + i * table->row_bytes;
}

void model_holds_all(const model_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        const void *const row = row_of(table, i);
        const model_program program = table->program_of(row);
        model_holds(*(const char *const *)row, &program);
    }
}

bool model_all_hold(const model_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        const model_program program = table->program_of(row_of(table, i));
        model_explore(&program, &result);
        if (result.failed)
            return false;
    }
    return true;
}

/* ---- weaker orders --------------------------------------------------------------------------- */

static const int orders[] = { MODEL_NO_FENCE,   __ATOMIC_RELAXED, __ATOMIC_ACQUIRE,
                              __ATOMIC_RELEASE, __ATOMIC_ACQ_REL, __ATOMIC_SEQ_CST };

static bool has_order(const model_site *site, int order)
{
    if (strcmp(site->operation, "fence") == 0)
        return order != __ATOMIC_RELAXED;
    if (order == MODEL_NO_FENCE)
        return false;
    if (strcmp(site->operation, "load") == 0)
        return order != __ATOMIC_RELEASE && order != __ATOMIC_ACQ_REL;
    if (strcmp(site->operation, "store") == 0)
        return order != __ATOMIC_ACQUIRE && order != __ATOMIC_ACQ_REL;
    return true;
}

int model_weakest_order(model_site *site, bool (*holds)(void))
{
    int weakest = site->order;
    site->is_weakened = true;
    for (size_t i = 0; orders[i] != site->order; i++) {
        if (!has_order(site, orders[i]))
            continue;
        site->weakened = orders[i];
        if (!holds())
            continue;
        weakest = orders[i];
        break;
    }
    site->is_weakened = false;
    return weakest;
}

static int by_line(const void *a, const void *b)
{
    const model_site *const *x = a, *const *y = b;
    return (*x)->line - (*y)->line;
}

size_t model_sites_of(const char *file, model_site **sites_out, size_t most)
{
    size_t len = 0;
    for (model_site *site = model_sites(); site && len < most; site = site->next)
        if (strstr(site->file, file))
            sites_out[len++] = site;
    qsort(sites_out, len, sizeof(model_site *), by_line);
    return len;
}

static bool is_site(const model_site *site, const model_order *row)
{
    return strcmp(row->operation, site->operation) == 0 && strcmp(row->what, site->what) == 0;
}

static void print_order(const char *file, const model_site *site, int weakest)
{
    print_error("%s:%d: { \"%s\", \"%s\", %s, %s }\n", file, site->line, site->operation,
                site->what, model_order_name(site->order), model_order_name(weakest));
}

void model_expect_orders(const char *file, bool (*holds)(void), const model_order *expected,
                         size_t len)
{
    model_site *sites[64];
    assert_true(holds());
    const size_t found = model_sites_of(file, sites, 64);
    size_t faults = found != len;
    for (size_t i = 0; i < found; i++) {
        const int weakest = model_weakest_order(sites[i], holds);
        if (i < len && is_site(sites[i], &expected[i]) && expected[i].order == sites[i]->order &&
            expected[i].weakest == weakest)
            continue;
        faults++;
        print_order(file, sites[i], weakest);
    }
    assert_int_equal(faults, 0);
}
