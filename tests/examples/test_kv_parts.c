/* The key-value server's small parts: numbers, patterns, buffers and replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assert_clean.h"
#include "budget.h"
#include "buffer.h"
#include "glob.h"
#include "number.h"
#include "random.h"
#include "reply.h"

static uint64_t random_state;

static size_t random_below(size_t bound)
{
    return (size_t)test_random_below(&random_state, bound);
}

/* ---- numbers -------------------------------------------------------------------------------- */

static void only_the_one_way_to_write_a_number_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t number;
    } good[] = {
        { "0", 0 },
        { "1", 1 },
        { "-1", -1 },
        { "10", 10 },
        { "907", 907 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
    };
    static const char *const bad[] = { "",
                                       "-",
                                       "+1",
                                       "01",
                                       "-0",
                                       "00",
                                       " 1",
                                       "1 ",
                                       "1x",
                                       "0x1",
                                       "--1",
                                       "1.0",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999",
                                       "18446744073709551616" };
    int64_t number = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(kv_number_parse(good[i].text, strlen(good[i].text), &number));
        assert_int_equal(number, good[i].number);
    }
    number = 77;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(kv_number_parse(bad[i], strlen(bad[i]), &number));
    assert_int_equal(number, 77);
}

static void numbers_are_written_as_printf_does_and_read_back(void **state)
{
    (void)state;
    random_state = 1;
    for (int i = 0; i < 100000; i++) {
        const uint64_t bits = (uint64_t)random_below(1U << 31) << 33 ^ random_below(1U << 31) << 2;
        const int64_t wanted = i < 2000 ? i - 1000 : (int64_t)bits >> random_below(64);
        char expected[32];
        char text[KV_NUMBER_MAX_BYTES];
        int64_t number;
        const size_t size_bytes = kv_number_format(text, wanted);
        assert_int_equal(snprintf(expected, sizeof expected, "%" PRId64, wanted), size_bytes);
        assert_memory_equal(text, expected, size_bytes);
        assert_true(kv_number_parse(text, size_bytes, &number));
        assert_int_equal(number, wanted);
    }
}

/* ---- patterns ------------------------------------------------------------------------------- */

typedef struct glob_case {
    const char *pattern;
    const char *text;
    bool matches;
} glob_case;

static const glob_case glob_cases[] = {
    { "", "", true },
    { "", "a", false },
    { "a", "", false },
    { "*", "", true },
    { "*", "anything", true },
    { "**", "a", true },
    { "a*c", "abbc", true },
    { "a*c", "abbd", false },
    { "*b*", "abc", true },
    { "a*b*c", "aXbYbZc", true },
    { "*ab", "aaab", true },
    { "?", "a", true },
    { "?", "", false },
    { "a?c", "abc", true },
    { "[abc]", "b", true },
    { "[abc]", "d", false },
    { "[a-c]", "b", true },
    { "[c-a]", "b", true },
    { "[a-c]", "d", false },
    { "[^a-c]", "d", true },
    { "[^a-c]", "a", false },
    { "[a-]", "-", false }, /* '-' and ']' are a range here, up to the end of the pattern */
    { "[\\]]", "]", true },
    { "[\\-a]", "-", true },
    { "[]", "a", false },
    { "[]a]", "]", false },
    { "[^]", "a", true },
    { "[a", "a", true },
    { "[", "[", false },
    { "\\*", "*", true },
    { "\\*", "a", false },
    { "\\", "\\", true },
    { "a\\", "a\\", true },
    { "h[^e]llo", "hallo", true },
    { "h[^e]llo", "hello", false },
    { "A", "a", false },
    { "*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

static void patterns_match_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof glob_cases / sizeof *glob_cases; i++) {
        const kv_slice pattern = { glob_cases[i].pattern, strlen(glob_cases[i].pattern) };
        const kv_slice text = { glob_cases[i].text, strlen(glob_cases[i].text) };
        if (kv_glob_match(pattern, text) != glob_cases[i].matches)
            fail_msg("\"%s\" and \"%s\"", pattern.data, text.data);
    }
    assert_true(
        kv_glob_match_nocase((kv_slice){ "MAX[A-Z]em*", 11 }, (kv_slice){ "maxmemory", 9 }));
}

