#!/bin/sh
# Gate of the gates: in a small tree of its own each gate passes, and fails once its fault is planted.
set -eu
cd "$(dirname "$0")/../../.."
tree=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-gates.XXXXXX")
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/home/tests/support"
cp -R tests/support/gates "$tree/home/tests/support/"
cp .clang-format "$tree/home/"
cd "$tree/home"
git init --quiet .
mkdir -p crypto/base ledger net node cli specs .ci
printf '#!/bin/sh\ntrue\n' | tee run >.ci/run
cat >specs/ledger.md <<'END'
## 4. Blocks
A replica refuses a block whose
header is not last.
### 4.1 Heights
Height starts at one.
## 5. Time
Time grows.
END
cat >ledger/ok.c <<'END'
#include "crypto/base/err.h"

/* spec ledger.md 4: "A replica refuses a block whose header
 * is not last." */
/* spec ledger.md 4: "Height starts at one." */
int lh_ok; /* never strcpy */
END
for file in net/tls.c:openssl/ssl.h crypto/hash.c:openssl/evp.h ledger/store_rocksdb.c:rocksdb/c.h \
    ledger/event.c:jansson.h net/conn.c:event2/event.h; do
    printf '#include <%s>\n' "${file#*:}" >"${file%%:*}"
done

bad=0
tried=0
# gate NAME pass|fail WHAT: runs it and compares.
gate() {
    tried=$((tried + 1))
    result=pass
    out=$("tests/support/gates/$1" 2>&1) || result=fail
    [ "$result" = "$2" ] || {
        printf '%s\n' "$out" | tail -n 5
        echo "$1 should $2 on $3, and it did not"
        bad=1
    }
}
# plant GATE FILE TEXT: the gate must fail with this file in the tree.
plant() {
    printf '%b\n' "$3" >"$2"
    gate "$1" fail "$2: $3"
    rm "$2"
}

for name in format.sh banned.sh doors.sh lines.sh paths.sh quotes.py shell.sh; do
    gate $name pass "a clean tree"
done
plant format.sh cli/x.c 'int  x ( void );'
for call in strcpy strcat sprintf vsprintf gets atoi atol strtok strncpy alloca system; do
    plant banned.sh node/x.c "int x = $call (y);"
done
plant doors.sh ledger/x.c '#include <openssl/evp.h>'
plant doors.sh net/x.c '#  include <openssl/ssl.h>'
plant doors.sh crypto/base/x.c '#include <openssl/evp.h>'
plant doors.sh node/x.c '#include <rocksdb/c.h>'
plant doors.sh ledger/x.c '#include <jansson.h>'
plant doors.sh crypto/x.c '#include <event2/event.h>'
plant doors.sh crypto/base/x.c '#include "crypto/key.h"'
plant doors.sh crypto/x.c '#include "ledger/tree.h"'
plant doors.sh ledger/x.c '#include "net/frame.h"'
plant doors.sh net/x.c '#include "node/log.h"'
plant doors.sh node/x.c '#include "cli/render.h"'
plant doors.sh cli/x.c '#include "node/config.h"'
plant lines.sh net/x.c "$(seq 801)"
plant paths.sh README "see $(dirname "$(pwd -P)")/notes"
plant quotes.py net/x.c '/* spec ledger.md 4: "Time grows." */'
plant quotes.py net/x.c '/* spec ledger.md 4: "Height starts at two." */'
plant quotes.py net/x.c '/* spec ledger.md 9: "Time grows." */'
plant quotes.py net/x.c '/* spec none.md 4: "Time grows." */'
plant quotes.py net/x.c '/* spec ledger.md 5: Time grows. */'
plant shell.sh tests/x.sh '#!/bin/sh\nx=[ 1 == 2 ]'
# The count tells why a test failed, and nothing of one that passed.
tried=$((tried + 1))
: >skips
printf '<testsuite>%s%s</testsuite>' \
    '<testcase name="sound" status="run"><system-out>all well</system-out></testcase>' \
    '<testcase name="broken" status="fail"><system-out>FAILED a claim</system-out></testcase>' >r.xml
told=$(/usr/bin/python3 tests/support/gates/totals.py skips r.xml) || true
[ "$told" = 'failed: broken:
  | FAILED a claim
1 passed, 1 failed, 0 skipped' ] || {
    printf '%s\n' "$told"
    bad=1
}
echo "$tried trials"
exit $bad
