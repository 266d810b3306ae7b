#!/bin/sh
# How much of each decoder its fuzz target's corpus runs:
#     fuzz_coverage.sh BUILD [--min PERCENT] [--lines] [TARGET...]
#
# BUILD is a directory of its own, configured with clang, -DLIUHEN_FUZZ=ON and
#     -DCMAKE_C_FLAGS_DEBUG='-O1 -g -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping'
# (made here if it does not exist). Prints "target: file.c NN.N %" for the lines of the decoder that
# the target is about; --lines adds those that no input reaches; below --min is exit status 1.
set -eu
cd "$(dirname "$0")/../.."

# TARGET FILE [FUNCTION,...]: what each target is about; replaying an archive judges and is not here. Without functions, the whole file; with
# them, those that read (the others of the file write, open or lock). A leading '-' leaves them out.
decoders() {
    cat <<'END'
act ledger/act.c -find_place,lh_act_sign
archive ledger/archive.c
body ledger/body_check.c
body ledger/body_check_detail.c
body ledger/body_check_detail_rest.c
body ledger/body_check_rule.c
body ledger/body_check_value.c
body ledger/canon_read.c
body ledger/entry.c read_varint,lh_schema_is_newer,lh_body_decode
checkpoint ledger/checkpoint.c -lh_checkpoint_sign,lh_checkpoint_keep_seal
config node/config.c -lh_config_load,lh_config_ref,lh_config_pinned
config node/config_option.c
config node/config_value.c
config node/grant.c -lh_grant_may_source,lh_grant_may_type
consent net/consent.c
csv cli/csv.c
event_json ledger/event.c
event_json ledger/event_form.c
events_input node/events_input.c
evidence net/breach.c
evidence net/evidence.c
genesis ledger/genesis.c -compare_founders,sort_founders,lh_genesis_encode,lh_genesis_network,lh_genesis_suite,lh_genesis_created_unix_ms,lh_enrolment_fingerprint,cosigner_key,lh_genesis_witness_key,lh_genesis_mirror_key
guard ledger/guard.c decode_slot,read_at,read_newest,read_head,open_file,lh_guard_peek
import cli/importing_ndjson.c -no_memory
import cli/lines.c
import cli/unpack.c -no_memory,lh_unpack_open,lh_unpack_close
key crypto/key.c
leaf ledger/entry.c check_signatures,check_intake,check_entry,check_origin,check_heads,check_header,check_leaf,lh_leaf_decode,lh_leaf_encode
leaf ledger/canon_read.c
mapping cli/mapping.c
mapping cli/mapping_event.c
message net/message.c -lh_decline_name,lh_get_encode,lh_leaves_begin,lh_missing_encode,lh_decline_encode,lh_want_encode,lh_prove_encode,lh_proven_growth_encode
message net/promise.c -add_message,encode_pledge,lh_promise_encode,lh_promise_verify,lh_promises_add,lh_promises_digest
note crypto/note.c
past cli/verify/past.c cut_label,cut_last,parse_mark,add_mark,check_sum,parse_state,lh_past_read
policy ledger/policy.c
private ledger/private.c -padding_for,encode_padded,make_tags,make_box,lh_private_build,lh_private_build_onto
proof_text ledger/proof_text.c
receipt ledger/proof_text.c
receipt ledger/receipt.c
row ledger/row.c -copy_text,lh_row_of
session net/frame.c -lh_frame_add,lh_frame_name
session net/session.c charge,check_turn,deal_with,take_bye,take_credit,take_hello,take_ping,has_version,verify_hello,lh_session_next,lh_session_put
store_batch ledger/store.c lh_store_batch_clear,lh_store_batch_reset,add_op,lh_store_batch_put,lh_store_batch_delete,lh_store_batch_next
submission net/submission.c
text crypto/base/time.c -read_clock,system_wall,system_mono,lh_clock_system
text crypto/text.c
tile_path ledger/tile.c assert_within_limits,format_index,lh_tile_path_format,take_prefix,take_decimal,take_group,take_index,lh_tile_path_parse
timespec cli/timespec.c
tokens ledger/tokens.c read_month,read_token,read_line,lh_tokens_parse
trail_query node/trail_query.c
trust cli/verify/input.c -code_of_errno,open_file
trust cli/verify/trust.c
witness net/witness.c lh_witness_request_parse,lh_witness_request_origin,lh_witness_request_size,read_head,check_seal
END
}

