#include "tests/support/alloc_ops.h"

#include "crypto/base/assert.h"
#include "crypto/box.h"
#include "ledger/archive.h"
#include "ledger/event.h"
#include "ledger/ledger.h"
#include "ledger/members.h"
#include "ledger/policy.h"
#include "ledger/private.h"
#include "tests/support/bodies.h"
#include "tests/support/folder.h"
#include "tests/support/office.h"
#include "tests/support/records.h"
#include "tests/support/store_mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAFF = 3, ENTRIES = 12, BLOCK = 4 };

struct alloc_bench {
    enum lh_suite_id id;
    struct lh_suite *suite;
    struct lh_office *office;
    struct lh_folder folder;
    struct lh_store *store;
    struct lh_guard *guard;
    struct lh_ledger *ledger;
    struct lh_city *city;
    struct lh_chain start; /* before the first block */
    uint64_t about;        /* leaf with a private part */
    lhpb_Leaf leaf;
    lhpb_Body body;
    lhpb_Body enrolment; /* of a staff member */
    struct lh_buf leaf_bytes;
    struct lh_buf part; /* private, of that leaf */
    json_t *event;
    struct lh_receipt receipt;
    struct lh_buf receipt_text;
    struct lh_buf archive;
    size_t archive_at;
    struct lh_signer *auditor;
    struct lh_box_sender *sender;
    struct lh_buf box;
    lhpb_SubjectPost post;
    struct lh_hash post_body; /* stands for H(body) in the box of the post */
    struct lh_buf boxed_part;
    lhpb_ClientPart client;
    lhpb_NodePart node;
    struct lh_members *members;
    struct lh_buf proposal; /* that rotates a key of the first of them */
};

static void must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        fprintf(stderr, "alloc_ops: %s\n", err->text);
    }
    lh_assert(rc == LH_OK);
}

static struct lh_bytes aad(void)
{
    return lh_bytes_of_text("associated");
}

/* ---- one call each ---- */

static enum lh_code decode_leaf(struct alloc_bench *bench, struct lh_err *err)
{
    lhpb_Leaf leaf;

    return lh_leaf_decode(&leaf, lh_buf_bytes(&bench->leaf_bytes), err);
}

static enum lh_code encode_leaf(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_buf out = LH_BUF_EMPTY;
    enum lh_code rc = lh_leaf_encode(&out, &bench->leaf, err);

    lh_buf_clear(&out);
    return rc;
}

static enum lh_code encode_body(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_buf out = LH_BUF_EMPTY;
    enum lh_code rc = lh_body_encode(&out, &bench->body, err);

    lh_buf_clear(&out);
    return rc;
}

static enum lh_code read_event(struct alloc_bench *bench, struct lh_err *err)
{
    lhpb_Body body;

    return lh_event_to_body(&body, bench->event, NULL, err);
}

static enum lh_code format_receipt(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_buf out = LH_BUF_EMPTY;
    enum lh_code rc = lh_receipt_format(&out, &bench->receipt, err);

    lh_buf_clear(&out);
    return rc;
}

static enum lh_code parse_receipt(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    enum lh_code rc = lh_receipt_parse(&receipt, lh_buf_bytes(&bench->receipt_text), err);

    lh_receipt_clear(&receipt);
    return rc;
}

static enum lh_code verify_receipt(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_receipt_report report;

    return lh_receipt_verify(&bench->receipt, bench->suite, lh_city_seal(bench->city), 1,
                             lh_genesis_network_id(lh_city_genesis(bench->city)), &report, err);
}

static enum lh_code make_receipt(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    enum lh_code rc =
        lh_ledger_receipt(bench->ledger, bench->suite, bench->about, 0, &receipt, err);

    lh_receipt_clear(&receipt);
    return rc;
}

static enum lh_code read_genesis(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_genesis *genesis = NULL;
    enum lh_code rc = lh_genesis_new(&genesis, lh_genesis_bytes(lh_city_genesis(bench->city)), err);

    lh_genesis_free(genesis);
    return rc;
}

