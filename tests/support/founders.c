#include "founders.h"

#include "crypto/base/assert.h"
#include "crypto/signer.h"

#include <stdio.h>
#include <string.h>

enum lh_alg lh_founder_alg(enum lh_suite_id suite)
{
    return suite == LH_SUITE_W ? LH_ALG_ED25519 : LH_ALG_SM2;
}

struct lh_signer *lh_founder_signer(enum lh_alg alg, uint8_t number)
{
    struct lh_signer *signer = NULL;
    uint8_t seed[32];

    lh_fixture_seed(seed, number);
    enum lh_code rc = lh_signer_from_seed(&signer, alg, lh_bytes_of(seed, sizeof seed), NULL);
    lh_assert(rc == LH_OK);
    return signer;
}

static void take_key(struct lh_pubkey *out, enum lh_alg alg, uint8_t number)
{
    struct lh_signer *signer = lh_founder_signer(alg, number);

    *out = *lh_signer_pubkey(signer);
    lh_signer_free(signer);
}

void lh_founder_enrolment(struct lh_enrolment *out, enum lh_suite_id suite, const char *department,
                          uint8_t first)
{
    enum lh_alg alg = lh_founder_alg(suite);

    memset(out, 0, sizeof *out);
    (void)snprintf(out->department, sizeof out->department, "%s", department);
    (void)snprintf(out->name, sizeof out->name, "金华市 %s", department);
    out->officer_count = 2;
    for (uint8_t i = 0; i < 2; i++) {
        (void)snprintf(out->officers[i].label, sizeof out->officers[i].label, "首席数据官 %d", i);
        take_key(&out->officers[i].key, alg, (uint8_t)(first + i));
    }
    take_key(&out->recorder, alg, (uint8_t)(first + 2));
    take_key(&out->witness, alg, (uint8_t)(first + 3));
    take_key(&out->mirror, alg, (uint8_t)(first + 4));
    take_key(&out->governance, alg, (uint8_t)(first + 5));
}

struct lh_genesis *lh_founders_genesis(enum lh_suite_id suite)
{
    static const char *const departments[] = { "gaj", "mzj" };
    struct lh_buf files[2] = { LH_BUF_EMPTY, LH_BUF_EMPTY };
    struct lh_bytes views[2];
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_genesis *genesis = NULL;
    struct lh_enrolment enrolment;
    enum lh_code rc;

    for (uint8_t i = 0; i < 2; i++) {
        lh_founder_enrolment(&enrolment, suite, departments[i], (uint8_t)(10 + 10 * i));
        rc = lh_enrolment_encode(&files[i], &enrolment, suite, NULL);
        lh_assert(rc == LH_OK);
        views[i] = lh_buf_bytes(&files[i]);
    }
    rc = lh_genesis_encode(&bytes, "jinhua", suite, (int64_t)LH_FIXTURE_TIME_MS, views, 2, NULL);
    lh_assert(rc == LH_OK);
    rc = lh_genesis_new(&genesis, lh_buf_bytes(&bytes), NULL);
    lh_assert(rc == LH_OK);
    lh_buf_clear(&bytes);
    lh_buf_clear(&files[0]);
    lh_buf_clear(&files[1]);
    return genesis;
}
