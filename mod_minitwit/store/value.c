/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/value.h"

#include "core/name.h"

#include <apr_strings.h>
#include <stdio.h>

const char *mt_value_format_integer(char text[MT_VALUE_INTEGER_SIZE], apr_int64_t value)
{
    snprintf(text, MT_VALUE_INTEGER_SIZE, "%" APR_INT64_T_FMT, value);
    return text;
}

const char *mt_value_format_hash(char text[MT_VALUE_HASH_SIZE], const unsigned char hash[MT_TOKEN_HASH_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *end = text;

    *end++ = '\\';
    *end++ = 'x';
    for (int i = 0; i < MT_TOKEN_HASH_SIZE; i++) {
        *end++ = digits[hash[i] >> 4];
        *end++ = digits[hash[i] & 15];
    }
    *end = '\0';
    return text;
}

const char *mt_value_nfc(apr_pool_t *pool, const char *username)
{
    const char *normal = mt_name_normalize(pool, username);

    return normal == username ? NULL : normal;
}

apr_int64_t mt_value_integer(const PGresult *result, int row, int column)
{
    return apr_atoi64(PQgetvalue(result, row, column));
}

const char *mt_value_text(apr_pool_t *pool, const PGresult *result, int row, int column)
{
    return apr_pstrmemdup(pool, PQgetvalue(result, row, column), (apr_size_t)PQgetlength(result, row, column));
}

static apr_status_t clear_result(void *result)
{
    PQclear(result);
    return APR_SUCCESS;
}

void mt_value_keep(apr_pool_t *pool, PGresult *result)
{
    apr_pool_cleanup_register(pool, result, clear_result, apr_pool_cleanup_null);
}

apr_int64_t mt_value_affected(PGresult *result)
{
    return apr_atoi64(PQcmdTuples(result));
}
