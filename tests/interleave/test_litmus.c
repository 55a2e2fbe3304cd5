/* test-labels: slow */
/* What the model allows, for the small programs that memory models are told by: exactly these
 * outcomes. An outcome is what the threads read, r0 r1 ..., then the last values of x and y where
 * the row says so. Load buffering alone is narrower than C11: see LB. */
#include "model_atomics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RLX __ATOMIC_RELAXED
#define ACQ __ATOMIC_ACQUIRE
#define REL __ATOMIC_RELEASE
#define AR  __ATOMIC_ACQ_REL
#define SC  __ATOMIC_SEQ_CST

static int x, y, r[4];

#define R(p, order)      __atomic_load_n(&p, order)
#define W(p, v, order)   __atomic_store_n(&p, v, order)
#define ADD(p, v, order) __atomic_fetch_add(&p, v, order)
#define FENCE(order)     __atomic_thread_fence(order)
#define THREAD(name, ...)  \
    static void name(void) \
    {                      \
        __VA_ARGS__;       \
    }

static int cas(int *p, int expected, int desired)
{
    return __atomic_compare_exchange_n(p, &expected, desired, false, AR, RLX);
}

/* Store buffering */
THREAD(sb_rlx_0, W(x, 1, RLX), r[0] = R(y, RLX))
THREAD(sb_rlx_1, W(y, 1, RLX), r[1] = R(x, RLX))
THREAD(sb_ra_0, W(x, 1, REL), r[0] = R(y, ACQ))
THREAD(sb_ra_1, W(y, 1, REL), r[1] = R(x, ACQ))
THREAD(sb_sc_0, W(x, 1, SC), r[0] = R(y, SC))
THREAD(sb_sc_1, W(y, 1, SC), r[1] = R(x, SC))
THREAD(sb_sc_acq_0, W(x, 1, SC), r[0] = R(y, ACQ))
THREAD(sb_xchg_0, (void)__atomic_exchange_n(&x, 1, AR), r[0] = R(y, ACQ))
THREAD(sb_xchg_1, (void)__atomic_exchange_n(&y, 1, AR), r[1] = R(x, ACQ))
THREAD(sb_f_0, W(x, 1, RLX), FENCE(SC), r[0] = R(y, RLX))
THREAD(sb_f_1, W(y, 1, RLX), FENCE(SC), r[1] = R(x, RLX))
THREAD(sb_f_ar_0, W(x, 1, RLX), FENCE(AR), r[0] = R(y, RLX))
THREAD(sb_f_ar_1, W(y, 1, RLX), FENCE(AR), r[1] = R(x, RLX))

/* Message passing: y says that x is there. */
THREAD(mp_rlx_0, W(x, 1, RLX), W(y, 1, RLX))
THREAD(mp_rlx_1, r[0] = R(y, RLX), r[1] = R(x, RLX))
THREAD(mp_rel_0, W(x, 1, RLX), W(y, 1, REL))
THREAD(mp_acq_1, r[0] = R(y, ACQ), r[1] = R(x, RLX))
THREAD(mp_f_0, W(x, 1, RLX), FENCE(REL), W(y, 1, RLX))
THREAD(mp_f_1, r[0] = R(y, RLX), FENCE(ACQ), r[1] = R(x, RLX))
THREAD(mp_sc_0, W(x, 1, SC), W(y, 1, SC))
THREAD(mp_sc_1, r[0] = R(y, SC), r[1] = R(x, SC))

/* Load buffering */
THREAD(lb_0, r[0] = R(x, RLX), W(y, 1, RLX))
THREAD(lb_1, r[1] = R(y, RLX), W(x, 1, RLX))

/* Independent reads of independent writes */
THREAD(iriw_rlx_x, W(x, 1, RLX))
THREAD(iriw_rlx_y, W(y, 1, RLX))
THREAD(iriw_rel_x, W(x, 1, REL))
THREAD(iriw_rel_y, W(y, 1, REL))
THREAD(iriw_sc_x, W(x, 1, SC))
THREAD(iriw_sc_y, W(y, 1, SC))
THREAD(iriw_rlx_0, r[0] = R(x, RLX), r[1] = R(y, RLX))
THREAD(iriw_rlx_1, r[2] = R(y, RLX), r[3] = R(x, RLX))
THREAD(iriw_acq_0, r[0] = R(x, ACQ), r[1] = R(y, ACQ))
THREAD(iriw_acq_1, r[2] = R(y, ACQ), r[3] = R(x, ACQ))
THREAD(iriw_sc_0, r[0] = R(x, SC), r[1] = R(y, SC))
THREAD(iriw_sc_1, r[2] = R(y, SC), r[3] = R(x, SC))
THREAD(iriw_f_0, r[0] = R(x, RLX), FENCE(SC), r[1] = R(y, RLX))
THREAD(iriw_f_1, r[2] = R(y, RLX), FENCE(SC), r[3] = R(x, RLX))

