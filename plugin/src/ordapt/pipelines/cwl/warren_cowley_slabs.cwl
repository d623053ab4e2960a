#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "Workflow"
label: "Warren-Cowley parameters, in slabs"
doc: "One job of warren_cowley for every slab, on as many machines as there are, and one that joins them; the digest is that of one run."
requirements:
  ScatterFeatureRequirement: {}
  MultipleInputFeatureRequirement: {}
inputs:
  ions:
    type: "File"
    doc: "ranged ions; those without a type are left out, also as neighbours"
  pairs:
    type: "string?"
    label: "pairs"
    doc: "species of the centre and of its neighbours, Ni-Cr or Ni-Ni,Ni-Cr,Cr-Cr; Ni is short for Ni-Ni. Sets of species: Al+Ti-Ni+Co, or Ni+Co for Ni+Co-Ni+Co; the two of a pair are the same or share no species"
  k:
    type: "double[]?"
    label: "k"
    doc: "shells are the k nearest neighbours: 7, or 4,7,12. Of the 12 of a first fcc shell 7 are left where 57 % of the ions are detected [1 to 31 numbers; 1 to 127]"
  shells:
    type: "double[]?"
    label: "shells"
    doc: "shells are distances between edges: 0.2,0.3,0.4 are [0.2, 0.3) and [0.3, 0.4) nm [2 to 32 numbers; nm; 0 to 100]"
  lattice:
    type: ["null", {"type": "enum", "symbols": ["fcc", "bcc"]}]
    label: "lattice"
    doc: "shells are those of this lattice, each from half-way to the shell before to half-way to the next, the first from 0 on"
  lattice_parameter:
    type: "double?"
    label: "lattice_parameter"
    doc: "edge of the cubic cell of the lattice [nm; 0 to 10; default 0]"
  lattice_shells:
    type: "int?"
    label: "lattice_shells"
    doc: "how many shells of the lattice [1 to 12; default 3]"
  periodic:
    type: "double[]?"
    label: "periodic"
    doc: "edges along x, y, z of a simulated box that repeats; shells reach half of it at most; left out: ions end at the surface [3 numbers; nm; 0.001 to 1000000]"
  layers:
    type: "int?"
    label: "layers"
    doc: "layers of equal thickness along z for the profile [1 to 10000; default 10]"
  draws:
    type: "int?"
    label: "draws"
    doc: "times that the labels of all ions with a type are put in random order; a p-value is 1 / (1 + draws) at least; 0: none [0 to 10000; default 96]"
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
    run: "warren_cowley.cwl"
    scatter: "slab"
    in:
      ions: "ions"
      pairs: "pairs"
      k: "k"
      shells: "shells"
      lattice: "lattice"
      lattice_parameter: "lattice_parameter"
      lattice_shells: "lattice_shells"
      periodic: "periodic"
      layers: "layers"
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
        default: "warren_cowley.nxs"
    out: ["result", "document"]
