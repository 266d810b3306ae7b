#include "cli/proven.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lh_proven_init(struct lh_proven *proven, struct lh_cli *cli, bool is_off)
{
    *proven = (struct lh_proven){ .cli = cli, .is_off = is_off };
}

void lh_proven_clear(struct lh_proven *proven)
{
    lh_suite_free(proven->suite);
    lh_pin_clear(&proven->pin);
    *proven = (struct lh_proven){ .cli = NULL };
}

/* The first checkpoint names the ledger; from then on it must stay the same one. */
static enum lh_code settle_ledger(struct lh_proven *proven, const char *origin, struct lh_err *err)
{
    enum lh_code rc;

    if (proven->suite != NULL) {
        return strcmp(proven->checkpoint.origin, origin) == 0
                   ? LH_OK
                   : lh_err_set(err, LH_ERR_FORGED, "the node went over from %s to %s",
                                proven->checkpoint.origin, origin);
    }
    if (proven->is_off) {
        return lh_suite_new(&proven->suite, LH_SUITE_W, err);
    }
    lh_pin_clear(&proven->pin);
    rc = lh_pin_open(&proven->pin, proven->cli, origin, err);
    if (rc != LH_OK) {
        return rc;
    }
    lh_pin_tell(&proven->pin, proven->cli);
    proven->seal = lh_pin_find(&proven->pin, origin);
    return lh_suite_new(&proven->suite,
                        proven->seal->key.alg == LH_ALG_SM2 ? LH_SUITE_G : LH_SUITE_W, err);
}

static enum lh_code take_checkpoint(struct lh_proven *proven, struct lh_bytes note,
                                    bool is_remembered, struct lh_err *err)
{
    struct lh_note parsed;
    struct lh_checkpoint checkpoint;
    bool is_known;
    enum lh_code rc;

    rc = lh_note_parse(&parsed, note, err);
    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&checkpoint, parsed.text, err);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, LH_ERR_FORGED, "the node's checkpoint");
    }
    rc = settle_ledger(proven, checkpoint.origin, err);
    if (rc != LH_OK) {
        return rc;
    }
    is_known = proven->checkpoint.size == checkpoint.size &&
               lh_hash_is_equal(&proven->checkpoint.root, &checkpoint.root);
    if (!proven->is_off && !is_known) {
        rc = lh_checkpoint_verify(&checkpoint, note, proven->seal, err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, LH_ERR_FORGED, "the seal of %s", checkpoint.origin);
        }
        if (proven->checkpoint.size == checkpoint.size && proven->suite != NULL &&
            proven->checkpoint.origin[0] != '\0') {
            return lh_err_set(err, LH_ERR_CONFLICT, "two roots of size %llu of %s",
                              (unsigned long long)checkpoint.size, checkpoint.origin);
        }
        rc = !is_remembered ? LH_OK
                            : lh_pin_remember(proven->cli, proven->suite, proven->seal, note,
                                              &checkpoint, &proven->seen_size, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    proven->checkpoint = checkpoint;
    return LH_OK;
}

enum lh_code lh_proven_checkpoint(struct lh_proven *proven, struct lh_bytes note,
                                  struct lh_err *err)
{
    return take_checkpoint(proven, note, true, err);
}

enum lh_code lh_proven_checkpoint_held(struct lh_proven *proven, struct lh_bytes note,
                                       struct lh_err *err)
{
    return take_checkpoint(proven, note, false, err);
}

void lh_proven_turn_to(struct lh_proven *proven, uint32_t generation)
{
    struct lh_origin origin;

    if (proven->suite == NULL ||
        (lh_origin_parse(&origin, lh_bytes_of_text(proven->checkpoint.origin), NULL) == LH_OK &&
         origin.generation == generation)) {
        return;
    }
    lh_suite_free(proven->suite);
    proven->suite = NULL;
    proven->seal = NULL;
    proven->checkpoint = (struct lh_checkpoint){ .size = 0 };
}

static bool is_new(const struct lh_client_reply *reply)
{
    json_t *problem = NULL;
    bool result = lh_api_parse(&problem, lh_buf_bytes(&reply->body), NULL) == LH_OK &&
                  strcmp(lh_api_text(problem, "code"), "state.new") == 0;

    json_decref(problem);
    return result;
}

static enum lh_code take_head(struct lh_proven *proven, const char *target, struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    enum lh_code rc;

    rc = lh_api_get(proven->cli, &reply, target, err);
    if (rc == LH_OK) {
        rc = lh_proven_checkpoint(proven, lh_buf_bytes(&reply.body), err);
    } else if (is_new(&reply)) {
        rc = LH_ERR_NOT_FOUND;
    }
    lh_client_reply_clear(&reply);
    return rc;
}

enum lh_code lh_proven_head(struct lh_proven *proven, struct lh_err *err)
{
    return take_head(proven, "/v1/checkpoint", err);
}