/* Coherence of one place */
THREAD(co_0, W(x, 1, RLX), W(x, 2, RLX))
THREAD(co_1, r[0] = R(x, RLX), r[1] = R(x, RLX))
THREAD(co_2, W(x, 3, RLX))
THREAD(corw_0, r[0] = R(x, RLX), W(x, 1, RLX))
THREAD(corw_1, W(x, 2, RLX))

/* Two writes each */
THREAD(ww_rlx_0, W(x, 1, RLX), W(y, 2, RLX))
THREAD(ww_rlx_1, W(y, 1, RLX), W(x, 2, RLX))
THREAD(ww_rel_0, W(x, 1, REL), W(y, 2, REL))
THREAD(ww_rel_1, W(y, 1, REL), W(x, 2, REL))
THREAD(ww_sc_0, W(x, 1, SC), W(y, 2, SC))
THREAD(ww_sc_1, W(y, 1, SC), W(x, 2, SC))
THREAD(ww_f_0, W(x, 1, RLX), FENCE(SC), W(y, 2, RLX))
THREAD(ww_f_1, W(y, 1, RLX), FENCE(SC), W(x, 2, RLX))

/* R: a write against a read */
THREAD(r_f_0, W(x, 1, RLX), FENCE(SC), W(y, 1, RLX))
THREAD(r_f_1, W(y, 2, RLX), FENCE(SC), r[0] = R(x, RLX))
THREAD(r_sc_0, W(x, 1, SC), W(y, 1, SC))
THREAD(r_sc_1, W(y, 2, SC), r[0] = R(x, SC))

/* Write to read causality, over three threads */
THREAD(wrc_0, W(x, 1, RLX))
THREAD(wrc_1, r[0] = R(x, RLX), W(y, 1, REL))
THREAD(wrc_2, r[1] = R(y, ACQ), r[2] = R(x, RLX))

/* Release sequences */
THREAD(rs_0, W(y, 1, RLX), W(x, 1, REL))
THREAD(rs_add, (void)ADD(x, 2, RLX))
THREAD(rs_reader, r[0] = R(x, ACQ), r[1] = R(y, RLX))
THREAD(rs_own_0, W(y, 1, RLX), W(x, 1, REL), W(x, 2, RLX))

/* Reading and writing in one step */
THREAD(add_0, r[0] = ADD(x, 1, RLX))
THREAD(add_1, r[1] = ADD(x, 1, RLX))
THREAD(add_2, r[2] = ADD(x, 1, RLX))
THREAD(cas_0, r[0] = cas(&x, 0, 1))
THREAD(cas_1, r[1] = cas(&x, 0, 2))
THREAD(cas_2, r[2] = cas(&x, 1, 3))

/* Z6.U of the RC11 paper: 1 3 0 is allowed, as the release and the acquisition go over one place */
THREAD(z6_0, W(x, 1, SC), W(y, 1, REL))
THREAD(z6_1, r[0] = ADD(y, 1, SC), r[1] = R(y, RLX))
THREAD(z6_2, W(y, 3, SC), r[2] = R(x, SC))

typedef struct litmus {
    const char *name;
    void (*threads[4])(void);
    int registers;
    bool finals;
    const char *outcomes;
} litmus;

