#include "net/tally.h"

#include <string.h>

enum { MIRRORS = 2 };

/* spec trust.md 5.1: "A member without that role is left out of the list of network.md section 1,
 * and the N of that section counts the author and the members who witness" */
static size_t list_witnesses(const struct lh_members *members, const char *department,
                             struct lh_quorum_member out[LH_MEMBERS_MAX],
                             size_t out_places[LH_MEMBERS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < lh_members_count(members); i++) {
        const struct lh_member *member = lh_members_at(members, i);

        if ((member->roles & LH_MEMBER_WITNESS) != 0 &&
            strcmp(member->enrolment.department, department) != 0) {
            out[count] = (struct lh_quorum_member){
                .department = lh_bytes_of_text(member->enrolment.department),
                .group = lh_bytes_of_text(member->enrolment.group),
            };
            out_places[count++] = i;
        }
    }
    return count;
}

enum lh_code lh_tally_init(struct lh_tally *out, struct lh_suite *suite,
                           const struct lh_members *members, const char *department,
                           struct lh_err *err)
{
    struct lh_quorum_member others[LH_MEMBERS_MAX];
    size_t places[LH_MEMBERS_MAX];
    size_t other_count = list_witnesses(members, department, others, places);
    struct lh_designation designation;
    enum lh_code rc;

    rc = lh_quorum_designate(&designation, suite, lh_members_network_id(members),
                             lh_bytes_of_text(department), others, other_count, err);
    if (rc != LH_OK) {
        return rc;
    }
    *out = (struct lh_tally){ .quorum = lh_quorum_of(other_count + 1),
                              .is_diverse = designation.is_diverse,
                              .count = designation.count };
    for (unsigned i = 0; rc == LH_OK && i < designation.count; i++) {
        const struct lh_enrolment *member =
            &lh_members_at(members, places[designation.members[i]])->enrolment;
        struct lh_tally_witness *witness = &out->witnesses[i];

        memcpy(witness->department, member->department, sizeof witness->department);
        rc = lh_members_witness_key(&witness->witness_key, members, member, err);
        if (rc == LH_OK) {
            rc = lh_members_mirror_key(&witness->mirror_key, members, member, err);
        }
    }
    return rc;
}

enum lh_code lh_tally_init_founders(struct lh_tally *out, struct lh_suite *suite,
                                    const struct lh_genesis *genesis, const char *department,
                                    struct lh_err *err)
{
    struct lh_members *founders = NULL;
    enum lh_code rc = lh_members_new(&founders, genesis, err);

    if (rc == LH_OK) {
        rc = lh_tally_init(out, suite, founders, department, err);
    }
    lh_members_free(founders);
    return rc;
}

static enum lh_code take_line(struct lh_buf *out, const struct lh_note *note,
                              const struct lh_note_key *key, uint64_t *out_time_s,
                              struct lh_err *err)
{
    enum lh_code rc = lh_note_verify(note, key, out_time_s, err);

    for (size_t i = 0; rc == LH_OK && i < note->line_count; i++) {
        const struct lh_note_line *line = &note->lines[i];

        if (lh_bytes_is_equal(line->name, lh_bytes_of_text(key->name)) &&
            memcmp(line->key_hash, key->key_hash, sizeof key->key_hash) == 0) {
            lh_buf_add_format(out, "\xe2\x80\x94 %s ", key->name);
            lh_buf_add(out, line->base64);
            lh_buf_add_u8(out, '\n');
            return lh_buf_check(out, err);
        }
    }
    return rc;
}

enum lh_code lh_tally_take(const struct lh_tally_witness *witness, const struct lh_note *note,
                           struct lh_buf *out, bool *out_is_mirror, uint64_t *out_time_s,
                           struct lh_err *err)
{
    enum lh_code rc = take_line(out, note, &witness->witness_key, out_time_s, err);

    if (rc == LH_OK) {
        rc = take_line(out, note, &witness->mirror_key, NULL, err);
        *out_is_mirror = rc == LH_OK;
        rc = rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
    }
    return rc;
}

enum lh_code lh_tally_read(const struct lh_tally *tally, const struct lh_note *note,
                           struct lh_tally_sum *out, struct lh_buf *out_lines, struct lh_err *err)
{
    struct lh_tally_sum sum = { .witness_count = 0 };
    enum lh_code rc = LH_OK;

    for (unsigned i = 0; rc == LH_OK && i < tally->count; i++) {
        bool is_mirror = false;

        rc = lh_tally_take(&tally->witnesses[i], note, out_lines, &is_mirror, NULL, err);
        if (rc == LH_OK) {
            sum.witness_count++;
            sum.mirror_count += is_mirror;
        }
        rc = rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
    }
    if (rc == LH_OK) {
        *out = sum;
    }
    return rc;
}

bool lh_tally_is_witnessed(const struct lh_tally *tally, const struct lh_tally_sum *sum)
{
    return tally->quorum.cosigner_count > 0 && sum->witness_count >= tally->quorum.cosigner_count;
}

