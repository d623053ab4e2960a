/* picture.c - grey pictures of zx-SDMs by the literal arithmetic of the published drawings. */
#include "math/picture.h"

#include <math.h>

#define SHOWN 0.7 /* nm, to either side */
enum { DRAWN = 800, PARTS = 8, PAPER = 255, COLOURS = 256 };

/* The nine colours of the ColorBrewer scheme "BuGn", joined by straight lines. */
static const uint32_t anchors[9] = { 0xf7fcfd, 0xe5f5f9, 0xccece6, 0x99d8c9, 0x66c2a4, 0x41ae76, 0x238b45, 0x006d2c, 0x00441b };

static uint32_t shade(double at, int channel)
{
    const int k = at < 7 ? (int)at : 7;
    const double a = anchors[k] >> 8 * (2 - channel) & 255, b = anchors[k + 1] >> 8 * (2 - channel) & 255;
    return (uint32_t)rint(a + (at - k) * (b - a));
}

/* Luma of ITU-R 601 in 16-bit fixed point. */
static uint8_t grey_of(int colour)
{
    const double at = colour / (COLOURS - 1.0) * 8;
    return (uint8_t)((19595 * shade(at, 0) + 38470 * shade(at, 1) + 7471 * shade(at, 2) + 32768) >> 16);
}

static int32_t bin_of(const oa_picture_rule *rule, double coordinate)
{
    const double width = 2 * rule->half_range / (double)rule->bins;
    const int64_t bin = (int64_t)floor((coordinate + rule->half_range) / width) - rule->first;
    return bin >= 0 && bin < rule->kept ? (int32_t)bin : -1;
}

oa_status oa_picture_plan_make(oa_arena *arena, oa_picture_plan *out, const oa_picture_rule *rule)
{
    *out = (oa_picture_plan){ .rule = *rule };
    OA_TRY(oa_arena_take(arena, &out->row, (size_t)rule->pixels, sizeof *out->row));
    OA_TRY(oa_arena_take(arena, &out->column, (size_t)rule->pixels, sizeof *out->column));
    for (int64_t i = 0; i < rule->pixels; i++) {
        const double drawn = floor(((double)i + 0.5) * DRAWN / (double)rule->pixels);
        out->column[i] = bin_of(rule, -SHOWN + (drawn + 0.5) * (2 * SHOWN) / DRAWN);
        out->row[rule->pixels - 1 - i] = out->column[i];
    }
    for (int i = 0; i < COLOURS; i++) out->grey[i] = grey_of(i);
    return OA_OK;
}

oa_levels oa_picture_levels(uint32_t most)
{
    static const double steps[] = { 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 };
    const double least = most > 1 ? (most - 1.0) / PARTS : 1;
    oa_levels levels = { .step = 1 };
    const double scale = pow(10, floor(log10(least)));
    for (size_t i = sizeof steps / sizeof *steps; i-- > 0;)
        if (steps[i] * scale >= least * (1 - 1e-12)) levels.step = steps[i] * scale;
    levels.first = (int64_t)floor(1 / levels.step + 1e-9);
    levels.last = (int64_t)ceil(most / levels.step - 1e-9);
    return levels;
}

/* The last level at or below a count gives the colour; the first region has the first colour, the last region the last. */
static uint8_t contour(const oa_picture_plan *plan, const oa_levels *levels, uint32_t count)
{
    const int64_t regions = levels->last - levels->first, region = (int64_t)floor(count / levels->step + 1e-9) - levels->first;
    if (region < 0) return PAPER;
    if (region >= regions) return plan->grey[COLOURS - 1];
    return plan->grey[regions > 1 ? region * (COLOURS - 1) / (regions - 1) : 0];
}

void oa_picture_draw(const oa_picture_plan *plan, const uint32_t *map, uint8_t *grey)
{
    const size_t kept = (size_t)plan->rule.kept, pixels = (size_t)plan->rule.pixels;
    uint32_t most = 0;
    for (size_t i = 0; i < kept * kept; i++) most = map[i] > most ? map[i] : most;
    const oa_levels levels = oa_picture_levels(most);
    for (size_t i = 0; i < pixels; i++)
        for (size_t k = 0; k < pixels; k++) {
            const bool is_there = plan->row[i] >= 0 && plan->column[k] >= 0;
            const uint32_t count = is_there ? map[(size_t)plan->row[i] * kept + (size_t)plan->column[k]] : 0;
            if (most == 0) grey[i * pixels + k] = PAPER;
            else if (plan->rule.is_linear) grey[i * pixels + k] = (uint8_t)rint(255.0 * count / most);
            else grey[i * pixels + k] = contour(plan, &levels, count);
        }
}
