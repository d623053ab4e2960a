# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
#
# A rule for every step. Include this file and take rules over with files and parameters of your own:
#
#     include: "ordapt.smk"
#     use rule classify as found with:
#         input: ions="tip.nxs"
#         output: result="found.nxs", document="found.json"
#         params: call=arguments("classify", species="Ni")
#         resources: mem_mb=memory("classify", species="Ni")
#         log: "found.log"
#
# or name the file that is wanted: NAME.sdm.nxs is made of NAME.nxs with the parameters below `sdm` of the configuration.
# Slots are named inputs; `behind` are files that the records of the inputs name. docs/pipelines.md tells more.

include: "functions.smk"


# Vendor files to NeXus: Reads ions, range files, published networks and banks of curves. Ions together with a range file get their types; ranges
# alone and ions alone are kept as they are; several networks become one ensemble, AtomNet checkpoints the blocks of one network; curves become
# patterns, file after file, with minimum 0 and maximum 1. Coordinates are never flipped, shifted or scaled, and rows stay in order of evaporation.
#   input files: ions (.pos, .epos, .apt, .ato, .csv, .txt, .hdf5, .nxs), ranges (.rrng, .rng, .env), published networks or AtomNet checkpoints (.h5),
#   or curves of a bank (.npy)
#   input metadata (may be left out): what is known about specimen and instrument, .yaml or .json with the keys of pynxtools-apm
#   byte_order: order of the bytes of .pos and .epos; the format says big, a few programs write little. Never guessed [default big]
#   fourth: what the fourth value of .pos is: mass_to_charge, or the cluster number that some programs export there [default mass_to_charge]
#   force: read .pos and .epos although the values look like no atom probe data [default false]
#   drop_nonfinite: leave out ions with NaN or infinite values instead of refusing the file; the others keep their evaporation_id [default false]
#   allow_overlap: ranges of different ions that overlap: reject the range file, or let the range with the lower key (first) have the common part
#   [default reject]
#   allow_negative: accept ranges that begin below 0 Da, as simulations write them for labels [default false]
#   preset: what a published network or bank was made for; left out: known by its shape, (93,1) to 2 is cocrni-002, (93,2) to 3 is feal-002; an
#   AtomNet checkpoint by its alloy. al-li-mg, au-cu and co-alloy give species codes, lattice parameter and threshold
#   labels: classes of the .npy files of a bank, FCC,CSRO: one for each file, or for as many files as there are channels; left out: patterns without
#   labels
rule import_:
    input: **files("import", files=["{name}.pos", "{name}.rrng"])
    output: result="{name}.import.nxs", document="{name}.import.json"
    log: "{name}.import.log"
    params: call=arguments("import", **settings("import"))
    threads: THREADS
    resources: mem_mb=memory("import", **settings("import")), runtime=RUNTIME
    shell: "{ORDAPT} import {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Ions to .pos, .csv, .xyz or .vtkhdf: Writes ions for other programs; the suffix of the output says which format. With a label, .pos carries the
# number of the domain in place of mass-to-charge and a .rrng beside it names the numbers: the road back into AP Suite.
#   input ions: ions to write, or a result that leads to them
#   input labels (may be left out): result with the labels; left out: the first input's own
#   label: number that each ion gets beside its position, 0 for none: domain (of `domains`, or the true one of `synthesise`), or selected (1). In .pos
#   it stands in place of mass-to-charge, and a range file names it; the other formats have a column for it [default none]
#   selected_only: write only ions whose label is not 0; without a label, only those that the input selects [default false]
#   task: which species' result the labels come from, where the result has several [1 to 1000; default 1]
rule export:
    input: **files("export", ions="{name}.nxs")
    output: result="{name}.export.{format}", record="{name}.export.{format}.nxs", document="{name}.export.{format}.json"
    log: "{name}.export.{format}.log"
    wildcard_constraints: format="pos|csv|xyz|vtkhdf"
    params: call=arguments("export", **settings("export"))
    threads: THREADS
    resources: mem_mb=memory("export", **settings("export")), runtime=RUNTIME
    shell: "{ORDAPT} export {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Keep the ions of a region: Keeps the ions inside a box, a cylinder or a sphere (all that are given), and of these one in every so many. The order of
# evaporation and the evaporation_id of each ion are kept.
#   input ions: ions to choose from
#   roi: box xlo,xhi,ylo,yhi,zlo,zhi, half-open [lo, hi); left out: no box [6 numbers; nm]
#   cylinder: x,y,radius,zlo,zhi of an upright cylinder, radius included, z half-open [5 numbers; nm]
#   sphere: x,y,z,radius of a sphere, radius included [4 numbers; nm]
#   every: of the ions inside keep the first of every so many, in evaporation order [1 to 4294967295; default 1]
rule crop:
    input: **files("crop", ions="{name}.nxs")
    output: result="{name}.crop.nxs", document="{name}.crop.json"
    log: "{name}.crop.log"
    params: call=arguments("crop", **settings("crop"))
    threads: THREADS
    resources: mem_mb=memory("crop", **settings("crop")), runtime=RUNTIME
    shell: "{ORDAPT} crop {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Give ions their types from mass-to-charge: Labels every ion with the type whose range its mass-to-charge lies in, both ends included, compared in
# double precision. Types the ions had before are replaced; ions in no range have type 0.
#   input ions: ions with mass-to-charge; types they already have are replaced
#   input ranges (may be left out): range file, or a NeXus file with ranging; left out: the ranges the ions came with
#   overlap: who gets an ion that lies in ranges of two ion types: reject refuses such ranges, first is the range that begins lower, last the one that
#   begins higher, narrow the narrower one; at an end point that two ranges share the lower range always has it [default reject]
rule range:
    input: **files("range", ions="{name}.nxs")
    output: result="{name}.range.nxs", document="{name}.range.json"
    log: "{name}.range.log"
    params: call=arguments("range", **settings("range"))
    threads: THREADS
    resources: mem_mb=memory("range", **settings("range")), runtime=RUNTIME
    shell: "{ORDAPT} range {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Composition with counting errors: Counts atoms or ions of every species and gives their shares with standard errors from counting, and the same per
