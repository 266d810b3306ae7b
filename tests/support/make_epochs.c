/*
 * Write a ledger that went through two epochs, for tests of programs:
 *   make_epochs [--suite W|G] DIR
 * Epoch 1 admits five departments to the network of one, epoch 2 rotates the witness and mirror
 * keys of these. So five witness the ledger from epoch 1 on, and four make a head witnessed. DIR
 * gets genesis.lh, epoch-1.lhp, epoch-2.lhp, other.lhp (another that follows epoch 1),
 *   old.tlog-proof     receipt under a head of epoch 1, five old lines, two of them of mirrors too
 *   both.tlog-proof    under the first head of epoch 2: four old lines and four new ones of the
 * same short.tlog-proof   three old lines, and three of the same witnesses under their new keys:
 * too few new.tlog-proof     under the last head: five new lines, two of mirrors wrong.tlog-proof
 * the same with five old lines swapped.tlog-proof new with the header of the block before head,
 * policy the checkpoint of new, and a tlog-policy with the seal city.lhar, short.lhar   the
 * archive; in the second the lines of short and no later ones.
 */
#include "crypto/base/assert.h"
#include "ledger/epochs.h"
#include "ledger/receipt.h"
#include "tests/support/city.h"
#include "tests/support/forest.h"
#include "tests/support/founders.h"
#include "tests/support/proposing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OTHERS = 5, STAFF = 1, ENTRIES = 24, FIRST_KEY = 40, NEW_KEY = 120 };

static const char *const departments[OTHERS] = { "mzj", "rsj", "sjj", "ybj", "zrj" };

struct line_counts {
    size_t old, old_mirrors, fresh, fresh_mirrors;
};

struct work {
    const char *dir;
    enum lh_suite_id suite;
    struct lh_epochs *epochs;
    struct lh_enrolment others[OTHERS];
    uint64_t enters[2]; /* the headers that name epochs 1 and 2 */
    struct lh_city *city;
    size_t first_block[2]; /* that these close */
};

static void must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        (void)fprintf(stderr, "make_epochs: %s\n", err->text);
        exit(EXIT_FAILURE);
    }
}

static void write_file(const struct work *work, const char *name, struct lh_bytes content)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", work->dir, name);
    FILE *file;

    lh_assert(len > 0);
    lh_assert((size_t)len < sizeof path);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(content.data, 1, content.len, file) != content.len ||
        fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

/* ---- epochs ---- */

static struct lh_signer *signer_of(const struct work *work, size_t number)
{
    return lh_founder_signer(lh_founder_alg(work->suite), (uint8_t)number);
}

static size_t old_key(size_t who)
{
    return FIRST_KEY + who * LH_FOUNDER_KEYS + 3; /* witness; behind it the mirror */
}

static size_t new_key(size_t who)
{
    return NEW_KEY + 2 * who;
}

static void rotate(const struct work *work, lhpb_Proposal *proposal, size_t who,
                   const struct lh_pubkey *ends, size_t number)
{
    struct lh_signer *signer = signer_of(work, number);

    (void)lh_proposing_rotate(proposal, work->suite, departments[who], ends, signer);
    lh_signer_free(signer);
}

static void keep_epoch(struct work *work, lhpb_Proposal *proposal, const char *name, bool is_next)
{
    struct lh_buf bytes = lh_proposing_bytes(proposal);
    struct lh_err err = LH_ERR_NONE;

    write_file(work, name, lh_buf_bytes(&bytes));
    if (is_next) {
        must(lh_epochs_add(work->epochs, lh_buf_bytes(&bytes), &err), &err);
    }
    lh_buf_clear(&bytes);
}

static void make_epochs(struct work *work, const struct lh_genesis *genesis)
{
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_err err = LH_ERR_NONE;

    lh_assert(proposal != NULL);
    must(lh_epochs_new(&work->epochs, genesis, &err), &err);
    lh_proposing_begin(proposal, lh_epochs_newest(work->epochs));
    for (size_t who = 0; who < OTHERS; who++) {
        lh_founder_enrolment(&work->others[who], work->suite, departments[who],
                             (uint8_t)(FIRST_KEY + who * LH_FOUNDER_KEYS));
        lh_proposing_admit(proposal, work->suite, &work->others[who]);
    }
    keep_epoch(work, proposal, "epoch-1.lhp", true);
    memset(proposal, 0, sizeof *proposal);
    lh_proposing_begin(proposal, lh_epochs_newest(work->epochs));
    lh_proposing_regroup(proposal, "mzj", "others");
    keep_epoch(work, proposal, "other.lhp", false);
    memset(proposal, 0, sizeof *proposal);
    lh_proposing_begin(proposal, lh_epochs_newest(work->epochs));
    for (size_t who = 0; who < OTHERS; who++) {
        rotate(work, proposal, who, &work->others[who].witness, new_key(who));
        rotate(work, proposal, who, &work->others[who].mirror, new_key(who) + 1);
    }
    keep_epoch(work, proposal, "epoch-2.lhp", true);
    free(proposal);
}

/* ---- the ledger ---- */

