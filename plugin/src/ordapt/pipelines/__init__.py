"""Descriptors for other engines (cwl, snakemake, galaxy, aiida) and crates: docs/pipelines.md."""
