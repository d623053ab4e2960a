#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
label: Join the slabs of one step
doc: Joins what was computed with --slab 1/n ... n/n; the digest is that of one run.
hints:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 1024}
baseCommand: [ordapt, merge, --json]
inputs:
  parts: {type: "File[]", doc: all slabs of one step in any order, inputBinding: {position: 1}}
  model: {type: File?, doc: the networks of the slabs where they are no shipped ones, inputBinding: {prefix: --search, valueFrom: $(self.dirname)}}
  search:
    type: ["null", {type: array, items: File, inputBinding: {prefix: --search, valueFrom: $(self.dirname)}}]
    doc: the inputs of the slabs, which their records name
    inputBinding: {}
  output: {type: string, default: merged.nxs, doc: name of the result, inputBinding: {prefix: --output}}
  threads: {type: int, default: 1, doc: threads; results do not depend on it, inputBinding: {prefix: --threads}}
outputs:
  result: {type: File, format: "http://edamontology.org/format_3590", doc: the result as of one run, outputBinding: {glob: $(inputs.output)}}
  document: {type: stdout, format: "http://edamontology.org/format_3464", doc: "what the program says: digest, summary, warnings, times, memory"}
stdout: $(inputs.output).json
successCodes: [0]
temporaryFailCodes: [74, 75]
permanentFailCodes: [2, 64, 65, 66, 69, 70, 73, 130, 143]
