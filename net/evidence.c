#include "net/evidence.h"

#include "crypto/text.h"
#include "ledger/generation.h"
#include "ledger/proof_text.h"

#include <inttypes.h>
#include <string.h>

static const char MAGIC[] = "liuhen/evidence@";
static const char HEADER[] = "liuhen/evidence@v1";

static const char *const KINDS[] = {
    [LH_EVIDENCE_TWO_ROOTS] = "two-roots",
    [LH_EVIDENCE_TWO_HISTORIES] = "two-histories",
    [LH_EVIDENCE_BROKEN_RULE] = "broken-rule",
};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

bool lh_evidence_is_start(struct lh_bytes start)
{
    return start.len >= strlen(MAGIC) && memcmp(start.data, MAGIC, strlen(MAGIC)) == 0;
}

static enum lh_code read_head(struct lh_checkpoint *out, struct lh_note *note,
                              struct lh_bytes bytes, struct lh_err *err)
{
    enum lh_code rc = lh_note_parse(note, bytes, err);

    return rc != LH_OK ? rc : lh_checkpoint_parse(out, note->text, err);
}

/* spec network.md 3: "The smaller head stands first, of one size the one with the lower root." */
static bool is_in_order(const struct lh_checkpoint *first, const struct lh_checkpoint *second)
{
    return first->size != second->size
               ? first->size < second->size
               : memcmp(first->root.bytes, second->root.bytes, LH_HASH_SIZE) < 0;
}

/* ---- text ---- */

static void add_line(struct lh_buf *out, const char *word, struct lh_bytes bytes)
{
    lh_buf_add_format(out, "%s ", word);
    lh_base64_add(out, bytes);
    lh_buf_add_u8(out, '\n');
}

static void add_leaves(struct lh_buf *out, const struct lh_evidence *evidence)
{
    lh_buf_add_format(out, "rule %s\n", evidence->rule->id);
    for (size_t i = 0; i < evidence->leaf_count; i++) {
        const struct lh_shown_leaf *leaf = &evidence->leaves[i];

        lh_buf_add_format(out, "leaf %" PRIu64 " ", leaf->index);
        lh_base64_add(out, leaf->bytes);
        lh_buf_add_u8(out, '\n');
        lh_proof_path_format(out, &leaf->proof);
    }
}

/* What stands before the heads, its last empty line included. */
static void add_proof(struct lh_buf *out, const struct lh_evidence *evidence)
{
    switch (evidence->kind) {
    case LH_EVIDENCE_TWO_ROOTS:
        lh_buf_add_u8(out, '\n');
        break;
    case LH_EVIDENCE_TWO_HISTORIES:
        add_line(out, "root", lh_hash_bytes(&evidence->root));
        lh_proof_path_format(out, &evidence->proof);
        break;
    case LH_EVIDENCE_BROKEN_RULE:
        add_leaves(out, evidence);
        break;
    }
}

static enum lh_code add_heads(struct lh_buf *out, const struct lh_evidence *evidence,
                              struct lh_err *err)
{
    bool has_second = evidence->kind != LH_EVIDENCE_BROKEN_RULE;
    bool is_swapped = false;
    struct lh_checkpoint first;
    struct lh_checkpoint second;
    struct lh_note note;
    enum lh_code rc = read_head(&first, &note, evidence->first, err);

    if (rc == LH_OK && has_second) {
        rc = read_head(&second, &note, evidence->second, err);
        is_swapped = rc == LH_OK && !is_in_order(&first, &second);
    }
    if (rc == LH_OK) {
        lh_buf_add(out, is_swapped ? evidence->second : evidence->first);
    }
    if (rc == LH_OK && has_second) {
        lh_buf_add_u8(out, '\n');
        lh_buf_add(out, is_swapped ? evidence->first : evidence->second);
    }
    return rc;
}

enum lh_code lh_evidence_format(struct lh_buf *out, const struct lh_evidence *evidence,
                                struct lh_err *err)
{
    size_t start = out->len;
    enum lh_code rc;

    lh_buf_add_format(out, "%s\nkind %s\n", HEADER, KINDS[evidence->kind]);
    add_line(out, "genesis", evidence->genesis);
    add_line(out, "generation", evidence->generation);
    add_proof(out, evidence);
    rc = add_heads(out, evidence, err);
    if (rc == LH_OK) {
        rc = lh_buf_check(out, err);
    }
    if (rc == LH_OK && out->len - start > LH_EVIDENCE_MAX) {
        rc = lh_err_set(err, LH_ERR_LIMIT, "more than %d bytes", LH_EVIDENCE_MAX);
    }
    return rc;
}

