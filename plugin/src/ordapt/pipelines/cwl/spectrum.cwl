#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Mass spectrum"
doc: "Counts ions by mass-to-charge in bins of equal width that begin at 0. Values of 0 or below and values beyond the end are left out and counted. Look at it with a logarithmic axis of counts."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "spectrum", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ions, or a result that selects some of them"
    inputBinding:
      position: 1
  bin_width:
    type: "double?"
    label: "bin_width"
    doc: "width of a bin; 0.01 for looking at ranges, 0.001 to 0.005 for the shape of a peak [Da; 0.0001 to 100; default 0.01]"
    inputBinding:
      prefix: "--bin-width"
  max:
    type: "double?"
    label: "max"
    doc: "end of the spectrum; 0: just above the largest mass-to-charge, at most 1000 Da [Da; 0, or 0.001 to 100000; default 0]"
    inputBinding:
      prefix: "--max"
  output:
    type: "string"
    doc: "name of the result"
    default: "spectrum.nxs"
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
