#include "node/copied.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

static struct lh_origin origin_of(const struct lh_copy_view *view)
{
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(view->origin), NULL);

    lh_assert(rc == LH_OK); /* the replica takes no other */
    return origin;
}

static int compare(const void *a, const void *b)
{
    struct lh_origin left = origin_of(a);
    struct lh_origin right = origin_of(b);
    int order = strcmp(left.department, right.department);

    return order != 0 ? order
                      : (left.generation > right.generation) - (left.generation < right.generation);
}

/* What is left of our own ledgers after a restore is none of another. */
static bool is_meant(const struct lh_copy_view *view, const char *own, const char *department)
{
    struct lh_origin origin = origin_of(view);

    return strcmp(origin.department, own) != 0 &&
           (department == NULL || strcmp(origin.department, department) == 0);
}

enum lh_code lh_copied_list(struct lh_copied *out, struct lh_peers *peers, const char *department,
                            struct lh_err *err)
{
    struct lh_copied list = LH_COPIED_EMPTY;
    struct lh_copies *copies = lh_peers_copies(peers);
    struct lh_copy_view view;

    if (copies == NULL) {
        *out = list;
        return LH_OK;
    }
    list.views = calloc(LH_COPIES_MAX, sizeof *list.views);
    if (list.views == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "views of ledgers");
    }
    for (size_t i = 0; i < LH_COPIES_MAX && lh_copies_view(copies, i, &view); i++) {
        if (is_meant(&view, lh_peers_department(peers), department)) {
            list.views[list.count++] = view;
        }
    }
    qsort(list.views, list.count, sizeof *list.views, compare);
    *out = list;
    return LH_OK;
}

void lh_copied_clear(struct lh_copied *copied)
{
    free(copied->views);
    *copied = (struct lh_copied)LH_COPIED_EMPTY;
}

const struct lh_copy_view *lh_copied_find(const struct lh_copied *copied, const char *department,
                                          uint32_t generation)
{
    for (size_t i = 0; i < copied->count; i++) {
        struct lh_origin origin = origin_of(&copied->views[i]);

        if (origin.generation == generation && strcmp(origin.department, department) == 0) {
            return &copied->views[i];
        }
    }
    return NULL;
}
