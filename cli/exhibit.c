#include "cli/exhibit.h"

#include <stdlib.h>

static enum lh_code fetch(struct lh_buf *out, struct lh_cli *cli, const struct lh_entry_name *name,
                          const struct lh_leveled *leveled, struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_buf target = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_format(&target, "/v1/receipts/%s/%u/%llu", name->department, name->generation,
                      (unsigned long long)name->index);
    if (leveled != NULL) {
        lh_leveled_add_query(leveled, &target);
    }
    rc = lh_api_get(cli, &reply, lh_buf_text(&target), err);
    if (rc == LH_OK) {
        lh_buf_add(out, lh_buf_bytes(&reply.body));
        rc = lh_buf_check(out, err);
    }
    lh_client_reply_clear(&reply);
    lh_buf_clear(&target);
    return rc;
}

static enum lh_code judge(struct lh_exhibit *out, struct lh_proven *proven, struct lh_err *err)
{
    const struct lh_hash *network =
        proven->pin.trust.has_network ? &proven->pin.trust.network_id : NULL;
    enum lh_code rc;

    rc = lh_receipt_verify(&out->receipt, proven->suite, proven->seal, 1, network, &out->report,
                           err);
    if (rc == LH_ERR_UNKNOWN && out->report.network == LH_ERR_UNKNOWN &&
        out->report.signature == LH_OK && out->report.seal == LH_OK) {
        return LH_OK; /* only the network was not named: the seal's key stands for it */
    }
    return rc;
}

enum lh_code lh_exhibit_take(struct lh_exhibit *out, struct lh_proven *proven, const char *name,
                             const char *text, struct lh_err *err)
{
    struct lh_entry_name parsed;
    char formatted[LH_ORIGIN_MAX + 1];
    enum lh_code rc;

    rc = lh_entry_name_parse(&parsed, lh_bytes_of_text(name), err);
    if (rc == LH_OK) {
        lh_entry_name_format(formatted, &parsed);
        lh_buf_add_text(&out->text, text);
        rc = lh_buf_check(&out->text, err);
    }
    if (rc == LH_OK) {
        rc = lh_receipt_parse(&out->receipt, lh_buf_bytes(&out->text), err);
    }
    if (rc == LH_ERR_INVALID) {
        return lh_err_wrap(err, LH_ERR_FORGED, "the node's receipt");
    }
    if (rc == LH_OK && out->receipt.index != parsed.index) {
        rc = lh_err_set(err, LH_ERR_FORGED, "the node answered with the receipt of leaf %llu",
                        (unsigned long long)out->receipt.index);
    }
    if (rc == LH_OK) {
        lh_proven_turn_to(proven, parsed.generation);
        rc = lh_proven_checkpoint(proven, lh_buf_bytes(&out->receipt.checkpoint), err);
    }
    if (rc == LH_OK) {
        rc = lh_proven_check_name(proven, formatted, err);
    }
    if (rc == LH_OK && !proven->is_off) {
        rc = judge(out, proven, err);
    }
    if (rc == LH_OK) {
        rc = lh_item_new(&out->item, err);
    }
    if (rc == LH_OK) {
        rc = lh_item_decode(out->item, proven->suite, lh_buf_bytes(&out->receipt.leaf), formatted,
                            err);
        rc = rc == LH_ERR_INVALID ? LH_ERR_FORGED : rc;
    }
    return rc;
}

enum lh_code lh_exhibit_fetch(struct lh_exhibit *out, struct lh_proven *proven, const char *name,
                              const struct lh_leveled *leveled, struct lh_err *err)
{
    struct lh_entry_name parsed;
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_entry_name_parse(&parsed, lh_bytes_of_text(name), err);
    /* A receipt may be as old as its entry: only the newest head tells two histories apart. */
    if (rc == LH_OK && !proven->is_off && proven->suite == NULL) {
        rc = lh_proven_head_of(proven, parsed.generation, err);
    }
    if (rc == LH_OK) {
        rc = fetch(&text, proven->cli, &parsed, leveled, err);
    }
    if (rc == LH_OK) {
        rc = lh_exhibit_take(out, proven, name, lh_buf_text(&text), err);
    }
    lh_buf_clear(&text);
    return rc;
}

void lh_exhibit_clear(struct lh_exhibit *exhibit)
{
    lh_item_free(exhibit->item);
    lh_receipt_clear(&exhibit->receipt);
    lh_buf_clear(&exhibit->text);
    exhibit->item = NULL;
}
