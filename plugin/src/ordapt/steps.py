"""One function per step of the engine, run in this process. Written by plugin/tools/generate.py from `ordapt describe --json`.

A slot takes ions (`ordapt.Ions`), the result of an earlier step (`ordapt.Result`) or the path of a file, which is checked and read as
the program does; a slot for models takes the name of one that ships, too. A parameter that is None has the default of the engine, or
that of the preset. Every function also takes

    threads   how many (all cores this process may use); results do not depend on it
    kernel    kernel set: auto, scalar, avx2, avx512
    progress  called with a dict (step, phase, done, total, rate, eta_s) at least every 2 s on long work, from a thread of ordapt;
              what it raises ends the work
    search    folder, or folders, in which the inputs of results are looked for

and raises a subclass of `ordapt.errors.OrdaptError` with the engine's own text. KeyboardInterrupt ends the work within 2 s.
"""

from __future__ import annotations

# fmt: off
import os
from collections.abc import Callable, Sequence
from typing import Any, Literal

from . import _call
from .ions import Ions
from .result import Result

Path = str | os.PathLike[str]
Numbers = Sequence[float]
Words = str | Sequence[str]
Progress = Callable[[dict[str, Any]], object]

__all__ = ["attribute", "bank", "classify", "composition", "crop", "density_map", "diffuse", "domains", "evaluate", "export", "frequency",
           "import_", "monte_carlo", "neighbours", "range", "score", "sdm", "segment", "shuffle", "spectrum", "superlattice", "synthesise",
           "train", "warren_cowley"]

_Options = _call.Options


def import_(files: Path | Sequence[Path], metadata: Path | None = None, *, byte_order: Literal["big", "little"] | None = None,
            fourth: Literal["mass_to_charge", "cluster"] | None = None, force: bool | None = None, drop_nonfinite: bool | None = None,
            allow_overlap: Literal["reject", "first"] | None = None, allow_negative: bool | None = None,
            preset: Literal["", "cocrni-002", "cocrni-111", "feal-002", "al-li-mg", "au-cu", "co-alloy"] | None = None,
            labels: Words | None = None, threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
            search: Path | Sequence[Path] | None = None) -> Result:
    """Vendor files to NeXus.

    Reads ions, range files, published networks and banks of curves. Ions together with a range file get their types; ranges alone and ions
    alone are kept as they are; several networks become one ensemble, AtomNet checkpoints the blocks of one network; curves become patterns,
    file after file, with minimum 0 and maximum 1. Coordinates are never flipped, shifted or scaled, and rows stay in order of evaporation.

    Slots:
        files: ions (.pos, .epos, .apt, .ato, .csv, .txt, .hdf5, .nxs), ranges (.rrng, .rng, .env), published networks or AtomNet
            checkpoints (.h5), or curves of a bank (.npy)
        metadata: what is known about specimen and instrument, .yaml or .json with the keys of pynxtools-apm

    Parameters:
        byte_order: order of the bytes of .pos and .epos; the format says big, a few programs write little. Never guessed (default big)
        fourth: what the fourth value of .pos is: mass_to_charge, or the cluster number that some programs export there (default
            mass_to_charge)
        force: read .pos and .epos although the values look like no atom probe data (default False)
        drop_nonfinite: leave out ions with NaN or infinite values instead of refusing the file; the others keep their evaporation_id
            (default False)
        allow_overlap: ranges of different ions that overlap: reject the range file, or let the range with the lower key (first) have the
            common part (default reject)
        allow_negative: accept ranges that begin below 0 Da, as simulations write them for labels (default False)
        preset: what a published network or bank was made for; left out: known by its shape, (93,1) to 2 is cocrni-002, (93,2) to 3 is
            feal-002; an AtomNet checkpoint by its alloy. al-li-mg, au-cu and co-alloy give species codes, lattice parameter and threshold
            (default none)
        labels: classes of the .npy files of a bank, FCC,CSRO: one for each file, or for as many files as there are channels; left out:
            patterns without labels (default none)

    Gives:
        ions: ions in order of evaporation, with types where ranges were given
        model: the networks as one ensemble
        definition/*: what the networks take and how they are built
        weights/* (member, weight): weights by layer
        summary/ions: ions
        summary/ranged: ions that lie in a range
        summary/unranged: ions that lie in none
        summary/ion_types: ion types
        summary/ranges: ranges
        summary/elements: elements of the ion types
        summary/x_min: smallest x of all ions
        summary/x_max: largest x
        summary/y_min: smallest y
        summary/y_max: largest y
        summary/z_min: smallest z: the deepest ion
        summary/z_max: largest z: towards the apex
        summary/members: networks of the ensemble
        summary/blocks: blocks of an AtomNet, each of which takes the probabilities of the one before
        summary/classes: classes they tell apart, in order
        summary/model_sha256: digest over weights and input definition
        patterns/pattern (pattern, bin, channel): curves as the network takes them: minimum 0, maximum 1; NaN where a curve is constant
        pictures/grey (pattern, row, column): grey pictures of zx-SDMs; the network takes them divided by 255
        labels/target (pattern, class): share of each class: 1 at the class of a crystal; for voxels the share of the ions that come from it
        labels/label (pattern): class number, the one with the largest share; the long name says which is which
        labels/group (pattern): copies share a group with their original
        labels/sigma_lateral (pattern): lateral noise
        labels/sigma_depth (pattern): depth noise
        labels/efficiency (pattern): share of the atoms that was kept
        labels/pairs (pattern, channel): pairs counted in the map
        map/classes: class names, by class number from 0; empty: not labelled
        map/preset: preset the map comes from
        map/mode: how pairs are chosen: insphere, tree, all
        map/dimensions: 1: z-SDM; 2: zx-SDM as a grey picture
        map/channels: pairs of species per pattern
        map/radius: sphere around the voxel centre
        map/half_range: the map reaches from minus to plus this distance
        map/bins: bins of the map
        map/crop_first: first bin the network sees
        map/crop_bins: bins the network sees
        map/smooth_window: window of the Savitzky-Golay filter; 0: none
        map/smooth_order: polynomial order of the filter
        map/background_first: first bin of the background window
        map/background_last: last bin of the background window; 0, 0: no background
        map/background_sweeps: clipping sweeps at most
        map/picture: how a zx-SDM becomes grey: levels, linear
        map/pixels: edge of the picture; 0 for curves
        map/direction: direction of the crystal along the map's z
        summary/patterns: curves of a bank
        summary/invalid_patterns: of these, constant or with NaN
        summary/assumed: what the files of a bank do not say and was assumed
    """
    return _call.run("import", {"files": files, "metadata": metadata},
                     {"byte_order": byte_order, "fourth": fourth, "force": force, "drop_nonfinite": drop_nonfinite,
                      "allow_overlap": allow_overlap, "allow_negative": allow_negative, "preset": preset, "labels": labels},
                     _Options(threads, kernel, progress, search))


def export(ions: Ions | Result | Path, output: Path, labels: Result | Path | None = None, *,
           label: Literal["none", "domain", "selected"] | None = None, selected_only: bool | None = None, task: int | None = None,
           overwrite: bool = False, threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
           search: Path | Sequence[Path] | None = None) -> Result:
    """Ions to .pos, .csv, .xyz or .vtkhdf.

    Writes ions for other programs; the suffix of the output says which format. With a label, .pos carries the number of the domain in place
    of mass-to-charge and a .rrng beside it names the numbers: the road back into AP Suite.

    Slots:
        ions: ions to write, or a result that leads to them
        labels: result with the labels; left out: the first input's own
        output: the file to write; its ending says the format. Its record is written beside it, as OUTPUT.nxs

    Parameters:
        label: number that each ion gets beside its position, 0 for none: domain (of `domains`, or the true one of `synthesise`), or
            selected (1). In .pos it stands in place of mass-to-charge, and a range file names it; the other formats have a column for it
            (default none)
        selected_only: write only ions whose label is not 0; without a label, only those that the input selects (default False)
        task: which species' result the labels come from, where the result has several (1 to 1000; default 1)

    Gives:
        summary/ions: ions written
        summary/labelled: ions written with a label that is not 0
        summary/files: files written
        summary/bytes: bytes of all files
        summary/file_names: names of the files
        summary/sha256: SHA-256 of each file, in the same order
    """
    return _call.run("export", {"ions": ions, "labels": labels},
                     {"label": label, "selected_only": selected_only, "task": task},
                     _Options(threads, kernel, progress, search),
                     output=(output, overwrite))


def crop(ions: Ions | Result | Path, *, roi: Numbers | None = None, cylinder: Numbers | None = None, sphere: Numbers | None = None,
         every: int | None = None, threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
         search: Path | Sequence[Path] | None = None) -> Result:
    """Keep the ions of a region.

    Keeps the ions inside a box, a cylinder or a sphere (all that are given), and of these one in every so many. The order of evaporation
    and the evaporation_id of each ion are kept.

    Slots:
        ions: ions to choose from

    Parameters:
        roi: box xlo,xhi,ylo,yhi,zlo,zhi, half-open [lo, hi); left out: no box (nm; default none, or found by the engine)
        cylinder: x,y,radius,zlo,zhi of an upright cylinder, radius included, z half-open (nm; default none, or found by the engine)
        sphere: x,y,z,radius of a sphere, radius included (nm; default none, or found by the engine)
        every: of the ions inside keep the first of every so many, in evaporation order (1 to 4294967295; default 1)

    Gives:
        ions: the ions inside; evaporation_id says which they were
        summary/ions: ions kept
        summary/ions_before: ions there were
    """
    return _call.run("crop", {"ions": ions},
                     {"roi": roi, "cylinder": cylinder, "sphere": sphere, "every": every},
                     _Options(threads, kernel, progress, search))


def range(ions: Ions | Result | Path, ranges: Ions | Result | Path | None = None, *,
          overlap: Literal["reject", "first", "last", "narrow"] | None = None, threads: int | None = None, kernel: str | None = None,
          progress: Progress | None = None, search: Path | Sequence[Path] | None = None) -> Result:
    """Give ions their types from mass-to-charge.

    Labels every ion with the type whose range its mass-to-charge lies in, both ends included, compared in double precision. Types the ions
    had before are replaced; ions in no range have type 0.

    Slots:
        ions: ions with mass-to-charge; types they already have are replaced
        ranges: range file, or a NeXus file with ranging; left out: the ranges the ions came with

    Parameters:
        overlap: who gets an ion that lies in ranges of two ion types: reject refuses such ranges, first is the range that begins lower,
            last the one that begins higher, narrow the narrower one; at an end point that two ranges share the lower range always has it
            (default reject)

    Gives:
        ions: the same ions with their new types
        summary/ions: ions there are
        summary/ranged: ions that lie in a range
        summary/unranged: ions that lie in none (type 0)
        summary/unranged_fraction: share of the ions that lie in no range
        summary/ion_types: ion types
        summary/ranges: ranges
    """
    return _call.run("range", {"ions": ions, "ranges": ranges},
                     {"overlap": overlap},
                     _Options(threads, kernel, progress, search))


def composition(ions: Ions | Result | Path, *, decompose: bool | None = None, threads: int | None = None, kernel: str | None = None,
                progress: Progress | None = None, search: Path | Sequence[Path] | None = None) -> Result:
    """Composition with counting errors.

    Counts atoms or ions of every species and gives their shares with standard errors from counting, and the same per ion type. Unranged
    ions are left out of the shares and reported. Peaks are not corrected for background.

    Slots:
        ions: ranged ions, or a result that selects some of them

    Parameters:
        decompose: true: a molecular ion counts each of its atoms (atomic composition); false: it is a species of its own, counted once
            (ionic composition) (default True)

    Gives:
        composition/fraction (species): share of the counted atoms (decompose) or ranged ions
        composition/fraction_errors (species): standard error of the share from counting
        composition/counts (species): atoms (decompose) or ions
        composition/species (species): number of the species; the long name says which is which
        ionic/fraction (ion_type): share of the ranged ions
        ionic/fraction_errors (ion_type): standard error of the share from counting
        ionic/counts (ion_type): ions of the type
        ionic/ion_type (ion_type): ion type; the long name says which is which
        summary/ions: ions that took part
        summary/ranged: ions that have a type
        summary/unranged: ions that have none
        summary/unranged_fraction: share of the ions that have no type
        summary/counted: atoms (decompose) or ions the shares refer to
        summary/species: names of the species in order
        summary/composition: shares in percent with standard errors, to be read
    """
    return _call.run("composition", {"ions": ions},
                     {"decompose": decompose},
                     _Options(threads, kernel, progress, search))


def spectrum(ions: Ions | Result | Path, *, bin_width: float | None = None, max: float | None = None, threads: int | None = None,
             kernel: str | None = None, progress: Progress | None = None, search: Path | Sequence[Path] | None = None) -> Result:
    """Mass spectrum.

    Counts ions by mass-to-charge in bins of equal width that begin at 0. Values of 0 or below and values beyond the end are left out and
    counted. Look at it with a logarithmic axis of counts.

    Slots:
        ions: ions, or a result that selects some of them

    Parameters:
        bin_width: width of a bin; 0.01 for looking at ranges, 0.001 to 0.005 for the shape of a peak (Da; 0.0001 to 100; default 0.01)
        max: end of the spectrum; 0: just above the largest mass-to-charge, at most 1000 Da (Da; 0 or 0.001 to 100000; default 0)

    Gives:
        spectrum/counts (bin): ions per bin; bin k holds k w <= m < (k + 1) w
        spectrum/mass_to_charge (bin): centre of the bin
        summary/ions: ions that took part
        summary/counted: ions in the spectrum
        summary/nonpositive: ions left out because their mass-to-charge is 0 or below, or no number
        summary/beyond: ions left out because they lie at or above the end of the spectrum
        summary/bins: bins
        summary/max: end of the last bin
        summary/highest_peak: centre of the fullest bin
    """
    return _call.run("spectrum", {"ions": ions},
                     {"bin_width": bin_width, "max": max},
                     _Options(threads, kernel, progress, search))


def density_map(ions: Ions | Result | Path, selection: Result | Path | None = None, *, axes: Literal["xy", "xz", "yz"] | None = None,
                bins: int | None = None, threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
                search: Path | Sequence[Path] | None = None) -> Result:
    """Density seen along an axis.

    Counts ions, or a selection of them, on a square grid seen along x, y or z. Poles and stacking faults stand out.

    Slots:
        ions: ions to count, or a result with selected ions: then these
        selection: only the ions selected there are counted, or those of the true domains of a synthesised specimen

    Parameters:
        axes: plane of the map; the third axis is looked along (default xy)
        bins: square bins along the longer side of the map (1 to 4096; default 200)

    Gives:
        map/density (vertical, horizontal): ions per area
        map/counts (vertical, horizontal): ions
        map/vertical (vertical): bin centres along the second axis
        map/horizontal (horizontal): bin centres along the first axis
        summary/ions: ions counted
        summary/bin_edge: edge of a bin
    """
    return _call.run("density_map", {"ions": ions, "selection": selection},
                     {"axes": axes, "bins": bins},
                     _Options(threads, kernel, progress, search))


