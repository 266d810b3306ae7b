#include "cli/subjects.h"

#include "cli/files.h"
#include "ledger/subject_json.h"
#include "ledger/tokens.h"

#include <string.h>

static enum lh_code set_digest(lhpb_Body *body, const lhpb_SubjectPost *post,
                               struct lh_suite *suite, struct lh_err *err)
{
    struct lh_buf part = LH_BUF_EMPTY;
    struct lh_hash digest;
    enum lh_code rc;

    rc = lh_private_client_part(suite, &part, &digest, post, err);
    if (rc == LH_OK) {
        body->has_subject_digest = true;
        memcpy(body->subject_digest, digest.bytes, sizeof body->subject_digest);
    }
    lh_buf_clear(&part);
    return rc;
}

enum lh_code lh_cli_subjects(lhpb_SubjectPost *out, bool *out_has, lhpb_Body *body,
                             struct lh_suite *suite, const json_t *event,
                             const struct lh_random *random, struct lh_err *err)
{
    enum lh_code rc = lh_subjects_from_json(out, out_has, event, random, err);

    return rc == LH_OK && *out_has ? set_digest(body, out, suite, err) : rc;
}

enum lh_code lh_cli_tokens(struct lh_buf *out, const struct lh_cli *cli, struct lh_err *err)
{
    const char *path = lh_cli_value(cli, "tokens");
    struct lh_tokens tokens;
    enum lh_code rc;

    if (path == NULL) {
        return LH_OK;
    }
    rc = lh_file_read(out, path, LH_TOKENS_TEXT_MAX, err);
    if (rc == LH_OK) {
        rc = lh_tokens_parse(&tokens, lh_buf_bytes(out), err);
        lh_tokens_clear(&tokens);
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "--tokens");
}
