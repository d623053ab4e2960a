#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "Workflow"
label: "Class probabilities from local SDMs, in slabs"
doc: "One job of classify for every slab, on as many machines as there are, and one that joins them; the digest is that of one run."
requirements:
  ScatterFeatureRequirement: {}
  MultipleInputFeatureRequirement: {}
inputs:
  ions:
    type: "File"
    doc: "ranged ions"
  model:
    type: "File?"
    doc: "trained network ensemble"
  preset:
    type: ["null", {"type": "enum", "symbols": ["cocrni-002", "cocrni-111", "feal-002", "allimg-011"]}]
    label: "preset"
    doc: "what the network was made for; fills the map below, class and threshold [default cocrni-002]"
  species:
    type: "string?"
    label: "species"
    doc: "elements or ion names, Ni or Ni,Co: one result each; a network of several channels takes as many species together (Fe,Al)"
  roi:
    type: "double[]?"
    label: "roi"
    doc: "box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill; left out: the bounding box, moved inwards to the stride grid [6 numbers; nm]"
  voxel_edge:
    type: "double?"
    label: "voxel_edge"
    doc: "edge of a voxel of the scan [nm; 0.01 to 100; default 1; or that of the preset]"
  stride:
    type: "double?"
    label: "stride"
    doc: "distance of neighbouring voxels, and edge of a pixel; the voxel edge is a multiple of it [nm; 0.01 to 100; default 0.5; or that of the preset]"
  direction:
    type: "double[]?"
    label: "direction"
    doc: "x,y,z of the specimen that the maps look along, the normal of the atomic planes; voxels, pixels and ions stay as they are. The map's x lies across z and the direction: x' = y' x z', y' = z x z' (y where the direction is along z) [3 numbers; -1000000 to 1000000; default 0,0,1]"
  class_:
    type: "string?"
    label: "class"
    doc: "class whose probability is summed: its number from 0, or its name; several, B2,D03 or 1,2: one result each [default 1; or that of the preset]"
  threshold:
    type: "double[]?"
    label: "threshold"
    doc: "pixels above this sum select ions, one number or one for each class; a pixel inside is covered by (voxel edge / stride)^3 voxels, 8 for the default [1 to 16 numbers; 0 to 1000000; default 3.75; or that of the preset]"
  nan:
    type: ["null", {"type": "enum", "symbols": ["propagate", "zero"]}]
    label: "nan"
    doc: "what a voxel without a usable curve does to the pixels it covers: propagate makes them NaN, which is never above the threshold; zero counts it as probability 0 [default propagate]"
  calibrated:
    type: "boolean?"
    label: "calibrated"
    doc: "divide the logits by the temperature that training fitted to the model, so that probabilities are shares of right answers [default false]"
  mode:
    type: ["null", {"type": "enum", "symbols": ["insphere", "tree"]}]
    label: "mode"
    doc: "pairs of the map: insphere, all pairs in the sphere; tree, ions in the sphere with all their neighbours [default insphere; or that of the preset]"
  dimensions:
    type: "int?"
    label: "dimensions"
    doc: "1: z-SDM; 2: zx-SDM, seen as a grey picture [1 to 2; default 1; or that of the preset]"
  radius:
    type: "double?"
    label: "radius"
    doc: "sphere around the centre of a voxel [nm; 0.01 to 100; default 0.75; or that of the preset]"
  half_range:
    type: "double?"
    label: "half_range"
    doc: "the map reaches from minus to plus this distance [nm; 0.01 to 100; default 1.5; or that of the preset]"
  bins:
    type: "int?"
    label: "bins"
    doc: "bins of the map [1 to 65536; default 200; or that of the preset]"
  crop_first:
    type: "int?"
    label: "crop_first"
    doc: "first bin the network sees [0 to 65535; default 54; or that of the preset]"
  crop_bins:
    type: "int?"
    label: "crop_bins"
    doc: "how many bins it sees [1 to 1024; default 93; or that of the preset]"
  smooth_window:
    type: "int?"
    label: "smooth_window"
    doc: "window of the Savitzky-Golay filter; 0: none [0 to 63; default 15; or that of the preset]"
  smooth_order:
    type: "int?"
    label: "smooth_order"
    doc: "polynomial order of the filter [0 to 20; default 8; or that of the preset]"
  background_first:
    type: "int?"
    label: "background_first"
    doc: "first bin of the background window [0 to 65535; default 23; or that of the preset]"
  background_last:
    type: "int?"
    label: "background_last"
    doc: "last bin of the background window [0 to 65535; default 68; or that of the preset]"
  background_sweeps:
    type: "int?"
    label: "background_sweeps"
    doc: "clipping sweeps of the background at most [0 to 1000000; default 1001; or that of the preset]"
  picture:
    type: ["null", {"type": "enum", "symbols": ["levels", "linear"]}]
    label: "picture"
    doc: "how a zx-SDM becomes grey: levels, as the published contour plots, or linear [or that of the preset]"
  pixels:
    type: "int?"
    label: "pixels"
    doc: "edge of the picture; 0 for curves [0 to 4096; default 0; or that of the preset]"
  threads:
    type: "int"
    default: 1
    doc: "threads; results do not depend on it"
  search:
    type: "File[]"
    default: []
    doc: "files that the records of the inputs name: the ions behind a result, and those behind them"
  embed:
    type: "boolean?"
    doc: "copy positions and ion types into the result"
  slabs:
    type: "string[]"
    default: ["1/4", "2/4", "3/4", "4/4"]
    doc: "all slabs"
outputs:
  result:
    type: "File"
    outputSource: "merge/result"
  document:
    type: "File"
    outputSource: "merge/document"
steps:
  slab:
    run: "classify.cwl"
    scatter: "slab"
    in:
      ions: "ions"
      model: "model"
      preset: "preset"
      species: "species"
      roi: "roi"
      voxel_edge: "voxel_edge"
      stride: "stride"
      direction: "direction"
      class_: "class_"
      threshold: "threshold"
      nan: "nan"
      calibrated: "calibrated"
      mode: "mode"
      dimensions: "dimensions"
      radius: "radius"
      half_range: "half_range"
      bins: "bins"
      crop_first: "crop_first"
      crop_bins: "crop_bins"
      smooth_window: "smooth_window"
      smooth_order: "smooth_order"
      background_first: "background_first"
      background_last: "background_last"
      background_sweeps: "background_sweeps"
      picture: "picture"
      pixels: "pixels"
      threads: "threads"
      embed: "embed"
      search: "search"
      slab: "slabs"
      output:
        default: "part.nxs"
    out: ["result"]
  merge:
    run: "merge.cwl"
    in:
      parts: "slab/result"
      model: "model"
      search:
        source: ["ions", "search"]
        linkMerge: "merge_flattened"
      output:
        default: "classify.nxs"
    out: ["result", "document"]
