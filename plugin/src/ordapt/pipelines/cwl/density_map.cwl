#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Density seen along an axis"
doc: "Counts ions, or a selection of them, on a square grid seen along x, y or z. Poles and stacking faults stand out."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "density_map", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ions to count, or a result with selected ions: then these"
    inputBinding:
      position: 1
  selection:
    type: "File?"
    doc: "only the ions selected there are counted, or those of the true domains of a synthesised specimen"
    inputBinding:
      prefix: "--selection"
  axes:
    type: ["null", {"type": "enum", "symbols": ["xy", "xz", "yz"]}]
    label: "axes"
    doc: "plane of the map; the third axis is looked along [default xy]"
    inputBinding:
      prefix: "--axes"
  bins:
    type: "int?"
    label: "bins"
    doc: "square bins along the longer side of the map [1 to 4096; default 200]"
    inputBinding:
      prefix: "--bins"
  output:
    type: "string"
    doc: "name of the result"
    default: "density_map.nxs"
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
