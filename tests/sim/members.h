#ifndef LH_SIM_MEMBERS_H
#define LH_SIM_MEMBERS_H

/*
 * The departments of the simulated cities: their keys, the genesis of a city of the first so many
 * of them, and entries that they write. The keys are fixed, so one `struct sim_members` serves all
 * seeds. Suite W; failures are assertions.
 */

#include "crypto/note.h"
#include "ledger/genesis.h"
#include "ledger/ledger.h"
#include "tests/sim/book.h"

enum { SIM_GENERATIONS_MAX = 6 };

struct sim_member {
    char department[LH_CODE_MAX + 1];
    struct lh_signer *officers[LH_OFFICERS_MIN];
    struct lh_signer *recorder;
    struct lh_signer *witness;
    struct lh_signer *mirror;
    struct lh_signer *seals[SIM_GENERATIONS_MAX];
};

struct sim_members {
    struct lh_suite *suite;
    struct sim_member list[SIM_MEMBERS_MAX];
    struct lh_genesis *genesis[SIM_MEMBERS_MAX + 1]; /* by number of members; made when asked for */
};

/* An entry that its department wrote. */
struct sim_entry {
    struct lh_buf bytes; /* of the leaf */
    lhpb_Leaf leaf;
    lhpb_Body body;
    struct lh_hash content_digest;
};

void sim_members_init(struct sim_members *members);
void sim_members_clear(struct sim_members *members);
/** The genesis of a city of the first `count`. Member i of it is list[i]. */
const struct lh_genesis *sim_members_genesis(struct sim_members *members, size_t count);

/**
 * A GENERATION by two officers: the first one, or with `facts` the one that goes on after a restore
 * that no peer was asked about, or with `promises` one that they were: their digest. At most
 * SIM_GENERATIONS_MAX.
 */
void sim_members_found(struct sim_members *members, const struct lh_genesis *genesis, size_t who,
                       const struct lh_ledger_facts *facts, const struct lh_hash *promises,
                       int64_t time_unix_ms, struct sim_entry *out);
/**
 * The act by which two officers ask the others for promises before generation `number`, appended.
 */
void sim_members_ask(struct sim_members *members, const struct lh_genesis *genesis, size_t who,
                     uint32_t number, int64_t time_unix_ms, struct lh_buf *out);
/** An everyday entry, number `number` of its department, by the recorder. */
void sim_members_write(struct sim_members *members, const struct lh_genesis *genesis, size_t who,
                       uint64_t number, int64_t time_unix_ms, struct sim_entry *out);
void sim_entry_clear(struct sim_entry *entry);
/** It as one of a block. Borrows from it. */
struct lh_ledger_item sim_entry_item(const struct sim_entry *entry);

#endif
