/* The examples of describe.h. */
#include "example.h"
#include "orders.h"

#include <stdlib.h>

#include <weft/describe.h>

static Checked validate(const Config *config, const Order *order)
{
    return (Checked){ .ok = order->qty <= config->limit, .value = *order };
}
WEFT_FN(validate, RES(Config), REF(Order));

WEFT_PIPELINE(on_order, Order, void, THEN(validate), AND_THEN(enrich), CATCH(log_reject),
              MAP(submit));

static char *text;

static void describe(const struct on_order *bound)
{
    const struct on_order orders = *bound;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    assert_non_null(memory);
#undef stdout
#define stdout memory
    weft_describe(&orders.base, stdout);

    fclose(memory);
}

static void draw(const struct on_order *bound)
{
    const struct on_order orders = *bound;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);

    weft_describe_dot(&orders.base, file); // for Graphviz: dot -Tsvg

    fclose(file);
}

static char *header(void)
{
    char *content;
    size_t size;
    FILE *const from = fopen(WEFT_TEST_SOURCE "/include/weft/describe.h", "r");
    FILE *const to = open_memstream(&content, &size);
    assert_non_null(from);
    assert_non_null(to);
    for (int c; (c = getc(from)) != EOF;)
        putc(c, to);
    fclose(from);
    fclose(to);
    return content;
}

static void the_header_shows_what_is_printed(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Config);
    WEFT_REGISTER_DEFAULT(builder, Rejects);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_world *world = built(builder);
    struct on_order orders;
    assert_int_equal(on_order_init(&orders, world), WEFT_OK);

    describe(&orders);
    char *const shown = header();
    int lines = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        char commented[128];
        snprintf(commented, sizeof commented, "\n *     %s\n", line);
        if (!strstr(shown, commented))
            fail_msg("the header does not show: %s", line);
    }
    assert_int_equal(lines, 7);
    free(shown);
    free(text);

    draw(&orders);
    assert_ptr_equal(strstr(text, "digraph"), text);
    assert_non_null(strstr(text, "validate"));
    free(text);
    weft_world_free(world);
}

EXAMPLE(the_header_shows_what_is_printed);
