#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Where networks see the class"
doc: "Follows the probability of a class back to what the last convolution gave, and shows by position what it came from: activation times gradient, mean over the filters, negative values left out (elementwise, as published), or with the gradients averaged over the positions first (grad_cam). Gradients vanish where a probability comes near to 1. Also the mean map and the mean curve of the patterns of each class. Of a result of `classify` for several species: one result each."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "attribute", "--json"]
inputs:
  model:
    type: "File"
    doc: "trained network ensemble"
    inputBinding:
      position: 1
  patterns:
    type: "File"
    doc: "patterns, labelled or not: a result of `bank` or of `import`"
    inputBinding:
      prefix: "--patterns"
  method:
    type: ["null", {"type": "enum", "symbols": ["elementwise", "grad_cam"]}]
    label: "method"
    doc: "elementwise: mean over the filters of activation times gradient, as published; grad_cam: gradients are first averaged over the positions. What is negative becomes 0 [default elementwise]"
    inputBinding:
      prefix: "--method"
  class_:
    type: "string?"
    label: "class"
    doc: "class whose probability is followed: its number from 0, or its name; left out: for each pattern the one with the largest mean probability"
    inputBinding:
      prefix: "--class"
  member:
    type: "int?"
    label: "member"
    doc: "network of the ensemble, from 0; -1: the mean of the maps of all [-1 to 1023; default -1]"
    inputBinding:
      prefix: "--member"
  output:
    type: "string"
    doc: "name of the result"
    default: "attribute.nxs"
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
