#include "ledger/cosigned.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"

#include <string.h>

/* ---- merging ---- */

/* Whose lines of `offered` are taken: a place in the policy's parties is set. */
struct choice {
    bool is_taken[LH_POLICY_PARTIES_MAX];
    size_t witness_count; /* of the policy, with a line in `offered` */
    size_t new_count;     /* without one in `held` */
};

static enum lh_code choose(struct choice *out, const struct lh_policy *policy,
                           const struct lh_note *held, const struct lh_note *offered,
                           struct lh_err *err)
{
    for (size_t i = 0; i < policy->party_count; i++) {
        const struct lh_policy_party *party = &policy->parties[i];
        uint64_t held_time_s = 0;
        uint64_t time_s = 0;
        enum lh_code rc;

        if (!party->is_witness || lh_note_find(offered, &party->key) == NULL) {
            continue;
        }
        rc = lh_note_verify(offered, &party->key, &time_s, err);
        if (rc != LH_OK) {
            return rc;
        }
        out->witness_count++;
        rc = lh_note_verify(held, &party->key, &held_time_s, NULL);
        out->is_taken[i] = rc != LH_OK || time_s >= held_time_s;
        out->new_count += rc != LH_OK ? 1 : 0;
    }
    return out->witness_count > 0
               ? LH_OK
               : lh_err_set(err, LH_ERR_NOT_FOUND, "no witness of the policy has cosigned it");
}

static bool is_replaced(const struct choice *choice, const struct lh_policy *policy,
                        const struct lh_note *held, const struct lh_note_line *line)
{
    for (size_t i = 0; i < policy->party_count; i++) {
        if (choice->is_taken[i] && lh_note_find(held, &policy->parties[i].key) == line) {
            return true;
        }
    }
    return false;
}

static void write_note(struct lh_buf *out, const struct choice *choice,
                       const struct lh_policy *policy, const struct lh_note *held,
                       const struct lh_note *offered)
{
    lh_buf_add(out, held->text);
    lh_buf_add_u8(out, '\n');
    for (size_t i = 0; i < held->line_count; i++) {
        if (!is_replaced(choice, policy, held, &held->lines[i])) {
            lh_note_line_format(out, &held->lines[i]);
        }
    }
    for (size_t i = 0; i < policy->party_count; i++) {
        if (choice->is_taken[i]) {
            lh_note_line_format(out, lh_note_find(offered, &policy->parties[i].key));
        }
    }
}

enum lh_code lh_cosigned_merge(struct lh_buf *out, const struct lh_policy *policy,
                               struct lh_bytes held, struct lh_bytes offered, size_t *out_count,
                               struct lh_err *err)
{
    struct choice choice = { .witness_count = 0 };
    struct lh_buf merged = LH_BUF_EMPTY;
    struct lh_note ours;
    struct lh_note theirs;
    enum lh_code rc = lh_note_parse(&ours, held, err);

    if (rc == LH_OK) {
        rc = lh_note_parse(&theirs, offered, err);
    }
    if (rc == LH_OK && !lh_bytes_is_equal(ours.text, theirs.text)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "it is not the checkpoint of this size");
    }
    if (rc == LH_OK) {
        rc = choose(&choice, policy, &ours, &theirs, err);
    }
    if (rc == LH_OK && ours.line_count + choice.new_count > LH_NOTE_LINES_MAX) {
        rc = lh_err_set(err, LH_ERR_LIMIT, "more than %d lines", LH_NOTE_LINES_MAX);
    }
    if (rc == LH_OK) {
        write_note(&merged, &choice, policy, &ours, &theirs);
        lh_buf_add(out, lh_buf_bytes(&merged));
        rc = lh_buf_check(out, err);
    }
    if (rc == LH_OK && out_count != NULL) {
        *out_count = choice.new_count;
    }
    lh_buf_clear(&merged);
    return rc;
}

/* ---- rows ---- */

void lh_cosigned_put(struct lh_store_batch *batch, const char *origin, uint64_t size,
                     struct lh_bytes note)
{
    struct lh_store_key key = lh_keys_meta_cosigned_at(origin, size);

    lh_store_batch_put(batch, LH_TABLE_META, lh_store_key_bytes(&key), note);
}

enum lh_code lh_cosigned_get(struct lh_store *store, const char *origin, uint64_t size,
                             struct lh_buf *out, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_meta_cosigned_at(origin, size);

    return lh_store_get(store, LH_TABLE_META, lh_store_key_bytes(&key), out, err);
}

/* What marks heads of a level; those of level sealed bear no mark but their note. */
static const char *kind_of(enum lh_level level)
{
    return level == LH_LEVEL_FINAL       ? "final"
           : level == LH_LEVEL_WITNESSED ? "witnessed"
                                         : "cosigned";
}

