#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Class probabilities from local SDMs"
doc: "Scans the specimen with overlapping voxels, makes the z-SDM of a species in each, cleans the curve (or the picture of the zx-SDM) and lets an ensemble of networks give class probabilities. These are summed on pixels; all ions near a pixel above the threshold are selected. Li et al., Adv. Mater. 2024, 2407564, Nat. Commun. 14, 7410 (2023) and npj Comput. Mater. 7, 8 (2021)."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "classify", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ranged ions"
    inputBinding:
      position: 1
  model:
    type: ["null", "File", "string"]
    doc: "trained network ensemble: a file, or the name of one that ships; left out: that of the preset"
    inputBinding:
      prefix: "--model"
  preset:
    type: ["null", {"type": "enum", "symbols": ["cocrni-002", "cocrni-111", "feal-002", "allimg-011"]}]
    label: "preset"
    doc: "what the network was made for; fills the map below, class and threshold [default cocrni-002]"
    inputBinding:
      prefix: "--preset"
  species:
    type: "string?"
    label: "species"
    doc: "elements or ion names, Ni or Ni,Co: one result each; a network of several channels takes as many species together (Fe,Al)"
    inputBinding:
      prefix: "--species"
  roi:
    type: "double[]?"
    label: "roi"
    doc: "box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill; left out: the bounding box, moved inwards to the stride grid [6 numbers; nm]"
    inputBinding:
      prefix: "--roi"
      itemSeparator: ","
  voxel_edge:
    type: "double?"
    label: "voxel_edge"
    doc: "edge of a voxel of the scan [nm; 0.01 to 100; default 1; or that of the preset]"
    inputBinding:
      prefix: "--voxel-edge"
  stride:
    type: "double?"
    label: "stride"
    doc: "distance of neighbouring voxels, and edge of a pixel; the voxel edge is a multiple of it [nm; 0.01 to 100; default 0.5; or that of the preset]"
    inputBinding:
      prefix: "--stride"
  direction:
    type: "double[]?"
    label: "direction"
    doc: "x,y,z of the specimen that the maps look along, the normal of the atomic planes; voxels, pixels and ions stay as they are. The map's x lies across z and the direction: x' = y' x z', y' = z x z' (y where the direction is along z) [3 numbers; -1000000 to 1000000; default 0,0,1]"
    inputBinding:
      prefix: "--direction"
      itemSeparator: ","
  class_:
    type: "string?"
    label: "class"
    doc: "class whose probability is summed: its number from 0, or its name; several, B2,D03 or 1,2: one result each [default 1; or that of the preset]"
    inputBinding:
      prefix: "--class"
  threshold:
    type: "double[]?"
    label: "threshold"
    doc: "pixels above this sum select ions, one number or one for each class; a pixel inside is covered by (voxel edge / stride)^3 voxels, 8 for the default [1 to 16 numbers; 0 to 1000000; default 3.75; or that of the preset]"
    inputBinding:
      prefix: "--threshold"
      itemSeparator: ","
  nan:
    type: ["null", {"type": "enum", "symbols": ["propagate", "zero"]}]
    label: "nan"
    doc: "what a voxel without a usable curve does to the pixels it covers: propagate makes them NaN, which is never above the threshold; zero counts it as probability 0 [default propagate]"
    inputBinding:
      prefix: "--nan"
  calibrated:
    type: "boolean?"
    label: "calibrated"
    doc: "divide the logits by the temperature that training fitted to the model, so that probabilities are shares of right answers [default false]"
    inputBinding:
      valueFrom: "--calibrated=$(self)"
  mode:
    type: ["null", {"type": "enum", "symbols": ["insphere", "tree"]}]
    label: "mode"
    doc: "pairs of the map: insphere, all pairs in the sphere; tree, ions in the sphere with all their neighbours [default insphere; or that of the preset]"
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
    doc: "how many bins it sees [1 to 1024; default 93; or that of the preset]"
    inputBinding:
      prefix: "--crop-bins"
  smooth_window:
    type: "int?"
    label: "smooth_window"
    doc: "window of the Savitzky-Golay filter; 0: none [0 to 63; default 15; or that of the preset]"
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
  output:
    type: "string"
    doc: "name of the result"
    default: "classify.nxs"
    inputBinding:
      prefix: "--output"
  threads:
    type: "int"
    default: 1
    doc: "threads; results do not depend on it"
    inputBinding:
      prefix: "--threads"
  search:
    type: ["null", {"type": "array", "items": "File", "inputBinding": {"prefix": "--search", "valueFrom": "$(self.dirname)"}}]
    doc: "files that the records of the inputs name: the ions behind a result, and those behind them"
    inputBinding: {}
  embed:
    type: "boolean?"
    doc: "copy positions and ion types into the result"
    inputBinding:
      prefix: "--embed"
  slab:
    type: "string?"
    doc: "k/n: part k of n; merge.cwl joins the parts"
    inputBinding:
      prefix: "--slab"
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
