#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Frequency distribution of a species"
doc: "Counts how many of a species blocks of ions hold, and tests it against the binomial distribution of a random spread (chi-squared, Pearson's contingency coefficient mu; Moody et al., Microsc. Res. Tech. 71 (2008) 542) and against permutations of the labels. Blocks in order of evaporation follow the detector, where poles and planes show too: cubes ask about space. Of several species every two are compared by what the same blocks hold of both: their correlation, and the table of blocks by both numbers with the chi-squared of independence. In a block of fixed size more of one leaves fewer places for the other, and a fuller cube holds more of both, so that independence is not what chance gives: the fair reference is the labels of all ions in random order (p_permuted, control_mu, z, p_correlation)."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "frequency", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ranged ions; those without a type are left out"
    inputBinding:
      position: 1
  species:
    type: "string?"
    label: "species"
    doc: "species to count, an element or ion name; several that share no ions, Ni,Cr: one result each, and in the first what every two of them have to do with each other"
    inputBinding:
      prefix: "--species"
  block:
    type: "int?"
    label: "block"
    doc: "ions of a block, one after the other in order of evaporation; what is left at the end makes no block [2 to 1000000; default 100]"
    inputBinding:
      prefix: "--block"
  edge:
    type: "double?"
    label: "edge"
    doc: "above 0: blocks are cubes of this edge instead, with as many ions as lie there; those with less than half the median, at the surface, are left out [nm; 0 to 1000; default 0]"
    inputBinding:
      prefix: "--edge"
  least:
    type: "double?"
    label: "least"
    doc: "blocks to be expected in each class, and in each cell of the table of two species, at least: rarer ones are pooled at either end [0.01 to 1000000; default 5]"
    inputBinding:
      prefix: "--least"
  draws:
    type: "int?"
    label: "draws"
    doc: "permutations of the labels among the ions of all blocks, the control that needs no formula; 0: none [0 to 100000; default 99]"
    inputBinding:
      prefix: "--draws"
  seed:
    type: "long?"
    label: "seed"
    doc: "of the permutations [0 to 9007199254740991; default 1]"
    inputBinding:
      prefix: "--seed"
  output:
    type: "string"
    doc: "name of the result"
    default: "frequency.nxs"
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
