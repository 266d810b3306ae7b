#include "tests/bench/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_GAP_MS = 1000, MONTH = 202611 };

struct book_item {
    lhpb_Leaf leaf;
    lhpb_Body body;
    struct lh_buf body_bytes;
    struct lh_buf leaf_bytes;
    struct lh_buf private_part;
};

/* ---- entries --------------------------------------------------------------------------------- */

/* item->body is filled, and item->leaf.kind.entry.intake where it is more than a time. */
static void finish_item(struct book *book, struct book_item *item)
{
    lhpb_Entry *entry = &item->leaf.kind.entry;
    struct lh_err err = LH_ERR_NONE;

    item->leaf.which_kind = lhpb_Leaf_entry_tag;
    entry->has_intake = true;
    entry->intake.recorded_at_ms = (uint64_t)book->time_unix_ms;
    memcpy(entry->body.bytes, item->body_bytes.data, item->body_bytes.len);
    entry->body.size = (pb_size_t)item->body_bytes.len;
    lh_buf_reset(&item->leaf_bytes);
    bench_must(lh_leaf_encode(&item->leaf_bytes, &item->leaf, &err), &err, "leaf");
}

static void encode_body(struct book_item *item)
{
    struct lh_err err = LH_ERR_NONE;

    lh_buf_reset(&item->body_bytes);
    bench_must(lh_body_encode(&item->body_bytes, &item->body, &err), &err, "body");
}

static void make_act(struct book *book, struct book_item *item)
{
    lhpb_Entry *entry = &item->leaf.kind.entry;

    encode_body(item);
    entry->signatures_count = (pb_size_t)people_sign_as_officers(book->people, entry->signatures,
                                                                 lh_buf_bytes(&item->body_bytes));
    finish_item(book, item);
}

static void add_private(struct book *book, struct book_item *item, const lhpb_SubjectPost *post)
{
    struct lh_suite *suite = book->people->suite;
    struct lh_random random = lh_random_system();
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash digest;
    lhpb_Intake *intake = &item->leaf.kind.entry.intake;

    struct lh_hash body_hash = lh_body_hash(suite, lh_buf_bytes(&item->body_bytes));
    lh_buf_reset(&item->private_part);
    bench_must(lh_private_build(suite, &item->private_part, &digest, post, &body_hash,
                                &book->month_key, MONTH, book->box, &random, &err),
               &err, "private part");
    intake->has_index_digest = true;
    memcpy(intake->index_digest, digest.bytes, sizeof intake->index_digest);
}

static size_t staff_of(const struct book *book, uint64_t serial)
{
    size_t count = book->people->staff_count;

    if (book->rare_every == 0) {
        return (size_t)(serial % count);
    }
    uint64_t slot = serial % book->rare_every;
    return slot < BOOK_RARE_STAFF ? (size_t)slot
                                  : (size_t)(BOOK_RARE_STAFF + serial % (count - BOOK_RARE_STAFF));
}

