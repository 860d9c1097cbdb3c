/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "store/statement.h"

#include <stdio.h>

/* Prints a line with the label, number of parameters and SQL of each statement of the store, after a line for the
 * settings. So the tests explain the module's statements and not copies of them. */
int main(void)
{
    printf("settings\t1\t%s\n", MT_STATEMENT_SETTINGS);
    for (int id = 0; id < MT_STATEMENT_COUNT; id++) {
        const mt_statement_t *statement = mt_statement_get((mt_statement_id_t)id);

        printf("%s\t%d\t%s\n", statement->label, statement->parameters, statement->sql);
    }
    return 0;
}