def frequency(ions: Ions | Result | Path, *, species: Words | None = None, block: int | None = None, edge: float | None = None,
              least: float | None = None, draws: int | None = None, seed: int | None = None, threads: int | None = None,
              kernel: str | None = None, progress: Progress | None = None, search: Path | Sequence[Path] | None = None) -> Result:
    """Frequency distribution of a species.

    Counts how many of a species blocks of ions hold, and tests it against the binomial distribution of a random spread (chi-squared,
    Pearson's contingency coefficient mu; Moody et al., Microsc. Res. Tech. 71 (2008) 542) and against permutations of the labels. Blocks in
    order of evaporation follow the detector, where poles and planes show too: cubes ask about space. Of several species every two are
    compared by what the same blocks hold of both: their correlation, and the table of blocks by both numbers with the chi-squared of
    independence. In a block of fixed size more of one leaves fewer places for the other, and a fuller cube holds more of both, so that
    independence is not what chance gives: the fair reference is the labels of all ions in random order (p_permuted, control_mu, z,
    p_correlation).

    Slots:
        ions: ranged ions; those without a type are left out

    Parameters:
        species: species to count, an element or ion name; several that share no ions, Ni,Cr: one result each, and in the first what every
            two of them have to do with each other (default none)
        block: ions of a block, one after the other in order of evaporation; what is left at the end makes no block (2 to 1000000; default
            100)
        edge: above 0: blocks are cubes of this edge instead, with as many ions as lie there; those with less than half the median, at the
            surface, are left out (nm; 0 to 1000; default 0)
        least: blocks to be expected in each class, and in each cell of the table of two species, at least: rarer ones are pooled at either
            end (0.01 to 1000000; default 5)
        draws: permutations of the labels among the ions of all blocks, the control that needs no formula; 0: none (0 to 100000; default 99)
        seed: of the permutations (0 to 9.00719925474e+15; default 1)

    Gives:
        distribution/observed (class): blocks with so many ions of the species
        distribution/expected (class): by the binomial distribution, for the measured concentration
        distribution/control (class): mean over the permutations
        distribution/control_errors (class): standard deviation of one permutation
        distribution/hits (class): ions of the species in a block
        summary/species: species
        summary/ions: ions with a type
        summary/blocks: blocks
        summary/block_ions: mean number of ions of a block
        summary/concentration: share of the species in the blocks
        summary/lowest_class: classes up to this one are pooled
        summary/highest_class: classes from this one on are pooled
        summary/chi2: sum of (observed - expected)^2 / expected
        summary/degrees_of_freedom: pooled classes less 2
        summary/p_value: chance of a larger chi2 where the species is spread at random
        summary/mu: sqrt(chi2 / (blocks + chi2)): 0 at random, towards 1 the less random; comparable between specimens
        summary/control_mu: the same of the permutations, mean
        summary/control_mu_high: 95 % of the permutations are at or below
        summary/p_permuted: (1 + permutations with at least this chi2) / (1 + permutations)
        pairs/correlation (pair): of the ions of the two species in a block, to be held against the control: at random it is below 0 in
            blocks of fixed size, and may be above 0 in cubes
        pairs/control_correlation (pair): the same with the labels of all ions in random order, mean over the draws
        pairs/control_correlation_errors (pair): standard deviation of one draw
        pairs/z (pair): (correlation - control) / standard deviation of one draw: above 0 the two are together more often than by chance,
            below 0 less often
        pairs/p_correlation (pair): two-sided: share of the draws and the measurement together whose correlation is as far from the mean of
            all of them
        pairs/chi2 (pair): sum of (observed - expected)^2 / expected over the cells of the table; NaN where only one class is left
        pairs/degrees_of_freedom (pair): (rows - 1) (columns - 1)
        pairs/p_value (pair): chance of a larger chi2 were the two independent, which species in blocks of fixed size are not even at
            random: small for every abundant pair
        pairs/mu (pair): contingency coefficient sqrt(chi2 / (blocks + chi2)); at random it is control_mu, not 0
        pairs/control_mu (pair): the same with the labels in random order and the same classes, mean
        pairs/control_mu_high (pair): 95 % of the draws are at or below
        pairs/p_permuted (pair): (1 + draws with at least this chi2) / (1 + draws), the fair reference of chi2; p_correlation sees both
            directions
        pairs/pair (pair): number of the pair; the long name says which is which
        contingency/residual (pair, row, column): (observed - expected) / sqrt(expected (1 - share of the row) (1 - share of the column)):
            standard normal where the two are independent; NaN: the pair has no such class
        contingency/observed (pair, row, column): blocks of the row's class of the first species and the column's of the second
        contingency/expected (pair, row, column): blocks of the row x blocks of the column / blocks: independent species
        contingency/control (pair, row, column): blocks with the labels in random order, mean over the draws
        contingency/control_errors (pair, row, column): standard deviation of one draw
        contingency/row_lowest (pair, row): the class begins with so many ions of the first species and ends before the next
        contingency/column_lowest (pair, column): the same of the second species
        contingency/pair (pair): number of the pair
        contingency/row (row): number of the class
        contingency/column (column): number of the class
        summary/pairs: pairs of species, in the order of their results
        summary/strongest_pair: pair whose correlation is farthest from the control
        summary/strongest_correlation: its correlation
        summary/strongest_z: how far, in standard deviations of one draw: above 0 together more often than by chance
        summary/p_pairs: of all pairs together: share of the draws and the measurement whose largest deviation is as large; at random it is
            spread evenly
    """
    return _call.run("frequency", {"ions": ions},
                     {"species": species, "block": block, "edge": edge, "least": least, "draws": draws, "seed": seed},
                     _Options(threads, kernel, progress, search))


def neighbours(ions: Ions | Result | Path, *, pairs: Words | None = None, k: int | None = None, bin_width: float | None = None,
               range: float | None = None, density: float | None = None, draws: int | None = None, seed: int | None = None,
               threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
               search: Path | Sequence[Path] | None = None) -> Result:
    """Distances of nearest neighbours.

    Measures how far the 1st to k-th nearest neighbour of every ion is, of all ions or of pairs of species, and holds it against random
    places (Chandrasekhar, Rev. Mod. Phys. 15 (1943) 1) and against the same places with the labels in random order, which have the surface,
    density and lattice of the specimen too. A species whose neighbours of its own are nearer than by chance clusters (Philippe et al.,
    Ultramicroscopy 109 (2009) 1304).

    Slots:
        ions: ranged ions; those without a type are left out

    Parameters:
        pairs: species of the centre and of its neighbours, Cr-Cr or Cr-Cr,Cr-Ni: one result each; Cr is short for Cr-Cr; left out: all ions
            with a type, whatever they are (default none)
        k: neighbours of each ion, from the nearest on (1 to 127; default 10)
        bin_width: bins of the histograms, [lo, lo + width) (nm; 0.0001 to 10; default 0.05)
        range: where the histograms end; farther neighbours are counted in beyond; 0: three times the mean distance of the k-th among random
            ions (nm; 0 to 1000; default 0)
        density: detected ions per volume, all species together, for the random distances; 0: as measured away from the surface (1/nm^3; 0
            to 1000000; default 0)
        draws: times that the labels of all ions with a type are put in random order and the pair is measured again; a p-value is 1 / (1 +
            draws) at least; 0: none (0 to 10000; default 20)
        seed: of the random orders (0 to 9.00719925474e+15; default 1)

    Gives:
        distribution/ions (order, distance): ions whose neighbour of this order is so far away
        distribution/control (order, distance): the same with the labels in random order, mean over the draws
        distribution/control_errors (order, distance): standard deviation of one draw
        distribution/random (order, distance): the same for random places of the measured density, without surface or lattice
        distribution/order (order): 1: nearest neighbour, 2: second nearest, ...
        distribution/distance (distance): bin centres
        orders/mean (order): mean distance
        orders/deviation (order): standard deviation of the distance over the ions
        orders/random (order): mean distance among random places: Gamma(k + 1/3) / Gamma(k) (3 / (4 pi density))^(1/3)
        orders/beyond (order): ions whose neighbour is beyond the histogram
        orders/control (order): mean distance with the labels in random order, mean over the draws
        orders/control_errors (order): standard deviation of one draw
        orders/z (order): (mean - control) / standard deviation of one draw: negative where neighbours are nearer than by chance
        orders/p_value (order): two-sided: share of the draws and the measurement together whose mean distance is as far from that of all of
            them
        orders/ks (order): largest difference of the cumulated histograms, measured and control (Kolmogorov-Smirnov)
        orders/ks_p_value (order): share of the draws and the measurement together that differ so much from the mean of all of them
        orders/order (order): 1: nearest neighbour, 2: second nearest, ...
        distances/distance (ion, order): of each centre to its neighbours
        distances/ion_index (ion): row of the centre, ascending
        distances/order (order): 1: nearest neighbour, 2: second nearest, ...
        draws/mean (draw, order): mean distance of each draw
        draws/ions (draw, order, distance): histograms of each draw
        summary/pair: species of the centres and of their neighbours
        summary/ions: ions with a type
        summary/centres: ions whose neighbours were looked for
        summary/candidates: ions that may be neighbours
        summary/density: ions per volume, all with a type
        summary/candidate_density: of those that may be neighbours: their share of it
        summary/nearest: mean distance of the nearest neighbour
        summary/nearest_random: the same among random places
        summary/nearest_control: the same with the labels in random order
        summary/strongest_order: order of the neighbour with the largest deviation from the control
        summary/strongest_z: that deviation, in standard deviations of one draw; negative: nearer than by chance
        summary/p_permuted: of all orders together: share of the draws and the measurement whose largest deviation is as large; at random it
            is spread evenly
    """
    return _call.run("neighbours", {"ions": ions},
                     {"pairs": pairs, "k": k, "bin_width": bin_width, "range": range, "density": density, "draws": draws, "seed": seed},
                     _Options(threads, kernel, progress, search))


def warren_cowley(ions: Ions | Result | Path, *, pairs: Words | None = None, k: Numbers | None = None, shells: Numbers | None = None,
                  lattice: Literal["", "fcc", "bcc"] | None = None, lattice_parameter: float | None = None,
                  lattice_shells: int | None = None, periodic: Numbers | None = None, layers: int | None = None, draws: int | None = None,
                  seed: int | None = None, threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
                  search: Path | Sequence[Path] | None = None) -> Result:
    """Warren-Cowley parameters.

    Counts which species the neighbours of a species are, in shells by distance, in those of a lattice or among the k nearest, and compares
    with its concentration (Cowley, Phys. Rev. 77 (1950) 669; de Fontaine, J. Appl. Cryst. 4 (1971) 15; for atom probe data Ceguerra et al.,
    Acta Cryst. A68 (2012) 547) and with the labels in random order. Sets of species are pooled: their concentration is that of all members
    together (the GM-SRO of Ceguerra et al.). Detection efficiency and blur dilute the values: see summary/caveat (He et al., Nat. Mater.
    2024, doi:10.1038/s41563-024-01912-1).

    Slots:
        ions: ranged ions; those without a type are left out, also as neighbours

    Parameters:
        pairs: species of the centre and of its neighbours, Ni-Cr or Ni-Ni,Ni-Cr,Cr-Cr; Ni is short for Ni-Ni. Sets of species: Al+Ti-Ni+Co,
            or Ni+Co for Ni+Co-Ni+Co; the two of a pair are the same or share no species (default none)
        k: shells are the k nearest neighbours: 7, or 4,7,12. Of the 12 of a first fcc shell 7 are left where 57 % of the ions are detected
            (1 to 127; default none, or found by the engine)
        shells: shells are distances between edges: 0.2,0.3,0.4 are [0.2, 0.3) and [0.3, 0.4) nm (nm; 0 to 100; default none, or found by
            the engine)
        lattice: shells are those of this lattice, each from half-way to the shell before to half-way to the next, the first from 0 on
            (default none)
        lattice_parameter: edge of the cubic cell of the lattice (nm; 0 to 10; default 0)
        lattice_shells: how many shells of the lattice (1 to 12; default 3)
        periodic: edges along x, y, z of a simulated box that repeats; shells reach half of it at most; left out: ions end at the surface
            (nm; 0.001 to 1000000; default none, or found by the engine)
        layers: layers of equal thickness along z for the profile (1 to 10000; default 10)
        draws: times that the labels of all ions with a type are put in random order; a p-value is 1 / (1 + draws) at least; 0: none (0 to
            10000; default 96)
        seed: of the random orders (0 to 9.00719925474e+15; default 1)

    Gives:
        order/alpha (pair, shell): 1 - share / concentration of the neighbour (Warren and Cowley): 0 at random; negative where the two are
            neighbours more often, also for i = j; NaN without neighbours
        order/alpha_pm (pair, shell): (share - concentration) / (delta_ij - concentration) (de Fontaine): the same for i != j; for i = j
            positive where like ions are neighbours more often
        order/alpha_sm (pair, shell): (share - concentration) / (1 - concentration), or / concentration where the share is less than that:
            -1 depleted, 0 at random, 1 enriched, on one scale for every pair
        order/share (pair, shell): of the neighbours in the shell of all centres together, the share of the second species or set
        order/contacts (pair, shell): neighbours of the second species
        order/neighbours (pair, shell): neighbours of any species
        order/control (pair, shell): alpha with the labels in random order, mean over the draws
        order/control_errors (pair, shell): standard deviation of one draw
        order/z (pair, shell): (alpha - control) / standard deviation of one draw
        order/p_value (pair, shell): two-sided: share of the draws and the measurement together whose alpha is as far from the mean of all
            of them
        order/pair (pair): number of the pair; the long name says which is which
        order/shell (shell): number of the shell from 1, or k; the long name says which is which
        shells/coordination (shell): detected neighbours of an ion, mean over all with a type
        shells/radius (shell): mean distance of these neighbours; NaN where there are none
        shells/lower (shell): the shell begins here
        shells/upper (shell): and ends before
        shells/shell (shell): number of the shell from 1, or k
        profile/alpha (layer, pair, shell): alpha of the centres of each layer, with the concentration of all ions; NaN where there are none
        profile/contacts (layer, pair, shell): neighbours of the second species
        profile/neighbours (layer, pair, shell): neighbours of any species
        profile/all_neighbours (layer, shell): neighbours of all centres, whatever they are
        profile/distances (layer, shell): sum of their distances in units of 2^-24 nm
        profile/z (layer): middle of the layer
        profile/pair (pair): number of the pair
        profile/shell (shell): number of the shell from 1, or k
        draws/alpha (draw, pair, shell): alpha of each random order
        draws/pair (pair): number of the pair
        draws/shell (shell): number of the shell from 1, or k
        species/concentration (species): share of the ions with a type
        species/ions (species): ions of the species
        species/species (species): number of the species; the long name says which is which
        summary/pairs: pairs, in the order of the results
        summary/shells: what the shells are
        summary/ions: ions with a type: centres and neighbours
        summary/strongest: pair and shell with the largest deviation from the control
        summary/strongest_alpha: alpha there
        summary/strongest_z: that deviation, in standard deviations of one draw
        summary/p_permuted: of all pairs and shells together: share of the draws and the measurement whose largest deviation is as large; at
            random it is spread evenly
        summary/conventions: what alpha, alpha_pm and alpha_sm are
        summary/caveat: what detection efficiency and resolution do to them
    """
    return _call.run("warren_cowley", {"ions": ions},
                     {"pairs": pairs, "k": k, "shells": shells, "lattice": lattice, "lattice_parameter": lattice_parameter,
                      "lattice_shells": lattice_shells, "periodic": periodic, "layers": layers, "draws": draws, "seed": seed},
                     _Options(threads, kernel, progress, search))


