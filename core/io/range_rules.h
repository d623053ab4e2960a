/* range_rules.h - what all range files share: the ranges as read, checks of bounds, and how copies, overlaps, charge
 * states and types follow from them (methods: vendor formats, 7). */
#ifndef OA_IO_RANGE_RULES_H
#define OA_IO_RANGE_RULES_H

#include "io/file.h"

#define OA_COLOR_DEFAULT 0x999999u
enum { OA_DRAFTS_MAX = 200000, OA_ION_TYPES_MAX = 8192 };

/* One range as the file has it. */
typedef struct oa_draft {
    double lower, upper;
    oa_ion_type ion;  /* nuclides sorted; charge only where the file gives it; name only for user labels */
    size_t order;     /* place in the file, from 0; decides who wins and how types are numbered */
    uint64_t line;
    size_t identity;  /* same number: same ion; set by the rules */
    char key[32];     /* "Range12", "row 3" */
} oa_draft;

/* Warnings of one kind, told once per file: how many, and the first few. */
typedef struct oa_tally {
    size_t count, listed;
    char examples[240], last[64];
} oa_tally;
void oa_tally_add(oa_tally *tally, const char *format, ...) OA_PRINTF(2, 3);
/* "file: what: count (examples)", where there is something to tell. */
void oa_tally_tell(oa_context *context, const char *name, const char *code, const oa_tally *tally, const char *what);

typedef struct oa_draft_list {
    oa_context *context;
    const char *name; /* of the file */
    const oa_read_options *options;
    oa_draft *drafts;
    size_t n, capacity;
    oa_tally labels, colors, copies, joined, overlaps;
} oa_draft_list;

/* A new zeroed draft at the end of the list. */
oa_status oa_draft_new(oa_draft_list *list, oa_draft **out) OA_MUST_USE;
/* Finite, not negative, not reversed, not empty. */
oa_status oa_draft_check(const oa_draft_list *list, const oa_draft *draft) OA_MUST_USE;
/* Applies the rules and gives the ranges, at least one; the list is freed by oa_draft_list_drop. */
oa_status oa_draft_list_finish(oa_draft_list *list, oa_ranges **out) OA_MUST_USE;
void oa_draft_list_drop(oa_draft_list *list);

#endif
