#include "crypto/aloud.h"

#include <stdio.h>
#include <string.h>

enum { DIGITS = 5, NUMBER_MAX = 0xffff };

void lh_aloud_format(char out[LH_ALOUD_SIZE], const struct lh_hash *hash)
{
    /* spec trust.md 4: "eight numbers of two bytes, big-endian, each written with five decimal
     * digits, with dots between" */
    for (size_t i = 0; i < LH_ALOUD_NUMBERS; i++) {
        unsigned number = (unsigned)hash->bytes[2 * i] << 8 | hash->bytes[2 * i + 1];

        (void)snprintf(out + i * (DIGITS + 1), DIGITS + 1, "%05u", number);
        out[i * (DIGITS + 1) + DIGITS] = i + 1 < LH_ALOUD_NUMBERS ? '.' : '\0';
    }
}

static bool is_number(const char *text)
{
    unsigned number = 0;

    for (size_t i = 0; i < DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    return number <= NUMBER_MAX;
}

bool lh_aloud_is_valid(const char *text)
{
    if (strlen(text) != LH_ALOUD_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < LH_ALOUD_NUMBERS; i++) {
        const char *number = text + i * (DIGITS + 1);

        if (!is_number(number) || (i + 1 < LH_ALOUD_NUMBERS && number[DIGITS] != '.')) {
            return false;
        }
    }
    return true;
}
