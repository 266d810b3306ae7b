#include "crypto/note.h"

#include "crypto/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DASH "\xe2\x80\x94 "

/* A signature line that is well-formed and belongs to nobody. */
#define LINE(name) DASH name " AAAAAAA=\n"

static struct lh_signer *make_signer(enum lh_alg alg, uint8_t first)
{
    uint8_t seed[32] = { first, 1, 2, 3 };
    struct lh_signer *signer = NULL;

    assert_int_equal(lh_signer_from_seed(&signer, alg, lh_bytes_of(seed, sizeof seed), NULL),
                     LH_OK);
    return signer;
}

/* Somebody who signs notes. */
struct author {
    struct lh_signer *signer;
    struct lh_note_key key;
};

static struct author make_author(enum lh_alg alg, uint8_t first, const char *name,
                                 enum lh_note_kind kind)
{
    struct author author = { .signer = make_signer(alg, first) };

    assert_int_equal(
        lh_note_key_init(&author.key, name, kind, lh_signer_pubkey(author.signer), NULL), LH_OK);
    return author;
}

static void add_line(struct lh_buf *out, const char *text, struct author *author, uint64_t time_s)
{
    assert_int_equal(
        lh_note_add_line(out, lh_bytes_of_text(text), &author->key, author->signer, time_s, NULL),
        LH_OK);
}

static enum lh_code parse(struct lh_note *note, const char *text)
{
    return lh_note_parse(note, lh_bytes_of_text(text), NULL);
}

/* ---- Shape ---- */

static void a_note_splits_at_its_last_blank_line(void **state)
{
    struct lh_note note;

    (void)state;
    assert_int_equal(parse(&note, "one\n\ntwo\n\n" LINE("a") LINE("b")), LH_OK);
    assert_true(lh_bytes_is_equal(note.text, lh_bytes_of_text("one\n\ntwo\n")));
    assert_int_equal(note.line_count, 2);
    assert_true(lh_bytes_is_equal(note.lines[1].name, lh_bytes_of_text("b")));
    assert_true(lh_bytes_is_equal(note.lines[1].base64, lh_bytes_of_text("AAAAAAA=")));
    assert_int_equal(parse(&note, "\n\n" LINE("a")), LH_OK);
    assert_true(lh_bytes_is_equal(note.text, lh_bytes_of_text("\n")));
}

static void the_key_hash_is_the_first_four_bytes_of_the_signature(void **state)
{
    struct lh_note note;

    (void)state;
    assert_int_equal(parse(&note, "t\n\n" DASH "n AQIDBAU=\n" DASH "n /////wAA\n"), LH_OK);
    assert_memory_equal(note.lines[0].key_hash, "\1\2\3\4", 4);
    assert_memory_equal(note.lines[1].key_hash, "\xff\xff\xff\xff", 4);
}

