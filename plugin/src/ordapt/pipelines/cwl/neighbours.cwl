#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Distances of nearest neighbours"
doc: "Measures how far the 1st to k-th nearest neighbour of every ion is, of all ions or of pairs of species, and holds it against random places (Chandrasekhar, Rev. Mod. Phys. 15 (1943) 1) and against the same places with the labels in random order, which have the surface, density and lattice of the specimen too. A species whose neighbours of its own are nearer than by chance clusters (Philippe et al., Ultramicroscopy 109 (2009) 1304)."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "neighbours", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ranged ions; those without a type are left out"
    inputBinding:
      position: 1
  pairs:
    type: "string?"
    label: "pairs"
    doc: "species of the centre and of its neighbours, Cr-Cr or Cr-Cr,Cr-Ni: one result each; Cr is short for Cr-Cr; left out: all ions with a type, whatever they are"
    inputBinding:
      prefix: "--pairs"
  k:
    type: "int?"
    label: "k"
    doc: "neighbours of each ion, from the nearest on [1 to 127; default 10]"
    inputBinding:
      prefix: "--k"
  bin_width:
    type: "double?"
    label: "bin_width"
    doc: "bins of the histograms, [lo, lo + width) [nm; 0.0001 to 10; default 0.05]"
    inputBinding:
      prefix: "--bin-width"
  range:
    type: "double?"
    label: "range"
    doc: "where the histograms end; farther neighbours are counted in beyond; 0: three times the mean distance of the k-th among random ions [nm; 0 to 1000; default 0]"
    inputBinding:
      prefix: "--range"
  density:
    type: "double?"
    label: "density"
    doc: "detected ions per volume, all species together, for the random distances; 0: as measured away from the surface [1/nm^3; 0 to 1000000; default 0]"
    inputBinding:
      prefix: "--density"
  draws:
    type: "int?"
    label: "draws"
    doc: "times that the labels of all ions with a type are put in random order and the pair is measured again; a p-value is 1 / (1 + draws) at least; 0: none [0 to 10000; default 20]"
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
    default: "neighbours.nxs"
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