void lh_cosigned_mark(struct lh_store_batch *batch, const char *origin, uint64_t size,
                      enum lh_level level)
{
    struct lh_store_key key = lh_keys_meta_level_at(kind_of(level), origin, size);

    lh_assert(level == LH_LEVEL_WITNESSED || level == LH_LEVEL_FINAL);
    lh_store_batch_put(batch, LH_TABLE_META, lh_store_key_bytes(&key), lh_bytes_of_text(""));
}

static enum lh_code find_next(struct lh_store *store, const char *kind, const char *origin,
                              uint64_t from, uint64_t *out_size, struct lh_err *err)
{
    struct lh_store_key prefix = lh_keys_meta_level(kind, origin);
    struct lh_store_key start = lh_keys_meta_level_at(kind, origin, from);
    struct lh_store_iter *iter = NULL;
    bool is_found = false;
    uint64_t size = 0;
    enum lh_code rc = lh_store_iter_new(&iter, store, LH_TABLE_META, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek(iter, lh_store_key_bytes(&start));
    if (lh_store_iter_is_valid(iter)) {
        is_found = lh_keys_position(&size, lh_store_iter_key(iter), &prefix);
    }
    rc = lh_store_iter_check(iter, err);
    lh_store_iter_free(iter);
    if (rc == LH_OK && !is_found) {
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "no %s head from there on", kind);
    }
    if (rc == LH_OK) {
        *out_size = size;
    }
    return rc;
}

enum lh_code lh_cosigned_next(struct lh_store *store, const char *origin, uint64_t from,
                              uint64_t *out_size, struct lh_err *err)
{
    return find_next(store, kind_of(LH_LEVEL_SEALED), origin, from, out_size, err);
}

enum lh_code lh_cosigned_best(struct lh_store *store, const char *origin, uint64_t from,
                              uint64_t *out_size, enum lh_level *out_level, struct lh_err *err)
{
    static const enum lh_level levels[] = { LH_LEVEL_FINAL, LH_LEVEL_WITNESSED, LH_LEVEL_SEALED };
    enum lh_code rc = LH_ERR_NOT_FOUND;

    for (size_t i = 0; rc == LH_ERR_NOT_FOUND && i < sizeof levels / sizeof levels[0]; i++) {
        rc = find_next(store, kind_of(levels[i]), origin, from, out_size, err);
        if (rc == LH_OK) {
            *out_level = levels[i];
        }
    }
    return rc;
}

/* ---- what an archive carries ---- */

/* `out_size` 0: there is none. */
static enum lh_code find_last(struct lh_store *store, const char *kind, const char *origin,
                              uint64_t size, uint64_t *out_size, struct lh_err *err)
{
    struct lh_store_key prefix = lh_keys_meta_level(kind, origin);
    struct lh_store_key end = lh_keys_meta_level_at(kind, origin, size);
    struct lh_store_iter *iter = NULL;
    uint64_t found = 0;
    enum lh_code rc = lh_store_iter_new(&iter, store, LH_TABLE_META, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek_back(iter, lh_store_key_bytes(&end));
    if (!lh_store_iter_is_valid(iter) ||
        !lh_keys_position(&found, lh_store_iter_key(iter), &prefix)) {
        found = 0;
    }
    rc = lh_store_iter_check(iter, err);
    lh_store_iter_free(iter);
    if (rc == LH_OK) {
        *out_size = found;
    }
    return rc;
}

enum lh_code lh_cosigned_newest(struct lh_store *store, const char *origin, uint64_t size,
                                struct lh_cosigned_newest *out, struct lh_err *err)
{
    struct lh_cosigned_newest newest = { .sizes = { 0 } };
    enum lh_code rc = LH_OK;

    for (int level = LH_LEVEL_SEALED; rc == LH_OK && level <= (int)LH_LEVEL_FINAL; level++) {
        rc = find_last(store, kind_of((enum lh_level)level), origin, size, &newest.sizes[level],
                       err);
    }
    if (rc == LH_OK) {
        *out = newest;
    }
    return rc;
}

enum lh_code lh_cosigned_show(struct lh_store *store, const char *origin,
                              const struct lh_cosigned_newest *newest, uint64_t size,
                              struct lh_buf *checkpoint, struct lh_err *err)
{
    bool is_newest = false;

    for (int level = LH_LEVEL_SEALED; level <= (int)LH_LEVEL_FINAL; level++) {
        is_newest = is_newest || newest->sizes[level] == size;
    }
    if (!is_newest) {
        return LH_OK;
    }
    enum lh_code rc = lh_cosigned_get(store, origin, size, checkpoint, err);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}
