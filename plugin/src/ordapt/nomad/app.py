"""The app: search results by species, order beyond chance, domains, model and version."""

from __future__ import annotations

from nomad.config.models.ui import (
    App,
    Axis,
    Column,
    Dashboard,
    Layout,
    Menu,
    MenuItemHistogram,
    MenuItemTerms,
    SearchQuantities,
    WidgetHistogram,
    WidgetScatterPlot,
    WidgetTerms,
)

SCHEMA = "ordapt.nomad.schema.OrdaptResult"


def _q(name: str) -> str:
    return f"data.{name}#{SCHEMA}"


def _place(x: int, y: int) -> dict[str, Layout]:
    return {size: Layout(x=x, y=y, w=8, h=6, minW=4, minH=4) for size in ("sm", "md", "lg", "xl", "xxl")}


app = App(
    label="Chemical order",
    path="ordapt",
    category="Atom probe",
    description="Results of ordapt: short-range order and domains in atom probe data.",
    readme="Each row is a result that an action of ordapt left: the step or recipe, what it was asked of, and how much order it found. Open one to see its figures, "
    "its inputs and the model it used; the digest is equal for equal results.",
    filters_locked={"section_defs.definition_qualified_name": [SCHEMA]},
    search_quantities=SearchQuantities(include=[f"*#{SCHEMA}"]),
    columns=[
        Column(search_quantity=_q("name"), label="Result", selected=True),
        Column(search_quantity=_q("step"), label="Step", selected=True),
        Column(search_quantity=_q("step_version"), label="Version of the step", selected=True),
        Column(search_quantity=_q("order[*].species"), label="Species", selected=True),
        Column(search_quantity=_q("mu"), label="μ", selected=True),
        Column(search_quantity=_q("domains"), label="Domains", selected=True),
        Column(search_quantity=_q("models[*].name"), label="Model"),
        Column(search_quantity=_q("results_sha256"), label="Digest"),
        Column(search_quantity="upload_name", label="Upload"),
        Column(search_quantity="upload_create_time", label="Time of upload"),
    ],
    menu=Menu(
        title="Filters",
        items=[
            MenuItemTerms(search_quantity=_q("step"), title="Step"),
            MenuItemTerms(search_quantity=_q("order.species"), title="Species"),
            MenuItemHistogram(x=Axis(search_quantity=_q("mu"), title="μ")),
            MenuItemHistogram(x=Axis(search_quantity=_q("domains"), title="Domains")),
            MenuItemTerms(search_quantity=_q("models.name"), title="Model"),
            MenuItemTerms(search_quantity=_q("models.model_sha256"), title="Digest of the model"),
            MenuItemTerms(search_quantity=_q("step_version"), title="Version of the step"),
            MenuItemTerms(search_quantity=_q("engine_version"), title="Version of the engine"),
        ],
    ),
    dashboard=Dashboard(
        widgets=[
            WidgetTerms(type="terms", title="Species", search_quantity=_q("order.species"), scale="linear", layout=_place(0, 0)),
            WidgetHistogram(type="histogram", title="μ", x=Axis(search_quantity=_q("mu")), nbins=30, layout=_place(8, 0)),
            WidgetScatterPlot(
                type="scatter_plot",
                title="Order and domains",
                x=Axis(search_quantity=_q("domains")),
                y=Axis(search_quantity=_q("mu")),
                size=1000,
                autorange=True,
                layout=_place(16, 0),
            ),
        ]
    ),
)