/* The value of the line "<word> <value>". */
static enum lh_code take_value(struct lh_bytes *out, struct lh_bytes *rest, const char *word,
                               struct lh_err *err)
{
    size_t len = strlen(word);
    struct lh_bytes line;

    if (!lh_text_next_line(rest, &line) || line.len <= len || line.data[len] != ' ' ||
        memcmp(line.data, word, len) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "no line \"%s\" where one is wanted", word);
    }
    *out = lh_bytes_of(line.data + len + 1, line.len - len - 1);
    return LH_OK;
}

static enum lh_code take_base64(struct lh_buf *store, struct lh_bytes *rest, const char *word,
                                struct lh_err *err)
{
    struct lh_bytes value;
    enum lh_code rc = take_value(&value, rest, word, err);

    if (rc == LH_OK) {
        rc = lh_base64_decode(store, value, err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "%s", word);
        }
    }
    return rc;
}

static enum lh_code take_kind(enum lh_evidence_kind *out, struct lh_bytes *rest, struct lh_err *err)
{
    struct lh_bytes value;
    enum lh_code rc = take_value(&value, rest, "kind", err);

    for (size_t i = 0; rc == LH_OK && i < KIND_COUNT; i++) {
        if (lh_bytes_is_equal(value, lh_bytes_of_text(KINDS[i]))) {
            *out = (enum lh_evidence_kind)i;
            return LH_OK;
        }
    }
    return rc != LH_OK ? rc : lh_err_set(err, LH_ERR_UNKNOWN, "evidence of an unknown kind");
}

static enum lh_code take_header(struct lh_bytes *rest, struct lh_err *err)
{
    struct lh_bytes line;

    if (!lh_evidence_is_start(*rest) || !lh_text_next_line(rest, &line)) {
        return lh_err_set(err, LH_ERR_INVALID, "the first line is not %s", HEADER);
    }
    if (!lh_bytes_is_equal(line, lh_bytes_of_text(HEADER))) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "evidence of another version than 1");
    }
    return LH_OK;
}

static enum lh_code take_rule(const struct lh_chain_rule **out, struct lh_bytes *rest,
                              struct lh_err *err)
{
    struct lh_bytes value;
    enum lh_code rc = take_value(&value, rest, "rule", err);

    if (rc == LH_OK) {
        *out = lh_breach_find_rule(value);
        rc = *out != NULL ? LH_OK : lh_err_set(err, LH_ERR_UNKNOWN, "a rule that is not known");
    }
    return rc;
}

static bool has_leaf(struct lh_bytes rest)
{
    struct lh_bytes line;

    return lh_text_next_line(&rest, &line) && line.len > strlen("leaf ") &&
           memcmp(line.data, "leaf ", strlen("leaf ")) == 0;
}

/* A leaf with its path and the empty line behind it; its bytes are those that `store` grows by. */
static enum lh_code take_leaf(struct lh_shown_leaf *out, struct lh_buf *store,
                              struct lh_bytes *rest, struct lh_err *err)
{
    struct lh_bytes value;
    struct lh_bytes index;
    const uint8_t *space;
    enum lh_code rc = take_value(&value, rest, "leaf", err);

    if (rc != LH_OK) {
        return rc;
    }
    space = memchr(value.data, ' ', value.len);
    if (space == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "a leaf without its index");
    }
    index = lh_bytes_of(value.data, (size_t)(space - value.data));
    rc = lh_decimal_parse(&out->index, index, err);
    if (rc == LH_OK) {
        value = lh_bytes_of(space + 1, value.len - index.len - 1);
        rc = lh_base64_decode(store, value, err);
    }
    return rc == LH_OK ? lh_proof_path_parse(&out->proof, rest, err) : lh_err_wrap(err, rc, "leaf");
}

/* The leaves follow each other in `store`, which may move while it grows: `ends` says where. */
static enum lh_code take_leaves(struct lh_evidence *out, struct lh_buf *store,
                                size_t ends[LH_BREACH_LEAVES_MAX], struct lh_bytes *rest,
                                struct lh_err *err)
{
    enum lh_code rc = take_rule(&out->rule, rest, err);

