"""Names, units and explanations for people who know atom probes but not this program. Unknown names are shown as they are written."""

from __future__ import annotations

import re

STEPS = {
    "import": "Imported data",
    "export": "Written for other programs",
    "crop": "A region of the ions",
    "range": "Ion types from mass-to-charge",
    "composition": "Composition",
    "spectrum": "Mass spectrum",
    "shuffle": "Random control",
    "synthesise": "Simulated specimen with known order",
    "score": "Comparison with the known truth",
    "sdm": "Spatial distribution maps",
    "classify": "Class probabilities from local maps",
    "segment": "Probability of order per ion",
    "superlattice": "Order from the phase of atomic planes",
    "domains": "Domains and test of randomness",
    "attribute": "What the network looks at",
    "bank": "Labelled patterns",
    "train": "Training of the network",
    "evaluate": "Test of the network",
    "density_map": "Density seen along an axis",
    "warren_cowley": "Warren-Cowley parameters",
    "neighbours": "Nearest-neighbour distances",
    "frequency": "Frequency distribution in blocks",
    "monte_carlo": "Simulated configuration",
    "diffuse": "Diffuse scattering",
}

# Name: what people call it, explanation.
SUMMARY: dict[str, tuple[str, str]] = {
    "ions": ("Ions", "Ions that take part in this step."),
    "domains": ("Domains", "Groups of selected ions that lie near each other."),
    "control_domains": ("Domains in the controls", "The same search on ions whose types were shuffled: what chance alone gives."),
    "noise_ions": ("Ions in no domain", "Selected ions with too few selected neighbours."),
    "largest_domain": ("Largest domain, ions", "Detected ions in the largest domain; the detector misses some of the atoms."),
    "mu": (
        "Contingency coefficient μ",
        "Uncertainty: 95 % interval, domains resampled. 0: sizes as in the random control; towards 1: unlike it. "
        "From 0.25 on the published analysis calls it non-random. "
        "μ = √(χ²/(χ² + N)), N half of all domains of both.",
    ),
    "p_value": ("p of the χ² test", "Chance of a χ² at least this large if domains and control had the same size distribution."),
    "chi2": ("χ²", "Sum of (count − control)²/control over the bins where the control has at least one domain; the control is not scaled."),
    "degrees_of_freedom": ("Degrees of freedom", "Bins used, less one."),
    "bins_used": ("Bins used", "Size bins in which the control has at least one domain. With few bins the test has little power."),
    "pearson_r": ("Pearson r", "Correlation of the two size distributions over all bins. High even for random data, as both fall off with size."),
    "number_density": ("Number density of domains", "Domains per volume; 1 nm⁻³ is 10²⁷ m⁻³. Uncertainty: standard error from counting."),
    "mean_size": ("Mean size, ions", "Detected ions of a domain, on average."),
    "median_size": ("Median size, ions", "Half of the domains have fewer detected ions."),
    "spheres": ("Spheres", "Of the radii of gyration, second over first and third over second are both above 0.5."),
    "discs": ("Discs", "Only second over first is above 0.5."),
    "rods": ("Rods", "Only third over second is above 0.5."),
    "laths": ("Laths", "Neither ratio is above 0.5."),
    "large_spheres": ("Spheres, large ones", "Domains with enough ions for a shape (parameter shape_min)."),
    "large_discs": ("Discs, large ones", "The same."),
    "large_rods": ("Rods, large ones", "The same."),
    "large_laths": ("Laths, large ones", "The same."),
    "volume": ("Volume", "Of the specimen or region that densities refer to."),
    "controls": ("Random controls", "How many shuffled specimens the sizes are compared with."),
    "significant_domains": ("Domains with q ≤ 0.05", "Larger than what shuffled specimens give: at most 5 % of them are expected to be chance."),
    "agreeing_domains": ("Domains that the witness confirms", "A domain of the witness lies within eps of their ions."),
    "agreeing_by_chance": ("Confirmed by chance", "The same in shuffled specimens, in which both analyses were repeated; mean."),
    "significant_together": (
        "Domains with joint q ≤ 0.05",
        "By size and by the size of the witness's domain there: at most 5 % of them are expected to be chance.",
    ),
    "witness_ions": ("Ions of the witness", "Ions that the other analysis selected."),
    "witness_domains": ("Domains of the witness", "Found among its ions in the same way."),
    "witness_agreeing": ("Of these, confirmed here", "A domain of this analysis lies within eps of their ions."),
    "shared_ions": ("Ions in domains of both", ""),
    "shared_share": ("Their share", "Of the ions that are in a domain of either."),
    "chi2_scaled": (
        "χ², control scaled",
        "The same with the control scaled to as many domains as the specimen has: compares shapes of the distributions only.",
    ),
    "mu_scaled": ("μ, control scaled", "The same from the scaled χ²."),
    "threshold": ("Threshold", "Sum above which a pixel selects ions."),
    "outlier_share": ("Unlike all training patterns", "Share of the voxels whose curve the network was not trained for."),
    "plane_spacing": ("Spacing of the atomic planes", "From the Fourier transform along the direction of analysis."),
    "plane_quality": ("Resolution of the planes", "Height of the peak of the planes over its background; planes are resolved from about 25 on."),
    "plane_share": ("Share of the specimen with resolved planes", ""),
    "plane_tilt": ("Tilt of the planes", "Against the direction of analysis."),
    "test_accuracy": (
        "Accuracy on test patterns",
        "Share of patterns that no network was trained on and that got their true class. Uncertainty: standard error from counting.",
    ),
    "test_patterns": ("Test patterns", "Seen by no network."),
    "validation_accuracy": ("Accuracy on validation patterns", "Mean over the networks, after the last epoch."),
    "test_loss": ("Cross-entropy on test patterns", ""),
    "calibration_error": ("Calibration error", "Mean distance between the stated probability and the share that is right."),
    "log_loss": ("Logarithmic loss", "Mean of −log probability of the true class."),
    "brier_score": ("Brier score", "Mean squared distance of probabilities and truth: 0 best, 2 worst."),
    "invalid_patterns": ("Patterns without an answer", ""),
    "layer": ("Layer", "Of the network, from 1: its last convolution."),
    "networks": ("Networks", "Whose maps were averaged."),
    "correct": ("Patterns called right", ""),
    "weights": ("Weights of each network", ""),
    "volume_fraction": ("Volume fraction", "Share of the specimen's volume inside domains."),
    "control_draws": ("Shuffled controls", "How often the ion types were shuffled anew."),
    "draws": ("Shuffled controls", "How often the ion types were shuffled anew."),
    "class_name": ("Class", "The class whose probability is summed."),
    "species": ("Species", "Ions whose surroundings were mapped."),
    "species_ions": ("Ions of the species", "Ions of it in the region."),
    "voxels": ("Voxels", "Places of the scan grid."),
    "invalid_voxels": ("Voxels without an answer", "Too few ions for a curve; a mask marks them."),
    "mean_probability": ("Mean probability", "Of the class, over all valid voxels."),
    "pixels": ("Pixels", "Places of the grid of sums."),
    "pixels_selected": ("Pixels above the threshold", "Pixels whose summed probability reaches the threshold."),
    "ions_selected": ("Ions selected", "Ions of the species in pixels above the threshold."),
    "model_sha256": ("Network, digest", "SHA-256 over weights and input definition."),
    "changed": ("Ions with another type", "The ion types are permuted among the positions; so many positions got another one."),
    "composition": ("Composition", "Atomic fractions with counting errors."),
    "counted": ("Counted", "Atoms or ions that were counted."),
    "ranged": ("Ranged ions", "Ions with a type."),
    "unranged": ("Unranged ions", "Ions outside all ranges."),
    "unranged_fraction": ("Share of unranged ions", "Background and unidentified peaks."),
    "highest_peak": ("Highest peak", "Centre of the bin with the most ions."),
    "bins": ("Bins", "Bins of the histogram."),
    "beyond": ("Ions beyond the end", "Heavier than the last bin."),
    "max": ("End of the histogram", ""),
    "nonpositive": ("Ions at 0 or below", "Mass-to-charge values that cannot be."),
    "counts": ("Pairs counted", "Pairs of ions in all maps."),
    "empty_maps": ("Empty maps", "Voxels without any pair."),
    "pairs": ("Pairs", "Centre and neighbour species of the maps."),
    "bin_edge": ("Edge of a bin", ""),
    "atoms": ("Atoms before detection", ""),
    "ions_in_domains": ("Ions in true domains", ""),
    "domain_fraction": ("Share of ions in true domains", ""),
    "matrix_fraction": ("Fraction of the ordered species in the matrix", ""),
    "ordered_species": ("Ordered species", ""),
    "precision": ("Precision", "Share of the selected ions that truly lie in a domain. Uncertainty: standard error from counting."),
    "recall": ("Recall", "Share of the ions in true domains that were selected. Uncertainty: standard error from counting."),
    "f1": ("F₁", "Harmonic mean of precision and recall."),
    "prevalence": ("Prevalence", "Precision of a blind choice."),
    "average_precision": ("Average precision", "Area under precision against recall."),
    "spheres_found": ("True spheres found", ""),
    "true_ions": ("Ions in true spheres", ""),
    "true_positives": ("Selected ions in true spheres", ""),
    "selected": ("Selected ions", ""),
    "members": ("Networks", "Members of the ensemble."),
    "classes": ("Classes", ""),
    "accuracy": ("Accuracy", "Share of patterns that got their true class. Uncertainty: standard error from counting."),
    "auc": ("Area under the ROC curve", "Chance that an ion of a domain is ranked above one of the matrix."),
    "auc_binary": ("The same of the decision", "Mean of recall and specificity: the ROC curve of selected or not."),
    "specificity": ("Specificity", "Share of the ions of the matrix that is not selected."),
    "cubes": ("Cubes for tests", ""),
    "auc_mean": ("Area under the ROC curve, mean over cubes", ""),
    "auc_deviation": ("Its standard deviation over cubes", ""),
    "auc_binary_mean": ("The same of the decision, mean over cubes", ""),
    "auc_binary_deviation": ("Its standard deviation over cubes", ""),
    "recall_mean": ("Recall, mean over cubes", ""),
    "recall_deviation": ("Its standard deviation over cubes", ""),
    "precision_mean": ("Precision, mean over cubes", ""),
    "precision_deviation": ("Its standard deviation over cubes", ""),
    "lattice_parameter": ("Lattice parameter", "Edge of the cubic cell by which coordinates were divided."),
    "selected_share": ("Selected share", "Of the ranged ions."),
    "species_codes": ("Codes of the species", "The numbers that the network knows them by."),
    "neighbours": ("Ions that the network sees", "Itself and its nearest neighbours."),
    "epochs": ("Epochs", "Passes over the training patterns."),
    "patterns": ("Patterns", "Curves or pictures."),
    "labels": ("Patterns of each class", ""),
    "originals": ("Simulated crystals", "Patterns of crystals by the published recipe."),
    "copies": ("Shifted copies", "Of the patterns of crystals."),
    "specimens": ("Simulated specimens", "Large boxes that voxels were cut from, as the analysis of a specimen meets them."),
    "specimen_ions": ("Ions of these specimens", ""),
    "voxels_dropped": ("Voxels dropped", "Their curve is constant, or no ion is near their centre."),
    "constant": ("Constant patterns", "Of crystals, without a usable curve."),
    "calibrated_brier_score": ("Brier score, calibrated", "With the temperature that training fitted."),
    "calibrated_log_loss": ("Logarithmic loss, calibrated", "The same."),
    "calibrated_error": ("Calibration error, calibrated", "The same."),
    "calibration_error_scaled": ("Calibration error, calibrated", "With the temperature that was fitted."),
    "pair": ("Pair", "Species of the centres and of their neighbours."),
    "centres": ("Centres", "Ions whose neighbours were looked for."),
    "candidates": ("Possible neighbours", "Ions that may be neighbours."),
    "candidate_density": ("Density of possible neighbours", "Their share of the density."),
    "nearest": ("Nearest neighbour", "Mean distance."),
    "nearest_random": ("Nearest neighbour, random places", "Mean distance at this density, without surface or lattice."),
    "nearest_control": ("Nearest neighbour, labels shuffled", "Mean distance on the same places with the labels in random order."),
    "strongest_order": ("Neighbour that deviates most", "1: the nearest, 2: the second nearest, ..."),
    "strongest_z": (
        "Its deviation, σ",
        "Mean distance less that of the shuffled labels, in standard deviations of one order; negative: nearer than by chance.",
    ),
    "shells": ("Shells", "Which neighbours are counted."),
    "strongest_pair": ("Pair that deviates most", "From what random orders of the labels give."),
    "strongest_correlation": (
        "Correlation of the two",
        "Of their numbers in a block. At random it is below 0 in blocks of fixed size, where each leaves fewer places for the other, "
        "and may be above 0 in cubes, of which fuller ones hold more of both.",
    ),
    "p_pairs": (
        "p of all pairs together",
        "Share of the random orders of labels, the measurement among them, in which a correlation deviates as much. At random it is spread evenly.",
    ),
    "strongest": ("Pair and shell that deviate most", "From what random orders of the labels give."),
    "strongest_alpha": ("α there", "1 − share among the neighbours / concentration: 0 at random, negative where the two are neighbours more often."),
    "occupancy_high": (
        "Share on the richer planes",
        "Of the species, in the listed domains, on the family of planes that has more of it; ½ in perfect L1₂ of its stoichiometric composition.",
    ),
    "occupancy_low": ("Share on the poorer planes", "The same on the other family; 0 in perfect L1₂."),
    "uses_composition": ("Composition is used", "Probabilities make use of both shares; otherwise they compare planes only."),
    "conventions": ("Conventions", ""),
    "caveat": ("What the numbers are not", ""),
    "temperature": ("Temperature", "Divides the logits so that probabilities are calibrated."),
}

