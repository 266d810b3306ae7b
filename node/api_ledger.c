/* What a ledger can show of itself: entries, receipts, heads, consistency, keys. In the pool. */

#include "node/api_internal.h"

#include "crypto/text.h"
#include "ledger/authority.h"
#include "ledger/cosigned.h"
#include "ledger/event.h"
#include "net/json_more.h"
#include "node/copied.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- GET /v1/entries/{dept}/{gen}/{index} ------------------------------------------------------
 */

static const char *signature_word(const struct lh_node *node, struct lh_suite *suite,
                                  const lhpb_Entry *entry, size_t at,
                                  const struct lh_roster_key *key)
{
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_hash body_hash =
        lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    struct lh_sig signature;

    if (key == NULL) {
        return "unknown";
    }
    memcpy(signature.bytes, entry->signatures[at].value, sizeof signature.bytes);
    lh_entry_message(message, &node->rules.network_id, &body_hash);
    return lh_roster_key_verify(key, &signature, lh_bytes_of(message, sizeof message), NULL) ==
                   LH_OK
               ? "ok"
               : "bad";
}

static void add_key_text(struct lh_json *json, const struct lh_pubkey *key)
{
    struct lh_buf text = LH_BUF_EMPTY;

    lh_pubkey_format(&text, key);
    lh_json_add_text(json, "key", lh_buf_bytes(&text));
    lh_buf_clear(&text);
}

/* Signers and the level they reach together. Holds the roster still. */
static void add_signers(struct lh_json *json, struct lh_node *node, struct lh_suite *suite,
                        const lhpb_Entry *entry)
{
    const struct lh_roster *roster = lh_keyring_read(node->rules.keyring);
    unsigned level = 0;

    lh_json_begin_array(json, "signers");
    for (size_t i = 0; i < entry->signatures_count; i++) {
        const struct lh_roster_key *key;
        struct lh_key_id id;

        memcpy(id.bytes, entry->signatures[i].key_id, sizeof id.bytes);
        key = lh_roster_find(roster, &id);
        lh_json_begin_object(json, NULL);
        lh_json_add_hex(json, "key_id", lh_bytes_of(id.bytes, sizeof id.bytes));
        if (key != NULL) {
            level = lh_signer_kind_level(key->kind);
            lh_json_add_string(json, "kind", lh_signer_kind_name(key->kind));
            add_key_text(json, &key->key);
        }
        lh_json_add_string(json, "signature", signature_word(node, suite, entry, i, key));
        lh_json_end_object(json);
    }
    lh_json_end_array(json);
    lh_json_add_u64(json, "level", level);
    lh_keyring_end_read(node->rules.keyring);
}

static void add_event(struct lh_json *json, const lhpb_Body *body)
{
    json_t *event = lh_event_from_body(body);
    char *text = event != NULL ? json_dumps(event, JSON_COMPACT) : NULL;

    if (text != NULL) {
        lh_json_add_raw(json, "event", lh_bytes_of_text(text));
    } else {
        json->out->failed = true;
    }
    free(text);
    json_decref(event);
}

static void add_block(struct lh_json *json, const struct lh_ledger_block *block)
{
    lh_json_begin_object(json, "block");
    lh_json_add_u64(json, "height", block->height);
    lh_json_add_u64(json, "first", block->first);
    lh_json_add_u64(json, "entry_count", block->entry_count);
    lh_json_add_u64(json, "size", block->first + block->entry_count + 1);
    lh_json_end_object(json);
}

/* `node` NULL: of another department, whose keys nobody here keeps a roster of. */
static void add_entry(struct lh_json *json, struct lh_node *node, struct lh_suite *suite,
                      const lhpb_Entry *entry)
{
    struct lh_bytes bytes = lh_bytes_of(entry->body.bytes, entry->body.size);
    struct lh_hash body_hash = lh_body_hash(suite, bytes);
    lhpb_Body body;

    if (lh_body_decode(&body, bytes, NULL) == LH_OK) {
        lh_json_add_string(json, "type", lh_entry_type_name(body.type));
        lh_json_add_string(json, "type_zh", lh_entry_type_name_zh(body.type));
        add_event(json, &body);
    }
    lh_json_add_hex(json, "body_hash", lh_hash_bytes(&body_hash));
    lh_json_add_time(json, "recorded_at", (int64_t)entry->intake.recorded_at_ms);
    if (node != NULL) {
        add_signers(json, node, suite, entry);
    }
}

