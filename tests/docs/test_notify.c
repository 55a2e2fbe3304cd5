/* The example of notify.h. */
/* test-labels: threads */
#include "example.h"

#include <pthread.h>

#include <weft/fn.h>
#include <weft/notify.h>

typedef struct Letter {
    struct Letter *next;
    int number;
} Letter;
typedef struct Mailbox {
    pthread_mutex_t mutex;
    Letter *first;
} Mailbox;
WEFT_RESOURCE_DEFINE(Mailbox);

static int read_numbers;

static Letter *mailbox_take(Mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->mutex);
    Letter *letter = mailbox->first;
    if (letter)
        mailbox->first = letter->next;
    pthread_mutex_unlock(&mailbox->mutex);
    return letter;
}

static void mailbox_put(Mailbox *mailbox, Letter *letter)
{
    pthread_mutex_lock(&mailbox->mutex);
    letter->next = mailbox->first;
    mailbox->first = letter;
    pthread_mutex_unlock(&mailbox->mutex);
}

static void read_letter(const Letter *letter)
{
    read_numbers += letter->number;
}

static void on_mail(Mailbox *mailbox)
{
    for (Letter *letter; (letter = mailbox_take(mailbox));)
        read_letter(letter);
}
WEFT_FN(on_mail, MUT(Mailbox));

static Mailbox *mailbox;
static pthread_t thread;

static void *write_letters(void *arg)
{
    static Letter first = { NULL, 1 }, second = { NULL, 20 };
    weft_notify *const notify = arg;
    Letter *const letter = &second;
    mailbox_put(mailbox, &first);
    weft_notify_signal(notify);

    mailbox_put(mailbox, letter); // in the thread
    weft_notify_signal(notify);
    weft_notify_release(notify); // at its end

    return NULL;
}

static void start_thread(weft_notify *notify)
{
    assert_int_equal(pthread_create(&thread, NULL, write_letters, notify), 0);
}

static weft_world *build(weft_notifies **notifies_out)
{
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER(builder, Mailbox, { .mutex = PTHREAD_MUTEX_INITIALIZER });

    weft_notifies *notifies = weft_notifies_install(builder, NULL); // before the world is built

    *notifies_out = notifies;
    return built(builder);
}

static int hear(weft_notifies *notifies, weft_world *world)
{
    struct on_mail mail; // afterwards
    weft_notify *notify;
    if (on_mail_init(&mail, world) || weft_notify_new(notifies, &mail.base, &notify))
        return 1;
    start_thread(weft_notify_retain(notify));

    assert_int_equal(pthread_join(thread, NULL), 0);

    weft_notifies_poll(notifies, world); // each pass of the loop

    assert_int_equal(weft_notifies_poll(notifies, world), 0);
    return 0;
}

static void letters_of_another_thread_are_read_in_the_loop(void **state)
{
    (void)state;
    weft_notifies *notifies;
    weft_world *world = build(&notifies);
    mailbox = WEFT_GET(world, Mailbox);
    assert_int_equal(hear(notifies, world), 0);
    assert_int_equal(read_numbers, 21);
    weft_world_free(world);
}

EXAMPLE(letters_of_another_thread_are_read_in_the_loop);
