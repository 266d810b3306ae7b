#include "node/cosigner.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct witnessed {
    struct lh_witness_log log;
    struct lh_hash origin_hash;
    struct lh_buf note; /* as stored and shown; empty: nothing was cosigned */
    struct lh_buf fork; /* likewise; empty: none */
};

struct lh_cosigner {
    pthread_mutex_t lock;
    struct lh_store *store;
    struct lh_suite *suite; /* of the key, and so of every log */
    struct lh_signer *signer;
    struct lh_note_key key;
    struct witnessed *logs;
    size_t log_count;
};

/* ---- what is stored ---------------------------------------------------------------------------
 */

static enum lh_code read_row(struct lh_buf *out, struct lh_store *store,
                             const struct lh_store_key *key, struct lh_err *err)
{
    enum lh_code rc = lh_store_get(store, LH_TABLE_META, lh_store_key_bytes(key), out, err);

    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* What we stored is ours, or we would cosign on top of what somebody else wrote. */
static enum lh_code load_head(struct lh_cosigner *cosigner, struct witnessed *one,
                              struct lh_err *err)
{
    struct lh_note note;
    struct lh_checkpoint head;
    enum lh_code rc;

    if (one->note.len == 0) {
        return LH_OK;
    }
    rc = lh_checkpoint_verify(&head, lh_buf_bytes(&one->note), &one->log.seal, err);
    if (rc == LH_OK) {
        rc = lh_note_parse(&note, lh_buf_bytes(&one->note), err);
    }
    if (rc == LH_OK) {
        rc = lh_note_verify(&note, &cosigner->key, NULL, err);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, LH_ERR_CORRUPT, "what was cosigned of %s", one->log.seal.name);
    }
    one->log.head = head;
    return LH_OK;
}

static enum lh_code load(struct lh_cosigner *cosigner, struct witnessed *one, struct lh_err *err)
{
    struct lh_store_key row = lh_keys_meta_witness(one->log.seal.name);
    struct lh_store_key fork = lh_keys_meta_fork(one->log.seal.name);
    enum lh_code rc = read_row(&one->note, cosigner->store, &row, err);

    if (rc == LH_OK) {
        rc = read_row(&one->fork, cosigner->store, &fork, err);
    }
    return rc == LH_OK ? load_head(cosigner, one, err) : rc;
}

/* ---- making one -------------------------------------------------------------------------------
 */

static struct witnessed *find(struct lh_cosigner *cosigner, struct lh_bytes origin)
{
    for (size_t i = 0; i < cosigner->log_count; i++) {
        if (lh_bytes_is_equal(lh_bytes_of_text(cosigner->logs[i].log.seal.name), origin)) {
            return &cosigner->logs[i];
        }
    }
    return NULL;
}

static enum lh_code add_log(struct lh_cosigner *cosigner, struct lh_suite *sha256,
                            const struct lh_note_key *seal, struct lh_err *err)
{
    struct witnessed *one = &cosigner->logs[cosigner->log_count];
    struct lh_bytes origin = lh_bytes_of_text(seal->name);

    if (origin.len > LH_ORIGIN_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "an origin has at most %d bytes", LH_ORIGIN_MAX);
    }
    if (seal->key.alg != cosigner->key.key.alg) {
        return lh_err_set(err, LH_ERR_INVALID, "%s is of another suite than the witness's key",
                          seal->name);
    }
    if (find(cosigner, origin) != NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "%s has a line already", seal->name);
    }
    *one = (struct witnessed){ .origin_hash = lh_hash(sha256, origin),
                               .note = LH_BUF_EMPTY,
                               .fork = LH_BUF_EMPTY };
    lh_witness_log_init(&one->log, cosigner->suite, seal, false);
    cosigner->log_count++;
    return load(cosigner, one, err);
}

static enum lh_code add_logs(struct lh_cosigner *cosigner, const struct lh_policy *policy,
                             struct lh_err *err)
{
    struct lh_suite *sha256 = NULL;
    enum lh_code rc;

    cosigner->logs = calloc(policy->log_count + 1, sizeof *cosigner->logs);
    if (cosigner->logs == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "logs");
    }
    rc = lh_suite_new(&sha256, LH_SUITE_W, err);
    for (size_t i = 0; rc == LH_OK && i < policy->log_count; i++) {
        rc = add_log(cosigner, sha256, &policy->logs[i].key, err);
    }
    lh_suite_free(sha256);
    return rc;
}

enum lh_code lh_cosigner_new(struct lh_cosigner **out, const struct lh_cosigner_options *options,
                             struct lh_err *err)
{
    struct lh_cosigner *cosigner = calloc(1, sizeof *cosigner);
    const struct lh_pubkey *key = lh_signer_pubkey(options->signer);
    enum lh_code rc;

