#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Ions to .pos, .csv, .xyz or .vtkhdf"
doc: "Writes ions for other programs; the suffix of the output says which format. With a label, .pos carries the number of the domain in place of mass-to-charge and a .rrng beside it names the numbers: the road back into AP Suite."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "export", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ions to write, or a result that leads to them"
    inputBinding:
      position: 1
  labels:
    type: "File?"
    doc: "result with the labels; left out: the first input's own"
    inputBinding:
      prefix: "--labels"
  label:
    type: ["null", {"type": "enum", "symbols": ["none", "domain", "selected"]}]
    label: "label"
    doc: "number that each ion gets beside its position, 0 for none: domain (of `domains`, or the true one of `synthesise`), or selected (1). In .pos it stands in place of mass-to-charge, and a range file names it; the other formats have a column for it [default none]"
    inputBinding:
      prefix: "--label"
  selected_only:
    type: "boolean?"
    label: "selected_only"
    doc: "write only ions whose label is not 0; without a label, only those that the input selects [default false]"
    inputBinding:
      valueFrom: "--selected-only=$(self)"
  task:
    type: "int?"
    label: "task"
    doc: "which species' result the labels come from, where the result has several [1 to 1000; default 1]"
    inputBinding:
      prefix: "--task"
  output:
    type: "string"
    doc: "name of the file; its suffix says which format"
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
outputs:
  result:
    type: "File"
    secondaryFiles: [{"pattern": ".nxs", "required": true}, {"pattern": "^.rrng", "required": false}]
    doc: "the file, its record, and ranges where the format needs them"
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
