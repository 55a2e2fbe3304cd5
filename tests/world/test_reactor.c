/* Reactors, as tables of scripts; what the words mean is told in reactor_script.h. */
#include "reactor_script.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- who runs, and what comes of it -----------------------------------------------------------
 */

static const script_row facts[] = {
    { "a mark fans out", "A B a1 b1 c1 a<A b<A c<B A! pending:2 busy run:ab:2 idle" },
    { "dedup across sources", "A B a1 a<A a<B A! B! pending:1 run:a:1 run::1" },
    { "five sources, one run", "A B C D E a1 a<A a<B a<C a<D a<E A! B! C! D! E! run:a:1" },
    { "dispatch", "A a10 b5 a<A b<A A! run:ab:15" },
    { "deferred removal", "A a1x2 a<A A! run:a:1 A! len:1 run:a:2 len:0 A! run::2" },
    { "only the subscribed wake", "A B a10 b100 a<A b<B A! run:a:10 B! run:b:110" },
    { "several instruments and a shared source",
      "B E S P b100 e10 s1 b<B e<E s<S b<P e<P s<P B! run:b:100 P! run:bes:211 B! E! run:be:321 "
      "B! P! run:bes:432 run::432 S! run:s:433" },
    { "registering after a removal reuses the place",
      "A a10x1 a<A A! run:a:10 len:0 b100 b@a b<A A! run:b:110" },
    { "a removed source and its place",
      "A B a1 b100 a<A b<B -A A!~ run::0 B! run:b:100 C C@A a<C C! run:a:101" },
    { "full lifecycle",
      "B a10 a<B B! run:a:10 E b100 b<E B! E! run:ab:120 -B -a B!~ E! run:b:220 S S@B c1000 c<S "
      "S! E! run:cb:1320" },
    { "two phases", "A a? len:1 a=1 a<A A! run:a:1 b? b=2 b<A A! run:ab:4" },
    { "registered while running", "A a10 a<A A! run:a:10 b100 b<A A! run:ab:120" },
    { "several strategies", "A B a1 b100 a<A b<A b<B A! B! run:ab:101" },
    { "slices", "A a1x3 a<A A! run:a:1 len:1 A! run:a:2 len:1 A! run:a:3 len:0 A! run::3" },
    { "sources come and go", "A a10 a<A A! run:a:10 B b100 b<B A! B! run:ab:120 sources:2" },
    { "frames of a market maker",
      "B E b1 e1 q1 b<B e<E q<B q<E B! run:bq:2 B! E! run:bqe:5 E! E! B! run:eqb:8" },
    { "fills per instrument", "A B a2 b1 a<A b<B A! run:a:2 B! run:b:3" },
    { "instruments come and go",
      "A a1 a<A A! run:a:1 B b2 b<B B! run:b:3 A! run:a:4 -A A!~ run::4 B! run:b:6" },
    { "nothing to do", "run::0 idle A run::0 A! idle run::0" },
};

static void reactors_run_when_their_sources_are_marked(void **state)
{
    (void)state;
    script_rows(facts, COUNT(facts));
}

static void fifty_reactors_on_one_source_run_once_each_in_order(void **state)
{
    (void)state;
    enum { MANY = 50 };
    script on;
    script_begin(&on, "many reactors");
    script_run(&on, "A");
    char expected[SCRIPT_BYTES] = "A! run:";
    for (int i = 0; i < MANY; i++) {
        const char name = (char)('a' + i % 26);
        char text[SCRIPT_BYTES];
        snprintf(text, sizeof text, "%c1 %c<A", name, name);
        script_run(&on, text);
        snprintf(expected + strlen(expected), 2, "%c", name);
    }
    snprintf(expected + strlen(expected), 8, ":50");
    script_run(&on, expected);
    script_end(&on);
}

/* ---- order ------------------------------------------------------------------------------------
 */