def diffuse(ions: Ions | Result | Path | None = None, *, species: Words | None = None, shells: Words | None = None, q: Words | None = None,
            units: Literal["hkl", "per_nm"] | None = None, lattice_parameter: float | None = None, grid_from: Numbers | None = None,
            grid_to: Numbers | None = None, grid_points: Numbers | None = None, threads: int | None = None, kernel: str | None = None,
            progress: Progress | None = None, search: Path | Sequence[Path] | None = None) -> Result:
    """Structure factor and diffuse scattering.

    The structure factor S(q) of ions by direct sum, and with a species the diffuse intensity alpha(q) of its order in Laue units (Cowley,
    Phys. Rev. 77 (1950) 669), for a list of vectors or a grid; or alpha(q) of given Warren-Cowley parameters. S(q) contains what the shape
    of the specimen scatters near every peak; without order it is spread exponentially about 1.

    Slots:
        ions: ions; or give shells

    Parameters:
        species: species whose order scatters diffusely, an element or ion name: alpha(q) of the ions against all other types; ions without
            a type are left out. Empty: the structure factor of all ions alone (default none)
        shells: instead of ions, Warren-Cowley parameters of a cubic lattice: a site of each shell in half cells and its parameter,
            1,1,0:-0.1;2,0,0:0.05; permutations and signs are meant too, and each shell is given once (default none)
        q: scattering vectors, three numbers each: 1,0,0;1,0.5,0. Empty: those of the grid (default none)
        units: of q and grid: hkl, in 2 pi over the lattice parameter, or per_nm, in 1/nm with 2 pi in it (default hkl)
        lattice_parameter: edge of the cubic cell that hkl refer to; its axes are those of the ions (nm; 0.1 to 2; default 0.36)
        grid_from: first vector of the grid (-1000000 to 1000000; default 0,0,0)
        grid_to: last vector of the grid (-1000000 to 1000000; default 2,2,0)
        grid_points: points along each axis, ends included (1 to 100000; default 41,41,1)

    Gives:
        alpha_map/alpha (nz, ny, nx): diffuse intensity of order in Laue units: 1 for none, without the lattice's own peaks
        alpha_map/grid_z (nz): third component of the vector, in the units asked for
        alpha_map/grid_y (ny): second component
        alpha_map/grid_x (nx): first component
        alpha/alpha (vector): the same for the vectors of a list
        alpha/vector (vector): number of the vector, as given, from 0
        alpha/q_x (vector): scattering vector with 2 pi in it
        alpha/q_y (vector): scattering vector with 2 pi in it
        alpha/q_z (vector): scattering vector with 2 pi in it
        factor_map/structure_factor (nz, ny, nx): square of the sum of exp(i q . r) over the ions, over their number: 1 on average where
            nothing is ordered, with a standard deviation of 1
        factor_map/grid_z (nz): third component of the vector, in the units asked for
        factor_map/grid_y (ny): second component
        factor_map/grid_x (nx): first component
        factor/structure_factor (vector): the same for the vectors of a list
        factor/vector (vector): number of the vector, as given, from 0
        factor/q_x (vector): scattering vector with 2 pi in it
        factor/q_y (vector): scattering vector with 2 pi in it
        factor/q_z (vector): scattering vector with 2 pi in it
        summary/vectors: scattering vectors
        summary/ions: ions that scatter
        summary/shells: shells given
        summary/species: species whose order it is
        summary/concentration: its share of these ions
        summary/largest_alpha: largest diffuse intensity
        summary/largest_structure_factor: largest structure factor
    """
    return _call.run("diffuse", {"ions": ions},
                     {"species": species, "shells": shells, "q": q, "units": units, "lattice_parameter": lattice_parameter,
                      "grid_from": grid_from, "grid_to": grid_to, "grid_points": grid_points},
                     _Options(threads, kernel, progress, search))


def shuffle(ions: Ions | Result | Path, *, seed: int | None = None, rounding: float | None = None, ranged_only: bool | None = None,
            threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
            search: Path | Sequence[Path] | None = None) -> Result:
    """Permute ion types: the random control.

    Keeps every position and permutes ion type and mass-to-charge together over them (Fisher and Yates, one draw of a counter-based
    generator per ion), so that composition, density and noise stay and chemical order goes. Columns of the detector stay with the position.

    Slots:
        ions: ions whose types are to be permuted

    Parameters:
        seed: which permutation; every seed gives another one, each as likely as the others (0 to 9.00719925474e+15; default 1)
        rounding: round positions to multiples of this; 0: leave them alone. The published control of CoCrNi went through a text file with
            three decimals: 0.001 gives the same, and puts 7 % of the pair offsets on bin edges (nm; 0 or 1e-06 to 1; default 0)
        ranged_only: ions without a type keep their places, so that those with a type stay where such ions are: for `segment`, which leaves
            the others out (default False)

    Gives:
        ions: the same positions; ion type and mass-to-charge permuted together
        summary/ions: ions permuted
        summary/changed: ions whose type (or, without types, mass-to-charge) is another than before
    """
    return _call.run("shuffle", {"ions": ions},
                     {"seed": seed, "rounding": rounding, "ranged_only": ranged_only},
                     _Options(threads, kernel, progress, search))


def synthesise(*,
               preset: Literal["", "cocrni-a", "cocrni-b", "cocrni-c", "cocrni-d", "cocrni-e", "feal", "allimg", "al-li-mg", "au-cu", "co-alloy"] | None = None,
               structure: Literal["fcc", "bcc", "l12", "l10", "d022", "d022x", "l11", "b2", "d03"] | None = None,
               lattice_parameter: float | None = None, composition: Words | None = None, ordered_species: Words | None = None,
               box: Numbers | None = None, orientation: Literal["001", "011", "111"] | None = None, rotation: float | None = None,
               tilt: float | None = None, domains: int | None = None, radii: Numbers | None = None, stretch: Numbers | None = None,
               gap: float | None = None, domain_structure: Words | None = None, domain_composition: Words | None = None,
               order: float | None = None, antiphase: bool | None = None, sigma_lateral: Numbers | None = None,
               sigma_depth: Numbers | None = None, efficiency: Numbers | None = None, cubes: int | None = None,
               ordered_fraction: Numbers | None = None, cells: Numbers | None = None, cube_domains: Numbers | None = None,
               angles: Numbers | None = None, noise: Literal["gauss", "published", "trunc", "mixed"] | None = None, seed: int | None = None,
               threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
               search: Path | Sequence[Path] | None = None) -> Result:
    """A specimen with known order.

    Builds a crystal in a box, puts ordered domains into it, displaces every atom by anisotropic Gaussian noise and detects a share of them.
    The truth is kept: which domain each ion came from, and all domains. Mass-to-charge is that of the main isotope in its usual charge
    state, with ranges that give the same types again. Nothing depends on the number of threads, and two boxes of one seed without domains
    cut the same crystal. With `cubes` it makes instead many small cubes of an fcc crystal with spheres of order, each with noise,
    efficiency and orientation of its own, to train networks per atom on, after AtomNet (Yu et al., 3D deep learning for enhanced atom probe
    tomography analysis of nanoscale microstructures).

    Parameters:
        preset: a named specimen; what is set beside it wins (default none)
        structure: crystal: fcc, bcc, or one that is ordered throughout: l12, l10, d022 (long axis along [001]), d022x (along [100]), l11 on
            fcc; b2, d03 on bcc (default fcc)
        lattice_parameter: edge of the cubic cell (nm; 0.1 to 2; default 0.36)
        composition: species and their atomic fractions, which sum to 1; ion types are numbered in this order. It holds for the whole
            specimen: the matrix takes what the domains leave. In cubes it is that of the matrix, and exact (default
            Co:0.334,Cr:0.333,Ni:0.333)
        ordered_species: species that prefers the ordered sublattice; left out: the last of the composition (default none)
        box: xlo,xhi,ylo,yhi,zlo,zhi, half-open; the apex of the specimen is at z = 0, the data below it. Not for cubes, see cells (nm;
            default -8,8,-8,8,-24,0)
        orientation: direction of the crystal along z: 001, 011 or 111 (default 001)
        rotation: turn of the crystal about z (degree; -180 to 180; default 0)
        tilt: tilt of the crystal about y, after the turn: its planes are no longer level (degree; -90 to 90; default 0)
        domains: ordered domains in the crystal (0 to 10000; default 0)
        radii: radii of the domains: one number for all; two: uniform between them; more: taken in turn (nm; 0.05 to 1000; default 0.7,1.4)
        stretch: semi-axes along x, y, z in units of the radius: 1,1,2 gives needles along z (0.05 to 20; default 1,1,1)
        gap: least distance between domains, surface to surface (nm; 0 to 1000; default 0)
        domain_structure: structure of the domains; several are taken in turn, the largest domain first: b2,d03. Left out: l12 in fcc, b2 in
            bcc (default none)
        domain_composition: stoichiometric: domains hold as much of the ordered species as their structure has sites for it (1/4 in l12);
            neutral: as much as the matrix, so that only order tells them apart. Cubes also take the species of the other sites and, behind
            a slash, those of the ordered sites, Al:1/Li:0.8,Mg:0.2; or between: each of their domains draws its share of the ordered
            species between the two words (default stoichiometric)
        order: order parameter: 1 is the highest order the composition allows, 0 none, so that stoichiometric domains are then depleted or
            enriched but random (0 to 1; default 1)
        antiphase: give every domain one of the translations of its structure at random, instead of the same to all (default False)
        sigma_lateral: standard deviation of the displacement along x and along y; two numbers: drawn between them for every cube (nm; 0 to
            10; default 0.3)
        sigma_depth: standard deviation of the displacement along z; two numbers: drawn between them for every cube (nm; 0 to 10; default
            0.03)
        efficiency: probability that an atom is detected, each for itself (the number of ions then varies by its root). Cubes keep exactly
            this share; two numbers: drawn between them for every cube (1e-06 to 1; default 0.52)
        cubes: 0: one specimen. n: n cubes, each a small specimen for itself, far apart on a square grid in x and y; a tenth of them
            (rounded, at least one) for tests and a tenth for validation (from 3 cubes on at least one), the rest, which come first, for
            training: 100 are 80, 10 and 10, 10 are 8, 1 and 1, and 1 is a test cube (0 to 10000; default 0)
        ordered_fraction: share of the ordered species in the matrix of a cube; two numbers: drawn between them for every cube. The other
            species keep their proportions. Left out: that of the composition (0 to 1; default none, or found by the engine)
        cells: edge of a cube in cells, with the sites of all its faces: of those for training and validation, and of those for tests (2 to
            1000; default 10,28)
        cube_domains: ordered domains in a cube, spheres about corners of cells that may overlap (the later one holds) and are cut by the
            faces: one number; fewest and most; fewest and most of a cube for training or validation, then of one for tests. Left out: as
            domains says (0 to 10000; default none, or found by the engine)
        angles: largest turn of a cube about x, then y, then z, each a whole number of degrees drawn from both signs (degree; 0 to 180;
            default 3,3,90)
        noise: displacements. gauss: independent and normal. For cubes also those of AtomNet's program; published: where a normal number
            lies outside its standard deviation all atoms of a cube share one uniform shift, and the number that decides for z is drawn with
            the lateral standard deviation, so that depth is resolved far better than sigma_depth says; trunc: what lies outside is drawn
            again, uniform within; mixed: every cube is gauss or published, as chance has it (default gauss)
        seed: which specimen (0 to 9.00719925474e+15; default 1)

    Presets:
        cocrni-a: CoCrNi with L1_2 spheres in 16 x 16 x 24 nm, noise lateral/depth in nm, efficiency: 0.3/0.03, 0.52; 60 spheres of 0.7 to
            1.4 nm
        cocrni-b: CoCrNi with L1_2 spheres in 16 x 16 x 24 nm, noise lateral/depth in nm, efficiency: 0.5/0.03, 0.52; 60 spheres of 0.7 to
            1.4 nm
        cocrni-c: CoCrNi with L1_2 spheres in 16 x 16 x 24 nm, noise lateral/depth in nm, efficiency: 0.3/0.045, 0.37; 60 spheres of 0.7 to
            1.4 nm
        cocrni-d: CoCrNi with L1_2 spheres in 16 x 16 x 24 nm, noise lateral/depth in nm, efficiency: 0.2/0.02, 0.8; 80 spheres of 0.5 to
            1.2 nm
        cocrni-e: CoCrNi with L1_2 spheres in 16 x 16 x 24 nm, noise lateral/depth in nm, efficiency: 0.7/0.035, 0.45; 40 spheres of 0.8 to
            1.6 nm
        feal: Fe with 22 % Al, bcc, with 40 spheres of B2 and D0_3 in turn
        allimg: Al with 8 % Li and 4 % Mg, fcc with <011> along z, with 20 spheres of L1_2 (Al3Li) of 1.5 to 2.5 nm
        al-li-mg: AtomNet cubes of Al with 5 % Li and 5 % Mg, with spheres of L1_2, Al3(Li0.8Mg0.2), of 1.2 to 2 nm, turned about all axes
        au-cu: AtomNet cubes of Au-Cu with 5 % Ag, with spheres of L1_0, AuCu, of 0.8 to 1.2 nm
        co-alloy: AtomNet cubes of Co with Ni, Al and W and, under the name of Cr, all its other species; spheres of L1_2,
            (Co,Ni)3(Al,W,Cr), of the same composition, of 1.4 to 2 nm

    Gives:
        ions: detected ions with types and ranges, from the apex down (z falls); in cubes, one cube after the other, in no order
        truth/domain (ion): domain the atom sat in before it was displaced, from 1; 0: matrix
        truth/structure (ion): structure at the atom's site; the long name says which is which
        truth/cube (ion): cube of the ion, from 1
        cloud/domain (point): ions of domains seen along y; the colour is the number of their domain; at most 200000, every second, fourth,
            ... of more
        cloud/x (point): position
        cloud/y (point): position
        cloud/z (point): position
        spheres/ions (domain): detected ions of the domain
        spheres/atoms (domain): atoms of the domain
        spheres/radius (domain): radius
        spheres/x (domain): centre
        spheres/y (domain): centre
        spheres/z (domain): centre
        spheres/structure (domain): structure, numbered as in truth/structure
        spheres/domain (domain): number of the domain, the largest first; in cubes, those of the first cube first
        cubes/ions (cube): detected ions of the cube
        cubes/cube (cube): number of the cube, from 1
        cubes/part (cube): what the cube is for: training, validation or test; the long name says which is which
        cubes/first_ion (cube): row of its first ion, from 0
        cubes/atoms (cube): sites, each with an atom
        cubes/domains (cube): domains put into it
        cubes/cells (cube): edge in cells
        cubes/x (cube): centre
        cubes/y (cube): centre
        cubes/z (cube): centre
        cubes/angle_x (cube): turn about x, the first
        cubes/angle_y (cube): turn about y, the second
        cubes/angle_z (cube): turn about z, the last
        cubes/sigma_lateral (cube): standard deviation that displacements along x and y were drawn with
        cubes/sigma_depth (cube): standard deviation that displacements along z were drawn with
        cubes/efficiency (cube): share of the atoms that was to be kept
        summary/atoms: atoms in the box or in all cubes
        summary/ions: atoms detected
        summary/domains: domains
        summary/ions_in_domains: detected ions that come from domains
        summary/domain_fraction: share of the ions that come from domains
        summary/matrix_fraction: share of the ordered species in the matrix, by which the whole keeps its composition
        summary/ordered_species: species that prefers the ordered sublattice
    """
    return _call.run("synthesise", {},
                     {"preset": preset, "structure": structure, "lattice_parameter": lattice_parameter, "composition": composition,
                      "ordered_species": ordered_species, "box": box, "orientation": orientation, "rotation": rotation, "tilt": tilt,
                      "domains": domains, "radii": radii, "stretch": stretch, "gap": gap, "domain_structure": domain_structure,
                      "domain_composition": domain_composition, "order": order, "antiphase": antiphase, "sigma_lateral": sigma_lateral,
                      "sigma_depth": sigma_depth, "efficiency": efficiency, "cubes": cubes, "ordered_fraction": ordered_fraction,
                      "cells": cells, "cube_domains": cube_domains, "angles": angles, "noise": noise, "seed": seed},
                     _Options(threads, kernel, progress, search))


