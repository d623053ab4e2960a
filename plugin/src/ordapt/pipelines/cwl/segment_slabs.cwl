#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "Workflow"
label: "Probability of order per ion, in slabs"
doc: "One job of segment for every slab, on as many machines as there are, and one that joins them; the digest is that of one run."
requirements:
  ScatterFeatureRequirement: {}
  MultipleInputFeatureRequirement: {}
inputs:
  ions:
    type: "File"
    doc: "ranged ions; those without a type are left out"
  model:
    type: "File?"
    doc: "AtomNet: from `import` of checkpoints, or from `train`"
  threshold:
    type: "double[]?"
    label: "threshold"
    doc: "ions above this probability are selected; left out: the model's (0.5, for Au-Cu 0.3) [1 numbers; 0 to 1]"
  species_codes:
    type: "string?"
    label: "species_codes"
    doc: "what number the network knows each species by, Al:0,Li:1,Mg:2; other:0 for all that are not named. A molecular ion counts as its only named element. Left out: the model's; a species it does not name is refused"
  lattice_parameter:
    type: "double?"
    label: "lattice_parameter"
    doc: "edge of the cubic cell, by which coordinates are divided; 0: the model's [nm; 0 to 10; default 0]"
  lattice_from:
    type: ["null", {"type": "enum", "symbols": ["model", "002", "022", "111"]}]
    label: "lattice_from"
    doc: "where the lattice parameter comes from if it is 0: the model, or the spacing of the planes 002, 022 or 111 across z in the specimen itself, which must be resolved [default model]"
  calibrated:
    type: "boolean?"
    label: "calibrated"
    doc: "divide the last logit by the temperature that training fitted to the model, so that probabilities are shares of right answers [default false]"
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
    run: "segment.cwl"
    scatter: "slab"
    in:
      ions: "ions"
      model: "model"
      threshold: "threshold"
      species_codes: "species_codes"
      lattice_parameter: "lattice_parameter"
      lattice_from: "lattice_from"
      calibrated: "calibrated"
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
        source: ["ions", "model", "search"]
        linkMerge: "merge_flattened"
      output:
        default: "segment.nxs"
    out: ["result", "document"]