static enum lh_code parse_note(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_block block = lh_city_block(bench->city, 0);
    struct lh_checkpoint checkpoint;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, block.checkpoint, err);

    return rc == LH_OK
               ? lh_checkpoint_verify(&checkpoint, block.checkpoint, lh_city_seal(bench->city), err)
               : rc;
}

static enum lh_code read_policy(struct alloc_bench *bench, struct lh_err *err)
{
    static const char text[] =
        "log " RECORDS_VKEY "\nwitness w " RECORDS_WITNESS_VKEY "\nquorum w\n";
    struct lh_policy policy = LH_POLICY_EMPTY;
    struct lh_note note;
    enum lh_code rc = lh_policy_parse(&policy, lh_bytes_of_text(text), err);

    (void)bench;
    if (rc == LH_OK) {
        rc = lh_note_parse(&note, lh_bytes_of_text(RECORDS_NOTE_5_WITNESSED), err);
    }
    if (rc == LH_OK) {
        rc = lh_policy_judge(&policy, &note, NULL, err);
    }
    lh_policy_clear(&policy);
    return rc;
}

static enum lh_code read_some(void *arg, void *out, size_t room, size_t *out_len,
                              struct lh_err *err)
{
    struct alloc_bench *bench = arg;
    size_t left = bench->archive.len - bench->archive_at;

    (void)err;
    *out_len = left < room ? left : room;
    if (*out_len > 0) {
        memcpy(out, bench->archive.data + bench->archive_at, *out_len);
    }
    bench->archive_at += *out_len;
    return LH_OK;
}

static enum lh_code read_archive(struct alloc_bench *bench, struct lh_err *err)
{
    const struct lh_archive_input input = { .read = read_some, .arg = bench };
    struct lh_archive_reader *reader = NULL;
    struct lh_archive_frame frame;
    enum lh_code rc;

    bench->archive_at = 0;
    rc = lh_archive_reader_new(&reader, &input, err);
    while (rc == LH_OK) {
        rc = lh_archive_next(reader, &frame, err);
    }
    lh_archive_reader_free(reader);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc; /* the end */
}

static enum lh_code judge_block(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_block block = lh_city_block(bench->city, 0);
    struct lh_chain_verdict verdict;
    struct lh_chain next;

    return lh_chain_judge(&bench->start, bench->suite, &block, LH_SEAL_VERIFY, SIZE_MAX, NULL,
                          &next, &verdict, err);
}

static enum lh_code judge_entry(struct alloc_bench *bench, struct lh_err *err)
{
    unsigned level;

    return lh_roster_judge(lh_ledger_roster(bench->ledger), bench->suite, &bench->leaf.kind.entry,
                           &bench->body, true, &level, err);
}

static enum lh_code make_members(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_members *members = NULL;
    enum lh_code rc = lh_members_new(&members, lh_city_genesis(bench->city), err);

    lh_members_free(members);
    return rc;
}

static enum lh_code apply_proposal(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_members *next = NULL;
    enum lh_code rc = lh_members_apply(&next, bench->members, lh_buf_bytes(&bench->proposal), err);

    lh_members_free(next);
    return rc;
}

static enum lh_code make_roster(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_roster *roster = NULL;
    enum lh_code rc =
        lh_roster_new(&roster, lh_city_genesis(bench->city), lh_bytes_of_text("gaj"), err);

    lh_roster_free(roster);
    return rc;
}

static enum lh_code open_and_verify(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_ledger_options options;
    struct lh_ledger *ledger = NULL;
    enum lh_code rc;

    lh_office_options(bench->office, &options, bench->store, bench->guard);
    rc = lh_ledger_open(&ledger, &options, NULL, err);
    if (rc == LH_OK) {
        rc = lh_ledger_verify(ledger, bench->suite, NULL, NULL, NULL, err);
    }
    lh_ledger_close(ledger);
    return rc;
}