def monte_carlo(*, structure: Literal["fcc", "bcc", "sc", "square"] | None = None, lattice_parameter: float | None = None,
                cells: Numbers | None = None, composition: Words | None = None, energies: Words | None = None, targets: Words | None = None,
                weights: Words | None = None, infer_energies: bool | None = None, tolerance: float | None = None,
                temperature: float | None = None, anneal_from: float | None = None, exchange: Literal["any", "neighbours"] | None = None,
                shells: int | None = None, equilibration: int | None = None, sweeps: int | None = None, every: int | None = None,
                sigma_lateral: float | None = None, sigma_depth: float | None = None, efficiency: float | None = None,
                seed: int | None = None, threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
                search: Path | Sequence[Path] | None = None) -> Result:
    """Lattice Monte Carlo of an alloy.

    Spreads the species of an alloy over the sites of a periodic lattice and lets them exchange sites at a temperature (Metropolis et al.,
    J. Chem. Phys. 21 (1953) 1087; Kawasaki, Phys. Rev. 145 (1966) 224), by energies of pairs in several shells. Gives the last
    configuration as ions, energy and Warren-Cowley parameters (Cowley, Phys. Rev. 77 (1950) 669) by sweep and their means with errors, and
    says where the run is not at equilibrium. With targets instead of energies it makes a configuration that has given Warren-Cowley
    parameters (reverse Monte Carlo: McGreevy & Pusztai, Mol. Simul. 1 (1988) 359), or infers the energies whose equilibrium has them (from
    mean field on, by the covariance of the numbers of pairs: Lyubartsev & Laaksonen, Phys. Rev. E 52 (1995) 3730). One chain is one thread;
    what it does depends on the seed alone.

    Parameters:
        structure: lattice of the sites: fcc, bcc, sc (simple cubic), or square, one layer of sc (default fcc)
        lattice_parameter: edge of the cubic cell (nm; 0.1 to 2; default 0.36)
        cells: cells of the periodic box: one number for all axes, or three along x, y, z (1 along z for square) (1 to 4096; default 12)
        composition: species and their atomic fractions, which sum to 1; each gets the nearest number of sites, and keeps it; ion types are
            numbered in this order (default Ni:0.75,Al:0.25)
        energies: energy of a pair of neighbours in eV, shell after shell: Ni-Al:-0.03/0.01,Ni-Ni:0.005 gives Ni and Al -0.03 in the first
            shell and 0.01 in the second. Pairs and shells left out are 0; a negative number binds (default none)
        targets: instead of energies: Warren-Cowley parameters of different species that the configuration is to have, shell after shell,
            -1/3 written -0.3333: Ni-Al:-0.2/0.15 gives Ni and Al -0.2 in the first shell and 0.15 in the second. Pairs and shells left out
            are free. temperature, anneal_from and equilibration have no part (default none)
        weights: how much each target counts, written like these, 0 to 100; 0: the shell is free. Those left out are 1 (default none)
        infer_energies: with targets: energies of pairs whose equilibrium at the temperature has them, then a measurement there. temperature
            and equilibration count; weights but 0 have no part (default False)
        tolerance: by how much a Warren-Cowley parameter may miss its target; one step of whole pairs is allowed in any case (0 to 2;
            default 0.001)
        temperature: temperature of the configuration (K; 0.001 to 1e+12; default 1000)
        anneal_from: above 0: the temperature falls evenly from there during all the sweeps of equilibration, so that order can grow without
            walls (K; 0 to 1e+12; default 0)
        exchange: which atoms exchange: any two of different species, or neighbours of the first shell (slower to equilibrate; pairs of one
            species count as attempts) (default any)
        shells: shells that Warren-Cowley parameters are given of; 0: four, or as many as have energies or targets (0 to 6; default 0)
        equilibration: sweeps before the measurement, at most: without annealing they end when the order of the first shell drifts by less
            than two standard deviations over 100 sweeps (0 to 100000000; default 1000)
        sweeps: sweeps of the measurement, each of as many attempts as there are sites; with targets at most so many: they end when all are
            met (1 to 100000000; default 2000)
        every: a sample every so many sweeps (1 to 1000000; default 10)
        sigma_lateral: standard deviation of the displacement of the ions along x and along y; 0: on their sites (nm; 0 to 10; default 0)
        sigma_depth: the same along z (nm; 0 to 10; default 0)
        efficiency: probability that an atom becomes an ion, each for itself (1e-06 to 1; default 1)
        seed: which chain (0 to 9.00719925474e+15; default 1)

    Gives:
        ions: the last configuration with types and ranges, from the top down (z falls); box centred on the axis, its top at z = 0
        shells/alpha (pair, shell): Warren-Cowley parameter 1 - p_ij / c_j of different species, mean over the samples or of what targets
            led to: 0 at random (but for -1 / (sites - 1)), negative where they attract
        shells/alpha_errors (pair, shell): standard error of the mean, with the autocorrelation; NaN where nothing changed
        shells/energies (pair, shell): inferred energies of such pairs; like pairs have 0
        shells/energies_errors (pair, shell): their standard errors, by what the last chain tells; NaN where the shell was free
        shells/targets (pair, shell): what alpha was to be; NaN where it was free
        shells/tolerances (pair, shell): by how much it was allowed to miss that: the tolerance, or one step of whole pairs
        shells/pairs (pair, shell): number of such pairs of neighbours in the box, mean over the samples or with targets of the last
            configuration
        shells/autocorrelation_time (pair, shell): sweeps, integrated; infinite where nothing changed
        shells/pair (pair): number of the pair of species; the long name says which is which
        shells/distance (shell): distance of the neighbours
        shells/coordination (shell): neighbours of a site
        shells/h (shell): vector to one of them along x, in half cells; the others are its permutations and signs
        shells/k (shell): along y
        shells/l (shell): along z
        energy/energy (sample): energy per site, from the start on
        energy/temperature (sample): temperature of the sweep
        energy/accepted (sample): share of the attempts since the last sample that exchanged
        energy/sweep (sample): sweeps done; 0: atoms spread at random
        cost/cost (sample): sum over the targets of weight (over the mean weight) times the square of what alpha misses
        cost/temperature (sample): temperature of the sweep, in units of the cost over the number of sites
        cost/accepted (sample): share of the attempts since the last sample that exchanged
        cost/sweep (sample): sweeps done, the last perhaps in part; 0: atoms spread at random
        order/alpha (curve, sample): Warren-Cowley parameters of the samples
        order/curve (curve): number of the shell and pair; the long name says which is which
        order/sweep (sample): sweeps done
        summary/sites: sites, each with an atom
        summary/ions: ions of the specimen
        summary/edge_x: period of the box along x
        summary/edge_y: along y
        summary/edge_z: along z
        summary/energy: energy per site, mean over the samples of the measurement
        summary/energy_errors: standard error of the mean, with the autocorrelation
        summary/alpha: Warren-Cowley parameter of the first pair in the first shell
        summary/alpha_errors: its standard error
        summary/acceptance: share of the attempts of the measurement, with targets of all, that exchanged two atoms
        summary/equilibration_sweeps: sweeps before the measurement
        summary/autocorrelation_time: sweeps: the longest of energy and order of the first shell, integrated; infinite where nothing changed
        summary/independent_samples: sweeps of the measurement over twice that time
        summary/halves_apart: how far the two halves of the measurement lie apart, in standard errors: the largest of the same
        summary/is_equilibrated: no sign of the contrary was seen: the drift ended, the halves agree, and the memory is short
        summary/is_met: all targets are met within their tolerances
        summary/largest_miss: by how much alpha misses its target at most
        summary/cost: cost of the last configuration
        summary/turns: chains at energies that came nearer and nearer, before the one that was measured
        summary/sweeps: sweeps until the targets were met, the last perhaps in part, or all
    """
    return _call.run("monte_carlo", {},
                     {"structure": structure, "lattice_parameter": lattice_parameter, "cells": cells, "composition": composition,
                      "energies": energies, "targets": targets, "weights": weights, "infer_energies": infer_energies,
                      "tolerance": tolerance, "temperature": temperature, "anneal_from": anneal_from, "exchange": exchange,
                      "shells": shells, "equilibration": equilibration, "sweeps": sweeps, "every": every, "sigma_lateral": sigma_lateral,
                      "sigma_depth": sigma_depth, "efficiency": efficiency, "seed": seed},
                     _Options(threads, kernel, progress, search))


def score(selection: Ions | Result | Path, truth: Result | Path, *, threshold: float | None = None, found_share: float | None = None,
          radius_bin: float | None = None, task: int | None = None, structure: Words | None = None, threads: int | None = None,
          kernel: str | None = None, progress: Progress | None = None, search: Path | Sequence[Path] | None = None) -> Result:
    """Judge a result by the known truth.

    Compares selected ions, a probability per ion, or the pixel sums of a scan with the truth of a synthesised specimen: precision, recall,
    average precision, the area under the receiver operating characteristic, what other thresholds would give, the same by species, by block
    and by cube, and which domains were found, by radius. Ions are matched by their evaporation_id, so cropped specimens are judged by the
    ions they have left.

    Slots:
        selection: what was found: selected ions, or a probability per ion
        truth: the result of `synthesise` the ions come from

    Parameters:
        threshold: probability from which on an ion counts as selected, where the result gives probabilities but selects none (0 to 1;
            default 0.5)
        found_share: a domain is found where at least this share of its ions, and at least one, is selected (0 to 1; default 0.25)
        radius_bin: width of the classes of radius, half-open from multiples of it, in which domains are counted (nm; 0.001 to 1000; default
            0.2)
        task: which species' result is judged, where the result has several (1 to 1000; default 1)
        structure: only domains of this structure count as true, b2 or d03, so that a selection can be asked what it finds of another one;
            left out: all domains (default none)

    Gives:
        by_radius/share (class): share of the domains of this radius that were found
        by_radius/radius (class): middle of the class
        by_radius/spheres (class): domains of this radius
        by_radius/found (class): of these, found
        spheres/recall (domain): share of the domain's ions that is selected
        spheres/selected (domain): selected ions of the domain
        spheres/ions (domain): ions of the domain
        spheres/radius (domain): radius
        spheres/is_found (domain): 1: found
        spheres/domain (domain): number of the domain in the truth
        sweep/f1 (threshold): harmonic mean of precision and recall, were ions above this probability selected; NaN where there is neither
        sweep/precision (threshold): precision; NaN where nothing is selected
        sweep/recall (threshold): recall, among the ions with a probability
        sweep/selected (threshold): ions above it
        sweep/threshold (threshold): probability above which (strictly) ions are selected
        blocks/auc (block): auc by the probabilities of each block of the network
        blocks/auc_mean (block): mean over the cubes for tests
        blocks/auc_deviation (block): standard deviation over these cubes (n - 1)
        blocks/block (block): block, from 1
        species/recall (ion_type): share of the ions of this type from domains that is selected; NaN where there are none
        species/precision (ion_type): share of the selected ions of this type that come from a domain; NaN where none is selected
        species/ions (ion_type): ions of the type
        species/true_ions (ion_type): of these, from domains
        species/selected (ion_type): selected ions of the type
        species/true_positives (ion_type): of these, from domains
        species/ion_type (ion_type): ion type; the long name says which is which
        cubes/auc (cube): auc within the cube, one of those for tests; NaN where it is undefined
        cubes/auc_binary (cube): mean of recall and specificity; NaN where it is undefined
        cubes/recall (cube): recall; NaN where no ion comes from a domain
        cubes/precision (cube): precision; NaN where nothing is selected
        cubes/ions (cube): ions of the cube
        cubes/true_ions (cube): of these, from domains
        cubes/selected (cube): selected ions
        cubes/cube (cube): number of the cube
        summary/ions: ions there are
        summary/true_ions: ions that come from a domain
        summary/prevalence: share of these: the precision of guessing
        summary/selected: ions selected
        summary/true_positives: selected ions that come from a domain
        summary/precision: share of the selected ions that come from a domain
        summary/recall: share of the ions from domains that is selected
        summary/f1: harmonic mean of precision and recall
        summary/average_precision: precision averaged over recall, from what ranked_by says
        summary/ranked_by: what the ions were ranked by: probability, or pixel_sum, the sum of the pixel an ion lies in; ions without one
            come last
        summary/specificity: share of the ions of the matrix that is not selected
        summary/auc_binary: mean of recall and specificity: the area under the curve of the decision
        summary/auc: chance that an ion of a domain stands above one of the matrix in what ranked_by says, ties half (Mann and Whitney
            1947): the area under the receiver operating characteristic
        summary/cubes: cubes for tests that have ions
        summary/auc_mean: mean over these cubes
        summary/auc_deviation: standard deviation over these cubes (n - 1)
        summary/auc_binary_mean: mean over these cubes
        summary/auc_binary_deviation: standard deviation over these cubes (n - 1)
        summary/recall_mean: mean over these cubes
        summary/recall_deviation: standard deviation over these cubes (n - 1)
        summary/precision_mean: mean over those that have a selected ion
        summary/precision_deviation: standard deviation over these (n - 1)
        summary/spheres: domains with at least one ion
        summary/spheres_found: of these, found
    """
    return _call.run("score", {"selection": selection, "truth": truth},
                     {"threshold": threshold, "found_share": found_share, "radius_bin": radius_bin, "task": task, "structure": structure},
                     _Options(threads, kernel, progress, search))


