#ifndef LH_NODE_CONFIG_VALUE_H
#define LH_NODE_CONFIG_VALUE_H

/* The kinds of value that a configuration line can hold, both ways. */

#include "crypto/base/buf.h"

/** "64MiB", "16KiB", "1GiB", "4096". */
enum lh_code lh_size_parse(uint64_t *out, struct lh_bytes text, struct lh_err *err) LH_MUST_CHECK;
void lh_size_format(struct lh_buf *out, uint64_t size);
/** "500ms", "30s", "5min", "1h", "0". */
enum lh_code lh_duration_parse(uint64_t *out_ms, struct lh_bytes text,
                               struct lh_err *err) LH_MUST_CHECK;
void lh_duration_format(struct lh_buf *out, uint64_t ms);
/** "0660". */
enum lh_code lh_mode_parse(uint64_t *out, struct lh_bytes text, struct lh_err *err) LH_MUST_CHECK;

enum { LH_CONFIG_SHOWN_SIZE = 68 };
/** A word of the file as an error may repeat it: its first 64 bytes; "..." when a personal number
 * stands in it. */
void lh_config_show(char out[LH_CONFIG_SHOWN_SIZE], struct lh_bytes word);
/** Without spaces and tabs at both ends. */
struct lh_bytes lh_text_trim(struct lh_bytes text);
/** Cut the next word at `separator` off `rest`; false when nothing is left. */
bool lh_text_next_word(struct lh_bytes *rest, char separator, struct lh_bytes *out_word);

#endif
