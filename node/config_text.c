/* What a configuration and its options look like to people. */

#include "node/config.h"
#include "node/config_option.h"
#include "node/config_value.h"

#include <string.h>

static void print_clients(struct lh_buf *out, const struct lh_config *config)
{
    for (size_t i = 0; i < config->client_count; i++) {
        lh_buf_add_text(out, "client = ");
        lh_grant_format(out, &config->clients[i]);
        lh_buf_add_u8(out, '\n');
    }
}

static void print_peers(struct lh_buf *out, const struct lh_config *config)
{
    for (size_t i = 0; i < config->peer_count; i++) {
        lh_buf_add_format(out, "peer = %s %s\n", config->peers[i].department,
                          config->peers[i].address);
    }
}

static void format_value(struct lh_buf *out, const struct lh_config *config,
                         const struct lh_option *option)
{
    uint64_t number;

    if (option->kind == LH_OPTION_PATH || option->kind == LH_OPTION_CODE ||
        option->kind == LH_OPTION_ADDRESS) {
        lh_buf_add_text(out, (const char *)config + option->offset);
        return;
    }
    if (option->kind == LH_OPTION_PEER) {
        print_peers(out, config);
        return;
    }
    memcpy(&number, (const char *)config + option->offset, sizeof number);
    lh_option_format_number(out, option, number);
}

static void print_origin(struct lh_buf *out, const struct lh_config *config, size_t index)
{
    if (config->origins[index] > 0) {
        lh_buf_add_format(out, "# %s:%d\n", config->file, config->origins[index]);
    } else {
        lh_buf_add_text(out, config->origins[index] < 0 ? "# command line\n" : "# default\n");
    }
}

void lh_config_print(struct lh_buf *out, const struct lh_config *config)
{
    for (size_t i = 0; i < lh_option_count(); i++) {
        print_origin(out, config, i);
        if (lh_option_at(i)->kind == LH_OPTION_CLIENT) {
            print_clients(out, config);
        } else if (lh_option_at(i)->kind == LH_OPTION_PEER) {
            print_peers(out, config);
        } else {
            lh_buf_add_format(out, "%s = ", lh_option_at(i)->key);
            format_value(out, config, lh_option_at(i));
            lh_buf_add_u8(out, '\n');
        }
    }
}

static void add_range(struct lh_buf *out, const struct lh_option *option)
{
    switch (option->kind) {
    case LH_OPTION_SIZE:
    case LH_OPTION_DURATION:
    case LH_OPTION_NUMBER:
        lh_option_format_number(out, option, option->min);
        lh_buf_add_text(out, " to ");
        lh_option_format_number(out, option, option->max);
        break;
    case LH_OPTION_MODE:
        lh_buf_add_text(out, "octal");
        break;
    case LH_OPTION_CHOICE:
        lh_buf_add_text(out, option->choices);
        break;
    case LH_OPTION_PATH:
        lh_buf_add_text(out, "path");
        break;
    case LH_OPTION_CODE:
        lh_buf_add_text(out, "a-z, 0-9, -");
        break;
    case LH_OPTION_ADDRESS:
        lh_buf_add_text(out, "address:port");
        break;
    case LH_OPTION_CLIENT:
    case LH_OPTION_PEER:
        lh_buf_add_text(out, "repeatable");
        break;
    }
}

static void add_initial(struct lh_buf *out, const struct lh_option *option)
{
    if (option->initial == NULL) {
        lh_buf_add_format(out, "<data>%s", lh_option_derived_end(option));
    } else {
        lh_buf_add_text(out, option->initial[0] != '\0' ? option->initial : "none");
    }
}

/* Every option with what it may be and its help; `marks` stand before, between and behind. */
static void describe(struct lh_buf *out, const char *const marks[5])
{
    for (size_t i = 0; i < lh_option_count(); i++) {
        const struct lh_option *option = lh_option_at(i);

        lh_buf_add_format(out, "%s%s%s", marks[0], option->key, marks[1]);
        add_initial(out, option);
        lh_buf_add_text(out, marks[2]);
        add_range(out, option);
        lh_buf_add_format(out, "; %s%s%s%s", option->is_reloadable ? "reload" : "restart", marks[3],
                          option->help, marks[4]);
    }
}

void lh_config_help(struct lh_buf *out)
{
    static const char *const marks[] = { "  ", " = ", "   (", ")\n      ", "\n" };

    describe(out, marks);
}

void lh_config_man(struct lh_buf *out)
{
    static const char *const marks[] = { "**", "** = *", "* (", ")\n:   ", "\n\n" };

    describe(out, marks);
}

void lh_config_restart_keys(struct lh_buf *out, const struct lh_config *old,
                            const struct lh_config *now)
{
    struct lh_buf a = LH_BUF_EMPTY;
    struct lh_buf b = LH_BUF_EMPTY;

    for (size_t i = 0; i < lh_option_count(); i++) {
        if (lh_option_at(i)->is_reloadable || lh_option_at(i)->kind == LH_OPTION_CLIENT) {
            continue;
        }
        lh_buf_reset(&a);
        lh_buf_reset(&b);
        format_value(&a, old, lh_option_at(i));
        format_value(&b, now, lh_option_at(i));
        if (!lh_bytes_is_equal(lh_buf_bytes(&a), lh_buf_bytes(&b))) {
            lh_buf_add_format(out, "%s%s", out->len > 0 ? ", " : "", lh_option_at(i)->key);
        }
    }
    lh_buf_clear(&a);
    lh_buf_clear(&b);
}
