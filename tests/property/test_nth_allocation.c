/*
 * The n-th allocation fails, for each n until the call succeeds: alone, and with all after it; in
 * our own code, and inside OpenSSL. The answer is LH_ERR_NOMEM and never blames anybody, nothing
 * leaks, and what the call worked on serves the next one. Where a suite hashes, a failure inside
 * OpenSSL may end the process (crypto/suite.h), so those calls run in processes of their own.
 */
#include "ledger/keys.h"
#include "ledger/ledger.h"
#include "tests/support/alloc_ops.h"
#include "tests/support/bodies.h"
#include "tests/support/fail_alloc.h"
#include "tests/support/folder.h"
#include "tests/support/office.h"
#include "tests/support/store_mem.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    TRIES_MAX = 5000,
#ifdef __SANITIZE_ADDRESS__
    DENSE = 10, /* processes start slowly then */
#else
    DENSE = 40, /* so many allocations are tried one by one, then fewer and fewer of them */
#endif
};

static void must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        fail_msg("%s: %s", lh_code_name(rc), err->text);
    }
}

/* Inside OpenSSL a failure may also come out as "could not": it blames nobody either. */
static bool is_fault(enum lh_code rc, enum fail_alloc_whose whose)
{
    if (rc == LH_ERR_NOMEM || (rc == LH_ERR_IO && whose == FAIL_ALLOC_OPENSSL)) {
        return false;
    }
    return rc != LH_OK;
}

/* ---- one call ---- */

/* Run once with the n-th allocation failing. Did one fail? */
static bool try_once(struct alloc_bench *bench, const struct alloc_op *op,
                     enum fail_alloc_whose whose, size_t n, bool lasting)
{
    size_t live = fail_alloc_live(FAIL_ALLOC_OURS);
    struct lh_err err = LH_ERR_NONE;

    fail_alloc_arm(whose, n, lasting);
    enum lh_code rc = op->run(bench, &err);
    bool has_failed = fail_alloc_disarm();
    if (is_fault(rc, whose) || (has_failed && whose == FAIL_ALLOC_OURS && rc == LH_OK)) {
        fail_msg("%s, allocation %zu of %s: %s: %s", op->name, n,
                 whose == FAIL_ALLOC_OURS ? "ours" : "OpenSSL", lh_code_name(rc), err.text);
    }
    if (!has_failed && rc != LH_OK) {
        fail_msg("%s: %s without a reason: %s", op->name, lh_code_name(rc), err.text);
    }
    if (fail_alloc_live(FAIL_ALLOC_OURS) != live) {
        fail_msg("%s, allocation %zu: leaks %zu", op->name, n,
                 fail_alloc_live(FAIL_ALLOC_OURS) - live);
    }
    return has_failed;
}

/* Calls until one succeeds without any failure; how many failures there were. */
static size_t sweep(struct alloc_bench *bench, const struct alloc_op *op,
                    enum fail_alloc_whose whose)
{
    struct lh_err err = LH_ERR_NONE;
    size_t failures = 0;

    must(op->run(bench, &err), &err); /* what is kept from the first time on is kept now */
    for (int lasting = 0; lasting < 2; lasting++) {
        for (size_t n = 1; try_once(bench, op, whose, n, lasting != 0); n++) {
            assert_true(n < TRIES_MAX);
            failures++;
        }
    }
    return failures;
}

static void sweep_ours(enum lh_suite_id suite)
{
    struct alloc_bench *bench = alloc_bench_new(suite);
    size_t failures = 0;

    for (size_t i = 0; i < alloc_op_count(); i++) {
        failures += sweep(bench, alloc_op_at(i), FAIL_ALLOC_OURS);
    }
    print_message("%zu failures\n", failures);
    assert_true(failures > 50);
    alloc_bench_free(bench);
}

static void every_call_survives_every_failure_of_our_own_allocations(void **state)
{
    (void)state;
    sweep_ours(LH_SUITE_W);
    sweep_ours(LH_SUITE_G);
}