    while (rc == LH_OK && out->leaf_count < LH_BREACH_LEAVES_MAX &&
           (out->leaf_count == 0 || has_leaf(*rest))) {
        rc = take_leaf(&out->leaves[out->leaf_count], store, rest, err);
        ends[out->leaf_count++] = store->len;
    }
    return rc;
}

/* What follows generation, with the empty line. */
static enum lh_code take_proof(struct lh_evidence *out, struct lh_buf *store,
                               size_t ends[LH_BREACH_LEAVES_MAX], struct lh_bytes *rest,
                               struct lh_err *err)
{
    struct lh_bytes value;
    enum lh_code rc = LH_OK;

    if (out->kind == LH_EVIDENCE_BROKEN_RULE) {
        return take_leaves(out, store, ends, rest, err);
    }
    if (out->kind == LH_EVIDENCE_TWO_HISTORIES) {
        rc = take_value(&value, rest, "root", err);
        if (rc == LH_OK) {
            rc = lh_base64_parse(out->root.bytes, LH_HASH_SIZE, value, err);
        }
    }
    if (rc == LH_OK) {
        rc = lh_proof_path_parse(&out->proof, rest, err);
    }
    if (rc == LH_OK && out->kind == LH_EVIDENCE_TWO_ROOTS && out->proof.count > 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a proof where none belongs");
    }
    return rc;
}

/* A checkpoint: lines, an empty one, and its signatures up to the next empty one, which goes too.
 */
static enum lh_code take_first_head(struct lh_bytes *out, struct lh_bytes *rest, struct lh_err *err)
{
    struct lh_bytes start = *rest;
    struct lh_bytes line;
    unsigned empty_count = 0;

    while (lh_text_next_line(rest, &line)) {
        empty_count += line.len == 0;
        if (empty_count == 2) {
            *out = lh_bytes_of(start.data, (size_t)(line.data - start.data));
            return LH_OK;
        }
    }
    return lh_err_set(err, LH_ERR_INVALID, "no empty line behind the first checkpoint");
}

/* The signed checkpoints, to the end. */
static enum lh_code take_heads(struct lh_evidence *out, struct lh_bytes *rest, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    if (out->kind == LH_EVIDENCE_BROKEN_RULE) {
        out->first = *rest;
        return rest->len > 0 ? LH_OK : lh_err_set(err, LH_ERR_INVALID, "no checkpoint");
    }
    rc = take_first_head(&out->first, rest, err);
    if (rc == LH_OK && rest->len == 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "no second checkpoint");
    }
    out->second = *rest;
    return rc;
}

enum lh_code lh_evidence_parse(struct lh_evidence *out, struct lh_buf *store, struct lh_bytes text,
                               struct lh_err *err)
{
    struct lh_evidence evidence = { .kind = LH_EVIDENCE_TWO_ROOTS };
    size_t ends[LH_BREACH_LEAVES_MAX] = { 0 };
    struct lh_bytes rest = text;
    size_t genesis_len = 0;
    size_t start = 0;
    enum lh_code rc;

