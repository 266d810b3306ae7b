#include "net/consent.h"

#include "crypto/text.h"
#include "net/promise.h"
#include "net/tally.h"

#include <string.h>

static const char MAGIC[] = "liuhen/promises@";
static const char HEADER[] = "liuhen/promises@v1";

bool lh_consent_is_start(struct lh_bytes start)
{
    return start.len >= strlen(MAGIC) && memcmp(start.data, MAGIC, strlen(MAGIC)) == 0;
}

/* ---- text ---- */

static void add_line(struct lh_buf *out, const char *word, struct lh_bytes bytes)
{
    lh_buf_add_format(out, "%s ", word);
    lh_base64_add(out, bytes);
    lh_buf_add_u8(out, '\n');
}

enum lh_code lh_consent_format(struct lh_buf *out, const struct lh_consent *consent,
                               struct lh_err *err)
{
    lh_buf_add_format(out, "%s\n", HEADER);
    add_line(out, "genesis", consent->genesis);
    add_line(out, "generation", consent->generation);
    add_line(out, "promises", consent->promises);
    return lh_buf_check(out, err);
}

static enum lh_code take_header(struct lh_bytes *rest, struct lh_err *err)
{
    struct lh_bytes line;

    if (!lh_consent_is_start(*rest) || !lh_text_next_line(rest, &line)) {
        return lh_err_set(err, LH_ERR_INVALID, "the first line is not %s", HEADER);
    }
    return lh_bytes_is_equal(line, lh_bytes_of_text(HEADER))
               ? LH_OK
               : lh_err_set(err, LH_ERR_UNKNOWN, "promises of another version than 1");
}

/* The line "<word> <base64>"; what it decodes to goes behind what is in `store`. */
static enum lh_code take_line(struct lh_buf *store, size_t *out_len, struct lh_bytes *rest,
                              const char *word, struct lh_err *err)
{
    size_t len = strlen(word);
    size_t before = store->len;
    struct lh_bytes line;
    enum lh_code rc;

    if (!lh_text_next_line(rest, &line) || line.len <= len || line.data[len] != ' ' ||
        memcmp(line.data, word, len) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "no line \"%s\" where one is wanted", word);
    }
    rc = lh_base64_decode(store, lh_bytes_of(line.data + len + 1, line.len - len - 1), err);
    *out_len = store->len - before;
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", word);
}

enum lh_code lh_consent_parse(struct lh_consent *out, struct lh_buf *store, struct lh_bytes text,
                              struct lh_err *err)
{
    static const char *const words[] = { "genesis", "generation", "promises" };
    struct lh_bytes *const parts[] = { &out->genesis, &out->generation, &out->promises };
    struct lh_bytes rest = text;
    size_t lens[3] = { 0 };
    size_t at = 0;
    enum lh_code rc;

    if (text.len > LH_CONSENT_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d bytes", LH_CONSENT_MAX);
    }
    lh_buf_reset(store);
    rc = take_header(&rest, err);
    for (size_t i = 0; rc == LH_OK && i < 3; i++) {
        rc = take_line(store, &lens[i], &rest, words[i], err);
    }
    if (rc == LH_OK && rest.len > 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "more behind the promises");
    }
    for (size_t i = 0; rc == LH_OK && i < 3; i++) {
        *parts[i] = lh_bytes_of(store->data + at, lens[i]);
        at += lens[i];
    }
    return rc;
}

/* ---- judging ---- */

struct judging {
    const struct lh_consent *consent;
    struct lh_consent_report report;
    struct lh_suite *suite;
    struct lh_genesis *genesis;
    struct lh_tally tally;
};

static enum lh_code forged(struct lh_err *err, const char *why)
{
    return lh_err_set(err, LH_ERR_FORGED, "%s", why);
}

/* The leaf: of officers of the genesis file, and of the kind that names promises. */
static enum lh_code judge_generation(struct judging *judging, struct lh_err *err)
{
    struct lh_consent_report *report = &judging->report;
    const struct lh_generation *generation = &report->generation;
    struct lh_origin origin = { .generation = 0 };
    struct lh_note_key seal;
    enum lh_code rc = lh_generation_read(&report->generation, judging->consent->generation, err);

    if (rc != LH_OK) {
        return rc;
    }
    origin.generation = generation->number;
    memcpy(origin.department, generation->department, sizeof origin.department);
    memcpy(origin.network, lh_genesis_network(judging->genesis),
           strlen(lh_genesis_network(judging->genesis)) + 1);
    lh_origin_format(report->origin, &origin);
    rc = lh_generation_seal(&seal, judging->suite, judging->genesis, report->origin,
                            judging->consent->generation, err);
    if (rc == LH_OK && generation->reason != LH_GENERATION_RESTORE) {
        rc = forged(err, "its reason is not that others were asked");
    }
    return rc == LH_ERR_DENIED || rc == LH_ERR_NOT_FOUND ? LH_ERR_FORGED : rc;
}

