"""What the actions take. Each model is the form that NOMAD shows; parameters, units, bounds and help come from the catalogue."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, create_model, model_validator

from .. import _catalogue, errors

FORMATS = ("pos", "csv", "xyz", "vtkhdf")
EXAMPLES = {"ions": "run42.nxs", "model": "cocrni-002", "ranges": "run42.rrng"}


class ActionInput(BaseModel):
    """Who asks, and where results go."""

    model_config = ConfigDict(extra="forbid")

    upload_id: str = Field(description="upload that holds the inputs and takes the results")
    user_id: str = Field(description="who starts the action: an author of the upload")
    output_dir: str = Field(default="results", description="folder of the upload for the results")
    output_name: str = Field(
        default="", description="name of the result without its suffix; left out: made of the input, the step and a fingerprint of the work"
    )


def form(step: _catalogue.Step) -> dict[str, Any]:
    """JSON schema of the parameters. Defaults are told, not filled in: a value that is given overrides the preset."""
    table = step["parameters"]
    rows = {name: _row(name, row) for name, row in table["properties"].items()}
    return {"type": "object", "title": "Parameters", "properties": rows, "additionalProperties": False}


def _row(name: str, row: dict[str, Any]) -> dict[str, Any]:
    unit, default = row.get("unit", ""), row.get("default")
    told = "" if default in ("", [], None) else f" (default {default}{' ' + unit if unit else ''})"
    shown = {key: value for key, value in row.items() if key in ("type", "minimum", "maximum", "enum", "items", "minItems", "maxItems")}
    if "enum" in shown:
        shown["enum"] = [word for word in shown["enum"] if word != ""]
    return shown | {"title": f"{name} [{unit}]" if unit else name, "description": row["description"] + told}


def check(step: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Refuses what the engine would refuse, in its words."""
    try:
        from .. import check as engine_check

        engine_check(step, parameters)
    except (errors.ParameterError, errors.UsageError) as error:
        raise ValueError(str(error)) from error
    except errors.LackingError:
        pass  # this process has no engine; the worker has
    return parameters


def _parameters(name: str, step: _catalogue.Step) -> Any:
    return Annotated[dict[str, Any], AfterValidator(functools.partial(check, name)), WithJsonSchema(form(step))]


def _slot_fields(step: _catalogue.Step) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for number, slot in enumerate(step["slots"]):
        name = "input_path" if number == 0 else f"{slot['name']}_path"
        told = f"{slot['description']} (path in the upload{', or the name of a model that ships' if slot['takes'] == 'model' else ''})"
        several = number == 0 and slot["takes"] == "sources"
        kind: Any = str | list[str] if several else str
        if several:
            kind = Annotated[kind, WithJsonSchema({"type": "array", "items": {"type": "string"}})]
        needed = slot["required"] and not (slot["takes"] == "model" and number)
        fields[name] = (kind, Field(description=told)) if needed else (kind, Field(default="", description=told))
        if several:
            fields["ranges_path"] = (str, Field(default="", description="range file, where it is not among the inputs (path in the upload)"))
    return fields


@functools.lru_cache(maxsize=64)
def step_input(name: str) -> type[ActionInput]:
    """The model of one step's action."""
    step = _catalogue.steps()[name]
    fields = _slot_fields(step) | {"parameters": (_parameters(name, step), Field(default={}, validate_default=True))}
    if step["gives_file"]:
        fields["format"] = (Literal[FORMATS], Field(default="pos", description="format of the file, which is its suffix"))
    model: type[ActionInput] = create_model(f"{''.join(word.title() for word in name.split('_'))}Input", __base__=ActionInput, **fields)
    return model


class RecipeInput(ActionInput):
    """A recipe that ships with the program, or one of the upload."""

    recipe: str = Field(default="csro", description="name of a recipe that ships (csro, feal, allimg, atomnet), or path of one in the upload")
    inputs: dict[str, str] = Field(default={}, description="names of the recipe and their files, e.g. tip: run42.nxs")
    values: dict[str, Any] = Field(default={}, description="values of the recipe, e.g. species: Ni")
    report: bool = Field(default=True, description="write a report, one HTML page, beside the result")


def _sharded_fields() -> dict[str, Any]:
    steps = {name: step for name, step in _catalogue.steps().items() if step["has_slabs"]}
    fields: dict[str, Any] = {
        "step": (Literal[tuple(steps)], Field(description="step that is split")),
        "slabs": (int, Field(default=4, ge=2, le=10000, description="parts along z; each is one piece of work for one worker")),
        "input_path": (str, Field(description="ions (path in the upload)")),
        "parameters": (dict[str, Any], Field(default={}, description="parameters of the step")),
    }
    for step in steps.values():
        for name, field in _slot_fields(step).items():
            fields.setdefault(name, field)
    return fields


def _check_sharded(data: ActionInput) -> ActionInput:
    check(data.step, data.parameters)
    return data


ShardedInput: type[ActionInput] = create_model(
    "ShardedInput",
    __base__=ActionInput,
    __doc__="One step in slabs; slots as in the step's own action.",
    __validators__={"check_parameters": model_validator(mode="after")(_check_sharded)},
    **_sharded_fields(),
)
