#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "Workflow"
label: "Spatial distribution maps, in slabs"
doc: "One job of sdm for every slab, on as many machines as there are, and one that joins them; the digest is that of one run."
requirements:
  ScatterFeatureRequirement: {}
  MultipleInputFeatureRequirement: {}
inputs:
  ions:
    type: "File"
    doc: "ranged ions, or a selection of them"
  centres:
    type: "File?"
    doc: "maps are made around the positions of these ions instead of on a grid"
  selection:
    type: "File?"
    doc: "only the ions selected there take part, or those of the true domains of a synthesised specimen"
  preset:
    type: ["null", {"type": "enum", "symbols": ["cocrni-002", "cocrni-111", "feal-002", "allimg-011"]}]
    label: "preset"
    doc: "whose maps: fills mode, dimensions, radius and the bins [default cocrni-002]"
  pairs:
    type: "string?"
    label: "pairs"
    doc: "species of the centre and of the neighbour, Ni-Ni or Ni-Ni,Co-Cr: one map each; Ni is short for Ni-Ni"
  mode:
    type: ["null", {"type": "enum", "symbols": ["insphere", "tree", "all"]}]
    label: "mode"
    doc: "insphere: all pairs in a sphere around the voxel centre; tree: ions in the sphere with all their neighbours; all: every ion with all its neighbours, one map [default insphere; or that of the preset]"
  dimensions:
    type: "int?"
    label: "dimensions"
    doc: "1: histogram of the offsets along z; 2: map of the offsets along z and x [1 to 2; default 1; or that of the preset]"
  radius:
    type: "double?"
    label: "radius"
    doc: "sphere around the voxel centre [nm; 0.01 to 100; default 0.75; or that of the preset]"
  roi:
    type: "double[]?"
    label: "roi"
    doc: "box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill (mode all: that holds the ions); left out: the bounding box, moved inwards to the stride grid (mode all: all ions) [6 numbers; nm]"
  voxel_edge:
    type: "double?"
    label: "voxel_edge"
    doc: "edge of a voxel of the scan [nm; 0.01 to 100; default 1; or that of the preset]"
  stride:
    type: "double?"
    label: "stride"
    doc: "distance of neighbouring voxels [nm; 0.01 to 100; default 0.5; or that of the preset]"
  bins:
    type: "int?"
    label: "bins"
    doc: "bins of the whole axis [2 to 65536; default 200; or that of the preset]"
  half_range:
    type: "double?"
    label: "half_range"
    doc: "the axis reaches from minus to plus this distance, and no pair is longer [nm; 0.01 to 100; default 1.5; or that of the preset]"
  crop_first:
    type: "int?"
    label: "crop_first"
    doc: "first bin that is kept [0 to 65535; default 54; or that of the preset]"
  crop_bins:
    type: "int?"
    label: "crop_bins"
    doc: "how many bins are kept; 93 from bin 54 on are those of the papers, -0.69 to 0.705 nm [1 to 65536; default 93; or that of the preset]"
  picture:
    type: ["null", {"type": "enum", "symbols": ["levels", "linear"]}]
    label: "picture"
    doc: "draws maps of two dimensions in grey as networks see them, -0.7 to 0.7 nm: levels, as the published contour plots, or linear; left out: no pictures"
  pixels:
    type: "int?"
    label: "pixels"
    doc: "edge of a picture [1 to 4096; default 150]"
  rest:
    type: "boolean?"
    label: "rest"
    doc: "the ions that are not selected take part instead, so that what was recognised can be held against the rest [default false]"
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
    run: "sdm.cwl"
    scatter: "slab"
    in:
      ions: "ions"
      centres: "centres"
      selection: "selection"
      preset: "preset"
      pairs: "pairs"
      mode: "mode"
      dimensions: "dimensions"
      radius: "radius"
      roi: "roi"
      voxel_edge: "voxel_edge"
      stride: "stride"
      bins: "bins"
      half_range: "half_range"
      crop_first: "crop_first"
      crop_bins: "crop_bins"
      picture: "picture"
      pixels: "pixels"
      rest: "rest"
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
      search:
        source: ["ions", "search"]
        linkMerge: "merge_flattened"
      output:
        default: "sdm.nxs"
    out: ["result", "document"]
