/* The intrusive list in one thread. For several there is test_mpsc_list_threads.c. */
#include <weft/mpsc_list.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random.h"

typedef struct Job {
    weft_mpsc_link link;
    uint64_t serial;
    bool listed;
} Job;

static void check(const weft_mpsc_list *list)
{
    const char *why = NULL;
    if (!weft_mpsc_list_check(list, &why))
        fail_msg("%s", why);
}

static void assert_pops(weft_mpsc_list *list, uint64_t serial)
{
    weft_mpsc_link *link;
    assert_int_equal(weft_mpsc_list_pop(list, &link), WEFT_OK);
    assert_true(((Job *)link)->serial == serial);
    check(list);
}

static void assert_no_pop(weft_mpsc_list *list, weft_status expected)
{
    weft_mpsc_link mine, *link = &mine;
    assert_int_equal(weft_mpsc_list_pop(list, &link), expected);
    assert_ptr_equal(link, &mine);
    assert_true(weft_mpsc_list_is_empty(list));
    check(list);
}

static void number(Job *jobs, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        jobs[i].serial = i;
}

static void objects_come_out_in_order(void **state)
{
    (void)state;
    weft_mpsc_list list;
    Job jobs[6];
    number(jobs, 6);
    weft_mpsc_list_init(&list);
    assert_no_pop(&list, WEFT_EAGAIN);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[i].link), WEFT_OK);
    assert_false(weft_mpsc_list_is_empty(&list));
    assert_pops(&list, 0);
    for (size_t i = 3; i < 6; i++)
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[i].link), WEFT_OK);
    for (uint64_t i = 1; i < 6; i++) {
        assert_false(weft_mpsc_list_is_empty(&list));
        assert_pops(&list, i);
    }
    assert_no_pop(&list, WEFT_EAGAIN);
}

static void a_zeroed_list_is_empty(void **state)
{
    (void)state;
    static weft_mpsc_list list;
    assert_no_pop(&list, WEFT_EAGAIN);
}

static void take_counts_what_was_pushed_so_far(void **state)
{
    (void)state;
    weft_mpsc_list list;
    Job jobs[5];
    number(jobs, 5);
    weft_mpsc_list_init(&list);
    assert_int_equal(weft_mpsc_list_take(&list), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[i].link), WEFT_OK);
    assert_int_equal(weft_mpsc_list_take(&list), 2);
    for (size_t i = 2; i < 5; i++)
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[i].link), WEFT_OK);
    check(&list);
    assert_ptr_equal(weft_mpsc_list_pop_taken(&list), &jobs[0].link);
    assert_ptr_equal(weft_mpsc_list_pop_taken(&list), &jobs[1].link);
    assert_null(weft_mpsc_list_pop_taken(&list)); /* the others are not taken */
    assert_false(weft_mpsc_list_is_empty(&list));
    assert_int_equal(weft_mpsc_list_take(&list), 3);
    assert_int_equal(weft_mpsc_list_take(&list), 3);
    for (uint64_t i = 2; i < 5; i++)
        assert_pops(&list, i);
    assert_no_pop(&list, WEFT_EAGAIN);
}

static void what_was_pushed_before_the_close_comes_out(void **state)
{
    (void)state;
    for (int taken = 0; taken < 2; taken++) {
        weft_mpsc_list list;
        Job jobs[3];
        number(jobs, 3);
        weft_mpsc_list_init(&list);
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[0].link), WEFT_OK);
        if (taken)
            assert_int_equal(weft_mpsc_list_take(&list), 1);
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[1].link), WEFT_OK);
        weft_mpsc_list_close(&list);
        weft_mpsc_list_close(&list);
        jobs[2].link.next = &jobs[2].link;
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[2].link), WEFT_ECLOSED);
        assert_ptr_equal(jobs[2].link.next, &jobs[2].link); /* untouched */
        assert_pops(&list, 0);
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[2].link), WEFT_ECLOSED);
        assert_pops(&list, 1);
        for (int i = 0; i < 3; i++)
            assert_no_pop(&list, WEFT_ECLOSED);
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[2].link), WEFT_ECLOSED);
    }
}

static void check_finds_what_is_wrong(void **state)
{
    (void)state;
    weft_mpsc_list list;
    Job jobs[4];
    const char *why = NULL;
    weft_mpsc_list_init(&list);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(weft_mpsc_list_push(&list, &jobs[i].link), WEFT_OK);
    check(&list);
    jobs[0].link.next = &jobs[2].link; /* as if pushed twice */
    assert_false(weft_mpsc_list_check(&list, &why));
    jobs[0].link.next = NULL;
    assert_int_equal(weft_mpsc_list_take(&list), 4);
    check(&list);
    list.taken = 3;
    assert_false(weft_mpsc_list_check(&list, &why));
    list.taken = 4;
    list.last = &jobs[0].link;
    assert_false(weft_mpsc_list_check(&list, &why));
    list.last = &jobs[3].link;
    check(&list);
}

/* ---- random operations ----------------------------------------------------------------------- */

enum { JOBS = 50, OPERATIONS = 100000 };

static void random_operations_do_what_a_list_does(void **state)
{
    (void)state;
    static Job jobs[JOBS];
    weft_mpsc_list list;
    uint64_t random = 1, in = 0, out = 0;
    weft_mpsc_list_init(&list);
    for (int i = 0; i < OPERATIONS; i++) {
        Job *job = &jobs[test_random_below(&random, JOBS)];
        weft_mpsc_link *link = NULL;
        switch (test_random_below(&random, 5)) {
        case 0:
        case 1:
            if (job->listed)
                break;
            *job = (Job){ .serial = in++, .listed = true };
            assert_int_equal(weft_mpsc_list_push(&list, &job->link), WEFT_OK);
            break;
        case 2:
        case 3:
            assert_int_equal(weft_mpsc_list_pop(&list, &link), in > out ? WEFT_OK : WEFT_EAGAIN);
            if (!link)
                break;
            assert_true(((Job *)link)->serial == out++);
            ((Job *)link)->listed = false;
            break;
        default: assert_true(weft_mpsc_list_take(&list) == in - out);
        }
        assert_true(weft_mpsc_list_is_empty(&list) == (in == out));
        check(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_come_out_in_order),
        cmocka_unit_test(a_zeroed_list_is_empty),
        cmocka_unit_test(take_counts_what_was_pushed_so_far),
        cmocka_unit_test(what_was_pushed_before_the_close_comes_out),
        cmocka_unit_test(check_finds_what_is_wrong),
        cmocka_unit_test(random_operations_do_what_a_list_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
