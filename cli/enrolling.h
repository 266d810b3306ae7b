#ifndef LH_CLI_ENROLLING_H
#define LH_CLI_ENROLLING_H

/* How a department presents itself: the words of the command line, the keys, and enrolment.lhe. */

#include "cli/home.h"

#define LH_ENROLLING_FILE "enrolment.lhe" /* in the data directory */

/* The words that a department presents itself by, in the list of a verb's options. */
#define LH_ENROLLING_DEPT                                                                          \
    {                                                                                              \
        "dept", 0, "CODE",                                                                         \
        {                                                                                          \
            "the department, for example gaj", "部门代码, 例如 gaj"                          \
        }                                                                                          \
    }
#define LH_ENROLLING_NAME                                                                          \
    {                                                                                              \
        "name", 0, "TEXT",                                                                         \
        {                                                                                          \
            "its name for people", "部门名称"                                                  \
        }                                                                                          \
    }
#define LH_ENROLLING_GROUP                                                                         \
    {                                                                                              \
        "group", 0, "CODE",                                                                        \
        {                                                                                          \
            "ministry or chain of command (the department)", "条线 (默认同部门代码)"      \
        }                                                                                          \
    }
#define LH_ENROLLING_OFFICER                                                                       \
    {                                                                                              \
        "officer", 0, "[LABEL=]FILE.pub",                                                          \
        {                                                                                          \
            "public key of an officer; two at least", "负责人公钥, 至少两个"              \
        }                                                                                          \
    }
#define LH_ENROLLING_SUITE                                                                         \
    {                                                                                              \
        "suite", 0, "W|G",                                                                         \
        {                                                                                          \
            "W (default) or G, the Chinese algorithms", "密码套件: W (默认) 或 G (国密)"  \
        }                                                                                          \
    }

struct lh_enrolling {
    enum lh_suite_id suite;
    struct lh_enrolment enrolment;
    struct lh_buf bytes; /* of the file, once it is made */
};

/** The algorithm of a key that would be `alg` in suite W. */
enum lh_alg lh_enrolling_alg(enum lh_suite_id suite, enum lh_alg alg);
/** --suite, W if it is not given. LH_ERR_INVALID. */
enum lh_code lh_enrolling_suite(enum lh_suite_id *out, const struct lh_cli *cli,
                                struct lh_err *err) LH_MUST_CHECK;
/** A public key from FILE.pub. LH_ERR_INVALID, and codes of reading. */
enum lh_code lh_enrolling_public(struct lh_pubkey *out, const char *path,
                                 struct lh_err *err) LH_MUST_CHECK;
/** Take the words in: all but the department's own keys. The caller clears `out` in every case. */
enum lh_code lh_enrolling_read(struct lh_enrolling *out, const struct lh_cli *cli,
                               struct lh_err *err) LH_MUST_CHECK;
/** Append the file as it would be, with keys that are forgotten again: nothing is made. */
enum lh_code lh_enrolling_rehearse(struct lh_buf *out, const struct lh_enrolling *enrolling,
                                   struct lh_err *err) LH_MUST_CHECK;
/**
 * Take in what `network enrol` made in --data: the file, and that the private keys are its own.
 * LH_ERR_NOT_FOUND: nothing was enrolled there; LH_ERR_CONFLICT: a key is another. The caller
 * clears `out` in every case.
 */
enum lh_code lh_enrolling_open(struct lh_enrolling *out, const struct lh_cli *cli,
                               enum lh_suite_id suite, struct lh_err *err) LH_MUST_CHECK;
/** Make the keys and the file, or see that they are there. LH_ERR_CONFLICT: by other words. */
enum lh_code lh_enrolling_make(struct lh_enrolling *enrolling, struct lh_home *home,
                               struct lh_err *err) LH_MUST_CHECK;
void lh_enrolling_clear(struct lh_enrolling *enrolling);

#endif