/* Stars by recursion, as they are defined; for patterns of letters, '?' and '*'. */
static bool matches_by_definition(const char *pattern, const char *text)
{
    if (*pattern == '\0')
        return *text == '\0';
    if (*pattern == '*')
        return matches_by_definition(pattern + 1, text) ||
               (*text && matches_by_definition(pattern, text + 1));
    return *text && (*pattern == '?' || *pattern == *text) &&
           matches_by_definition(pattern + 1, text + 1);
}

static void random_patterns_match_as_defined(void **state)
{
    (void)state;
    size_t matched = 0;
    random_state = 1;
    for (int i = 0; i < 50000; i++) {
        char pattern[9] = "";
        char text[13] = "";
        for (size_t j = random_below(sizeof pattern); j > 0; j--)
            pattern[j - 1] = "ab*?*"[random_below(5)];
        for (size_t j = random_below(sizeof text); j > 0; j--)
            text[j - 1] = "ab"[random_below(2)];
        const bool matches =
            kv_glob_match((kv_slice){ pattern, strlen(pattern) }, (kv_slice){ text, strlen(text) });
        assert_int_equal(matches, matches_by_definition(pattern, text));
        matched += matches;
    }
    assert_in_range(matched, 5000, 45000);
}

/* ---- buffers -------------------------------------------------------------------------------- */

#define BUFFER_MAX_BYTES 5000

static void random_writes_and_reads_keep_the_bytes_and_the_bound(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        random_state = seed;
        weft_test_allocator memory;
        weft_test_allocator_init(&memory);
        kv_buffer buffer;
        uint64_t written = 0; /* byte n of the stream is n % 251 */
        uint64_t read = 0;
        kv_buffer_init(&buffer, &memory.base, BUFFER_MAX_BYTES);
        for (int step = 0; step < 3000; step++) {
            const size_t size_bytes = 1 + random_below(random_below(10) ? 100 : 2000);
            if (random_below(2)) {
                const bool fits = kv_buffer_size(&buffer) + size_bytes <= BUFFER_MAX_BYTES;
                char *room = kv_buffer_reserve(&buffer, size_bytes);
                assert_int_equal(room != NULL, fits);
                assert_int_equal(buffer.refused, !fits);
                buffer.refused = false;
                for (size_t i = 0; fits && i < size_bytes; i++)
                    room[i] = (char)(written++ % 251);
                kv_buffer_commit(&buffer, fits ? size_bytes : 0);
            } else if (kv_buffer_size(&buffer) > 0) {
                const size_t taken = 1 + random_below(kv_buffer_size(&buffer));
                for (size_t i = 0; i < taken; i++)
                    assert_int_equal((unsigned char)kv_buffer_data(&buffer)[i], read++ % 251);
                kv_buffer_consume(&buffer, taken);
            }
            assert_int_equal(kv_buffer_size(&buffer), written - read);
            assert_true(buffer.cap_bytes <= 2 * BUFFER_MAX_BYTES);
            if (random_below(100) == 0)
                kv_buffer_trim(&buffer, 0);
        }
        kv_buffer_fini(&buffer);
        assert_clean(&memory);
    }
}

static void a_refused_write_is_remembered_and_nothing_follows_it(void **state)
{
    (void)state;
    kv_buffer buffer;
    kv_buffer_init(&buffer, NULL, 10);
    assert_true(kv_buffer_append(&buffer, "0123456", 7));
    assert_false(kv_buffer_append(&buffer, "0123456", 7));
    assert_false(kv_buffer_append(&buffer, "x", 1));
    assert_true(buffer.refused);
    assert_int_equal(kv_buffer_size(&buffer), 7);
    kv_buffer_fini(&buffer);
}

