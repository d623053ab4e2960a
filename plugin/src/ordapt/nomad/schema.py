"""Entries of NOMAD: a result, a model, and for each step a form that starts its action and follows it.

What an action leaves is an OrdaptResult; what a person fills in is one of the step sections (Sdm, Classify, ..., Recipe), which are made from the catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nomad.datamodel.data import ArchiveSection, EntryData, EntryDataCategory
from nomad.datamodel.metainfo.annotations import ELNAnnotation, ELNComponentEnum
from nomad.datamodel.metainfo.plot import PlotlyFigure, PlotSection
from nomad.datamodel.metainfo.workflow import Link, Workflow
from nomad.metainfo import Category, Datetime, MEnum, Quantity, SchemaPackage, Section, SubSection

from .. import _catalogue
from . import _compat, figures

if TYPE_CHECKING:
    from nomad.datamodel import EntryArchive
    from structlog.stdlib import BoundLogger

m_package = SchemaPackage()

RAW_FILE: dict[str, Any] = {"a_browser": {"adaptor": "RawFileAdaptor"}}


class ChemicalOrder(EntryDataCategory):
    """Group of our sections in the menu of new entries."""

    m_def = Category(label="Chemical order (ordapt)", categories=[EntryDataCategory])


def _edit(component: ELNComponentEnum, **more: Any) -> dict[str, Any]:
    return {"a_eln": ELNAnnotation(component=component, **more)}


# ---- results and models ----


class OrdaptInput(ArchiveSection):
    """What a result was made of: a file of the upload, by its digests."""

    role = Quantity(type=str, description="slot of the step, or name in the recipe")
    file = Quantity(type=str, description="path in the upload", **RAW_FILE)
    sha256 = Quantity(type=str, description="SHA-256 of the file")
    content_sha256 = Quantity(type=str, description="digest of its content, which other bytes may have too")
    reference = Quantity(type=ArchiveSection, description="entry of the file, where it has one")


class OrdaptStepRecord(ArchiveSection):
    """One record of the engine: a step, with the numbers it ran with."""

    name = Quantity(type=str, description="of the NXsubentry in the file")
    step = Quantity(type=str)
    step_version = Quantity(type=str)
    results_sha256 = Quantity(type=str, description="content digest: equal for equal results, whatever machine, threads or slabs")
    start_time = Quantity(type=Datetime)
    end_time = Quantity(type=Datetime)
    seed = Quantity(type=int)
    parameters = Quantity(type=str, description="every parameter with its value, JSON")
    summary = Quantity(type=str, description="scalars of the result, JSON")


class OrdaptReport(ArchiveSection):
    """The page that shows a result to people."""

    file = Quantity(type=str, description="path in the upload", **RAW_FILE)


class OrdaptModel(EntryData):
    """Networks that results refer to, with the record of their training and of the bank they were trained on."""

    m_def = Section(label="Model of chemical order", categories=[ChemicalOrder])
    name = Quantity(type=str)
    model_sha256 = Quantity(type=str, description="digest over weights and input definition")
    results_sha256 = Quantity(type=str, description="content digest of the training")
    model_file = Quantity(type=str, description="path in the upload", **RAW_FILE)
    file_sha256 = Quantity(type=str)
    file = Quantity(type=ArchiveSection, description="entry of the NeXus file, with all of its record")
    training = SubSection(section_def=OrdaptStepRecord, description="how it was trained, or from which published files it was made")
    bank = SubSection(section_def=OrdaptStepRecord, description="the labelled patterns it was trained on")


class OrdaptOrder(ArchiveSection):
    """How much order was found of one species."""

    species = Quantity(type=str)
    mu = Quantity(type=float, description="order beyond chance, 0 none to 1: the coefficient mu of the size distributions")
    domains = Quantity(type=int, description="domains found")
    pearson_r = Quantity(type=float, description="correlation of the size distributions of data and control")
    p_value = Quantity(type=float, description="of the test that the sizes are those of the control")


class OrdaptUsedModel(ArchiveSection):
    """A model that a result was made with."""

    name = Quantity(type=str)
    model_sha256 = Quantity(type=str, description="digest over weights and input definition")
    reference = Quantity(type=OrdaptModel, description="entry of the model")


class OrdaptResult(PlotSection, EntryData):
    """What an action found, and all that is needed to find it again."""

    m_def = Section(label="Result of ordapt", categories=[ChemicalOrder])
    name = Quantity(type=str)
    step = Quantity(type=str, description="step of the engine, or the recipe")
    step_version = Quantity(type=str)
    engine_version = Quantity(type=str, description="with the commit it was built from")
    datetime = Quantity(type=Datetime)
    mu = Quantity(type=float, description="order beyond chance, of the species that has most of it")
    domains = Quantity(type=int, description="domains found, of the species that has most of them")
    results_sha256 = Quantity(type=str, description="content digest: equal for equal results")
    fingerprint = Quantity(type=str, description="digest of the work: step, versions, inputs, parameters")
    file_sha256 = Quantity(type=str)
    action_id = Quantity(type=str)
    result_file = Quantity(type=str, description="path in the upload", **RAW_FILE)
    report_file = Quantity(type=str, description="path in the upload", **RAW_FILE)
    result = Quantity(type=ArchiveSection, description="entry of the NeXus file")
    warnings = Quantity(type=str, shape=["*"])
    document = Quantity(type=str, description="what the program said, JSON")
    # sections, since NOMAD searches no lists of words
    order = SubSection(section_def=OrdaptOrder, repeats=True, description="of each species that the steps were about")
    models = SubSection(section_def=OrdaptUsedModel, repeats=True, description="networks it was made with")
    inputs = SubSection(section_def=OrdaptInput, repeats=True)
    steps = SubSection(section_def=OrdaptStepRecord, repeats=True)
    report = SubSection(section_def=OrdaptReport)

    figures: Any

    def normalize(self, archive: EntryArchive, logger: BoundLogger) -> None:
        super().normalize(archive, logger)
        if self.report_file and not self.report:
            self.report = OrdaptReport(file=self.report_file)
        if not archive.workflow2:
            archive.workflow2 = self.as_workflow()
        if not self.figures and str(self.result_file or "").endswith(".nxs"):
            self.figures = _figures(archive, self.result_file, logger)

    def as_workflow(self) -> Workflow:
        """What the chain of a folder refers to as a task."""
        given = [Link(name=f"{item.role}: {item.file}", section=item) for item in self.inputs]
        return Workflow(name=f"ordapt {self.step}", inputs=given, outputs=[Link(name=self.name, section=self)])


def _figures(archive: EntryArchive, name: str, logger: BoundLogger) -> list[PlotlyFigure]:
    try:
        with archive.m_context.raw_file(name, "rb") as file:
            found = figures.of_file(file.name)
    except Exception:
        logger.warning("the result has no figure", exc_info=True, file=name)
        return []
    return [PlotlyFigure(label=label, figure=figure) for label, figure in found]


# ---- forms that start an action ----


class OrdaptStart(PlotSection, EntryData):
    """Starts an action by a button, follows it, and leads to its result."""

    start = Quantity(type=bool, default=False, description="starts the action", **_edit(ELNComponentEnum.ActionEditQuantity, label="Start"))
    refresh = Quantity(type=bool, default=False, description="asks how far it is", **_edit(ELNComponentEnum.ActionEditQuantity, label="Refresh"))
    stop = Quantity(type=bool, default=False, description="stops the action", **_edit(ELNComponentEnum.ActionEditQuantity, label="Stop"))
    status = Quantity(type=str, description="RUNNING, COMPLETED, FAILED, CANCELED, TERMINATED or TIMED_OUT")
    message = Quantity(type=str, description="what the engine said of a failure")
    action_instance = Quantity(type=str)
    output_dir = Quantity(
        type=str, default="results", description="folder of the upload for the result", **_edit(ELNComponentEnum.StringEditQuantity)
    )
    output_name = Quantity(
        type=str, description="name of the result; left out: made of input, step and a fingerprint", **_edit(ELNComponentEnum.StringEditQuantity)
    )
    result_file = Quantity(type=str, description="path in the upload", **RAW_FILE)
    result = Quantity(type=OrdaptResult, description="entry of the result")

    work = ""

    def request(self) -> dict[str, Any]:
        """What the action is asked, but for upload and user."""
        raise NotImplementedError

    def normalize(self, archive: EntryArchive, logger: BoundLogger) -> None:
        super().normalize(archive, logger)
        wants_start, wants_stop, self.start, self.stop, self.refresh = self.start, self.stop, False, False, False
        try:
            if wants_stop and self.action_instance:
                _compat.ask_manager(lambda manager: manager.stop_action(self.action_instance, _user(archive)))
            if wants_start and self.status != "RUNNING":
                self._start(archive)
            if self.action_instance and self.status in (None, "RUNNING"):
                self._follow(archive, logger)
        except Exception as error:
            self.message = str(error)
            logger.warning("the action could not be started or followed", exc_info=True)

    def _start(self, archive: EntryArchive) -> None:
        told = {
            "upload_id": archive.metadata.upload_id,
            "user_id": _user(archive),
            "output_dir": self.output_dir or "results",
            "output_name": self.output_name or "",
        }
        action = f"ordapt.nomad:{self.work}_action"
        data = _compat.ask_manager(lambda manager: manager.validate_action_arg(action, told | self.request()))
        self.status = self.message = self.result_file = self.result = None
        self.action_instance = _compat.ask_manager(lambda manager: manager.start_action(action, data))

    def _follow(self, archive: EntryArchive, logger: BoundLogger) -> None:
        user = _user(archive)
        self.status = _compat.ask_manager(lambda manager: manager.get_action_status(self.action_instance, user)).name
        if self.status == "FAILED":
            self.message = _reason(self.action_instance, user)
        if self.status != "COMPLETED":
            return
        document = _compat.ask_manager(lambda manager: manager.get_action_result(self.action_instance, user))
        self.result_file = document["output"]["file"]
        self.result = f"../upload/archive/mainfile/{self.result_file.rsplit('.', 1)[0]}.archive.json#/data"
        if self.result_file.endswith(".nxs"):
            self.figures = _figures(archive, self.result_file, logger)


def _user(archive: EntryArchive) -> str:
    return str(archive.metadata.main_author.user_id)


def _reason(instance: str, user: str) -> str:
    """The innermost cause of a failed action: the text of the engine."""
    try:
        _compat.ask_manager(lambda manager: manager.get_action_result(instance, user))
    except Exception as error:
        inner: BaseException = error
        while (deeper := getattr(inner, "cause", None) or inner.__cause__) is not None:
            inner = deeper
        return str(inner)
    return ""


class RecipeInputFile(ArchiveSection):
    """One name of the recipe and its file."""

    name = Quantity(type=str, description="name in the recipe, e.g. tip", **_edit(ELNComponentEnum.StringEditQuantity))
    path = Quantity(type=str, description="file in the upload, or the name of a model that ships", **_edit(ELNComponentEnum.FileEditQuantity))


class RecipeValue(ArchiveSection):
    """One value of the recipe."""

    name = Quantity(type=str, description="name in the recipe, e.g. species", **_edit(ELNComponentEnum.StringEditQuantity))
    value = Quantity(type=str, **_edit(ELNComponentEnum.StringEditQuantity))


class Recipe(OrdaptStart):
    """Runs a recipe and writes a report."""

    m_def = Section(label="ordapt recipe", categories=[ChemicalOrder])
    work = "recipe"
    recipe = Quantity(
        type=str,
        default="csro",
        description="csro, feal, allimg, atomnet, or path of a recipe in the upload",
        **_edit(ELNComponentEnum.StringEditQuantity),
    )
    report = Quantity(type=bool, default=True, description="write a report", **_edit(ELNComponentEnum.BoolEditQuantity))
    inputs = SubSection(section_def=RecipeInputFile, repeats=True)
    values = SubSection(section_def=RecipeValue, repeats=True)

    def request(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe,
            "report": bool(self.report),
            "inputs": {item.name: item.path for item in self.inputs},
            "values": {item.name: item.value for item in self.values},
        }


class StepForm(OrdaptStart):
    """A step: its slots and its parameters, from the catalogue."""

    def request(self) -> dict[str, Any]:
        told: dict[str, Any] = {name: value for name in self.slots if (value := getattr(self, name)) not in (None, "", [])}
        given = self.parameters.m_to_dict() if self.parameters else {}
        told["parameters"] = {name: value for name, value in given.items() if name != "m_def" and value not in ("", [])}
        return told

    slots: tuple[str, ...] = ()


def _parameter(name: str, row: dict[str, Any]) -> Any:
    """A quantity for a row of the table of parameters."""
    kind, unit = row["type"], row.get("unit")
    words = [word for word in row.get("enum", []) if word]
    default = row.get("default")
    told = row["description"] + ("" if default in ("", [], None) else f" (default {default})")
    common: dict[str, Any] = {"description": told}
    if unit and kind in ("number", "array"):
        common["unit"] = unit
    if words:
        return Quantity(type=MEnum(words), **common, **_edit(ELNComponentEnum.EnumEditQuantity))
    if kind == "boolean":
        return Quantity(type=bool, **common, **_edit(ELNComponentEnum.BoolEditQuantity))
    if kind in ("number", "integer"):
        bounds = {side: row[key] for side, key in (("minValue", "minimum"), ("maxValue", "maximum")) if key in row}
        return Quantity(type=float if kind == "number" else int, **common, **_edit(ELNComponentEnum.NumberEditQuantity, **bounds))
    if kind == "array" and row.get("items", {}).get("type") == "number":
        return Quantity(type=float, shape=["*"], **common, **_edit(ELNComponentEnum.NumberEditQuantity))
    common.pop("unit", None)
    return Quantity(type=str, **common, **_edit(ELNComponentEnum.StringEditQuantity))


def _form(name: str, step: _catalogue.Step) -> type[StepForm]:
    """The section of one step."""
    title = "".join(word.title() for word in name.split("_"))
    rows = {key: _parameter(key, row) for key, row in step["parameters"]["properties"].items()}
    parameters: Any = type(
        f"{title}Parameters",
        (ArchiveSection,),
        {"__module__": __name__, "__doc__": f"Parameters of {name}; what is left out is the preset's.", **rows},
    )
    slots: dict[str, Any] = {}
    for number, slot in enumerate(step["slots"]):
        several = slot["takes"] == "sources"
        slots["input_path" if number == 0 else f"{slot['name']}_path"] = Quantity(
            type=str,
            shape=["*"] if several else [],
            description=f"{slot['description']} (path in the upload)",
            **_edit(ELNComponentEnum.StringEditQuantity if several or slot["takes"] == "model" else ELNComponentEnum.FileEditQuantity),
        )
    return type(
        title,
        (StepForm,),
        {
            "__module__": __name__,
            "__doc__": step["description"],
            "m_def": Section(label=f"ordapt {name}: {step['title']}", categories=[ChemicalOrder]),
            "work": name,
            "slots": tuple(slots),
            **slots,
            "parameters": SubSection(section_def=parameters.m_def),
        },
    )


FORMS = {name: _form(name, step) for name, step in _catalogue.steps().items()}
globals().update({form.__name__: form for form in FORMS.values()})

m_package.__init_metainfo__()
