#include "cli/lineage.h"

#include "cli/files.h"
#include "crypto/base/assert.h"

static enum lh_code take_genesis(struct lh_lineage *lineage, struct lh_bytes bytes,
                                 struct lh_err *err)
{
    enum lh_code rc = lh_genesis_new(&lineage->genesis, bytes, err);

    if (rc == LH_OK) {
        rc = lh_suite_new(&lineage->suite, lh_genesis_suite(lineage->genesis), err);
    }
    return rc == LH_OK ? lh_epochs_new(&lineage->epochs, lineage->genesis, err) : rc;
}

/* A file that is there twice would be no epoch of its own. */
static enum lh_code take_proposal(struct lh_lineage *lineage, struct lh_bytes bytes, size_t number,
                                  struct lh_err *err)
{
    enum lh_code rc = lh_epochs_add(lineage->epochs, bytes, err);

    if (rc == LH_OK && lh_epochs_count(lineage->epochs) == number) {
        return lh_err_set(err, LH_ERR_CONFLICT, "follows another epoch");
    }
    return rc;
}

static enum lh_code read_epoch(struct lh_lineage *lineage, size_t number, struct lh_err *err)
{
    const char *path = lineage->paths[number];
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_file_read(&bytes, path, number == 0 ? LH_GENESIS_MAX : LH_PROPOSAL_MAX, err);

    if (rc == LH_OK) {
        rc = number == 0 ? take_genesis(lineage, lh_buf_bytes(&bytes), err)
                         : take_proposal(lineage, lh_buf_bytes(&bytes), number, err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", path);
    }
    lh_buf_clear(&bytes);
    return rc;
}

enum lh_code lh_lineage_open(struct lh_lineage *out, const char *const *paths, size_t count,
                             struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    lh_assert(count >= 1);
    *out = (struct lh_lineage){ .paths = paths };
    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        rc = read_epoch(out, i, err);
    }
    return rc;
}

void lh_lineage_close(struct lh_lineage *lineage)
{
    lh_epochs_free(lineage->epochs);
    lh_suite_free(lineage->suite);
    lh_genesis_free(lineage->genesis);
    *lineage = (struct lh_lineage){ .genesis = NULL };
}

const struct lh_members *lh_lineage_last(const struct lh_lineage *lineage)
{
    return lh_epochs_newest(lineage->epochs);
}

const char *lh_lineage_last_path(const struct lh_lineage *lineage)
{
    return lineage->paths[lh_epochs_count(lineage->epochs) - 1];
}