    if (cosigner == NULL) {
        lh_signer_free(options->signer);
        return lh_err_set(err, LH_ERR_NOMEM, "witness");
    }
    (void)pthread_mutex_init(&cosigner->lock, NULL);
    cosigner->store = options->store;
    cosigner->signer = options->signer;
    rc = lh_note_key_init(&cosigner->key, options->name, LH_NOTE_COSIGNATURE, key, err);
    if (rc == LH_OK) {
        rc = lh_suite_new(&cosigner->suite, key->alg == LH_ALG_SM2 ? LH_SUITE_G : LH_SUITE_W, err);
    }
    if (rc == LH_OK) {
        rc = add_logs(cosigner, options->policy, err);
    }
    if (rc != LH_OK) {
        lh_cosigner_free(cosigner);
        return rc;
    }
    *out = cosigner;
    return LH_OK;
}

void lh_cosigner_free(struct lh_cosigner *cosigner)
{
    if (cosigner == NULL) {
        return;
    }
    for (size_t i = 0; i < cosigner->log_count; i++) {
        lh_buf_clear(&cosigner->logs[i].note);
        lh_buf_clear(&cosigner->logs[i].fork);
    }
    free(cosigner->logs);
    lh_signer_free(cosigner->signer);
    lh_suite_free(cosigner->suite);
    (void)pthread_mutex_destroy(&cosigner->lock);
    free(cosigner);
}

const struct lh_note_key *lh_cosigner_key(const struct lh_cosigner *cosigner)
{
    return &cosigner->key;
}

size_t lh_cosigner_log_count(const struct lh_cosigner *cosigner)
{
    return cosigner->log_count;
}

/* ---- a request --------------------------------------------------------------------------------
 */

/* The line of the log, which was verified a moment ago. */
static void add_seal_line(struct lh_buf *out, const struct lh_note *note,
                          const struct lh_note_key *seal)
{
    const struct lh_note_line *line = lh_note_find(note, seal);

    lh_assert(line != NULL);
    lh_note_line_format(out, line);
}

/* spec network.md 2: "The witness signs its own encoding of what it parsed, stores no line that it
 * did not verify, and cosigns the same head again with a new time." */
static enum lh_code write_note(struct lh_cosigner *cosigner, struct lh_cosigning *out,
                               const struct lh_checkpoint *head, struct lh_bytes offered,
                               uint64_t time_s, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, offered, err);

    lh_checkpoint_format(&text, head);
    if (rc == LH_OK) {
        rc = lh_note_add_line(&out->lines, lh_buf_bytes(&text), &cosigner->key, cosigner->signer,
                              time_s, err);
    }
    if (rc == LH_OK) {
        lh_buf_add(&out->note, lh_buf_bytes(&text));
        lh_buf_add_u8(&out->note, '\n');
        add_seal_line(&out->note, &note, &cosigner->logs[out->log].log.seal);
        lh_buf_add(&out->note, lh_buf_bytes(&out->lines));
        rc = lh_buf_check(&out->note, err);
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&out->lines, err);
    }
    lh_buf_clear(&text);
    return rc;
}

/* Both notes, with the seal's lines alone: an empty line stands between. */
static enum lh_code write_fork(struct lh_cosigner *cosigner, struct lh_cosigning *out,
                               struct lh_bytes offered, struct lh_err *err)
{
    const struct witnessed *one = &cosigner->logs[out->log];
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, offered, err);

    if (rc == LH_OK) {
        lh_buf_add(&out->note, lh_buf_bytes(&one->note));
        lh_buf_add_u8(&out->note, '\n');
        lh_buf_add(&out->note, note.text);
        lh_buf_add_u8(&out->note, '\n');
        add_seal_line(&out->note, &note, &one->log.seal);
        rc = lh_buf_check(&out->note, err);
    }
    return rc;
}

/* spec network.md 2.1: "Within one second a head is cosigned once, and the same line is given
 * again:" */
static bool repeat_line(struct lh_cosigner *cosigner, struct lh_cosigning *out,
                        const struct witnessed *one, uint64_t time_s)
{
    struct lh_note note;
    uint64_t kept_time_s = 0;

    if (one->note.len == 0 || one->log.next.size != one->log.head.size ||
        lh_note_parse(&note, lh_buf_bytes(&one->note), NULL) != LH_OK ||
        lh_note_verify(&note, &cosigner->key, &kept_time_s, NULL) != LH_OK ||
        kept_time_s < time_s) {
        return false;
    }
    lh_note_line_format(&out->lines, lh_note_find(&note, &cosigner->key));
    return lh_buf_check(&out->lines, NULL) == LH_OK;
}

static void judge(struct lh_cosigner *cosigner, struct lh_cosigning *out,
                  const struct lh_witness_request *request, uint64_t time_s)
{
    struct witnessed *one = &cosigner->logs[out->log];
    enum lh_code rc;

    out->verdict = lh_witness_ask(&one->log, cosigner->suite, request, NULL, &out->err);
    out->size = one->log.head.size;
    if (out->verdict == LH_WITNESS_STORE && repeat_line(cosigner, out, one, time_s)) {
        lh_witness_dropped(&one->log);
        out->is_kept = true;
    } else if (out->verdict == LH_WITNESS_STORE) {
        rc = write_note(cosigner, out, &one->log.next, request->note, time_s, &out->err);
        out->wants_keep = rc == LH_OK;
        if (rc != LH_OK) { /* nothing is known to be wrong with the head */
            lh_witness_dropped(&one->log);
            out->verdict = LH_WITNESS_BUSY;
        }
    } else if (out->verdict == LH_WITNESS_FORK && one->fork.len == 0 && one->note.len > 0) {
        out->wants_keep = write_fork(cosigner, out, request->note, NULL) == LH_OK;
    }
}

