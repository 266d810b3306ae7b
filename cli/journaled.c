#include "cli/journaled.h"

#include "cli/api.h"
#include "cli/files.h"
#include "cli/place.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The key that the genesis file names for the department of the receipt. */
static enum lh_code check_recorder(const struct lh_journal_receipt *receipt,
                                   const struct lh_place *place, const struct lh_origin *origin,
                                   struct lh_err *err)
{
    const struct lh_enrolment *member =
        lh_genesis_find(place->genesis, lh_bytes_of_text(origin->department));

    if (!lh_hash_is_equal(&receipt->statement.network_id, lh_genesis_network_id(place->genesis)) ||
        receipt->suite != lh_genesis_suite(place->genesis)) {
        return lh_err_set(err, LH_ERR_FORGED, "the journal receipt is of another network");
    }
    if (member == NULL || !lh_pubkey_is_equal(&member->recorder, &receipt->key)) {
        return lh_err_set(err, LH_ERR_FORGED,
                          "the journal receipt is not signed by the recorder of %s",
                          origin->department);
    }
    return lh_journal_receipt_verify(receipt, place->suite, err);
}

/* Who is trusted for the ledger decides on the network too, where it names one. */
static enum lh_code check_trust(struct lh_cli *cli, const struct lh_journal_receipt *receipt,
                                struct lh_err *err)
{
    struct lh_pin pin;
    enum lh_code rc = lh_pin_open(&pin, cli, receipt->statement.origin, err);

    if (rc == LH_OK && pin.trust.has_network &&
        !lh_hash_is_equal(&pin.trust.network_id, &receipt->statement.network_id)) {
        rc = lh_err_set(err, LH_ERR_FORGED, "the journal receipt is of another network");
    }
    lh_pin_clear(&pin);
    return rc;
}

/* A body that was signed here is the one that the statement names. */
static enum lh_code check_content(const struct lh_journal_receipt *receipt,
                                  const struct lh_place *place, const json_t *result,
                                  const struct lh_handed *handed, struct lh_err *err)
{
    const struct lh_hash *stated = &receipt->statement.body_hash;
    char hex[2 * LH_HASH_SIZE + 1];
    struct lh_hash hash;
    bool is_same;

    lh_hex_format(hex, lh_hash_bytes(stated));
    is_same = strcmp(hex, lh_api_text(result, "body_hash")) == 0 || handed->body.len > 0;
    if (handed->body.len > 0) {
        hash = lh_body_hash(place->suite, lh_buf_bytes(&handed->body));
        is_same = lh_hash_is_equal(&hash, stated);
    }
    return is_same ? LH_OK
                   : lh_err_set(err, LH_ERR_FORGED, "the journal receipt is of another entry");
}

enum lh_code lh_journaled_take(struct lh_journaled *out, struct lh_cli *cli, const json_t *result,
                               const struct lh_handed *handed, struct lh_err *err)
{
    struct lh_journal_receipt receipt;
    struct lh_place place = { .genesis = NULL };
    struct lh_origin origin;
    enum lh_code rc =
        lh_journal_receipt_parse(&receipt, lh_bytes_of_text(lh_api_text(result, "receipt")), err);

    if (rc == LH_OK) {
        rc = lh_origin_parse(&origin, lh_bytes_of_text(receipt.statement.origin), err);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, LH_ERR_FORGED, "the node's journal receipt");
    }
    rc = lh_place_open(&place, cli, err);
    if (rc == LH_OK) {
        rc = check_recorder(&receipt, &place, &origin, err);
    }
    if (rc == LH_OK) {
        rc = check_trust(cli, &receipt, err);
    }
    if (rc == LH_OK) {
        rc = check_content(&receipt, &place, result, handed, err);
    }
    lh_place_close(&place);
    if (rc == LH_OK) {
        out->receipt = receipt;
        (void)snprintf(out->name, sizeof out->name, "%s/%" PRIu32 " journal %" PRIu64,
                       origin.department, origin.generation, receipt.statement.sequence);
    }
    return rc;
}

enum lh_code lh_journaled_save(const struct lh_journaled *journaled, const char *dir,
                               const json_t *result, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    if (dir == NULL) {
        return LH_OK;
    }
    lh_buf_add_format(&path, "%s/receipt-", dir);
    for (const char *at = journaled->name; *at != '\0'; at++) {
        lh_buf_add_u8(&path, *at == '/' || *at == ' ' ? (uint8_t)'-' : (uint8_t)*at);
    }
    lh_buf_add_text(&path, ".txt");
    rc = lh_buf_check(&path, err);
    if (rc == LH_OK) {
        rc = lh_file_replace(lh_buf_text(&path), lh_bytes_of_text(lh_api_text(result, "receipt")),
                             0644, err);
    }
    lh_buf_clear(&path);
    return rc;
}