# ion type. Unranged ions are left out of the shares and reported. Peaks are not corrected for background.
#   input ions: ranged ions, or a result that selects some of them
#   decompose: true: a molecular ion counts each of its atoms (atomic composition); false: it is a species of its own, counted once (ionic
#   composition) [default true]
rule composition:
    input: **files("composition", ions="{name}.nxs")
    output: result="{name}.composition.nxs", document="{name}.composition.json"
    log: "{name}.composition.log"
    params: call=arguments("composition", **settings("composition"))
    threads: THREADS
    resources: mem_mb=memory("composition", **settings("composition")), runtime=RUNTIME
    shell: "{ORDAPT} composition {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Mass spectrum: Counts ions by mass-to-charge in bins of equal width that begin at 0. Values of 0 or below and values beyond the end are left out and
# counted. Look at it with a logarithmic axis of counts.
#   input ions: ions, or a result that selects some of them
#   bin_width: width of a bin; 0.01 for looking at ranges, 0.001 to 0.005 for the shape of a peak [Da; 0.0001 to 100; default 0.01]
#   max: end of the spectrum; 0: just above the largest mass-to-charge, at most 1000 Da [Da; 0, or 0.001 to 100000; default 0]
rule spectrum:
    input: **files("spectrum", ions="{name}.nxs")
    output: result="{name}.spectrum.nxs", document="{name}.spectrum.json"
    log: "{name}.spectrum.log"
    params: call=arguments("spectrum", **settings("spectrum"))
    threads: THREADS
    resources: mem_mb=memory("spectrum", **settings("spectrum")), runtime=RUNTIME
    shell: "{ORDAPT} spectrum {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Density seen along an axis: Counts ions, or a selection of them, on a square grid seen along x, y or z. Poles and stacking faults stand out.
#   input ions: ions to count, or a result with selected ions: then these
#   input selection (may be left out): only the ions selected there are counted, or those of the true domains of a synthesised specimen
#   axes: plane of the map; the third axis is looked along [default xy]
#   bins: square bins along the longer side of the map [1 to 4096; default 200]
rule density_map:
    input: **files("density_map", ions="{name}.nxs")
    output: result="{name}.density_map.nxs", document="{name}.density_map.json"
    log: "{name}.density_map.log"
    params: call=arguments("density_map", **settings("density_map"))
    threads: THREADS
    resources: mem_mb=memory("density_map", **settings("density_map")), runtime=RUNTIME
    shell: "{ORDAPT} density_map {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Frequency distribution of a species: Counts how many of a species blocks of ions hold, and tests it against the binomial distribution of a random
# spread (chi-squared, Pearson's contingency coefficient mu; Moody et al., Microsc. Res. Tech. 71 (2008) 542) and against permutations of the labels.
# Blocks in order of evaporation follow the detector, where poles and planes show too: cubes ask about space. Of several species every two are
# compared by what the same blocks hold of both: their correlation, and the table of blocks by both numbers with the chi-squared of independence. In a
# block of fixed size more of one leaves fewer places for the other, and a fuller cube holds more of both, so that independence is not what chance
# gives: the fair reference is the labels of all ions in random order (p_permuted, control_mu, z, p_correlation).
#   input ions: ranged ions; those without a type are left out
#   species: species to count, an element or ion name; several that share no ions, Ni,Cr: one result each, and in the first what every two of them
#   have to do with each other
#   block: ions of a block, one after the other in order of evaporation; what is left at the end makes no block [2 to 1000000; default 100]
#   edge: above 0: blocks are cubes of this edge instead, with as many ions as lie there; those with less than half the median, at the surface, are
#   left out [nm; 0 to 1000; default 0]
#   least: blocks to be expected in each class, and in each cell of the table of two species, at least: rarer ones are pooled at either end [0.01 to
#   1000000; default 5]
#   draws: permutations of the labels among the ions of all blocks, the control that needs no formula; 0: none [0 to 100000; default 99]
#   seed: of the permutations [0 to 9007199254740991; default 1]
rule frequency:
    input: **files("frequency", ions="{name}.nxs")
    output: result="{name}.frequency.nxs", document="{name}.frequency.json"
    log: "{name}.frequency.log"
    params: call=arguments("frequency", **settings("frequency"))
    threads: THREADS
    resources: mem_mb=memory("frequency", **settings("frequency")), runtime=RUNTIME
    shell: "{ORDAPT} frequency {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Distances of nearest neighbours: Measures how far the 1st to k-th nearest neighbour of every ion is, of all ions or of pairs of species, and holds
# it against random places (Chandrasekhar, Rev. Mod. Phys. 15 (1943) 1) and against the same places with the labels in random order, which have the
# surface, density and lattice of the specimen too. A species whose neighbours of its own are nearer than by chance clusters (Philippe et al.,
# Ultramicroscopy 109 (2009) 1304).
#   input ions: ranged ions; those without a type are left out
#   pairs: species of the centre and of its neighbours, Cr-Cr or Cr-Cr,Cr-Ni: one result each; Cr is short for Cr-Cr; left out: all ions with a type,
#   whatever they are
#   k: neighbours of each ion, from the nearest on [1 to 127; default 10]
#   bin_width: bins of the histograms, [lo, lo + width) [nm; 0.0001 to 10; default 0.05]
#   range: where the histograms end; farther neighbours are counted in beyond; 0: three times the mean distance of the k-th among random ions [nm; 0
#   to 1000; default 0]
#   density: detected ions per volume, all species together, for the random distances; 0: as measured away from the surface [1/nm^3; 0 to 1000000;
#   default 0]
#   draws: times that the labels of all ions with a type are put in random order and the pair is measured again; a p-value is 1 / (1 + draws) at
#   least; 0: none [0 to 10000; default 20]
#   seed: of the random orders [0 to 9007199254740991; default 1]
rule neighbours:
    input: **files("neighbours", ions="{name}.nxs")
    output: result="{name}.neighbours.nxs", document="{name}.neighbours.json"
    log: "{name}.neighbours.log"
    params: call=arguments("neighbours", **settings("neighbours"))
    threads: THREADS
    resources: mem_mb=memory("neighbours", **settings("neighbours")), runtime=RUNTIME
    shell: "{ORDAPT} neighbours {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Warren-Cowley parameters: Counts which species the neighbours of a species are, in shells by distance, in those of a lattice or among the k nearest,