/* OpenSSL keeps some blocks for good, so leaks are told from those by doing everything twice. */
static void sweep_openssl(enum lh_suite_id suite)
{
    struct alloc_bench *bench = alloc_bench_new(suite);
    size_t failures = 0;

    for (size_t i = 0; i < alloc_op_count(); i++) {
        const struct alloc_op *op = alloc_op_at(i);
        if (op->may_abort) {
            continue;
        }
        failures += sweep(bench, op, FAIL_ALLOC_OPENSSL);
        size_t live = fail_alloc_live(FAIL_ALLOC_OPENSSL);
        (void)sweep(bench, op, FAIL_ALLOC_OPENSSL);
        if (fail_alloc_live(FAIL_ALLOC_OPENSSL) > live) {
            fail_msg("%s leaks %zu blocks of OpenSSL", op->name,
                     fail_alloc_live(FAIL_ALLOC_OPENSSL) - live);
        }
    }
    print_message("%zu failures\n", failures);
    assert_true(failures > 50);
    alloc_bench_free(bench);
}

static void no_failure_inside_openssl_is_taken_for_a_forgery(void **state)
{
    (void)state;
    sweep_openssl(LH_SUITE_W);
    sweep_openssl(LH_SUITE_G);
}

enum { CHILD_FAULT = 20, CHILD_FAILED, CHILD_DONE };

/*
 * In a process of its own: did an allocation fail? It may also end in OpenSSL's own way: verifying
 * with SM2, 3.0 ends a context that it did not get.
 */
static bool run_in_child(struct alloc_bench *bench, const struct alloc_op *op, size_t n,
                         bool lasting)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct lh_err err = LH_ERR_NONE;
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

        (void)dup2(nowhere, STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        (void)signal(SIGSEGV, SIG_DFL);
        fail_alloc_arm(FAIL_ALLOC_OPENSSL, n, lasting);
        enum lh_code rc = op->run(bench, &err);
        bool has_failed = fail_alloc_disarm();
        if (rc != LH_OK && (!has_failed || is_fault(rc, FAIL_ALLOC_OPENSSL))) {
            printf("%s, allocation %zu: %s: %s\n", op->name, n, lh_code_name(rc), err.text);
            (void)fflush(stdout);
            _exit(CHILD_FAULT);
        }
        _exit(has_failed ? CHILD_FAILED : CHILD_DONE);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        assert_true(WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGSEGV);
        return true;
    }
    assert_in_range(WEXITSTATUS(status), CHILD_FAILED, CHILD_DONE);
    return WEXITSTATUS(status) == CHILD_FAILED;
}

static size_t sweep_in_children(struct alloc_bench *bench, const struct alloc_op *op)
{
    size_t failures = 0;

    for (int lasting = 0; lasting < 2; lasting++) {
        for (size_t n = 1; run_in_child(bench, op, n, lasting != 0); n += 1 + n / DENSE) {
            failures++;
        }
    }
    return failures;
}

static void where_a_suite_hashes_such_a_failure_may_end_the_process_but_blames_nobody(void **state)
{
    (void)state;
    for (int suite = LH_SUITE_W; suite <= LH_SUITE_G; suite++) {
        struct alloc_bench *bench = alloc_bench_new((enum lh_suite_id)suite);
        size_t failures = 0;

        for (size_t i = 0; i < alloc_op_count(); i++) {
            if (alloc_op_at(i)->may_abort) {
                failures += sweep_in_children(bench, alloc_op_at(i));
            }
        }
        print_message("%zu failures\n", failures);
        alloc_bench_free(bench);
    }
}

/* ---- appending ---- */

enum { STAFF = 4, ENTRIES = 400, BLOCK = 3 };

struct place {
    struct lh_office *office;
    struct lh_folder folder;
    struct lh_store *store;
    struct lh_guard *guard;
    struct lh_ledger *ledger;
    size_t next; /* entry */
};

static void open_place(struct place *place)
{
    struct lh_ledger_options options;
    struct lh_err err = LH_ERR_NONE;

    lh_office_options(place->office, &options, place->store, place->guard);
    must(lh_ledger_open(&place->ledger, &options, NULL, &err), &err);
}

