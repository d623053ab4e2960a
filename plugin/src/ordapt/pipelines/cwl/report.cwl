#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
label: One page about a result
doc: A self-contained HTML page, made by ordapt-report of the Python distribution (pip install 'ordapt[report]').
hints:
  ResourceRequirement: {coresMin: 1, ramMin: 1024}
baseCommand: [ordapt-report, --json]
inputs:
  result: {type: File, doc: any result, inputBinding: {position: 1}}
  search:
    type: ["null", {type: array, items: File, inputBinding: {prefix: --search, valueFrom: $(self.dirname)}}]
    doc: files that the records name
    inputBinding: {}
  title: {type: string?, doc: heading, inputBinding: {prefix: --title}}
  output: {type: string, default: report.html, doc: name of the page, inputBinding: {prefix: --output}}
outputs:
  page: {type: File, format: "http://edamontology.org/format_2331", doc: the page, outputBinding: {glob: $(inputs.output)}}
  document: {type: stdout, format: "http://edamontology.org/format_3464", doc: what the program says}
stdout: $(inputs.output).json
successCodes: [0]
temporaryFailCodes: [74, 75]
permanentFailCodes: [2, 65, 66, 69, 70, 73, 130, 143]