static void what_is_not_a_note_is_refused(void **state)
{
    static const struct {
        const char *name;
        const char *text;
    } rows[] = {
        { "nothing", "" },
        { "a newline", "\n" },
        { "text only", "text\n" },
        { "no signature", "text\n\n" },
        { "no blank line", "text\n" LINE("a") },
        { "no newline at the end", "text\n\n" DASH "a AAAAAAA=" },
        { "blank line at the end", "text\n\n" LINE("a") "\n" },
        { "hyphen for the dash", "text\n\n- a AAAAAAA=\n" },
        { "en dash", "text\n\n\xe2\x80\x93 a AAAAAAA=\n" },
        { "no space behind the dash", "text\n\n\xe2\x80\x94"
                                      "a AAAAAAA=\n" },
        { "no name", "text\n\n" DASH " AAAAAAA=\n" },
        { "no signature bytes", "text\n\n" DASH "a \n" },
        { "no space behind the name", "text\n\n" DASH "a\n" },
        { "two spaces", "text\n\n" DASH "a  AAAAAAA=\n" },
        { "space at the end", "text\n\n" DASH "a AAAAAAA= \n" },
        { "plus in the name", "text\n\n" DASH "a+b AAAAAAA=\n" },
        { "no-break space in the name", "text\n\n" DASH "a\xc2\xa0"
                                        "b AAAAAAA=\n" },
        { "ideographic space in the name", "text\n\n" DASH "a\xe3\x80\x80 AAAAAAA=\n" },
        { "key hash only", "text\n\n" DASH "a AAAAAA==\n" },
        { "less than a key hash", "text\n\n" DASH "a AAAA\n" },
        { "base64 without padding", "text\n\n" DASH "a AAAAAAA\n" },
        { "base64 with pad bits", "text\n\n" DASH "a AAAAAAB=\n" },
        { "text line among the signatures", "text\n\n" LINE("a") "text\n" LINE("b") },
        { "carriage return", "text\r\n\n" LINE("a") },
        { "tab", "te\txt\n\n" LINE("a") },
        { "not UTF-8", "te\xff\n\n" LINE("a") },
        { "overlong UTF-8", "te\xc0\xaf\n\n" LINE("a") },
        { "surrogate", "te\xed\xa0\x80\n\n" LINE("a") },
    };
    struct lh_note note = { .line_count = 77 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_err err = LH_ERR_NONE;

        if (lh_note_parse(&note, lh_bytes_of_text(rows[i].text), &err) != LH_ERR_INVALID) {
            fail_msg("%s: was accepted", rows[i].name);
        }
        assert_string_not_equal(err.text, "");
        assert_int_equal(note.line_count, 77);
    }
    assert_int_equal(lh_note_parse(&note, lh_bytes_of("t\0\n\n" LINE("a"), 21), NULL),
                     LH_ERR_INVALID);
}

static void what_c2sp_allows_is_accepted(void **state)
{
    static const char *const rows[] = {
        "text\n\n" LINE("a"),
        "\xe9\x87\x91\xe5\x8d\x8e\n\n" LINE("\xe5\x90\x8d"),
        "right-to-left \xe2\x80\xae and U+009B \xc2\x9b\n\n" LINE("a"),
        "delete \x7f\n\n" LINE("a"),
        "text\n\n" LINE("a") LINE("a") LINE("a"),
        "text with a dash \xe2\x80\x94 inside\n\n" LINE("a"),
        LINE("a") "\n" LINE("a"),
    };
    struct lh_note note;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(parse(&note, rows[i]), LH_OK);
    }
}

static void a_note_has_at_most_100_lines_and_128_kib(void **state)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note note;

    (void)state;
    lh_buf_add_text(&text, "text\n\n");
    for (int i = 0; i < LH_NOTE_LINES_MAX; i++) {
        lh_buf_add_text(&text, LINE("a"));
    }
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&text), NULL), LH_OK);
    assert_int_equal(note.line_count, LH_NOTE_LINES_MAX);
    lh_buf_add_text(&text, LINE("a"));
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&text), NULL), LH_ERR_INVALID);

    for (int more = 0; more < 2; more++) {
        lh_buf_reset(&text);
        for (size_t i = strlen("\n\n" LINE("a")); i < LH_NOTE_MAX + (size_t)more; i++) {
            lh_buf_add_u8(&text, 'x');
        }
        lh_buf_add_text(&text, "\n\n" LINE("a"));
        assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&text), NULL),
                         more ? LH_ERR_INVALID : LH_OK);
    }
    lh_buf_clear(&text);
}

/* ---- Keys ---- */