/* A byte that is written or read when the queue is nearly full must not cost moving all of it. */
static void a_full_buffer_moves_its_bytes_rarely(void **state)
{
    (void)state;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    kv_buffer buffer;
    kv_buffer_init(&buffer, &memory.base, 100000);
    static char bytes[99990];
    size_t moves = 0;
    assert_true(kv_buffer_append(&buffer, bytes, sizeof bytes));
    for (int i = 0; i < 200000; i++) {
        const char *before = kv_buffer_data(&buffer);
        assert_true(kv_buffer_append(&buffer, "x", 1));
        moves += kv_buffer_data(&buffer) != before;
        kv_buffer_consume(&buffer, 1);
    }
    assert_true(moves <= 4);
    kv_buffer_fini(&buffer);
}

static void a_trimmed_buffer_holds_no_memory(void **state)
{
    (void)state;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    kv_buffer buffer;
    kv_buffer_init(&buffer, &memory.base, 10000);
    assert_true(kv_buffer_append(&buffer, "abc", 3));
    kv_buffer_trim(&buffer, 0);
    assert_true(memory.live_bytes > 0);
    kv_buffer_consume(&buffer, 3);
    kv_buffer_trim(&buffer, memory.live_bytes);
    assert_true(memory.live_bytes > 0);
    kv_buffer_trim(&buffer, memory.live_bytes - 1);
    assert_int_equal(memory.live_bytes, 0);
    assert_true(kv_buffer_append(&buffer, "abc", 3));
    kv_buffer_fini(&buffer);
    weft_test_allocator_fail(&memory, 1, SIZE_MAX);
    assert_false(kv_buffer_append(&buffer, "abc", 3));
}

/* ---- the budget ----------------------------------------------------------------------------- */

#define BUDGET_MAX_BYTES 20000
#define BUDGET_BUFFERS   8

static void buffers_that_share_a_budget_stay_within_it_together(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        random_state = seed;
        weft_test_allocator memory;
        kv_budget budget;
        kv_buffer buffers[BUDGET_BUFFERS];
        size_t refused = 0;
        weft_test_allocator_init(&memory);
        kv_budget_init(&budget, &memory.base, BUDGET_MAX_BYTES);
        for (size_t i = 0; i < BUDGET_BUFFERS; i++)
            kv_buffer_init(&buffers[i], &budget.base, BUFFER_MAX_BYTES);
        for (int step = 0; step < 2000; step++) {
            static const char bytes[1000];
            kv_buffer *const buffer = &buffers[random_below(BUDGET_BUFFERS)];
            const size_t size_bytes = 1 + random_below(sizeof bytes);
            const size_t before_bytes = kv_buffer_size(buffer);
            const bool fits = before_bytes + size_bytes <= BUFFER_MAX_BYTES;
            const bool done = kv_buffer_append(buffer, bytes, size_bytes);
            const bool is_over = kv_budget_take_refusal(&budget);
            assert_int_equal(done, fits && !is_over);
            assert_int_equal(kv_buffer_size(buffer), before_bytes + (done ? size_bytes : 0));
            refused += is_over;
            if (!done || random_below(20) == 0)
                kv_buffer_clear(buffer);
            assert_int_equal(budget.used_bytes, memory.live_bytes);
            assert_int_equal(budget.peak_bytes, memory.peak_bytes);
            assert_true(budget.peak_bytes <= BUDGET_MAX_BYTES);
            assert_int_equal(kv_budget_is_tight(&budget),
                             memory.live_bytes > BUDGET_MAX_BYTES / 4 * 3);
        }
        assert_true(refused > 0);
        for (size_t i = 0; i < BUDGET_BUFFERS; i++)
            kv_buffer_fini(&buffers[i]);
        assert_int_equal(budget.used_bytes, 0);
        assert_clean(&memory);
    }
}

static void memory_that_runs_out_is_no_refusal_of_the_budget(void **state)
{
    (void)state;
    weft_test_allocator memory;
    kv_budget budget;
    weft_test_allocator_init(&memory);
    kv_budget_init(&budget, &memory.base, 0);
    weft_test_allocator_fail(&memory, 1, 1);
    assert_null(weft_alloc(&budget.base, 100, 1));
    assert_int_equal(budget.used_bytes, 0);
    assert_false(kv_budget_take_refusal(&budget));
    assert_false(kv_budget_is_tight(&budget));
}