def bank(*, preset: Literal["cocrni-002", "cocrni-111", "feal-002", "allimg-011"] | None = None, structures: Words | None = None,
         classes: Words | None = None, channels: Words | None = None, direction: Literal["001", "002", "011", "111"] | None = None,
         lattice_parameter: float | None = None, crystals: bool | None = None, cells: Numbers | None = None,
         sigma_lateral: Words | None = None, sigma_depth: Words | None = None, efficiency: Words | None = None,
         matched_sigma: bool | None = None, nested: bool | None = None, copy_channels: bool | None = None, repeats: int | None = None,
         copies: int | None = None, shift_lo: int | None = None, shift_hi: int | None = None, voxels: int | None = None,
         specimens: int | None = None, specimen_edge: float | None = None, alloy: Words | None = None, ordered_species: Words | None = None,
         ordered_fraction: Numbers | None = None, analysed: Literal["ordering", "any"] | None = None, domains: Numbers | None = None,
         domain_radii: Numbers | None = None, order: Numbers | None = None, enrichment: Numbers | None = None,
         overlapping: float | None = None, target_radius: float | None = None, stretch_lateral: Numbers | None = None,
         stretch_depth: Numbers | None = None, tilt: Numbers | None = None, rotation: Numbers | None = None,
         voxel_sigma_lateral: Numbers | None = None, voxel_sigma_depth: Numbers | None = None, voxel_efficiency: Numbers | None = None,
         spacing: Literal["uniform", "log"] | None = None, mode: Literal["insphere", "tree"] | None = None, dimensions: int | None = None,
         radius: float | None = None, half_range: float | None = None, bins: int | None = None, crop_first: int | None = None,
         crop_bins: int | None = None, smooth_window: int | None = None, smooth_order: int | None = None,
         background_first: int | None = None, background_last: int | None = None, background_sweeps: int | None = None,
         picture: Literal["", "levels", "linear"] | None = None, pixels: int | None = None, seed: int | None = None,
         threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
         search: Path | Sequence[Path] | None = None) -> Result:
    """Labelled patterns for training.

    Simulates small crystals with and without order over a grid of noise and detection efficiency, and makes the map of each, by the recipes
    of Li et al., Nat. Commun. 14, 7410 (2023), Adv. Mater. 2024, 2407564 and npj Comput. Mater. 7, 8 (2021). On demand it adds voxels cut
    from simulated specimens, with all species, domains that fill them in part, and a stretched and tilted lattice: what classify meets. The
    result is for train and evaluate.

    Parameters:
        preset: recipe of a paper; what is set beside it wins (default cocrni-002)
        structures: one class each, the disordered parent first: fcc with l12, l11, l10, d022, d022x; bcc with b2, d03 (default fcc,l12)
        classes: names of the classes; left empty: the structures in capitals (default FCC,CSRO)
        channels: which atoms the maps are of, one word for each channel: ordered, those on the ordered sublattice, or other, the rest. A
            crystal without order counts all its atoms in every channel (default ordered)
        direction: direction of the crystal along z; 001 is 002 (default 002)
        lattice_parameter: edge of the cubic cell (nm; 0.1 to 2; default 0.36)
        crystals: make the patterns of whole crystals; no: voxels only (default True)
        cells: cells along an edge of the crystal, a cube with all atoms of its faces; one number for all classes or one for each (1 to 60;
            default 3)
        sigma_lateral: standard deviations of the noise along x and along y; first:last:step or a list with commas, for all classes, or for
            each with slashes between them (nm; default 0.2:0.8:0.05)
        sigma_depth: standard deviations of the noise along z; first:last:step or a list with commas, for all classes, or for each with
            slashes between them (nm; default 0.01:0.058:0.002/0.02:0.048:0.002)
        efficiency: shares of the atoms that are kept, rounded down to whole atoms; first:last:step or a list with commas, for all classes,
            or for each with slashes between them (default 0.2:0.65:0.05)
        matched_sigma: give every class the noise and efficiencies of all classes, so that none can be told by the width of its peaks; in
            the papers they differ (default False)
        nested: draw noise and the order of the atoms once for all efficiencies, as published for the pictures: what is kept at a low
            efficiency is then part of what is kept at a high one, and all share a group (default False)
        copy_channels: in crystals without order copy the first channel to the others, as in the published Fe-Al bank, instead of drawing
            each (default False)
        repeats: patterns for each point of the grid (1 to 100000; default 1)
        copies: shifted copies of each curve of a crystal, behind all originals; pictures take 0 (0 to 64; default 1)
        shift_lo: copies move by a whole number of bins, uniform from this one; positive numbers move to the left, and zeros come in (-1000
            to 1000; default -2)
        shift_hi: to this one, included (-1000 to 1000; default 1)
        voxels: voxels of simulated specimens to add, of all classes together (0 to 100000000; default 0)
        specimens: specimens the voxels are cut from, each with noise, alloy and domains of its own; 0: one for every 50 voxels (0 to
            10000000; default 0)
        specimen_edge: edge of the cube that the voxels of a specimen see (nm; 0.5 to 100; default 7)
        alloy: species of the specimens and their fractions; what the ordering species leaves is shared by the others as here (default
            Co:0.334,Cr:0.333,Ni:0.333)
        ordered_species: species that prefers the ordered sublattice; left out: the last of the alloy (default none)
        ordered_fraction: lowest and highest fraction of that species in the matrix of a specimen (0.001 to 0.999; default 0.25,0.4)
        analysed: species of the maps: ordering, the one that orders (for a channel `other` the first other one), or any of the alloy, drawn
            for each specimen; of several channels only ordering (default ordering)
        domains: fewest and most ordered domains of a specimen (0 to 64; default 4,14)
        domain_radii: smallest and largest radius of these spheres (nm; 0.05 to 50; default 0.5,1.8)
        order: lowest and highest order in the domains of a specimen: 1 is all that the composition allows (0 to 1; default 0.8,1)
        enrichment: composition of domains, lowest and highest: 0, that of the matrix; 1, what their structure has sites for (0 to 1;
            default 0,1)
        overlapping: share of the voxels that are placed at domains, at a uniform distance from the centre up to the radius and
            target_radius; the others anywhere (0 to 1; default 0.5)
        target_radius: the target of a voxel is the share of the ions within this distance of its centre, of all species, that come from
            each class (nm; 0.05 to 50; default 0.5)
        stretch_lateral: lowest and highest stretch of the lattice along x and y (0.5 to 2; default 0.97,1.03)
        stretch_depth: lowest and highest stretch along z, as a wrong depth scale would give it (0.5 to 2; default 0.97,1.03)
        tilt: least and largest angle between the direction and z (degree; -90 to 90; default 0,3)
        rotation: least and largest turn of the crystal about z, before the tilt (degree; -180 to 180; default -180,180)
        voxel_sigma_lateral: lowest and highest lateral noise of a specimen (nm; 0 to 10; default 0.15,0.8)
        voxel_sigma_depth: lowest and highest depth noise (nm; 0 to 10; default 0.015,0.06)
        voxel_efficiency: lowest and highest probability that an atom is detected (0.001 to 1; default 0.3,0.85)
        spacing: how noise and efficiency of a specimen are drawn from their ranges: uniform, or log, uniform by their logarithm (default
            uniform)
        mode: pairs of the maps of voxels, and of the map the network is for: insphere or tree. Whole crystals always count all their pairs
            (default insphere)
        dimensions: 1: z-SDM; 2: zx-SDM, seen as a grey picture (1 to 2; default 1)
        radius: sphere around the centre of a voxel (nm; 0.01 to 100; default 0.75)
        half_range: the map reaches from minus to plus this distance (nm; 0.01 to 100; default 1.5)
        bins: bins of the map (1 to 65536; default 200)
        crop_first: first bin the network sees (0 to 65535; default 54)
        crop_bins: how many bins it sees (2 to 1024; default 93)
        smooth_window: window of the Savitzky-Golay filter; 0: none. Curves of whole crystals are neither smoothed nor freed of a
            background, as published (0 to 63; default 15)
        smooth_order: polynomial order of the filter (0 to 20; default 8)
        background_first: first bin of the background window (0 to 65535; default 23)
        background_last: last bin of the background window (0 to 65535; default 68)
        background_sweeps: clipping sweeps of the background at most (0 to 1000000; default 1001)
        picture: how a zx-SDM becomes grey: levels, as the published contour plots, or linear (default none)
        pixels: edge of the picture; 0 for curves (0 to 4096; default 0)
        seed: which bank (0 to 9.00719925474e+15; default 1)

    Presets:
        cocrni-002: CoCrNi along <002>: FCC or L1_2-like order, 5200 curves and a shifted copy of each; Adv. Mater. 2024, 2407564
        cocrni-111: CoCrNi along <111>: FCC or L1_1-like order by the same grids; none is published
        feal-002: Fe-Al along <002>: BCC, B2 or D0_3, channels Fe-Fe and Al-Al, 5000 patterns and a copy of each; Nat. Commun. 14, 7410
            (2023)
        allimg-011: Al-Li-Mg along <011>: FCC or L1_2, 2576 pictures of the zx-SDM of Al-Al; npj Comput. Mater. 7, 8 (2021)

    Gives:
        patterns/pattern (pattern, bin, channel): curves as the network takes them: minimum 0, maximum 1; NaN where a curve is constant
        pictures/grey (pattern, row, column): grey pictures of zx-SDMs; the network takes them divided by 255
        labels/target (pattern, class): share of each class: 1 at the class of a crystal; for voxels the share of the ions that come from it
        labels/label (pattern): class number, the one with the largest share; the long name says which is which
        labels/group (pattern): copies share a group with their original
        labels/sigma_lateral (pattern): lateral noise
        labels/sigma_depth (pattern): depth noise
        labels/efficiency (pattern): share of the atoms that was kept
        labels/pairs (pattern, channel): pairs counted in the map
        map/classes: class names, by class number from 0; empty: not labelled
        map/preset: preset the map comes from
        map/mode: how pairs are chosen: insphere, tree, all
        map/dimensions: 1: z-SDM; 2: zx-SDM as a grey picture
        map/channels: pairs of species per pattern
        map/radius: sphere around the voxel centre
        map/half_range: the map reaches from minus to plus this distance
        map/bins: bins of the map
        map/crop_first: first bin the network sees
        map/crop_bins: bins the network sees
        map/smooth_window: window of the Savitzky-Golay filter; 0: none
        map/smooth_order: polynomial order of the filter
        map/background_first: first bin of the background window
        map/background_last: last bin of the background window; 0, 0: no background
        map/background_sweeps: clipping sweeps at most
        map/picture: how a zx-SDM becomes grey: levels, linear
        map/pixels: edge of the picture; 0 for curves
        map/direction: direction of the crystal along the map's z
        summary/patterns: patterns
        summary/originals: patterns of whole crystals
        summary/copies: shifted copies of them
        summary/voxels: patterns of voxels
        summary/voxels_dropped: voxels left out, as their curve is constant or no ion is near their centre
        summary/specimens: specimens that the voxels come from
        summary/specimen_ions: ions of all these specimens
        summary/constant: patterns of crystals without a usable curve
        summary/labels: patterns of each class
    """
    return _call.run("bank", {},
                     {"preset": preset, "structures": structures, "classes": classes, "channels": channels, "direction": direction,
                      "lattice_parameter": lattice_parameter, "crystals": crystals, "cells": cells, "sigma_lateral": sigma_lateral,
                      "sigma_depth": sigma_depth, "efficiency": efficiency, "matched_sigma": matched_sigma, "nested": nested,
                      "copy_channels": copy_channels, "repeats": repeats, "copies": copies, "shift_lo": shift_lo, "shift_hi": shift_hi,
                      "voxels": voxels, "specimens": specimens, "specimen_edge": specimen_edge, "alloy": alloy,
                      "ordered_species": ordered_species, "ordered_fraction": ordered_fraction, "analysed": analysed, "domains": domains,
                      "domain_radii": domain_radii, "order": order, "enrichment": enrichment, "overlapping": overlapping,
                      "target_radius": target_radius, "stretch_lateral": stretch_lateral, "stretch_depth": stretch_depth, "tilt": tilt,
                      "rotation": rotation, "voxel_sigma_lateral": voxel_sigma_lateral, "voxel_sigma_depth": voxel_sigma_depth,
                      "voxel_efficiency": voxel_efficiency, "spacing": spacing, "mode": mode, "dimensions": dimensions, "radius": radius,
                      "half_range": half_range, "bins": bins, "crop_first": crop_first, "crop_bins": crop_bins,
                      "smooth_window": smooth_window, "smooth_order": smooth_order, "background_first": background_first,
                      "background_last": background_last, "background_sweeps": background_sweeps, "picture": picture, "pixels": pixels,
                      "seed": seed},
                     _Options(threads, kernel, progress, search))


def train(patterns: Result | Path, *,
          preset: Literal["cocrni-002", "cocrni-111", "feal-002", "allimg-011", "al-li-mg", "au-cu", "co-alloy"] | None = None,
          architecture: Literal["cnn1d", "cnn2d", "atomnet"] | None = None, filters: Numbers | None = None, kernel_width: int | None = None,
          padding: Literal["valid", "same"] | None = None, pool_padding: Literal["valid", "same"] | None = None, dense: int | None = None,
          dropout: float | None = None, optimizer: Literal["adam", "rmsprop", "adam_falling"] | None = None,
          learning_rate: float | None = None, batch: int | None = None, epochs: int | None = None, folds: int | None = None,
          keep: Literal["all", "best"] | None = None, split: Literal["group", "published"] | None = None, test_share: float | None = None,
          turn: float | None = None, odds: Numbers | None = None, blocks: int | None = None, neighbours: int | None = None,
          penalty: Literal["per_sample", "published"] | None = None, norm: Literal["running", "last", "none"] | None = None,
          species_codes: Words | None = None, lattice_parameter: float | None = None, threshold: float | None = None,
          seed: int | None = None, threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
          search: Path | Sequence[Path] | None = None) -> Result:
    """Train an ensemble of networks.

    Fits networks to labelled patterns, one per fold, and judges them on patterns that none has seen: confusion, reliability, the
    temperature that calibrates them, and a score for patterns unlike those of the training. The same seed gives the same weights on any
    number of threads. Defaults are those of Li et al., Adv. Mater. 2024, 2407564. With architecture atomnet (presets al-li-mg, au-cu, co-
    alloy) networks of Yu et al. learn from cubes of synthesise to tell ordered ions.

    Slots:
        patterns: labelled patterns: a result of `bank`, or an imported bank; for atomnet cubes: a result of `synthesise --cubes`

    Parameters:
        preset: network and training of a paper; the patterns must be of the same preset, or of none (default cocrni-002)
        architecture: cnn1d: convolutions along curves; cnn2d: over pictures. Each is followed by a ReLU and pooling by two, the last by a
            dense layer and the output. atomnet: of ions and their nearest neighbours, for `segment`; it takes cubes of `synthesise`
            (default cnn1d)
        filters: filters of each convolution, in order (1 to 1024; default 16)
        kernel_width: bins of a filter; for pictures its edge in pixels (1 to 1024; default 10)
        padding: valid: filters stay inside, as in all published models; same: zeros around, as in the published notebooks (default valid)
        pool_padding: the same for pooling (default valid)
        dense: units of the dense layer (1 to 65536; default 256)
        dropout: share of the first convolution's outputs that training drops (0 to 0.95; default 0.5)
        optimizer: adam (0.9, 0.999) or rmsprop (0.9), both with 1e-7 in the divisor; atomnet also adam_falling, whose step falls evenly to
            nothing over the epochs of a block (default adam)
        learning_rate: step of the optimizer (1e-12 to 1e+12; default 0.001)
        batch: patterns per step (1 to 65536; default 32)
        epochs: times that all patterns are seen; the weights of the last are kept. atomnet: for each block, and those of the best
            validation are kept (1 to 100000; default 30)
        folds: members of the ensemble: each leaves out another part of the patterns and is validated on it; 1 trains on all (1 to 64;
            default 5)
        keep: all members, or the best by its validation (default all)
        split: group: a pattern and its copies stay together; published: each for itself, so that copies of test patterns are trained on
            (default group)
        test_share: share of the patterns that no member sees; accuracy and calibration come from them (0 to 0.9; default 0.1)
        turn: pictures are turned by a random angle up to this while training (degree; 0 to 180; default 0)
        odds: what the odds of each class are multiplied by when training is over, in order of the classes, for specimens where classes are
            not as frequent as among the patterns; left out: 1 each (0.001 to 1000; default none, or found by the engine)
        blocks: atomnet: networks one after another, each of which also takes the probabilities of the one before (1 to 4; default 2)
        neighbours: atomnet: ions that the network sees at once, the ion itself included (2 to 128; default 32)
        penalty: atomnet: what holds the transforms near rotations, ion by ion; published: as in the authors' program, which compares those
            of different ions (default per_sample)
        norm: atomnet: statistics that the batch norm keeps: running, a mean over some hundred batches; last, those of the last batch, as
            published; none: no batch norm (default running)
        species_codes: atomnet: what number each species gets, Al:0,Li:1,Mg:2; other:0 for all that are not named (default none)
        lattice_parameter: atomnet: edge of the cubic cell, by which coordinates are divided (nm; 0 to 10; default 0)
        threshold: atomnet: ions above this probability will be selected; the model keeps it (0 to 1; default 0.5)
        seed: which weights to begin with, which order, which split (0 to 9.00719925474e+15; default 1)

    Presets:
        cocrni-002: CoCrNi along <002>: 16 filters, Adam, 30 epochs, five networks
        cocrni-111: CoCrNi along <111>: the same
        feal-002: Fe-Al along <002>: two channels, 64 filters, Adam, 30 epochs, five networks
        allimg-011: Al-Li-Mg along <011>: pictures, four convolutions, RMSprop, 7 epochs, the best of five networks
        al-li-mg: Al-Li-Mg, ion by ion: AtomNet of two blocks
        au-cu: Au-Cu, ion by ion: AtomNet of three blocks
        co-alloy: Co superalloy, ion by ion: AtomNet of two blocks

    Gives:
        model: the ensemble
        definition/*: what the networks take and how they are built
        weights/* (member, weight): weights by layer
        outlier/*: how far a pattern is from those of the training
        history/validation_accuracy (member, epoch): share of the validation patterns called right; NaN where a single fold leaves none
        history/validation_loss (member, epoch): mean cross-entropy of the validation patterns
        history/accuracy (member, epoch): share of the training patterns called right on the way, dropout included
        history/loss (member, epoch): mean cross-entropy of the training patterns
        history/member (member): network of the ensemble
        history/epoch (epoch): epoch, from 1; those of further blocks follow
        history/block (epoch): atomnet: block that is trained in the epoch
        history/penalty (member, epoch): atomnet: penalty of the transforms, training
        history/validation_penalty (member, epoch): atomnet: the same, validation
        history/validation_auc (member, epoch): atomnet: chance that an ordered ion of the validation is more probable than one of the
            matrix
        blocks/auc (block): atomnet: chance that an ordered ion of the test cubes is more probable than one of the matrix, by block
        blocks/auc_binary (block): the same where ions are only selected or not: the mean of the shares told right of both classes
        blocks/recall (block): share of the ordered ions above the threshold
        blocks/precision (block): share of the ions above the threshold that are ordered; NaN where there are none
        blocks/block (block): block, from 1
        confusion/count (truth, predicted): test patterns by class (upwards) and by what the ensemble calls them (to the right)
        confusion/truth (truth): class; the long name says which is which
        confusion/predicted (predicted): class
        reliability/share (bin): share of the test patterns of this confidence that are called right; NaN where there are none
        reliability/confidence (bin): middle of the bin
        reliability/mean (bin): mean confidence
        reliability/count (bin): test patterns
        summary/patterns: labelled patterns without NaN
        summary/test_patterns: of these, seen by no member
        summary/members: networks of the ensemble
        summary/weights: weights of each
        summary/classes: classes they tell apart, in order
        summary/validation_accuracy: after the last epoch, mean over the members
        summary/test_accuracy: share of the test patterns that the ensemble calls right
        summary/test_loss: mean cross-entropy of the ensemble's probabilities
        summary/temperature: divides the logits for calibrated probabilities; 1 where the test has no error to fit it to
        summary/calibration_error: expected calibration error of the ensemble
        summary/calibration_error_scaled: the same with the temperature
        summary/test_auc: atomnet: of the last block
        summary/cubes: atomnet: cubes that were learnt from, validated on or tested with
        summary/model_sha256: digest over weights and input definition
    """
    return _call.run("train", {"patterns": patterns},
                     {"preset": preset, "architecture": architecture, "filters": filters, "kernel_width": kernel_width, "padding": padding,
                      "pool_padding": pool_padding, "dense": dense, "dropout": dropout, "optimizer": optimizer,
                      "learning_rate": learning_rate, "batch": batch, "epochs": epochs, "folds": folds, "keep": keep, "split": split,
                      "test_share": test_share, "turn": turn, "odds": odds, "blocks": blocks, "neighbours": neighbours, "penalty": penalty,
                      "norm": norm, "species_codes": species_codes, "lattice_parameter": lattice_parameter, "threshold": threshold,
                      "seed": seed},
                     _Options(threads, kernel, progress, search))