static void make_place(struct place *place, enum lh_suite_id suite)
{
    struct lh_city_options options = { .suite = suite,
                                       .seed = 6,
                                       .staff_count = STAFF,
                                       .entry_count = ENTRIES,
                                       .session_every = BLOCK };
    struct lh_err err = LH_ERR_NONE;
    char path[512];

    memset(place, 0, sizeof *place);
    place->office = lh_office_new(&options);
    lh_folder_make(&place->folder);
    lh_folder_join(path, sizeof path, &place->folder, "guard");
    must(lh_guard_create(path, &err), &err);
    must(lh_guard_open(&place->guard, path, &err), &err);
    must(lh_store_mem_new(&place->store, &err), &err);
    open_place(place);
    must(lh_office_append(place->office, place->ledger, 0, 1, NULL, NULL, &err), &err);
    must(lh_office_append(place->office, place->ledger, 1, STAFF, NULL, NULL, &err), &err);
    place->next = 1 + STAFF;
}

static void clear_place(struct place *place)
{
    lh_ledger_close(place->ledger);
    lh_store_close(place->store);
    lh_guard_close(place->guard);
    lh_folder_remove(&place->folder);
    lh_office_free(place->office);
}

/* Append the next block with the n-th allocation failing: one SESSION and two everyday entries. */
static enum lh_code append_failing(struct place *place, size_t n, bool lasting, bool *has_failed,
                                   struct lh_err *err)
{
    static lhpb_Leaf leaves[BLOCK];
    static lhpb_Body bodies[BLOCK];
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    struct lh_ledger_item items[BLOCK];
    struct lh_proof proofs[BLOCK];
    struct lh_buf note = LH_BUF_EMPTY;

    memset(items, 0, sizeof items);
    for (size_t i = 0; i < BLOCK; i++) {
        lhpb_Entry *entry = &leaves[i].kind.entry;

        items[i].leaf = lh_office_leaf(place->office, place->next + i);
        must(lh_leaf_decode(&leaves[i], items[i].leaf, err), err);
        struct lh_bytes body = lh_bytes_of(entry->body.bytes, entry->body.size);
        must(lh_body_decode(&bodies[i], body, err), err);
        items[i].entry = entry;
        items[i].body = &bodies[i];
        items[i].level = lh_office_level(place->office, place->next + i);
        items[i].content_digest = lh_body_hash(suite, body);
        items[i].private_part = lh_office_private(place->office, place->next + i);
    }
    fail_alloc_arm(FAIL_ALLOC_OURS, n, lasting);
    enum lh_code rc =
        lh_ledger_append(place->ledger, suite, items, BLOCK,
                         (int64_t)leaves[0].kind.entry.intake.recorded_at_ms, proofs, &note, err);
    *has_failed = fail_alloc_disarm();
    if (rc != LH_OK) {
        assert_int_equal(note.len, 0);
    }
    lh_buf_clear(&note);
    return rc;
}

/* After a failure behind the commit: nothing more is taken, and opening again finds all of it. */
static void check_poisoned(struct place *place, const struct lh_ledger_head *before)
{
    struct lh_ledger_head after;
    struct lh_err err = LH_ERR_NONE;

    lh_ledger_head(place->ledger, &after);
    assert_int_equal(after.size, before->size);
    assert_int_equal(
        lh_office_append(place->office, place->ledger, place->next, BLOCK, NULL, NULL, &err),
        LH_ERR_IO);
    lh_ledger_close(place->ledger);
    open_place(place);
    assert_int_equal(lh_ledger_state(place->ledger), LH_LEDGER_CONTINUOUS);
    lh_ledger_head(place->ledger, &after);
    if (after.size != before->size) {
        assert_int_equal(after.size, before->size + BLOCK + 1);
        place->next += BLOCK;
    }
}