static void note_keys_survive_their_text_form(void **state)
{
    static const enum lh_alg algs[] = { LH_ALG_ED25519, LH_ALG_SM2 };
    static const enum lh_note_kind kinds[] = { LH_NOTE_LOG, LH_NOTE_COSIGNATURE };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct author author = make_author(algs[i / 2], 1, "a.example/b", kinds[i % 2]);
        struct lh_note_key back;
        struct lh_buf text = LH_BUF_EMPTY;

        lh_note_key_format(&text, &author.key);
        assert_int_equal(lh_note_key_parse(&back, lh_buf_bytes(&text), NULL), LH_OK);
        assert_string_equal(back.name, author.key.name);
        assert_int_equal(back.kind, author.key.kind);
        assert_true(lh_pubkey_is_equal(&back.key, &author.key.key));
        assert_memory_equal(back.key_hash, author.key.key_hash, 4);
        lh_buf_clear(&text);
        lh_signer_free(author.signer);
    }
}

static void one_key_has_another_hash_under_another_kind_or_name(void **state)
{
    struct author log = make_author(LH_ALG_ED25519, 1, "a", LH_NOTE_LOG);
    struct author cosigner = make_author(LH_ALG_ED25519, 1, "a", LH_NOTE_COSIGNATURE);
    struct author renamed = make_author(LH_ALG_ED25519, 1, "b", LH_NOTE_LOG);

    (void)state;
    assert_memory_not_equal(log.key.key_hash, cosigner.key.key_hash, 4);
    assert_memory_not_equal(log.key.key_hash, renamed.key.key_hash, 4);
    lh_signer_free(log.signer);
    lh_signer_free(cosigner.signer);
    lh_signer_free(renamed.signer);
}

static void names_are_1_to_255_bytes_without_space_or_plus(void **state)
{
    static const char *const bad[] = { "",         "a b",          "a+b",  "a\n",
                                       "\xc2\x85", "\xe2\x80\x83", "\xff", "a\x01" };
    struct lh_signer *signer = make_signer(LH_ALG_ED25519, 1);
    const struct lh_pubkey *pubkey = lh_signer_pubkey(signer);
    struct lh_note_key key;
    char name[LH_NOTE_NAME_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(lh_note_key_init(&key, bad[i], LH_NOTE_LOG, pubkey, NULL), LH_ERR_INVALID);
    }
    assert_int_equal(lh_note_key_init(&key, NULL, LH_NOTE_LOG, pubkey, NULL), LH_ERR_INVALID);
    memset(name, 'x', sizeof name);
    name[LH_NOTE_NAME_MAX + 1] = 0;
    assert_int_equal(lh_note_key_init(&key, name, LH_NOTE_LOG, pubkey, NULL), LH_ERR_INVALID);
    name[LH_NOTE_NAME_MAX] = 0;
    assert_int_equal(lh_note_key_init(&key, name, LH_NOTE_LOG, pubkey, NULL), LH_OK);
    assert_string_equal(key.name, name);
    lh_signer_free(signer);
}

