/* A ring buffer of bytes: one reader, one writer, no lock. Größe: eine Zweierpotenz. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RING_MIN 16u
#define RING_MASK(ring) ((ring)->size - 1)
#define RING_CHECK(ring, what)                                                 \
    do {                                                                       \
        if ((ring) == NULL)                                                    \
            return -(what);                                                    \
    } while (0)

enum ring_state {
    RING_OPEN,
    RING_CLOSED,
};

/* What a ring calls when it has room again. */
typedef void (*ring_ready_fn)(void *context, size_t room);

struct ring {
    unsigned char *bytes;
    size_t size;
    size_t head; /* where the writer is */
    size_t tail; /* where the reader is */
    enum ring_state state;
    ring_ready_fn ready;
    void *context;
};

typedef struct {
    size_t written;
    size_t refused;
} ring_stats_t;

union ring_word {
    unsigned int number;
    unsigned char bytes[4];
};

static ring_stats_t stats;

int ring_write(struct ring *ring, const void *data, size_t length);

static size_t ring_used(const struct ring *ring)
{
    return ring->head - ring->tail;
}

/*
 * Makes a ring of at least `size` bytes; NULL when there is no memory.
 */
struct ring *ring_new(size_t size)
{
    size_t power = RING_MIN;
    struct ring *ring = calloc(1, sizeof *ring);

    if (ring == NULL)
        return NULL;
    while (power < size)
        power <<= 1;
    ring->bytes = malloc(power);
    if (ring->bytes == NULL) {
        free(ring);
        return NULL;
    }
    ring->size = power;
    return ring;
}

void ring_free(struct ring *ring)
{
    if (ring != NULL) {
        free(ring->bytes);
        free(ring);
    }
}

/* Writes all of the data, or nothing. */
int ring_write(struct ring *ring, const void *data, size_t length)
{
    size_t start, first;

    RING_CHECK(ring, EINVAL);
    if (ring->state == RING_CLOSED)
        return -EPIPE;
    if (length > ring->size - ring_used(ring)) {
        stats.refused += length;
        return -EAGAIN;
    }
    start = ring->head & RING_MASK(ring);
    first = ring->size - start < length ? ring->size - start : length;
    memcpy(ring->bytes + start, data, first);
    memcpy(ring->bytes, (const unsigned char *)data + first, length - first);
    ring->head += length;
    stats.written += length;
    return 0;
}

#ifdef RING_DEBUG
const char **ring_names(void)
{
    static const char *names[] = {"open", "closed", NULL};
    return names;
}
#endif