static const struct lh_hash *epoch_of(void *arg, uint64_t index)
{
    const struct work *work = arg;

    for (size_t i = 0; i < 2; i++) {
        if (index == work->enters[i]) {
            return lh_members_epoch(lh_epochs_at(work->epochs, i + 1));
        }
    }
    return NULL;
}

static uint64_t size_of(const struct lh_city *city, size_t block)
{
    uint64_t size = 0;

    for (size_t i = 0; i <= block; i++) {
        size += lh_city_block(city, i).entry_count + 1;
    }
    return size;
}

/* The same seed makes the same blocks, so that a city without epochs says where they end. */
static void make_city(struct work *work)
{
    struct lh_city_options options = { .suite = work->suite,
                                       .seed = 5,
                                       .staff_count = STAFF,
                                       .entry_count = ENTRIES,
                                       .block_max = 4,
                                       .arg = work };
    struct lh_city *plain = lh_city_new(&options);
    size_t blocks = lh_city_block_count(plain);

    lh_assert(blocks >= 6);
    work->first_block[0] = 1;
    work->first_block[1] = blocks - 3;
    for (size_t i = 0; i < 2; i++) {
        work->enters[i] = size_of(plain, work->first_block[i]) - 1;
    }
    write_file(work, "genesis.lh", lh_genesis_bytes(lh_city_genesis(plain)));
    make_epochs(work, lh_city_genesis(plain));
    options.epoch_of = epoch_of;
    work->city = lh_city_new(&options);
    lh_city_free(plain);
}

/* ---- heads and receipts ---- */

static void add_line(const struct work *work, struct lh_buf *note, struct lh_bytes text, size_t who,
                     size_t number, const char *duty)
{
    struct lh_signer *signer = signer_of(work, number);
    struct lh_err err = LH_ERR_NONE;
    struct lh_note_key key;
    char name[64];

    (void)snprintf(name, sizeof name, "jinhua/%s/%s", departments[who], duty);
    must(lh_note_key_init(&key, name, LH_NOTE_COSIGNATURE, lh_signer_pubkey(signer), &err), &err);
    must(lh_note_add_line(note, text, &key, signer, 1700000000, &err), &err);
    lh_signer_free(signer);
}

static struct lh_buf head_of(const struct work *work, size_t block, const struct line_counts *lines)
{
    struct lh_bytes sealed = lh_city_block(work->city, block).checkpoint;
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_note parsed;

    must(lh_note_parse(&parsed, sealed, &err), &err);
    lh_buf_add(&text, parsed.text);
    lh_buf_add(&note, sealed);
    for (size_t who = 0; lines != NULL && who < OTHERS; who++) {
        if (who < lines->old) {
            add_line(work, &note, lh_buf_bytes(&text), who, old_key(who), "witness");
        }
        if (who < lines->old_mirrors) {
            add_line(work, &note, lh_buf_bytes(&text), who, old_key(who) + 1, "mirror");
        }
        if (who < lines->fresh) {
            add_line(work, &note, lh_buf_bytes(&text), who, new_key(who), "witness");
        }
        if (who < lines->fresh_mirrors) {
            add_line(work, &note, lh_buf_bytes(&text), who, new_key(who) + 1, "mirror");
        }
    }
    lh_buf_clear(&text);
    return note;
}

static void add_signers(const struct work *work, struct lh_receipt *receipt)
{
    const struct lh_enrolment *author = lh_genesis_member(lh_city_genesis(work->city), 0);
    struct lh_err err = LH_ERR_NONE;
    lhpb_Leaf leaf;

    must(lh_leaf_decode(&leaf, lh_buf_bytes(&receipt->leaf), &err), &err);
    for (size_t i = 0; i < leaf.kind.entry.signatures_count; i++) {
        for (size_t j = 0; j < author->officer_count; j++) {
            struct lh_key_id id = lh_key_id_of(lh_city_suite(work->city), &author->officers[j].key);

            if (memcmp(id.bytes, leaf.kind.entry.signatures[i].key_id, sizeof id.bytes) == 0) {
                receipt->signers[receipt->signer_count++] = author->officers[j].key;
            }
        }
    }
}

