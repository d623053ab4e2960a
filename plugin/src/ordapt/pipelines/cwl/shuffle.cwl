#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Permute ion types: the random control"
doc: "Keeps every position and permutes ion type and mass-to-charge together over them (Fisher and Yates, one draw of a counter-based generator per ion), so that composition, density and noise stay and chemical order goes. Columns of the detector stay with the position."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "shuffle", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ions whose types are to be permuted"
    inputBinding:
      position: 1
  seed:
    type: "long?"
    label: "seed"
    doc: "which permutation; every seed gives another one, each as likely as the others [0 to 9007199254740991; default 1]"
    inputBinding:
      prefix: "--seed"
  rounding:
    type: "double?"
    label: "rounding"
    doc: "round positions to multiples of this; 0: leave them alone. The published control of CoCrNi went through a text file with three decimals: 0.001 gives the same, and puts 7 % of the pair offsets on bin edges [nm; 0, or 1e-06 to 1; default 0]"
    inputBinding:
      prefix: "--rounding"
  ranged_only:
    type: "boolean?"
    label: "ranged_only"
    doc: "ions without a type keep their places, so that those with a type stay where such ions are: for `segment`, which leaves the others out [default false]"
    inputBinding:
      valueFrom: "--ranged-only=$(self)"
  output:
    type: "string"
    doc: "name of the result"
    default: "shuffle.nxs"
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
