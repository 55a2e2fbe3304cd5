/* The examples of option.h. */
#include "example.h"

#include <weft/fn.h>
#include <weft/option.h>

typedef struct Order {
    char id;
} Order;
typedef enum Reject_code { REJECT_NONE, REJECT_SHORT } Reject_code;
typedef struct Reject {
    Reject_code code;
} Reject;
typedef struct Line {
    size_t length;
    const char *text;
} Line;
typedef struct Book {
    char last;
} Book;
typedef struct Rejects {
    Reject_code last;
} Rejects;

WEFT_OPTION(Maybe_order, Order);    // { bool ok; Order value; weft_none error; }
WEFT_RESULT(Parsed, Order, Reject); // { bool ok; Order value; Reject error; }

static Parsed parse(const Line *line)
{
    if (line->length < 8)
        return (Parsed){ .error = { .code = REJECT_SHORT } };
    return (Parsed){ .ok = true, .value = { .id = line->text[0] } };
}

static void count_reject(Rejects *rejects, Reject reject)
{
    rejects->last = reject.code;
}

static void book_add(Book *book, const Order *order)
{
    book->last = order->id;
}

static void on_line(Book *book, Rejects *rejects, const Line *line)
{
    Order order = WEFT_TRY(parse(line), count_reject(rejects, error));
    book_add(book, &order);
}

WEFT_RESULT(Placed, char, Reject);

static Placed place(const Line *line) // a WEFT_RESULT with the error of `parse`
{
    Order order = WEFT_TRY(parse(line), (Placed){ .error = error });
    return (Placed){ .ok = true, .value = order.id };
}

static void a_function_goes_on_with_the_value_or_ends(void **state)
{
    (void)state;
    const Line line = { 8, "ABCDEFGH" }, tooshort = { 1, "X" };
    Book book = { 0 };
    Rejects rejects = { REJECT_NONE };
    on_line(&book, &rejects, &line);
    assert_int_equal(book.last, 'A');
    assert_int_equal(rejects.last, REJECT_NONE);
    on_line(&book, &rejects, &tooshort);
    assert_int_equal(book.last, 'A');
    assert_int_equal(rejects.last, REJECT_SHORT);

    assert_true(place(&line).ok);
    assert_int_equal(place(&line).value, 'A');
    assert_false(place(&tooshort).ok);
    assert_int_equal(place(&tooshort).error.code, REJECT_SHORT);

    const Maybe_order none = { 0 };
    assert_false(none.ok);
    assert_int_equal(sizeof none.error, 0);
}

EXAMPLE(a_function_goes_on_with_the_value_or_ends);
