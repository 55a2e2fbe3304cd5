/* The example of wake.h. */
/* test-labels: threads */
#include "example.h"

#include <poll.h>
#include <pthread.h>

#include <weft/spsc.h>
#include <weft/wake.h>

WEFT_SPSC(Work_queue, int);

static Work_queue queue;
static weft_wake the_wake;
static int drained, blocked;

static void queue_push(Work_queue *to, int work)
{
    assert_int_equal(Work_queue_push(to, &work), WEFT_OK);
}

static void queue_drain(Work_queue *from)
{
    for (int work; Work_queue_pop(from, &work) == WEFT_OK;)
        drained += work;
}

static void block_on_descriptors_including(int fd)
{
    struct pollfd polled = { fd, POLLIN, 0 };
    blocked++;
    assert_int_equal(poll(&polled, 1, 30000), 1);
}

static void *produce(void *arg)
{
    weft_wake *const wake = arg;
    const int work = 5;

    queue_push(&queue, work); // any thread
    weft_wake_signal(wake);

    return NULL;
}

static void nothing_is_missed(void **state)
{
    (void)state;
    weft_wake *const wake = &the_wake;
    int fd;
    pthread_t thread;
    weft_wake_init(wake);
    assert_int_equal(weft_wake_fd(wake, &fd), WEFT_OK);
    assert_int_equal(Work_queue_init(&queue, NULL, 4), WEFT_OK);
    assert_int_equal(pthread_create(&thread, NULL, produce, wake), 0);

    while (!drained) {
        if (weft_wake_sleep(wake)) // the loop
            block_on_descriptors_including(fd);
        weft_wake_rouse(wake);
        queue_drain(&queue);
    }

    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(drained, 5);
    assert_in_range(blocked, 0, 1);
    Work_queue_fini(&queue);
    weft_wake_fini(wake);
}

EXAMPLE(nothing_is_missed);
