#include "ledger/generation.h"

#include "ledger/roster.h"

#include <stdlib.h>
#include <string.h>

/* A leaf and its body are large. */
struct first_leaf {
    lhpb_Leaf leaf;
    lhpb_Body body;
};

static enum lh_code read_leaf(struct first_leaf *out, const struct lh_origin *origin,
                              struct lh_bytes bytes, struct lh_err *err)
{
    enum lh_code rc = lh_leaf_decode(&out->leaf, bytes, err);

    if (rc == LH_OK && out->leaf.which_kind != lhpb_Leaf_entry_tag) {
        rc = lh_err_set(err, LH_ERR_INVALID, "not an entry");
    }
    if (rc == LH_OK) {
        const lhpb_Entry *entry = &out->leaf.kind.entry;

        rc = lh_body_decode(&out->body, lh_bytes_of(entry->body.bytes, entry->body.size), err);
    }
    if (rc == LH_OK && out->body.type != lhpb_EntryType_GENERATION) {
        rc = lh_err_set(err, LH_ERR_INVALID, "the first leaf is no GENERATION");
    }
    if (rc == LH_OK && out->body.detail.generation.number != origin->generation) {
        rc = lh_err_set(err, LH_ERR_FORGED, "it does not open generation %u", origin->generation);
    }
    return rc;
}

static enum lh_code judge(struct first_leaf *first, struct lh_suite *suite,
                          const struct lh_genesis *genesis, const struct lh_origin *origin,
                          struct lh_err *err)
{
    struct lh_roster *roster = NULL;
    enum lh_code rc = lh_roster_new(&roster, genesis, lh_bytes_of_text(origin->department), err);

    if (rc == LH_OK) {
        rc = lh_roster_judge(roster, suite, &first->leaf.kind.entry, &first->body, true, NULL, err);
    }
    lh_roster_free(roster);
    return rc;
}

enum lh_code lh_generation_seal(struct lh_note_key *out, struct lh_suite *suite,
                                const struct lh_genesis *genesis, const char *origin_text,
                                struct lh_bytes leaf, struct lh_err *err)
{
    struct first_leaf *first = NULL;
    struct lh_origin origin;
    struct lh_pubkey seal;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(origin_text), err);

    if (rc == LH_OK && strcmp(origin.network, lh_genesis_network(genesis)) != 0) {
        rc = lh_err_set(err, LH_ERR_FORGED, "network \"%s\" is not the one of the genesis file",
                        origin.network);
    }
    if (rc != LH_OK) {
        return rc;
    }
    first = malloc(sizeof *first);
    if (first == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a first leaf");
    }
    rc = read_leaf(first, &origin, leaf, err);
    if (rc == LH_OK) {
        rc = judge(first, suite, genesis, &origin, err);
    }
    if (rc == LH_OK) {
        rc = lh_pubkey_from_wire(&seal, &first->body.detail.generation.seal_key, err);
    }
    free(first);
    return rc == LH_OK ? lh_note_key_init(out, origin_text, LH_NOTE_LOG, &seal, err) : rc;
}