static void keys_that_sign_no_notes_are_refused(void **state)
{
    struct lh_signer *p256 = make_signer(LH_ALG_P256, 1);
    struct lh_signer *x25519 = make_signer(LH_ALG_X25519, 1);
    struct lh_signer *ed25519 = make_signer(LH_ALG_ED25519, 1);
    struct lh_note_key key;

    (void)state;
    assert_int_equal(lh_note_key_init(&key, "a", LH_NOTE_LOG, lh_signer_pubkey(p256), NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_note_key_init(&key, "a", LH_NOTE_LOG, lh_signer_pubkey(x25519), NULL),
                     LH_ERR_INVALID);
    assert_int_equal(
        lh_note_key_init(&key, "a", (enum lh_note_kind)6, lh_signer_pubkey(ed25519), NULL),
        LH_ERR_INVALID);
    assert_int_equal(lh_note_key_init(&key, "a", LH_NOTE_LOG, lh_signer_pubkey(ed25519), NULL),
                     LH_OK);
    lh_signer_free(p256);
    lh_signer_free(x25519);
    lh_signer_free(ed25519);
}

static void a_vkey_with_anything_altered_is_refused(void **state)
{
    static const char good[] =
        "dept-a.example/ledger+d5bc77de+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
    static const struct {
        const char *name;
        const char *vkey;
    } rows[] = {
        { "empty", "" },
        { "no plus", "dept-a.example/ledger" },
        { "one plus", "dept-a.example/ledger+d5bc77de" },
        { "another name",
          "dept-b.example/ledger+d5bc77de+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c" },
        { "another hash",
          "dept-a.example/ledger+d5bc77df+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c" },
        { "hash in upper case",
          "dept-a.example/ledger+D5BC77DE+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c" },
        { "short hash",
          "dept-a.example/ledger+d5bc77d+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c" },
        { "another kind",
          "dept-a.example/ledger+d5bc77de+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c" },
        { "unknown kind",
          "dept-a.example/ledger+d5bc77de+AoqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c" },
        { "another key",
          "dept-a.example/ledger+d5bc77de+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29d" },
        { "key cut short", "dept-a.example/ledger+d5bc77de+AYqI4910CfGV/VLbLTy6XXLKZwm/" },
        { "no key", "dept-a.example/ledger+d5bc77de+" },
        { "kind only", "dept-a.example/ledger+d5bc77de+AQ==" },
        { "space behind",
          "dept-a.example/ledger+d5bc77de+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c " },
        { "newline behind",
          "dept-a.example/ledger+d5bc77de+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\n" },
    };
    struct lh_note_key key;

    (void)state;
    assert_int_equal(lh_note_key_parse(&key, lh_bytes_of_text(good), NULL), LH_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (lh_note_key_parse(&key, lh_bytes_of_text(rows[i].vkey), NULL) != LH_ERR_INVALID) {
            fail_msg("%s: was accepted", rows[i].name);
        }
    }
}

static void a_vkey_that_is_too_long_is_refused_before_it_is_decoded(void **state)
{
    struct lh_buf vkey = LH_BUF_EMPTY;
    struct lh_note_key key;

    (void)state;
    lh_buf_add_text(&vkey, "a+00000000+");
    for (int i = 0; i < 10000; i++) {
        lh_buf_add_text(&vkey, "AQAA");
    }
    assert_int_equal(lh_note_key_parse(&key, lh_buf_bytes(&vkey), NULL), LH_ERR_INVALID);
    lh_buf_clear(&vkey);
}

/* ---- Signing and verifying ---- */

static const char TEXT[] = "origin\n5\nroot\n";

/* TEXT and a blank line, for lines to follow. */
static struct lh_buf begin_note(void)
{
    struct lh_buf note = LH_BUF_EMPTY;

    lh_buf_add_text(&note, TEXT);
    lh_buf_add_u8(&note, '\n');
    return note;
}

/* With a verifier that is made before. */
static enum lh_code verify_at_hand(const struct lh_note *note, const struct lh_note_key *key)
{
    struct lh_verifier *verifier = NULL;
    enum lh_code rc;

    assert_int_equal(lh_verifier_new(&verifier, &key->key, NULL), LH_OK);
    rc = lh_note_verify_with(note, key, verifier, NULL, NULL);
    assert_int_equal(lh_note_verify_with(note, key, verifier, NULL, NULL), rc);
    lh_verifier_free(verifier);
    return rc;
}

static void lines_of_all_kinds_verify_on_one_note(void **state)
{
    struct author authors[] = {
        make_author(LH_ALG_ED25519, 1, "log", LH_NOTE_LOG),
        make_author(LH_ALG_ED25519, 2, "witness", LH_NOTE_COSIGNATURE),
        make_author(LH_ALG_SM2, 3, "log", LH_NOTE_LOG),
        make_author(LH_ALG_SM2, 4, "witness", LH_NOTE_COSIGNATURE),
    };
    struct lh_buf bytes = begin_note();
    struct lh_note note;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        add_line(&bytes, TEXT, &authors[i], 1700000000 + i);
    }
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_int_equal(note.line_count, 4);
    for (size_t i = 0; i < 4; i++) {
        uint64_t time_s = 99;

        assert_int_equal(lh_note_verify(&note, &authors[i].key, &time_s, NULL), LH_OK);
        assert_true(time_s == (i % 2 == 0 ? 0 : 1700000000 + i));
        assert_int_equal(lh_note_verify(&note, &authors[i].key, NULL, NULL), LH_OK);
        assert_int_equal(verify_at_hand(&note, &authors[i].key), LH_OK);
        lh_signer_free(authors[i].signer);
    }
    lh_buf_clear(&bytes);
}

