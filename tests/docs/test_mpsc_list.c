/* The example of mpsc_list.h. */
#include "example.h"

#include <stdlib.h>

#include <weft/mpsc_list.h>

typedef struct Job {
    weft_mpsc_link link;
    int number;
} Job;

static int ran;

static Job *new_job(int number)
{
    Job *job = calloc(1, sizeof *job);
    assert_non_null(job);
    job->number = number;
    return job;
}

static void run(Job *job)
{
    ran = ran * 10 + job->number;
    free(job);
}

static void objects_come_out_in_their_order(void **state)
{
    (void)state;

    weft_mpsc_list jobs;
    weft_mpsc_list_init(&jobs);

    for (int number = 1; number <= 4; number++) {
        Job *job = new_job(number);

        if (weft_mpsc_list_push(&jobs, &job->link)) // any thread
            free(job);                              // closed: still ours

        if (number == 3)
            weft_mpsc_list_close(&jobs);
    }

    weft_mpsc_link *link; // the consumer
    while (weft_mpsc_list_pop(&jobs, &link) == WEFT_OK)
        run((Job *)link); // the link is its first member

    assert_int_equal(ran, 123);
}

EXAMPLE(objects_come_out_in_their_order);
