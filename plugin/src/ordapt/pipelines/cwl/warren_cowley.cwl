#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Warren-Cowley parameters"
doc: "Counts which species the neighbours of a species are, in shells by distance, in those of a lattice or among the k nearest, and compares with its concentration (Cowley, Phys. Rev. 77 (1950) 669; de Fontaine, J. Appl. Cryst. 4 (1971) 15; for atom probe data Ceguerra et al., Acta Cryst. A68 (2012) 547) and with the labels in random order. Sets of species are pooled: their concentration is that of all members together (the GM-SRO of Ceguerra et al.). Detection efficiency and blur dilute the values: see summary/caveat (He et al., Nat. Mater. 2024, doi:10.1038/s41563-024-01912-1)."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "warren_cowley", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ranged ions; those without a type are left out, also as neighbours"
    inputBinding:
      position: 1
  pairs:
    type: "string?"
    label: "pairs"
    doc: "species of the centre and of its neighbours, Ni-Cr or Ni-Ni,Ni-Cr,Cr-Cr; Ni is short for Ni-Ni. Sets of species: Al+Ti-Ni+Co, or Ni+Co for Ni+Co-Ni+Co; the two of a pair are the same or share no species"
    inputBinding:
      prefix: "--pairs"
  k:
    type: "double[]?"
    label: "k"
    doc: "shells are the k nearest neighbours: 7, or 4,7,12. Of the 12 of a first fcc shell 7 are left where 57 % of the ions are detected [1 to 31 numbers; 1 to 127]"
    inputBinding:
      prefix: "--k"
      itemSeparator: ","
  shells:
    type: "double[]?"
    label: "shells"
    doc: "shells are distances between edges: 0.2,0.3,0.4 are [0.2, 0.3) and [0.3, 0.4) nm [2 to 32 numbers; nm; 0 to 100]"
    inputBinding:
      prefix: "--shells"
      itemSeparator: ","
  lattice:
    type: ["null", {"type": "enum", "symbols": ["fcc", "bcc"]}]
    label: "lattice"
    doc: "shells are those of this lattice, each from half-way to the shell before to half-way to the next, the first from 0 on"
    inputBinding:
      prefix: "--lattice"
  lattice_parameter:
    type: "double?"
    label: "lattice_parameter"
    doc: "edge of the cubic cell of the lattice [nm; 0 to 10; default 0]"
    inputBinding:
      prefix: "--lattice-parameter"
  lattice_shells:
    type: "int?"
    label: "lattice_shells"
    doc: "how many shells of the lattice [1 to 12; default 3]"
    inputBinding:
      prefix: "--lattice-shells"
  periodic:
    type: "double[]?"
    label: "periodic"
    doc: "edges along x, y, z of a simulated box that repeats; shells reach half of it at most; left out: ions end at the surface [3 numbers; nm; 0.001 to 1000000]"
    inputBinding:
      prefix: "--periodic"
      itemSeparator: ","
  layers:
    type: "int?"
    label: "layers"
    doc: "layers of equal thickness along z for the profile [1 to 10000; default 10]"
    inputBinding:
      prefix: "--layers"
  draws:
    type: "int?"
    label: "draws"
    doc: "times that the labels of all ions with a type are put in random order; a p-value is 1 / (1 + draws) at least; 0: none [0 to 10000; default 96]"
    inputBinding:
      prefix: "--draws"
  seed:
    type: "long?"
    label: "seed"
    doc: "of the random orders [0 to 9007199254740991; default 1]"
    inputBinding:
      prefix: "--seed"
  output:
    type: "string"
    doc: "name of the result"
    default: "warren_cowley.nxs"
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
