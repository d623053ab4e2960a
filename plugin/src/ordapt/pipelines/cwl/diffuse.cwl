#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Structure factor and diffuse scattering"
doc: "The structure factor S(q) of ions by direct sum, and with a species the diffuse intensity alpha(q) of its order in Laue units (Cowley, Phys. Rev. 77 (1950) 669), for a list of vectors or a grid; or alpha(q) of given Warren-Cowley parameters. S(q) contains what the shape of the specimen scatters near every peak; without order it is spread exponentially about 1."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "diffuse", "--json"]
inputs:
  ions:
    type: "File?"
    doc: "ions; or give shells"
    inputBinding:
      prefix: "--ions"
  species:
    type: "string?"
    label: "species"
    doc: "species whose order scatters diffusely, an element or ion name: alpha(q) of the ions against all other types; ions without a type are left out. Empty: the structure factor of all ions alone"
    inputBinding:
      prefix: "--species"
  shells:
    type: "string?"
    label: "shells"
    doc: "instead of ions, Warren-Cowley parameters of a cubic lattice: a site of each shell in half cells and its parameter, 1,1,0:-0.1;2,0,0:0.05; permutations and signs are meant too, and each shell is given once"
    inputBinding:
      prefix: "--shells"
  q:
    type: "string?"
    label: "q"
    doc: "scattering vectors, three numbers each: 1,0,0;1,0.5,0. Empty: those of the grid"
    inputBinding:
      prefix: "--q"
  units:
    type: ["null", {"type": "enum", "symbols": ["hkl", "per_nm"]}]
    label: "units"
    doc: "of q and grid: hkl, in 2 pi over the lattice parameter, or per_nm, in 1/nm with 2 pi in it [default hkl]"
    inputBinding:
      prefix: "--units"
  lattice_parameter:
    type: "double?"
    label: "lattice_parameter"
    doc: "edge of the cubic cell that hkl refer to; its axes are those of the ions [nm; 0.1 to 2; default 0.36]"
    inputBinding:
      prefix: "--lattice-parameter"
  grid_from:
    type: "double[]?"
    label: "grid_from"
    doc: "first vector of the grid [3 numbers; -1000000 to 1000000; default 0,0,0]"
    inputBinding:
      prefix: "--grid-from"
      itemSeparator: ","
  grid_to:
    type: "double[]?"
    label: "grid_to"
    doc: "last vector of the grid [3 numbers; -1000000 to 1000000; default 2,2,0]"
    inputBinding:
      prefix: "--grid-to"
      itemSeparator: ","
  grid_points:
    type: "double[]?"
    label: "grid_points"
    doc: "points along each axis, ends included [3 numbers; 1 to 100000; default 41,41,1]"
    inputBinding:
      prefix: "--grid-points"
      itemSeparator: ","
  output:
    type: "string"
    doc: "name of the result"
    default: "diffuse.nxs"
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
