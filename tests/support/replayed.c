#include "tests/support/replayed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum lh_suite_id replayed_suite(void **state)
{
    return *(const enum lh_suite_id *)*state;
}

struct lh_city_options replayed_options(enum lh_suite_id suite)
{
    return (struct lh_city_options){ .suite = suite,
                                     .seed = 6,
                                     .staff_count = LH_REPLAYED_STAFF,
                                     .entry_count = LH_REPLAYED_ENTRIES,
                                     .block_max = 8 };
}

/* ---- running a replay -------------------------------------------------------------------------
 */

static enum lh_code read_bytes(void *arg, void *out, size_t room, size_t *out_len,
                               struct lh_err *err)
{
    struct lh_bytes *rest = arg;

    (void)err;
    *out_len = rest->len < room ? rest->len : room;
    if (*out_len > 0) {
        memcpy(out, rest->data, *out_len);
    }
    *rest = lh_bytes_of(rest->data + *out_len, rest->len - *out_len);
    return LH_OK;
}

struct lh_replay *replayed_bytes(struct lh_bytes bytes, const struct lh_replay_options *options)
{
    const struct lh_archive_input input = { .read = read_bytes, .arg = &bytes };
    struct lh_err err = LH_ERR_NONE;
    struct lh_archive_reader *reader;
    struct lh_archive_frame frame;
    struct lh_replay *replay;
    enum lh_code rc;

    assert_int_equal(lh_archive_reader_new(&reader, &input, NULL), LH_OK);
    assert_int_equal(lh_replay_new(&replay, options, NULL), LH_OK);
    while ((rc = lh_archive_next(reader, &frame, &err)) == LH_OK) {
        assert_int_equal(lh_replay_feed(replay, &frame, &err), LH_OK);
    }
    assert_int_equal(lh_replay_end(replay, rc, err.text, &err), LH_OK);
    lh_archive_reader_free(reader);
    return replay;
}

static const struct lh_replay_options WITH_SIGNATURES = { .with_signatures = true };

struct lh_replay *replayed_whole(const struct lh_buf *bytes)
{
    return replayed_bytes(lh_buf_bytes(bytes), &WITH_SIGNATURES);
}

struct lh_replay *replayed_city(const struct lh_city *city)
{
    struct lh_buf bytes = LH_BUF_EMPTY;

    lh_city_archive(city, &bytes, NULL);
    struct lh_replay *replay = replayed_whole(&bytes);
    lh_buf_clear(&bytes);
    return replay;
}

void replayed_expect_good(const struct lh_replay *replay)
{
    const struct lh_replay_findings *findings = lh_replay_findings(replay);

    if (findings->kept_count > 0) {
        fail_msg("leaf %llu breaks %s: %s", (unsigned long long)findings->kept[0].place.index,
                 findings->kept[0].rule->id, findings->kept[0].text);
    }
}

void replayed_expect(const struct lh_replay *replay, const char *name, enum lh_code code,
                     const char *rule, uint64_t index, uint64_t count)
{
    const struct lh_replay_findings *findings = lh_replay_findings(replay);
    uint64_t total = findings->failed_count + findings->unknown_count;

    if (findings->kept_count == 0) {
        fail_msg("%s: nothing was found", name);
    }
    const struct lh_replay_finding *first = &findings->kept[0];
    if (strcmp(first->rule->id, rule) != 0 || first->place.index != index || first->code != code) {
        fail_msg("%s: leaf %llu breaks %s (%s): %s", name, (unsigned long long)first->place.index,
                 first->rule->id, lh_code_name(first->code), first->text);
    }
    if (count != 0 && total != count) {
        fail_msg("%s: %llu findings; the last is %s: %s", name, (unsigned long long)total,
                 findings->kept[findings->kept_count - 1].rule->id,
                 findings->kept[findings->kept_count - 1].text);
    }
}

void replayed_write_two(struct lh_buf *out, const struct lh_city *first,
                        const struct lh_city *second)
{
    uint64_t frames = 1;

    lh_archive_begin(out);
    lh_archive_add(out, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(first)));
    lh_city_add_ledger(first, out, &frames);
    lh_city_add_ledger(second, out, &frames);
    lh_archive_end(out, frames);
}
