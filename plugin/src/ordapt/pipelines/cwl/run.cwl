#!/usr/bin/env cwl-runner
cwlVersion: v1.2
class: CommandLineTool
label: A recipe in one call
doc: Several steps into one file; `ordapt run --list` names the recipes that ship. What is between the steps stays in memory.
hints:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 1024}
baseCommand: [ordapt, run, --json]
inputs:
  recipe:
    type: [string, File]
    doc: name of a recipe that ships (csro, feal, allimg), or a file
    inputBinding: {position: 1}
  files:
    type:
      type: array
      items:
        type: record
        name: named_file
        fields:
          name: {type: string, doc: "name in the recipe: tip"}
          file: {type: File, doc: the file}
      inputBinding: {valueFrom: "$(self.name)=$(self.file.path)"}
    doc: what the recipe takes, by its names
    inputBinding: {position: 2}
  values:
    type: string[]?
    doc: "values of the recipe: species=Ni,Co"
    inputBinding: {position: 3}
  output: {type: string, default: run.nxs, doc: name of the result, inputBinding: {prefix: --output}}
  threads: {type: int, default: 1, doc: threads; results do not depend on it, inputBinding: {prefix: --threads}}
  search:
    type: ["null", {type: array, items: File, inputBinding: {prefix: --search, valueFrom: $(self.dirname)}}]
    doc: "files that the records of the inputs name: the ions behind a result, and those behind them"
    inputBinding: {}
outputs:
  result: {type: File, format: "http://edamontology.org/format_3590", doc: one record for each line of the recipe, outputBinding: {glob: $(inputs.output)}}
  document: {type: stdout, format: "http://edamontology.org/format_3464", doc: "what the program says: digests, summary, warnings, times, memory"}
stdout: $(inputs.output).json
successCodes: [0]
temporaryFailCodes: [74, 75]
permanentFailCodes: [2, 64, 65, 66, 69, 70, 73, 130, 143]
