#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Labelled patterns for training"
doc: "Simulates small crystals with and without order over a grid of noise and detection efficiency, and makes the map of each, by the recipes of Li et al., Nat. Commun. 14, 7410 (2023), Adv. Mater. 2024, 2407564 and npj Comput. Mater. 7, 8 (2021). On demand it adds voxels cut from simulated specimens, with all species, domains that fill them in part, and a stretched and tilted lattice: what classify meets. The result is for train and evaluate."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "bank", "--json"]
inputs:
  preset:
    type: ["null", {"type": "enum", "symbols": ["cocrni-002", "cocrni-111", "feal-002", "allimg-011"]}]
    label: "preset"
    doc: "recipe of a paper; what is set beside it wins [default cocrni-002]"
    inputBinding:
      prefix: "--preset"
  structures:
    type: "string?"
    label: "structures"
    doc: "one class each, the disordered parent first: fcc with l12, l11, l10, d022, d022x; bcc with b2, d03 [default fcc,l12; or that of the preset]"
    inputBinding:
      prefix: "--structures"
  classes:
    type: "string?"
    label: "classes"
    doc: "names of the classes; left empty: the structures in capitals [default FCC,CSRO; or that of the preset]"
    inputBinding:
      prefix: "--classes"
  channels:
    type: "string?"
    label: "channels"
    doc: "which atoms the maps are of, one word for each channel: ordered, those on the ordered sublattice, or other, the rest. A crystal without order counts all its atoms in every channel [default ordered; or that of the preset]"
    inputBinding:
      prefix: "--channels"
  direction:
    type: ["null", {"type": "enum", "symbols": ["001", "002", "011", "111"]}]
    label: "direction"
    doc: "direction of the crystal along z; 001 is 002 [default 002; or that of the preset]"
    inputBinding:
      prefix: "--direction"
  lattice_parameter:
    type: "double?"
    label: "lattice_parameter"
    doc: "edge of the cubic cell [nm; 0.1 to 2; default 0.36; or that of the preset]"
    inputBinding:
      prefix: "--lattice-parameter"
  crystals:
    type: "boolean?"
    label: "crystals"
    doc: "make the patterns of whole crystals; no: voxels only [default true]"
    inputBinding:
      valueFrom: "--crystals=$(self)"
  cells:
    type: "double[]?"
    label: "cells"
    doc: "cells along an edge of the crystal, a cube with all atoms of its faces; one number for all classes or one for each [1 to 16 numbers; 1 to 60; default 3; or that of the preset]"
    inputBinding:
      prefix: "--cells"
      itemSeparator: ","
  sigma_lateral:
    type: "string?"
    label: "sigma_lateral"
    doc: "standard deviations of the noise along x and along y; first:last:step or a list with commas, for all classes, or for each with slashes between them [nm; default 0.2:0.8:0.05; or that of the preset]"
    inputBinding:
      prefix: "--sigma-lateral"
  sigma_depth:
    type: "string?"
    label: "sigma_depth"
    doc: "standard deviations of the noise along z; first:last:step or a list with commas, for all classes, or for each with slashes between them [nm; default 0.01:0.058:0.002/0.02:0.048:0.002; or that of the preset]"
    inputBinding:
      prefix: "--sigma-depth"
  efficiency:
    type: "string?"
    label: "efficiency"
    doc: "shares of the atoms that are kept, rounded down to whole atoms; first:last:step or a list with commas, for all classes, or for each with slashes between them [default 0.2:0.65:0.05; or that of the preset]"
    inputBinding:
      prefix: "--efficiency"
  matched_sigma:
    type: "boolean?"
    label: "matched_sigma"
    doc: "give every class the noise and efficiencies of all classes, so that none can be told by the width of its peaks; in the papers they differ [default false]"
    inputBinding:
      valueFrom: "--matched-sigma=$(self)"
  nested:
    type: "boolean?"
    label: "nested"
    doc: "draw noise and the order of the atoms once for all efficiencies, as published for the pictures: what is kept at a low efficiency is then part of what is kept at a high one, and all share a group [default false; or that of the preset]"
    inputBinding:
      valueFrom: "--nested=$(self)"
  copy_channels:
    type: "boolean?"
    label: "copy_channels"
    doc: "in crystals without order copy the first channel to the others, as in the published Fe-Al bank, instead of drawing each [default false]"
    inputBinding:
      valueFrom: "--copy-channels=$(self)"
  repeats:
    type: "int?"
    label: "repeats"
    doc: "patterns for each point of the grid [1 to 100000; default 1]"
    inputBinding:
      prefix: "--repeats"
  copies:
    type: "int?"
    label: "copies"
    doc: "shifted copies of each curve of a crystal, behind all originals; pictures take 0 [0 to 64; default 1; or that of the preset]"
    inputBinding:
      prefix: "--copies"
  shift_lo:
    type: "int?"
    label: "shift_lo"
    doc: "copies move by a whole number of bins, uniform from this one; positive numbers move to the left, and zeros come in [-1000 to 1000; default -2; or that of the preset]"
    inputBinding:
      prefix: "--shift-lo"
  shift_hi:
    type: "int?"
    label: "shift_hi"
    doc: "to this one, included [-1000 to 1000; default 1; or that of the preset]"
    inputBinding:
      prefix: "--shift-hi"
  voxels:
    type: "int?"
    label: "voxels"
    doc: "voxels of simulated specimens to add, of all classes together [0 to 100000000; default 0]"
    inputBinding:
      prefix: "--voxels"
  specimens:
    type: "int?"
    label: "specimens"
    doc: "specimens the voxels are cut from, each with noise, alloy and domains of its own; 0: one for every 50 voxels [0 to 10000000; default 0]"
    inputBinding:
      prefix: "--specimens"
  specimen_edge:
    type: "double?"
    label: "specimen_edge"
    doc: "edge of the cube that the voxels of a specimen see [nm; 0.5 to 100; default 7; or that of the preset]"
    inputBinding:
      prefix: "--specimen-edge"
  alloy:
    type: "string?"
    label: "alloy"
    doc: "species of the specimens and their fractions; what the ordering species leaves is shared by the others as here [default Co:0.334,Cr:0.333,Ni:0.333; or that of the preset]"
    inputBinding:
      prefix: "--alloy"
  ordered_species:
    type: "string?"
    label: "ordered_species"
    doc: "species that prefers the ordered sublattice; left out: the last of the alloy [or that of the preset]"
    inputBinding:
      prefix: "--ordered-species"
  ordered_fraction:
    type: "double[]?"
    label: "ordered_fraction"
    doc: "lowest and highest fraction of that species in the matrix of a specimen [2 numbers; 0.001 to 0.999; default 0.25,0.4; or that of the preset]"
    inputBinding:
      prefix: "--ordered-fraction"
      itemSeparator: ","
  analysed:
    type: ["null", {"type": "enum", "symbols": ["ordering", "any"]}]
    label: "analysed"
    doc: "species of the maps: ordering, the one that orders (for a channel `other` the first other one), or any of the alloy, drawn for each specimen; of several channels only ordering [default ordering]"
    inputBinding:
      prefix: "--analysed"
  domains:
    type: "double[]?"
    label: "domains"
    doc: "fewest and most ordered domains of a specimen [2 numbers; 0 to 64; default 4,14; or that of the preset]"
    inputBinding:
      prefix: "--domains"
      itemSeparator: ","
  domain_radii:
    type: "double[]?"
    label: "domain_radii"
    doc: "smallest and largest radius of these spheres [2 numbers; nm; 0.05 to 50; default 0.5,1.8; or that of the preset]"
    inputBinding:
      prefix: "--domain-radii"
      itemSeparator: ","
  order:
    type: "double[]?"
    label: "order"
    doc: "lowest and highest order in the domains of a specimen: 1 is all that the composition allows [2 numbers; 0 to 1; default 0.8,1]"
    inputBinding:
      prefix: "--order"
      itemSeparator: ","
  enrichment:
    type: "double[]?"
    label: "enrichment"
    doc: "composition of domains, lowest and highest: 0, that of the matrix; 1, what their structure has sites for [2 numbers; 0 to 1; default 0,1]"
    inputBinding:
      prefix: "--enrichment"
      itemSeparator: ","
  overlapping:
    type: "double?"
    label: "overlapping"
    doc: "share of the voxels that are placed at domains, at a uniform distance from the centre up to the radius and target_radius; the others anywhere [0 to 1; default 0.5]"
    inputBinding:
      prefix: "--overlapping"
  target_radius:
    type: "double?"
    label: "target_radius"
    doc: "the target of a voxel is the share of the ions within this distance of its centre, of all species, that come from each class [nm; 0.05 to 50; default 0.5]"
    inputBinding:
      prefix: "--target-radius"
  stretch_lateral:
    type: "double[]?"
    label: "stretch_lateral"
    doc: "lowest and highest stretch of the lattice along x and y [2 numbers; 0.5 to 2; default 0.97,1.03]"
    inputBinding:
      prefix: "--stretch-lateral"
      itemSeparator: ","
  stretch_depth:
    type: "double[]?"
    label: "stretch_depth"
    doc: "lowest and highest stretch along z, as a wrong depth scale would give it [2 numbers; 0.5 to 2; default 0.97,1.03]"
    inputBinding:
      prefix: "--stretch-depth"
      itemSeparator: ","
  tilt:
    type: "double[]?"
    label: "tilt"
    doc: "least and largest angle between the direction and z [2 numbers; degree; -90 to 90; default 0,3]"
    inputBinding:
      prefix: "--tilt"
      itemSeparator: ","
  rotation:
    type: "double[]?"
    label: "rotation"
    doc: "least and largest turn of the crystal about z, before the tilt [2 numbers; degree; -180 to 180; default -180,180; or that of the preset]"
    inputBinding:
      prefix: "--rotation"
      itemSeparator: ","
  voxel_sigma_lateral:
    type: "double[]?"
    label: "voxel_sigma_lateral"
    doc: "lowest and highest lateral noise of a specimen [2 numbers; nm; 0 to 10; default 0.15,0.8]"
    inputBinding:
      prefix: "--voxel-sigma-lateral"
      itemSeparator: ","
  voxel_sigma_depth:
    type: "double[]?"
    label: "voxel_sigma_depth"
    doc: "lowest and highest depth noise [2 numbers; nm; 0 to 10; default 0.015,0.06]"
    inputBinding:
      prefix: "--voxel-sigma-depth"
      itemSeparator: ","
  voxel_efficiency:
    type: "double[]?"
    label: "voxel_efficiency"
    doc: "lowest and highest probability that an atom is detected [2 numbers; 0.001 to 1; default 0.3,0.85]"
    inputBinding:
      prefix: "--voxel-efficiency"
      itemSeparator: ","
  spacing:
    type: ["null", {"type": "enum", "symbols": ["uniform", "log"]}]
    label: "spacing"
    doc: "how noise and efficiency of a specimen are drawn from their ranges: uniform, or log, uniform by their logarithm [default uniform]"
    inputBinding:
      prefix: "--spacing"
  mode:
    type: ["null", {"type": "enum", "symbols": ["insphere", "tree"]}]
    label: "mode"
    doc: "pairs of the maps of voxels, and of the map the network is for: insphere or tree. Whole crystals always count all their pairs [default insphere; or that of the preset]"
    inputBinding:
      prefix: "--mode"
  dimensions:
    type: "int?"
    label: "dimensions"
    doc: "1: z-SDM; 2: zx-SDM, seen as a grey picture [1 to 2; default 1; or that of the preset]"
    inputBinding:
      prefix: "--dimensions"
  radius:
    type: "double?"
    label: "radius"
    doc: "sphere around the centre of a voxel [nm; 0.01 to 100; default 0.75; or that of the preset]"
    inputBinding:
      prefix: "--radius"
  half_range:
    type: "double?"
    label: "half_range"
    doc: "the map reaches from minus to plus this distance [nm; 0.01 to 100; default 1.5; or that of the preset]"
    inputBinding:
      prefix: "--half-range"
  bins:
    type: "int?"
    label: "bins"
    doc: "bins of the map [1 to 65536; default 200; or that of the preset]"
    inputBinding:
      prefix: "--bins"
  crop_first:
    type: "int?"
    label: "crop_first"
    doc: "first bin the network sees [0 to 65535; default 54; or that of the preset]"
    inputBinding:
      prefix: "--crop-first"
  crop_bins:
    type: "int?"
    label: "crop_bins"
    doc: "how many bins it sees [2 to 1024; default 93; or that of the preset]"
    inputBinding:
      prefix: "--crop-bins"
  smooth_window:
    type: "int?"
    label: "smooth_window"
    doc: "window of the Savitzky-Golay filter; 0: none. Curves of whole crystals are neither smoothed nor freed of a background, as published [0 to 63; default 15; or that of the preset]"
    inputBinding:
      prefix: "--smooth-window"
  smooth_order:
    type: "int?"
    label: "smooth_order"
    doc: "polynomial order of the filter [0 to 20; default 8; or that of the preset]"
    inputBinding:
      prefix: "--smooth-order"
  background_first:
    type: "int?"
    label: "background_first"
    doc: "first bin of the background window [0 to 65535; default 23; or that of the preset]"
    inputBinding:
      prefix: "--background-first"
  background_last:
    type: "int?"
    label: "background_last"
    doc: "last bin of the background window [0 to 65535; default 68; or that of the preset]"
    inputBinding:
      prefix: "--background-last"
  background_sweeps:
    type: "int?"
    label: "background_sweeps"
    doc: "clipping sweeps of the background at most [0 to 1000000; default 1001; or that of the preset]"
    inputBinding:
      prefix: "--background-sweeps"
  picture:
    type: ["null", {"type": "enum", "symbols": ["levels", "linear"]}]
    label: "picture"
    doc: "how a zx-SDM becomes grey: levels, as the published contour plots, or linear [or that of the preset]"
    inputBinding:
      prefix: "--picture"
  pixels:
    type: "int?"
    label: "pixels"
    doc: "edge of the picture; 0 for curves [0 to 4096; default 0; or that of the preset]"
    inputBinding:
      prefix: "--pixels"
  seed:
    type: "long?"
    label: "seed"
    doc: "which bank [0 to 9007199254740991; default 1]"
    inputBinding:
      prefix: "--seed"
  output:
    type: "string"
    doc: "name of the result"
    default: "bank.nxs"
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
