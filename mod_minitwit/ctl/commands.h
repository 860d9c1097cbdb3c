/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_COMMANDS_H
#define MT_COMMANDS_H

#include "ctl/ctl.h"

/* Each runs one command. argv[0] is the command's name, and the command's arguments follow. Returns the exit code. */
int mt_ctl_backup_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_backup_verify_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_doctor_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_export_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_import_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_migrate_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_restore_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_status_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_user_add_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_user_list_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_user_show_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_user_passwd_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_user_disable_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_user_enable_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_user_export_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_user_delete_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_message_list_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_message_flag_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_message_unflag_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_message_delete_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_flag_tool_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_audit_run(mt_ctl_t *ctl, int argc, char **argv);
int mt_ctl_prune_run(mt_ctl_t *ctl, int argc, char **argv);

#endif
