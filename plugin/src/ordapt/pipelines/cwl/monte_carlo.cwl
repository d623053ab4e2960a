#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Lattice Monte Carlo of an alloy"
doc: "Spreads the species of an alloy over the sites of a periodic lattice and lets them exchange sites at a temperature (Metropolis et al., J. Chem. Phys. 21 (1953) 1087; Kawasaki, Phys. Rev. 145 (1966) 224), by energies of pairs in several shells. Gives the last configuration as ions, energy and Warren-Cowley parameters (Cowley, Phys. Rev. 77 (1950) 669) by sweep and their means with errors, and says where the run is not at equilibrium. With targets instead of energies it makes a configuration that has given Warren-Cowley parameters (reverse Monte Carlo: McGreevy & Pusztai, Mol. Simul. 1 (1988) 359), or infers the energies whose equilibrium has them (from mean field on, by the covariance of the numbers of pairs: Lyubartsev & Laaksonen, Phys. Rev. E 52 (1995) 3730). One chain is one thread; what it does depends on the seed alone."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "monte_carlo", "--json"]
inputs:
  structure:
    type: ["null", {"type": "enum", "symbols": ["fcc", "bcc", "sc", "square"]}]
    label: "structure"
    doc: "lattice of the sites: fcc, bcc, sc (simple cubic), or square, one layer of sc [default fcc]"
    inputBinding:
      prefix: "--structure"
  lattice_parameter:
    type: "double?"
    label: "lattice_parameter"
    doc: "edge of the cubic cell [nm; 0.1 to 2; default 0.36]"
    inputBinding:
      prefix: "--lattice-parameter"
  cells:
    type: "double[]?"
    label: "cells"
    doc: "cells of the periodic box: one number for all axes, or three along x, y, z (1 along z for square) [1 to 3 numbers; 1 to 4096; default 12]"
    inputBinding:
      prefix: "--cells"
      itemSeparator: ","
  composition:
    type: "string?"
    label: "composition"
    doc: "species and their atomic fractions, which sum to 1; each gets the nearest number of sites, and keeps it; ion types are numbered in this order [default Ni:0.75,Al:0.25]"
    inputBinding:
      prefix: "--composition"
  energies:
    type: "string?"
    label: "energies"
    doc: "energy of a pair of neighbours in eV, shell after shell: Ni-Al:-0.03/0.01,Ni-Ni:0.005 gives Ni and Al -0.03 in the first shell and 0.01 in the second. Pairs and shells left out are 0; a negative number binds"
    inputBinding:
      prefix: "--energies"
  targets:
    type: "string?"
    label: "targets"
    doc: "instead of energies: Warren-Cowley parameters of different species that the configuration is to have, shell after shell, -1/3 written -0.3333: Ni-Al:-0.2/0.15 gives Ni and Al -0.2 in the first shell and 0.15 in the second. Pairs and shells left out are free. temperature, anneal_from and equilibration have no part"
    inputBinding:
      prefix: "--targets"
  weights:
    type: "string?"
    label: "weights"
    doc: "how much each target counts, written like these, 0 to 100; 0: the shell is free. Those left out are 1"
    inputBinding:
      prefix: "--weights"
  infer_energies:
    type: "boolean?"
    label: "infer_energies"
    doc: "with targets: energies of pairs whose equilibrium at the temperature has them, then a measurement there. temperature and equilibration count; weights but 0 have no part [default false]"
    inputBinding:
      valueFrom: "--infer-energies=$(self)"
  tolerance:
    type: "double?"
    label: "tolerance"
    doc: "by how much a Warren-Cowley parameter may miss its target; one step of whole pairs is allowed in any case [0 to 2; default 0.001]"
    inputBinding:
      prefix: "--tolerance"
  temperature:
    type: "double?"
    label: "temperature"
    doc: "temperature of the configuration [K; 0.001 to 1e+12; default 1000]"
    inputBinding:
      prefix: "--temperature"
  anneal_from:
    type: "double?"
    label: "anneal_from"
    doc: "above 0: the temperature falls evenly from there during all the sweeps of equilibration, so that order can grow without walls [K; 0 to 1e+12; default 0]"
    inputBinding:
      prefix: "--anneal-from"
  exchange:
    type: ["null", {"type": "enum", "symbols": ["any", "neighbours"]}]
    label: "exchange"
    doc: "which atoms exchange: any two of different species, or neighbours of the first shell (slower to equilibrate; pairs of one species count as attempts) [default any]"
    inputBinding:
      prefix: "--exchange"
  shells:
    type: "int?"
    label: "shells"
    doc: "shells that Warren-Cowley parameters are given of; 0: four, or as many as have energies or targets [0 to 6; default 0]"
    inputBinding:
      prefix: "--shells"
  equilibration:
    type: "int?"
    label: "equilibration"
    doc: "sweeps before the measurement, at most: without annealing they end when the order of the first shell drifts by less than two standard deviations over 100 sweeps [0 to 100000000; default 1000]"
    inputBinding:
      prefix: "--equilibration"
  sweeps:
    type: "int?"
    label: "sweeps"
    doc: "sweeps of the measurement, each of as many attempts as there are sites; with targets at most so many: they end when all are met [1 to 100000000; default 2000]"
    inputBinding:
      prefix: "--sweeps"
  every:
    type: "int?"
    label: "every"
    doc: "a sample every so many sweeps [1 to 1000000; default 10]"
    inputBinding:
      prefix: "--every"
  sigma_lateral:
    type: "double?"
    label: "sigma_lateral"
    doc: "standard deviation of the displacement of the ions along x and along y; 0: on their sites [nm; 0 to 10; default 0]"
    inputBinding:
      prefix: "--sigma-lateral"
  sigma_depth:
    type: "double?"
    label: "sigma_depth"
    doc: "the same along z [nm; 0 to 10; default 0]"
    inputBinding:
      prefix: "--sigma-depth"
  efficiency:
    type: "double?"
    label: "efficiency"
    doc: "probability that an atom becomes an ion, each for itself [1e-06 to 1; default 1]"
    inputBinding:
      prefix: "--efficiency"
  seed:
    type: "long?"
    label: "seed"
    doc: "which chain [0 to 9007199254740991; default 1]"
    inputBinding:
      prefix: "--seed"
  output:
    type: "string"
    doc: "name of the result"
    default: "monte_carlo.nxs"
    inputBinding:
      prefix: "--output"
  threads:
    type: "int"
    default: 1
    doc: "threads; results do not depend on it"
    inputBinding:
      prefix: "--threads"
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