/* The first STAFF entry (leaf 2), under the head of a block; `shown`: whose header it shows. */
static void write_receipt(const struct work *work, const char *name, size_t block, size_t shown,
                          const struct line_counts *lines)
{
    struct lh_suite *suite = lh_city_suite(work->city);
    uint64_t size = size_of(work->city, block);
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct forest forest;
    lhpb_Leaf leaf;

    forest_init(&forest, work->suite, size);
    for (uint64_t i = 0; i < size; i++) {
        struct lh_hash hash = lh_hash_leaf(suite, lh_city_leaf(work->city, (size_t)i));

        forest_add(&forest, &hash);
    }
    struct lh_tree_source source = forest_source(&forest, size);

    receipt.network_id = *lh_genesis_network_id(lh_city_genesis(work->city));
    receipt.suite = work->suite;
    receipt.index = 2;
    lh_buf_add(&receipt.leaf, lh_city_leaf(work->city, 2));
    add_signers(work, &receipt);
    must(lh_tree_prove_inclusion(suite, &receipt.proof, &source, 2, size, &err), &err);
    must(lh_tree_prove_inclusion(suite, &receipt.header_proof, &source, size - 1, size, &err),
         &err);
    lh_buf_add(&receipt.header, lh_city_leaf(work->city, (size_t)size_of(work->city, shown) - 1));
    must(lh_leaf_decode(&leaf, lh_buf_bytes(&receipt.header), &err), &err);
    if (shown != block) { /* of the size that is asked for, or it would be no receipt at all */
        leaf.kind.header.first = size_of(work->city, block - 1);
        leaf.kind.header.count = (uint32_t)(size - leaf.kind.header.first - 1);
        leaf.kind.header.height++;
        lh_buf_reset(&receipt.header);
        must(lh_leaf_encode(&receipt.header, &leaf, &err), &err);
    }
    lh_buf_add(&receipt.before, lh_city_leaf(work->city, (size_t)leaf.kind.header.first - 1));
    receipt.checkpoint = head_of(work, block, lines);
    must(lh_receipt_format(&text, &receipt, &err), &err);
    write_file(work, name, lh_buf_bytes(&text));
    lh_buf_clear(&text);
    lh_receipt_clear(&receipt);
    forest_clear(&forest);
}

static void write_archive(const struct work *work, const char *name, size_t at,
                          const struct line_counts *lines, const struct line_counts *last_lines)
{
    size_t blocks = lh_city_block_count(work->city);
    struct lh_buf archive = LH_BUF_EMPTY;
    uint64_t frames = 4;

    lh_archive_begin(&archive);
    lh_archive_add(&archive, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(work->city)));
    for (size_t i = 1; i <= 2; i++) {
        lh_archive_add(&archive, LH_ARCHIVE_EPOCH, lh_epochs_proposal(work->epochs, i));
    }
    lh_archive_add(&archive, LH_ARCHIVE_LEDGER, lh_bytes_of_text(lh_city_origin(work->city)));
    for (size_t i = 0; i < blocks; i++) {
        struct lh_block block = lh_city_block(work->city, i);
        struct lh_buf head = head_of(work, i,
                                     i == at           ? lines
                                     : i == blocks - 1 ? last_lines
                                                       : NULL);

        for (size_t j = 0; j <= block.entry_count; j++) {
            lh_archive_add(&archive, LH_ARCHIVE_LEAF, block.leaves[j]);
        }
        lh_archive_add(&archive, LH_ARCHIVE_CHECKPOINT, lh_buf_bytes(&head));
        frames += block.entry_count + 2;
        lh_buf_clear(&head);
    }
    lh_archive_end(&archive, frames);
    write_file(work, name, lh_buf_bytes(&archive));
    lh_buf_clear(&archive);
}

static void write_policy(const struct work *work)
{
    struct lh_buf text = LH_BUF_EMPTY;

    lh_buf_add_text(&text, "log ");
    lh_note_key_format(&text, lh_city_seal(work->city));
    lh_buf_add_text(&text, "\nquorum none\n");
    write_file(work, "policy", lh_buf_bytes(&text));
    lh_buf_clear(&text);
}

static void write_all(const struct work *work)
{
    const struct line_counts old = { .old = 5, .old_mirrors = 2 };
    const struct line_counts both = { .old = 4, .fresh = 4 };
    const struct line_counts too_few = { .old = 3, .fresh = 3, .fresh_mirrors = 3 };
    const struct line_counts fresh = { .fresh = 5, .fresh_mirrors = 2 };
    size_t last = lh_city_block_count(work->city) - 1;
    size_t transition = work->first_block[1];
    struct lh_buf head = head_of(work, last, &fresh);

    write_receipt(work, "old.tlog-proof", work->first_block[0], work->first_block[0], &old);
    write_receipt(work, "both.tlog-proof", transition, transition, &both);
    write_receipt(work, "short.tlog-proof", transition, transition, &too_few);
    write_receipt(work, "new.tlog-proof", last, last, &fresh);
    write_receipt(work, "wrong.tlog-proof", last, last, &old);
    write_receipt(work, "swapped.tlog-proof", last, last - 1, &fresh);
    write_file(work, "head", lh_buf_bytes(&head));
    write_policy(work);
    write_archive(work, "city.lhar", transition, &both, &fresh);
    write_archive(work, "short.lhar", transition, &too_few, NULL);
    lh_buf_clear(&head);
}

int main(int argc, char **argv)
{
    bool is_named = argc == 4 && strcmp(argv[1], "--suite") == 0;
    struct work work = { .dir = argv[argc - 1], .suite = LH_SUITE_W };

    if (argc != 2 && !is_named) {
        (void)fputs("usage: make_epochs [--suite W|G] DIR\n", stderr);
        return 2;
    }
    if (is_named && strcmp(argv[2], "G") == 0) {
        work.suite = LH_SUITE_G;
    }
    make_city(&work);
    write_all(&work);
    lh_city_free(work.city);
    lh_epochs_free(work.epochs);
    return 0;
}
