/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/cachetable.h"
#include "suites.h"
#include "support.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (3 * MT_CACHETABLE_SLOTS_SIZE_MIN) /* three sets of slots */
#define LONG 20000                              /* bytes: long enough that copying a value takes a while */

static mt_cachetable_t *make_table(void)
{
    char *memory =
        mmap(NULL, MT_CACHETABLE_REVISIONS_SIZE + SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(memory, MAP_FAILED);
    return mt_cachetable_open(test_pool, memory, 1, memory + MT_CACHETABLE_REVISIONS_SIZE, SIZE);
}

static void put(mt_cachetable_t *table, const char *key, apr_uint64_t revision, apr_int64_t made, const char *data)
{
    mt_cachetable_stamp_t stamp = { .revision = revision, .made = made, .tag = "fifteen letters" };

    mt_cachetable_put(table, key, strlen(key), &stamp, data, strlen(data));
}

/* Returns the value or NULL. */
static const char *get(const mt_cachetable_t *table, const char *key, apr_uint64_t revision, apr_int64_t made)
{
    mt_cachetable_stamp_t stamp = { .revision = revision, .made = made };
    mt_buffer_t data;

    mt_buffer_init(&data, test_pool, 0);
    if (!mt_cachetable_get(table, key, strlen(key), &stamp, &data)) {
        ck_assert_uint_eq(data.len, 0);
        return NULL;
    }
    ck_assert_int_ge(stamp.made, made);
    ck_assert_str_eq((const char *)stamp.tag, "fifteen letters");
    return mt_buffer_text(&data);
}

START_TEST(returns_stored_values)
{
    mt_cachetable_t *table = make_table();

    ck_assert_ptr_null(get(table, "a", 0, 1));
    put(table, "a", 0, 1, "first");
    put(table, "b", 0, 1, "");
    ck_assert_str_eq(get(table, "a", 0, 1), "first");
    ck_assert_str_eq(get(table, "b", 0, 1), "");
    ck_assert_ptr_null(get(table, "aa", 0, 1));
    put(table, "a", 0, 2, "second");
    ck_assert_str_eq(get(table, "a", 0, 1), "second");
}
END_TEST

START_TEST(ends_with_its_revision)
{
    mt_cachetable_t *table = make_table();
    apr_uint64_t revision = mt_cachetable_revision(table, "alice");

    put(table, "a", revision, 1, "value");
    mt_cachetable_raise(table, "alice");
    ck_assert_uint_ne(mt_cachetable_revision(table, "alice"), revision);
    ck_assert_ptr_null(get(table, "a", mt_cachetable_revision(table, "alice"), 1));
}
END_TEST

START_TEST(all_revisions_end)
{
    static const char *const subjects[] = { "", "alice", "bob" };
    mt_cachetable_t *table = make_table();

    for (int i = 0; i < 3; i++)
        put(table, subjects[i], mt_cachetable_revision(table, subjects[i]), 1, "value");
    mt_cachetable_raise_all(table);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_null(get(table, subjects[i], mt_cachetable_revision(table, subjects[i]), 1));
}
END_TEST

START_TEST(ends_with_its_time)
{
    mt_cachetable_t *table = make_table();

    put(table, "a", 0, 1000, "value");
    ck_assert_str_eq(get(table, "a", 0, 1000), "value");
    ck_assert_ptr_null(get(table, "a", 0, 1001));
}
END_TEST

START_TEST(an_older_value_does_not_replace_a_newer_one)
{
    mt_cachetable_t *table = make_table();

    put(table, "a", 0, 1000, "newer");
    put(table, "a", 0, 999, "older");
    ck_assert_str_eq(get(table, "a", 0, 1), "newer");
    /* A value of an older revision is older, even if it was made later. */
    put(table, "a", 1, 500, "changed");
    put(table, "a", 0, 1001, "older");
    ck_assert_str_eq(get(table, "a", 1, 1), "changed");
}
END_TEST

START_TEST(too_long_values_are_not_stored)
{
    mt_cachetable_t *table = make_table();
    const char *fits = test_support_repeat("x", MT_CACHETABLE_SLOT_SIZE - 1);
    const char *key = test_support_repeat("k", MT_CACHETABLE_SLOT_SIZE + 1);

    put(table, "a", 0, 1, fits);
    put(table, "aa", 0, 1, fits);
    put(table, key, 0, 1, "");
    ck_assert_str_eq(get(table, "a", 0, 1), fits);
    ck_assert_ptr_null(get(table, "aa", 0, 1));
    ck_assert_ptr_null(get(table, key, 0, 1));
}
END_TEST

START_TEST(new_values_replace_the_oldest)
{
    mt_cachetable_t *table = make_table();
    int found = 0;

    for (int i = 1; i <= 1000; i++)
        put(table, apr_psprintf(test_pool, "key %d", i), 0, i, "value");
    for (int i = 1; i <= 1000; i++)
        found += get(table, apr_psprintf(test_pool, "key %d", i), 0, 1) != NULL;
    ck_assert_int_ge(found, 3 * 8 - 8);
    ck_assert_int_le(found, SIZE / MT_CACHETABLE_SLOT_SIZE);
    ck_assert_str_eq(get(table, "key 1000", 0, 1), "value");
}
END_TEST

START_TEST(without_slots_nothing_is_stored)
{
    char *memory = apr_pcalloc(test_pool, MT_CACHETABLE_REVISIONS_SIZE);
    mt_cachetable_t *table = mt_cachetable_open(test_pool, memory, 1, NULL, SIZE);
    apr_uint64_t revision = mt_cachetable_revision(table, "alice");

    put(table, "a", 0, 1, "value");
    ck_assert_ptr_null(get(table, "a", 0, 1));
    mt_cachetable_raise(table, "alice");
    ck_assert_uint_ne(mt_cachetable_revision(table, "alice"), revision);
}
END_TEST

START_TEST(revisions_serve_tables_of_other_sizes)
{
    char *memory = apr_pcalloc(test_pool, MT_CACHETABLE_REVISIONS_SIZE);
    mt_cachetable_t *former = mt_cachetable_open(test_pool, memory, 1, NULL, 0);
    char *slots = apr_pcalloc(test_pool, MT_CACHETABLE_SLOTS_SIZE_MIN);
    mt_cachetable_t *table = mt_cachetable_open(test_pool, memory, 0, slots, MT_CACHETABLE_SLOTS_SIZE_MIN);

    put(table, "a", mt_cachetable_revision(table, "alice"), 1, "value");
    ck_assert_str_eq(get(table, "a", mt_cachetable_revision(table, "alice"), 1), "value");
    mt_cachetable_raise(former, "alice");
    ck_assert_ptr_null(get(table, "a", mt_cachetable_revision(table, "alice"), 1));
}
END_TEST

/* All bytes of a value are equal, so that a torn value can be recognised. */
static void put_pattern(mt_cachetable_t *table, int i)
{
    mt_cachetable_stamp_t stamp = { .made = 1 + i, .tag = { (unsigned char)i } };
    char data[LONG];
    char key = (char)('a' + i % 40);

    memset(data, i, sizeof(data));
    mt_cachetable_put(table, &key, 1, &stamp, data, sizeof(data) - (apr_size_t)(i % 100));
}

/* Returns 1 if the table had a value. */
static int check_pattern(const mt_cachetable_t *table, int i, mt_buffer_t *data)
{
    mt_cachetable_stamp_t stamp = { .made = 1 };
    char key = (char)('a' + i % 40);

    data->len = 0;
    if (!mt_cachetable_get(table, &key, 1, &stamp, data))
        return 0;
    int made = (int)stamp.made - 1;
    ck_assert_int_eq(made % 40, i % 40);
    ck_assert_uint_eq(data->len, LONG - (apr_size_t)(made % 100));
    ck_assert_int_eq(stamp.tag[0], (unsigned char)made);
    ck_assert_int_eq((unsigned char)data->data[0], (unsigned char)made);
    ck_assert_int_eq(memcmp(data->data, data->data + 1, data->len - 1), 0);
    return 1;
}

static void *APR_THREAD_FUNC write_many(apr_thread_t *thread, void *table)
{
    for (int i = 0; i < 20000; i++)
        put_pattern(table, i);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

START_TEST(no_value_is_torn)
{
    mt_cachetable_t *table = make_table();
    apr_thread_t *writers[3];
    mt_buffer_t data;
    apr_status_t rv;
    int found = 0;

    mt_buffer_init(&data, test_pool, LONG);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(apr_thread_create(&writers[i], NULL, write_many, table, test_pool), APR_SUCCESS);
    for (int i = 0; i < 20000; i++)
        found += check_pattern(table, i, &data);
    for (int i = 0; i < 3; i++)
        apr_thread_join(&rv, writers[i]);
    for (int i = 0; i < 40; i++)
        found += check_pattern(table, i, &data);
    ck_assert_int_gt(found, 0);
}
END_TEST

/* After many writers were killed while they wrote, the table can still store every key. */
START_TEST(a_killed_writer_leaves_no_slot_locked)
{
    mt_cachetable_t *table = make_table();
    mt_buffer_t data;

    mt_buffer_init(&data, test_pool, LONG);
    for (int round = 0; round < 60; round++) {
        pid_t child = fork();
        if (child == 0) {
            for (int i = 0;; i++)
                put_pattern(table, i % 1000);
        }
        ck_assert_int_gt(child, 0);
        usleep(1000 + (useconds_t)(round * 37));
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
    }
    for (int i = 100000; i < 100400; i++) {
        put_pattern(table, i);
        ck_assert_int_eq(check_pattern(table, i, &data), 1);
    }
}
END_TEST

Suite *test_cachetable_suite(void)
{
    Suite *suite = suite_create("cachetable");
    TCase *values = test_support_case(suite, "values");
    TCase *others = test_support_case(suite, "with others");

    tcase_add_test(values, returns_stored_values);
    tcase_add_test(values, ends_with_its_revision);
    tcase_add_test(values, all_revisions_end);
    tcase_add_test(values, ends_with_its_time);
    tcase_add_test(values, an_older_value_does_not_replace_a_newer_one);
    tcase_add_test(values, too_long_values_are_not_stored);
    tcase_add_test(values, new_values_replace_the_oldest);
    tcase_add_test(values, without_slots_nothing_is_stored);
    tcase_add_test(values, revisions_serve_tables_of_other_sizes);
    tcase_set_timeout(others, 120);
    tcase_add_test(others, no_value_is_torn);
    tcase_add_test(others, a_killed_writer_leaves_no_slot_locked);
    return suite;
}