build=${1:?fuzz_coverage.sh BUILD [--min PERCENT] [--lines] [TARGET...]}
shift
min=0
lines=0
wanted=
while [ $# -gt 0 ]; do
    case $1 in
    --min)
        min=$2
        shift
        ;;
    --lines) lines=1 ;;
    *) wanted="$wanted $1" ;;
    esac
    shift
done

# tool NAME: that program of the clang which is used, or the plain one.
tool() {
    version=$(clang -dumpversion)
    command -v "$1-${version%%.*}" || command -v "$1"
}
profdata=$(tool llvm-profdata)
cov=$(tool llvm-cov)

if [ ! -f "$build/build.ninja" ]; then
    cmake -G Ninja -S . -B "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
        -DCMAKE_C_FLAGS_DEBUG="-O1 -g -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping" \
        -DLIUHEN_FUZZ=ON >/dev/null
fi
ninja -C "$build" lh_fuzz_all >"$build/fuzz_coverage.log" 2>&1 || {
    tail -n 20 "$build/fuzz_coverage.log"
    exit 1
}

# profile TARGET: run it over its corpus and nothing else.
profile() {
    LLVM_PROFILE_FILE="$build/fuzz/$1.profraw" "$build/fuzz/fuzz_$1" -runs=0 \
        -artifact_prefix="$build/fuzz/" "tests/fuzz/corpus/$1" >"$build/fuzz/$1.log" 2>&1 || {
        tail -n 20 "$build/fuzz/$1.log"
        echo "$1: FAILED"
        exit 1
    }
    "$profdata" merge -sparse -o "$build/fuzz/$1.profdata" "$build/fuzz/$1.profraw"
}

# measure TARGET FILE FUNCTIONS: the line of the report.
measure() {
    "$cov" export -format=lcov -instr-profile="$build/fuzz/$1.profdata" \
        "$build/fuzz/fuzz_$1" "$PWD/$2" 2>/dev/null |
        awk -v target="$1" -v file="$2" -v functions="$3" -v min="$min" -v show="$lines" '
    BEGIN {
        leave_out = sub(/^-/, "", functions)
        count = split(functions, names, ",")
        for (i = 1; i <= count; i++) named[names[i]] = 1
    }
    /^FN:/ {
        split(substr($0, 4), part, ",")
        name = part[2]
        sub(/^.*:/, "", name) # a static function has its file in front
        starts[part[1] + 0] = name
    }
    /^DA:/ {
        split(substr($0, 4), part, ",")
        hits[part[1] + 0] = part[2] + 0
        if (part[1] + 0 > last) last = part[1] + 0
    }
    END {
        for (at = 1; at <= last; at++) {
            if (at in starts) is_counted = count == 0 || ((starts[at] in named) != leave_out)
            if (!(at in hits) || !is_counted) continue
            all++
            if (hits[at] > 0) reached++
            else missing = missing " " at
        }
        percent = all > 0 ? 100 * reached / all : 0
        printf "%s: %s %.1f %%\n", target, file, percent
        if (show && missing != "") printf "    not reached:%s\n", missing
        exit percent < min ? 1 : 0
    }'
}

status=0
last=
list=$build/fuzz/decoders
decoders >"$list"
while read -r target file functions; do
    case " $wanted " in
    "  " | *" $target "*) ;;
    *) continue ;;
    esac
    if [ "$target" != "$last" ]; then
        profile "$target"
        last=$target
    fi
    measure "$target" "$file" "$functions" || status=1
done <"$list"
[ $status -eq 0 ] || echo "fuzz coverage: FAILED: a decoder is below $min %"
exit $status