static const litmus rows[] = {
    { "SB relaxed", { sb_rlx_0, sb_rlx_1 }, 2, false, "00 01 10 11" },
    { "SB release acquire", { sb_ra_0, sb_ra_1 }, 2, false, "00 01 10 11" },
    { "SB exchange acq_rel", { sb_xchg_0, sb_xchg_1 }, 2, false, "00 01 10 11" },
    { "SB seq_cst", { sb_sc_0, sb_sc_1 }, 2, false, "01 10 11" },
    { "SB seq_cst, one load acquire", { sb_sc_acq_0, sb_sc_1 }, 2, false, "00 01 10 11" },
    { "SB fences seq_cst", { sb_f_0, sb_f_1 }, 2, false, "01 10 11" },
    { "SB one fence seq_cst", { sb_f_0, sb_rlx_1 }, 2, false, "00 01 10 11" },
    { "SB fence and seq_cst accesses", { sb_f_0, sb_sc_1 }, 2, false, "01 10 11" },
    { "SB fence and seq_cst store", { sb_f_0, sb_ra_1 }, 2, false, "00 01 10 11" },
    { "SB fences acq_rel", { sb_f_ar_0, sb_f_ar_1 }, 2, false, "00 01 10 11" },
    { "MP relaxed", { mp_rlx_0, mp_rlx_1 }, 2, false, "00 01 10 11" },
    { "MP release acquire", { mp_rel_0, mp_acq_1 }, 2, false, "00 01 11" },
    { "MP release relaxed", { mp_rel_0, mp_rlx_1 }, 2, false, "00 01 10 11" },
    { "MP relaxed acquire", { mp_rlx_0, mp_acq_1 }, 2, false, "00 01 10 11" },
    { "MP fences", { mp_f_0, mp_f_1 }, 2, false, "00 01 11" },
    { "MP fence and acquire", { mp_f_0, mp_acq_1 }, 2, false, "00 01 11" },
    { "MP release and fence", { mp_rel_0, mp_f_1 }, 2, false, "00 01 11" },
    { "MP seq_cst", { mp_sc_0, mp_sc_1 }, 2, false, "00 01 11" },
    { "LB relaxed (C11 also allows 11)", { lb_0, lb_1 }, 2, false, "00 01 10" },
    { "IRIW relaxed",
      { iriw_rlx_x, iriw_rlx_y, iriw_rlx_0, iriw_rlx_1 },
      4,
      false,
      "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111" },
    { "IRIW release acquire",
      { iriw_rel_x, iriw_rel_y, iriw_acq_0, iriw_acq_1 },
      4,
      false,
      "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111" },
    { "IRIW seq_cst",
      { iriw_sc_x, iriw_sc_y, iriw_sc_0, iriw_sc_1 },
      4,
      false,
      "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111" },
    { "IRIW fences seq_cst",
      { iriw_rlx_x, iriw_rlx_y, iriw_f_0, iriw_f_1 },
      4,
      false,
      "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111" },
    { "CoRR", { co_0, co_1 }, 2, false, "00 01 02 11 12 22" },
    { "CoRR, another writer",
      { co_0, co_1, co_2 },
      2,
      false,
      "00 01 02 03 11 12 13 22 23 31 32 33" },
    { "CoRW", { corw_0, corw_1 }, 1, true, "010 020 210" },
    { "2+2W relaxed", { ww_rlx_0, ww_rlx_1 }, 0, true, "11 12 21 22" },
    { "2+2W release", { ww_rel_0, ww_rel_1 }, 0, true, "11 12 21 22" },
    { "2+2W seq_cst", { ww_sc_0, ww_sc_1 }, 0, true, "12 21 22" },
    { "2+2W fences seq_cst", { ww_f_0, ww_f_1 }, 0, true, "12 21 22" },
    { "R fences seq_cst", { r_f_0, r_f_1 }, 1, true, "011 111 112" },
    { "R seq_cst", { r_sc_0, r_sc_1 }, 1, true, "011 111 112" },
    { "WRC", { wrc_0, wrc_1, wrc_2 }, 3, false, "000 001 010 011 100 101 111" },
    { "release sequence over fetch_add",
      { rs_0, rs_add, rs_reader },
      2,
      false,
      "00 01 11 20 21 31" },
    { "no release sequence over an own store",
      { rs_own_0, rs_reader },
      2,
      false,
      "00 01 11 20 21" },
    { "fetch_add counts", { add_0, add_1, add_2 }, 3, true, "01230 02130 10230 12030 20130 21030" },
    { "compare_exchange: one succeeds", { cas_0, cas_1 }, 2, true, "0120 1010" },
    { "compare_exchange: a chain", { cas_0, cas_1, cas_2 }, 3, true, "01020 10010 10130" },
    { "Z6.U", { z6_0, z6_1, z6_2 }, 3, false, "010 011 030 031 120 121 130 131 310 311 340 341" },
};

/* ---- collecting ------------------------------------------------------------------------------ */

enum { OUTCOMES = 64, OUTCOME_BYTES = 8 };

static const litmus *row;
static char seen[OUTCOMES][OUTCOME_BYTES];
static size_t seen_len;

static void reset(void)
{
    x = y = 0;
    memset(r, 0, sizeof r);
}

static void note_outcome(void)
{
    char outcome[OUTCOME_BYTES] = "";
    for (int i = 0; i < row->registers; i++)
        outcome[i] = (char)('0' + r[i]);
    if (row->finals)
        memcpy(outcome + row->registers, (char[]){ (char)('0' + x), (char)('0' + y) }, 2);
    for (size_t i = 0; i < seen_len; i++)
        if (strcmp(seen[i], outcome) == 0)
            return;
    assert_true(seen_len < OUTCOMES);
    strcpy(seen[seen_len++], outcome);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void each_program_has_exactly_these_outcomes(void **state)
{
    (void)state;
    static model_result result;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row = &rows[i];
        model_program program = { .setup = reset, .finish = note_outcome };
        for (int t = 0; t < 4 && row->threads[t]; t++)
            program.threads[t] = (model_thread){ "thread", row->threads[t] };
        seen_len = 0;
        model_explore(&program, &result);
        assert_string_equal(result.text, "");
        assert_true(result.complete);
        qsort(seen, seen_len, OUTCOME_BYTES, by_text);
        char outcomes[OUTCOMES * OUTCOME_BYTES] = "";
        for (size_t k = 0; k < seen_len; k++)
            strcat(strcat(outcomes, k ? " " : ""), seen[k]);
        if (strcmp(outcomes, row->outcomes) != 0)
            print_error("%s:\n", row->name);
        assert_string_equal(outcomes, row->outcomes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_program_has_exactly_these_outcomes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
