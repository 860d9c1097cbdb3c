/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_FUZZ_TARGETS_H
#define MT_TESTS_FUZZ_TARGETS_H

#include "fuzz.h"

/* The targets. fuzz_NAME.c defines each as fuzz_NAME() and fuzzes core/NAME.h. */
#define TARGETS(TARGET)                                                                                                \
    TARGET(accept)                                                                                                     \
    TARGET(avatar)                                                                                                     \
    TARGET(cookie)                                                                                                     \
    TARGET(credentials)                                                                                                \
    TARGET(cursor)                                                                                                     \
    TARGET(date)                                                                                                       \
    TARGET(date_words)                                                                                                 \
    TARGET(entity)                                                                                                     \
    TARGET(escape)                                                                                                     \
    TARGET(excerpt)                                                                                                    \
    TARGET(exposition)                                                                                                 \
    TARGET(flash)                                                                                                      \
    TARGET(form)                                                                                                       \
    TARGET(gzip)                                                                                                       \
    TARGET(identifier)                                                                                                 \
    TARGET(integer)                                                                                                    \
    TARGET(json)                                                                                                       \
    TARGET(name)                                                                                                       \
    TARGET(origin)                                                                                                     \
    TARGET(password)                                                                                                   \
    TARGET(password_foreign)                                                                                           \
    TARGET(password_wrapped)                                                                                           \
    TARGET(route)                                                                                                      \
    TARGET(search_query)                                                                                               \
    TARGET(template)                                                                                                   \
    TARGET(throttle)                                                                                                   \
    TARGET(timestamp)                                                                                                  \
    TARGET(token)                                                                                                      \
    TARGET(url)                                                                                                        \
    TARGET(utf8)                                                                                                       \
    TARGET(validate)                                                                                                   \
    TARGET(xml)

#define DECLARE_TARGET(name) void fuzz_##name(apr_pool_t *pool, const char *data, apr_size_t len);
TARGETS(DECLARE_TARGET)

#endif
