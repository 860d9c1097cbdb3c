/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CONTRACT_H
#define MT_CONTRACT_H

#include "http/config.h"

/* The description of the API (docs/openapi.yaml), in JSON and as a page, for each mount of the API of a host, and the
 * style sheet and the icon of the page. It does not change after it is made, so all threads can read it. */
typedef struct mt_contract_t mt_contract_t;

/* Makes the description from the host's configuration, and loads the static files from its templates. *contract lives
 * in pool. Returns NULL, or the message for the operator. */
const char *mt_api_contract_load(apr_pool_t *pool, const mt_config_t *config, mt_contract_t **contract);

#endif