    if (text.len > LH_EVIDENCE_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d bytes", LH_EVIDENCE_MAX);
    }
    lh_buf_reset(store);
    rc = take_header(&rest, err);
    if (rc == LH_OK) {
        rc = take_kind(&evidence.kind, &rest, err);
    }
    if (rc == LH_OK) {
        rc = take_base64(store, &rest, "genesis", err);
        genesis_len = store->len;
    }
    if (rc == LH_OK) {
        rc = take_base64(store, &rest, "generation", err);
        start = store->len;
    }
    if (rc == LH_OK) {
        rc = take_proof(&evidence, store, ends, &rest, err);
    }
    if (rc == LH_OK) {
        rc = take_heads(&evidence, &rest, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    evidence.genesis = lh_bytes_of(store->data, genesis_len);
    evidence.generation = lh_bytes_of(store->data + genesis_len, start - genesis_len);
    for (size_t i = 0; i < evidence.leaf_count; start = ends[i++]) {
        evidence.leaves[i].bytes = lh_bytes_of(store->data + start, ends[i] - start);
    }
    *out = evidence;
    return LH_OK;
}

/* ---- judging ---- */

static enum lh_code verify_heads(struct lh_evidence_report *out, const struct lh_evidence *evidence,
                                 struct lh_suite *suite, const struct lh_genesis *genesis,
                                 struct lh_err *err)
{
    struct lh_checkpoint unsealed;
    struct lh_note_key seal;
    struct lh_note note;
    enum lh_code rc = read_head(&unsealed, &note, evidence->first, err);

    if (rc == LH_OK) {
        rc = lh_generation_seal(&seal, suite, genesis, unsealed.origin, evidence->generation, err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_verify(&out->first, evidence->first, &seal, err);
    }
    if (rc != LH_OK || evidence->kind == LH_EVIDENCE_BROKEN_RULE) {
        return rc;
    }
    rc = lh_checkpoint_verify(&out->second, evidence->second, &seal, err);
    if (rc == LH_OK && !is_in_order(&out->first, &out->second)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "the heads are equal or not in their order");
    }
    return rc;
}

/* spec network.md 3: "The larger head holds another root at the size of the smaller." */
static enum lh_code verify_histories(const struct lh_evidence_report *report,
                                     const struct lh_evidence *evidence, struct lh_suite *suite,
                                     struct lh_err *err)
{
    if (report->first.size == report->second.size) {
        return lh_err_set(err, LH_ERR_INVALID, "two histories of one size are two roots");
    }
    if (lh_hash_is_equal(&evidence->root, &report->first.root)) {
        return lh_err_set(err, LH_ERR_FORGED, "the larger head holds the smaller one");
    }
    /* A tree of no leaves has one root whatever is claimed. */
    if (report->first.size == 0) {
        return lh_err_set(err, LH_ERR_FORGED, "nothing contradicts an empty tree");
    }
    return lh_tree_verify_consistency(suite, report->first.size, &evidence->root,
                                      report->second.size, &report->second.root, &evidence->proof,
                                      err);
}

/* Of two roots nothing but their sizes is left to be judged. */
static enum lh_code verify_roots(const struct lh_evidence_report *report, struct lh_err *err)
{
    return report->first.size == report->second.size
               ? LH_OK
               : lh_err_set(err, LH_ERR_FORGED, "two sizes may have two roots");
}

static enum lh_code verify_breach(struct lh_evidence_report *report,
                                  const struct lh_evidence *evidence, struct lh_suite *suite,
                                  const struct lh_genesis *genesis, struct lh_err *err)
{
    const struct lh_chain_rule *broken = NULL;
    enum lh_code rc = lh_breach_judge(&broken, suite, genesis, &report->first, evidence->leaves,
                                      evidence->leaf_count, err);

    if (rc == LH_OK && broken != evidence->rule) {
        rc = lh_err_set(err, LH_ERR_FORGED, "what is shown breaks %s, not %s", broken->id,
                        evidence->rule->id);
    }
    report->rule = evidence->rule;
    report->index = evidence->leaves[evidence->leaf_count - 1].index;
    return rc;
}

static enum lh_code verify_kind(struct lh_evidence_report *report,
                                const struct lh_evidence *evidence, struct lh_suite *suite,
                                const struct lh_genesis *genesis, struct lh_err *err)
{
    switch (evidence->kind) {
    case LH_EVIDENCE_TWO_ROOTS:
        return verify_roots(report, err);
    case LH_EVIDENCE_TWO_HISTORIES:
        return verify_histories(report, evidence, suite, err);
    case LH_EVIDENCE_BROKEN_RULE:
        return verify_breach(report, evidence, suite, genesis, err);
    }
    return LH_ERR_INVALID;
}

enum lh_code lh_evidence_verify(struct lh_evidence_report *out, const struct lh_evidence *evidence,
                                struct lh_err *err)
{
    struct lh_evidence_report report = { .first = { .size = 0 } };
    struct lh_genesis *genesis = NULL;
    struct lh_suite *suite = NULL;
    enum lh_code rc = lh_genesis_new(&genesis, evidence->genesis, err);

    if (rc == LH_OK) {
        report.network_id = *lh_genesis_network_id(genesis);
        rc = lh_suite_new(&suite, lh_genesis_suite(genesis), err);
    }
    if (rc == LH_OK) {
        rc = verify_heads(&report, evidence, suite, genesis, err);
    }
    if (rc == LH_OK) {
        rc = verify_kind(&report, evidence, suite, genesis, err);
    }
    if (rc == LH_OK) {
        *out = report;
    }
    lh_suite_free(suite);
    lh_genesis_free(genesis);
    return rc;
}
