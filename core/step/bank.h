/* bank.h - what the files of the step `bank` share: its parameters, the recipe they give, and where patterns go. */
#ifndef OA_STEP_BANK_H
#define OA_STEP_BANK_H

#include "base/random.h"
#include "math/curve.h"
#include "math/lattice.h"
#include "math/picture.h"
#include "math/sdm.h"
#include "step/alloy.h"
#include "step/patterns.h"

typedef struct bank_params {
    const char *preset;
    /* crystals */
    const char *structures, *classes, *channels, *direction;
    double lattice_parameter;
    bool crystals;
    oa_reals cells;
    const char *sigma_lateral, *sigma_depth, *efficiency;
    bool matched_sigma, nested, copy_channels;
    int64_t repeats, copies, shift_lo, shift_hi;
    /* voxels */
    int64_t voxels, specimens;
    double specimen_edge;
    const char *alloy, *ordered_species;
    oa_reals ordered_fraction;
    const char *analysed;
    oa_reals domains, domain_radii, order, enrichment;
    double overlapping, target_radius;
    oa_reals stretch_lateral, stretch_depth, tilt, rotation, voxel_sigma_lateral, voxel_sigma_depth, voxel_efficiency;
    const char *spacing;
    /* the map, as in classify */
    const char *mode;
    int64_t dimensions;
    double radius, half_range;
    int64_t bins, crop_first, crop_bins, smooth_window, smooth_order, background_first, background_last, background_sweeps;
    const char *picture;
    int64_t pixels;
    int64_t seed;
} bank_params;

/* The first word of the streams of random numbers; see stream_of. */
enum { BANK_STREAM_CRYSTAL = 0x6201, BANK_STREAM_SHIFT, BANK_STREAM_SPECIMEN };
/* A stream for thing number `index` of kind `kind`, part `part`: nothing else draws from it. */
static inline uint64_t bank_stream(uint64_t kind, uint64_t part, uint64_t index) { return kind << 48 | part << 40 | index; }

enum { BANK_CHANNELS_MAX = 8, BANK_PATTERNS_MAX = 1 << 28 };

/* Values that a class runs through, ascending. */
typedef struct bank_grid {
    size_t n;
    double *v;
} bank_grid;
enum { BANK_LATERAL, BANK_DEPTH, BANK_EFFICIENCY, BANK_GRIDS };

typedef struct bank_class {
    const oa_structure *structure;
    char name[32];
    bank_grid grid[BANK_GRIDS];
    size_t first, n; /* originals: pattern numbers first ... first + n - 1 */
    /* the closed cube, atoms before noise */
    size_t atoms;
    double *x, *y, *z; /* (atoms) nm */
    uint8_t *is_ordered; /* (atoms) */
} bank_class;

/* Everything that is fixed before the first pattern is made. */
typedef struct bank {
    oa_run *run;
    const bank_params *p;
    oa_map_definition map;
    size_t n_classes, n_channels, n_originals;
    bank_class class[OA_CLASSES_MAX];
    bool takes_others[BANK_CHANNELS_MAX]; /* the channel counts the other species, not the ordered one */
    oa_lattice lattice;
    oa_curve_plan curve;
    oa_picture_plan picture;
    oa_alloy alloy;
    int ordering; /* of the alloy */
} bank;

static inline bool bank_has_pictures(const bank *b) { return b->map.dimensions == 2; }
/* Values of one pattern: of all curves, or of a picture. */
static inline size_t bank_pattern_size(const bank *b)
{
    return bank_has_pictures(b) ? (size_t)(b->map.pixels * b->map.pixels) : (size_t)b->map.crop_bins * b->n_channels;
}
oa_sdm_rule bank_rule(const bank *b, oa_sdm_mode mode);

/* Where patterns go: (n, ...) each; either curves or grey. */
typedef struct bank_patterns {
    size_t n;
    float *curves; /* (n, bins, channels) */
    uint8_t *grey; /* (n, pixels, pixels) */
    float *target; /* (n, classes) */
    uint32_t *label, *group;
    double *sigma_lateral, *sigma_depth, *efficiency;
    uint64_t *pairs; /* (n, channels) */
} bank_patterns;

/* bank_recipe.c: reads and checks the parameters. E_PARAMETER_* where they cannot be followed. */
oa_status bank_prepare(oa_run *run, const bank_params *p, bank *out) OA_MUST_USE;
/* Patterns that the crystals of these parameters give, copies included, and atoms of the largest; for the memory plan, which
 * has no run and reports nothing. 0 where they cannot be read. */
typedef struct bank_estimate {
    double patterns, atoms;
} bank_estimate;
bank_estimate bank_estimate_of(const bank_params *p);

/* bank_crystals.c: fills the first n_originals * (1 + copies) rows. */
oa_status bank_make_crystals(bank *b, bank_patterns *out) OA_MUST_USE;

/* bank_voxels.c: makes the voxels; out->n is how many were kept, its arrays are scratch of the run. group begins at first_group. */
typedef struct bank_voxel_report {
    uint64_t specimens, ions, dropped;
} bank_voxel_report;
oa_status bank_make_voxels(bank *b, uint32_t first_group, bank_patterns *out, bank_voxel_report *report) OA_MUST_USE;

#endif