# The same name in a step where it is something else.
OF_STEP = {
    ("bank", "voxels"): ("Voxels", "Spheres cut from simulated specimens."),
    ("synthesise", "domains"): ("True domains", "Ordered regions that were put into the specimen."),
    ("synthesise", "ions"): ("Ions", "Atoms that were detected."),
    ("score", "ions"): ("Ions", "Ions of the region that was judged."),
    ("score", "spheres"): ("True spheres", "Spheres with ions in the region."),
    ("shuffle", "ions"): ("Ions", "Ions of the specimen."),
    ("spectrum", "ions"): ("Ions", "Ions of the specimen."),
    ("density_map", "ions"): ("Ions", "Ions in the map."),
    ("segment", "ions"): ("Ions", "Ions of the specimen."),
    ("segment", "ranged"): ("Ranged ions", "Ions with a type: these have a probability."),
    ("segment", "unranged"): ("Un-ranged ions", "Left out, also as neighbours."),
    ("neighbours", "ions"): ("Ions", "Ions with a type; their labels are put in random order for the control."),
    ("neighbours", "density"): ("Density", "Detected ions per volume, away from the surface."),
    ("neighbours", "p_permuted"): (
        "p of all distances together",
        "Share of the random orders of labels, the measurement among them, in which a mean distance deviates as much. At random it is spread evenly.",
    ),
    ("frequency", "mu"): (
        "Contingency coefficient μ",
        "0: spread as the binomial distribution says; towards 1: unlike it. μ = √(χ²/(χ² + N)), N blocks, which makes specimens comparable.",
    ),
    ("frequency", "chi2"): ("χ²", "Sum of (observed − expected)²/expected over the pooled classes of blocks."),
    ("frequency", "p_value"): ("p of the χ² test", "Chance of a χ² at least this large where the species is spread at random."),
    ("frequency", "degrees_of_freedom"): ("Degrees of freedom", "Pooled classes, less two: the concentration is taken from the same blocks."),
    ("frequency", "pairs"): ("Pairs", "Of species, compared by what the same blocks hold of both."),
    ("frequency", "strongest_z"): ("Its deviation, σ", "Correlation less that of the shuffled labels, in standard deviations of one order."),
    ("warren_cowley", "ions"): ("Ions", "Ions with a type: centres and neighbours."),
    ("warren_cowley", "pairs"): ("Pairs", "Species of the centres and of their neighbours."),
    ("warren_cowley", "strongest_z"): ("Its deviation, σ", "α less that of the shuffled labels, in standard deviations of one order."),
    ("warren_cowley", "p_permuted"): (
        "p of all pairs and shells together",
        "Share of the random orders of labels, the measurement among them, in which an α deviates as much. At random it is spread evenly.",
    ),
    ("evaluate", "temperature"): ("Temperature of the network", "1: none was fitted."),
}

