#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Judge networks by labelled patterns"
doc: "Lets an ensemble classify labelled patterns and counts what it finds: confusion, accuracy of the ensemble and of each member, precision, recall and AUC by class, and how far its probabilities can be believed: logarithmic loss, Brier score, reliability curve and expected calibration error, as the networks give them and at the temperature of the model."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "evaluate", "--json"]
inputs:
  model:
    type: "File"
    doc: "trained network ensemble"
    inputBinding:
      position: 1
  patterns:
    type: "File"
    doc: "labelled patterns: a result of `bank`, or of `import` with labels"
    inputBinding:
      prefix: "--patterns"
  bins:
    type: "int?"
    label: "bins"
    doc: "bins of the reliability curve, of equal width in confidence [1 to 10000; default 15]"
    inputBinding:
      prefix: "--bins"
  fit_temperature:
    type: "boolean?"
    label: "fit_temperature"
    doc: "also find the temperature with the least logarithmic loss on these patterns; an honest one needs patterns that training has not seen [default false]"
    inputBinding:
      valueFrom: "--fit-temperature=$(self)"
  output:
    type: "string"
    doc: "name of the result"
    default: "evaluate.nxs"
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
