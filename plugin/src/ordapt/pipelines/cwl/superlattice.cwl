#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Order from the phase of atomic planes"
doc: "Follows the atomic planes through stretch, bend and tilt by their own reflection and asks on which of the two families of planes a species sits: a signed map whose distribution without order is known exactly, domains at a stated rate of false ones (expected Euler characteristic of the map), and for each ion the probability that it belongs to a compact ordered domain, without training. See docs/superlattice.md."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "superlattice", "--json"]
inputs:
  ions:
    type: "File"
    doc: "ranged ions; those without a type are left out"
    inputBinding:
      position: 1
  preset:
    type: ["null", {"type": "enum", "symbols": ["cocrni-002", "cocrni-111", "feal-002", "allimg-011"]}]
    label: "preset"
    doc: "alloy and direction as `classify` names them; fills structure"
    inputBinding:
      prefix: "--preset"
  species:
    type: "string?"
    label: "species"
    doc: "the species that orders, an element or ion name; several, Ni,Cr: one result each"
    inputBinding:
      prefix: "--species"
  joint:
    type: "boolean?"
    label: "joint"
    doc: "with several species: one result more, the map and the domains of all of them at once, each with a contrast of its own. One species that orders alone is seen better by itself [default false]"
    inputBinding:
      valueFrom: "--joint=$(self)"
  structure:
    type: ["null", {"type": "enum", "symbols": ["l12", "l12-110", "d022", "l11", "b2", "d03", "d03-111", "b2-111"]}]
    label: "structure"
    doc: "ordered structure and, behind a dash, the row of the crystal along the direction where it is not the usual one (<111> for l11, else <001>) [default l12; or that of the preset]"
    inputBinding:
      prefix: "--structure"
  period:
    type: "double?"
    label: "period"
    doc: "period of the order along the direction, twice the spacing of the planes (l12: the lattice parameter); 0: twice the spacing whose planes diffract best, 0.10 to 0.30 nm [nm; 0 to 10; default 0]"
    inputBinding:
      prefix: "--period"
  direction:
    type: "double[]?"
    label: "direction"
    doc: "x,y,z of the specimen, the normal of the planes; up to 8 degrees off and up to 6 % of stretch are followed [3 numbers; -1000000 to 1000000; default 0,0,1]"
    inputBinding:
      prefix: "--direction"
      itemSeparator: ","
  width:
    type: "double?"
    label: "width"
    doc: "w of the window exp(-r^2 / 2 w^2) of the map [nm; 0.3 to 5; default 0.55]"
    inputBinding:
      prefix: "--width"
  sigma_lateral:
    type: "double?"
    label: "sigma_lateral"
    doc: "blur of the edges of domains across z: standard deviation of the lateral noise of a reconstruction [nm; 0 to 3; default 0.4]"
    inputBinding:
      prefix: "--sigma-lateral"
  fit_sigma:
    type: "boolean?"
    label: "fit_sigma"
    doc: "measure that blur at the listed domains instead, where there are 5 or more: by the width that makes their ions likeliest [default true]"
    inputBinding:
      valueFrom: "--fit-sigma=$(self)"
  fit_occupancy:
    type: "boolean?"
    label: "fit_occupancy"
    doc: "measure occupancy at the listed domains, where there are 5 or more. Used where domains have order enough: where a place of their composition without it would speak against one [default true]"
    inputBinding:
      valueFrom: "--fit-occupancy=$(self)"
  radii:
    type: "double[]?"
    label: "radii"
    doc: "radii of domains, ascending; larger ones are added by factors of 1.25 while the largest holds more than 15 % of the domains [1 to 16 numbers; nm; 0.3 to 6; default 0.6,0.8,1,1.2,1.4,1.6]"
    inputBinding:
      prefix: "--radii"
      itemSeparator: ","
  rate:
    type: "double?"
    label: "rate"
    doc: "share of false ones among the listed domains [0 to 1; default 0.05]"
    inputBinding:
      prefix: "--rate"
  ion_rate:
    type: "double?"
    label: "ion_rate"
    doc: "share of wrong ones among the selected ions [0 to 1; default 0.1]"
    inputBinding:
      prefix: "--ion-rate"
  prior:
    type: "double[]?"
    label: "prior"
    doc: "domains a cubic nanometre, then the shares of the radii, which sum to 1; left out: fitted to the specimen [0 to 17 numbers; 0 to 1000000]"
    inputBinding:
      prefix: "--prior"
      itemSeparator: ","
  occupancy:
    type: "double[]?"
    label: "occupancy"
    doc: "share of the species on the one family of planes and on the other, in domains, the larger first; 0.5,0 is perfect L1_2 of stoichiometric composition. Then what domains hold of the species tells too where they are. Where it is neither given nor measured, domains are taken to hold as much as is around them with 0.8 of the order that allows, so that planes only are compared [0 to 2 numbers; 0 to 1]"
    inputBinding:
      prefix: "--occupancy"
      itemSeparator: ","
  output:
    type: "string"
    doc: "name of the result"
    default: "superlattice.nxs"
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
  slab:
    type: "string?"
    doc: "k/n: part k of n; merge.cwl joins the parts"
    inputBinding:
      prefix: "--slab"
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