def evaluate(model: Result | Path, patterns: Result | Path, *, bins: int | None = None, fit_temperature: bool | None = None,
             threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
             search: Path | Sequence[Path] | None = None) -> Result:
    """Judge networks by labelled patterns.

    Lets an ensemble classify labelled patterns and counts what it finds: confusion, accuracy of the ensemble and of each member, precision,
    recall and AUC by class, and how far its probabilities can be believed: logarithmic loss, Brier score, reliability curve and expected
    calibration error, as the networks give them and at the temperature of the model.

    Slots:
        model: trained network ensemble
        patterns: labelled patterns: a result of `bank`, or of `import` with labels

    Parameters:
        bins: bins of the reliability curve, of equal width in confidence (1 to 10000; default 15)
        fit_temperature: also find the temperature with the least logarithmic loss on these patterns; an honest one needs patterns that
            training has not seen (default False)

    Gives:
        confusion/count (class, class): patterns by their class (upwards) and by the class that is found (to the right); found is the one
            with the largest mean probability
        confusion/class (class): class of the label; the long name says which is which
        confusion/found_class (class): class found
        by_class/recall (class): share of the patterns of a class that is found as it; NaN without any
        by_class/precision (class): share of those found as a class that are of it; NaN without any
        by_class/auc (class): chance that a pattern of the class has a higher probability of it than another pattern; NaN where one of the
            two kinds is missing
        by_class/patterns (class): valid patterns
        by_class/class (class): class number
        by_member/accuracy (member): share of the patterns whose class this network alone finds
        by_member/correct (member): these patterns
        by_member/member (member): network of the ensemble, from 0
        reliability/correct (bin): share of the patterns of this confidence whose class is right; NaN without patterns
        reliability/bin (bin): middle of the bin of confidence, the largest probability
        reliability/confidence (bin): mean confidence of the patterns of the bin
        reliability/count (bin): patterns of the bin
        calibrated/correct (bin): share of the patterns of this confidence whose class is right, at the temperature of the model; NaN
            without patterns
        calibrated/bin (bin): middle of the bin of confidence, the largest probability
        calibrated/confidence (bin): mean confidence of the patterns of the bin
        calibrated/count (bin): patterns of the bin
        fitted/correct (bin): share of the patterns of this confidence whose class is right, at the fitted temperature; NaN without patterns
        fitted/bin (bin): middle of the bin of confidence, the largest probability
        fitted/confidence (bin): mean confidence of the patterns of the bin
        fitted/count (bin): patterns of the bin
        predictions/probability (pattern, class): mean over the ensemble; NaN where the pattern is invalid
        predictions/class (class): class number
        summary/patterns: patterns
        summary/invalid_patterns: of these, without a usable curve: they count nowhere
        summary/correct: patterns whose class is found
        summary/accuracy: share of the valid patterns whose class is found
        summary/auc: mean AUC of the classes that can have one
        summary/log_loss: mean of -log probability of the class; of shares where labels are shares
        summary/brier_score: mean squared distance of probabilities and shares, summed over the classes: 0 best, 2 worst
        summary/calibration_error: mean distance of confidence and share correct over the bins
        summary/temperature: temperature of the model; 1: none was fitted
        summary/calibrated_log_loss: logarithmic loss at that temperature
        summary/calibrated_brier_score: Brier score at that temperature
        summary/calibrated_error: calibration error at that temperature
        summary/fitted_temperature: temperature with the least logarithmic loss on these patterns
        summary/fitted_log_loss: logarithmic loss at that temperature
        summary/fitted_brier_score: Brier score at that temperature
        summary/fitted_error: calibration error at that temperature
        summary/model_sha256: digest over the weights and the input definition of the model
    """
    return _call.run("evaluate", {"model": model, "patterns": patterns},
                     {"bins": bins, "fit_temperature": fit_temperature},
                     _Options(threads, kernel, progress, search))


def attribute(model: Result | Path, patterns: Result | Path, *, method: Literal["elementwise", "grad_cam"] | None = None,
              class_: Words | None = None, member: int | None = None, threads: int | None = None, kernel: str | None = None,
              progress: Progress | None = None, search: Path | Sequence[Path] | None = None) -> Result:
    """Where networks see the class.

    Follows the probability of a class back to what the last convolution gave, and shows by position what it came from: activation times
    gradient, mean over the filters, negative values left out (elementwise, as published), or with the gradients averaged over the positions
    first (grad_cam). Gradients vanish where a probability comes near to 1. Also the mean map and the mean curve of the patterns of each
    class. Of a result of `classify` for several species: one result each.

    Slots:
        model: trained network ensemble
        patterns: patterns, labelled or not: a result of `bank` or of `import`

    Parameters:
        method: elementwise: mean over the filters of activation times gradient, as published; grad_cam: gradients are first averaged over
            the positions. What is negative becomes 0 (default elementwise)
        class_: class whose probability is followed: its number from 0, or its name; left out: for each pattern the one with the largest
            mean probability (default none)
        member: network of the ensemble, from 0; -1: the mean of the maps of all (-1 to 1023; default -1)

    Gives:
        by_class/heat (class, position): mean map of the patterns whose class was followed; NaN without any
        by_class/position (position): distance along the map at the centre of what the filters see
        by_class/class (class): class number; the long name says which is which
        by_class/patterns (class): patterns whose class was followed
        mean_curve/mean (class, bin, channel): mean curve of these patterns
        mean_curve/distance (bin): middle of the bin
        mean_curve/class (class): class number
        by_class_picture/heat (class, depth, lateral): mean map of the pictures whose class was followed; NaN without any
        by_class_picture/depth (depth): dz at the centre of what the filters see
        by_class_picture/lateral (lateral): dx there
        by_class_picture/class (class): class number
        by_class_picture/patterns (class): pictures whose class was followed
        attribution/heat (pattern, position): what each position adds to the probability of the class; NaN where the pattern is invalid
        attribution/position (position): distance along the map at the centre of what the filters see
        attribution_picture/heat (pattern, depth, lateral): what each place adds to the probability of the class
        attribution_picture/depth (depth): dz at the centre of what the filters see
        attribution_picture/lateral (lateral): dx there
        followed/class (pattern): class that was followed; -1 where the pattern is invalid
        followed/probability (pattern): its probability, mean over the networks; NaN where the pattern is invalid
        summary/species: species of the maps, where the patterns say it
        summary/patterns: patterns
        summary/invalid_patterns: of these, without a usable curve
        summary/layer: layer of the network that the maps are of, from 1: the last convolution
        summary/networks: networks whose maps were averaged
        summary/model_sha256: digest over the weights and the input definition of the model
    """
    return _call.run("attribute", {"model": model, "patterns": patterns},
                     {"method": method, "class": class_, "member": member},
                     _Options(threads, kernel, progress, search))


def sdm(ions: Ions | Result | Path, centres: Ions | Result | Path | None = None, selection: Result | Path | None = None, *,
        preset: Literal["cocrni-002", "cocrni-111", "feal-002", "allimg-011"] | None = None, pairs: Words | None = None,
        mode: Literal["insphere", "tree", "all"] | None = None, dimensions: int | None = None, radius: float | None = None,
        roi: Numbers | None = None, voxel_edge: float | None = None, stride: float | None = None, bins: int | None = None,
        half_range: float | None = None, crop_first: int | None = None, crop_bins: int | None = None,
        picture: Literal["", "levels", "linear"] | None = None, pixels: int | None = None, rest: bool | None = None,
        threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
        search: Path | Sequence[Path] | None = None) -> Result:
    """Spatial distribution maps.

    Counts how often a neighbour lies at an offset from a centre ion, per voxel of a scan, around given places or for all ions together.
    Planes of a lattice appear as peaks along z, order as peaks that are missing. Rules and defaults are those of Li et al., Adv. Mater.
    2024, 2407564; Nat. Commun. 14, 7410 (2023); npj Comput. Mater. 7, 8 (2021).

    Slots:
        ions: ranged ions, or a selection of them
        centres: maps are made around the positions of these ions instead of on a grid
        selection: only the ions selected there take part, or those of the true domains of a synthesised specimen

    Parameters:
        preset: whose maps: fills mode, dimensions, radius and the bins (default cocrni-002)
        pairs: species of the centre and of the neighbour, Ni-Ni or Ni-Ni,Co-Cr: one map each; Ni is short for Ni-Ni (default none)
        mode: insphere: all pairs in a sphere around the voxel centre; tree: ions in the sphere with all their neighbours; all: every ion
            with all its neighbours, one map (default insphere)
        dimensions: 1: histogram of the offsets along z; 2: map of the offsets along z and x (1 to 2; default 1)
        radius: sphere around the voxel centre (nm; 0.01 to 100; default 0.75)
        roi: box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill (mode all: that holds the ions); left out: the bounding box, moved inwards to
            the stride grid (mode all: all ions) (nm; default none, or found by the engine)
        voxel_edge: edge of a voxel of the scan (nm; 0.01 to 100; default 1)
        stride: distance of neighbouring voxels (nm; 0.01 to 100; default 0.5)
        bins: bins of the whole axis (2 to 65536; default 200)
        half_range: the axis reaches from minus to plus this distance, and no pair is longer (nm; 0.01 to 100; default 1.5)
        crop_first: first bin that is kept (0 to 65535; default 54)
        crop_bins: how many bins are kept; 93 from bin 54 on are those of the papers, -0.69 to 0.705 nm (1 to 65536; default 93)
        picture: draws maps of two dimensions in grey as networks see them, -0.7 to 0.7 nm: levels, as the published contour plots, or
            linear; left out: no pictures (default none)
        pixels: edge of a picture (1 to 4096; default 150)
        rest: the ions that are not selected take part instead, so that what was recognised can be held against the rest (default False)

    Presets:
        cocrni-002: fcc CoCrNi along <002>: all pairs in spheres of 0.75 nm
        cocrni-111: fcc CoCrNi along <111>: the map of cocrni-002
        feal-002: bcc Fe-Al along <002>: centres within 0.5 nm, neighbours from everywhere
        allimg-011: fcc Al-Li-Mg along <011>: one zx map of all ions

    Gives:
        maps/counts (voxel, pair, distance, ...): ordered pairs per bin of the offset neighbour - centre; a second axis of offsets along x
            where dimensions is 2
        maps/pair (pair): number of the pair; the long name says which is which
        maps/distance (distance): bin centres of the offset along z
        maps/distance_x (distance_x): bin centres of the offset along x
        pictures/grey (voxel, pair, row, column): the maps as grey pictures; row 0 is the largest offset along z, columns follow the offset
            along x
        grid/number_of_ions (voxel, pair): centre ions of each voxel
        grid/pair (pair): number of the pair
        grid/centre (voxel, 3): x, y, z of the middle of each voxel; z varies slowest, x fastest
        mean_map/counts (pair, distance, ...): mean of the maps over all voxels
        mean_map/pair (pair): number of the pair
        mean_map/distance (distance): bin centres along z
        mean_map/distance_x (distance_x): bin centres along x
        summary/pairs: pairs, in the order of the maps
        summary/voxels: maps of each pair
        summary/empty_maps: maps without any count, over all pairs
        summary/counts: sum of all maps
    """
    return _call.run("sdm", {"ions": ions, "centres": centres, "selection": selection},
                     {"preset": preset, "pairs": pairs, "mode": mode, "dimensions": dimensions, "radius": radius, "roi": roi,
                      "voxel_edge": voxel_edge, "stride": stride, "bins": bins, "half_range": half_range, "crop_first": crop_first,
                      "crop_bins": crop_bins, "picture": picture, "pixels": pixels, "rest": rest},
                     _Options(threads, kernel, progress, search))


