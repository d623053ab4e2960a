/* mixture_ball.h - inside of the mixture: blurred balls, as hats on a grid. An ion between cells is shared linearly among the eight around it, which is
 * to put a hat (1 - |u|)+ along each axis, u in cells, around each cell; the weights of the hats that come closest to B in the mean square are the projections
 * of B on them, divided by the products of hats among each other (a spline of the first degree: de Boor, A Practical Guide to Splines, 1978, chapter XIV). */
#ifndef OA_MATH_MIXTURE_BALL_H
#define OA_MATH_MIXTURE_BALL_H

#include "base/memory.h"

/* nm. Domains are no perfect balls, and their radii lie between those that are looked for: the mean over radii within this of the given one is taken. Without
 * it probabilities are too sure of themselves at the edges (of the ions selected at 0.1 0.117 are wrong instead of 0.097). */
#define OA_BALL_EDGE 0.2

/* Projections of B, B^2 and B^3 on the hats of the cells around the middle of cell (half, half, half), where the ball is centred; x fastest. */
typedef struct oa_ball {
    size_t half[3];
    float *power[3]; /* (2 half[2] + 1, 2 half[1] + 1, 2 half[0] + 1) */
    double radius, sigma, edge[3]; /* nm; edge of a cell */
} oa_ball;
/* Takes the room of a ball; fill computes it, on any thread. sigma: of the lateral blur. */
oa_status oa_ball_take(oa_arena *arena, oa_ball *out, double radius, double sigma, const double edge[3]) OA_MUST_USE;
oa_status oa_ball_fill(oa_context *context, const oa_ball *ball) OA_MUST_USE;

#endif