/* An entry on its way: where it stands, and what was read there. */
struct found {
    char name[LH_ORIGIN_MAX + 1];
    bool is_own;
    struct lh_buf bytes;
    lhpb_Leaf leaf;
    struct lh_ledger_block block;
};

static void write_entry(struct lh_api_call *call, struct lh_suite *suite, const struct found *found)
{
    struct lh_json json = lh_json_of(&call->body);
    struct lh_bytes leaf_bytes = lh_buf_bytes(&found->bytes);
    struct lh_hash leaf_hash = lh_hash_leaf(suite, leaf_bytes);

    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.entry/1");
    lh_json_add_string(&json, "entry", found->name);
    lh_json_add_hex(&json, "leaf_hash", lh_hash_bytes(&leaf_hash));
    lh_json_add_base64(&json, "leaf", leaf_bytes);
    if (found->leaf.which_kind == lhpb_Leaf_entry_tag) {
        add_entry(&json, found->is_own ? call->node : NULL, suite, &found->leaf.kind.entry);
    } else {
        lh_json_add_string(&json, "type", "HEADER");
        lh_json_add_string(&json, "type_zh", "区块头");
    }
    add_block(&json, &found->block);
    lh_json_end_object(&json);
}

static enum lh_code read_own(struct lh_api_call *call, uint64_t index, struct found *out,
                             struct lh_err *err)
{
    enum lh_code rc = lh_ledger_leaf(call->ledger, index, &out->bytes, err);

    lh_api_entry_text(call->ledger, index, out->name);
    out->is_own = true;
    return rc == LH_OK ? lh_ledger_block_of(call->ledger, index, &out->block, err) : rc;
}

/* Of another department, as far as its ledger is held here. */
static enum lh_code read_copied(struct lh_api_call *call, const struct lh_entry_name *name,
                                struct found *out, struct lh_err *err)
{
    struct lh_copied copied = LH_COPIED_EMPTY;
    const struct lh_copy_view *view;
    enum lh_code rc = lh_copied_list(&copied, call->node->peers, name->department, err);

    view = rc == LH_OK ? lh_copied_find(&copied, name->department, name->generation) : NULL;
    if (rc == LH_OK && view == NULL) {
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "that ledger is not held here");
    }
    if (rc == LH_OK) {
        rc = lh_copy_view_leaf(view, name->index, &out->bytes, err);
    }
    if (rc == LH_OK) {
        rc = lh_copy_view_block_of(view, name->index, &out->block, err);
    }
    lh_entry_name_format(out->name, name);
    lh_copied_clear(&copied);
    return rc;
}

void lh_api_entry(struct lh_api_call *call, struct lh_worker *worker)
{
    static const char *const names[] = { NULL };
    struct found found = { .bytes = LH_BUF_EMPTY, .block = { .checkpoint = LH_BUF_EMPTY } };
    struct lh_err err = LH_ERR_NONE;
    struct lh_entry_name name;
    uint64_t index;
    enum lh_code rc;

    if (!lh_api_check_query(call, names)) {
        return;
    }
    if (lh_entry_name_parse(&name, lh_bytes_of_text(call->rest), NULL) == LH_OK &&
        strcmp(name.department, call->node->rules.department) != 0) {
        rc = read_copied(call, &name, &found, &err);
    } else if (lh_api_entry_name(call, call->rest, &index)) {
        rc = read_own(call, index, &found, &err);
    } else {
        return;
    }
    if (rc == LH_OK) {
        rc = lh_leaf_decode(&found.leaf, lh_buf_bytes(&found.bytes), &err);
    }
    if (rc == LH_OK) {
        write_entry(call, worker->suite, &found);
    } else {
        lh_api_call_fail(call, rc, "the entry", &err);
    }
    lh_buf_clear(&found.block.checkpoint);
    lh_buf_clear(&found.bytes);
}

/* ---- GET /v1/receipts -------------------------------------------------------------------------
 */

static bool read_event_name(struct lh_api_call *call, struct lh_bytes *out_source,
                            struct lh_bytes *out_id)
{
    static const char *const names[] = { "source", "id", "wait", "wait_ms", NULL };
    const char *source = lh_http_query(call->http, "source");
    const char *id = lh_http_query(call->http, "id");

    if (!lh_api_check_query(call, names)) {
        return false;
    }
    if (source == NULL || id == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "wants source and id");
        return false;
    }
    *out_source = lh_bytes_of_text(source);
    *out_id = lh_bytes_of_text(id);
    return true;
}

