#ifndef LH_NET_EVIDENCE_H
#define LH_NET_EVIDENCE_H

/*
 * Proof that a ledger contradicts itself or breaks a rule, as one text that needs nothing else:
 * whoever reads it comes to the same verdict, and nobody but the holder of the seal can make one.
 *
 *   liuhen/evidence@v1
 *   kind two-roots               or two-histories, broken-rule
 *   genesis <base64>             the genesis file
 *   generation <base64>          the first leaf of the ledger: it names the seal
 *
 * two-roots goes on with an empty line and both heads; two-histories with
 *
 *   root <base64>                what the second head had at the first's size
 *   <base64 of a hash>           consistency proof from there to the second head
 *                                an empty line
 *   <signed checkpoint>          the smaller; of one size, the one with the lower root
 *                                an empty line
 *   <signed checkpoint>
 *
 * and broken-rule with
 *
 *   rule <id>                    the first one that is broken by what is shown
 *   leaf <index> <base64>        one or two of these, the lower index first
 *   <base64 of a hash>           its inclusion proof in the head
 *                                an empty line
 *   <signed checkpoint>
 *
 * A text that is parsed is the only one for its values. It holds no time and no name, and nothing
 * that its finder chose of its own, so that all finders of one fault agree.
 * Spec: specs/network.md 3.
 */

#include "ledger/checkpoint.h"
#include "net/breach.h"

enum { LH_EVIDENCE_MAX = 160 * 1024 };

enum lh_evidence_kind {
    LH_EVIDENCE_TWO_ROOTS,     /* one size, two roots */
    LH_EVIDENCE_TWO_HISTORIES, /* the larger head does not hold the smaller */
    LH_EVIDENCE_BROKEN_RULE,   /* leaves under one head break a rule of appending */
};

/** The parts, borrowed. */
struct lh_evidence {
    enum lh_evidence_kind kind;
    struct lh_bytes genesis;
    struct lh_bytes generation; /* a leaf */
    struct lh_hash root;        /* two-histories only, as is the proof */
    struct lh_proof proof;
    const struct lh_chain_rule *rule; /* broken-rule only, as are the leaves */
    size_t leaf_count;
    struct lh_shown_leaf leaves[LH_BREACH_LEAVES_MAX];
    struct lh_bytes first;  /* signed checkpoints */
    struct lh_bytes second; /* empty for broken-rule */
};

/** What it proves. */
struct lh_evidence_report {
    struct lh_hash network_id;
    struct lh_checkpoint first;
    struct lh_checkpoint second;      /* zeros for broken-rule */
    const struct lh_chain_rule *rule; /* NULL for the other kinds */
    uint64_t index;                   /* of the leaf that breaks it */
};

/** Do the first bytes of a file say that it is evidence, of whatever version? */
bool lh_evidence_is_start(struct lh_bytes start);

/** Append the text, the heads in their order. LH_ERR_INVALID: a head is no checkpoint;
 * LH_ERR_LIMIT: it is more than LH_EVIDENCE_MAX bytes; LH_ERR_NOMEM. */
enum lh_code lh_evidence_format(struct lh_buf *out, const struct lh_evidence *evidence,
                                struct lh_err *err) LH_MUST_CHECK;
/**
 * Split it and check each line's shape. The parts borrow from `text` and from `store`, which is
 * reset and must outlive them. LH_ERR_INVALID; LH_ERR_UNKNOWN: a version, kind or rule that is not
 * known here; LH_ERR_LIMIT: more than LH_EVIDENCE_MAX bytes; LH_ERR_NOMEM.
 */
enum lh_code lh_evidence_parse(struct lh_evidence *out, struct lh_buf *store, struct lh_bytes text,
                               struct lh_err *err) LH_MUST_CHECK;
/**
 * Is it proven? LH_OK: the holder of the seal of that ledger sealed both heads, and they exclude
 * each other, or the one head, and it holds what breaks the rule. LH_ERR_FORGED: it proves nothing;
 * LH_ERR_INVALID: a part is not what it should be; LH_ERR_UNKNOWN: of a newer schema; LH_ERR_NOMEM.
 * Whether the network is the reader's is for the caller to compare. Cost: six signatures at most.
 */
enum lh_code lh_evidence_verify(struct lh_evidence_report *out, const struct lh_evidence *evidence,
                                struct lh_err *err) LH_MUST_CHECK;

#endif
