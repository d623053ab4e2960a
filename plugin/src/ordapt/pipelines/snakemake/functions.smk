# What the rules of ordapt.smk share, and the rules that belong to no step: merge, recipe, report.
import json
import os
import shlex
import subprocess
import tempfile

ORDAPT = config.get("ordapt", "ordapt")
REPORT = config.get("ordapt_report", "ordapt-report")
THREADS = config.get("threads", 1)
ROOM_MB = 200  # beside what --dry-run predicts: the program, its libraries, the pieces that a file is read in
UNKNOWN_MB = 1024  # where no prediction can be had
SOURCES = {"import": "files", "merge": "parts"}  # several files, given one after the other


def RUNTIME(wildcards, attempt):
    """Minutes: more at every attempt."""
    return config.get("runtime", 60) * attempt


def settings(step):
    """The parameters of a step in the configuration; files of its slots are no parameters."""
    return {name: value for name, value in config.get(step, {}).items() if name != "files"}


def files(step, **main):
    """The main input and the slots below `files` of the configuration of a step."""
    return {**main, **config.get(step, {}).get("files", {})}


def typed(value):
    """A value as it is typed: lists with commas, truth in lower case."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(typed, value)) if isinstance(value, (list, tuple)) else str(value)


def words_of_inputs(step, given):
    """The first slot stands alone, others are options; folders of the files behind are searched."""
    slots = dict(given.items())
    behind = slots.pop("behind", [])
    made = []
    for position, (slot, paths) in enumerate(slots.items()):
        paths = [paths] if isinstance(paths, str) else list(paths)
        made += paths if position == 0 or SOURCES.get(step) == slot else [f"--{slot}", *paths]
    folders = sorted({os.path.dirname(path) or "." for path in ([behind] if isinstance(behind, str) else behind)})
    return made + [word for folder in folders for word in ("--search", folder)]


def words_of_parameters(parameters, wildcards):
    chosen = {name: value(wildcards) if callable(value) else value for name, value in parameters.items()}
    return [word for name, value in chosen.items() for word in (f"--{name.replace('_', '-')}", typed(value))]


def arguments(step, **parameters):
    """For `params: call=`: slots by the names of the inputs, then the parameters; a value may be a function of the wildcards."""
    return lambda wildcards, input: shlex.join([*words_of_inputs(step, input), *words_of_parameters(parameters, wildcards)])


def predicted(call):
    """Bytes that `--dry-run` predicts, 0 where it has nothing to say. A refused call is told by the job itself."""
    nowhere = os.path.join(tempfile.gettempdir(), f"ordapt-dry-run-{os.getpid()}.nxs")
    done = subprocess.run([ORDAPT, *call, "--dry-run", "--json", "-o", nowhere], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(done.stdout).get("predicted_bytes", 0) if done.returncode == 0 else 0


def memory(step, **parameters):
    """For `resources: mem_mb=`: what the program predicts for these inputs, twice as much at a second attempt."""

    def megabytes(wildcards, input, attempt):
        for path in input:
            if not os.path.exists(path):
                raise FileNotFoundError(path)  # asked again when it is there
        call = [step, *words_of_inputs(step, input), *words_of_parameters(parameters, wildcards)]
        size = predicted(call)
        return attempt * (size // 1_000_000 + ROOM_MB if size else UNKNOWN_MB)

    return megabytes


rule merge:
    input: parts=config.get("merge", {}).get("parts", [])
    output: result="{name}.merge.nxs", document="{name}.merge.json"
    log: "{name}.merge.log"
    params: call=arguments("merge")
    threads: THREADS
    resources: mem_mb=UNKNOWN_MB, runtime=RUNTIME
    shell: "{ORDAPT} merge {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


# Several steps in one call: the named inputs are those of the recipe, values=dict(species="Ni") its values.
def recipe_arguments(recipe, values):
    return lambda wildcards, input: shlex.join([recipe, *(f"{name}={path}" for name, path in input.items()), *(f"{name}={typed(value)}" for name, value in values.items())])


rule recipe:
    input: tip="{name}.nxs"
    output: result="{name}.run.nxs", document="{name}.run.json"
    log: "{name}.run.log"
    params: call=recipe_arguments(config.get("recipe", "csro"), config.get("values", {}))
    threads: THREADS
    resources: mem_mb=UNKNOWN_MB, runtime=RUNTIME
    shell: "{ORDAPT} run {params.call} --threads {threads} --json -o {output.result} > {output.document} 2> {log}"


rule report:
    input: result="{name}.nxs"
    output: page="{name}.html"
    log: "{name}.html.log"
    params: call=arguments("report")
    resources: mem_mb=UNKNOWN_MB, runtime=RUNTIME
    shell: "{REPORT} {params.call} -o {output.page} 2> {log}"
