/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/file.h"

#include <apr_file_info.h>
#include <apr_file_io.h>

apr_status_t mt_file_read(apr_pool_t *pool, const char *path, apr_size_t max, char **data, apr_size_t *len)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_SIZE, pool);

    if (status != APR_SUCCESS)
        return status;
    /* Opening a pipe would block until another process writes to it. */
    if (info.filetype != APR_REG)
        return info.filetype == APR_DIR ? EISDIR : APR_EINVAL;
    if (info.size > (apr_off_t)max)
        return APR_ENOSPC;
    status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool);
    if (status != APR_SUCCESS)
        return status;
    *data = apr_palloc(pool, (apr_size_t)info.size + 1);
    status = apr_file_read_full(file, *data, (apr_size_t)info.size, len);
    apr_file_close(file);
    (*data)[*len] = '\0';
    /* The file may have become shorter since apr_stat. */
    return status == APR_EOF ? APR_SUCCESS : status;
}