# and compares with its concentration (Cowley, Phys. Rev. 77 (1950) 669; de Fontaine, J. Appl. Cryst. 4 (1971) 15; for atom probe data Ceguerra et
# al., Acta Cryst. A68 (2012) 547) and with the labels in random order. Sets of species are pooled: their concentration is that of all members
# together (the GM-SRO of Ceguerra et al.). Detection efficiency and blur dilute the values: see summary/caveat (He et al., Nat. Mater. 2024,
# doi:10.1038/s41563-024-01912-1).
#   input ions: ranged ions; those without a type are left out, also as neighbours
#   pairs: species of the centre and of its neighbours, Ni-Cr or Ni-Ni,Ni-Cr,Cr-Cr; Ni is short for Ni-Ni. Sets of species: Al+Ti-Ni+Co, or Ni+Co for
#   Ni+Co-Ni+Co; the two of a pair are the same or share no species
#   k: shells are the k nearest neighbours: 7, or 4,7,12. Of the 12 of a first fcc shell 7 are left where 57 % of the ions are detected [1 to 31
#   numbers; 1 to 127]
#   shells: shells are distances between edges: 0.2,0.3,0.4 are [0.2, 0.3) and [0.3, 0.4) nm [2 to 32 numbers; nm; 0 to 100]
#   lattice: shells are those of this lattice, each from half-way to the shell before to half-way to the next, the first from 0 on
#   lattice_parameter: edge of the cubic cell of the lattice [nm; 0 to 10; default 0]
#   lattice_shells: how many shells of the lattice [1 to 12; default 3]
#   periodic: edges along x, y, z of a simulated box that repeats; shells reach half of it at most; left out: ions end at the surface [3 numbers; nm;
#   0.001 to 1000000]
#   layers: layers of equal thickness along z for the profile [1 to 10000; default 10]
#   draws: times that the labels of all ions with a type are put in random order; a p-value is 1 / (1 + draws) at least; 0: none [0 to 10000; default
#   96]
#   seed: of the random orders [0 to 9007199254740991; default 1]
rule warren_cowley:
    input: **files("warren_cowley", ions="{name}.nxs")
    output: result="{name}.warren_cowley.nxs", document="{name}.warren_cowley.json"
    log: "{name}.warren_cowley.log"
    params: call=arguments("warren_cowley", **settings("warren_cowley"))
    threads: THREADS
    resources: mem_mb=memory("warren_cowley", **settings("warren_cowley")), runtime=RUNTIME
    shell: "{ORDAPT} warren_cowley {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Structure factor and diffuse scattering: The structure factor S(q) of ions by direct sum, and with a species the diffuse intensity alpha(q) of its
# order in Laue units (Cowley, Phys. Rev. 77 (1950) 669), for a list of vectors or a grid; or alpha(q) of given Warren-Cowley parameters. S(q)
# contains what the shape of the specimen scatters near every peak; without order it is spread exponentially about 1.
#   input ions (may be left out): ions; or give shells
#   species: species whose order scatters diffusely, an element or ion name: alpha(q) of the ions against all other types; ions without a type are
#   left out. Empty: the structure factor of all ions alone
#   shells: instead of ions, Warren-Cowley parameters of a cubic lattice: a site of each shell in half cells and its parameter, 1,1,0:-0.1;2,0,0:0.05;
#   permutations and signs are meant too, and each shell is given once
#   q: scattering vectors, three numbers each: 1,0,0;1,0.5,0. Empty: those of the grid
#   units: of q and grid: hkl, in 2 pi over the lattice parameter, or per_nm, in 1/nm with 2 pi in it [default hkl]
#   lattice_parameter: edge of the cubic cell that hkl refer to; its axes are those of the ions [nm; 0.1 to 2; default 0.36]
#   grid_from: first vector of the grid [3 numbers; -1000000 to 1000000; default 0,0,0]
#   grid_to: last vector of the grid [3 numbers; -1000000 to 1000000; default 2,2,0]
#   grid_points: points along each axis, ends included [3 numbers; 1 to 100000; default 41,41,1]
rule diffuse:
    input: **files("diffuse", ions="{name}.nxs")
    output: result="{name}.diffuse.nxs", document="{name}.diffuse.json"
    log: "{name}.diffuse.log"
    params: call=arguments("diffuse", **settings("diffuse"))
    threads: THREADS
    resources: mem_mb=memory("diffuse", **settings("diffuse")), runtime=RUNTIME
    shell: "{ORDAPT} diffuse {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Permute ion types: the random control: Keeps every position and permutes ion type and mass-to-charge together over them (Fisher and Yates, one draw
