#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Spatial distribution maps"
doc: "Counts how often a neighbour lies at an offset from a centre ion, per voxel of a scan, around given places or for all ions together. Planes of a lattice appear as peaks along z, order as peaks that are missing. Rules and defaults are those of Li et al., Adv. Mater. 2024, 2407564; Nat. Commun. 14, 7410 (2023); npj Comput. Mater. 7, 8 (2021)."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "sdm", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ranged ions, or a selection of them"
    inputBinding:
      position: 1
  centres:
    type: "File?"
    doc: "maps are made around the positions of these ions instead of on a grid"
    inputBinding:
      prefix: "--centres"
  selection:
    type: "File?"
    doc: "only the ions selected there take part, or those of the true domains of a synthesised specimen"
    inputBinding:
      prefix: "--selection"
  preset:
    type: ["null", {"type": "enum", "symbols": ["cocrni-002", "cocrni-111", "feal-002", "allimg-011"]}]
    label: "preset"
    doc: "whose maps: fills mode, dimensions, radius and the bins [default cocrni-002]"
    inputBinding:
      prefix: "--preset"
  pairs:
    type: "string?"
    label: "pairs"
    doc: "species of the centre and of the neighbour, Ni-Ni or Ni-Ni,Co-Cr: one map each; Ni is short for Ni-Ni"
    inputBinding:
      prefix: "--pairs"
  mode:
    type: ["null", {"type": "enum", "symbols": ["insphere", "tree", "all"]}]
    label: "mode"
    doc: "insphere: all pairs in a sphere around the voxel centre; tree: ions in the sphere with all their neighbours; all: every ion with all its neighbours, one map [default insphere; or that of the preset]"
    inputBinding:
      prefix: "--mode"
  dimensions:
    type: "int?"
    label: "dimensions"
    doc: "1: histogram of the offsets along z; 2: map of the offsets along z and x [1 to 2; default 1; or that of the preset]"
    inputBinding:
      prefix: "--dimensions"
  radius:
    type: "double?"
    label: "radius"
    doc: "sphere around the voxel centre [nm; 0.01 to 100; default 0.75; or that of the preset]"
    inputBinding:
      prefix: "--radius"
  roi:
    type: "double[]?"
    label: "roi"
    doc: "box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill (mode all: that holds the ions); left out: the bounding box, moved inwards to the stride grid (mode all: all ions) [6 numbers; nm]"
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
    doc: "distance of neighbouring voxels [nm; 0.01 to 100; default 0.5; or that of the preset]"
    inputBinding:
      prefix: "--stride"
  bins:
    type: "int?"
    label: "bins"
    doc: "bins of the whole axis [2 to 65536; default 200; or that of the preset]"
    inputBinding:
      prefix: "--bins"
  half_range:
    type: "double?"
    label: "half_range"
    doc: "the axis reaches from minus to plus this distance, and no pair is longer [nm; 0.01 to 100; default 1.5; or that of the preset]"
    inputBinding:
      prefix: "--half-range"
  crop_first:
    type: "int?"
    label: "crop_first"
    doc: "first bin that is kept [0 to 65535; default 54; or that of the preset]"
    inputBinding:
      prefix: "--crop-first"
  crop_bins:
    type: "int?"
    label: "crop_bins"
    doc: "how many bins are kept; 93 from bin 54 on are those of the papers, -0.69 to 0.705 nm [1 to 65536; default 93; or that of the preset]"
    inputBinding:
      prefix: "--crop-bins"
  picture:
    type: ["null", {"type": "enum", "symbols": ["levels", "linear"]}]
    label: "picture"
    doc: "draws maps of two dimensions in grey as networks see them, -0.7 to 0.7 nm: levels, as the published contour plots, or linear; left out: no pictures"
    inputBinding:
      prefix: "--picture"
  pixels:
    type: "int?"
    label: "pixels"
    doc: "edge of a picture [1 to 4096; default 150]"
    inputBinding:
      prefix: "--pixels"
  rest:
    type: "boolean?"
    label: "rest"
    doc: "the ions that are not selected take part instead, so that what was recognised can be held against the rest [default false]"
    inputBinding:
      valueFrom: "--rest=$(self)"
  output:
    type: "string"
    doc: "name of the result"
    default: "sdm.nxs"
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
