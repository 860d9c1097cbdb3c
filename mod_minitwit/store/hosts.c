/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/hosts.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <libpq-fe.h>
#include <string.h>

/* Returns the number of items in a list with commas: 0 for an empty list. */
static int count_items(const char *list)
{
    int count = list && *list;

    for (; list && *list; list++)
        count += *list == ',';
    return count;
}

/* Returns an item of the list. A list with a single item has it at each index. NULL: there is none, or it is empty. */
static const char *get_item(apr_pool_t *pool, const char *list, int index)
{
    if (count_items(list) <= 1)
        index = 0;
    for (; list && index > 0; index--)
        list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL;
    return list && *list && *list != ',' ? apr_pstrmemdup(pool, list, strcspn(list, ",")) : NULL;
}

static int has_empty_item(const char *list)
{
    return list && *list && (*list == ',' || list[strlen(list) - 1] == ',' || strstr(list, ",,"));
}

static const char *get_option(const PQconninfoOption *options, const char *keyword)
{
    for (; options && options->keyword; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val;
    }
    return NULL;
}

/* Only a PGconn has the options of all sources. To make a PGconn without connecting, this function passes an sslmode
 * that libpq rejects after it has read the other options. The caller must PQfinish it. */
static PGconn *read_options(const char *keyword, const char *value)
{
    const char *const keywords[] = { keyword, "sslmode", NULL };
    const char *const values[] = { value, "invalid", NULL };

    return PQconnectStartParams(keywords, values, 1);
}

/* Returns the host that an empty item of a list stands for. */
static const char *get_default_host(apr_pool_t *pool)
{
    PGconn *pg = read_options("host", ",");
    const char *host = pg ? PQhost(pg) : NULL;

    host = host && *host ? apr_pstrdup(pool, host) : "localhost";
    PQfinish(pg);
    return host;
}

static int is_one_of(int count, int wanted, int other)
{
    return count == wanted || count == other;
}

/* Returns 0 if libpq must get the whole connection string. */
static int is_complete(const char *names, const char *addresses, const char *ports, int count)
{
    return count > 0 && is_one_of(count_items(names), count, 0) && is_one_of(count_items(addresses), count, 0) &&
           (count_items(ports) <= 1 || count_items(ports) == count) && !has_empty_item(addresses) &&
           !has_empty_item(ports);
}

static void take_hosts(apr_pool_t *pool, const PQconninfoOption *options, mt_hosts_t *hosts)
{
    const char *names = get_option(options, "host"), *addresses = get_option(options, "hostaddr");
    const char *ports = get_option(options, "port");
    int count = count_items(addresses && *addresses ? addresses : names);

    if (!is_complete(names, addresses, ports, count))
        return;
    hosts->count = count;
    hosts->items = apr_pcalloc(pool, (apr_size_t)count * sizeof(*hosts->items));
    for (int i = 0; i < count; i++) {
        mt_host_t *host = &hosts->items[i];

        host->name = get_item(pool, names, i);
        host->address = get_item(pool, addresses, i);
        host->port = get_item(pool, ports, i);
        if (!host->name && count_items(names) > 0)
            host->name = host->address ? host->address : get_default_host(pool);
    }
}

void mt_hosts_shuffle(void *items, int count, apr_size_t size)
{
    char *bytes = items, saved[sizeof(mt_host_t)];

    for (int last = count - 1; last > 0; last--) {
        unsigned int number;

        if (apr_generate_random_bytes((unsigned char *)&number, sizeof(number)) != APR_SUCCESS)
            return;
        char *one = bytes + (apr_size_t)last * size, *other = bytes + number % (unsigned int)(last + 1) * size;
        memcpy(saved, one, size);
        memmove(one, other, size);
        memcpy(other, saved, size);
    }
}

void mt_hosts_read(apr_pool_t *pool, const char *conninfo, mt_hosts_t *hosts)
{
    PGconn *pg = read_options("dbname", conninfo);
    PQconninfoOption *options = PQconninfo(pg);
    const char *attributes = get_option(options, "target_session_attrs");
    const char *balance = get_option(options, "load_balance_hosts");

    *hosts = (mt_hosts_t){ .items = apr_pcalloc(pool, sizeof(*hosts->items)), .count = 1 };
    hosts->prefers_standby = attributes && strcmp(attributes, "prefer-standby") == 0;
    hosts->is_random = balance && strcmp(balance, "random") == 0;
    take_hosts(pool, options, hosts);
    if (hosts->is_random)
        mt_hosts_shuffle(hosts->items, hosts->count, sizeof(*hosts->items));
    PQconninfoFree(options);
    PQfinish(pg);
}
