/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/cachetable.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* A key may be in any slot of one set. */
#define SET_SIZE  8
#define SLOT_SIZE MT_CACHETABLE_SLOT_SIZE
#define REVISIONS 4096

typedef struct head_t {
    /* High half: the pid of the writer, or 0. Low half: the number of writes. Both are in one word, so a locked
     * slot always names its writer. */
    _Atomic apr_uint64_t state;
    apr_uint64_t hash;
    mt_cachetable_stamp_t stamp; /* made is 0 in an empty slot */
    apr_uint32_t key_len, len;
} head_t;

typedef struct revisions_t {
    /* The key of the hash. It is secret, so no user can choose names that all fall into one set. */
    unsigned char key[crypto_shorthash_KEYBYTES];
    _Atomic apr_uint64_t numbers[REVISIONS];
} revisions_t;

_Static_assert(sizeof(revisions_t) == MT_CACHETABLE_REVISIONS_SIZE, "the header says how much memory they take");
_Static_assert(SET_SIZE *(SLOT_SIZE + sizeof(head_t)) <= MT_CACHETABLE_SLOTS_SIZE_MIN,
               "the header says how much memory a set takes");
/* Without lock-free atomics, libatomic would use locks that are private to each process. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share these numbers");

/* A key to look up. It is not longer than a slot. */
typedef struct wanted_t {
    apr_uint64_t hash;
    const void *key;
    apr_size_t key_len;
} wanted_t;

struct mt_cachetable_t {
    revisions_t *revisions;
    head_t *heads;
    char *bodies;    /* SLOT_SIZE each: key, then data */
    apr_size_t sets; /* 0: the table stores nothing */
};

static apr_uint64_t make_state(pid_t writer, apr_uint64_t state)
{
    return (apr_uint64_t)(apr_uint32_t)writer << 32 | (apr_uint32_t)state;
}

static pid_t get_writer(apr_uint64_t state)
{
    return (pid_t)(state >> 32);
}

static int is_dead(pid_t process)
{
    return kill(process, 0) != 0 && errno == ESRCH;
}

mt_cachetable_t *mt_cachetable_open(apr_pool_t *pool, void *revisions, int is_new, void *slots, apr_size_t size)
{
    mt_cachetable_t *table = apr_pcalloc(pool, sizeof(*table));

    table->revisions = revisions;
    if (is_new)
        randombytes_buf(table->revisions->key, sizeof(table->revisions->key));
    if (slots) {
        table->sets = size / (SET_SIZE * (sizeof(head_t) + SLOT_SIZE));
        table->heads = slots;
        table->bodies = (char *)(table->heads + table->sets * SET_SIZE);
    }
    return table;
}

static apr_uint64_t make_hash(const mt_cachetable_t *table, const void *data, apr_size_t len)
{
    unsigned char bytes[crypto_shorthash_BYTES];
    apr_uint64_t hash;

    crypto_shorthash(bytes, data, len, table->revisions->key);
    memcpy(&hash, bytes, sizeof(hash));
    return hash;
}

static _Atomic apr_uint64_t *find_revision(const mt_cachetable_t *table, const char *subject)
{
    return &table->revisions->numbers[make_hash(table, subject, strlen(subject)) % REVISIONS];
}

apr_uint64_t mt_cachetable_revision(const mt_cachetable_t *table, const char *subject)
{
    return atomic_load_explicit(find_revision(table, subject), memory_order_acquire);
}

void mt_cachetable_raise(mt_cachetable_t *table, const char *subject)
{
    atomic_fetch_add_explicit(find_revision(table, subject), 1, memory_order_acq_rel);
}

void mt_cachetable_raise_all(mt_cachetable_t *table)
{
    for (int i = 0; i < REVISIONS; i++)
        atomic_fetch_add_explicit(&table->revisions->numbers[i], 1, memory_order_acq_rel);
}

static char *get_body(const mt_cachetable_t *table, const head_t *head)
{
    return table->bodies + (apr_size_t)(head - table->heads) * SLOT_SIZE;
}

static head_t *find_set(const mt_cachetable_t *table, apr_uint64_t hash)
{
    return &table->heads[hash % table->sets * SET_SIZE];
}

