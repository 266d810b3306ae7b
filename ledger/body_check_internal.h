#ifndef LH_LEDGER_BODY_CHECK_INTERNAL_H
#define LH_LEDGER_BODY_CHECK_INTERNAL_H

/*
 * Innards of the check of a body, shared by body_check*.c.
 *
 * `struct lh_want` stays failed after its first failure, as lh_reader does: a check reads like the
 * table in specs/entries.md, and the first wish that was not met is the one reported. Field names
 * are those of the JSON form.
 */

#include "ledger/entry.h"

struct lh_want {
    struct lh_err *err;
    enum lh_code rc;
};

/* Milliseconds from 1970-01-01T00:00:00.001Z to the end of the year 9999. */
bool lh_body_time_is_valid(uint64_t unix_ms);

/** Fail for another reason than those below. */
void lh_want_true(struct lh_want *want, bool condition, const char *field, const char *wish);
void lh_want_range(struct lh_want *want, const char *field, uint64_t value, uint64_t least,
                   uint64_t most);
/** Below 2^63: what JSON and SQL can hold. */
void lh_want_number(struct lh_want *want, const char *field, uint64_t value);
/** No bit outside `known`. */
void lh_want_bits(struct lh_want *want, const char *field, uint64_t value, uint64_t known);
void lh_want_time(struct lh_want *want, const char *field, uint64_t unix_ms);
/** 0 or a time. */
void lh_want_time_or_none(struct lh_want *want, const char *field, uint64_t unix_ms);
/** 0 or a time above `after`. */
void lh_want_time_after_or_none(struct lh_want *want, const char *field, uint64_t unix_ms,
                                uint64_t after);
void lh_want_date(struct lh_want *want, const char *field, uint32_t yyyymmdd);
void lh_want_bytes(struct lh_want *want, const char *field, const uint8_t *bytes, size_t len);
/** 1 or more of [A-Za-z0-9._:-]. */
void lh_want_code(struct lh_want *want, const char *field, const char *text);
void lh_want_code_or_none(struct lh_want *want, const char *field, const char *text);
/** 1 or more printable ASCII characters without space. */
void lh_want_name(struct lh_want *want, const char *field, const char *text);
/** Not empty; that it is clean UTF-8 was checked with the canonical rules. */
void lh_want_text(struct lh_want *want, const char *field, const char *text);
void lh_want_department(struct lh_want *want, const char *field, const char *text);
void lh_want_department_or_none(struct lh_want *want, const char *field, const char *text);
void lh_want_origin(struct lh_want *want, const char *field, const char *text);
/** Texts of `size` bytes each, strictly ascending, each a code or (is_department) a department. */
void lh_want_texts(struct lh_want *want, const char *field, const char *texts, size_t size,
                   size_t count, bool is_department);
/** Hashes, none zero, strictly ascending. */
void lh_want_hashes(struct lh_want *want, const char *field, const uint8_t (*hashes)[LH_HASH_SIZE],
                    size_t count);
/** Dates, strictly ascending, none outside the interval. */
void lh_want_dates(struct lh_want *want, const char *field, const uint32_t *dates, size_t count,
                   uint32_t from, uint32_t until);
/** A valid public key; one that signs, or one for boxes (X25519, SM2). */
void lh_want_signing_key(struct lh_want *want, const char *field, bool has,
                         const lhpb_PublicKey *key);
void lh_want_box_key(struct lh_want *want, const char *field, bool has, const lhpb_PublicKey *key);

/* ---- what each type asks --------------------------------------------------------------------- */

/* Header fields that a type may require, allow or forbid. Those not named here stand in each body.
 */
enum lh_header_field {
    LH_HEADER_UNIT = 1 << 0,
    LH_HEADER_STAFF = 1 << 1,
    LH_HEADER_SESSION = 1 << 2,
    LH_HEADER_SYSTEM = 1 << 3,
    LH_HEADER_CHANNEL = 1 << 4,
    LH_HEADER_AUTH_METHODS = 1 << 5,
    LH_HEADER_ASSURANCE = 1 << 6,
    LH_HEADER_ITEM = 1 << 7,
    LH_HEADER_CATALOGUE_VERSION = 1 << 8,
    LH_HEADER_CASE = 1 << 9,
    LH_HEADER_STEP = 1 << 10,
    LH_HEADER_EXCHANGE = 1 << 11,
    LH_HEADER_COUNTERPARTY = 1 << 12,
    LH_HEADER_PURPOSE = 1 << 13,
    LH_HEADER_LEGAL_BASIS = 1 << 14,
    LH_HEADER_OUTCOME = 1 << 15,
    LH_HEADER_RESULT_MASK = 1 << 16,
    LH_HEADER_RESULT_COUNT = 1 << 17,
    LH_HEADER_REQUEST_DIGEST = 1 << 18,
    LH_HEADER_RESPONSE_DIGEST = 1 << 19,
    LH_HEADER_REFS = 1 << 20,
    LH_HEADER_FLAGS = 1 << 21,
    LH_HEADER_SUBJECT_DIGEST = 1 << 22,
};
enum { LH_HEADER_FIELD_COUNT = 23 };