# of a counter-based generator per ion), so that composition, density and noise stay and chemical order goes. Columns of the detector stay with the
# position.
#   input ions: ions whose types are to be permuted
#   seed: which permutation; every seed gives another one, each as likely as the others [0 to 9007199254740991; default 1]
#   rounding: round positions to multiples of this; 0: leave them alone. The published control of CoCrNi went through a text file with three decimals:
#   0.001 gives the same, and puts 7 % of the pair offsets on bin edges [nm; 0, or 1e-06 to 1; default 0]
#   ranged_only: ions without a type keep their places, so that those with a type stay where such ions are: for `segment`, which leaves the others out
#   [default false]
rule shuffle:
    input: **files("shuffle", ions="{name}.nxs")
    output: result="{name}.shuffle.nxs", document="{name}.shuffle.json"
    log: "{name}.shuffle.log"
    params: call=arguments("shuffle", **settings("shuffle"))
    threads: THREADS
    resources: mem_mb=memory("shuffle", **settings("shuffle")), runtime=RUNTIME
    shell: "{ORDAPT} shuffle {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# A specimen with known order: Builds a crystal in a box, puts ordered domains into it, displaces every atom by anisotropic Gaussian noise and detects
# a share of them. The truth is kept: which domain each ion came from, and all domains. Mass-to-charge is that of the main isotope in its usual charge
# state, with ranges that give the same types again. Nothing depends on the number of threads, and two boxes of one seed without domains cut the same
# crystal. With `cubes` it makes instead many small cubes of an fcc crystal with spheres of order, each with noise, efficiency and orientation of its
# own, to train networks per atom on, after AtomNet (Yu et al., 3D deep learning for enhanced atom probe tomography analysis of nanoscale
# microstructures).
#   preset: a named specimen; what is set beside it wins
#   box: xlo,xhi,ylo,yhi,zlo,zhi, half-open; the apex of the specimen is at z = 0, the data below it. Not for cubes, see cells [6 numbers; nm; default
#   -8,8,-8,8,-24,0]
#   rotation: turn of the crystal about z [degree; -180 to 180; default 0]
#   tilt: tilt of the crystal about y, after the turn: its planes are no longer level [degree; -90 to 90; default 0]
#   stretch: semi-axes along x, y, z in units of the radius: 1,1,2 gives needles along z [3 numbers; 0.05 to 20; default 1,1,1]
#   gap: least distance between domains, surface to surface [nm; 0 to 1000; default 0]
#   order: order parameter: 1 is the highest order the composition allows, 0 none, so that stoichiometric domains are then depleted or enriched but
#   random [0 to 1; default 1]
#   antiphase: give every domain one of the translations of its structure at random, instead of the same to all [default false]
#   ordered_fraction: share of the ordered species in the matrix of a cube; two numbers: drawn between them for every cube. The other species keep
#   their proportions. Left out: that of the composition [0 to 2 numbers; 0 to 1]
#   seed: which specimen [0 to 9007199254740991; default 1]
#   filled by a preset (cocrni-a, cocrni-b, cocrni-c, cocrni-d, cocrni-e, feal, allimg, al-li-mg, au-cu, co-alloy), each may be set: structure,
#   lattice_parameter, composition, ordered_species, orientation, domains, radii, domain_structure, domain_composition, sigma_lateral, sigma_depth,
#   efficiency, cubes, cells, cube_domains, angles, noise
rule synthesise:
    output: result="{name}.synthesise.nxs", document="{name}.synthesise.json"
    log: "{name}.synthesise.log"
    params: call=arguments("synthesise", **settings("synthesise"))
    threads: THREADS
    resources: mem_mb=memory("synthesise", **settings("synthesise")), runtime=RUNTIME
    shell: "{ORDAPT} synthesise {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Lattice Monte Carlo of an alloy: Spreads the species of an alloy over the sites of a periodic lattice and lets them exchange sites at a temperature
# (Metropolis et al., J. Chem. Phys. 21 (1953) 1087; Kawasaki, Phys. Rev. 145 (1966) 224), by energies of pairs in several shells. Gives the last
# configuration as ions, energy and Warren-Cowley parameters (Cowley, Phys. Rev. 77 (1950) 669) by sweep and their means with errors, and says where
# the run is not at equilibrium. With targets instead of energies it makes a configuration that has given Warren-Cowley parameters (reverse Monte
# Carlo: McGreevy & Pusztai, Mol. Simul. 1 (1988) 359), or infers the energies whose equilibrium has them (from mean field on, by the covariance of
# the numbers of pairs: Lyubartsev & Laaksonen, Phys. Rev. E 52 (1995) 3730). One chain is one thread; what it does depends on the seed alone.
#   structure: lattice of the sites: fcc, bcc, sc (simple cubic), or square, one layer of sc [default fcc]
#   lattice_parameter: edge of the cubic cell [nm; 0.1 to 2; default 0.36]
#   cells: cells of the periodic box: one number for all axes, or three along x, y, z (1 along z for square) [1 to 3 numbers; 1 to 4096; default 12]
#   composition: species and their atomic fractions, which sum to 1; each gets the nearest number of sites, and keeps it; ion types are numbered in
#   this order [default Ni:0.75,Al:0.25]
#   energies: energy of a pair of neighbours in eV, shell after shell: Ni-Al:-0.03/0.01,Ni-Ni:0.005 gives Ni and Al -0.03 in the first shell and 0.01
#   in the second. Pairs and shells left out are 0; a negative number binds
#   targets: instead of energies: Warren-Cowley parameters of different species that the configuration is to have, shell after shell, -1/3 written
#   -0.3333: Ni-Al:-0.2/0.15 gives Ni and Al -0.2 in the first shell and 0.15 in the second. Pairs and shells left out are free. temperature,
#   anneal_from and equilibration have no part
#   weights: how much each target counts, written like these, 0 to 100; 0: the shell is free. Those left out are 1
#   infer_energies: with targets: energies of pairs whose equilibrium at the temperature has them, then a measurement there. temperature and
#   equilibration count; weights but 0 have no part [default false]
#   tolerance: by how much a Warren-Cowley parameter may miss its target; one step of whole pairs is allowed in any case [0 to 2; default 0.001]
#   temperature: temperature of the configuration [K; 0.001 to 1e+12; default 1000]
#   anneal_from: above 0: the temperature falls evenly from there during all the sweeps of equilibration, so that order can grow without walls [K; 0
#   to 1e+12; default 0]
#   exchange: which atoms exchange: any two of different species, or neighbours of the first shell (slower to equilibrate; pairs of one species count
#   as attempts) [default any]
#   shells: shells that Warren-Cowley parameters are given of; 0: four, or as many as have energies or targets [0 to 6; default 0]
#   equilibration: sweeps before the measurement, at most: without annealing they end when the order of the first shell drifts by less than two
#   standard deviations over 100 sweeps [0 to 100000000; default 1000]
#   sweeps: sweeps of the measurement, each of as many attempts as there are sites; with targets at most so many: they end when all are met [1 to
#   100000000; default 2000]
#   every: a sample every so many sweeps [1 to 1000000; default 10]
#   sigma_lateral: standard deviation of the displacement of the ions along x and along y; 0: on their sites [nm; 0 to 10; default 0]
#   sigma_depth: the same along z [nm; 0 to 10; default 0]
#   efficiency: probability that an atom becomes an ion, each for itself [1e-06 to 1; default 1]
#   seed: which chain [0 to 9007199254740991; default 1]
rule monte_carlo:
    output: result="{name}.monte_carlo.nxs", document="{name}.monte_carlo.json"
    log: "{name}.monte_carlo.log"
    params: call=arguments("monte_carlo", **settings("monte_carlo"))
    threads: THREADS
    resources: mem_mb=memory("monte_carlo", **settings("monte_carlo")), runtime=RUNTIME
    shell: "{ORDAPT} monte_carlo {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Judge a result by the known truth: Compares selected ions, a probability per ion, or the pixel sums of a scan with the truth of a synthesised