static void make_query(struct book *book, struct book_item *item)
{
    struct people *people = book->people;
    lhpb_Entry *entry = &item->leaf.kind.entry;
    uint64_t serial = book->serial++;
    size_t staff = staff_of(book, serial);
    lhpb_SubjectPost post;

    book->time_unix_ms += ENTRY_GAP_MS;
    people_query(people, &item->body, staff, serial, book->time_unix_ms);
    if (book->has_private) {
        people_name_subject(people, &post, &item->body, serial);
    }
    encode_body(item);
    if (book->has_private) {
        add_private(book, item, &post);
    }
    entry->signatures_count = (pb_size_t)people_sign_as_staff(people, entry->signatures, staff,
                                                              lh_buf_bytes(&item->body_bytes));
    finish_item(book, item);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static int64_t append(struct book *book, size_t count, unsigned level)
{
    struct lh_ledger_item *items = bench_alloc(count, sizeof *items);
    struct lh_proof *proofs = bench_alloc(count, sizeof *proofs);
    struct lh_buf checkpoint = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    for (size_t i = 0; i < count; i++) {
        struct book_item *item = &book->items[i];
        items[i] = (struct lh_ledger_item){
            .leaf = lh_buf_bytes(&item->leaf_bytes),
            .entry = &item->leaf.kind.entry,
            .body = &item->body,
            .level = level,
            .content_digest = lh_body_hash(book->people->suite, lh_buf_bytes(&item->body_bytes)),
            .private_part = lh_buf_bytes(&item->private_part),
        };
    }
    int64_t start = bench_now_ns();
    bench_must(lh_ledger_append(book->ledger, book->people->suite, items, count,
                                book->time_unix_ms + 1, proofs, &checkpoint, &err),
               &err, "append");
    int64_t took = bench_now_ns() - start;
    lh_buf_clear(&checkpoint);
    free(proofs);
    free(items);
    return took;
}

int64_t book_append(struct book *book, size_t count)
{
    if (count > BOOK_BLOCK_MAX) {
        bench_die("a block of %zu entries", count);
    }
    for (size_t i = 0; i < count; i++) {
        make_query(book, &book->items[i]);
    }
    return append(book, count, 3);
}

static void write_beginning(struct book *book)
{
    struct people *people = book->people;

    people_generation(people, &book->items[0].body, book->time_unix_ms);
    make_act(book, &book->items[0]);
    (void)append(book, 1, 3);
    for (size_t i = 0; i < people->staff_count; i++) {
        people_enrol(people, &book->items[i].body, i, book->time_unix_ms);
        make_act(book, &book->items[i]);
    }
    (void)append(book, people->staff_count, 3);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void make_box(struct book *book)
{
    bool is_w = book->people->suite_id == LH_SUITE_W;
    struct lh_random random = lh_random_system();
    struct lh_signer *auditor = NULL;
    struct lh_err err = LH_ERR_NONE;

    bench_must(lh_signer_generate(&auditor, is_w ? LH_ALG_X25519 : LH_ALG_SM2, &err), &err,
               "auditors' key");
    bench_must(lh_box_sender_new(&book->box, book->people->suite_id, lh_signer_pubkey(auditor),
                                 &random, &err),
               &err, "box");
    lh_signer_free(auditor);
    book->month_key.len = 32;
    memset(book->month_key.bytes, 7, book->month_key.len);
}

static void open_ledger(struct book *book)
{
    char why[LH_ERR_TEXT_MAX];
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_options options = { .store = book->store,
                                         .guard = book->guard,
                                         .genesis = book->people->genesis,
                                         .department = PEOPLE_DEPARTMENT,
                                         .generation = 1,
                                         .seal = book->people->seal };

    bench_must(lh_ledger_open(&book->ledger, &options, why, &err), &err, "ledger");
    if (lh_ledger_state(book->ledger) == LH_LEDGER_SUSPECT) {
        bench_die("the ledger is suspect: %s", why);
    }
}

static void open_book(struct book *out, struct people *people, struct lh_store *store,
                      const char *dir, enum lh_store_mode mode)
{
    char path[BENCH_PATH_MAX];
    struct lh_err err = LH_ERR_NONE;

    *out = (struct book){ .people = people,
                          .store = store,
                          .time_unix_ms = lh_clock_system().wall_unix_ms(NULL) };
    out->items = bench_alloc(BOOK_BLOCK_MAX, sizeof *out->items);
    make_box(out);
    bench_path(path, dir, "store");
    if (store == NULL) {
        bench_must(lh_store_open_rocksdb(&out->store, path, mode, NULL, &err), &err, "store");
    }
    bench_path(path, dir, "guard");
    if (mode == LH_STORE_CREATE) {
        bench_must(lh_guard_create(path, &err), &err, "guard");
    }
    bench_must(lh_guard_open(&out->guard, path, &err), &err, "guard");
    open_ledger(out);
}

void book_begin(struct book *out, struct people *people, struct lh_store *store, const char *dir)
{
    open_book(out, people, store, dir, LH_STORE_CREATE);
    write_beginning(out);
}

void book_open(struct book *out, struct people *people, const char *dir)
{
    open_book(out, people, NULL, dir, LH_STORE_WRITE);
}

void book_close(struct book *book)
{
    lh_ledger_close(book->ledger);
    lh_guard_close(book->guard);
    lh_store_close(book->store);
    lh_box_sender_free(book->box);
    for (size_t i = 0; i < BOOK_BLOCK_MAX; i++) {
        lh_buf_clear(&book->items[i].body_bytes);
        lh_buf_clear(&book->items[i].leaf_bytes);
        lh_buf_clear(&book->items[i].private_part);
    }
    free(book->items);
}

void book_leaf(struct book *book, uint64_t index, struct lh_buf *out)
{
    struct lh_err err = LH_ERR_NONE;

    lh_buf_reset(out);
    bench_must(lh_ledger_leaf(book->ledger, index, out, &err), &err, "leaf");
}
