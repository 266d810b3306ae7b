#include "node/applying.h"

#include "crypto/text.h"

#include <stdlib.h>

struct applying {
    struct lh_errand errand; /* first: the sealer hands it back */
    struct lh_ledger *ledger;
    struct lh_log *log;
    struct lh_buf proposal;
};

static void free_applying(struct applying *applying)
{
    lh_buf_clear(&applying->proposal);
    free(applying);
}

static void tell(const struct applying *applying)
{
    const struct lh_members *newest = lh_epochs_newest(lh_ledger_epochs(applying->ledger));
    char hex[2 * LH_HASH_SIZE + 1];

    lh_hex_format(hex, lh_hash_bytes(lh_members_epoch(newest)));
    lh_log_write(applying->log, LH_LOG_INFO, "epoch.stored", "number=%u epoch=%s",
                 (unsigned)lh_members_number(newest), hex);
}

/* What does not fit our ledger's epochs is said, and stops nobody from recording. */
static enum lh_code apply(struct lh_errand *errand, struct lh_err *err)
{
    struct applying *applying = (struct applying *)errand;
    enum lh_code rc = lh_ledger_add_epoch(applying->ledger, lh_buf_bytes(&applying->proposal), err);

    if (rc == LH_OK) {
        tell(applying);
    } else if (rc != LH_ERR_IO && rc != LH_ERR_NOMEM) {
        lh_log_write(applying->log, LH_LOG_ERROR, "epoch.refused", "reason=\"%s\"", err->text);
        rc = LH_OK;
    }
    free_applying(applying);
    return rc;
}

enum lh_code lh_applying_send(struct lh_sealer *sealer, struct lh_ledger *ledger,
                              struct lh_log *log, struct lh_bytes proposal, struct lh_err *err)
{
    struct applying *applying = calloc(1, sizeof *applying);

    if (applying == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "an epoch on its way");
    }
    *applying = (struct applying){
        .errand = { .run = apply },
        .ledger = ledger,
        .log = log,
        .proposal = LH_BUF_EMPTY,
    };
    lh_buf_add(&applying->proposal, proposal);
    if (lh_buf_check(&applying->proposal, err) != LH_OK) {
        free_applying(applying);
        return LH_ERR_NOMEM;
    }
    lh_sealer_send(sealer, &applying->errand);
    return LH_OK;
}