static enum lh_code write_receipt(struct lh_api_call *call, struct lh_suite *suite, uint64_t index,
                                  struct lh_err *err)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    enum lh_code rc;

    lh_api_wait_look(call);
    rc = lh_levels_receipt(call->node->store, call->ledger, suite, index, &receipt,
                           &call->wait.reached, err);
    if (rc == LH_OK) {
        rc = lh_receipt_format(&call->body, &receipt, err);
    }
    lh_receipt_clear(&receipt);
    return rc;
}

static enum lh_code write_journal_receipt(struct lh_api_call *call, struct lh_bytes source,
                                          struct lh_bytes id, struct lh_err *err)
{
    struct lh_journal *journal = call->node->journal;
    struct lh_journal_row row = LH_JOURNAL_ROW_EMPTY;
    struct lh_hash digest;
    uint64_t sequence;
    enum lh_code rc = lh_journal_find(journal, source, id, &sequence, &digest, err);

    if (rc == LH_OK) {
        rc = lh_journal_read(journal, sequence, &row, err);
    }
    if (rc == LH_OK) {
        lh_buf_add(&call->body, lh_buf_bytes(&row.receipt));
        call->wait.reached = LH_LEVEL_RECORDED;
    }
    lh_journal_row_clear(&row);
    return rc;
}

/* The journal first: what leaves it stands in the ledger from then on. */
static enum lh_code write_event_receipt(struct lh_api_call *call, struct lh_suite *suite,
                                        struct lh_bytes source, struct lh_bytes id,
                                        struct lh_err *err)
{
    struct lh_ledger_event found;
    enum lh_code rc = write_journal_receipt(call, source, id, err);

    if (rc != LH_ERR_NOT_FOUND) {
        return rc;
    }
    rc = lh_ledger_find_event(call->node->ledger, source, id, &found, err);
    if (rc != LH_OK) {
        return rc == LH_AGAIN ? LH_ERR_NOT_FOUND : rc;
    }
    call->ledger = found.ledger;
    return write_receipt(call, suite, found.index, err);
}

/* By name in the path, or by ?source=&id=. */
void lh_api_receipt(struct lh_api_call *call, struct lh_worker *worker)
{
    static const char *const by_name[] = { "wait", "wait_ms", NULL };
    bool is_named = call->rest[0] != '\0';
    struct lh_err err = LH_ERR_NONE;
    struct lh_bytes source;
    struct lh_bytes id;
    uint64_t index;
    enum lh_code rc;

    if (is_named) {
        if (!lh_api_check_query(call, by_name) || !lh_api_query_wait(call) ||
            !lh_api_entry_name(call, call->rest, &index)) {
            return;
        }
        rc = write_receipt(call, worker->suite, index, &err);
    } else {
        if (!read_event_name(call, &source, &id) || !lh_api_query_wait(call)) {
            return;
        }
        rc = write_event_receipt(call, worker->suite, source, id, &err);
    }
    if (is_named && rc == LH_ERR_INVALID) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND,
                       "this is the header of a block, which has no receipt: its seal is "
                       "/v1/checkpoint?size=%" PRIu64,
                       index + 1);
    } else if (rc != LH_OK) {
        lh_api_call_fail(call, rc, is_named ? "the receipt" : "an event of this source and id",
                         &err);
    }
    call->content_type = "text/plain; charset=utf-8";
    call->level = lh_level_name(call->wait.reached);
}

/* ---- GET /v1/checkpoint, /v1/consistency -------------------------------------------------------
 */

static void checkpoint_of_size(struct lh_api_call *call, uint64_t size)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_ledger_sealed(call->ledger, size, &call->body, &err);

    if (rc == LH_OK) {
        rc = lh_api_add_cosignatures(call, size, &call->body, &err);
    }
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "a checkpoint of this size", &err);
    }
}

void lh_api_checkpoint(struct lh_api_call *call, struct lh_worker *worker)
{
    static const char *const names[] = { "size", "generation", NULL };
    uint64_t size = 0;

    (void)worker;
    if (!lh_api_check_query(call, names) || !lh_api_query_u64(call, "size", &size) ||
        !lh_api_generation(call, lh_http_query(call->http, "generation"))) {
        return;
    }
    call->content_type = "text/plain; charset=utf-8";
    if (lh_http_query(call->http, "size") != NULL) {
        checkpoint_of_size(call, size);
    } else {
        (void)lh_api_head(call, &size, &call->body);
    }
}