# specimen: precision, recall, average precision, the area under the receiver operating characteristic, what other thresholds would give, the same by
# species, by block and by cube, and which domains were found, by radius. Ions are matched by their evaporation_id, so cropped specimens are judged by
# the ions they have left.
#   input selection: what was found: selected ions, or a probability per ion
#   input truth: the result of `synthesise` the ions come from
#   threshold: probability from which on an ion counts as selected, where the result gives probabilities but selects none [0 to 1; default 0.5]
#   found_share: a domain is found where at least this share of its ions, and at least one, is selected [0 to 1; default 0.25]
#   radius_bin: width of the classes of radius, half-open from multiples of it, in which domains are counted [nm; 0.001 to 1000; default 0.2]
#   task: which species' result is judged, where the result has several [1 to 1000; default 1]
#   structure: only domains of this structure count as true, b2 or d03, so that a selection can be asked what it finds of another one; left out: all
#   domains
rule score:
    input: **files("score", selection="{name}.nxs")
    output: result="{name}.score.nxs", document="{name}.score.json"
    log: "{name}.score.log"
    params: call=arguments("score", **settings("score"))
    threads: THREADS
    resources: mem_mb=memory("score", **settings("score")), runtime=RUNTIME
    shell: "{ORDAPT} score {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Labelled patterns for training: Simulates small crystals with and without order over a grid of noise and detection efficiency, and makes the map of
# each, by the recipes of Li et al., Nat. Commun. 14, 7410 (2023), Adv. Mater. 2024, 2407564 and npj Comput. Mater. 7, 8 (2021). On demand it adds
# voxels cut from simulated specimens, with all species, domains that fill them in part, and a stretched and tilted lattice: what classify meets. The
# result is for train and evaluate.
#   preset: recipe of a paper; what is set beside it wins [default cocrni-002]
#   crystals: make the patterns of whole crystals; no: voxels only [default true]
#   matched_sigma: give every class the noise and efficiencies of all classes, so that none can be told by the width of its peaks; in the papers they
#   differ [default false]
#   copy_channels: in crystals without order copy the first channel to the others, as in the published Fe-Al bank, instead of drawing each [default
#   false]
#   repeats: patterns for each point of the grid [1 to 100000; default 1]
#   voxels: voxels of simulated specimens to add, of all classes together [0 to 100000000; default 0]
#   specimens: specimens the voxels are cut from, each with noise, alloy and domains of its own; 0: one for every 50 voxels [0 to 10000000; default 0]
#   analysed: species of the maps: ordering, the one that orders (for a channel `other` the first other one), or any of the alloy, drawn for each
#   specimen; of several channels only ordering [default ordering]
#   order: lowest and highest order in the domains of a specimen: 1 is all that the composition allows [2 numbers; 0 to 1; default 0.8,1]
#   enrichment: composition of domains, lowest and highest: 0, that of the matrix; 1, what their structure has sites for [2 numbers; 0 to 1; default
#   0,1]
#   overlapping: share of the voxels that are placed at domains, at a uniform distance from the centre up to the radius and target_radius; the others
#   anywhere [0 to 1; default 0.5]
#   target_radius: the target of a voxel is the share of the ions within this distance of its centre, of all species, that come from each class [nm;
#   0.05 to 50; default 0.5]
#   stretch_lateral: lowest and highest stretch of the lattice along x and y [2 numbers; 0.5 to 2; default 0.97,1.03]
#   stretch_depth: lowest and highest stretch along z, as a wrong depth scale would give it [2 numbers; 0.5 to 2; default 0.97,1.03]
#   tilt: least and largest angle between the direction and z [2 numbers; degree; -90 to 90; default 0,3]
#   voxel_sigma_lateral: lowest and highest lateral noise of a specimen [2 numbers; nm; 0 to 10; default 0.15,0.8]
#   voxel_sigma_depth: lowest and highest depth noise [2 numbers; nm; 0 to 10; default 0.015,0.06]
#   voxel_efficiency: lowest and highest probability that an atom is detected [2 numbers; 0.001 to 1; default 0.3,0.85]
#   spacing: how noise and efficiency of a specimen are drawn from their ranges: uniform, or log, uniform by their logarithm [default uniform]
#   seed: which bank [0 to 9007199254740991; default 1]
#   filled by a preset (cocrni-002, cocrni-111, feal-002, allimg-011), each may be set: structures, classes, channels, direction, lattice_parameter,
#   cells, sigma_lateral, sigma_depth, efficiency, nested, copies, shift_lo, shift_hi, specimen_edge, alloy, ordered_species, ordered_fraction,
#   domains, domain_radii, rotation, mode, dimensions, radius, half_range, bins, crop_first, crop_bins, smooth_window, smooth_order, background_first,
#   background_last, background_sweeps, picture, pixels
rule bank:
    output: result="{name}.bank.nxs", document="{name}.bank.json"
    log: "{name}.bank.log"
    params: call=arguments("bank", **settings("bank"))
    threads: THREADS
    resources: mem_mb=memory("bank", **settings("bank")), runtime=RUNTIME
    shell: "{ORDAPT} bank {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Train an ensemble of networks: Fits networks to labelled patterns, one per fold, and judges them on patterns that none has seen: confusion,
