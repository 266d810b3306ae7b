#include "ledger/generation.h"

#include "ledger/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A leaf and its body are large. */
struct first_leaf {
    lhpb_Leaf leaf;
    lhpb_Body body;
};

static enum lh_code read_leaf(struct first_leaf *out, struct lh_bytes bytes, struct lh_err *err)
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
    return rc;
}

/* The seal that a good first leaf names, and the header before the ledger's first one; network id
 * if there is none. Whoever is asked stands in the roster. */
static enum lh_code read_generation(struct lh_pubkey *out_seal, struct lh_hash *out_prev,
                                    struct lh_suite *suite, const struct lh_roster *roster,
                                    const struct lh_hash *network_id,
                                    const struct lh_origin *origin, struct lh_bytes leaf,
                                    struct lh_err *err)
{
    struct first_leaf *first = malloc(sizeof *first);
    const lhpb_Generation *generation;
    enum lh_code rc;

    if (first == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a first leaf");
    }
    generation = &first->body.detail.generation;
    rc = read_leaf(first, leaf, err);
    if (rc == LH_OK && generation->number != origin->generation) {
        rc = lh_err_set(err, LH_ERR_FORGED, "it does not open generation %u", origin->generation);
    }
    if (rc == LH_OK) {
        rc = lh_roster_judge(roster, suite, &first->leaf.kind.entry, &first->body, true, NULL, err);
    }
    if (rc == LH_OK) {
        rc = lh_pubkey_from_wire(out_seal, &generation->seal_key, err);
    }
    if (rc == LH_OK) {
        *out_prev = *network_id;
        if (generation->has_prev_header) {
            memcpy(out_prev->bytes, generation->prev_header, sizeof out_prev->bytes);
        }
    }
    free(first);
    return rc;
}

/* As founded. */
static enum lh_code read_founded(struct lh_pubkey *out_seal, struct lh_hash *out_prev,
                                 struct lh_suite *suite, const struct lh_genesis *genesis,
                                 const char *origin_text, struct lh_bytes leaf, struct lh_err *err)
{
    struct lh_roster *roster = NULL;
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(origin_text), err);

    if (rc == LH_OK && strcmp(origin.network, lh_genesis_network(genesis)) != 0) {
        rc = lh_err_set(err, LH_ERR_FORGED, "network \"%s\" is not the one of the genesis file",
                        origin.network);
    }
    if (rc == LH_OK) {
        rc = lh_roster_new(&roster, genesis, lh_bytes_of_text(origin.department), err);
    }
    if (rc == LH_OK) {
        rc = read_generation(out_seal, out_prev, suite, roster, lh_genesis_network_id(genesis),
                             &origin, leaf, err);
    }
    lh_roster_free(roster);
    return rc;
}

enum lh_code lh_generation_seal(struct lh_note_key *out, struct lh_suite *suite,
                                const struct lh_genesis *genesis, const char *origin,
                                struct lh_bytes leaf, struct lh_err *err)
{
    struct lh_pubkey seal;
    struct lh_hash prev;
    enum lh_code rc = read_founded(&seal, &prev, suite, genesis, origin, leaf, err);

    return rc == LH_OK ? lh_note_key_init(out, origin, LH_NOTE_LOG, &seal, err) : rc;
}

enum lh_code lh_generation_chain(struct lh_chain *out, struct lh_suite *suite,
                                 const struct lh_genesis *genesis, const char *origin,
                                 struct lh_bytes leaf, struct lh_err *err)
{
    struct lh_pubkey seal;
    struct lh_hash prev;
    enum lh_code rc = read_founded(&seal, &prev, suite, genesis, origin, leaf, err);

    return rc == LH_OK
               ? lh_chain_init(out, lh_genesis_network_id(genesis), origin, &seal, &prev, err)
               : rc;
}

enum lh_code lh_generation_chain_in(struct lh_chain *out, struct lh_suite *suite,
                                    const struct lh_members *members, const char *origin_text,
                                    struct lh_bytes leaf, struct lh_err *err)
{
    const struct lh_hash *network_id = lh_members_network_id(members);
    struct lh_roster *roster = NULL;
    struct lh_pubkey seal;
    struct lh_hash prev;
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(origin_text), err);

    if (rc == LH_OK) {
        rc = lh_roster_new_in(&roster, members, origin.department, err);
    }
    if (rc == LH_OK) {
        rc = read_generation(&seal, &prev, suite, roster, network_id, &origin, leaf, err);
    }
    lh_roster_free(roster);
    return rc == LH_OK ? lh_chain_init(out, network_id, origin_text, &seal, &prev, err) : rc;
}

enum lh_code lh_generation_read(struct lh_generation *out, struct lh_bytes leaf, struct lh_err *err)
{
    struct first_leaf *first = malloc(sizeof *first);
    enum lh_code rc;

    if (first == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a first leaf");
    }
    rc = read_leaf(first, leaf, err);
    if (rc == LH_OK) {
        const lhpb_Generation *generation = &first->body.detail.generation;

        *out = (struct lh_generation){ .number = generation->number,
                                       .reason = generation->reason,
                                       .prev_size = generation->prev_size };
        (void)snprintf(out->department, sizeof out->department, "%s", first->body.department);
        if (generation->has_promises_digest) {
            memcpy(out->promises_digest.bytes, generation->promises_digest, LH_HASH_SIZE);
        }
        (void)snprintf(out->prev_origin, sizeof out->prev_origin, "%s", generation->prev_origin);
        if (generation->has_prev_root) {
            memcpy(out->prev_root.bytes, generation->prev_root, sizeof out->prev_root.bytes);
        }
    }
    free(first);
    return rc;
}
