/*
 * One witness, two requests at once for heads that exclude each other, and crashes. What is not
 * synced is lost in a crash; what was signed has left.
 *
 * Claim: it never signs both.  specs/network.md 2 "comparing and storing are one step" and "durable
 * before the cosignature leaves".
 *
 *   run ok
 *   run fails -DNO_LOCK       two requests may be between comparing and storing
 *   run fails -DSIGN_FIRST    the cosignature leaves before the store is synced
 *   long ok    -DCRASHES=6
 *   long fails -DCRASHES=6 -DNO_LOCK
 */
#ifndef CRASHES
#define CRASHES 2
#endif

byte head = 0;          /* what the running witness believes: 0 nothing, 1 or 2 a branch */
byte durable = 0;       /* what a crash leaves */
bool is_storing = false;
bool signed1 = false, signed2 = false;
byte era = 0;           /* requests of an era before a crash are gone */
byte crashes = 0;

inline sign(branch) {
    if
    :: branch == 1 -> signed1 = true
    :: branch == 2 -> signed2 = true
    fi;
    assert(!(signed1 && signed2))
}

proctype request(byte branch) {
    byte born;
again:
    atomic {
        born = era;
#ifdef NO_LOCK
        (head == 0 || head == branch);
#else
        (!is_storing && (head == 0 || head == branch));
        is_storing = true;
#endif
    }
#ifdef SIGN_FIRST
    atomic { if :: born == era -> sign(branch) :: else -> goto lost fi }
#endif
    atomic { if :: born == era -> head = branch :: else -> goto lost fi }
    atomic { if :: born == era -> durable = branch :: else -> goto lost fi } /* the sync */
#ifndef SIGN_FIRST
    atomic { if :: born == era -> sign(branch) :: else -> goto lost fi }
#endif
    atomic { if :: born == era -> is_storing = false :: else -> skip fi }
    goto done;
lost:
    goto again; /* the client asks again */
done:
    skip
}

active proctype machine() {
    do
    :: crashes < CRASHES ->
        atomic { crashes++; era++; head = durable; is_storing = false }
    :: break
    od
}

init { atomic { run request(1); run request(2); run request(2) } }