static void a_signer_who_is_not_on_the_note_is_not_found(void **state)
{
    struct author log = make_author(LH_ALG_ED25519, 1, "log", LH_NOTE_LOG);
    struct author strangers[] = {
        make_author(LH_ALG_ED25519, 2, "log", LH_NOTE_LOG),
        make_author(LH_ALG_ED25519, 1, "other", LH_NOTE_LOG),
        make_author(LH_ALG_ED25519, 1, "log", LH_NOTE_COSIGNATURE),
    };
    struct lh_buf bytes = begin_note();
    struct lh_note note;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    add_line(&bytes, TEXT, &log, 0);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&bytes), NULL), LH_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lh_note_verify(&note, &strangers[i].key, NULL, &err), LH_ERR_NOT_FOUND);
        assert_int_equal(verify_at_hand(&note, &strangers[i].key), LH_ERR_NOT_FOUND);
        lh_signer_free(strangers[i].signer);
    }
    assert_int_equal(lh_note_verify(&note, &log.key, NULL, NULL), LH_OK);
    lh_signer_free(log.signer);
    lh_buf_clear(&bytes);
}

static void a_line_that_shares_only_the_name_or_only_the_hash_is_ignored(void **state)
{
    struct author log = make_author(LH_ALG_ED25519, 1, "log", LH_NOTE_LOG);
    struct lh_note_key same_hash = log.key;
    struct lh_note_key same_name = log.key;
    struct lh_buf bytes = begin_note();
    struct lh_note note;

    (void)state;
    same_hash.name[0] = 'L';
    same_name.key_hash[3] ^= 1;
    add_line(&bytes, TEXT, &log, 0);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_int_equal(lh_note_verify(&note, &same_hash, NULL, NULL), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_note_verify(&note, &same_name, NULL, NULL), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_note_verify(&note, &log.key, NULL, NULL), LH_OK);
    lh_signer_free(log.signer);
    lh_buf_clear(&bytes);
}

static void an_altered_text_is_forged(void **state)
{
    struct author authors[] = {
        make_author(LH_ALG_ED25519, 1, "log", LH_NOTE_LOG),
        make_author(LH_ALG_SM2, 4, "witness", LH_NOTE_COSIGNATURE),
    };
    struct lh_buf bytes = begin_note();
    struct lh_note note;

    (void)state;
    add_line(&bytes, TEXT, &authors[0], 0);
    add_line(&bytes, TEXT, &authors[1], 1700000000);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&bytes), NULL), LH_OK);
    for (size_t i = 0; i < sizeof TEXT - 1; i++) {
        uint64_t time_s = 99;

        if (TEXT[i] == '\n') {
            continue;
        }
        bytes.data[i] ^= 1;
        for (size_t a = 0; a < 2; a++) {
            assert_int_equal(lh_note_verify(&note, &authors[a].key, &time_s, NULL), LH_ERR_FORGED);
            assert_int_equal(verify_at_hand(&note, &authors[a].key), LH_ERR_FORGED);
            assert_true(time_s == 99);
        }
        bytes.data[i] ^= 1;
    }
    for (size_t a = 0; a < 2; a++) {
        assert_int_equal(lh_note_verify(&note, &authors[a].key, NULL, NULL), LH_OK);
        lh_signer_free(authors[a].signer);
    }
    lh_buf_clear(&bytes);
}

