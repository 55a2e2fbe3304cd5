/* Event descriptors: what they count, and how often they were written, in one word. */
#include "model_system.h"

#include "run.h"

#undef write
#undef read
#undef close
#undef ppoll

enum { FIRST_FD = 1000, FDS_PER_THREAD = 4 };

static const uint64_t counts = UINT32_MAX, one_write = UINT64_C(1) << 32;

static uint64_t words[(MODEL_THREADS + 1) * FDS_PER_THREAD];
static int made[MODEL_THREADS + 1];

void system_begin(void)
{
    for (int t = 0; t <= MODEL_THREADS; t++)
        made[t] = 0;
}

static uint64_t *word_of(int fd)
{
    const int i = fd - FIRST_FD;
    if (i < 0 || i >= (MODEL_THREADS + 1) * FDS_PER_THREAD ||
        i % FDS_PER_THREAD >= made[i / FDS_PER_THREAD])
        run_fail("there is no descriptor %d", fd);
    return &words[i];
}

/* The numbers depend on the thread alone, as its executions have to be alike. */
int model_eventfd(unsigned count)
{
    const int owner = the_run.current < 0 ? MODEL_THREADS : the_run.current;
    if (made[owner] == FDS_PER_THREAD)
        run_fail("the model has no more descriptors");
    const int i = owner * FDS_PER_THREAD + made[owner]++;
    words[i] = count;
    return FIRST_FD + i;
}

ssize_t model_write(model_site *site, int fd, const void *from, size_t size_bytes)
{
    model_rmw(site, word_of(fd), sizeof(uint64_t), MODEL_ADD, one_write + *(const uint64_t *)from,
              false);
    return (ssize_t)size_bytes;
}

ssize_t model_read(model_site *site, int fd, void *to, size_t size_bytes)
{
    const uint64_t count =
        model_rmw(site, word_of(fd), sizeof(uint64_t), MODEL_AND, ~counts, false) & counts;
    if (count == 0) {
        errno = EAGAIN;
        return -1;
    }
    *(uint64_t *)to = count;
    return (ssize_t)size_bytes;
}

int model_close(int fd)
{
    plain_free(word_of(fd), sizeof(uint64_t));
    return 0;
}

int model_ppoll(model_site *site, struct pollfd *fds, nfds_t len, const struct timespec *timeout,
                const void *signals)
{
    if (len != 1 || signals || (timeout && (timeout->tv_sec || timeout->tv_nsec)))
        run_fail("the model knows ppoll of one descriptor, for ever or without waiting");
    uint64_t *word = word_of(fds->fd);
    const uint64_t value = timeout ? model_load(site, word, sizeof *word)
                                   : model_wait(site, word, sizeof *word, counts, 0);
    return (value & counts) != 0;
}

bool model_edge_wait(model_site *site, int fd, uint64_t *reported, bool may_block)
{
    uint64_t *word = word_of(fd);
    for (;;) {
        const uint64_t value = may_block ? model_wait(site, word, sizeof *word, ~counts, *reported)
                                         : model_load(site, word, sizeof *word);
        const bool ready = (value & ~counts) != *reported && (value & counts);
        *reported = value & ~counts;
        if (ready || !may_block)
            return ready;
    }
}

uint64_t model_writes(int fd)
{
    return *word_of(fd) / one_write;
}
