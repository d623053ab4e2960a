#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Composition with counting errors"
doc: "Counts atoms or ions of every species and gives their shares with standard errors from counting, and the same per ion type. Unranged ions are left out of the shares and reported. Peaks are not corrected for background."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "composition", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ranged ions, or a result that selects some of them"
    inputBinding:
      position: 1
  decompose:
    type: "boolean?"
    label: "decompose"
    doc: "true: a molecular ion counts each of its atoms (atomic composition); false: it is a species of its own, counted once (ionic composition) [default true]"
    inputBinding:
      valueFrom: "--decompose=$(self)"
  output:
    type: "string"
    doc: "name of the result"
    default: "composition.nxs"
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
