"""Runs a notebook to its end in the folder given and prints the outputs of its code cells as JSON, in the last line: run_notebook.py NOTEBOOK FOLDER."""
import json
import sys

import nbclient
import nbformat


def text_of(output):
    if output["output_type"] == "stream":
        return output["text"]
    data = output.get("data", {})
    return "<image>" if "image/png" in data else data.get("text/plain", "")


notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
nbclient.NotebookClient(notebook, timeout=240, resources={"metadata": {"path": sys.argv[2]}}).execute()
print(json.dumps(["\n".join(text_of(one) for one in cell["outputs"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]))
