#ifndef LH_NODE_READING_H
#define LH_NODE_READING_H

/*
 * Reading: who may, as what, and the ACCESS entry that it leaves. Pure.
 *
 *  - One's own trail is nobody else's business: it leaves no entry.
 *  - Every other reading leaves an ACCESS of the node, on disk before the first row is shown.
 *
 * Spec: specs/privacy.md 8.
 */

#include "ledger/trail.h"
#include "net/problem.h"
#include "node/config.h"

enum { LH_READING_AGAIN_MS = 3600 * 1000 }; /* so long pages go on under one ACCESS */

/** What a reading is about, and as what it is done. */
struct lh_reading {
    enum lh_reader_role reader;
    bool is_logged; /* an ACCESS first */
    bool has_warrant;
    uint8_t warrant_id[16];
    /* Said by the caller, after it was decided; "": nothing is said. */
    char purpose[sizeof((lhpb_Body){ 0 }.purpose)];
    char legal_basis[sizeof((lhpb_Body){ 0 }.legal_basis)];
};

/**
 * Decide. `token_digest` is that of the tokens that a person is searched by, NULL where none is;
 * `warrant` is the WARRANT that the client named, NULL for none. False with a problem: no
 * role for it, or a warrant that does not cover it.
 */
bool lh_reading_decide(struct lh_reading *out, const struct lh_grant *client,
                       const struct lh_trail_query *query, const struct lh_hash *token_digest,
                       const lhpb_Warrant *warrant, int64_t now_unix_ms,
                       struct lh_problem *problem) LH_MUST_CHECK;
/** The same of a trail that goes beyond our own ledger: for operators, and for auditors under a
 * warrant. Nobody is searched there. */
bool lh_reading_decide_others(struct lh_reading *out, const struct lh_grant *client,
                              const struct lh_trail_query *query, const lhpb_Warrant *warrant,
                              int64_t now_unix_ms, struct lh_problem *problem) LH_MUST_CHECK;
/**
 * The same of an archive with private parts whose first entry was recorded at `first_unix_ms`: for
 * auditors, under a warrant that holds nothing back.
 */
bool lh_reading_decide_archive(struct lh_reading *out, const struct lh_grant *client,
                               const lhpb_Warrant *warrant, int64_t first_unix_ms,
                               int64_t now_unix_ms, struct lh_problem *problem) LH_MUST_CHECK;
/** The same of the private part of one entry; `token_digest` as of a query. */
bool lh_reading_decide_entry(struct lh_reading *out, const struct lh_grant *client,
                             const lhpb_Body *body, const struct lh_hash *token_digest,
                             const lhpb_Warrant *warrant, int64_t now_unix_ms,
                             struct lh_problem *problem) LH_MUST_CHECK;
/** Are the staff, and what leads to them, shown? Not to citizens, nor the leaves that name them. */
bool lh_reading_shows_staff(const struct lh_reading *reading);
/** May a row be shown? Supervisors see those of their units. */
bool lh_reading_shows(const struct lh_reading *reading, const struct lh_grant *client,
                      const struct lh_row *row);
/** Append the canonical text of a query, which query_digest is the hash of: whose ledger (NULL: our
 * own, this generation), */
void lh_reading_add_scope(struct lh_buf *out, const char *ledger, uint32_t generation);
/** and behind it what is asked. */
void lh_reading_add_query(struct lh_buf *out, const struct lh_trail_query *query,
                          const struct lh_hash *token_digest);
/** The same of an archive with private parts. */
void lh_reading_add_archive(struct lh_buf *out, uint64_t from_height);
/** The same of the private part of one entry. */
void lh_reading_add_private(struct lh_buf *out, const char *entry);
/** Fill source, system, purpose, legal basis, type and detail of an ACCESS; id, department and time
 * are the caller's. `client`: who reads, as a code of at most 48 bytes. */
void lh_reading_fill(lhpb_Body *out, const struct lh_reading *reading, const char *client,
                     const struct lh_hash *query_digest, uint64_t upto_size);
/** Is this entry an ACCESS under which the same client may go on with the same query? */
bool lh_reading_goes_on(const lhpb_Body *body, int64_t recorded_unix_ms,
                        const struct lh_reading *reading, const char *client,
                        const struct lh_hash *query_digest, int64_t now_unix_ms);

#endif
