/* inverse.h - from Warren-Cowley parameters back to energies of pairs: a start in mean field, and steps that bring an equilibrium to given numbers of pairs. */
#ifndef OA_MATH_INVERSE_H
#define OA_MATH_INVERSE_H

#include "base/memory.h"
#include "math/periodic.h"

/* Energies of an unlike pair (eV; shells) of a binary alloy, c the share of one species, that have these alphas at kT (eV) in mean field:
 * V(q) = kT (1 - 1 / alpha(q)) / (2 c (1 - c)), alpha(q) = 1 + sum over shells and vectors of alpha cos(q r) (Krivoglaz, Theory of X-Ray and Thermal-Neutron
 * Scattering by Real Crystals, 1969; Clapp & Moss, Phys. Rev. 142 (1966) 418). Shells that are left out make alpha(q) too small in places: below a fifth it
 * counts as a fifth. */
void oa_inverse_start(const oa_periodic *crystal, int shells, const double *alpha, double c, double kt, double *energies);

/* By how much energies have to change (step; n), in units of kT, so that mean numbers become `aim`: with the covariance of the numbers in equilibrium,
 * covariance step = mean - aim (Lyubartsev & Laaksonen, Phys. Rev. E 52 (1995) 3730). No energy changes by more than `most`. Overwrites covariance (n, n).
 * False where a number does not vary. */
bool oa_inverse_step(size_t n, const double *mean, const double *aim, double *covariance, double most, double *step);
/* Standard errors (n) of such energies, in units of kT, where the means have the errors `mean_errors`: covariance is one that oa_inverse_step has overwritten,
 * room (n). */
void oa_inverse_errors(size_t n, const double *covariance, const double *mean_errors, double *room, double *errors);

#endif
