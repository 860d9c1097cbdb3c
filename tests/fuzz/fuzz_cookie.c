/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/cookie.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

static void check_get(apr_pool_t *pool, const char *header, const char *name)
{
    const char *value = mt_cookie_get(pool, header, name);
    const char *alone = apr_pstrcat(pool, "zz-other=1; ", header, NULL);
    const char *found;

    /* A cookie before it does not change the result. */
    found = mt_cookie_get(pool, alone, name);
    if (strcmp(name, "zz-other") != 0)
        fuzz_assert((found == NULL) == (value == NULL) && (!value || strcmp(found, value) == 0));
    if (!value)
        return;
    fuzz_assert(strstr(header, value) && strchr(value, ';') == NULL);
    fuzz_assert(strstr(header, name) != NULL);
}

/* Sets a cookie, and sends it back as a browser does. */
static void check_round_trip(apr_pool_t *pool, const char *name, const char *value, int secure)
{
    mt_cookie_t cookie = { name, value, secure ? "/" : "/below", secure ? 60 : -1, secure };
    const char *set = mt_cookie_format(pool, &cookie);
    const char *sent;

    fuzz_assert(strstr(set, "; HttpOnly; SameSite=Lax") != NULL);
    fuzz_assert((strstr(set, "; Secure") != NULL) >= secure);
    sent = apr_pstrndup(pool, set, strcspn(set, ";"));
    sent = mt_cookie_get(pool, apr_pstrcat(pool, "first=1; ", sent, "; last=2", NULL), name);
    fuzz_assert(sent && strcmp(sent, value) == 0);
}

void fuzz_cookie(apr_pool_t *pool, const char *data, apr_size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_%:.";
    fuzz_input_t input = { data, len };
    int secure = fuzz_take_byte(&input) & 1;
    const char *name = fuzz_take_text(pool, &input);
    const char *header = fuzz_take_text(pool, &input);
    const char *value = fuzz_take_rest(pool, &input);

    fuzz_assert(mt_cookie_get(pool, NULL, name) == NULL);
    check_get(pool, header, name);
    if (*name && name[strspn(name, letters)] == '\0' && value[strspn(value, letters)] == '\0' &&
        strcmp(name, "first") != 0)
        check_round_trip(pool, name, value, secure);
    fuzz_assert(strcmp(mt_cookie_name(pool, name, "/", 0), name) == 0);
    fuzz_assert(strcmp(mt_cookie_name(pool, name, "/", 1), apr_pstrcat(pool, "__Host-", name, NULL)) == 0);
    fuzz_assert(strcmp(mt_cookie_name(pool, name, "/below", 1), apr_pstrcat(pool, "__Secure-", name, NULL)) == 0);
}