static const script_row order[] = {
    { "sources as they were marked, then reactors as they subscribed",
      "A B a1 b1 c1 a<A b<B c<B B! A! run:bca:3" },
    { "the order of spawning does not matter", "A a1 b1 c1 c<A a<A b<A A! run:cab:3" },
    { "a second mark does not move the first", "A B a1 b1 a<A b<B A! B! A! run:ab:2" },
    { "who has run for an earlier source does not run for a later one",
      "A B a1 b1 c1 a<A b<A b<B c<B A! B! run:abc:3 B! A! run:bca:6" },
    { "subscribing twice is subscribing once", "A a1 b1 a<A b<A a<A A! run:ab:2" },
    { "subscribing anew is last", "A a1 b1 a<A b<A a>A a<A A! run:ba:2" },
    { "unsubscribing from where one is not", "A B a1 a<A a>B A! run:a:1" },
};

static void the_order_is_that_of_marks_and_then_of_subscriptions(void **state)
{
    (void)state;
    script_rows(order, COUNT(order));
}

/* ---- from inside bodies -----------------------------------------------------------------------
 */

static const script_row inside[] = {
    { "what a body marks runs in the next dispatch",
      "A B a1{B!} b10 a<A b<B A! run:a:1 busy run:b:11 idle" },
    { "also what is still to run in this one",
      "A B a1{B!} b10 a<A b<B A! B! run:ab:11 run:b:21 run::21" },
    { "also itself", "A a1{A!} a<A A! run:a:1 run:a:2 run:a:3" },
    { "and once however often it is marked",
      "A B a1{B! B!} b1{B!} c10 a<A b<A c<B A! run:ab:2 run:c:12 run::12" },
    { "spawned and marked in a body",
      "A B a1{b10 b<B B! b<A} a<A A! run:a:1 run:b:11 -a A! run:b:21" },
    { "who subscribes to a source whose turn is still to come waits for its next mark",
      "A B a1{c100 c<B} b10 a<A b<B A! B! run:ab:11 -a B! run:bc:121" },
    { "self-removal at once", "A a1{-a} b10 a<A b<A A! run:ab:11 len:1 A! run:b:21" },
    { "self-removal, then a spawn: the place is not shared",
      "A a1{-a b10 b<A} a<A A! run:a:1 len:1 A! run:b:11" },
    { "self-removal twice", "A a1{-a -a~} a<A A! run:a:1 len:0" },
    { "removing another that is still to run", "A a1{-b} b10 c100 a<A b<A c<A A! run:ac:101" },
    { "removing one that has run", "A a1 b10{-a} c100 a<A b<A c<A A! run:abc:111 len:2" },
    { "unsubscribing oneself", "A a1{a>A} b10 a<A b<A A! run:ab:11 A! run:b:21" },
    { "unsubscribing another that is still to run",
      "A a1{b>A} b10 c100 a<A b<A c<A A! run:ac:101" },
    { "subscribing to the source whose turn it is", "A a1{b<A} b10 a<A A! run:a:1 A! run:ab:12" },
    { "removing the source whose turn it is", "A B a1{-A} b10 c100 a<A b<A c<B A! B! run:ac:101" },
    { "removing it, and another takes its place",
      "A a1{-A B B@A b<B B!} b10 a<A b<A A! run:a:1 run:b:11" },
    { "removing a source whose turn is still to come",
      "A B a1{-B} b10 a<A b<B b<A A! B! run:ab:11" },
    { "adding sources until all lists have moved",
      "A Z a1{B C D E F G H I J K L M N O P Q} b1 z1 a<A b<A z<Z A! Z! run:abz:3 sources:18" },
};

static void bodies_may_do_anything(void **state)
{
    (void)state;
    script_rows(inside, COUNT(inside));
}

/* ---- dispatches inside dispatches -------------------------------------------------------------
 */

