#include "node/trail_row.h"

#include "net/json_more.h"

static const char *outcome_name(lhpb_Outcome outcome)
{
    static const char *const names[] = {
        [lhpb_Outcome_OUTCOME_UNSPECIFIED] = NULL,
        [lhpb_Outcome_HIT] = "HIT",
        [lhpb_Outcome_NONE] = "NONE",
        [lhpb_Outcome_DENIED] = "DENIED",
        [lhpb_Outcome_ERROR] = "ERROR",
        [lhpb_Outcome_ACCEPTED] = "ACCEPTED",
        [lhpb_Outcome_DONE] = "DONE",
        [lhpb_Outcome_REJECTED] = "REJECTED",
        [lhpb_Outcome_CANCELLED] = "CANCELLED",
    };

    return (size_t)outcome < sizeof names / sizeof names[0] ? names[outcome] : NULL;
}

static void add_flags(struct lh_json *json, uint64_t flags)
{
    static const char *const names[] = { "late",     "after_the_fact", "imported", "proactive",
                                         "override", "self",           "offline" };

    if (flags == 0) {
        return;
    }
    lh_json_begin_array(json, "flags");
    for (size_t bit = 0; bit < sizeof names / sizeof names[0]; bit++) {
        if ((flags >> bit & 1) != 0) {
            lh_json_add_string(json, NULL, names[bit]);
        }
    }
    lh_json_end_array(json);
}

static void add_code(struct lh_json *json, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        lh_json_add_string(json, name, text);
    }
}

/* spec privacy.md 8: "Its rows say when, of which type, about which item, for which purpose, on
 * what legal basis, to whom and with which outcome, and never who, where or in which case." */
void lh_trail_row_add(struct lh_json *json, const char *entry, const struct lh_row *row,
                      bool with_staff)
{
    lh_json_add_string(json, "entry", entry);
    lh_json_add_u64(json, "index", row->index);
    add_code(json, "type", lh_entry_type_name(row->type));
    lh_json_add_time(json, "event_time", row->event_time_unix_ms);
    lh_json_add_time(json, "recorded_at", row->recorded_unix_ms);
    if (with_staff && row->has_staff) {
        lh_json_add_hex(json, "staff", lh_bytes_of(row->staff, sizeof row->staff));
    }
    add_code(json, "unit", with_staff ? row->unit : NULL);
    add_code(json, "system", with_staff ? row->system : NULL);
    add_code(json, "item", row->item);
    if (with_staff && row->has_case) {
        lh_json_add_hex(json, "case", lh_bytes_of(row->case_id, sizeof row->case_id));
    }
    if (with_staff && row->has_exchange) {
        lh_json_add_hex(json, "exchange", lh_bytes_of(row->exchange_id, sizeof row->exchange_id));
    }
    add_code(json, "counterparty", row->counterparty);
    add_code(json, "purpose", row->purpose);
    add_code(json, "legal_basis", row->legal_basis);
    add_code(json, "outcome", outcome_name(row->outcome));
    if (row->result_count != 0) {
        lh_json_add_u64(json, "result_count", row->result_count);
    }
    add_flags(json, row->flags);
    if (row->level != 0) {
        lh_json_add_u64(json, "level", row->level);
    }
}

void lh_trail_row_add_proof(struct lh_json *json, struct lh_bytes leaf,
                            const struct lh_proof *proof)
{
    lh_json_add_base64(json, "leaf", leaf);
    lh_json_begin_array(json, "proof");
    for (size_t i = 0; i < proof->count; i++) {
        lh_json_add_base64(json, NULL, lh_hash_bytes(&proof->path[i]));
    }
    lh_json_end_array(json);
}