static enum lh_code sign(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_sig sig;

    return lh_sign(lh_city_seal_signer(bench->city), &sig, aad(), err);
}

static enum lh_code make_sender(struct alloc_bench *bench, struct lh_err *err)
{
    const struct lh_random random = lh_random_system();
    struct lh_box_sender *sender = NULL;
    enum lh_code rc =
        lh_box_sender_new(&sender, bench->id, lh_signer_pubkey(bench->auditor), &random, err);

    lh_box_sender_free(sender);
    return rc;
}

static enum lh_code seal_box(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_buf out = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_box_seal(bench->sender, &out, aad(), lh_buf_bytes(&bench->leaf_bytes), err);

    lh_buf_clear(&out);
    return rc;
}

static enum lh_code open_box(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_buf out = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_box_open(&out, bench->id, bench->auditor, aad(), lh_buf_bytes(&bench->box), err);

    lh_buf_clear(&out);
    return rc;
}

static enum lh_code build_private(struct alloc_bench *bench, struct lh_err *err)
{
    const struct lh_random random = lh_random_system();
    struct lh_secret month_key = { .len = 32, .bytes = { 1 } };
    struct lh_buf out = LH_BUF_EMPTY;
    struct lh_hash digest;
    enum lh_code rc = lh_private_build(bench->suite, &out, &digest, &bench->post, &bench->post_body,
                                       &month_key, 202611, bench->sender, &random, err);

    lh_buf_clear(&out);
    return rc;
}

static enum lh_code verify_private(struct alloc_bench *bench, struct lh_err *err)
{
    return lh_private_verify(bench->suite, lh_buf_bytes(&bench->part), &bench->leaf.kind.entry,
                             &bench->body, NULL, NULL, err);
}

static enum lh_code open_private(struct alloc_bench *bench, struct lh_err *err)
{
    lhpb_BoxContent content;

    return lh_private_open(bench->suite, &content, &bench->client, &bench->node, &bench->post_body,
                           bench->auditor, err);
}

static enum lh_code apply_staff(struct alloc_bench *bench, struct lh_err *err)
{
    struct lh_roster *roster = NULL;
    enum lh_code rc =
        lh_roster_new(&roster, lh_city_genesis(bench->city), lh_bytes_of_text("gaj"), err);

    if (rc == LH_OK) {
        rc = lh_roster_apply(roster, bench->suite, &bench->enrolment, 2, err);
    }
    lh_roster_free(roster);
    return rc;
}

static const struct alloc_op ops[] = {
    { "lh_leaf_decode", decode_leaf, false },
    { "lh_leaf_encode", encode_leaf, false },
    { "lh_body_encode", encode_body, false },
    { "lh_event_to_body", read_event, false },
    { "lh_receipt_format", format_receipt, false },
    { "lh_receipt_parse", parse_receipt, false },
    { "lh_receipt_verify", verify_receipt, true },
    { "lh_ledger_receipt", make_receipt, true },
    { "lh_genesis_new", read_genesis, true },
    { "lh_members_new", make_members, false },
    { "lh_members_apply", apply_proposal, true },
    { "lh_note_parse, lh_checkpoint_verify", parse_note, true },
    { "lh_policy_parse, lh_policy_judge", read_policy, true },
    { "lh_archive_next", read_archive, false },
    { "lh_chain_judge", judge_block, true },
    { "lh_roster_judge", judge_entry, true },
    { "lh_roster_new", make_roster, true },
    { "lh_roster_apply", apply_staff, true },
    { "lh_ledger_open, lh_ledger_verify", open_and_verify, true },
    { "lh_sign", sign, true },
    { "lh_box_sender_new", make_sender, true },
    { "lh_box_seal", seal_box, true },
    { "lh_box_open", open_box, true },
    { "lh_private_build", build_private, true },
    { "lh_private_verify", verify_private, true },
    { "lh_private_open", open_private, true },
};

