#include "cli/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lh_pairs_clear(struct lh_pairs *pairs)
{
    free(pairs->list);
    *pairs = (struct lh_pairs)LH_PAIRS_EMPTY;
}

static enum lh_pair_side side_of(lhpb_EntryType type)
{
    return type == lhpb_EntryType_SERVE || type == lhpb_EntryType_VACK ||
                   type == lhpb_EntryType_VRSP
               ? LH_PAIR_SERVED
               : LH_PAIR_ASKED;
}

static struct lh_pair *find(const struct lh_pairs *pairs, const uint8_t exchange[16],
                            const char *asking)
{
    for (size_t i = 0; i < pairs->count; i++) {
        struct lh_pair *pair = &pairs->list[i];

        if (memcmp(pair->exchange, exchange, sizeof pair->exchange) == 0 &&
            strcmp(pair->asking, asking) == 0) {
            return pair;
        }
    }
    return NULL;
}

static struct lh_pair *add(struct lh_pairs *pairs)
{
    struct lh_pair *list = realloc(pairs->list, (pairs->count + 1) * sizeof *list);

    if (list == NULL) {
        return NULL;
    }
    pairs->list = list;
    list[pairs->count] = (struct lh_pair){ .asking = "" };
    return &list[pairs->count++];
}

enum lh_code lh_pairs_add(struct lh_pairs *pairs, const char *department, const char *entry,
                          const struct lh_row *row, struct lh_err *err)
{
    enum lh_pair_side side = side_of(row->type);
    const char *asking = side == LH_PAIR_SERVED ? row->counterparty : department;
    const char *serving = side == LH_PAIR_SERVED ? department : row->counterparty;
    struct lh_pair *pair;

    if (!row->has_exchange) {
        return LH_OK;
    }
    pair = find(pairs, row->exchange_id, asking);
    if (pair == NULL) {
        pair = add(pairs);
        if (pair == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
        }
        memcpy(pair->exchange, row->exchange_id, sizeof pair->exchange);
        (void)snprintf(pair->asking, sizeof pair->asking, "%s", asking);
    }
    if (serving[0] != '\0') {
        (void)snprintf(pair->serving, sizeof pair->serving, "%s", serving);
    }
    if (pair->counts[side]++ == 0) {
        (void)snprintf(pair->first[side], sizeof pair->first[side], "%s", entry);
    }
    return LH_OK;
}