static enum lh_code judge_digest(const struct judging *judging, struct lh_err *err)
{
    struct lh_hash digest = lh_promises_digest(judging->suite, judging->consent->promises);

    return lh_hash_is_equal(&digest, &judging->report.generation.promises_digest)
               ? LH_OK
               : forged(err, "these are not the promises that the generation names");
}

static bool is_designated(const struct judging *judging, const char *department)
{
    for (size_t i = 0; i < judging->tally.count; i++) {
        if (strcmp(judging->tally.witnesses[i].department, department) == 0) {
            return true;
        }
    }
    return false;
}

/* Is the head at or above another? One without leaves is below every other. */
static bool reaches(const char *origin, uint64_t size, const struct lh_checkpoint *other)
{
    struct lh_origin a = { .generation = 0 };
    struct lh_origin b = { .generation = 0 };

    if (size > 0 && lh_origin_parse(&a, lh_bytes_of_text(origin), NULL) != LH_OK) {
        return false;
    }
    if (other->size > 0 && lh_origin_parse(&b, lh_bytes_of_text(other->origin), NULL) != LH_OK) {
        return false;
    }
    return a.generation > b.generation || (a.generation == b.generation && size >= other->size);
}

/* Each is by whom it says, about one body that asked, and of the head that is named the same. */
static enum lh_code judge_promise(const struct judging *judging, const struct lh_promise *before,
                                  const struct lh_promise *promise,
                                  const struct lh_promise_bytes *bytes, struct lh_err *err)
{
    const struct lh_generation *generation = &judging->report.generation;
    enum lh_code rc = lh_promise_verify(promise, bytes, judging->genesis, err);

    if (rc != LH_OK) {
        return rc == LH_ERR_NOT_FOUND ? LH_ERR_FORGED : rc;
    }
    if (strcmp(promise->origin, judging->report.origin) != 0) {
        return forged(err, "a promise about another generation");
    }
    if (before->department[0] != '\0' && (strcmp(before->department, promise->department) >= 0 ||
                                          !lh_hash_is_equal(&before->prepare, &promise->prepare))) {
        return forged(err, "promises out of order, or not about one question");
    }
    return promise->head.size == 0 || promise->head.size != generation->prev_size ||
                   strcmp(promise->head.origin, generation->prev_origin) != 0 ||
                   lh_hash_is_equal(&promise->head.root, &generation->prev_root)
               ? LH_OK
               : forged(err, "the head that was promised has another root");
}

/* Of the designated witnesses, those whose promised head is above where the generation goes on. */
static enum lh_code judge_promises(struct judging *judging, unsigned *out_above, struct lh_err *err)
{
    const struct lh_generation *generation = &judging->report.generation;
    struct lh_bytes rest = judging->consent->promises;
    struct lh_promise before = { .department = "" };
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    enum lh_code rc;

    while ((rc = lh_promises_next(&rest, &promise, &bytes, err)) == LH_OK) {
        rc = judge_promise(judging, &before, &promise, &bytes, err);
        if (rc != LH_OK) {
            return rc;
        }
        if (is_designated(judging, promise.department)) {
            judging->report.promise_count++;
            *out_above += !reaches(generation->prev_origin, generation->prev_size, &promise.head);
        }
        before = promise;
    }
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* spec network.md 9.1: "q of them are of designated witnesses, and at most f of these promised a
 * head above the one that the generation goes on from" */
static enum lh_code judge(struct judging *judging, struct lh_err *err)
{
    struct lh_consent_report *report = &judging->report;
    unsigned above = 0;
    enum lh_code rc = judge_generation(judging, err);

    if (rc == LH_OK) {
        rc = judge_digest(judging, err);
    }
    if (rc == LH_OK) {
        rc = lh_tally_init_founders(&judging->tally, judging->suite, judging->genesis,
                                    report->generation.department, err);
    }
    if (rc == LH_OK) {
        report->needed = judging->tally.quorum.promise_count;
        rc = judge_promises(judging, &above, err);
    }
    if (rc == LH_OK && report->promise_count < report->needed) {
        rc = lh_err_set(err, LH_ERR_FORGED, "%u of %u promises of designated witnesses",
                        report->promise_count, report->needed);
    }
    if (rc == LH_OK && above > judging->tally.quorum.fault_count) {
        rc = forged(err, "it goes on from below what was promised");
    }
    return rc;
}

enum lh_code lh_consent_verify(struct lh_consent_report *out, const struct lh_consent *consent,
                               struct lh_err *err)
{
    struct judging judging = { .consent = consent };
    enum lh_code rc = lh_genesis_new(&judging.genesis, consent->genesis, err);

    if (rc == LH_OK) {
        judging.report.network_id = *lh_genesis_network_id(judging.genesis);
        rc = lh_suite_new(&judging.suite, lh_genesis_suite(judging.genesis), err);
    }
    if (rc == LH_OK) {
        rc = judge(&judging, err);
    }
    if (rc == LH_OK) {
        *out = judging.report;
    }
    lh_suite_free(judging.suite);
    lh_genesis_free(judging.genesis);
    return rc;
}
