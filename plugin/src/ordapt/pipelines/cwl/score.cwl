#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Judge a result by the known truth"
doc: "Compares selected ions, a probability per ion, or the pixel sums of a scan with the truth of a synthesised specimen: precision, recall, average precision, the area under the receiver operating characteristic, what other thresholds would give, the same by species, by block and by cube, and which domains were found, by radius. Ions are matched by their evaporation_id, so cropped specimens are judged by the ions they have left."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "score", "--json"]
inputs:
  selection:
    type: "File"
    doc: "what was found: selected ions, or a probability per ion"
    inputBinding:
      position: 1
  truth:
    type: "File"
    doc: "the result of `synthesise` the ions come from"
    inputBinding:
      prefix: "--truth"
  threshold:
    type: "double?"
    label: "threshold"
    doc: "probability from which on an ion counts as selected, where the result gives probabilities but selects none [0 to 1; default 0.5]"
    inputBinding:
      prefix: "--threshold"
  found_share:
    type: "double?"
    label: "found_share"
    doc: "a domain is found where at least this share of its ions, and at least one, is selected [0 to 1; default 0.25]"
    inputBinding:
      prefix: "--found-share"
  radius_bin:
    type: "double?"
    label: "radius_bin"
    doc: "width of the classes of radius, half-open from multiples of it, in which domains are counted [nm; 0.001 to 1000; default 0.2]"
    inputBinding:
      prefix: "--radius-bin"
  task:
    type: "int?"
    label: "task"
    doc: "which species' result is judged, where the result has several [1 to 1000; default 1]"
    inputBinding:
      prefix: "--task"
  structure:
    type: "string?"
    label: "structure"
    doc: "only domains of this structure count as true, b2 or d03, so that a selection can be asked what it finds of another one; left out: all domains"
    inputBinding:
      prefix: "--structure"
  output:
    type: "string"
    doc: "name of the result"
    default: "score.nxs"
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
