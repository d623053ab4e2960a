#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "Workflow"
label: "Distances of nearest neighbours, in slabs"
doc: "One job of neighbours for every slab, on as many machines as there are, and one that joins them; the digest is that of one run."
requirements:
  ScatterFeatureRequirement: {}
  MultipleInputFeatureRequirement: {}
inputs:
  ions:
    type: "File"
    doc: "ranged ions; those without a type are left out"
  pairs:
    type: "string?"
    label: "pairs"
    doc: "species of the centre and of its neighbours, Cr-Cr or Cr-Cr,Cr-Ni: one result each; Cr is short for Cr-Cr; left out: all ions with a type, whatever they are"
  k:
    type: "int?"
    label: "k"
    doc: "neighbours of each ion, from the nearest on [1 to 127; default 10]"
  bin_width:
    type: "double?"
    label: "bin_width"
    doc: "bins of the histograms, [lo, lo + width) [nm; 0.0001 to 10; default 0.05]"
  range:
    type: "double?"
    label: "range"
    doc: "where the histograms end; farther neighbours are counted in beyond; 0: three times the mean distance of the k-th among random ions [nm; 0 to 1000; default 0]"
  density:
    type: "double?"
    label: "density"
    doc: "detected ions per volume, all species together, for the random distances; 0: as measured away from the surface [1/nm^3; 0 to 1000000; default 0]"
  draws:
    type: "int?"
    label: "draws"
    doc: "times that the labels of all ions with a type are put in random order and the pair is measured again; a p-value is 1 / (1 + draws) at least; 0: none [0 to 10000; default 20]"
  seed:
    type: "long?"
    label: "seed"
    doc: "of the random orders [0 to 9007199254740991; default 1]"
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
    run: "neighbours.cwl"
    scatter: "slab"
    in:
      ions: "ions"
      pairs: "pairs"
      k: "k"
      bin_width: "bin_width"
      range: "range"
      density: "density"
      draws: "draws"
      seed: "seed"
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
        default: "neighbours.nxs"
    out: ["result", "document"]
