/* mixture_bank.h - inside of the mixture: blurred balls, their transforms, and the tiles that convolutions are done in. */
#ifndef OA_MATH_MIXTURE_BANK_H
#define OA_MATH_MIXTURE_BANK_H

#include "math/mixture.h"

/* Tiles of whole cubes, each with a rim of `halo` cells for what reaches in; all are alike. The spectra of the balls are real and even: of x and z a
 * half is kept. Spectrum e (1, 2, 3) of radius r, wave (kx, ky, kz): ((((r 3 + e - 1) (nx/2 + 1) + kx) ny/16 + ky/16) (nz/2 + 1) + kz) 16 + ky % 16. */
typedef struct oa_bank {
    oa_field field;
    int radii;
    size_t halo[3], inner[3], n[3], tiles[3];
    oa_fft fft[3];
    float *hats[3]; /* (n) by wave, what takes the products of hats off a spectrum */
    float *spectrum;
    float **room; /* of each thread, made when it is asked for */
} oa_bank;
oa_status oa_bank_plan(oa_arena *arena, oa_bank *out, const oa_field *field, const oa_mixture_prior *prior, double sigma) OA_MUST_USE;

/* Cells [low, high) of a tile that exist; the tile's own arrays begin `halo` below low. */
typedef struct oa_tile {
    size_t low[3], high[3];
} oa_tile;
size_t oa_bank_tiles(const oa_bank *bank);
oa_tile oa_bank_tile(const oa_bank *bank, size_t number);
static inline size_t oa_bank_cells(const oa_bank *bank) { return bank->n[0] * bank->n[1] * bank->n[2]; }

/* Buffers of one thread: complex arrays of a tile, as many as radii and four at least, each part behind the other: re[0], im[0], re[1], ... What comes back
 * takes the place of what went in, column by column. */
enum { OA_TILE_ARRAYS = 4 };
typedef struct oa_tile_room {
    float *line; /* 2 lines of complex lanes for every input, and some */
    float *re[OA_RADII_MAX], *im[OA_RADII_MAX];
} oa_tile_room;

/* What goes into a tile is given layer by layer, (y, x), and transformed along these as soon as a layer is whole, while it is in the cache. */
void oa_bank_layer(const oa_bank *bank, const oa_waves *waves, const oa_tile_room *room, int array, size_t z);
/* L of all radii and both signs: in re/im[0...2] deposits of the coefficients (plus in re, minus in im), out re/im[radius] L, (z, y, x). */
void oa_bank_evidence(const oa_bank *bank, const oa_waves *waves, oa_tile_room *room);
/* Sum over radii of re/im[radius] convolved with their balls, into re/im[0], (z, y, x). */
void oa_bank_spread(const oa_bank *bank, const oa_waves *waves, oa_tile_room *room);
oa_status oa_tile_room_take(const oa_bank *bank, oa_worker *worker, oa_tile_room *out) OA_MUST_USE;
void oa_bank_drop(oa_context *context, oa_bank *bank); /* the rooms; the rest is the arena's */

#endif
