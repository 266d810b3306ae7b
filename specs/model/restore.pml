/*
 * A department loses its newest block: restored from an older image. Its last block may still be on
 * its way to some witnesses. It asks its n witnesses; whoever promises never again cosigns the old
 * generation and says what it holds. After q promises it adopts the highest head it was told of and
 * starts the next generation. f witnesses lie: they promise, hide what they hold, and sign all.
 *
 * Claim: a block that is ever witnessed (k cosignatures) is in the history that was adopted.
 * specs/network.md 1: k + q > n + f.
 *
 *   run ok    -DN=1 -DF=0 -DK=1 -DQ=1
 *   run ok    -DN=3 -DF=0 -DK=2 -DQ=2
 *   run fails -DN=3 -DF=0 -DK=2 -DQ=1
 *   run ok    -DN=4 -DF=1 -DK=3 -DQ=3
 *   run fails -DN=4 -DF=1 -DK=3 -DQ=2
 *   run ok    -DN=5 -DF=1 -DK=4 -DQ=3
 *   run fails -DN=5 -DF=1 -DK=4 -DQ=2
 *   run ok    -DN=7 -DF=2 -DK=5 -DQ=5
 *   run fails -DN=7 -DF=2 -DK=5 -DQ=4
 *   run fails -DN=4 -DF=1 -DK=3 -DQ=3 -DNO_PROMISE    they answer and go on cosigning
 *   long ok    -DN=8 -DF=2 -DK=6 -DQ=5
 *   long fails -DN=8 -DF=2 -DK=6 -DQ=4
 *   long ok    -DN=9 -DF=2 -DK=6 -DQ=6
 *   long fails -DN=9 -DF=2 -DK=6 -DQ=5
 *   long fails -DN=9 -DF=2 -DK=6 -DQ=6 -DNO_PROMISE
 */
bool arrived[N];        /* the block came there, and was stored */
bool cosigned[N];
bool answered[N];       /* its promise reached the author, in whatever order */
byte cosigns = 0, promises = 0;
bool is_adopted = false;
bool has_block = false; /* the author was told of the block before it adopted */

inline check() { assert(!(is_adopted && !has_block && cosigns >= K)) }

active proctype network() {
    byte w;
    do
    :: atomic { /* the block in flight reaches a witness, which cosigns unless it promised */
        select(w : 0 .. (N - 1));
        if
        :: !arrived[w] ->
            arrived[w] = true;
            if
#ifdef NO_PROMISE
            :: true -> cosigned[w] = true; cosigns++
#else
            :: w < F || !answered[w] -> cosigned[w] = true; cosigns++
            :: else -> skip
#endif
            fi
        :: else -> skip
        fi;
        check()
       }
    :: atomic { /* a witness answers the author */
        select(w : 0 .. (N - 1));
        if
        :: !is_adopted && !answered[w] ->
            answered[w] = true;
            promises++;
            has_block = has_block || (arrived[w] && w >= F)
        :: else -> skip
        fi
       }
    :: atomic { promises >= Q && !is_adopted -> is_adopted = true; check() }
    :: break
    od
}