# reliability, the temperature that calibrates them, and a score for patterns unlike those of the training. The same seed gives the same weights on
# any number of threads. Defaults are those of Li et al., Adv. Mater. 2024, 2407564. With architecture atomnet (presets al-li-mg, au-cu, co-alloy)
# networks of Yu et al. learn from cubes of synthesise to tell ordered ions.
#   input patterns: labelled patterns: a result of `bank`, or an imported bank; for atomnet cubes: a result of `synthesise --cubes`
#   preset: network and training of a paper; the patterns must be of the same preset, or of none [default cocrni-002]
#   padding: valid: filters stay inside, as in all published models; same: zeros around, as in the published notebooks [default valid]
#   pool_padding: the same for pooling [default valid]
#   split: group: a pattern and its copies stay together; published: each for itself, so that copies of test patterns are trained on [default group]
#   test_share: share of the patterns that no member sees; accuracy and calibration come from them [0 to 0.9; default 0.1]
#   odds: what the odds of each class are multiplied by when training is over, in order of the classes, for specimens where classes are not as
#   frequent as among the patterns; left out: 1 each [2 to 16 numbers; 0.001 to 1000]
#   neighbours: atomnet: ions that the network sees at once, the ion itself included [2 to 128; default 32]
#   penalty: atomnet: what holds the transforms near rotations, ion by ion; published: as in the authors' program, which compares those of different
#   ions [default per_sample]
#   norm: atomnet: statistics that the batch norm keeps: running, a mean over some hundred batches; last, those of the last batch, as published; none:
#   no batch norm [default running]
#   seed: which weights to begin with, which order, which split [0 to 9007199254740991; default 1]
#   filled by a preset (cocrni-002, cocrni-111, feal-002, allimg-011, al-li-mg, au-cu, co-alloy), each may be set: architecture, filters,
#   kernel_width, dense, dropout, optimizer, learning_rate, batch, epochs, folds, keep, turn, blocks, species_codes, lattice_parameter, threshold
rule train:
    input: **files("train", patterns="{name}.nxs")
    output: result="{name}.train.nxs", document="{name}.train.json"
    log: "{name}.train.log"
    params: call=arguments("train", **settings("train"))
    threads: THREADS
    resources: mem_mb=memory("train", **settings("train")), runtime=RUNTIME
    shell: "{ORDAPT} train {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Judge networks by labelled patterns: Lets an ensemble classify labelled patterns and counts what it finds: confusion, accuracy of the ensemble and
# of each member, precision, recall and AUC by class, and how far its probabilities can be believed: logarithmic loss, Brier score, reliability curve
# and expected calibration error, as the networks give them and at the temperature of the model.
#   input model: trained network ensemble
#   input patterns: labelled patterns: a result of `bank`, or of `import` with labels
#   bins: bins of the reliability curve, of equal width in confidence [1 to 10000; default 15]
#   fit_temperature: also find the temperature with the least logarithmic loss on these patterns; an honest one needs patterns that training has not
#   seen [default false]
rule evaluate:
    input: **files("evaluate", model="{name}.nxs")
    output: result="{name}.evaluate.nxs", document="{name}.evaluate.json"
    log: "{name}.evaluate.log"
    params: call=arguments("evaluate", **settings("evaluate"))
    threads: THREADS
    resources: mem_mb=memory("evaluate", **settings("evaluate")), runtime=RUNTIME
    shell: "{ORDAPT} evaluate {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Where networks see the class: Follows the probability of a class back to what the last convolution gave, and shows by position what it came from:
# activation times gradient, mean over the filters, negative values left out (elementwise, as published), or with the gradients averaged over the
# positions first (grad_cam). Gradients vanish where a probability comes near to 1. Also the mean map and the mean curve of the patterns of each
# class. Of a result of `classify` for several species: one result each.
#   input model: trained network ensemble
#   input patterns: patterns, labelled or not: a result of `bank` or of `import`
#   method: elementwise: mean over the filters of activation times gradient, as published; grad_cam: gradients are first averaged over the positions.
#   What is negative becomes 0 [default elementwise]
#   class: class whose probability is followed: its number from 0, or its name; left out: for each pattern the one with the largest mean probability
#   member: network of the ensemble, from 0; -1: the mean of the maps of all [-1 to 1023; default -1]
rule attribute:
    input: **files("attribute", model="{name}.nxs")
    output: result="{name}.attribute.nxs", document="{name}.attribute.json"
    log: "{name}.attribute.log"
    params: call=arguments("attribute", **settings("attribute"))
    threads: THREADS
    resources: mem_mb=memory("attribute", **settings("attribute")), runtime=RUNTIME
    shell: "{ORDAPT} attribute {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Spatial distribution maps: Counts how often a neighbour lies at an offset from a centre ion, per voxel of a scan, around given places or for all
