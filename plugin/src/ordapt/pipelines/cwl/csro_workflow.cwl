#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: Workflow
label: Chemical short-range order with its random control
doc: >-
  Vendor file and ranges to domains, one tool a step: import, a control with permuted ion types, classification of both, domains, and on demand a page.
  run.cwl with the recipe csro does the same in one call and keeps what is between in memory.
requirements:
  MultipleInputFeatureRequirement: {}
inputs:
  vendor: {type: "File[]", doc: ions and their range file}
  metadata: {type: File?, doc: "what is known about specimen and instrument, .yaml or .json"}
  model: {type: ["null", File, string], doc: "network ensemble; left out: the one that ships, cocrni-002"}
  species: {type: string, default: Ni, doc: "elements: one result each"}
  roi: {type: "double[]?", doc: "box xlo,xhi,ylo,yhi,zlo,zhi, nm; left out: the specimen"}
  threshold: {type: "double[]?", doc: threshold of pixel sums}
  seed: {type: long, default: 1, doc: seed of the permutation and of the draws}
  draws: {type: int, default: 0, doc: "controls that `domains` makes itself, beside the one of the chain"}
  threads: {type: int, default: 1, doc: threads of a step}
  page: {type: boolean, default: false, doc: make the page; it needs ordapt-report}
outputs:
  tip: {type: File, outputSource: import/result}
  control: {type: File, outputSource: shuffle/result}
  found: {type: File, outputSource: classify/result}
  null_found: {type: File, outputSource: classify_control/result}
  result: {type: File, outputSource: domains/result}
  document: {type: File, outputSource: domains/document}
  html: {type: File?, outputSource: report/page}
steps:
  import:
    run: import.cwl
    in: {files: vendor, metadata: metadata, output: {default: tip.nxs}, threads: threads}
    out: [result]
  shuffle:
    run: shuffle.cwl
    in: {ions: import/result, seed: seed, output: {default: control.nxs}, threads: threads}
    out: [result]
  classify:
    run: classify.cwl
    in:
      ions: import/result
      model: model
      species: species
      roi: roi
      threshold: threshold
      output: {default: found.nxs}
      threads: threads
    out: [result]
  classify_control:
    run: classify.cwl
    in:
      ions: shuffle/result
      model: model
      species: species
      roi: roi
      threshold: threshold
      output: {default: null.nxs}
      threads: threads
    out: [result]
  domains:
    run: domains.cwl
    in:
      ions: classify/result
      control: classify_control/result
      search: {source: [import/result, shuffle/result]}
      draws: draws
      seed: seed
      output: {default: domains.nxs}
      threads: threads
    out: [result, document]
  report:
    run: report.cwl
    when: $(inputs.page)
    in:
      page: page
      result: domains/result
      search: {source: [import/result, shuffle/result, classify/result, classify_control/result]}
    out: [page]
