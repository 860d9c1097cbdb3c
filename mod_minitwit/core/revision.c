/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/revision.h"

const char *mt_revision_get(void)
{
    return MT_REVISION;
}