# ions together. Planes of a lattice appear as peaks along z, order as peaks that are missing. Rules and defaults are those of Li et al., Adv. Mater.
# 2024, 2407564; Nat. Commun. 14, 7410 (2023); npj Comput. Mater. 7, 8 (2021).
#   input ions: ranged ions, or a selection of them
#   input centres (may be left out): maps are made around the positions of these ions instead of on a grid
#   input selection (may be left out): only the ions selected there take part, or those of the true domains of a synthesised specimen
#   preset: whose maps: fills mode, dimensions, radius and the bins [default cocrni-002]
#   pairs: species of the centre and of the neighbour, Ni-Ni or Ni-Ni,Co-Cr: one map each; Ni is short for Ni-Ni
#   roi: box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill (mode all: that holds the ions); left out: the bounding box, moved inwards to the stride
#   grid (mode all: all ions) [6 numbers; nm]
#   picture: draws maps of two dimensions in grey as networks see them, -0.7 to 0.7 nm: levels, as the published contour plots, or linear; left out:
#   no pictures
#   pixels: edge of a picture [1 to 4096; default 150]
#   rest: the ions that are not selected take part instead, so that what was recognised can be held against the rest [default false]
#   filled by a preset (cocrni-002, cocrni-111, feal-002, allimg-011), each may be set: mode, dimensions, radius, voxel_edge, stride, bins,
#   half_range, crop_first, crop_bins
rule sdm:
    input: **files("sdm", ions="{name}.nxs")
    output: result="{name}.sdm.nxs", document="{name}.sdm.json"
    log: "{name}.sdm.log"
    params: call=arguments("sdm", **settings("sdm"))
    threads: THREADS
    resources: mem_mb=memory("sdm", **settings("sdm")), runtime=RUNTIME
    shell: "{ORDAPT} sdm {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Class probabilities from local SDMs: Scans the specimen with overlapping voxels, makes the z-SDM of a species in each, cleans the curve (or the
# picture of the zx-SDM) and lets an ensemble of networks give class probabilities. These are summed on pixels; all ions near a pixel above the
# threshold are selected. Li et al., Adv. Mater. 2024, 2407564, Nat. Commun. 14, 7410 (2023) and npj Comput. Mater. 7, 8 (2021).
#   input ions: ranged ions
#   input model: trained network ensemble
#   preset: what the network was made for; fills the map below, class and threshold [default cocrni-002]
#   species: elements or ion names, Ni or Ni,Co: one result each; a network of several channels takes as many species together (Fe,Al)
#   roi: box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill; left out: the bounding box, moved inwards to the stride grid [6 numbers; nm]
#   direction: x,y,z of the specimen that the maps look along, the normal of the atomic planes; voxels, pixels and ions stay as they are. The map's x
#   lies across z and the direction: x' = y' x z', y' = z x z' (y where the direction is along z) [3 numbers; -1000000 to 1000000; default 0,0,1]
#   nan: what a voxel without a usable curve does to the pixels it covers: propagate makes them NaN, which is never above the threshold; zero counts
#   it as probability 0 [default propagate]
#   calibrated: divide the logits by the temperature that training fitted to the model, so that probabilities are shares of right answers [default
#   false]
#   filled by a preset (cocrni-002, cocrni-111, allimg-011, feal-002), each may be set: voxel_edge, stride, class, threshold, mode, dimensions,
#   radius, half_range, bins, crop_first, crop_bins, smooth_window, smooth_order, background_first, background_last, background_sweeps, picture,
#   pixels
rule classify:
    input: **files("classify", ions="{name}.nxs")
    output: result="{name}.classify.nxs", document="{name}.classify.json"
    log: "{name}.classify.log"
    params: call=arguments("classify", **settings("classify"))
    threads: THREADS
    resources: mem_mb=memory("classify", **settings("classify")), runtime=RUNTIME
    shell: "{ORDAPT} classify {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Probability of order per ion: Gives every ion with a type the probability that it belongs to an ordered domain, by a network that looks at the ion
# and its nearest neighbours: where they are, and what they are; each further block also sees the probabilities of the one before (AtomNet). Ions
# above the threshold are selected; `domains --method max_separation` makes clusters of them. The published networks were trained on simulated noise
# that is not Gaussian: see docs/atomnet.md.
#   input ions: ranged ions; those without a type are left out
#   input model: AtomNet: from `import` of checkpoints, or from `train`
#   threshold: ions above this probability are selected; left out: the model's (0.5, for Au-Cu 0.3) [1 numbers; 0 to 1]
#   species_codes: what number the network knows each species by, Al:0,Li:1,Mg:2; other:0 for all that are not named. A molecular ion counts as its
#   only named element. Left out: the model's; a species it does not name is refused
#   lattice_parameter: edge of the cubic cell, by which coordinates are divided; 0: the model's [nm; 0 to 10; default 0]
#   lattice_from: where the lattice parameter comes from if it is 0: the model, or the spacing of the planes 002, 022 or 111 across z in the specimen
#   itself, which must be resolved [default model]
#   calibrated: divide the last logit by the temperature that training fitted to the model, so that probabilities are shares of right answers [default
#   false]
rule segment:
    input: **files("segment", ions="{name}.nxs")
    output: result="{name}.segment.nxs", document="{name}.segment.json"
    log: "{name}.segment.log"
    params: call=arguments("segment", **settings("segment"))
    threads: THREADS
    resources: mem_mb=memory("segment", **settings("segment")), runtime=RUNTIME
    shell: "{ORDAPT} segment {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Order from the phase of atomic planes: Follows the atomic planes through stretch, bend and tilt by their own reflection and asks on which of the two