enum lh_code lh_proven_head_of(struct lh_proven *proven, uint32_t generation, struct lh_err *err)
{
    char target[64];

    (void)snprintf(target, sizeof target, "/v1/checkpoint?generation=%u", (unsigned)generation);
    return take_head(proven, target, err);
}

/* "gaj/1/5" belongs to ledger "jinhua/gaj/1". */
enum lh_code lh_proven_check_name(const struct lh_proven *proven, const char *name,
                                  struct lh_err *err)
{
    const char *own = strchr(proven->checkpoint.origin, '/');
    const char *last = strrchr(name, '/');

    if (own == NULL || last == NULL ||
        !lh_bytes_is_equal(lh_bytes_of_text(own + 1), lh_bytes_of(name, (size_t)(last - name)))) {
        return lh_err_set(err, LH_ERR_FORGED, "it is not of ledger %s", proven->checkpoint.origin);
    }
    return LH_OK;
}

int lh_proven_fail(const struct lh_proven *proven, enum lh_code rc, const struct lh_err *err)
{
    if (rc == LH_ERR_FORGED) {
        lh_cli_warn(proven->cli, LH_MSG_VERIFY_FAILED, lh_cli_sign(proven->cli, rc), err->text,
                    NULL);
        return LH_EXIT_FORGED;
    }
    if (rc == LH_ERR_CONFLICT) {
        lh_cli_warn(proven->cli, LH_MSG_VERIFY_FORK, lh_cli_sign(proven->cli, rc), err->text, NULL);
        return LH_EXIT_FORK;
    }
    return lh_cli_fail(proven->cli, rc, err);
}

enum lh_code lh_item_new(struct lh_item **out, struct lh_err *err)
{
    struct lh_item *item = calloc(1, sizeof *item);

    if (item == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    *out = item;
    return LH_OK;
}

void lh_item_free(struct lh_item *item)
{
    if (item == NULL) {
        return;
    }
    lh_buf_clear(&item->leaf);
    free(item);
}

/* How an entry was signed, as far as its own bytes say: a session, a staff member, or neither. */
static unsigned level_of(const lhpb_Body *body)
{
    if (body->has_session) {
        return 2;
    }
    return body->has_staff ? 3 : 1;
}

enum lh_code lh_item_decode(struct lh_item *item, struct lh_suite *suite, struct lh_bytes leaf,
                            const char *name, struct lh_err *err)
{
    struct lh_entry_name parsed;
    const lhpb_Entry *entry = &item->decoded.kind.entry;
    enum lh_code rc;

    rc = lh_entry_name_parse(&parsed, lh_bytes_of_text(name), err);
    if (rc == LH_OK) {
        rc = lh_leaf_decode(&item->decoded, leaf, err);
    }
    if (rc == LH_OK && item->decoded.which_kind != lhpb_Leaf_entry_tag) {
        rc = lh_err_set(err, LH_ERR_INVALID, "not an entry");
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "%.100s", name);
    }
    lh_buf_reset(&item->leaf);
    lh_buf_add(&item->leaf, leaf);
    item->index = parsed.index;
    lh_entry_name_format(item->name, &parsed);
    item->leaf_hash = lh_hash_leaf(suite, leaf);
    rc = lh_body_decode(&item->body, lh_bytes_of(entry->body.bytes, entry->body.size), err);
    item->is_opaque = rc == LH_ERR_UNKNOWN;
    if (item->is_opaque) {
        item->row = (struct lh_row){ .index = parsed.index,
                                     .recorded_unix_ms = (int64_t)entry->intake.recorded_at_ms };
        return LH_OK;
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "%s", item->name);
    }
    lh_row_of(&item->row, parsed.index, entry, &item->body, level_of(&item->body));
    return lh_buf_check(&item->leaf, err);
}

enum lh_code lh_proven_item(struct lh_proven *proven, struct lh_item *out, const json_t *element,
                            struct lh_err *err)
{
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_proof proof = { .count = 0 };
    const char *name = lh_api_text(element, "entry");
    enum lh_code rc;

    rc = lh_api_bytes(element, "leaf", &leaf, err);
    if (rc == LH_OK) {
        rc = lh_item_decode(out, proven->suite, lh_buf_bytes(&leaf), name, err);
    }
    if (rc == LH_ERR_INVALID) {
        rc = LH_ERR_FORGED;
    }
    if (rc == LH_OK && !proven->is_off) {
        rc = lh_api_proof(element, "proof", &proof, err);
        if (rc == LH_OK) {
            rc = lh_proven_check_name(proven, name, err);
        }
        if (rc == LH_OK) {
            rc = lh_tree_verify_inclusion(proven->suite, &out->leaf_hash, out->index,
                                          proven->checkpoint.size, &proof, &proven->checkpoint.root,
                                          err);
        }
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "entry %.100s", name);
        }
        out->path_len = proof.count;
    }
    lh_buf_clear(&leaf);
    return rc;
}