/* ---- replies -------------------------------------------------------------------------------- */

static void replies_are_written_as_the_protocol_says(void **state)
{
    (void)state;
    static const char expected[] = "+OK\r\n$-1\r\n+text\r\n-ERR two  lines\r\n-ERR 7 x\r\n:-42\r\n"
                                   "$3\r\na\0b\r\n$0\r\n\r\n$2\r\nhi\r\n*2\r\n*2\r\n:1\r\n:2\r\n"
                                   "*0\r\n$7\r\nn=5;abc\r\n";
    kv_buffer out;
    kv_buffer_init(&out, NULL, 10000);
    kv_reply_ok(&out);
    kv_reply_null(&out);
    kv_reply_text(&out, "text");
    kv_reply_error(&out, "ERR two\r\nlines");
    kv_reply_errorf(&out, "ERR %d %s", 7, "x");
    kv_reply_integer(&out, -42);
    kv_reply_bulk(&out, "a\0b", 3);
    kv_reply_bulk(&out, NULL, 0);
    kv_reply_bulk_text(&out, "hi");
    kv_reply_array(&out, 2);
    size_t begin = kv_reply_array_begin(&out);
    kv_reply_integer(&out, 1);
    kv_reply_integer(&out, 2);
    kv_reply_array_end(&out, begin, 2);
    const size_t before = kv_buffer_size(&out);
    kv_reply_bulk_text(&out, "taken back");
    kv_reply_take_back(&out, before);
    kv_reply_array_end(&out, kv_reply_array_begin(&out), 0);
    begin = kv_reply_bulk_begin(&out);
    kv_reply_printf(&out, "n=%d;", 5);
    KV_REPLY_LITERAL(&out, "abc");
    kv_reply_bulk_end(&out, begin);
    assert_int_equal(kv_buffer_size(&out), sizeof expected - 1);
    assert_memory_equal(kv_buffer_data(&out), expected, sizeof expected - 1);
    assert_false(out.refused);
    kv_buffer_fini(&out);
}

static void a_reply_that_does_not_fit_is_refused_whole(void **state)
{
    (void)state;
    for (size_t max_bytes = 0; max_bytes < 60; max_bytes++) {
        kv_buffer out;
        kv_buffer_init(&out, NULL, max_bytes);
        const size_t begin = kv_reply_array_begin(&out);
        kv_reply_bulk_text(&out, "hello");
        kv_reply_integer(&out, 1);
        kv_reply_array_end(&out, begin, 2);
        assert_true(kv_buffer_size(&out) <= max_bytes);
        if (!out.refused)
            assert_memory_equal(kv_buffer_data(&out), "*2\r\n$5\r\nhello\r\n:1\r\n", 19);
        else
            assert_true(max_bytes < 50);
        kv_buffer_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_one_way_to_write_a_number_is_read),
        cmocka_unit_test(numbers_are_written_as_printf_does_and_read_back),
        cmocka_unit_test(patterns_match_as_the_table_says),
        cmocka_unit_test(random_patterns_match_as_defined),
        cmocka_unit_test(random_writes_and_reads_keep_the_bytes_and_the_bound),
        cmocka_unit_test(a_refused_write_is_remembered_and_nothing_follows_it),
        cmocka_unit_test(a_full_buffer_moves_its_bytes_rarely),
        cmocka_unit_test(a_trimmed_buffer_holds_no_memory),
        cmocka_unit_test(buffers_that_share_a_budget_stay_within_it_together),
        cmocka_unit_test(memory_that_runs_out_is_no_refusal_of_the_budget),
        cmocka_unit_test(replies_are_written_as_the_protocol_says),
        cmocka_unit_test(a_reply_that_does_not_fit_is_refused_whole),
    };
    return cmocka_run_group_tests_name("kv_parts", tests, NULL, NULL);
}
