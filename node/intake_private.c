/* Subjects on their way into the private part: bound to the body, made by the worker, kept apart.
 */

#include "node/intake.h"

#include "ledger/canon.h"
#include "ledger/vault.h"
#include "node/subjects.h"

#include <stdio.h>
#include <string.h>

static void add_framed(struct lh_buf *out, struct lh_bytes bytes)
{
    lh_buf_add_u32(out, (uint32_t)bytes.len);
    lh_buf_add(out, bytes);
}

struct lh_hash lh_intake_content_digest(struct lh_suite *suite, const struct lh_secret *key,
                                        struct lh_bytes body, const lhpb_SubjectPost *post)
{
    struct lh_buf subjects = LH_BUF_EMPTY;
    struct lh_bytes parts[2] = { body, LH_BYTES_EMPTY };
    struct lh_hash digest;

    if (post != NULL) {
        for (size_t i = 0; i < post->subjects_count; i++) {
            lh_buf_add_u32(&subjects, post->subjects[i].role);
            lh_buf_add_u32(&subjects, post->subjects[i].id_type);
            add_framed(&subjects, lh_bytes_of_text(post->subjects[i].id));
        }
        add_framed(&subjects, lh_bytes_of_text(post->case_number));
        add_framed(&subjects, lh_bytes_of_text(post->reason));
        parts[1] = lh_buf_bytes(&subjects);
    }
    digest = lh_hmac_parts(suite, lh_secret_bytes(key), parts, 2);
    if (subjects.data != NULL) {
        lh_wipe(subjects.data, subjects.len);
    }
    lh_buf_clear(&subjects);
    return digest;
}

enum lh_code lh_intake_bind_subjects(struct lh_intake *intake, struct lh_suite *suite,
                                     const lhpb_SubjectPost *post, struct lh_err *err)
{
    struct lh_buf client_part = LH_BUF_EMPTY;
    struct lh_hash digest;
    enum lh_code rc = lh_private_client_part(suite, &client_part, &digest, post, err);

    lh_buf_clear(&client_part);
    if (rc == LH_OK) {
        intake->body.has_subject_digest = true;
        memcpy(intake->body.subject_digest, digest.bytes, sizeof digest.bytes);
    }
    return rc;
}

/* The department keeps ids and openings to itself: without them no commitment can be opened. The
 * tokens before them are what the entry is found by. */
static enum lh_code make_vault_row(struct lh_buf *out, struct lh_worker *worker,
                                   const lhpb_SubjectPost *post, int64_t now_unix_ms,
                                   struct lh_err *err)
{
    lhpb_BoxContent content = lhpb_BoxContent_init_zero;
    struct lh_buf tokens = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_subjects_add_tokens(worker->subjects, worker->suite, &tokens, post, now_unix_ms);
    rc = lh_buf_check(&tokens, err);
    if (rc == LH_OK) {
        lh_vault_row_begin(out, lh_buf_bytes(&tokens));
        content.subjects_count = post->subjects_count;
        memcpy(content.subjects, post->subjects, sizeof content.subjects);
        rc = lh_canon_encode(out, &lhpb_BoxContent_msg, &content, err);
    }
    lh_wipe(&content, sizeof content);
    if (tokens.data != NULL) {
        lh_wipe(tokens.data, tokens.len);
    }
    lh_buf_clear(&tokens);
    return rc;
}

/* The auditors' key of this moment; false: no box is made. */
static bool find_box(struct lh_pubkey *out, const struct lh_intake_rules *rules,
                     int64_t now_unix_ms)
{
    const struct lh_pubkey *named =
        lh_roster_audit_box(lh_keyring_read(rules->keyring), now_unix_ms);
    bool is_named = named != NULL;

    if (is_named) {
        *out = *named;
    }
    lh_keyring_end_read(rules->keyring);
    if (!is_named && rules->has_auditor_box) {
        *out = rules->auditor_box;
    }
    return is_named || rules->has_auditor_box;
}

bool lh_intake_add_subjects(struct lh_intake *intake, const struct lh_intake_rules *rules,
                            struct lh_worker *worker, const lhpb_SubjectPost *post)
{
    struct lh_err err = LH_ERR_NONE;
    int64_t now_unix_ms = rules->clock.wall_unix_ms(rules->clock.arg);
    struct lh_hash index_digest;
    struct lh_pubkey box;
    bool has_box = find_box(&box, rules, now_unix_ms);
    enum lh_code rc = lh_subjects_build(worker->subjects, worker->suite, &intake->private_part,
                                        &index_digest, post, &intake->body, &intake->body_hash,
                                        has_box ? &box : NULL, now_unix_ms, &err);

    if (rc == LH_OK) {
        rc = make_vault_row(&intake->vault_row, worker, post, now_unix_ms, &err);
    }
    if (rc != LH_OK) {
        lh_intake_reject(intake,
                         rc == LH_ERR_NOMEM || rc == LH_ERR_IO ? LH_PROBLEM_INTERNAL
                                                               : LH_PROBLEM_SCHEMA_INVALID,
                         "%s", err.text);
        (void)snprintf(intake->problem.pointer, sizeof intake->problem.pointer, "/subjects");
        return false;
    }
    intake->entry.intake.has_index_digest = true;
    memcpy(intake->entry.intake.index_digest, index_digest.bytes, sizeof index_digest.bytes);
    return true;
}
