#include "node/subjects.h"

#include "crypto/base/time.h"

#include <stdlib.h>
#include <string.h>

/* One encapsulation serves a minute or 1,000 entries, whichever ends first (specs/privacy.md 5). */
enum { SENDER_ENTRIES_MAX = 1000, SENDER_AGE_MAX_MS = 60000 };

struct lh_subjects {
    enum lh_suite_id suite;
    char department[33];
    struct lh_secret index_key;
    struct lh_secret month_key;
    uint32_t month;               /* that month_key is for; 0: none yet */
    struct lh_box_sender *sender; /* NULL: none yet, or no box is made */
    struct lh_pubkey sender_key;  /* whom it seals for */
    int64_t sender_since_unix_ms;
    uint32_t sender_count;
    struct lh_random random;
};

enum lh_code lh_subjects_new(struct lh_subjects **out, const struct lh_subjects_options *options,
                             struct lh_err *err)
{
    struct lh_subjects *subjects = calloc(1, sizeof *subjects);

    if (subjects == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    subjects->suite = options->suite;
    (void)strncat(subjects->department, options->department, sizeof subjects->department - 1);
    subjects->index_key = *options->index_key;
    subjects->random = options->random;
    *out = subjects;
    return LH_OK;
}

void lh_subjects_free(struct lh_subjects *subjects)
{
    if (subjects == NULL) {
        return;
    }
    lh_box_sender_free(subjects->sender);
    lh_secret_clear(&subjects->index_key);
    lh_secret_clear(&subjects->month_key);
    free(subjects);
}

/* The client's half; it gives the digest that the body binds. */
static enum lh_code make_client_part(struct lh_suite *suite, struct lh_buf *out,
                                     const lhpb_SubjectPost *post, const lhpb_Body *body,
                                     struct lh_err *err)
{
    struct lh_hash digest;
    enum lh_code rc = lh_private_client_part(suite, out, &digest, post, err);

    if (rc == LH_OK && (!body->has_subject_digest ||
                        memcmp(body->subject_digest, digest.bytes, LH_HASH_SIZE) != 0)) {
        return lh_err_set(err, LH_ERR_FORGED,
                          "the subjects posted do not give the body's subject_digest");
    }
    return rc;
}

static void use_month(struct lh_subjects *subjects, struct lh_suite *suite, uint32_t month)
{
    if (subjects->month == month) {
        return;
    }
    lh_tag_month_key(suite, &subjects->month_key, &subjects->index_key,
                     lh_bytes_of_text(subjects->department), month);
    subjects->month = month;
}

static bool may_go_on(const struct lh_subjects *subjects, const struct lh_pubkey *box,
                      int64_t now_unix_ms)
{
    int64_t age = now_unix_ms - subjects->sender_since_unix_ms;

    return subjects->sender != NULL && lh_pubkey_is_equal(&subjects->sender_key, box) &&
           subjects->sender_count < SENDER_ENTRIES_MAX && age >= 0 && age < SENDER_AGE_MAX_MS;
}

/* The encapsulation for this key; none without one. */
static enum lh_code use_sender(struct lh_subjects *subjects, const struct lh_pubkey *box,
                               int64_t now_unix_ms, struct lh_err *err)
{
    if (box != NULL && may_go_on(subjects, box, now_unix_ms)) {
        subjects->sender_count++;
        return LH_OK;
    }
    lh_box_sender_free(subjects->sender);
    subjects->sender = NULL;
    if (box == NULL) {
        return LH_OK;
    }
    subjects->sender_count = 1;
    subjects->sender_since_unix_ms = now_unix_ms;
    subjects->sender_key = *box;
    return lh_box_sender_new(&subjects->sender, subjects->suite, box, &subjects->random, err);
}

enum lh_code lh_subjects_build(struct lh_subjects *subjects, struct lh_suite *suite,
                               struct lh_buf *out, struct lh_hash *out_index_digest,
                               const lhpb_SubjectPost *post, const lhpb_Body *body,
                               const struct lh_hash *body_hash, const struct lh_pubkey *box,
                               int64_t now_unix_ms, struct lh_err *err)
{
    uint32_t month = lh_time_date_utc8(now_unix_ms) / 100;
    struct lh_buf client_part = LH_BUF_EMPTY;
    enum lh_code rc = make_client_part(suite, &client_part, post, body, err);

    if (rc == LH_OK) {
        use_month(subjects, suite, month);
        rc = use_sender(subjects, box, now_unix_ms, err);
    }
    if (rc == LH_OK) {
        rc = lh_private_build_onto(suite, out, out_index_digest, lh_buf_bytes(&client_part), post,
                                   body_hash, &subjects->month_key, month, subjects->sender,
                                   &subjects->random, err);
    }
    lh_buf_clear(&client_part);
    return rc;
}

void lh_subjects_add_tokens(struct lh_subjects *subjects, struct lh_suite *suite,
                            struct lh_buf *out, const lhpb_SubjectPost *post, int64_t now_unix_ms)
{
    struct lh_secret token = LH_SECRET_EMPTY;

    use_month(subjects, suite, lh_time_date_utc8(now_unix_ms) / 100);
    for (pb_size_t i = 0; i < post->subjects_count; i++) {
        lh_tag_token(suite, &token, &subjects->month_key, (uint8_t)post->subjects[i].id_type,
                     lh_bytes_of_text(post->subjects[i].id));
        lh_buf_add(out, lh_secret_bytes(&token));
    }
    lh_secret_clear(&token);
}
