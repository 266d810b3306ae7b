#include "tests/sim/library.h"

#include "tests/sim/world.h"

enum { RESTORED_NOTE = LH_COPIES_NOTE_MAX - 1 }; /* of no ledger; as node/peers_open.c has it */

static bool open_shelf(struct sim_node *node, struct sim_shelf *shelf, struct lh_copies **out)
{
    struct sim_world *world = node->world;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_copies_open(out, sim_shelf_lend(shelf), world->members->suite,
                                     lh_genesis_network_id(world->genesis), &err);

    if (rc == LH_OK) {
        return true;
    }
    if (rc != LH_ERR_IO) {
        sim_world_fail(world, "O4", "a store of m%zu does not open: %s", node->machine, err.text);
    }
    shelf->lent = NULL; /* closed again, and as it was */
    node->library.has_failed = true;
    sim_node_fail(node, &err);
    return false;
}

/* A ledger that may have been set back, or that goes on without the promises made beside it. */
static bool is_set_back(const struct sim_node *node, bool has_promises)
{
    struct lh_ledger_head head;

    lh_ledger_head(node->sealing.ledger, &head);
    return lh_ledger_state(node->sealing.ledger) == LH_LEDGER_SUSPECT ||
           (head.height > 0 && !has_promises) || sim_asking_is_on(node);
}

static bool mark_restored(struct sim_node *node)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_copies_put_note(node->library.parts.notes, "", RESTORED_NOTE,
                                         lh_bytes_of_text("restored"), &err);

    if (rc != LH_OK) {
        sim_node_fail(node, &err);
    }
    return rc == LH_OK;
}

bool sim_library_start(struct sim_node *node)
{
    struct sim_library *library = &node->library;
    bool has_promises = node->disk.promises.is_made;

    *library = (struct sim_library){ .parts = { .suite = node->world->members->suite } };
    sim_library_follow(node);
    if (!open_shelf(node, &node->disk.copies, &library->parts.copies) ||
        !open_shelf(node, &node->disk.promises, &library->parts.notes)) {
        return false;
    }
    return !is_set_back(node, has_promises) || mark_restored(node);
}

static void close_shelf(struct sim_shelf *shelf, struct lh_copies **copies)
{
    if (*copies != NULL) {
        sim_shelf_keep(shelf);
        lh_copies_close(*copies);
        *copies = NULL;
    }
}

void sim_library_stop(struct sim_node *node)
{
    close_shelf(&node->disk.copies, &node->library.parts.copies);
    close_shelf(&node->disk.promises, &node->library.parts.notes);
}

void sim_library_follow(struct sim_node *node)
{
    node->library.parts.own = sim_asking_is_on(node) ? NULL : node->sealing.ledger;
}

bool sim_library_has_failed(const struct sim_node *node)
{
    return node->library.has_failed || sim_disk_has_failed(&node->disk);
}

/* The rule that is broken: what was promised is kept nowhere, and the cosignature leaves. */
static enum lh_code put_no_promise(void *arg, const char *origin, enum lh_replica_note kind,
                                   struct lh_bytes note, struct lh_err *err)
{
    struct lh_replica_store_parts *parts = arg;

    return kind == LH_REPLICA_COSIGNED
               ? LH_OK
               : lh_copies_put_note(parts->notes, origin, (unsigned)kind, note, err);
}

/* Likewise: a level that was reached is told, and kept nowhere. */
static enum lh_code put_no_level(void *arg, const char *origin, enum lh_replica_note kind,
                                 struct lh_bytes note, struct lh_err *err)
{
    struct lh_replica_store_parts *parts = arg;

    return kind == LH_REPLICA_WITNESSED || kind == LH_REPLICA_FINAL
               ? LH_OK
               : lh_copies_put_note(parts->notes, origin, (unsigned)kind, note, err);
}

struct lh_replica_store sim_library_store(struct sim_node *node)
{
    struct lh_replica_store store = lh_replica_store_of(&node->library.parts);

    if (node->world->options.broken == SIM_BREAK_PERSIST) {
        store.put_note = put_no_promise;
    } else if (node->world->options.broken == SIM_BREAK_LEVEL) {
        store.put_note = put_no_level;
    }
    return store;
}

/* ---- restored ---- */

bool sim_library_is_restored(struct sim_node *node)
{
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc = lh_copies_get_note(node->library.parts.notes, "", RESTORED_NOTE, &note, NULL);

    lh_buf_clear(&note);
    return rc != LH_ERR_NOT_FOUND; /* what cannot be read is feared */
}
