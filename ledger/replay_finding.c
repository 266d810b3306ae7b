#include "ledger/chain_internal.h"
#include "ledger/replay_internal.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <string.h>

/* A: the archive as a stream; T: what the caller pinned; E: entries; P: private parts; X: beyond
 * this version. The sentences stand in specs/ledger.md 11. */
static const struct lh_chain_rule RULES[] = {
    { "A01", "frames are well formed and in order", "帧格式与次序正确" },
    { "A02", "archive is whole", "归档完整" },
    { "A03", "genesis is readable", "创世文件可读" },
    { "A04", "ledger belongs to a member, once", "账本属于成员且只出现一次" },
    { "A05", "archive is within bounds", "归档不超出上限" },
    { "A06", "epochs follow each other", "各纪元前后相接" },
    { "T01", "network id is the pinned one", "网络标识与所信任的一致" },
    { "T02", "seal key is the pinned one", "封印密钥与所信任的一致" },
    { "T03", "what was verified before is there unchanged", "以前验证过的部分未变" },
    { "T04", "epochs are those that were given", "纪元与所给出的一致" },
    { "E01", "body is canonical and complete", "条目正文规范且完整" },
    { "E02", "signer was enrolled by an earlier leaf", "签名者已由更早的条目登记" },
    { "E03", "signature verifies", "签名有效" },
    { "E04", "signer may sign this", "签名者有权签署" },
    { "E05", "change of keys is acceptable", "密钥变更可接受" },
    { "E06", "GENERATION opens the ledger, and only that", "首条且仅首条为世代声明" },
    { "E07", "department is the ledger's", "部门与账本一致" },
    { "E08", "generation continues the one before", "世代与前一世代衔接" },
    { "P01", "private part fits its entry", "隐私部分与条目相符" },
    { "P02", "no private part is missing", "隐私部分无缺失" },
    { "X01", "entry is of a schema this version knows", "条目版本可识别" },
    { "X02", "keys of a newer schema may be missing", "可能缺少新版本登记的密钥" },
};

enum { RULE_COUNT = sizeof RULES / sizeof RULES[0] };

size_t lh_replay_rule_count(void)
{
    return RULE_COUNT;
}

const struct lh_chain_rule *lh_replay_rule_at(size_t index)
{
    lh_assert(index < RULE_COUNT);
    return &RULES[index];
}

const struct lh_chain_rule *lh_replay_rule_find(const char *id)
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (strcmp(RULES[i].id, id) == 0) {
            return &RULES[i];
        }
    }
    return lh_chain_rule_find(id);
}

void lh_replay_findings_init(struct lh_replay_findings *findings)
{
    findings->failed_count = 0;
    findings->unknown_count = 0;
    findings->kept_count = 0;
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* LH_REPLAY_NO_LEDGER wraps to 0: what is about no ledger stands first. */
static uint64_t rank_of_ledger(const struct lh_replay_place *place)
{
    return (size_t)(place->ledger + 1);
}

/* A total order on what a finding says, so that no schedule shows in what is kept. */
static int compare(const struct lh_replay_finding *a, const struct lh_replay_finding *b)
{
    int order = (a->code == LH_ERR_UNKNOWN) - (b->code == LH_ERR_UNKNOWN);

    if (order == 0) {
        order = compare_u64(rank_of_ledger(&a->place), rank_of_ledger(&b->place));
    }
    if (order == 0) {
        order = compare_u64(a->place.index, b->place.index);
    }
    if (order == 0) {
        order = strcmp(a->rule->id, b->rule->id);
    }
    return order != 0 ? order : strcmp(a->text, b->text);
}

static void keep(struct lh_replay_findings *findings, const struct lh_replay_finding *finding)
{
    size_t at = findings->kept_count;

    while (at > 0 && compare(finding, &findings->kept[at - 1]) < 0) {
        at--;
    }
    if (at == LH_REPLAY_FINDINGS_MAX) {
        return;
    }
    if (findings->kept_count < LH_REPLAY_FINDINGS_MAX) {
        findings->kept_count++;
    }
    memmove(&findings->kept[at + 1], &findings->kept[at],
            (findings->kept_count - 1 - at) * sizeof findings->kept[0]);
    findings->kept[at] = *finding;
}

void lh_replay_findings_add(struct lh_replay_findings *findings, enum lh_code code,
                            const struct lh_chain_rule *rule, const struct lh_replay_place *place,
                            const char *text)
{
    struct lh_replay_finding finding = { .code = code, .rule = rule, .place = *place };

    (void)snprintf(finding.text, sizeof finding.text, "%s", text);
    if (code == LH_ERR_UNKNOWN) {
        findings->unknown_count++;
    } else {
        findings->failed_count++;
    }
    keep(findings, &finding);
}

void lh_replay_findings_merge(struct lh_replay_findings *findings,
                              const struct lh_replay_findings *more)
{
    findings->failed_count += more->failed_count;
    findings->unknown_count += more->unknown_count;
    for (size_t i = 0; i < more->kept_count; i++) {
        keep(findings, &more->kept[i]);
    }
}

const struct lh_replay_finding *lh_replay_findings_beyond_epochs(
    const struct lh_replay_findings *findings)
{
    for (size_t i = 0; i < findings->kept_count; i++) {
        const struct lh_replay_finding *finding = &findings->kept[i];

        if (finding->code != LH_ERR_UNKNOWN || strcmp(finding->rule->id, "T04") != 0) {
            return finding;
        }
    }
    return NULL;
}

void lh_replay_find(struct lh_replay *replay, enum lh_code code, const char *rule_id,
                    uint64_t index, const char *text)
{
    struct lh_replay_place place = lh_replay_place_of(replay, index);

    lh_replay_findings_add(&replay->findings, code, lh_replay_rule_find(rule_id), &place, text);
}

/* spec ledger.md 11: "Every signature of an entry verifies with the key that its key id names."
 */
void lh_replay_check_run(const struct lh_replay_check *check, struct lh_replay_findings *findings)
{
    struct lh_err err = LH_ERR_NONE;

    enum lh_code rc = lh_verify(check->verifier, &check->sig,
                                lh_bytes_of(check->message, check->message_len), &err);
    if (rc != LH_OK) {
        /* Anything but LH_OK is no proof; a library that could not answer is not a forgery. */
        enum lh_code code = rc == LH_ERR_FORGED ? LH_ERR_FORGED : LH_ERR_UNKNOWN;
        lh_replay_findings_add(findings, code, check->rule, &check->place, err.text);
    }
}