static const script_row nested[] = {
    { "nothing is left: what was marked meanwhile runs",
      "A B a1{B! run:b:11} b10 a<A b<B A! run:ab:11" },
    { "the rest of the outer one runs first, then what was marked meanwhile",
      "A B C a1{C! run:bcd:1111} b10 c100 d1000 a<A b<A c<B d<C A! B! run:abcd:1111" },
    { "who has run already does not run for a mark that it has seen",
      "A B a1 b10{run:c:111} c100 a<A b<A a<B c<B A! B! run:abc:111 run::111" },
    { "but does for a mark that came after",
      "A B a1 b10{A! run:cab:1} c-111 a<A b<A c<B b>B A! B! -b run:ac:-110" },
    { "self-removal, then a dispatch", "A B a1{-a B! run:b:11} b10 a<A b<B A! run:ab:11 len:1" },
    { "the inner one removes who runs in the outer one",
      "A B a1{B! run:b:11} b10{-a} a<A b<B A! run:ab:11 len:1 A! run::11" },
    { "the inner one removes the source of the outer one",
      "A B a1{B! run:cb:111} b10{-A} c100 d1 a<A c<A b<B A! run:acb:111 sources:1" },
};

static void a_dispatch_may_be_inside_another(void **state)
{
    (void)state;
    script_rows(nested, COUNT(nested));
}

/* ---- failing ----------------------------------------------------------------------------------
 */

static const script_row failing[] = {
    { "a failing reactor stays", "A a1{fail} a<A A! try:a:1 len:1 A! try:a:2" },
    { "those behind it run in the next dispatch",
      "A B a1 b10{fail} c100 d1000 a<A b<A c<A d<B A! B! try:ab:11 pending:2 busy run:cd:1111 "
      "run::1111" },
    { "before what was marked later",
      "A B C a1{fail} b10 c100 a<A b<B c<C A! B! try:a:1 C! run:bc:111" },
    { "and what it marked itself",
      "A B C a1{C! fail} b10 c100 a<A b<B c<C A! B! try:a:1 run:bc:111" },
    { "once, if it was marked again meanwhile",
      "A B a1{fail} b10 a<A b<B A! B! try:a:1 B! run:b:11 "
      "run::11" },
    { "the failed one runs again if it is marked again",
      "A a1{fail} b10 a<A b<A A! try:a:1 A! try:ba:12 run::12" },
    { "who ran before the failure does not run for another source's old mark",
      "A B a1 b10{fail} c100 a<A b<A a<B c<B A! B! try:ab:11 run:c:111" },
    { "but does for a new one", "A B a1 b10{fail} c100 a<A b<A a<B c<B A! B! try:ab:11 B! "
                                "run:ac:112" },
    { "again and again", "A a1{fail} b1{fail} c1 a<A b<A c<A A! try:a:1 try:b:2 run:c:3 idle" },
    { "the last one", "A a1{fail} a<A A! try:a:1 run::1 idle" },
    { "self-removal, then failure", "A a1{-a fail} b10 a<A b<A A! try:a:1 len:1 run:b:11" },
    { "what is left over can be unsubscribed",
      "A a1{fail} b10 c100 a<A b<A c<A A! try:a:1 b>A run:c:101" },
    { "and removed", "A a1{fail} b10 c100 a<A b<A c<A A! try:a:1 -b run:c:101" },
    { "and lose its source", "A B a1{fail} b10 c100 a<A b<A c<B A! B! try:a:1 -A run:c:101" },
    { "or a later one", "A B a1{fail} b10 c100 a<A b<A c<B A! B! try:a:1 -B run:b:11" },
    { "who subscribes after the failure waits for the next mark",
      "A a1{fail} b10 c100 a<A b<A A! try:a:1 c<A run:b:11" },
    { "a failure inside a dispatch inside a dispatch",
      "A B a1{B! try:cb:111} b10{fail} c100 d1000 a<A c<A b<B d<B A! run:acbd:1111" },
    { "of which the outer one hears", "A B a1{B! run::0} b10{fail} c100 a<A b<B c<B A! try:ab:11 "
                                      "run:c:111 idle" },
};

static void a_failing_reactor_loses_neither_itself_nor_the_rest(void **state)
{
    (void)state;
    script_rows(failing, COUNT(failing));
}

/* ---- ids and marks that have outlived something -----------------------------------------------
 */

