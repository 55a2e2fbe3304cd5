/* What weft_reactors_check is good for: whatever is broken inside of reactors, it notices. */
#include <weft/fn.h>
#include <weft/reactor.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "soundness.h"
#include "world/reactor_parts.h"
#include "world_check.h"

static void nothing(void)
{
}
WEFT_FN(nothing);

/* Two reactors on two sources, the first of which is marked; and how that was. */
static test_world test;
static weft_reactors *on;
static weft_reactor *reactor;
static weft_source *source;
static weft_link *link;
static struct {
    weft_reactors on;
    weft_reactor reactor;
    weft_source source;
    weft_link link;
} whole;

/* The id of no source. */
static weft_source stranger = { .id = { 1000, 1 } };

static void build(void)
{
    struct nothing body;
    weft_reactor_id ids[2];
    weft_source_id sources[2];
    test_world_init(&test);
    on = weft_reactors_install(test.builder, NULL);
    const weft_world *world = test_world_build(&test);
    assert_int_equal(nothing_init(&body, world), WEFT_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(weft_reactors_add_source(on, &sources[i]), WEFT_OK);
        assert_int_equal(weft_reactors_spawn(on, &body.base, &ids[i]), WEFT_OK);
    }
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(weft_reactors_subscribe(on, ids[i / 2], sources[i % 2]), WEFT_OK);
    assert_int_equal(weft_reactors_mark(on, sources[0]), WEFT_OK);
    reactor = weft_reactor_find(on, ids[0]);
    source = weft_source_find(on, sources[0]);
    link = weft_source_links(source)[0];
    whole.on = *on;
    whole.reactor = *reactor;
    whole.source = *source;
    whole.link = *link;
}

static void mend(void)
{
    *on = whole.on;
    *reactor = whole.reactor;
    *source = whole.source;
    *link = whole.link;
    source->subscribers[0] = reactor;
    on->known[source->id.index] = source;
    on->known[5] = NULL;
    on->marked.items[0] = source;
}

static void subscribers_without_room(void)
{
    source->cap = 1;
}

static void subscriber_without_link(void)
{
    source->subscribers[0] = NULL;
}

static void link_elsewhere(void)
{
    link->position = 1;
}

static void hole_counted(void)
{
    source->holes = 1;
}

static weft_reactor *holes[40];
static void holes_left_open(void)
{
    source->subscribers = holes;
    source->len = source->holes = 17;
    source->cap = sizeof holes / sizeof *holes / 2;
}

static void source_forgotten(void)
{
    on->known[source->id.index] = NULL;
}

static void source_known_twice(void)
{
    on->known[5] = source;
}

static void mark_not_listed(void)
{
    on->marked.len = 0;
}

static void slab_of_links(void)
{
    on->links.len++;
}

static void head_behind_the_end(void)
{
    on->due.head = on->due.len + 1;
}

static void stranger_is_due(void)
{
    on->due.items[0] = &stranger;
    on->due.len = 1;
}

static void turn_elsewhere(void)
{
    on->due.items[0] = source;
    on->due.len = 1;
    source->turns[on->side ^ 1].position = 3;
}

static void turn_too_long(void)
{
    source->turns[on->side].to = 3;
}

static void turn_of_another_dispatch(void)
{
    on->due.items[0] = source;
    on->due.len = 1;
}

static void turn_of_a_stranger(void)
{
    on->turn.source = &stranger;
}

static void turn_behind_its_row(void)
{
    on->turn.source = source;
    on->turn.at = 2;
    on->turn.to = 1;
}

static void turn_of_a_dispatch_to_come(void)
{
    on->turn.source = source;
    on->turn.pass = on->pass + 1;
}

static void link_without_the_one_before(void)
{
    link->prev = NULL;
}

static void links_counted_wrongly(void)
{
    reactor->link_len = 3;
}

static void link_that_has_ended(void)
{
    link->id.generation += 2;
}

static void removed_but_there(void)
{
    reactor->removed = true;
}

static void id_of_another_place(void)
{
    reactor->event.id.index = 1;
}

static void ran_in_the_future(void)
{
    reactor->ran = on->pass + 1;
}

static void ready_without_a_handler(void)
{
    reactor->handler.base.run = NULL;
}

static void reactor_too_many(void)
{
    on->len++;
}

static void key_too_many(void)
{
    on->keys_len = 1;
}

static void check_notices_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        void (*harm)(void);
        const char *why;
    } table[] = {
        { subscribers_without_room, "a source has more subscribers than room" },
        { subscriber_without_link, "a subscriber has no link, or a hole has one" },
        { link_elsewhere, "a link does not lie where it says" },
        { hole_counted, "a source has counted its holes wrongly" },
        { holes_left_open, "a source has more holes than subscribers" },
        { source_forgotten, "a source's id does not find it" },
        { source_known_twice, "the sources do not add up" },
        { mark_not_listed, "a source is marked, but not listed" },
        { slab_of_links, "the places do not add up" },
        { head_behind_the_end, "a list of turns has left its places" },
        { stranger_is_due, "a removed source has a turn" },
        { turn_elsewhere, "a turn does not lie where it says" },
        { turn_too_long, "a turn is longer than its source's row" },
        { turn_of_another_dispatch, "a turn is in the list of another dispatch" },
        { turn_of_a_stranger, "it is a removed source's turn" },
        { turn_behind_its_row, "the turn has left its row" },
        { turn_of_a_dispatch_to_come, "the turn has left its row" },
        { link_without_the_one_before, "a reactor's subscriptions are linked wrongly" },
        { links_counted_wrongly, "a reactor has counted its subscriptions wrongly" },
        { link_that_has_ended, "a reactor has a subscription that has ended" },
        { removed_but_there,
          "a removed reactor does not run, but keeps its place or a subscription" },
        { id_of_another_place, "a reactor's id is not the one of its place" },
        { ran_in_the_future, "a reactor ran in a dispatch that is to come" },
        { ready_without_a_handler, "a reactor has no handler, but is not waiting for one" },
        { reactor_too_many, "the reactors do not add up" },
        { key_too_many, "the keys do not add up" },
    };
    build();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *why = "";
        table[i].harm();
        assert_false(weft_reactors_check(on, &why));
        assert_string_equal(why, table[i].why);
        mend();
        assert_sound_by(weft_reactors_check, on);
    }
    assert_int_equal(weft_reactors_dispatch(on, test.world), 2);
    test_world_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_notices_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
