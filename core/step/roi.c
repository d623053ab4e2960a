/* roi.c - fields that several steps share: the region of interest and lists of words. */
#include <math.h>
#include <string.h>

#include "step/step.h"

static oa_status check_box(oa_context *context, const double box[6])
{
    for (int axis = 0; axis < 3; axis++) {
        const double lo = box[2 * axis], hi = box[2 * axis + 1];
        if (!(lo < hi))
            return oa_fail_at(context, OA_IN_PARAMETER("roi"), "E_PARAMETER_RANGE",
                              "roi: %g to %g nm along %c is empty; give lo < hi", lo, hi, "xyz"[axis]);
    }
    return OA_OK;
}

/* The largest box of whole grid steps inside the bounding box. Without a grid the upper faces are moved up by the
 * smallest possible amount, so that the half-open box holds every ion. */
static void box_of_bounds(const double lo[3], const double hi[3], double grid, double box[6])
{
    for (int axis = 0; axis < 3; axis++) {
        box[2 * axis] = grid > 0 ? ceil(lo[axis] / grid) * grid : lo[axis];
        box[2 * axis + 1] = grid > 0 ? floor(hi[axis] / grid) * grid : nextafter(hi[axis], INFINITY);
    }
}

oa_status oa_roi_resolve(oa_run *run, const oa_ions *ions, const oa_reals *roi, double grid, double box[6])
{
    oa_context *context = run->context;
    double lo[3], hi[3];
    oa_ions__bounds(ions, lo, hi);
    if (oa_ions__count(ions) == 0)
        return oa_fail_at(context, OA_IN_PARAMETER("roi"), "E_ROI_OUTSIDE", "there are no ions, so no region holds any");
    if (roi->n == 6) {
        memcpy(box, roi->v, 6 * sizeof *box);
        OA_TRY(check_box(context, box));
    } else {
        box_of_bounds(lo, hi, grid, box);
    }
    for (int axis = 0; axis < 3; axis++) {
        const double from = box[2 * axis], to = box[2 * axis + 1];
        if (!(from < to))
            return oa_fail_at(context, OA_IN_PARAMETER("roi"), "E_ROI_OUTSIDE",
                              "the ions span %g to %g nm along %c, less than one step of the grid of %g nm; give roi",
                              lo[axis], hi[axis], "xyz"[axis], grid);
        if (!(from <= hi[axis] && to > lo[axis]))
            return oa_fail_at(context, OA_IN_PARAMETER("roi"), "E_ROI_OUTSIDE",
                              "roi %g to %g nm along %c holds no ion; the ions span %g,%g,%g,%g,%g,%g (xlo,xhi,ylo,yhi,zlo,zhi)", from, to,
                              "xyz"[axis], lo[0], hi[0], lo[1], hi[1], lo[2], hi[2]);
    }
    return OA_OK;
}

/* Blanks around a word do not belong to it. */
static const char *trim(const char *begin, const char **end)
{
    while (begin < *end && (*begin == ' ' || *begin == '\t')) begin++;
    while (*end > begin && ((*end)[-1] == ' ' || (*end)[-1] == '\t')) (*end)--;
    return begin;
}

/* One block holds the pointers and, behind them, the text. An empty text has no words; an empty word between two
 * separators is kept, for the caller to refuse by its own name. */
oa_status oa_words_split(oa_run *run, const char *text, char separator, char ***words, size_t *n)
{
    const char *end = text + strlen(text), *begin = trim(text, &end);
    size_t count = begin < end;
    for (const char *c = begin; c < end; c++) count += *c == separator;
    *n = count;
    const size_t head = (count + 1) * sizeof(char *);
    OA_TRY(oa_new(run->context, words, 1, head + (size_t)(end - begin) + 1));
    char *out = (char *)*words + head;
    for (size_t i = 0; i < count; i++) {
        const char *stop = memchr(begin, separator, (size_t)(end - begin));
        const char *word_end = stop ? stop : end, *word = trim(begin, &word_end);
        (*words)[i] = out;
        memcpy(out, word, (size_t)(word_end - word));
        out += word_end - word + 1;
        if (stop) begin = stop + 1;
    }
    return OA_OK;
}