size_t alloc_op_count(void)
{
    return sizeof ops / sizeof ops[0];
}

const struct alloc_op *alloc_op_at(size_t index)
{
    return &ops[index];
}

/* ---- what they work on ---- */

static void make_ledger(struct alloc_bench *bench)
{
    struct lh_city_options options = {
        .suite = bench->id, .seed = 5, .staff_count = STAFF, .entry_count = ENTRIES
    };
    struct lh_ledger_options ledger;
    struct lh_err err = LH_ERR_NONE;
    char path[512];

    bench->office = lh_office_new(&options);
    bench->city = lh_office_city(bench->office);
    lh_folder_make(&bench->folder);
    lh_folder_join(path, sizeof path, &bench->folder, "guard");
    must(lh_guard_create(path, &err), &err);
    must(lh_guard_open(&bench->guard, path, &err), &err);
    must(lh_store_mem_new(&bench->store, &err), &err);
    lh_office_options(bench->office, &ledger, bench->store, bench->guard);
    must(lh_ledger_open(&bench->ledger, &ledger, NULL, &err), &err);
    must(lh_office_append(bench->office, bench->ledger, 0, 1, NULL, NULL, &err), &err);
    must(lh_office_append(bench->office, bench->ledger, 1, STAFF, NULL, NULL, &err), &err);
    for (size_t i = 1 + STAFF; i < lh_office_count(bench->office); i += BLOCK) {
        must(lh_office_append(bench->office, bench->ledger, i, BLOCK, NULL, NULL, &err), &err);
    }
}

static void choose_entry(struct alloc_bench *bench)
{
    struct lh_err err = LH_ERR_NONE;

    while (lh_ledger_private(bench->ledger, bench->about, &bench->part, &err) != LH_OK) {
        bench->about++;
    }
    must(lh_ledger_leaf(bench->ledger, bench->about, &bench->leaf_bytes, &err), &err);
    must(lh_leaf_decode(&bench->leaf, lh_buf_bytes(&bench->leaf_bytes), &err), &err);
    const lhpb_Entry *entry = &bench->leaf.kind.entry;
    must(lh_body_decode(&bench->body, lh_bytes_of(entry->body.bytes, entry->body.size), &err),
         &err);
    lh_office_body(bench->office, 1, &bench->enrolment);
    bench->event = lh_event_from_body(&bench->body);
    lh_assert(bench->event != NULL);
    must(lh_ledger_receipt(bench->ledger, bench->suite, bench->about, 0, &bench->receipt, &err),
         &err);
    must(lh_receipt_format(&bench->receipt_text, &bench->receipt, &err), &err);
    must(lh_chain_init(&bench->start, lh_genesis_network_id(lh_city_genesis(bench->city)),
                       lh_city_origin(bench->city), &lh_city_seal(bench->city)->key,
                       lh_genesis_network_id(lh_city_genesis(bench->city)), &err),
         &err);
    lh_city_archive(bench->city, &bench->archive, NULL);
}

