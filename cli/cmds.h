#ifndef LH_CLI_CMDS_H
#define LH_CLI_CMDS_H

/* The verbs, one file each: cmd_<verb>.c holds the options and the function of a verb. */

#include "cli/cli.h"

extern const struct lh_option lh_keygen_options[];
extern const struct lh_option lh_init_options[];
extern const struct lh_option lh_network_enrol_options[];
extern const struct lh_option lh_network_init_options[];
extern const struct lh_option lh_network_show_options[];
extern const struct lh_option lh_network_propose_options[];
extern const struct lh_option lh_network_approve_options[];
extern const struct lh_option lh_network_epochs_options[];
extern const struct lh_option lh_network_fetch_options[];
extern const struct lh_option lh_act_options[];
extern const struct lh_option lh_cosign_options[];
extern const struct lh_option lh_staff_enrol_options[];
extern const struct lh_option lh_staff_role_options[];
extern const struct lh_option lh_staff_leave_options[];
extern const struct lh_option lh_session_open_options[];
extern const struct lh_option lh_session_end_options[];
extern const struct lh_option lh_record_options[];
extern const struct lh_option lh_import_options[];
extern const struct lh_option lh_top_options[];
extern const struct lh_option lh_demo_options[];
extern const struct lh_option lh_trail_options[];
extern const struct lh_option lh_tokens_options[];
extern const struct lh_option lh_show_options[];
extern const struct lh_option lh_receipt_get_options[];
extern const struct lh_option lh_receipt_verify_options[];
extern const struct lh_option lh_verify_options[];
extern const struct lh_option lh_export_options[];
extern const struct lh_option lh_checkpoint_show_options[];
extern const struct lh_option lh_stats_options[];
extern const struct lh_option lh_backup_create_options[];
extern const struct lh_option lh_restore_options[];
extern const struct lh_option lh_restore_ask_options[];
extern const struct lh_option lh_restore_finish_options[];
extern const struct lh_option lh_witness_submit_options[];
extern const struct lh_option lh_witness_policy_options[];

int lh_cmd_keygen(struct lh_cli *cli);
int lh_cmd_init(struct lh_cli *cli);
int lh_cmd_network_enrol(struct lh_cli *cli);
int lh_cmd_network_init(struct lh_cli *cli);
int lh_cmd_network_show(struct lh_cli *cli);
int lh_cmd_network_propose(struct lh_cli *cli);
int lh_cmd_network_approve(struct lh_cli *cli);
int lh_cmd_network_epochs(struct lh_cli *cli);
int lh_cmd_network_submit(struct lh_cli *cli);
int lh_cmd_network_status(struct lh_cli *cli);
int lh_cmd_network_fetch(struct lh_cli *cli);
int lh_cmd_act(struct lh_cli *cli);
int lh_cmd_cosign(struct lh_cli *cli);
int lh_cmd_submit(struct lh_cli *cli);
int lh_cmd_staff_enrol(struct lh_cli *cli);
int lh_cmd_staff_role(struct lh_cli *cli);
int lh_cmd_staff_leave(struct lh_cli *cli);
int lh_cmd_staff_list(struct lh_cli *cli);
int lh_cmd_session_open(struct lh_cli *cli);
int lh_cmd_session_end(struct lh_cli *cli);
int lh_cmd_record(struct lh_cli *cli);
int lh_cmd_import_csv(struct lh_cli *cli);
int lh_cmd_import_ndjson(struct lh_cli *cli);
int lh_cmd_trail(struct lh_cli *cli);
/** The same with --ledger or --all-ledgers. */
int lh_cmd_trail_ledgers(struct lh_cli *cli);
int lh_cmd_tokens(struct lh_cli *cli);
int lh_cmd_show(struct lh_cli *cli);
int lh_cmd_receipt_get(struct lh_cli *cli);
int lh_cmd_receipt_verify(struct lh_cli *cli);
int lh_cmd_verify(struct lh_cli *cli);
int lh_cmd_export(struct lh_cli *cli);
int lh_cmd_checkpoint_show(struct lh_cli *cli);
int lh_cmd_checkpoint_diff(struct lh_cli *cli);
int lh_cmd_witness_submit(struct lh_cli *cli);
int lh_cmd_witness_status(struct lh_cli *cli);
int lh_cmd_witness_policy(struct lh_cli *cli);
int lh_cmd_stats(struct lh_cli *cli);
int lh_cmd_doctor(struct lh_cli *cli);
int lh_cmd_backup_create(struct lh_cli *cli);
int lh_cmd_backup_list(struct lh_cli *cli);
int lh_cmd_backup_verify(struct lh_cli *cli);
int lh_cmd_restore(struct lh_cli *cli);
int lh_cmd_restore_ask(struct lh_cli *cli);
int lh_cmd_restore_finish(struct lh_cli *cli);
int lh_cmd_status(struct lh_cli *cli);
int lh_cmd_top(struct lh_cli *cli);
int lh_cmd_demo(struct lh_cli *cli);
int lh_cmd_peers(struct lh_cli *cli);
int lh_cmd_help(struct lh_cli *cli);
int lh_cmd_version(struct lh_cli *cli);
int lh_cmd_completion(struct lh_cli *cli);

#endif