def classify(ions: Ions | Result | Path, model: Result | Path | None = None, *,
             preset: Literal["cocrni-002", "cocrni-111", "feal-002", "allimg-011"] | None = None, species: Words | None = None,
             roi: Numbers | None = None, voxel_edge: float | None = None, stride: float | None = None, direction: Numbers | None = None,
             class_: Words | None = None, threshold: Numbers | None = None, nan: Literal["propagate", "zero"] | None = None,
             calibrated: bool | None = None, mode: Literal["insphere", "tree"] | None = None, dimensions: int | None = None,
             radius: float | None = None, half_range: float | None = None, bins: int | None = None, crop_first: int | None = None,
             crop_bins: int | None = None, smooth_window: int | None = None, smooth_order: int | None = None,
             background_first: int | None = None, background_last: int | None = None, background_sweeps: int | None = None,
             picture: Literal["", "levels", "linear"] | None = None, pixels: int | None = None, threads: int | None = None,
             kernel: str | None = None, progress: Progress | None = None, search: Path | Sequence[Path] | None = None) -> Result:
    """Class probabilities from local SDMs.

    Scans the specimen with overlapping voxels, makes the z-SDM of a species in each, cleans the curve (or the picture of the zx-SDM) and
    lets an ensemble of networks give class probabilities. These are summed on pixels; all ions near a pixel above the threshold are
    selected. Li et al., Adv. Mater. 2024, 2407564, Nat. Commun. 14, 7410 (2023) and npj Comput. Mater. 7, 8 (2021).

    Slots:
        ions: ranged ions
        model: trained network ensemble

    Parameters:
        preset: what the network was made for; fills the map below, class and threshold (default cocrni-002)
        species: elements or ion names, Ni or Ni,Co: one result each; a network of several channels takes as many species together (Fe,Al)
            (default none)
        roi: box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill; left out: the bounding box, moved inwards to the stride grid (nm; default
            none, or found by the engine)
        voxel_edge: edge of a voxel of the scan (nm; 0.01 to 100; default 1)
        stride: distance of neighbouring voxels, and edge of a pixel; the voxel edge is a multiple of it (nm; 0.01 to 100; default 0.5)
        direction: x,y,z of the specimen that the maps look along, the normal of the atomic planes; voxels, pixels and ions stay as they
            are. The map's x lies across z and the direction: x' = y' x z', y' = z x z' (y where the direction is along z) (-1000000 to
            1000000; default 0,0,1)
        class_: class whose probability is summed: its number from 0, or its name; several, B2,D03 or 1,2: one result each (default 1)
        threshold: pixels above this sum select ions, one number or one for each class; a pixel inside is covered by (voxel edge / stride)^3
            voxels, 8 for the default (0 to 1000000; default 3.75)
        nan: what a voxel without a usable curve does to the pixels it covers: propagate makes them NaN, which is never above the threshold;
            zero counts it as probability 0 (default propagate)
        calibrated: divide the logits by the temperature that training fitted to the model, so that probabilities are shares of right
            answers (default False)
        mode: pairs of the map: insphere, all pairs in the sphere; tree, ions in the sphere with all their neighbours (default insphere)
        dimensions: 1: z-SDM; 2: zx-SDM, seen as a grey picture (1 to 2; default 1)
        radius: sphere around the centre of a voxel (nm; 0.01 to 100; default 0.75)
        half_range: the map reaches from minus to plus this distance (nm; 0.01 to 100; default 1.5)
        bins: bins of the map (1 to 65536; default 200)
        crop_first: first bin the network sees (0 to 65535; default 54)
        crop_bins: how many bins it sees (1 to 1024; default 93)
        smooth_window: window of the Savitzky-Golay filter; 0: none (0 to 63; default 15)
        smooth_order: polynomial order of the filter (0 to 20; default 8)
        background_first: first bin of the background window (0 to 65535; default 23)
        background_last: last bin of the background window (0 to 65535; default 68)
        background_sweeps: clipping sweeps of the background at most (0 to 1000000; default 1001)
        picture: how a zx-SDM becomes grey: levels, as the published contour plots, or linear (default none)
        pixels: edge of the picture; 0 for curves (0 to 4096; default 0)

    Presets:
        cocrni-002: fcc CoCrNi along <002>: FCC or CSRO (L1_2-like) from one z-SDM
        cocrni-111: fcc CoCrNi along <111>: the map of cocrni-002 with networks of their own
        allimg-011: fcc Al-Li-Mg along <011>: FCC or L1_2 from a picture of the zx-SDM of Al-Al
        feal-002: bcc Fe-Al along <002>: BCC, B2 or D0_3 from the z-SDMs of Fe-Fe and Al-Al

    Gives:
        probability/probability (grid_z, grid_y, grid_x, class): class probability of each voxel, mean over the ensemble; NaN without a
            usable curve
        probability/spread (grid_z, grid_y, grid_x, class): population standard deviation of the probability over the ensemble
        probability/is_valid (grid_z, grid_y, grid_x): 1 where the voxel has a usable curve
        probability/outlier (grid_z, grid_y, grid_x): how far the pattern lies from those of the training: mean square of its whitened
            features, about 1 for patterns like those
        probability/grid_z (grid_z): voxel centres
        probability/grid_y (grid_y): voxel centres
        probability/grid_x (grid_x): voxel centres
        probability/class (class): class number; the long name says which is which
        pixels/sum (grid_z, grid_y, grid_x): probability of the class, summed over the voxels that cover the pixel
        pixels/grid_z (grid_z): pixel centres
        pixels/grid_y (grid_y): pixel centres
        pixels/grid_x (grid_x): pixel centres
        selected/pixel_sum (ion): sum of the pixel that the ion lies in; 0 beyond the pixels
        selected/ion_index (ion): row of the ion, ascending: all ions near a pixel above the threshold
        cloud/pixel_sum (point): selected ions seen along y; the colour is the sum of their pixel; at most 200000, every second, fourth, ...
            of more
        cloud/x (point): position
        cloud/y (point): position
        cloud/z (point): position
        layers/curve (grid_z, class, bin, channel): mean curve of the voxels of a layer whose likeliest class this is; NaN where there are
            none
        layers/voxels (grid_z, class): how many these are
        patterns/pattern (class, bin, channel): mean curve of the voxels whose likeliest class this is, which `attribute` takes; NaN where
            there are none
        patterns/voxels (class): how many these are
        patterns/class (class): class number; the long name says which is which
        patterns/distance (bin): middle of the bin
        map/classes: empty: mean curves have no label
        map/preset: preset the map comes from
        map/mode: how pairs are chosen: insphere, tree, all
        map/dimensions: 1: z-SDM; 2: zx-SDM as a grey picture
        map/channels: pairs of species per pattern
        map/radius: sphere around the voxel centre
        map/half_range: the map reaches from minus to plus this distance
        map/bins: bins of the map
        map/crop_first: first bin the network sees
        map/crop_bins: bins the network sees
        map/smooth_window: window of the Savitzky-Golay filter; 0: none
        map/smooth_order: polynomial order of the filter
        map/background_first: first bin of the background window
        map/background_last: last bin of the background window; 0, 0: no background
        map/background_sweeps: clipping sweeps at most
        map/picture: how a zx-SDM becomes grey: levels, linear
        map/pixels: edge of the picture; 0 for curves
        map/direction: direction of the crystal along the map's z
        summary/species: species of the maps
        summary/species_ions: ions of these species
        summary/model_sha256: digest over the weights and the input definition of the model
        summary/class_name: class that was summed
        summary/threshold: sum above which a pixel selects ions
        summary/voxels: voxels of the scan
        summary/invalid_voxels: voxels without a usable curve
        summary/mean_probability: mean probability of the class over the valid voxels; left out where there are none
        summary/outlier_share: share of the valid voxels that lie farther from the training than 99 in 100 of its held-out patterns; where
            the model can tell
        summary/plane_spacing: spacing of the atomic planes along the direction, 0.10 to 0.30 nm: where their reflection is strongest
        summary/plane_quality: strength of that reflection, |F|^2 / sum G^2, mean over nodes in the region: 30 and more where planes are
            resolved, 7 where there are none
        summary/plane_share: share of the nodes above 25
        summary/plane_tilt: angle between the direction and the normal of the planes, mean over the nodes above 25; 0 where there are none
        summary/pixels: pixels
        summary/pixels_selected: pixels above the threshold
        summary/ions_selected: ions near a pixel above the threshold
    """
    return _call.run("classify", {"ions": ions, "model": model},
                     {"preset": preset, "species": species, "roi": roi, "voxel_edge": voxel_edge, "stride": stride, "direction": direction,
                      "class": class_, "threshold": threshold, "nan": nan, "calibrated": calibrated, "mode": mode, "dimensions": dimensions,
                      "radius": radius, "half_range": half_range, "bins": bins, "crop_first": crop_first, "crop_bins": crop_bins,
                      "smooth_window": smooth_window, "smooth_order": smooth_order, "background_first": background_first,
                      "background_last": background_last, "background_sweeps": background_sweeps, "picture": picture, "pixels": pixels},
                     _Options(threads, kernel, progress, search))


def segment(ions: Ions | Result | Path, model: Result | Path, *, threshold: Numbers | None = None, species_codes: Words | None = None,
            lattice_parameter: float | None = None, lattice_from: Literal["model", "002", "022", "111"] | None = None,
            calibrated: bool | None = None, threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
            search: Path | Sequence[Path] | None = None) -> Result:
    """Probability of order per ion.

    Gives every ion with a type the probability that it belongs to an ordered domain, by a network that looks at the ion and its nearest
    neighbours: where they are, and what they are; each further block also sees the probabilities of the one before (AtomNet). Ions above
    the threshold are selected; `domains --method max_separation` makes clusters of them. The published networks were trained on simulated
    noise that is not Gaussian: see docs/atomnet.md.

    Slots:
        ions: ranged ions; those without a type are left out
        model: AtomNet: from `import` of checkpoints, or from `train`

    Parameters:
        threshold: ions above this probability are selected; left out: the model's (0.5, for Au-Cu 0.3) (0 to 1; default none, or found by
            the engine)
        species_codes: what number the network knows each species by, Al:0,Li:1,Mg:2; other:0 for all that are not named. A molecular ion
            counts as its only named element. Left out: the model's; a species it does not name is refused (default none)
        lattice_parameter: edge of the cubic cell, by which coordinates are divided; 0: the model's (nm; 0 to 10; default 0)
        lattice_from: where the lattice parameter comes from if it is 0: the model, or the spacing of the planes 002, 022 or 111 across z in
            the specimen itself, which must be resolved (default model)
        calibrated: divide the last logit by the temperature that training fitted to the model, so that probabilities are shares of right
            answers (default False)

    Gives:
        probability/probability (ion): probability of the ion by the last block, mean over the ensemble
        probability/by_block (ion, block): the same by each block
        probability/spread (ion): population standard deviation of the probability over the ensemble, where it has several members
        probability/ion_index (ion): row of the ion, ascending: all ions with a type
        histogram/ions (bin): ions by their probability
        histogram/probability (bin): middle of the bin
        selected/probability (ion): of the selected ions
        selected/ion_index (ion): row of the ion, ascending: all ions above the threshold
        species/share (ion_type): share of the ions of the type that is selected; NaN where there are none
        species/ions (ion_type): ions of the type
        species/selected (ion_type): of these, selected
        species/ion_type (ion_type): ion type; the long name says which is which, and its code
        cloud/probability (point): selected ions seen along y; the colour is their probability; at most 200000, every second, fourth, ... of
            more
        cloud/x (point): position
        cloud/y (point): position
        cloud/z (point): position
        summary/ions: ions there are
        summary/ranged: ions with a type: these have a probability
        summary/unranged: ions that were left out
        summary/ions_selected: ions above the threshold
        summary/selected_share: share of the ranged ions
        summary/mean_probability: over the ranged ions
        summary/threshold: probability above which ions are selected
        summary/lattice_parameter: by which coordinates were divided
        summary/species_codes: numbers of the species
        summary/neighbours: rows of an ion: itself and its nearest neighbours
        summary/model_sha256: digest over the weights and the input definition of the model
    """
    return _call.run("segment", {"ions": ions, "model": model},
                     {"threshold": threshold, "species_codes": species_codes, "lattice_parameter": lattice_parameter,
                      "lattice_from": lattice_from, "calibrated": calibrated},
                     _Options(threads, kernel, progress, search))