static void make_boxes(struct alloc_bench *bench)
{
    const struct lh_random random = lh_random_system();
    struct lh_secret month_key = { .len = 32, .bytes = { 1 } };
    lhpb_SubjectId *subject = &bench->post.subjects[0];
    lhpb_Entry entry = lhpb_Entry_init_zero;
    lhpb_Body body = lhpb_Body_init_zero;
    struct lh_buf client = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash digest;

    must(lh_signer_generate(&bench->auditor, bench->id == LH_SUITE_W ? LH_ALG_X25519 : LH_ALG_SM2,
                            &err),
         &err);
    must(lh_box_sender_new(&bench->sender, bench->id, lh_signer_pubkey(bench->auditor), &random,
                           &err),
         &err);
    must(lh_box_seal(bench->sender, &bench->box, aad(), aad(), &err), &err);
    bench->post.subjects_count = 1;
    memset(bench->post.salt, 1, sizeof bench->post.salt);
    subject->role = 1;
    subject->id_type = LH_SUBJECT_CASE;
    memcpy(subject->id, "P-000001", 9);
    memset(subject->opening, 2, sizeof subject->opening);
    must(lh_private_client_part(bench->suite, &client, &digest, &bench->post, &err), &err);
    body.has_subject_digest = true;
    memcpy(body.subject_digest, digest.bytes, sizeof digest.bytes);
    must(lh_private_build(bench->suite, &bench->boxed_part, &digest, &bench->post,
                          &bench->post_body, &month_key, 202611, bench->sender, &random, &err),
         &err);
    entry.intake.has_index_digest = true;
    memcpy(entry.intake.index_digest, digest.bytes, sizeof digest.bytes);
    must(lh_private_verify(bench->suite, lh_buf_bytes(&bench->boxed_part), &entry, &body,
                           &bench->client, &bench->node, &err),
         &err);
    lh_buf_clear(&client);
}

static void make_epoch(struct alloc_bench *bench)
{
    const struct lh_genesis *genesis = lh_city_genesis(bench->city);
    const struct lh_enrolment *member = lh_genesis_member(genesis, 0);
    struct lh_key_id ends = lh_key_id_of(bench->suite, &member->witness);
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_signer *signer = NULL;
    struct lh_err err = LH_ERR_NONE;

    lh_assert(proposal != NULL);
    must(lh_members_new(&bench->members, genesis, &err), &err);
    must(lh_signer_generate(&signer, member->witness.alg, &err), &err);
    proposal->schema = LH_SCHEMA;
    memcpy(proposal->network_id, lh_genesis_network_id(genesis)->bytes, LH_HASH_SIZE);
    memcpy(proposal->parent, lh_genesis_network_id(genesis)->bytes, LH_HASH_SIZE);
    proposal->number = 1;
    proposal->changes_count = 1;
    proposal->changes[0].which_kind = lhpb_Change_rotate_tag;
    memcpy(proposal->changes[0].kind.rotate.department, member->department,
           strlen(member->department));
    memcpy(proposal->changes[0].kind.rotate.ends, ends.bytes, sizeof ends.bytes);
    must(lh_rotate_sign(&proposal->changes[0].kind.rotate, proposal, signer, &err), &err);
    must(lh_proposal_encode(&bench->proposal, proposal, &err), &err);
    lh_signer_free(signer);
    free(proposal);
}

struct alloc_bench *alloc_bench_new(enum lh_suite_id suite)
{
    struct alloc_bench *bench = calloc(1, sizeof *bench);
    struct lh_err err = LH_ERR_NONE;

    lh_assert(bench != NULL);
    bench->id = suite;
    must(lh_suite_new(&bench->suite, suite, &err), &err);
    make_ledger(bench);
    choose_entry(bench);
    make_boxes(bench);
    make_epoch(bench);
    return bench;
}

void alloc_bench_free(struct alloc_bench *bench)
{
    lh_buf_clear(&bench->proposal);
    lh_members_free(bench->members);
    lh_buf_clear(&bench->boxed_part);
    lh_buf_clear(&bench->box);
    lh_box_sender_free(bench->sender);
    lh_signer_free(bench->auditor);
    lh_buf_clear(&bench->archive);
    lh_buf_clear(&bench->receipt_text);
    lh_receipt_clear(&bench->receipt);
    json_decref(bench->event);
    lh_buf_clear(&bench->leaf_bytes);
    lh_buf_clear(&bench->part);
    lh_ledger_close(bench->ledger);
    lh_store_close(bench->store);
    lh_guard_close(bench->guard);
    lh_folder_remove(&bench->folder);
    lh_office_free(bench->office);
    lh_suite_free(bench->suite);
    free(bench);
}