/* A note with one line of our making: `blob` behind the key hash of `key`. */
static enum lh_code verify_blob(const struct lh_note_key *key, const uint8_t *blob, size_t len)
{
    struct lh_buf bytes = begin_note();
    struct lh_buf line = LH_BUF_EMPTY;
    struct lh_note note;
    enum lh_code rc;

    lh_buf_add(&line, lh_bytes_of(key->key_hash, 4));
    lh_buf_add(&line, lh_bytes_of(blob, len));
    lh_buf_add_text(&bytes, DASH);
    lh_buf_add_text(&bytes, key->name);
    lh_buf_add_u8(&bytes, ' ');
    lh_base64_add(&bytes, lh_buf_bytes(&line));
    lh_buf_add_u8(&bytes, '\n');
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&bytes), NULL), LH_OK);
    rc = lh_note_verify(&note, key, NULL, NULL);
    lh_buf_clear(&line);
    lh_buf_clear(&bytes);
    return rc;
}

static void no_flipped_bit_of_time_or_signature_goes_unseen(void **state)
{
    struct author author = make_author(LH_ALG_ED25519, 2, "witness", LH_NOTE_COSIGNATURE);
    struct lh_buf bytes = begin_note();
    struct lh_note note;
    uint8_t blob[4 + 8 + 64];

    (void)state;
    add_line(&bytes, TEXT, &author, 1700000000);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_int_equal(lh_base64_parse(blob, sizeof blob, note.lines[0].base64, NULL), LH_OK);
    assert_int_equal(verify_blob(&author.key, blob + 4, 72), LH_OK);
    for (size_t bit = 0; bit < (size_t)72 * 8; bit++) {
        blob[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(verify_blob(&author.key, blob + 4, 72), LH_ERR_FORGED);
        blob[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    lh_signer_free(author.signer);
    lh_buf_clear(&bytes);
}

static void a_signature_of_another_length_is_forged(void **state)
{
    struct author log = make_author(LH_ALG_ED25519, 1, "log", LH_NOTE_LOG);
    struct author witness = make_author(LH_ALG_ED25519, 2, "witness", LH_NOTE_COSIGNATURE);
    uint8_t blob[100] = { 0 };
    struct lh_sig sig;

    (void)state;
    assert_int_equal(lh_sign(log.signer, &sig, lh_bytes_of_text(TEXT), NULL), LH_OK);
    memcpy(blob, sig.bytes, LH_SIG_SIZE);
    for (size_t len = 1; len <= sizeof blob; len++) {
        assert_int_equal(verify_blob(&log.key, blob, len), len == 64 ? LH_OK : LH_ERR_FORGED);
        assert_int_equal(verify_blob(&witness.key, blob, len), LH_ERR_FORGED);
    }
    lh_signer_free(log.signer);
    lh_signer_free(witness.signer);
}

static void of_two_lines_with_one_key_the_first_counts(void **state)
{
    struct author log = make_author(LH_ALG_ED25519, 1, "log", LH_NOTE_LOG);
    struct lh_buf good_first = begin_note();
    struct lh_buf bad_first = begin_note();
    struct lh_note note;

    (void)state;
    add_line(&good_first, TEXT, &log, 0);
    add_line(&good_first, "another text\n", &log, 0);
    add_line(&bad_first, "another text\n", &log, 0);
    add_line(&bad_first, TEXT, &log, 0);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&good_first), NULL), LH_OK);
    assert_int_equal(lh_note_verify(&note, &log.key, NULL, NULL), LH_OK);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&bad_first), NULL), LH_OK);
    assert_int_equal(lh_note_verify(&note, &log.key, NULL, NULL), LH_ERR_FORGED);
    lh_buf_clear(&good_first);
    lh_buf_clear(&bad_first);
    lh_signer_free(log.signer);
}