/* spec network.md 8: "if two of them say besides that they hold every leaf, by a line of their
 * mirror keys, it is **final**" */
bool lh_tally_is_final(const struct lh_tally *tally, const struct lh_tally_sum *sum)
{
    return lh_tally_is_witnessed(tally, sum) && sum->mirror_count >= MIRRORS;
}

enum lh_level lh_tally_level(const struct lh_tally *tally, const struct lh_tally_sum *sum)
{
    return lh_tally_is_final(tally, sum)       ? LH_LEVEL_FINAL
           : lh_tally_is_witnessed(tally, sum) ? LH_LEVEL_WITNESSED
                                               : LH_LEVEL_SEALED;
}

bool lh_tally_can_reach(const struct lh_tally *tally, enum lh_level level)
{
    const struct lh_tally_sum all = { .witness_count = tally->count, .mirror_count = tally->count };

    return lh_tally_level(tally, &all) >= level;
}

/* ---- what a stranger makes of it ---- */

static bool is_designated(const struct lh_tally *tally, const char *department)
{
    for (unsigned i = 0; i < tally->count; i++) {
        if (strcmp(tally->witnesses[i].department, department) == 0) {
            return true;
        }
    }
    return false;
}

/* Lines of members that were not asked: shown, and worth nothing, true or false. */
static enum lh_code count_others(struct lh_tally_report *out, const struct lh_tally *tally,
                                 const struct lh_members *members, const char *department,
                                 const struct lh_note *note, struct lh_err *err)
{
    for (size_t i = 0; i < lh_members_count(members); i++) {
        const struct lh_enrolment *member = &lh_members_at(members, i)->enrolment;
        struct lh_note_key key;
        enum lh_code rc;

        if (is_designated(tally, member->department)) {
            continue;
        }
        rc = lh_members_witness_key(&key, members, member, err);
        if (rc != LH_OK) {
            return rc;
        }
        if (lh_note_verify(note, &key, NULL, NULL) != LH_OK) {
            continue;
        }
        if (strcmp(member->department, department) == 0) {
            out->is_own = true;
        } else {
            out->other_count++;
        }
    }
    return LH_OK;
}

enum lh_code lh_tally_judge(struct lh_tally_report *out, struct lh_suite *suite,
                            const struct lh_members *members, const char *department,
                            const struct lh_note *note, struct lh_err *err)
{
    struct lh_tally_report report = { .other_count = 0 };
    struct lh_buf lines = LH_BUF_EMPTY;
    struct lh_tally tally;
    enum lh_code rc;

    if (lh_members_find(members, department) == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "%s is no member in this epoch", department);
    }
    rc = lh_tally_init(&tally, suite, members, department, err);
    if (rc == LH_OK) {
        rc = lh_tally_read(&tally, note, &report.sum, &lines, err);
    }
    if (rc == LH_OK) {
        rc = count_others(&report, &tally, members, department, note, err);
    }
    lh_buf_clear(&lines);
    if (rc == LH_OK) {
        report.quorum = tally.quorum;
        report.level = lh_tally_level(&tally, &report.sum);
        *out = report;
    }
    return rc;
}

enum lh_code lh_tally_judge_founders(struct lh_tally_report *out, struct lh_suite *suite,
                                     const struct lh_genesis *genesis, const char *department,
                                     const struct lh_note *note, struct lh_err *err)
{
    struct lh_members *founders = NULL;
    enum lh_code rc = lh_members_new(&founders, genesis, err);

    if (rc == LH_OK) {
        rc = lh_tally_judge(out, suite, founders, department, note, err);
    }
    lh_members_free(founders);
    return rc;
}

/* ---- as a policy ---- */

static void add_witness(struct lh_buf *out, const struct lh_tally_witness *witness,
                        const char *suffix, const struct lh_note_key *key)
{
    lh_buf_add_format(out, "witness %s%s ", witness->department, suffix);
    lh_note_key_format(out, key);
    lh_buf_add_u8(out, '\n');
}

/* A code of a department has no upper-case letter, so it is no name of a group. */
enum lh_code lh_tally_policy(const struct lh_tally *tally, struct lh_buf *out, struct lh_err *err)
{
    for (unsigned i = 0; i < tally->count; i++) {
        add_witness(out, &tally->witnesses[i], "", &tally->witnesses[i].witness_key);
        add_witness(out, &tally->witnesses[i], "/mirror", &tally->witnesses[i].mirror_key);
    }
    if (tally->count == 0) {
        lh_buf_add_text(out, "quorum none\n");
        return lh_buf_check(out, err);
    }
    lh_buf_add_format(out, "group WITNESSED %u", tally->quorum.cosigner_count);
    for (unsigned i = 0; i < tally->count; i++) {
        lh_buf_add_format(out, " %s", tally->witnesses[i].department);
    }
    lh_buf_add_text(out, "\nquorum WITNESSED\n");
    return lh_buf_check(out, err);
}