def superlattice(ions: Ions | Result | Path, *, preset: Literal["", "cocrni-002", "cocrni-111", "feal-002", "allimg-011"] | None = None,
                 species: Words | None = None, joint: bool | None = None,
                 structure: Literal["l12", "l12-110", "d022", "l11", "b2", "d03", "d03-111", "b2-111"] | None = None,
                 period: float | None = None, direction: Numbers | None = None, width: float | None = None,
                 sigma_lateral: float | None = None, fit_sigma: bool | None = None, fit_occupancy: bool | None = None,
                 radii: Numbers | None = None, rate: float | None = None, ion_rate: float | None = None, prior: Numbers | None = None,
                 occupancy: Numbers | None = None, threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
                 search: Path | Sequence[Path] | None = None) -> Result:
    """Order from the phase of atomic planes.

    Follows the atomic planes through stretch, bend and tilt by their own reflection and asks on which of the two families of planes a
    species sits: a signed map whose distribution without order is known exactly, domains at a stated rate of false ones (expected Euler
    characteristic of the map), and for each ion the probability that it belongs to a compact ordered domain, without training. See
    docs/superlattice.md.

    Slots:
        ions: ranged ions; those without a type are left out

    Parameters:
        preset: alloy and direction as `classify` names them; fills structure (default none)
        species: the species that orders, an element or ion name; several, Ni,Cr: one result each (default none)
        joint: with several species: one result more, the map and the domains of all of them at once, each with a contrast of its own. One
            species that orders alone is seen better by itself (default False)
        structure: ordered structure and, behind a dash, the row of the crystal along the direction where it is not the usual one (<111> for
            l11, else <001>) (default l12)
        period: period of the order along the direction, twice the spacing of the planes (l12: the lattice parameter); 0: twice the spacing
            whose planes diffract best, 0.10 to 0.30 nm (nm; 0 to 10; default 0)
        direction: x,y,z of the specimen, the normal of the planes; up to 8 degrees off and up to 6 % of stretch are followed (-1000000 to
            1000000; default 0,0,1)
        width: w of the window exp(-r^2 / 2 w^2) of the map (nm; 0.3 to 5; default 0.55)
        sigma_lateral: blur of the edges of domains across z: standard deviation of the lateral noise of a reconstruction (nm; 0 to 3;
            default 0.4)
        fit_sigma: measure that blur at the listed domains instead, where there are 5 or more: by the width that makes their ions likeliest
            (default True)
        fit_occupancy: measure occupancy at the listed domains, where there are 5 or more. Used where domains have order enough: where a
            place of their composition without it would speak against one (default True)
        radii: radii of domains, ascending; larger ones are added by factors of 1.25 while the largest holds more than 15 % of the domains
            (nm; 0.3 to 6; default 0.6,0.8,1,1.2,1.4,1.6)
        rate: share of false ones among the listed domains (0 to 1; default 0.05)
        ion_rate: share of wrong ones among the selected ions (0 to 1; default 0.1)
        prior: domains a cubic nanometre, then the shares of the radii, which sum to 1; left out: fitted to the specimen (0 to 1000000;
            default none, or found by the engine)
        occupancy: share of the species on the one family of planes and on the other, in domains, the larger first; 0.5,0 is perfect L1_2 of
            stoichiometric composition. Then what domains hold of the species tells too where they are. Where it is neither given nor
            measured, domains are taken to hold as much as is around them with 0.8 of the order that allows, so that planes only are
            compared (0 to 1; default none, or found by the engine)

    Presets:
        cocrni-002: fcc CoCrNi along <002>: L1_2
        cocrni-111: fcc CoCrNi along <111>: L1_1
        feal-002: bcc Fe-Al along <002>: B2, and D0_3, which has the same reflection
        allimg-011: fcc Al-Li-Mg along <011>: L1_2

    Gives:
        map/statistic (grid_z, grid_y, grid_x): Z, normal with variance 1 without order, its sign the antiphase variant; T, half of chi-
            squared of summary/degrees, where planes are not resolved or species several. NaN: few ions
        map/grid_z (grid_z): middles of the cells
        map/grid_y (grid_y): middles of the cells
        map/grid_x (grid_x): middles of the cells
        phase/stretch (node_z, node_y, node_x): spacing of the planes over its mean, less 1; NaN where planes are not resolved
        phase/tilt (node_z, node_y, node_x): angle between the normal of the planes and the direction
        phase/quality (node_z, node_y, node_x): Q of the reflection of the planes: above 25 they are resolved, 7 at most without
        phase/node_z (node_z): nodes
        phase/node_y (node_y): nodes
        phase/node_x (node_x): nodes
        spectrum/quality (spacing): mean over nodes of the largest Q of planes of this spacing
        spectrum/spacing (spacing): spacing of planes
        domains/statistic (domain): Z at the maximum, corrected for the tails of rare species; or T
        domains/domain (domain): number of the domain, the surest first
        domains/x (domain): place of the maximum
        domains/y (domain): place of the maximum
        domains/z (domain): place of the maximum
        domains/q_value (domain): smallest rate of false domains at which it is listed
        domains/expected_false (domain): maxima as high that are expected without order, in the whole specimen
        domains/amplitude (domain): half the difference of the species' shares on the two families of planes, mean over the window, with the
            sign of the statistic; 1/4 in perfect L1_2. Of several: half the sum of all moduli
        domains/ions (domain): sum of the probabilities of the ions that are nearest to this domain
        domains/radius (domain): of the sphere that holds as many ions
        domains/fraction (domain): share of the species among them; NaN where there are none
        posterior/probability (ion): probability that the ion belongs to an ordered domain
        posterior/ion_index (ion): row of the ion, ascending: all ions with a type
        selected/probability (ion): of the selected ions
        selected/ion_index (ion): row of the ion, ascending: the likeliest ions, of which the share ion_rate is wrong
        cloud/probability (point): selected ions seen along y; the colour is their probability; at most 200000, every second, fourth, ... of
            more
        cloud/x (point): position
        cloud/y (point): position
        cloud/z (point): position
        prior/share (radius): share of the domains of this radius, of the first round
        prior/radius (radius): radii that were looked for
        summary/species: species
        summary/remark: what this reflection can tell
        summary/ions: ions with a type
        summary/species_ions: of these, of the species
        summary/period: period of the order; 0: none was found
        summary/plane_spacing: spacing of the planes, 0.10 to 0.30 nm: where their reflection is strongest
        summary/plane_quality: strength of that reflection: 30 and more where planes are resolved, 7 where there are none
        summary/median_quality: median Q of the nodes
        summary/accepted_share: share of the nodes where planes are resolved
        summary/largest_deviation: largest jump of the phase between neighbouring nodes, radians; above 1 a defect may lie between
        summary/mean_spacing: mean spacing of the planes
        summary/largest_stretch: largest modulus of the stretch
        summary/largest_tilt: largest angle between the planes' normal and the direction
        summary/sigma_depth: noise along the normal of the planes, median
        summary/sigma_depth_low: its lower quartile
        summary/sigma_depth_high: its upper quartile
        summary/sigma_lateral: blur of the edges of domains that was used: fitted or given
        summary/sigma_lateral_error: standard error of the fitted one, from the bend of the likelihood
        summary/is_signed: planes are resolved and the species is one, so that the statistic has a sign and ions have probabilities
        summary/degrees: degrees of freedom of the statistic: 1 of Z, 2 of T; of several species one less than of kinds of ions, twice as
            many where planes are not resolved
        summary/map_volume: volume of the map where it is not NaN
        summary/maxima: maxima of the map that were looked at: |Z| of at least 3, T of at least 4.5
        summary/threshold: modulus of the statistic of the last listed domain
        summary/expected_false_domains: of the listed domains
        summary/domains: domains at the stated rate
        summary/density: domains a volume that the mixture found, also too weak ones to be listed
        summary/rounds: rounds of the mixture
        summary/mixture_domains: domains that the mixture found in all rounds
        summary/occupancy_high: share of the species on the family of planes of the listed domains that has more of it, as measured
        summary/occupancy_low: and on the other
        summary/uses_composition: probabilities make use of what domains hold of the species, as occupancy or fit_occupancy says; else they
            compare planes only
        summary/mean_contrast: half the difference of the shares on the planes that domains are taken to have: 0.8 min(p, 1 - p), mean over
            the ions, or as occupancy says
        summary/ion_density: ions in the volume of the mixture
        summary/ordered_share: mean probability of the ions
        summary/ions_selected: ions that were selected
        summary/probability_threshold: probability above which ions are selected
        summary/expected_wrong_share: of the selected ions
    """
    return _call.run("superlattice", {"ions": ions},
                     {"preset": preset, "species": species, "joint": joint, "structure": structure, "period": period,
                      "direction": direction, "width": width, "sigma_lateral": sigma_lateral, "fit_sigma": fit_sigma,
                      "fit_occupancy": fit_occupancy, "radii": radii, "rate": rate, "ion_rate": ion_rate, "prior": prior,
                      "occupancy": occupancy},
                     _Options(threads, kernel, progress, search))


def domains(ions: Ions | Result | Path, control: Ions | Result | Path | None = None, witness: Ions | Result | Path | None = None,
            selection: Result | Path | None = None, *, method: Literal["dbscan", "max_separation"] | None = None,
            species: Words | None = None, eps: float | None = None, min_points: int | None = None, rounding: float | None = None,
            size_bin: int | None = None, size_max: int | None = None, draws: int | None = None, seed: int | None = None,
            bootstrap: int | None = None, shape_min: int | None = None,
            volume: Literal["none", "frustum", "frustum_3.14", "cube", "roi"] | None = None, roi: Numbers | None = None,
            cube: Numbers | None = None, pairs: Words | None = None, bins: int | None = None, half_range: float | None = None,
            threads: int | None = None, kernel: str | None = None, progress: Progress | None = None,
            search: Path | Sequence[Path] | None = None) -> Result:
    """Domains, their sizes and shapes, and a test of randomness.

    Joins ions that lie near each other into domains, gives size, shape and composition of each and the distribution of sizes. With controls
    made from shuffled ions it says whether the distribution differs from a random one: Pearson's r, chi-squared with its p-value, and mu
    (0.25 or more: not random), and gives each domain a q-value. Defaults are those of Li et al., Adv. Mater. 2024, 2407564.

    Slots:
        ions: ions, or a result with selected ions: then these, each of several selections for itself
        control: the same made from shuffled ions, for the test of randomness
        witness: another selection of the same ions, by another step or network: its domains are found in the same way, and compared
        selection: only the ions selected there take part, or those of the true domains of a synthesised specimen

    Parameters:
        method: dbscan: core ions with enough neighbours, linked through core ions, with the ions they reach; max_separation: all ions
            linked by steps of at most eps (default dbscan)
        species: elements or ion names whose ions take part, Ni,Co; left out: all, ranged or not (default none)
        eps: distance of neighbours (inclusive) (nm; 0.0001 to 100; default 0.4)
        min_points: dbscan: ions within eps that make an ion a core ion, itself counted; max_separation: smallest domain (1 to 1000000000;
            default 3)
        rounding: positions are rounded to multiples of this; the published analysis works on lists with three decimals, hence 0.001; 0: as
            they are (nm; 0 to 1; default 0.001)
        size_bin: ions per bin of the size distribution (1 to 1000000; default 5)
        size_max: end of the size distribution; larger domains are pooled in the last bin (1 to 1000000000; default 160)
        draws: shuffled controls made here, beside the one of slot control: types permuted as step shuffle does with seed + 1, seed + 2, ...
            (of ions that `segment` selected, ranged ones only); then species are chosen, or the step that selected the ions is repeated (0
            to 1000; default 0)
        seed: which controls and which bootstrap (0 to 9.00719925474e+15; default 1)
        bootstrap: resamplings of the domains for the interval of mu; 0: no interval (0 to 1000000; default 1000)
        shape_min: shapes are counted for all domains, and again for those of at least this many ions (1 to 1000000000; default 20)
        volume: volume of the number density: roi, that of the region; frustum, of a tip with its apex at z = 0, times ranged ions in the
            region over all (frustum_3.14: with the published value of pi); cube, of the box `cube`, scaled in the same way (default none)
        roi: region xlo,xhi,ylo,yhi,zlo,zhi that volume, volume fraction and mean composition refer to; left out: the pixels of the result
            that selected the ions, else the bounding box. It does not choose ions (nm; default none, or found by the engine)
        cube: volume cube: a box filled with ions, xlo,xhi,ylo,yhi,zlo,zhi (nm; default none, or found by the engine)
        pairs: z-SDMs within each domain: species of the centre and of the neighbour, Ni-Ni or Ni-Ni,Co-Cr; left out: none (default none)
        bins: bins of such a map (2 to 65536; default 200)
        half_range: the map reaches from minus to plus this distance, and no pair is longer (nm; 0.01 to 100; default 1.5)

    Gives:
        membership/domain (ion): domain of the ion, from 1; 0: none
        membership/ion_index (ion): row of the ion, ascending: all that take part
        cloud/domain (point): ions in domains seen along y; the colour is the number of their domain; at most 200000, every second, fourth,
            ... of more
        cloud/x (point): position
        cloud/y (point): position
        cloud/z (point): position
        size_distribution/count (size): domains by their number of ions; larger ones than size_max are in the last bin
        size_distribution/control (size): the same of the control, or the mean of several
        size_distribution/control_deviation (size): standard deviation among several controls
        size_distribution/size (size): middle of the bin, ions
        sizes/size (domain): ions of the domain
        sizes/domain (domain): number of the domain
        sizes/centre (domain, 3): x, y, z of the centre of its ions
        sizes/gyration_radius (domain, 3): radii of gyration along the principal axes, largest first
        sizes/aspect_ratio (domain): second radius over first; NaN where both are 0
        sizes/oblateness (domain): third radius over second; NaN where both are 0
        sizes/shape (domain): sphere: both ratios above 0.5; disc: only the aspect ratio; rod: only the oblateness; lath: none
        sizes/equivalent_radius (domain): of the sphere with the same product of radii of gyration
        sizes/p_value (domain): (1 + domains of all controls at least as large) / (1 + domains of all controls)
        sizes/q_value (domain): smallest rate of false discoveries, by the controls, at which a limit of size keeps the domain
        composition/fraction (domain, element): share of the atoms of the domain, molecular ions taken apart; NaN where no ion of it has a
            type
        composition/fraction_errors (domain, element): standard error from counting
        composition/excess (domain, element): fraction less mean
        composition/mean (element): share in the region, of the species that take part
        composition/mean_errors (element): its standard error from counting
        composition/element (element): atomic number; the long name has the symbols
        composition/domain (domain): number of the domain
        ion_types/count (domain, ion_type): ions of the type in the domain
        ion_types/ion_type (ion_type): ion type; the long name says which is which
        ion_types/domain (domain): number of the domain
        maps/counts (domain, pair, distance): ordered pairs within the domain per bin of the offset neighbour - centre along z
        maps/domain (domain): number of the domain
        maps/pair (pair): number of the pair; the long name says which is which
        maps/distance (distance): bin centres
        map_sum/counts (pair, distance): the maps of all domains together
        map_sum/pair (pair): number of the pair
        map_sum/distance (distance): bin centres
        agreement/overlap (domain): share of the domain's ions that lie within eps of an ion in a domain of the witness
        agreement/domain (domain): number of the domain
        agreement/partner (domain): domain of the witness that is nearest to most of these ions; 0: none
        agreement/shared (domain): ions that the domain and its partner both have
        agreement/p_value (domain): chance of so large a domain with so large a partner, by draws in which both selections are made again
            from the same shuffled ions
        agreement/q_value (domain): of both witnesses together: smallest rate of false discoveries, by these draws, at which the domain is
            kept
        witness/size (witness_domain): ions of the domain of the witness
        witness/domain (witness_domain): number of the domain of the witness
        witness/centre (witness_domain, 3): x, y, z of the centre of its ions
        witness/partner (witness_domain): domain of the input that is nearest to most of its ions; 0: none
        witness/overlap (witness_domain): share of its ions that lie within eps of an ion in a domain of the input
        witness/shared (witness_domain): ions that it and its partner both have
        summary/ions: ions that take part
        summary/domains: domains
        summary/noise_ions: ions in no domain
        summary/largest_domain: ions of the largest domain
        summary/mean_size: mean ions of a domain
        summary/median_size: median ions of a domain
        summary/spheres: domains of this shape
        summary/discs: domains of this shape
        summary/rods: domains of this shape
        summary/laths: domains of this shape
        summary/large_spheres: the same of at least shape_min ions
        summary/large_discs: the same of at least shape_min ions
        summary/large_rods: the same of at least shape_min ions
        summary/large_laths: the same of at least shape_min ions
        summary/volume_fraction: ions of domains among the ions in the region, of the species that take part
        summary/volume: volume that parameter volume chose
        summary/number_density: domains in it; 1/nm^3 is 1e27 1/m^3
        summary/number_density_error: its standard error from counting
        summary/controls: random controls: that of the slot and the drawn ones
        summary/control_domains: domains of the controls, all together
        summary/significant_domains: domains with a q_value of at most 0.05
        summary/pearson_r: correlation of the two size distributions over all bins
        summary/chi2: sum of (count - control)^2 / control over bins with control >= 1; the control is not scaled
        summary/chi2_scaled: the same with the control scaled to as many domains
        summary/degrees_of_freedom: bins used, less one
        summary/bins_used: bins with control >= 1
        summary/p_value: chance of a larger chi2 where there is no difference
        summary/mu: sqrt(chi2 / (chi2 + N)), N half of all domains of both; non-random from 0.25 on; left out where no bin is used
        summary/mu_low: 2.5 % of mu, domains of both lists resampled
        summary/mu_high: 97.5 % of mu
        summary/mu_scaled: the same from chi2_scaled, N as before
        summary/mu_scaled_low: 2.5 % of mu_scaled
        summary/mu_scaled_high: 97.5 % of mu_scaled
        summary/agreeing_domains: domains with a domain of the witness beside them
        summary/agreeing_by_chance: mean number of these in the drawn controls
        summary/significant_together: domains with an agreement/q_value of at most 0.05
        summary/witness_ions: ions of the witness that take part
        summary/witness_domains: domains of the witness
        summary/witness_agreeing: of these, with a domain of the input beside them
        summary/shared_ions: ions that are in domains of both
        summary/shared_share: these among the ions that are in a domain of either
    """
    return _call.run("domains", {"ions": ions, "control": control, "witness": witness, "selection": selection},
                     {"method": method, "species": species, "eps": eps, "min_points": min_points, "rounding": rounding,
                      "size_bin": size_bin, "size_max": size_max, "draws": draws, "seed": seed, "bootstrap": bootstrap,
                      "shape_min": shape_min, "volume": volume, "roi": roi, "cube": cube, "pairs": pairs, "bins": bins,
                      "half_range": half_range},
                     _Options(threads, kernel, progress, search))
