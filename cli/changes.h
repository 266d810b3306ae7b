#ifndef LH_CLI_CHANGES_H
#define LH_CLI_CHANGES_H

/*
 * What a proposal would change: of the command line's words, for people, as JSON. A key of a member
 * is named DEPT/KEY, where KEY is recorder, witness, mirror, governance, the label of the one
 * officer who bears it, or a key id in hex.  Spec: specs/trust.md 5.1.
 */

#include "cli/cli.h"
#include "ledger/members.h"

#include <jansson.h>

#define LH_CHANGES_OPTIONS                                                                         \
    { "admit", 0, "FILE.lhe", { "a department becomes a member", "接纳成员 (登记文件)" } },        \
        { "remove", 0, "CODE", { "a member leaves", "移除成员" } },                                \
        { "rotate",                                                                                \
          0,                                                                                       \
          "DEPT/KEY=NEW.pem[,NEXT.pub]",                                                           \
          { "another key takes a key's place", "轮换密钥" } },                                     \
        { "replace",                                                                               \
          0,                                                                                       \
          "DEPT/KEY=NEW.pem[,NEXT.pub]",                                                           \
          { "the same in an emergency, whatever was committed",                                    \
            "紧急更换密钥, 不论已承诺的下一密钥" } },                                              \
        { "commit",                                                                                \
          0,                                                                                       \
          "DEPT/KEY=NEXT.pub",                                                                     \
          { "name the key that is to follow", "承诺下一密钥" } },                                  \
        { "regroup", 0, "DEPT=[GROUP]", { "another chain of command, or none", "更改条线" } },     \
        { "assign",                                                                                \
          0,                                                                                       \
          "DEPT=[witness][,catalogue]",                                                            \
          { "its duties, all of them", "成员职责 (全部列出)" } },                                  \
        { "quota",                                                                                 \
          0,                                                                                       \
          "DEPT=BYTES",                                                                            \
          { "bytes a second, 0 for no quota", "每秒字节数, 0 为不限" } },                          \
    {                                                                                              \
        "branch", 0, "ORIGIN@SIZE=ROOT",                                                           \
        {                                                                                          \
            "the head that a ledger which contradicts itself goes on from",                        \
                "自相矛盾的账本由此接续"                                                \
        }                                                                                          \
    }

/**
 * Append to `out` every change that the command line names, in its order. Network, parent and
 * number of `out` are set: a key's proof is over them. LH_ERR_INVALID, LH_ERR_NOT_FOUND: no such
 * member or key; LH_ERR_LIMIT: too many; codes of reading a file.
 */
enum lh_code lh_changes_read(lhpb_Proposal *out, const struct lh_cli *cli,
                             const struct lh_members *from, struct lh_err *err) LH_MUST_CHECK;
/** Append each change in words, a line each; `from` is the epoch that the proposal follows. */
enum lh_code lh_changes_describe(struct lh_buf *out, const struct lh_cli *cli,
                                 const struct lh_members *from, const lhpb_Proposal *proposal,
                                 struct lh_err *err) LH_MUST_CHECK;
/** The same with "; " between the changes, and nothing made safe: for a cell of a table. */
enum lh_code lh_changes_list(struct lh_buf *out, const struct lh_cli *cli,
                             const struct lh_members *from, const lhpb_Proposal *proposal,
                             struct lh_err *err) LH_MUST_CHECK;
/** The same as a JSON array, which the caller lets go of. LH_ERR_NOMEM. */
enum lh_code lh_changes_pack(json_t **out, const struct lh_members *from,
                             const lhpb_Proposal *proposal, struct lh_err *err) LH_MUST_CHECK;

#endif