# families of planes a species sits: a signed map whose distribution without order is known exactly, domains at a stated rate of false ones (expected
# Euler characteristic of the map), and for each ion the probability that it belongs to a compact ordered domain, without training. See
# docs/superlattice.md.
#   input ions: ranged ions; those without a type are left out
#   preset: alloy and direction as `classify` names them; fills structure
#   species: the species that orders, an element or ion name; several, Ni,Cr: one result each
#   joint: with several species: one result more, the map and the domains of all of them at once, each with a contrast of its own. One species that
#   orders alone is seen better by itself [default false]
#   period: period of the order along the direction, twice the spacing of the planes (l12: the lattice parameter); 0: twice the spacing whose planes
#   diffract best, 0.10 to 0.30 nm [nm; 0 to 10; default 0]
#   direction: x,y,z of the specimen, the normal of the planes; up to 8 degrees off and up to 6 % of stretch are followed [3 numbers; -1000000 to
#   1000000; default 0,0,1]
#   width: w of the window exp(-r^2 / 2 w^2) of the map [nm; 0.3 to 5; default 0.55]
#   sigma_lateral: blur of the edges of domains across z: standard deviation of the lateral noise of a reconstruction [nm; 0 to 3; default 0.4]
#   fit_sigma: measure that blur at the listed domains instead, where there are 5 or more: by the width that makes their ions likeliest [default true]
#   fit_occupancy: measure occupancy at the listed domains, where there are 5 or more. Used where domains have order enough: where a place of their
#   composition without it would speak against one [default true]
#   radii: radii of domains, ascending; larger ones are added by factors of 1.25 while the largest holds more than 15 % of the domains [1 to 16
#   numbers; nm; 0.3 to 6; default 0.6,0.8,1,1.2,1.4,1.6]
#   rate: share of false ones among the listed domains [0 to 1; default 0.05]
#   ion_rate: share of wrong ones among the selected ions [0 to 1; default 0.1]
#   prior: domains a cubic nanometre, then the shares of the radii, which sum to 1; left out: fitted to the specimen [0 to 17 numbers; 0 to 1000000]
#   occupancy: share of the species on the one family of planes and on the other, in domains, the larger first; 0.5,0 is perfect L1_2 of
#   stoichiometric composition. Then what domains hold of the species tells too where they are. Where it is neither given nor measured, domains are
#   taken to hold as much as is around them with 0.8 of the order that allows, so that planes only are compared [0 to 2 numbers; 0 to 1]
#   filled by a preset (cocrni-002, cocrni-111, feal-002, allimg-011), each may be set: structure
rule superlattice:
    input: **files("superlattice", ions="{name}.nxs")
    output: result="{name}.superlattice.nxs", document="{name}.superlattice.json"
    log: "{name}.superlattice.log"
    params: call=arguments("superlattice", **settings("superlattice"))
    threads: THREADS
    resources: mem_mb=memory("superlattice", **settings("superlattice")), runtime=RUNTIME
    shell: "{ORDAPT} superlattice {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Domains, their sizes and shapes, and a test of randomness: Joins ions that lie near each other into domains, gives size, shape and composition of
# each and the distribution of sizes. With controls made from shuffled ions it says whether the distribution differs from a random one: Pearson's r,
# chi-squared with its p-value, and mu (0.25 or more: not random), and gives each domain a q-value. Defaults are those of Li et al., Adv. Mater. 2024,
# 2407564.
#   input ions: ions, or a result with selected ions: then these, each of several selections for itself
#   input control (may be left out): the same made from shuffled ions, for the test of randomness
#   input witness (may be left out): another selection of the same ions, by another step or network: its domains are found in the same way, and
#   compared
#   input selection (may be left out): only the ions selected there take part, or those of the true domains of a synthesised specimen
#   method: dbscan: core ions with enough neighbours, linked through core ions, with the ions they reach; max_separation: all ions linked by steps of
#   at most eps [default dbscan]
#   species: elements or ion names whose ions take part, Ni,Co; left out: all, ranged or not
#   eps: distance of neighbours (inclusive) [nm; 0.0001 to 100; default 0.4]
#   min_points: dbscan: ions within eps that make an ion a core ion, itself counted; max_separation: smallest domain [1 to 1000000000; default 3]
#   rounding: positions are rounded to multiples of this; the published analysis works on lists with three decimals, hence 0.001; 0: as they are [nm;
#   0 to 1; default 0.001]
#   size_bin: ions per bin of the size distribution [1 to 1000000; default 5]
#   size_max: end of the size distribution; larger domains are pooled in the last bin [1 to 1000000000; default 160]
#   draws: shuffled controls made here, beside the one of slot control: types permuted as step shuffle does with seed + 1, seed + 2, ... (of ions that
#   `segment` selected, ranged ones only); then species are chosen, or the step that selected the ions is repeated [0 to 1000; default 0]
#   seed: which controls and which bootstrap [0 to 9007199254740991; default 1]
#   bootstrap: resamplings of the domains for the interval of mu; 0: no interval [0 to 1000000; default 1000]
#   shape_min: shapes are counted for all domains, and again for those of at least this many ions [1 to 1000000000; default 20]
#   volume: volume of the number density: roi, that of the region; frustum, of a tip with its apex at z = 0, times ranged ions in the region over all
#   (frustum_3.14: with the published value of pi); cube, of the box `cube`, scaled in the same way [default none]
#   roi: region xlo,xhi,ylo,yhi,zlo,zhi that volume, volume fraction and mean composition refer to; left out: the pixels of the result that selected
#   the ions, else the bounding box. It does not choose ions [6 numbers; nm]
#   cube: volume cube: a box filled with ions, xlo,xhi,ylo,yhi,zlo,zhi [6 numbers; nm]
#   pairs: z-SDMs within each domain: species of the centre and of the neighbour, Ni-Ni or Ni-Ni,Co-Cr; left out: none
#   bins: bins of such a map [2 to 65536; default 200]
#   half_range: the map reaches from minus to plus this distance, and no pair is longer [nm; 0.01 to 100; default 1.5]
rule domains:
    input: **files("domains", ions="{name}.nxs")
    output: result="{name}.domains.nxs", document="{name}.domains.json"
    log: "{name}.domains.log"
    params: call=arguments("domains", **settings("domains"))
    threads: THREADS
    resources: mem_mb=memory("domains", **settings("domains")), runtime=RUNTIME
    shell: "{ORDAPT} domains {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"