static void only_well_formed_lines_are_added(void **state)
{
    struct author log = make_author(LH_ALG_ED25519, 1, "log", LH_NOTE_LOG);
    struct author witness = make_author(LH_ALG_ED25519, 2, "witness", LH_NOTE_COSIGNATURE);
    struct lh_buf out = LH_BUF_EMPTY;
    static const char *const texts[] = { "", "no newline", "tab\t\n", "not UTF-8 \xff\n" };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            lh_note_add_line(&out, lh_bytes_of_text(texts[i]), &log.key, log.signer, 0, NULL),
            LH_ERR_INVALID);
    }
    /* Another key, and a cosignature without a time. */
    assert_int_equal(
        lh_note_add_line(&out, lh_bytes_of_text(TEXT), &log.key, witness.signer, 0, NULL),
        LH_ERR_INVALID);
    assert_int_equal(
        lh_note_add_line(&out, lh_bytes_of_text(TEXT), &witness.key, witness.signer, 0, NULL),
        LH_ERR_INVALID);
    assert_int_equal(out.len, 0);
    assert_int_equal(
        lh_note_add_line(&out, lh_bytes_of_text(TEXT), &witness.key, witness.signer, 1, NULL),
        LH_OK);
    lh_signer_free(log.signer);
    lh_signer_free(witness.signer);
    lh_buf_clear(&out);
}

static void no_mangled_note_makes_the_parser_read_beyond_it(void **state)
{
    /* The sanitizers are the judges here: each note is a heap object of its own. */
    struct author log = make_author(LH_ALG_ED25519, 1, "log", LH_NOTE_LOG);
    struct lh_buf bytes = begin_note();
    struct lh_note note;

    (void)state;
    add_line(&bytes, TEXT, &log, 0);
    for (size_t len = 0; len <= bytes.len; len++) {
        uint8_t *copy = malloc(len + 1);
        enum lh_code rc;

        assert_non_null(copy);
        memcpy(copy, bytes.data, len);
        rc = lh_note_parse(&note, lh_bytes_of(copy, len), NULL);
        assert_int_equal(rc, len == bytes.len ? LH_OK : LH_ERR_INVALID);
        free(copy);
    }
    lh_buf_clear(&bytes);
    lh_signer_free(log.signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_splits_at_its_last_blank_line),
        cmocka_unit_test(the_key_hash_is_the_first_four_bytes_of_the_signature),
        cmocka_unit_test(what_is_not_a_note_is_refused),
        cmocka_unit_test(what_c2sp_allows_is_accepted),
        cmocka_unit_test(a_note_has_at_most_100_lines_and_128_kib),
        cmocka_unit_test(note_keys_survive_their_text_form),
        cmocka_unit_test(one_key_has_another_hash_under_another_kind_or_name),
        cmocka_unit_test(names_are_1_to_255_bytes_without_space_or_plus),
        cmocka_unit_test(keys_that_sign_no_notes_are_refused),
        cmocka_unit_test(a_vkey_with_anything_altered_is_refused),
        cmocka_unit_test(a_vkey_that_is_too_long_is_refused_before_it_is_decoded),
        cmocka_unit_test(lines_of_all_kinds_verify_on_one_note),
        cmocka_unit_test(a_signer_who_is_not_on_the_note_is_not_found),
        cmocka_unit_test(a_line_that_shares_only_the_name_or_only_the_hash_is_ignored),
        cmocka_unit_test(an_altered_text_is_forged),
        cmocka_unit_test(no_flipped_bit_of_time_or_signature_goes_unseen),
        cmocka_unit_test(a_signature_of_another_length_is_forged),
        cmocka_unit_test(of_two_lines_with_one_key_the_first_counts),
        cmocka_unit_test(only_well_formed_lines_are_added),
        cmocka_unit_test(no_mangled_note_makes_the_parser_read_beyond_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
