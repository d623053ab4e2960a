#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Give ions their types from mass-to-charge"
doc: "Labels every ion with the type whose range its mass-to-charge lies in, both ends included, compared in double precision. Types the ions had before are replaced; ions in no range have type 0."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "range", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ions with mass-to-charge; types they already have are replaced"
    inputBinding:
      position: 1
  ranges:
    type: "File?"
    doc: "range file, or a NeXus file with ranging; left out: the ranges the ions came with"
    inputBinding:
      prefix: "--ranges"
  overlap:
    type: ["null", {"type": "enum", "symbols": ["reject", "first", "last", "narrow"]}]
    label: "overlap"
    doc: "who gets an ion that lies in ranges of two ion types: reject refuses such ranges, first is the range that begins lower, last the one that begins higher, narrow the narrower one; at an end point that two ranges share the lower range always has it [default reject]"
    inputBinding:
      prefix: "--overlap"
  output:
    type: "string"
    doc: "name of the result"
    default: "range.nxs"
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