struct lh_body_rule {
    uint32_t required; /* LH_HEADER_* that must stand */
    uint32_t optional; /* that may; the rest must not */
    bool is_by_person; /* staff must stand unless the channel is MACHINE */
    void (*check)(struct lh_want *want, const lhpb_Body *body);
};

/** The row of a type; NULL for an unknown number. */
const struct lh_body_rule *lh_body_rule_find(lhpb_EntryType type);

/** Everything but the canonical rules, which must hold already. */
enum lh_code lh_body_check_values(const lhpb_Body *body, struct lh_err *err) LH_MUST_CHECK;

/* One per detail message (body_check_detail.c, body_check_detail_rest.c). */
void lh_check_catalog(struct lh_want *want, const lhpb_Body *body);
void lh_check_abolish(struct lh_want *want, const lhpb_Body *body);
void lh_check_calendar(struct lh_want *want, const lhpb_Body *body);
void lh_check_staff(struct lh_want *want, const lhpb_Body *body);
void lh_check_role(struct lh_want *want, const lhpb_Body *body);
void lh_check_leave(struct lh_want *want, const lhpb_Body *body);
void lh_check_session(struct lh_want *want, const lhpb_Body *body);
void lh_check_session_end(struct lh_want *want, const lhpb_Body *body);
void lh_check_query(struct lh_want *want, const lhpb_Body *body);
void lh_check_serve(struct lh_want *want, const lhpb_Body *body);
void lh_check_use(struct lh_want *want, const lhpb_Body *body);
void lh_check_batch(struct lh_want *want, const lhpb_Body *body);
void lh_check_vreq(struct lh_want *want, const lhpb_Body *body);
void lh_check_vack(struct lh_want *want, const lhpb_Body *body);
void lh_check_vrsp(struct lh_want *want, const lhpb_Body *body);
void lh_check_oob(struct lh_want *want, const lhpb_Body *body);
void lh_check_notice(struct lh_want *want, const lhpb_Body *body);
void lh_check_promise(struct lh_want *want, const lhpb_Body *body);
void lh_check_check(struct lh_want *want, const lhpb_Body *body);
void lh_check_credit(struct lh_want *want, const lhpb_Body *body);
void lh_check_credit_end(struct lh_want *want, const lhpb_Body *body);
void lh_check_demand(struct lh_want *want, const lhpb_Body *body);
void lh_check_remedy(struct lh_want *want, const lhpb_Body *body);
void lh_check_case(struct lh_want *want, const lhpb_Body *body);
void lh_check_step(struct lh_want *want, const lhpb_Body *body);
void lh_check_close(struct lh_want *want, const lhpb_Body *body);
void lh_check_warrant(struct lh_want *want, const lhpb_Body *body);
void lh_check_open(struct lh_want *want, const lhpb_Body *body);
void lh_check_access(struct lh_want *want, const lhpb_Body *body);
void lh_check_answer(struct lh_want *want, const lhpb_Body *body);
void lh_check_finding(struct lh_want *want, const lhpb_Body *body);
void lh_check_dispose(struct lh_want *want, const lhpb_Body *body);
void lh_check_restrict(struct lh_want *want, const lhpb_Body *body);
void lh_check_erase(struct lh_want *want, const lhpb_Body *body);
void lh_check_correct(struct lh_want *want, const lhpb_Body *body);
void lh_check_object(struct lh_want *want, const lhpb_Body *body);
void lh_check_generation(struct lh_want *want, const lhpb_Body *body);
void lh_check_key_epoch(struct lh_want *want, const lhpb_Body *body);
void lh_check_key_destroy(struct lh_want *want, const lhpb_Body *body);
void lh_check_key_comp(struct lh_want *want, const lhpb_Body *body);
void lh_check_approval(struct lh_want *want, const lhpb_Body *body);
void lh_check_heartbeat(struct lh_want *want, const lhpb_Body *body);
void lh_check_equiv(struct lh_want *want, const lhpb_Body *body);

#endif
