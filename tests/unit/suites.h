/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_UNIT_SUITES_H
#define MT_TESTS_UNIT_SUITES_H

#include <check.h>

/* The suites that main.c runs. test_NAME.c defines each as test_NAME_suite() and tests core/NAME.h. */
#define SUITES(SUITE)                                                                                                  \
    SUITE(accept)                                                                                                      \
    SUITE(avatar)                                                                                                      \
    SUITE(buffer)                                                                                                      \
    SUITE(cachetable)                                                                                                  \
    SUITE(cookie)                                                                                                      \
    SUITE(credentials)                                                                                                 \
    SUITE(cursor)                                                                                                      \
    SUITE(date)                                                                                                        \
    SUITE(entity)                                                                                                      \
    SUITE(escape)                                                                                                      \
    SUITE(excerpt)                                                                                                     \
    SUITE(exemplar)                                                                                                    \
    SUITE(exposition)                                                                                                  \
    SUITE(flash)                                                                                                       \
    SUITE(form)                                                                                                        \
    SUITE(gzip)                                                                                                        \
    SUITE(identifier)                                                                                                  \
    SUITE(integer)                                                                                                     \
    SUITE(json)                                                                                                        \
    SUITE(name)                                                                                                        \
    SUITE(origin)                                                                                                      \
    SUITE(password)                                                                                                    \
    SUITE(password_foreign)                                                                                            \
    SUITE(password_wrapped)                                                                                            \
    SUITE(route)                                                                                                       \
    SUITE(search_query)                                                                                                \
    SUITE(template)                                                                                                    \
    SUITE(template_refusals)                                                                                           \
    SUITE(throttle)                                                                                                    \
    SUITE(timestamp)                                                                                                   \
    SUITE(token)                                                                                                       \
    SUITE(url)                                                                                                         \
    SUITE(utf8)                                                                                                        \
    SUITE(validate)                                                                                                    \
    SUITE(xml)

#define DECLARE_SUITE(name) Suite *test_##name##_suite(void);
SUITES(DECLARE_SUITE)

#endif
