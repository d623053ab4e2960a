#!/usr/bin/env cwl-runner
# Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead.
cwlVersion: "v1.2"
class: "CommandLineTool"
label: "Train an ensemble of networks"
doc: "Fits networks to labelled patterns, one per fold, and judges them on patterns that none has seen: confusion, reliability, the temperature that calibrates them, and a score for patterns unlike those of the training. The same seed gives the same weights on any number of threads. Defaults are those of Li et al., Adv. Mater. 2024, 2407564. With architecture atomnet (presets al-li-mg, au-cu, co-alloy) networks of Yu et al. learn from cubes of synthesise to tell ordered ions."
hints:
  SoftwareRequirement:
    packages:
      ordapt:
        version: ["0.1.0"]
  ResourceRequirement:
    coresMin: "$(inputs.threads)"
    ramMin: 1024
baseCommand: ["ordapt", "train", "--json"]
inputs:
  patterns:
    type: "File"
    doc: "labelled patterns: a result of `bank`, or an imported bank; for atomnet cubes: a result of `synthesise --cubes`"
    inputBinding:
      position: 1
  preset:
    type: ["null", {"type": "enum", "symbols": ["cocrni-002", "cocrni-111", "feal-002", "allimg-011", "al-li-mg", "au-cu", "co-alloy"]}]
    label: "preset"
    doc: "network and training of a paper; the patterns must be of the same preset, or of none [default cocrni-002]"
    inputBinding:
      prefix: "--preset"
  architecture:
    type: ["null", {"type": "enum", "symbols": ["cnn1d", "cnn2d", "atomnet"]}]
    label: "architecture"
    doc: "cnn1d: convolutions along curves; cnn2d: over pictures. Each is followed by a ReLU and pooling by two, the last by a dense layer and the output. atomnet: of ions and their nearest neighbours, for `segment`; it takes cubes of `synthesise` [default cnn1d; or that of the preset]"
    inputBinding:
      prefix: "--architecture"
  filters:
    type: "double[]?"
    label: "filters"
    doc: "filters of each convolution, in order [1 to 4 numbers; 1 to 1024; default 16; or that of the preset]"
    inputBinding:
      prefix: "--filters"
      itemSeparator: ","
  kernel_width:
    type: "int?"
    label: "kernel_width"
    doc: "bins of a filter; for pictures its edge in pixels [1 to 1024; default 10; or that of the preset]"
    inputBinding:
      prefix: "--kernel-width"
  padding:
    type: ["null", {"type": "enum", "symbols": ["valid", "same"]}]
    label: "padding"
    doc: "valid: filters stay inside, as in all published models; same: zeros around, as in the published notebooks [default valid]"
    inputBinding:
      prefix: "--padding"
  pool_padding:
    type: ["null", {"type": "enum", "symbols": ["valid", "same"]}]
    label: "pool_padding"
    doc: "the same for pooling [default valid]"
    inputBinding:
      prefix: "--pool-padding"
  dense:
    type: "int?"
    label: "dense"
    doc: "units of the dense layer [1 to 65536; default 256; or that of the preset]"
    inputBinding:
      prefix: "--dense"
  dropout:
    type: "double?"
    label: "dropout"
    doc: "share of the first convolution's outputs that training drops [0 to 0.95; default 0.5; or that of the preset]"
    inputBinding:
      prefix: "--dropout"
  optimizer:
    type: ["null", {"type": "enum", "symbols": ["adam", "rmsprop", "adam_falling"]}]
    label: "optimizer"
    doc: "adam (0.9, 0.999) or rmsprop (0.9), both with 1e-7 in the divisor; atomnet also adam_falling, whose step falls evenly to nothing over the epochs of a block [default adam; or that of the preset]"
    inputBinding:
      prefix: "--optimizer"
  learning_rate:
    type: "double?"
    label: "learning_rate"
    doc: "step of the optimizer [1e-12 to 1e+12; default 0.001; or that of the preset]"
    inputBinding:
      prefix: "--learning-rate"
  batch:
    type: "int?"
    label: "batch"
    doc: "patterns per step [1 to 65536; default 32; or that of the preset]"
    inputBinding:
      prefix: "--batch"
  epochs:
    type: "int?"
    label: "epochs"
    doc: "times that all patterns are seen; the weights of the last are kept. atomnet: for each block, and those of the best validation are kept [1 to 100000; default 30; or that of the preset]"
    inputBinding:
      prefix: "--epochs"
  folds:
    type: "int?"
    label: "folds"
    doc: "members of the ensemble: each leaves out another part of the patterns and is validated on it; 1 trains on all [1 to 64; default 5; or that of the preset]"
    inputBinding:
      prefix: "--folds"
  keep:
    type: ["null", {"type": "enum", "symbols": ["all", "best"]}]
    label: "keep"
    doc: "all members, or the best by its validation [default all; or that of the preset]"
    inputBinding:
      prefix: "--keep"
  split:
    type: ["null", {"type": "enum", "symbols": ["group", "published"]}]
    label: "split"
    doc: "group: a pattern and its copies stay together; published: each for itself, so that copies of test patterns are trained on [default group]"
    inputBinding:
      prefix: "--split"
  test_share:
    type: "double?"
    label: "test_share"
    doc: "share of the patterns that no member sees; accuracy and calibration come from them [0 to 0.9; default 0.1]"
    inputBinding:
      prefix: "--test-share"
  turn:
    type: "double?"
    label: "turn"
    doc: "pictures are turned by a random angle up to this while training [degree; 0 to 180; default 0; or that of the preset]"
    inputBinding:
      prefix: "--turn"
  odds:
    type: "double[]?"
    label: "odds"
    doc: "what the odds of each class are multiplied by when training is over, in order of the classes, for specimens where classes are not as frequent as among the patterns; left out: 1 each [2 to 16 numbers; 0.001 to 1000]"
    inputBinding:
      prefix: "--odds"
      itemSeparator: ","
  blocks:
    type: "int?"
    label: "blocks"
    doc: "atomnet: networks one after another, each of which also takes the probabilities of the one before [1 to 4; default 2; or that of the preset]"
    inputBinding:
      prefix: "--blocks"
  neighbours:
    type: "int?"
    label: "neighbours"
    doc: "atomnet: ions that the network sees at once, the ion itself included [2 to 128; default 32]"
    inputBinding:
      prefix: "--neighbours"
  penalty:
    type: ["null", {"type": "enum", "symbols": ["per_sample", "published"]}]
    label: "penalty"
    doc: "atomnet: what holds the transforms near rotations, ion by ion; published: as in the authors' program, which compares those of different ions [default per_sample]"
    inputBinding:
      prefix: "--penalty"
  norm:
    type: ["null", {"type": "enum", "symbols": ["running", "last", "none"]}]
    label: "norm"
    doc: "atomnet: statistics that the batch norm keeps: running, a mean over some hundred batches; last, those of the last batch, as published; none: no batch norm [default running]"
    inputBinding:
      prefix: "--norm"
  species_codes:
    type: "string?"
    label: "species_codes"
    doc: "atomnet: what number each species gets, Al:0,Li:1,Mg:2; other:0 for all that are not named [or that of the preset]"
    inputBinding:
      prefix: "--species-codes"
  lattice_parameter:
    type: "double?"
    label: "lattice_parameter"
    doc: "atomnet: edge of the cubic cell, by which coordinates are divided [nm; 0 to 10; default 0; or that of the preset]"
    inputBinding:
      prefix: "--lattice-parameter"
  threshold:
    type: "double?"
    label: "threshold"
    doc: "atomnet: ions above this probability will be selected; the model keeps it [0 to 1; default 0.5; or that of the preset]"
    inputBinding:
      prefix: "--threshold"
  seed:
    type: "long?"
    label: "seed"
    doc: "which weights to begin with, which order, which split [0 to 9007199254740991; default 1]"
    inputBinding:
      prefix: "--seed"
  output:
    type: "string"
    doc: "name of the result"
    default: "train.nxs"
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