static const script_row stale[] = {
    { "immediate self-removal", "A a1{-a} a<A A! run:a:1 -a~" },
    { "a mark made before removal does not wake who takes the place",
      "A a1 a<A A! -a b10 b@a run::0 b<A run::0" },
    { "a stale source does not wake the subscribers of its place",
      "A a1 a<A -A B B@A a<B A!~ idle run::0" },
    { "a dead reactor's subscription is not inherited", "A a1 -a a<A~ a>A~ b10 b@a A! run::0" },
    { "nor one that it had", "A a1 a<A -a b10 b@a A! run::0" },
    { "mark, then unsubscribe", "A a1 b10 a<A b<A A! a>A run:b:10" },
    { "mark, then unsubscribe from one of two marked sources", "A B a1 a<A a<B A! B! a>A run:a:1" },
    { "mark, then unsubscribe and subscribe", "A a1 a<A A! a>A a<A run::0 A! run:a:1" },
    { "mark, then remove the source", "A a1 a<A A! -A run::0 idle" },
    { "mark, then subscribe", "A a1 b10 a<A A! b<A run:a:1 A! b>A b<A run:a:2" },
    { "mark, subscribe, mark", "A a1 b10 a<A A! b<A A! run:ab:11" },
    { "a source is removed once", "A -A -A~ B -B -B~ -A~" },
    { "a reactor is removed once", "a1 -a -a~ len:0" },
    { "subscribing to a removed source", "A a1 -A a<A~ a>A~" },
    { "a reserved reactor is skipped", "A a? a<A A! busy pending:0 run::0 a=1 run::0 A! run:a:1" },
    { "a reserved reactor that is filled in time", "A a? a<A A! a=1 run:a:1" },
    { "a reserved reactor among others", "A a1 b? c1 a<A b<A c<A A! run:ac:2" },
    { "a reserved reactor can be removed", "A a? a<A A! -a len:0 a<A~ run::0" },
    { "zeroed ids name nothing", "A a1 a<A -z~ Z!~ -Z~ z<A~ a<Z~ A! run:a:1" },
};

static void what_is_stale_wakes_nobody(void **state)
{
    (void)state;
    script_rows(stale, COUNT(stale));
}

/* ---- holes ------------------------------------------------------------------------------------
 */

/* A row of subscribers is closed up when many have left, and when room is needed. */
static void leaving_in_crowds_keeps_the_order(void **state)
{
    (void)state;
    enum { CROWD = 200 };
    script on;
    script_begin(&on, "crowd");
    script_run(&on, "A z1 z<A");
    for (int i = 0; i < CROWD; i++)
        script_run(&on, i % 20 ? "x1 x<A -x" : "x1 x<A");
    script_run(&on, "A! run:zxxxxxxxxxx:11");
    script_end(&on);
}

/* The same in the middle of the row's own turn: b removes those around it, until the row closes. */
static void leaving_in_crowds_in_the_middle_of_a_turn_keeps_the_order(void **state)
{
    (void)state;
    script on;
    script_begin(&on, "crowd, inside");
    script_run(&on, "A a1 b1{-c -d -e -f -g -h -i -j -k -l -m -n} "
                    "o1{-p -q -r -s -t -a -b} u1 v1 w1 a<A b<A");
    for (char name = 'c'; name <= 'n'; name++) {
        const char text[] = { name, '1', ' ', name, '<', 'A', '\0' };
        script_run(&on, text);
    }
    script_run(&on, "o<A");
    for (char name = 'p'; name <= 't'; name++) {
        const char text[] = { name, '1', ' ', name, '<', 'A', '\0' };
        script_run(&on, text);
    }
    script_run(&on, "u<A v<A w<A A! run:abouvw:6 A! len:4");
    script_run(&on, "v>A u>A u<A");
    script_end(&on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reactors_run_when_their_sources_are_marked),
        cmocka_unit_test(fifty_reactors_on_one_source_run_once_each_in_order),
        cmocka_unit_test(the_order_is_that_of_marks_and_then_of_subscriptions),
        cmocka_unit_test(bodies_may_do_anything),
        cmocka_unit_test(a_dispatch_may_be_inside_another),
        cmocka_unit_test(a_failing_reactor_loses_neither_itself_nor_the_rest),
        cmocka_unit_test(what_is_stale_wakes_nobody),
        cmocka_unit_test(leaving_in_crowds_keeps_the_order),
        cmocka_unit_test(leaving_in_crowds_in_the_middle_of_a_turn_keeps_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
