#ifndef LH_CLI_DOCTOR_INTERNAL_H
#define LH_CLI_DOCTOR_INTERNAL_H

/* What the checks of the doctor share: cmd_doctor.c has their table, doctor_tls.c the one of the
 * TLS port. */

#include "cli/cli.h"

enum lh_doctor_status { LH_DOCTOR_OK, LH_DOCTOR_WARN, LH_DOCTOR_FAIL };

/* What a check found. The detail is numbers and paths, or an error's words. */
struct lh_doctor_finding {
    enum lh_doctor_status status;
    struct lh_buf detail;
};

struct lh_doctor {
    struct lh_cli *cli;
    const char *data;
    struct lh_buf path; /* of the moment */
};

/** A path within the data directory, until the next call; "": the directory. */
const char *lh_doctor_path(struct lh_doctor *doctor, const char *name);
void lh_doctor_check_tls(struct lh_doctor *doctor, struct lh_doctor_finding *out);

#endif
