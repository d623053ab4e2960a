#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Probability of order per ion"
doc: "Gives every ion with a type the probability that it belongs to an ordered domain, by a network that looks at the ion and its nearest neighbours: where they are, and what they are; each further block also sees the probabilities of the one before (AtomNet). Ions above the threshold are selected; `domains --method max_separation` makes clusters of them. The published networks were trained on simulated noise that is not Gaussian: see docs/atomnet.md."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "segment", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ranged ions; those without a type are left out"
    inputBinding:
      position: 1
  model:
    type: "File"
    doc: "AtomNet: from `import` of checkpoints, or from `train`"
    inputBinding:
      prefix: "--model"
  threshold:
    type: "double[]?"
    label: "threshold"
    doc: "ions above this probability are selected; left out: the model's (0.5, for Au-Cu 0.3) [1 numbers; 0 to 1]"
    inputBinding:
      prefix: "--threshold"
      itemSeparator: ","
  species_codes:
    type: "string?"
    label: "species_codes"
    doc: "what number the network knows each species by, Al:0,Li:1,Mg:2; other:0 for all that are not named. A molecular ion counts as its only named element. Left out: the model's; a species it does not name is refused"
    inputBinding:
      prefix: "--species-codes"
  lattice_parameter:
    type: "double?"
    label: "lattice_parameter"
    doc: "edge of the cubic cell, by which coordinates are divided; 0: the model's [nm; 0 to 10; default 0]"
    inputBinding:
      prefix: "--lattice-parameter"
  lattice_from:
    type: ["null", {"type": "enum", "symbols": ["model", "002", "022", "111"]}]
    label: "lattice_from"
    doc: "where the lattice parameter comes from if it is 0: the model, or the spacing of the planes 002, 022 or 111 across z in the specimen itself, which must be resolved [default model]"
    inputBinding:
      prefix: "--lattice-from"
  calibrated:
    type: "boolean?"
    label: "calibrated"
    doc: "divide the last logit by the temperature that training fitted to the model, so that probabilities are shares of right answers [default false]"
    inputBinding:
      valueFrom: "--calibrated=$(self)"
  output:
    type: "string"
    doc: "name of the result"
    default: "segment.nxs"
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