GROUPS = {
    "size_distribution": "Sizes of the domains",
    "sizes": "Every domain",
    "membership": "Domain of every ion",
    "agreement": "Agreement with the witness",
    "witness": "Domains of the witness",
    "pixels": "Summed probability",
    "probability": "Class probability",
    "selected": "Selected ions",
    "mean_map": "Mean map",
    "maps": "Maps of all voxels",
    "grid": "Scan grid",
    "spectrum": "Mass spectrum",
    "composition": "Composition of atoms",
    "ionic": "Composition of ions",
    "truth": "Truth of every ion",
    "spheres": "True spheres",
    "by_radius": "Spheres found, by radius",
    "map": "Density map",
    "history": "Course of training",
    "confusion": "Confusion matrix",
    "calibration": "Calibration",
    "calibrated": "Reliability after calibration",
    "attribution": "Class activation map",
    "posterior": "Posterior of order",
    "map_sum": "Maps of the domains together",
    "ion_types": "Ion types in the domains",
    "by_class_picture": "Class activation maps of pictures",
    "reliability": "Reliability",
    "by_class": "By class",
    "by_member": "Accuracy of each network",
    "histogram": "Ions by their probability",
    "species": "By species",
    "blocks": "By block of the network",
    "sweep": "Other thresholds",
    "cubes": "By cube",
    "predictions": "Predictions",
    "order": "Parameters by pair and shell",
    "pairs": "Two species in the same blocks",
    "contingency": "Blocks by two species",
    "shells": "Shells",
    "profile": "Along z",
    "distances": "Distances of every ion",
    "orders": "By order of the neighbour",
    "draws": "Random orders of the labels",
}