static int has_key(const mt_cachetable_t *table, const head_t *head, const wanted_t *wanted)
{
    return head->hash == wanted->hash && head->key_len == wanted->key_len &&
           memcmp(get_body(table, head), wanted->key, wanted->key_len) == 0;
}

/* The copy counts only if the state is the same afterwards. Until then, any value read here may be torn. */
static int read_slot(const mt_cachetable_t *table, const head_t *head, const wanted_t *wanted,
                     mt_cachetable_stamp_t *stamp, mt_buffer_t *data)
{
    apr_uint64_t state = atomic_load_explicit(&head->state, memory_order_acquire);
    apr_size_t before = data->len;
    head_t copy;

    memcpy(&copy, head, sizeof(copy));
    if (get_writer(state) != 0 || copy.stamp.revision != stamp->revision || copy.stamp.made < stamp->made ||
        copy.len > SLOT_SIZE - wanted->key_len || !has_key(table, head, wanted))
        return 0;
    mt_buffer_append(data, get_body(table, head) + wanted->key_len, copy.len);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&head->state, memory_order_relaxed) != state) {
        data->len = before;
        return 0;
    }
    *stamp = copy.stamp;
    return 1;
}

int mt_cachetable_get(const mt_cachetable_t *table, const void *key, apr_size_t key_len, mt_cachetable_stamp_t *stamp,
                      mt_buffer_t *data)
{
    const wanted_t wanted = { make_hash(table, key, key_len), key, key_len };
    const head_t *set;

    if (table->sets == 0 || key_len > SLOT_SIZE)
        return 0;
    set = find_set(table, wanted.hash);
    for (int i = 0; i < SET_SIZE; i++) {
        if (set[i].hash == wanted.hash && read_slot(table, &set[i], &wanted, stamp, data))
            return 1;
    }
    return 0;
}

static int is_newer(const mt_cachetable_stamp_t *stamp, const mt_cachetable_stamp_t *other)
{
    return stamp->revision > other->revision || (stamp->revision == other->revision && stamp->made > other->made);
}

/* Returns the slot for a new value, or NULL if the key has a newer value. */
static head_t *choose(const mt_cachetable_t *table, const wanted_t *wanted, const mt_cachetable_stamp_t *stamp)
{
    head_t *set = find_set(table, wanted->hash);
    head_t *oldest = NULL;
    head_t *orphan = NULL;

    for (int i = 0; i < SET_SIZE; i++) {
        head_t *head = &set[i];
        pid_t writer = get_writer(atomic_load_explicit(&head->state, memory_order_acquire));

        if (writer != 0) {
            if (is_dead(writer))
                orphan = head;
            continue;
        }
        if (has_key(table, head, wanted))
            return is_newer(&head->stamp, stamp) ? NULL : head;
        if (!oldest || head->stamp.made < oldest->stamp.made)
            oldest = head;
    }
    return orphan ? orphan : oldest;
}

void mt_cachetable_put(mt_cachetable_t *table, const void *key, apr_size_t key_len, const mt_cachetable_stamp_t *stamp,
                       const char *data, apr_size_t len)
{
    const wanted_t wanted = { make_hash(table, key, key_len), key, key_len };

    if (table->sets == 0 || key_len > SLOT_SIZE || len > SLOT_SIZE - key_len)
        return;
    head_t *head = choose(table, &wanted, stamp);
    if (!head)
        return;
    apr_uint64_t state = atomic_load_explicit(&head->state, memory_order_relaxed);
    pid_t writer = get_writer(state);
    if ((writer != 0 && !is_dead(writer)) ||
        !atomic_compare_exchange_strong_explicit(&head->state, &state, make_state(getpid(), state + 1),
                                                 memory_order_acquire, memory_order_relaxed))
        return;
    /* A reader that sees any write below also sees the changed state, at the latest when it reads the state again. */
    atomic_thread_fence(memory_order_release);
    head->hash = wanted.hash;
    head->stamp = *stamp;
    head->key_len = (apr_uint32_t)key_len;
    head->len = (apr_uint32_t)len;
    memcpy(get_body(table, head), key, key_len);
    memcpy(get_body(table, head) + key_len, data, len);
    atomic_store_explicit(&head->state, make_state(0, state + 1), memory_order_release);
}