static size_t append_all(struct place *place, bool lasting)
{
    bool has_failed = true;
    size_t failures = 0;

    for (size_t n = 1; has_failed; n++) {
        struct lh_ledger_head before;
        struct lh_ledger_head after;
        struct lh_err err = LH_ERR_NONE;

        assert_true(place->next + BLOCK <= lh_office_count(place->office));
        lh_ledger_head(place->ledger, &before);
        enum lh_code rc = append_failing(place, n, lasting, &has_failed, &err);
        lh_ledger_head(place->ledger, &after);
        failures += has_failed ? 1 : 0;
        if (rc == LH_OK) {
            assert_int_equal(after.size, before.size + BLOCK + 1);
            place->next += BLOCK;
            continue;
        }
        assert_true(has_failed);
        assert_int_equal(after.size, before.size);
        if (rc == LH_ERR_IO) {
            check_poisoned(place, &before);
        } else if (rc != LH_ERR_NOMEM) {
            fail_msg("allocation %zu: %s: %s", n, lh_code_name(rc), err.text);
        }
    }
    return failures;
}

static void an_append_without_memory_changes_nothing_or_ends_the_writer(void **state)
{
    (void)state;
    for (int suite = LH_SUITE_W; suite <= LH_SUITE_G; suite++) {
        struct place place;
        struct lh_err err = LH_ERR_NONE;
        size_t failures = 0;

        make_place(&place, (enum lh_suite_id)suite);
        for (int lasting = 0; lasting < 2; lasting++) {
            failures += append_all(&place, lasting != 0);
        }
        must(lh_ledger_verify(place.ledger, lh_city_suite(lh_office_city(place.office)), NULL, NULL,
                              NULL, &err),
             &err);
        print_message("%zu failures\n", failures);
        clear_place(&place);
    }
}

/* ---- the roster ---- */

/* Every enrolment is tried until it succeeds; what failed has changed nothing. */
static void a_roster_grows_whole_or_not_at_all(void **state)
{
    struct lh_city_options options = {
        .suite = LH_SUITE_W, .seed = 8, .staff_count = 40, .entry_count = 1
    };
    struct lh_office *office = lh_office_new(&options);
    struct lh_suite *suite = lh_city_suite(lh_office_city(office));
    struct lh_roster *roster = NULL;
    struct lh_err err = LH_ERR_NONE;
    size_t failures = 0;

    (void)state;
    must(lh_roster_new(&roster, lh_city_genesis(lh_office_city(office)), lh_bytes_of_text("gaj"),
                       &err),
         &err);
    size_t live = fail_alloc_live(FAIL_ALLOC_OURS);
    for (size_t entry = 1; entry <= options.staff_count; entry++) {
        size_t count = lh_roster_count(roster);
        enum lh_code rc = LH_ERR_NOMEM;
        lhpb_Body body;

        lh_office_body(office, entry, &body);
        for (size_t n = 1; rc != LH_OK; n++) {
            struct lh_err why = LH_ERR_NONE;

            fail_alloc_arm(FAIL_ALLOC_OURS, n, entry % 2 == 0);
            rc = lh_roster_apply(roster, suite, &body, entry, &why);
            failures += fail_alloc_disarm() ? 1 : 0;
            if (rc != LH_OK && rc != LH_ERR_NOMEM) {
                fail_msg("entry %zu, allocation %zu: %s: %s", entry, n, lh_code_name(rc), why.text);
            }
            assert_int_equal(lh_roster_count(roster), count + (rc == LH_OK ? 1 : 0));
            assert_true((lh_roster_find_staff(roster, body.detail.staff_enrol.pseudonym) != NULL) ==
                        (rc == LH_OK));
        }
    }
    for (size_t i = 0; i < lh_roster_count(roster); i++) {
        const struct lh_roster_key *key = lh_roster_at(roster, i);
        assert_ptr_equal(lh_roster_find(roster, &key->id), key);
    }
    assert_true(failures > options.staff_count);
    assert_true(fail_alloc_live(FAIL_ALLOC_OURS) > live);
    lh_roster_free(roster);
    lh_office_free(office);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(every_call_survives_every_failure_of_our_own_allocations),
        cmocka_unit_test(no_failure_inside_openssl_is_taken_for_a_forgery),
        cmocka_unit_test(where_a_suite_hashes_such_a_failure_may_end_the_process_but_blames_nobody),
        cmocka_unit_test(an_append_without_memory_changes_nothing_or_ends_the_writer),
        cmocka_unit_test(a_roster_grows_whole_or_not_at_all),
    };

    fail_alloc_install();
    return cmocka_run_group_tests_name("nth allocation", claims, NULL, NULL);
}