void lh_cosigner_ask(struct lh_cosigner *cosigner, struct lh_cosigning *out, struct lh_bytes body,
                     uint64_t time_s)
{
    struct lh_witness_request request;
    const struct witnessed *one;

    lh_assert(time_s != 0);
    *out = (struct lh_cosigning){ .verdict = LH_WITNESS_MALFORMED,
                                  .err = LH_ERR_NONE,
                                  .note = LH_BUF_EMPTY,
                                  .lines = LH_BUF_EMPTY };
    if (lh_witness_request_parse(&request, body, &out->err) != LH_OK) {
        return;
    }
    one = find(cosigner, lh_witness_request_origin(&request));
    if (one == NULL) {
        out->verdict = LH_WITNESS_UNKNOWN;
        (void)lh_err_set(&out->err, LH_ERR_NOT_FOUND, "this log is not witnessed here");
        return;
    }
    out->log = (size_t)(one - cosigner->logs);
    memcpy(out->origin, one->log.seal.name, strlen(one->log.seal.name) + 1);
    (void)pthread_mutex_lock(&cosigner->lock);
    judge(cosigner, out, &request, time_s);
    (void)pthread_mutex_unlock(&cosigner->lock);
}

/* ---- keeping ----------------------------------------------------------------------------------
 */

static void replace(struct lh_buf *kept, struct lh_buf *now)
{
    lh_buf_clear(kept);
    *kept = *now;
    *now = (struct lh_buf)LH_BUF_EMPTY;
}

enum lh_code lh_cosigner_keep(struct lh_cosigner *cosigner, struct lh_cosigning *cosigning,
                              struct lh_err *err)
{
    bool is_head = cosigning->verdict == LH_WITNESS_STORE;
    struct witnessed *one = &cosigner->logs[cosigning->log];
    struct lh_store_key key =
        is_head ? lh_keys_meta_witness(cosigning->origin) : lh_keys_meta_fork(cosigning->origin);
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    enum lh_code rc;

    lh_assert(cosigning->wants_keep);
    cosigning->wants_keep = false;
    if (!is_head && one->fork.len > 0) { /* written by this thread alone */
        return LH_OK;                    /* another request was first */
    }
    lh_store_batch_put(&batch, LH_TABLE_META, lh_store_key_bytes(&key),
                       lh_buf_bytes(&cosigning->note));
    rc = lh_store_commit(cosigner->store, &batch, err);
    lh_store_batch_clear(&batch);
    (void)pthread_mutex_lock(&cosigner->lock);
    if (rc == LH_OK) {
        replace(is_head ? &one->note : &one->fork, &cosigning->note);
        cosigning->is_kept = true;
    }
    if (is_head && rc == LH_OK) {
        lh_witness_stored(&one->log);
    } else if (is_head) {
        lh_witness_dropped(&one->log);
    }
    (void)pthread_mutex_unlock(&cosigner->lock);
    return rc;
}

struct lh_bytes lh_cosigning_answer(const struct lh_cosigning *cosigning)
{
    return cosigning->verdict == LH_WITNESS_STORE && cosigning->is_kept
               ? lh_buf_bytes(&cosigning->lines)
               : LH_BYTES_EMPTY;
}

void lh_cosigning_clear(struct lh_cosigning *cosigning)
{
    lh_assert(!cosigning->wants_keep);
    lh_buf_clear(&cosigning->note);
    lh_buf_clear(&cosigning->lines);
}

/* ---- showing ----------------------------------------------------------------------------------
 */

enum lh_code lh_cosigner_show(struct lh_cosigner *cosigner, const struct lh_hash *origin_hash,
                              bool is_fork, struct lh_buf *out, struct lh_err *err)
{
    enum lh_code rc = LH_ERR_NOT_FOUND;

    (void)pthread_mutex_lock(&cosigner->lock);
    for (size_t i = 0; i < cosigner->log_count; i++) {
        const struct witnessed *one = &cosigner->logs[i];
        const struct lh_buf *shown = is_fork ? &one->fork : &one->note;

        if (shown->len > 0 && lh_hash_is_equal(&one->origin_hash, origin_hash)) {
            lh_buf_add(out, lh_buf_bytes(shown));
            rc = LH_OK;
        }
    }
    (void)pthread_mutex_unlock(&cosigner->lock);
    return rc == LH_OK ? lh_buf_check(out, err)
                       : lh_err_set(err, rc, "nothing was cosigned under this name");
}