COLUMNS = {
    "control": "control",
    "size": "ions",
    "centre": "centre",
    "equivalent_radius": "equivalent radius",
    "gyration_radius": "radii of gyration",
    "aspect_ratio": "aspect ratio",
    "oblateness": "oblateness",
    "shape": "shape",
    "heat": "activation",
    "depth": "offset along z",
    "lateral": "offset along x",
    "position": "offset along z",
    "mean": "mean",
    "q_value": "q",
    "p_value": "p",
    "sum": "summed probability",
    "grid_x": "x",
    "grid_y": "y",
    "grid_z": "z",
    "mass_to_charge": "mass-to-charge ratio",
    "distance": "offset along z",
    "distance_x": "offset along x",
    "is_found": "found",
    "found_class": "class found",
    "predicted": "class found",
    "truth": "true class",
    "member": "network",
    "domain": "domain",
    "overlap": "overlap",
    "partner": "domain of the other",
    "shared": "ions in both",
}

UNITS = {"1/nm^2": "nm⁻²", "1/nm^3": "nm⁻³", "nm^3": "nm³", "nm^2": "nm²", "1/nm": "nm⁻¹", "degree": "°"}


def humane(name: str) -> str:
    return name.replace("_", " ")


ORDER = {
    name: place
    for place, name in enumerate(
        (
            "class_name",
            "species",
            "species_ions",
            "model_sha256",
            "domains",
            "control_domains",
            "controls",
            "significant_domains",
            "agreeing_domains",
            "agreeing_by_chance",
            "significant_together",
            "witness_domains",
            "witness_agreeing",
            "witness_ions",
            "shared_ions",
            "shared_share",
            "number_density",
            "volume_fraction",
            "volume",
            "ions",
            "noise_ions",
            "largest_domain",
            "mean_size",
            "median_size",
            "mu",
            "chi2",
            "degrees_of_freedom",
            "bins_used",
            "p_value",
            "pearson_r",
            "mu_scaled",
            "chi2_scaled",
            "voxels",
            "invalid_voxels",
            "mean_probability",
            "pixels",
            "threshold",
            "pixels_selected",
            "ions_selected",
        )
    )
}


def rank(name: str) -> int:
    """Where a number stands in a summary: the result first, then how it was tested, then the rest."""
    return ORDER.get(name, len(ORDER))


def summary_words(name: str, step: str = "") -> tuple[str, str]:
    found = OF_STEP.get((step, name)) or SUMMARY.get(name)
    return found if found is not None else (humane(name)[:1].upper() + humane(name)[1:], "")


def group_words(name: str) -> str:
    return GROUPS.get(name) or humane(name)[:1].upper() + humane(name)[1:]


def column_words(name: str) -> str:
    return COLUMNS.get(name) or humane(name)


def unit_words(unit: str) -> str:
    return UNITS.get(unit, unit)


def step_words(step: str) -> str:
    return STEPS.get(step) or humane(step)


def instant(text: str) -> str:
    """2026-11-21T16:15:12+00:00 as people write it; anything else stays as it is."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?", text)
    if found is None:
        return text
    zone = {"Z": " UTC", "+00:00": " UTC", None: ""}.get(found[4], f" UTC{found[4]}")
    return f"{found[1]} {found[2]}{zone}"
