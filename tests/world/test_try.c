/* WEFT_TRY: a value, or the end of the function. */
#include <weft/option.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    int id, qty;
} Order;
typedef enum { REJECT_NEGATIVE = 1, REJECT_LARGE = 2 } Reject;
typedef struct {
    int code;
    const char *why;
} Refusal;
WEFT_RESULT(Checked, Order, Reject);
WEFT_RESULT(Placed, int, Refusal);
WEFT_OPTION(Maybe_int, int);
WEFT_OPTION(Done, weft_none);

static int calls, reached, errors;

static int setup(void **state)
{
    (void)state;
    calls = reached = errors = 0;
    return 0;
}

static Checked check(int qty)
{
    calls++;
    if (qty < 0)
        return (Checked){ .error = REJECT_NEGATIVE };
    if (qty > 100)
        return (Checked){ .error = REJECT_LARGE };
    return (Checked){ .ok = true, .value = { .id = calls, .qty = qty } };
}

static Maybe_int half(int n)
{
    return (Maybe_int){ .ok = n % 2 == 0, .value = n / 2 };
}

static Done done(bool ok)
{
    return (Done){ .ok = ok };
}

static void count(Reject error)
{
    errors = 10 * errors + (int)error;
}

static void in_void(int qty)
{
    const Order order = WEFT_TRY(check(qty), count(error));
    reached = order.qty;
}

static void without_otherwise(int n)
{
    reached = WEFT_TRY(half(n));
}

static int in_int(int qty)
{
    const Order order = WEFT_TRY(check(qty), -(int)error);
    reached = 1;
    return order.qty;
}

/* Commas between braces are the otherwise's own. */
static Placed in_result(int qty)
{
    const Order order =
        WEFT_TRY(check(qty), (Placed){ .error = { .code = (int)error, .why = "refused" } });
    const int halved = WEFT_TRY(half(order.qty), (Placed){ .error = { 99, "odd" } });
    return (Placed){ .ok = true, .value = halved };
}

static int as_statement(bool ok)
{
    WEFT_TRY(done(ok), 1);
    return 2;
}

static int twice_in_one_expression(int a, int b)
{
    return WEFT_TRY(half(a), -1) + WEFT_TRY(half(b), -1);
}

static int one_in_the_other(int n)
{
    return WEFT_TRY(half(WEFT_TRY(half(n), -1)), -2);
}

static int in_a_loop(const int *numbers, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += WEFT_TRY(half(numbers[i]), -sum);
    return sum;
}

static int without_braces(int n)
{
    if (n >= 0)
        reached = WEFT_TRY(half(n), 5);
    else
        reached = -1;
    return 6;
}

static void a_value_goes_on_and_an_error_returns(void **state)
{
    static const struct {
        int qty, reached, errors, in_int;
    } rows[] = {
        { 5, 5, 0, 5 }, { 0, 0, 0, 0 }, { 100, 100, 0, 100 }, { -1, -7, 1, -1 }, { 101, -7, 2, -2 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        calls = errors = 0;
        reached = -7;
        in_void(rows[i].qty);
        assert_int_equal(reached, rows[i].reached);
        assert_int_equal(errors, rows[i].errors);
        assert_int_equal(calls, 1); /* evaluated once */
        assert_int_equal(in_int(rows[i].qty), rows[i].in_int);
    }
}

static void an_option_has_nothing_to_say_about_its_error(void **state)
{
    (void)state;
    without_otherwise(8);
    assert_int_equal(reached, 4);
    without_otherwise(7);
    assert_int_equal(reached, 4);
}

static void what_otherwise_evaluates_to_is_returned(void **state)
{
    (void)state;
    assert_true(in_result(8).ok);
    assert_int_equal(in_result(8).value, 4);
    assert_false(in_result(-1).ok);
    assert_int_equal(in_result(-1).error.code, REJECT_NEGATIVE);
    assert_string_equal(in_result(101).error.why, "refused");
    assert_int_equal(in_result(7).error.code, 99);
    assert_string_equal(in_result(7).error.why, "odd");
    assert_int_equal(as_statement(true), 2);
    assert_int_equal(as_statement(false), 1);
}

static void it_is_an_expression(void **state)
{
    (void)state;
    assert_int_equal(twice_in_one_expression(4, 6), 5);
    assert_int_equal(twice_in_one_expression(4, 5), -1);
    assert_int_equal(one_in_the_other(12), 3);
    assert_int_equal(one_in_the_other(6), -2);
    assert_int_equal(one_in_the_other(5), -1);
    assert_int_equal(in_a_loop((const int[]){ 2, 4, 6 }, 3), 6);
    assert_int_equal(in_a_loop((const int[]){ 2, 4, 5 }, 3), -3);
    assert_int_equal(without_braces(4), 6);
    assert_int_equal(reached, 2);
    assert_int_equal(without_braces(3), 5);
    assert_int_equal(without_braces(-3), 6);
    assert_int_equal(reached, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_value_goes_on_and_an_error_returns, setup),
        cmocka_unit_test_setup(an_option_has_nothing_to_say_about_its_error, setup),
        cmocka_unit_test_setup(what_otherwise_evaluates_to_is_returned, setup),
        cmocka_unit_test_setup(it_is_an_expression, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