void lh_api_consistency(struct lh_api_call *call, struct lh_worker *worker)
{
    static const char *const names[] = { "from", "to", "generation", NULL };
    struct lh_tree_source nodes;
    struct lh_json json = lh_json_of(&call->body);
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_head head;
    struct lh_proof proof;
    uint64_t from = 0;
    uint64_t to;
    enum lh_code rc;

    if (!lh_api_generation(call, lh_http_query(call->http, "generation"))) {
        return;
    }
    nodes = lh_ledger_nodes(call->ledger);
    lh_ledger_head(call->ledger, &head);
    to = head.size;
    if (!lh_api_check_query(call, names) || !lh_api_query_u64(call, "from", &from) ||
        !lh_api_query_u64(call, "to", &to)) {
        return;
    }
    if (from > to || to > head.size) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND,
                       "wants from <= to <= %" PRIu64 ", the size of the ledger", head.size);
        return;
    }
    rc = lh_tree_prove_consistency(worker->suite, &proof, &nodes, from, to, &err);
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "the proof", &err);
        return;
    }
    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.consistency/1");
    lh_json_add_u64(&json, "from", from);
    lh_json_add_u64(&json, "to", to);
    lh_json_begin_array(&json, "proof");
    for (size_t i = 0; i < proof.count; i++) {
        lh_json_add_base64(&json, NULL, lh_hash_bytes(&proof.path[i]));
    }
    lh_json_end_array(&json);
    lh_json_end_object(&json);
}

/* ---- GET /v1/staff -----------------------------------------------------------------------------
 */

static void add_roles(struct lh_json *json, uint64_t roles)
{
    static const struct {
        uint64_t bit;
        const char *name;
    } names[] = {
        { LH_ROLE_COUNTER, "counter" },       { LH_ROLE_APPROVER, "approver" },
        { LH_ROLE_SUPERVISOR, "supervisor" }, { LH_ROLE_AUDITOR, "auditor" },
        { LH_ROLE_OPERATOR, "operator" },
    };

    lh_json_begin_array(json, "roles");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((roles & names[i].bit) != 0) {
            lh_json_add_string(json, NULL, names[i].name);
        }
    }
    lh_json_end_array(json);
}

/* INT64_MAX is "open" and 0 "since ever"; neither is a time. */
static void add_bound(struct lh_json *json, const char *name, int64_t unix_ms)
{
    if (unix_ms != INT64_MAX && unix_ms != 0) {
        lh_json_add_time(json, name, unix_ms);
    } else {
        lh_json_add_null(json, name);
    }
}

static void add_key(struct lh_json *json, const struct lh_roster_key *key)
{
    struct lh_bytes staff = lh_bytes_of(key->staff, sizeof key->staff);
    struct lh_bytes session = lh_bytes_of(key->session, sizeof key->session);

    lh_json_begin_object(json, NULL);
    if (!lh_bytes_is_zero(staff)) {
        lh_json_add_hex(json, "staff", staff);
    }
    if (!lh_bytes_is_zero(session)) {
        lh_json_add_hex(json, "session", session);
    }
    lh_json_add_hex(json, "key_id", lh_bytes_of(key->id.bytes, sizeof key->id.bytes));
    add_key_text(json, &key->key);
    lh_json_add_string(json, "kind", lh_signer_kind_name(key->kind));
    add_roles(json, key->roles);
    add_bound(json, "valid_from", key->valid_from_unix_ms);
    add_bound(json, "valid_until", key->valid_until_unix_ms);
    add_bound(json, "revoked_from", key->revoked_from_unix_ms);
    lh_json_add_u64(json, "enrolled_at", key->enrolled_at);
    lh_json_end_object(json);
}

void lh_api_staff(struct lh_api_call *call, struct lh_worker *worker)
{
    static const char *const names[] = { NULL };
    struct lh_json json = lh_json_of(&call->body);
    const struct lh_roster *roster;

    (void)worker;
    if (!lh_api_check_query(call, names)) {
        return;
    }
    roster = lh_keyring_read(call->node->rules.keyring);
    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.staff/1");
    lh_json_begin_array(&json, "items");
    for (size_t i = 0; i < lh_roster_count(roster); i++) {
        add_key(&json, lh_roster_at(roster, i));
    }
    lh_json_end_array(&json);
    lh_json_end_object(&json);
    lh_keyring_end_read(call->node->rules.keyring);
}
