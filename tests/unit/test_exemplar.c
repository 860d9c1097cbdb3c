/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/exemplar.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define START apr_time_from_sec(3)

static mt_exemplar_slot_t *slot;
static mt_exemplar_t found;

static void setup(void)
{
    slot = mmap(NULL, sizeof(*slot), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(slot, MAP_FAILED);
}

START_TEST(a_slot_begins_empty)
{
    setup();
    ck_assert_int_eq(mt_exemplar_get(slot, &found), 0);
    ck_assert_str_eq(found.id, "");
}
END_TEST

START_TEST(returns_the_exemplar)
{
    apr_time_t before = apr_time_now();

    setup();
    mt_exemplar_put(slot, START, 1234, "M150NhkOkoWQ-2a");
    ck_assert_int_eq(mt_exemplar_get(slot, &found), 1);
    ck_assert_str_eq(found.id, "M150NhkOkoWQ-2a");
    ck_assert_int_eq(found.value, 1234);
    ck_assert_int_ge(found.time, before);
    ck_assert_int_le(found.time, apr_time_now());
}
END_TEST

START_TEST(keeps_an_exemplar_for_the_interval)
{
    setup();
    mt_exemplar_put(slot, START, 1, "first");
    mt_exemplar_put(slot, START + MT_EXEMPLAR_INTERVAL - 1, 2, "early");
    mt_exemplar_get(slot, &found);
    ck_assert_str_eq(found.id, "first");
    mt_exemplar_put(slot, START + MT_EXEMPLAR_INTERVAL, 3, "second");
    mt_exemplar_get(slot, &found);
    ck_assert_str_eq(found.id, "second");
    ck_assert_int_eq(found.value, 3);
}
END_TEST

START_TEST(refuses_ids_that_the_format_cannot_hold)
{
    const char *longest = test_support_repeat("x", MT_EXEMPLAR_ID_MAX);

    setup();
    mt_exemplar_put(slot, START, 1, NULL);
    mt_exemplar_put(slot, START, 1, "");
    mt_exemplar_put(slot, START, 1, "a\"b");
    mt_exemplar_put(slot, START, 1, test_support_repeat("x", MT_EXEMPLAR_ID_MAX + 1));
    ck_assert_int_eq(mt_exemplar_get(slot, &found), 0);
    mt_exemplar_put(slot, START, 1, longest);
    ck_assert_int_eq(mt_exemplar_get(slot, &found), 1);
    ck_assert_str_eq(found.id, longest);
}
END_TEST

/* A killed process may leave any number of the words that it began to write. */
START_TEST(parts_of_two_exemplars_are_none)
{
    static mt_exemplar_slot_t other;

    for (apr_size_t parts = 1; parts < MT_EXEMPLAR_WORDS; parts++) {
        setup();
        memset(&other, 0, sizeof(other));
        mt_exemplar_put(slot, START, 1, test_support_repeat("a", MT_EXEMPLAR_ID_MAX));
        mt_exemplar_put(&other, START + 1, 2, test_support_repeat("b", MT_EXEMPLAR_ID_MAX));
        memcpy(slot->words, other.words, parts * sizeof(slot->words[0]));
        ck_assert_int_eq(mt_exemplar_get(slot, &found), 0);
        ck_assert_str_eq(found.id, "");
        mt_exemplar_put(slot, START + MT_EXEMPLAR_INTERVAL, 3, "next");
        ck_assert_int_eq(mt_exemplar_get(slot, &found), 1);
        ck_assert_str_eq(found.id, "next");
    }
}
END_TEST

/* The value and each character of the id belong together. */
static void put_pattern(int number)
{
    char id[100];

    memset(id, 'a' + number % 26, sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    mt_exemplar_put(slot, START + number * MT_EXEMPLAR_INTERVAL, number, id);
}

static int check_pattern(void)
{
    if (!mt_exemplar_get(slot, &found))
        return 0;
    ck_assert_uint_eq(strlen(found.id), 99);
    for (const char *character = found.id; *character; character++)
        ck_assert_int_eq(*character, 'a' + (int)(found.value % 26));
    return 1;
}

#define WRITES 500000

static void *APR_THREAD_FUNC write_many(apr_thread_t *thread, void *next)
{
    for (int i = 0; i < WRITES;) {
        i = atomic_fetch_add((atomic_int *)next, 1);
        put_pattern(i);
    }
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

START_TEST(no_exemplar_is_torn)
{
    apr_thread_t *writers[3];
    atomic_int next = 1;
    apr_status_t rv;
    int count = 0;

    setup();
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(apr_thread_create(&writers[i], NULL, write_many, &next, test_pool), APR_SUCCESS);
    while (next < WRITES)
        count += check_pattern();
    for (int i = 0; i < 3; i++)
        apr_thread_join(&rv, writers[i]);
    put_pattern(next);
    count += check_pattern();
    ck_assert_int_gt(count, 0);
}
END_TEST

#define ROUND 1000000 /* more writes than a child can make before it is killed */

START_TEST(a_killed_writer_leaves_the_slot_usable)
{
    setup();
    for (int round = 0; round < 40; round++) {
        int last = (round + 1) * ROUND;
        pid_t child = fork();
        if (child == 0) {
            for (int i = round * ROUND + 1; i < last; i++)
                put_pattern(i);
            pause();
        }
        ck_assert_int_gt(child, 0);
        usleep(1000 + (useconds_t)(round * 37));
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        check_pattern();
        put_pattern(last);
        ck_assert_int_eq(check_pattern(), 1);
        ck_assert_int_eq(found.value, last);
    }
}
END_TEST

Suite *test_exemplar_suite(void)
{
    Suite *suite = suite_create("exemplar");
    TCase *tests = test_support_case(suite, "exemplar");

    tcase_add_test(tests, a_slot_begins_empty);
    tcase_add_test(tests, returns_the_exemplar);
    tcase_add_test(tests, keeps_an_exemplar_for_the_interval);
    tcase_add_test(tests, refuses_ids_that_the_format_cannot_hold);
    tcase_add_test(tests, parts_of_two_exemplars_are_none);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, no_exemplar_is_torn);
    tcase_add_test(tests, a_killed_writer_leaves_the_slot_usable);
    return suite;
}
