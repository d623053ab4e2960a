#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Keep the ions of a region"
doc: "Keeps the ions inside a box, a cylinder or a sphere (all that are given), and of these one in every so many. The order of evaporation and the evaporation_id of each ion are kept."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "crop", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ions to choose from"
    inputBinding:
      position: 1
  roi:
    type: "double[]?"
    label: "roi"
    doc: "box xlo,xhi,ylo,yhi,zlo,zhi, half-open [lo, hi); left out: no box [6 numbers; nm]"
    inputBinding:
      prefix: "--roi"
      itemSeparator: ","
  cylinder:
    type: "double[]?"
    label: "cylinder"
    doc: "x,y,radius,zlo,zhi of an upright cylinder, radius included, z half-open [5 numbers; nm]"
    inputBinding:
      prefix: "--cylinder"
      itemSeparator: ","
  sphere:
    type: "double[]?"
    label: "sphere"
    doc: "x,y,z,radius of a sphere, radius included [4 numbers; nm]"
    inputBinding:
      prefix: "--sphere"
      itemSeparator: ","
  every:
    type: "long?"
    label: "every"
    doc: "of the ions inside keep the first of every so many, in evaporation order [1 to 4294967295; default 1]"
    inputBinding:
      prefix: "--every"
  output:
    type: "string"
    doc: "name of the result"
    default: "crop.nxs"
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
