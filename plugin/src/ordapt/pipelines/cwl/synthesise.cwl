#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "A specimen with known order"
doc: "Builds a crystal in a box, puts ordered domains into it, displaces every atom by anisotropic Gaussian noise and detects a share of them. The truth is kept: which domain each ion came from, and all domains. Mass-to-charge is that of the main isotope in its usual charge state, with ranges that give the same types again. Nothing depends on the number of threads, and two boxes of one seed without domains cut the same crystal. With `cubes` it makes instead many small cubes of an fcc crystal with spheres of order, each with noise, efficiency and orientation of its own, to train networks per atom on, after AtomNet (Yu et al., 3D deep learning for enhanced atom probe tomography analysis of nanoscale microstructures)."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "synthesise", "--json"]
inputs:
  preset:
    type: ["null", {"type": "enum", "symbols": ["cocrni-a", "cocrni-b", "cocrni-c", "cocrni-d", "cocrni-e", "feal", "allimg", "al-li-mg", "au-cu", "co-alloy"]}]
    label: "preset"
    doc: "a named specimen; what is set beside it wins"
    inputBinding:
      prefix: "--preset"
  structure:
    type: ["null", {"type": "enum", "symbols": ["fcc", "bcc", "l12", "l10", "d022", "d022x", "l11", "b2", "d03"]}]
    label: "structure"
    doc: "crystal: fcc, bcc, or one that is ordered throughout: l12, l10, d022 (long axis along [001]), d022x (along [100]), l11 on fcc; b2, d03 on bcc [default fcc; or that of the preset]"
    inputBinding:
      prefix: "--structure"
  lattice_parameter:
    type: "double?"
    label: "lattice_parameter"
    doc: "edge of the cubic cell [nm; 0.1 to 2; default 0.36; or that of the preset]"
    inputBinding:
      prefix: "--lattice-parameter"
  composition:
    type: "string?"
    label: "composition"
    doc: "species and their atomic fractions, which sum to 1; ion types are numbered in this order. It holds for the whole specimen: the matrix takes what the domains leave. In cubes it is that of the matrix, and exact [default Co:0.334,Cr:0.333,Ni:0.333; or that of the preset]"
    inputBinding:
      prefix: "--composition"
  ordered_species:
    type: "string?"
    label: "ordered_species"
    doc: "species that prefers the ordered sublattice; left out: the last of the composition [or that of the preset]"
    inputBinding:
      prefix: "--ordered-species"
  box:
    type: "double[]?"
    label: "box"
    doc: "xlo,xhi,ylo,yhi,zlo,zhi, half-open; the apex of the specimen is at z = 0, the data below it. Not for cubes, see cells [6 numbers; nm; default -8,8,-8,8,-24,0]"
    inputBinding:
      prefix: "--box"
      itemSeparator: ","
  orientation:
    type: ["null", {"type": "enum", "symbols": ["001", "011", "111"]}]
    label: "orientation"
    doc: "direction of the crystal along z: 001, 011 or 111 [default 001; or that of the preset]"
    inputBinding:
      prefix: "--orientation"
  rotation:
    type: "double?"
    label: "rotation"
    doc: "turn of the crystal about z [degree; -180 to 180; default 0]"
    inputBinding:
      prefix: "--rotation"
  tilt:
    type: "double?"
    label: "tilt"
    doc: "tilt of the crystal about y, after the turn: its planes are no longer level [degree; -90 to 90; default 0]"
    inputBinding:
      prefix: "--tilt"
  domains:
    type: "int?"
    label: "domains"
    doc: "ordered domains in the crystal [0 to 10000; default 0; or that of the preset]"
    inputBinding:
      prefix: "--domains"
  radii:
    type: "double[]?"
    label: "radii"
    doc: "radii of the domains: one number for all; two: uniform between them; more: taken in turn [1 to 32 numbers; nm; 0.05 to 1000; default 0.7,1.4; or that of the preset]"
    inputBinding:
      prefix: "--radii"
      itemSeparator: ","
  stretch:
    type: "double[]?"
    label: "stretch"
    doc: "semi-axes along x, y, z in units of the radius: 1,1,2 gives needles along z [3 numbers; 0.05 to 20; default 1,1,1]"
    inputBinding:
      prefix: "--stretch"
      itemSeparator: ","
  gap:
    type: "double?"
    label: "gap"
    doc: "least distance between domains, surface to surface [nm; 0 to 1000; default 0]"
    inputBinding:
      prefix: "--gap"
  domain_structure:
    type: "string?"
    label: "domain_structure"
    doc: "structure of the domains; several are taken in turn, the largest domain first: b2,d03. Left out: l12 in fcc, b2 in bcc [or that of the preset]"
    inputBinding:
      prefix: "--domain-structure"
  domain_composition:
    type: "string?"
    label: "domain_composition"
    doc: "stoichiometric: domains hold as much of the ordered species as their structure has sites for it (1/4 in l12); neutral: as much as the matrix, so that only order tells them apart. Cubes also take the species of the other sites and, behind a slash, those of the ordered sites, Al:1/Li:0.8,Mg:0.2; or between: each of their domains draws its share of the ordered species between the two words [default stoichiometric; or that of the preset]"
    inputBinding:
      prefix: "--domain-composition"
  order:
    type: "double?"
    label: "order"
    doc: "order parameter: 1 is the highest order the composition allows, 0 none, so that stoichiometric domains are then depleted or enriched but random [0 to 1; default 1]"
    inputBinding:
      prefix: "--order"
  antiphase:
    type: "boolean?"
    label: "antiphase"
    doc: "give every domain one of the translations of its structure at random, instead of the same to all [default false]"
    inputBinding:
      valueFrom: "--antiphase=$(self)"
  sigma_lateral:
    type: "double[]?"
    label: "sigma_lateral"
    doc: "standard deviation of the displacement along x and along y; two numbers: drawn between them for every cube [1 to 2 numbers; nm; 0 to 10; default 0.3; or that of the preset]"
    inputBinding:
      prefix: "--sigma-lateral"
      itemSeparator: ","
  sigma_depth:
    type: "double[]?"
    label: "sigma_depth"
    doc: "standard deviation of the displacement along z; two numbers: drawn between them for every cube [1 to 2 numbers; nm; 0 to 10; default 0.03; or that of the preset]"
    inputBinding:
      prefix: "--sigma-depth"
      itemSeparator: ","
  efficiency:
    type: "double[]?"
    label: "efficiency"
    doc: "probability that an atom is detected, each for itself (the number of ions then varies by its root). Cubes keep exactly this share; two numbers: drawn between them for every cube [1 to 2 numbers; 1e-06 to 1; default 0.52; or that of the preset]"
    inputBinding:
      prefix: "--efficiency"
      itemSeparator: ","
  cubes:
    type: "int?"
    label: "cubes"
    doc: "0: one specimen. n: n cubes, each a small specimen for itself, far apart on a square grid in x and y; a tenth of them (rounded, at least one) for tests and a tenth for validation (from 3 cubes on at least one), the rest, which come first, for training: 100 are 80, 10 and 10, 10 are 8, 1 and 1, and 1 is a test cube [0 to 10000; default 0; or that of the preset]"
    inputBinding:
      prefix: "--cubes"
  ordered_fraction:
    type: "double[]?"
    label: "ordered_fraction"
    doc: "share of the ordered species in the matrix of a cube; two numbers: drawn between them for every cube. The other species keep their proportions. Left out: that of the composition [0 to 2 numbers; 0 to 1]"
    inputBinding:
      prefix: "--ordered-fraction"
      itemSeparator: ","
  cells:
    type: "double[]?"
    label: "cells"
    doc: "edge of a cube in cells, with the sites of all its faces: of those for training and validation, and of those for tests [1 to 2 numbers; 2 to 1000; default 10,28; or that of the preset]"
    inputBinding:
      prefix: "--cells"
      itemSeparator: ","
  cube_domains:
    type: "double[]?"
    label: "cube_domains"
    doc: "ordered domains in a cube, spheres about corners of cells that may overlap (the later one holds) and are cut by the faces: one number; fewest and most; fewest and most of a cube for training or validation, then of one for tests. Left out: as domains says [1 to 4 numbers; 0 to 10000; or that of the preset]"
    inputBinding:
      prefix: "--cube-domains"
      itemSeparator: ","
  angles:
    type: "double[]?"
    label: "angles"
    doc: "largest turn of a cube about x, then y, then z, each a whole number of degrees drawn from both signs [3 numbers; degree; 0 to 180; default 3,3,90; or that of the preset]"
    inputBinding:
      prefix: "--angles"
      itemSeparator: ","
  noise:
    type: ["null", {"type": "enum", "symbols": ["gauss", "published", "trunc", "mixed"]}]
    label: "noise"
    doc: "displacements. gauss: independent and normal. For cubes also those of AtomNet's program; published: where a normal number lies outside its standard deviation all atoms of a cube share one uniform shift, and the number that decides for z is drawn with the lateral standard deviation, so that depth is resolved far better than sigma_depth says; trunc: what lies outside is drawn again, uniform within; mixed: every cube is gauss or published, as chance has it [default gauss; or that of the preset]"
    inputBinding:
      prefix: "--noise"
  seed:
    type: "long?"
    label: "seed"
    doc: "which specimen [0 to 9007199254740991; default 1]"
    inputBinding:
      prefix: "--seed"
  output:
    type: "string"
    doc: "name of the result"
    default: "synthesise.nxs"
    inputBinding:
      prefix: "--output"
  threads:
    type: "int"
    default: 1
    doc: "threads; results do not depend on it"
    inputBinding:
      prefix: "--threads"
  embed:
    type: "boolean?"
    doc: "copy positions and ion types into the result"
    inputBinding:
      prefix: "--embed"
outputs:
  result:
    type: "File"
    format: "http://edamontology.org/format_3590"
    doc: "the result with its record"
    outputBinding:
      glob: "$(inputs.output)"
  document:
    type: "stdout"
    format: "http://edamontology.org/format_3464"
    doc: "what the program says: digest, summary, warnings, times, memory"
stdout: "$(inputs.output).json"
successCodes: [0]
temporaryFailCodes: [74, 75]
permanentFailCodes: [2, 64, 65, 66, 69, 70, 73, 130, 143]
