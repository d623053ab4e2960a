"""What is read from the catalogue, one module per kind of file."""
