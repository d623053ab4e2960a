#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Domains, their sizes and shapes, and a test of randomness"
doc: "Joins ions that lie near each other into domains, gives size, shape and composition of each and the distribution of sizes. With controls made from shuffled ions it says whether the distribution differs from a random one: Pearson's r, chi-squared with its p-value, and mu (0.25 or more: not random), and gives each domain a q-value. Defaults are those of Li et al., Adv. Mater. 2024, 2407564."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "domains", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ions, or a result with selected ions: then these, each of several selections for itself"
    inputBinding:
      position: 1
  control:
    type: "File?"
    doc: "the same made from shuffled ions, for the test of randomness"
    inputBinding:
      prefix: "--control"
  witness:
    type: "File?"
    doc: "another selection of the same ions, by another step or network: its domains are found in the same way, and compared"
    inputBinding:
      prefix: "--witness"
  selection:
    type: "File?"
    doc: "only the ions selected there take part, or those of the true domains of a synthesised specimen"
    inputBinding:
      prefix: "--selection"
  method:
    type: ["null", {"type": "enum", "symbols": ["dbscan", "max_separation"]}]
    label: "method"
    doc: "dbscan: core ions with enough neighbours, linked through core ions, with the ions they reach; max_separation: all ions linked by steps of at most eps [default dbscan]"
    inputBinding:
      prefix: "--method"
  species:
    type: "string?"
    label: "species"
    doc: "elements or ion names whose ions take part, Ni,Co; left out: all, ranged or not"
    inputBinding:
      prefix: "--species"
  eps:
    type: "double?"
    label: "eps"
    doc: "distance of neighbours (inclusive) [nm; 0.0001 to 100; default 0.4]"
    inputBinding:
      prefix: "--eps"
  min_points:
    type: "int?"
    label: "min_points"
    doc: "dbscan: ions within eps that make an ion a core ion, itself counted; max_separation: smallest domain [1 to 1000000000; default 3]"
    inputBinding:
      prefix: "--min-points"
  rounding:
    type: "double?"
    label: "rounding"
    doc: "positions are rounded to multiples of this; the published analysis works on lists with three decimals, hence 0.001; 0: as they are [nm; 0 to 1; default 0.001]"
    inputBinding:
      prefix: "--rounding"
  size_bin:
    type: "int?"
    label: "size_bin"
    doc: "ions per bin of the size distribution [1 to 1000000; default 5]"
    inputBinding:
      prefix: "--size-bin"
  size_max:
    type: "int?"
    label: "size_max"
    doc: "end of the size distribution; larger domains are pooled in the last bin [1 to 1000000000; default 160]"
    inputBinding:
      prefix: "--size-max"
  draws:
    type: "int?"
    label: "draws"
    doc: "shuffled controls made here, beside the one of slot control: types permuted as step shuffle does with seed + 1, seed + 2, ... (of ions that `segment` selected, ranged ones only); then species are chosen, or the step that selected the ions is repeated [0 to 1000; default 0]"
    inputBinding:
      prefix: "--draws"
  seed:
    type: "long?"
    label: "seed"
    doc: "which controls and which bootstrap [0 to 9007199254740991; default 1]"
    inputBinding:
      prefix: "--seed"
  bootstrap:
    type: "int?"
    label: "bootstrap"
    doc: "resamplings of the domains for the interval of mu; 0: no interval [0 to 1000000; default 1000]"
    inputBinding:
      prefix: "--bootstrap"
  shape_min:
    type: "int?"
    label: "shape_min"
    doc: "shapes are counted for all domains, and again for those of at least this many ions [1 to 1000000000; default 20]"
    inputBinding:
      prefix: "--shape-min"
  volume:
    type: ["null", {"type": "enum", "symbols": ["none", "frustum", "frustum_3.14", "cube", "roi"]}]
    label: "volume"
    doc: "volume of the number density: roi, that of the region; frustum, of a tip with its apex at z = 0, times ranged ions in the region over all (frustum_3.14: with the published value of pi); cube, of the box `cube`, scaled in the same way [default none]"
    inputBinding:
      prefix: "--volume"
  roi:
    type: "double[]?"
    label: "roi"
    doc: "region xlo,xhi,ylo,yhi,zlo,zhi that volume, volume fraction and mean composition refer to; left out: the pixels of the result that selected the ions, else the bounding box. It does not choose ions [6 numbers; nm]"
    inputBinding:
      prefix: "--roi"
      itemSeparator: ","
  cube:
    type: "double[]?"
    label: "cube"
    doc: "volume cube: a box filled with ions, xlo,xhi,ylo,yhi,zlo,zhi [6 numbers; nm]"
    inputBinding:
      prefix: "--cube"
      itemSeparator: ","
  pairs:
    type: "string?"
    label: "pairs"
    doc: "z-SDMs within each domain: species of the centre and of the neighbour, Ni-Ni or Ni-Ni,Co-Cr; left out: none"
    inputBinding:
      prefix: "--pairs"
  bins:
    type: "int?"
    label: "bins"
    doc: "bins of such a map [2 to 65536; default 200]"
    inputBinding:
      prefix: "--bins"
  half_range:
    type: "double?"
    label: "half_range"
    doc: "the map reaches from minus to plus this distance, and no pair is longer [nm; 0.01 to 100; default 1.5]"
    inputBinding:
      prefix: "--half-range"
  output:
    type: "string"
    doc: "name of the result"
    default: "domains.nxs"
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
