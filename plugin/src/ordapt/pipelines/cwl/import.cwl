#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Vendor files to NeXus"
doc: "Reads ions, range files, published networks and banks of curves. Ions together with a range file get their types; ranges alone and ions alone are kept as they are; several networks become one ensemble, AtomNet checkpoints the blocks of one network; curves become patterns, file after file, with minimum 0 and maximum 1. Coordinates are never flipped, shifted or scaled, and rows stay in order of evaporation."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "import", "--json"]
inputs:
  files:
    type: "File[]"
    doc: "ions (.pos, .epos, .apt, .ato, .csv, .txt, .hdf5, .nxs), ranges (.rrng, .rng, .env), published networks or AtomNet checkpoints (.h5), or curves of a bank (.npy)"
    inputBinding:
      position: 1
  metadata:
    type: "File?"
    doc: "what is known about specimen and instrument, .yaml or .json with the keys of pynxtools-apm"
    inputBinding:
      prefix: "--metadata"
  byte_order:
    type: ["null", {"type": "enum", "symbols": ["big", "little"]}]
    label: "byte_order"
    doc: "order of the bytes of .pos and .epos; the format says big, a few programs write little. Never guessed [default big]"
    inputBinding:
      prefix: "--byte-order"
  fourth:
    type: ["null", {"type": "enum", "symbols": ["mass_to_charge", "cluster"]}]
    label: "fourth"
    doc: "what the fourth value of .pos is: mass_to_charge, or the cluster number that some programs export there [default mass_to_charge]"
    inputBinding:
      prefix: "--fourth"
  force:
    type: "boolean?"
    label: "force"
    doc: "read .pos and .epos although the values look like no atom probe data [default false]"
    inputBinding:
      valueFrom: "--force=$(self)"
  drop_nonfinite:
    type: "boolean?"
    label: "drop_nonfinite"
    doc: "leave out ions with NaN or infinite values instead of refusing the file; the others keep their evaporation_id [default false]"
    inputBinding:
      valueFrom: "--drop-nonfinite=$(self)"
  allow_overlap:
    type: ["null", {"type": "enum", "symbols": ["reject", "first"]}]
    label: "allow_overlap"
    doc: "ranges of different ions that overlap: reject the range file, or let the range with the lower key (first) have the common part [default reject]"
    inputBinding:
      prefix: "--allow-overlap"
  allow_negative:
    type: "boolean?"
    label: "allow_negative"
    doc: "accept ranges that begin below 0 Da, as simulations write them for labels [default false]"
    inputBinding:
      valueFrom: "--allow-negative=$(self)"
  preset:
    type: ["null", {"type": "enum", "symbols": ["cocrni-002", "cocrni-111", "feal-002", "al-li-mg", "au-cu", "co-alloy"]}]
    label: "preset"
    doc: "what a published network or bank was made for; left out: known by its shape, (93,1) to 2 is cocrni-002, (93,2) to 3 is feal-002; an AtomNet checkpoint by its alloy. al-li-mg, au-cu and co-alloy give species codes, lattice parameter and threshold"
    inputBinding:
      prefix: "--preset"
  labels:
    type: "string?"
    label: "labels"
    doc: "classes of the .npy files of a bank, FCC,CSRO: one for each file, or for as many files as there are channels; left out: patterns without labels"
    inputBinding:
      prefix: "--labels"
  output:
    type: "string"
    doc: "name of the result"
    default: "import.nxs"
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
