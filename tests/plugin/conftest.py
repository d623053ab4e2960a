"""Fixtures: one file of every kind, made once; the definitions that pynxtools brings, and those with ours beside them."""
import os
import pathlib

import pytest

from made import DEFINITIONS, METADATA, NETWORK_RECIPES, RECIPES, RUNS, SOURCE, Workshop, write_amended, write_checkpoints


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    shop = Workshop(tmp_path_factory.mktemp("files"))
    (shop.folder / "facts.yaml").write_text(METADATA, encoding="utf-8")
    write_checkpoints(shop.folder)
    for name, arguments in RECIPES + RUNS:
        shop.make(name, arguments)
    folder = pathlib.Path(os.environ.get("ORDAPT_REFERENCE") or SOURCE.parent / "shared" / "reference")
    networks = sorted(map(str, (folder / "ml-apt").glob("cocrni_model_?.h5")))
    for name, arguments in NETWORK_RECIPES if networks else []:
        shop.make(name, arguments.format(networks=" ".join(networks)))
    return shop


@pytest.fixture(scope="session")
def stock():
    """The definitions that pynxtools brings."""
    import pynxtools

    return pathlib.Path(pynxtools.__file__).parent / "definitions"


@pytest.fixture(scope="session")
def overlay(stock, tmp_path_factory):
    """The stock definitions with ours beside them, all by links but one.

    NXapm lists the attribute `units` of some axes as one more attribute instead of as a category of units, and the
    validator of pynxtools (0.14 to 0.16) passes over attributes of that name, so that it misses them in every file.
    The copy of NXapm here says the same by categories.
    """
    folder = tmp_path_factory.mktemp("definitions")
    for name in ("base_classes", "nxdl.xsd", "nxdlTypes.xsd", "NXDL_VERSION"):
        (folder / name).symlink_to(stock / name)
    for part in ("applications", "contributed_definitions"):
        (folder / part).mkdir()
        for path in (stock / part).glob("*.xml"):
            if path.name != "NXapm.nxdl.xml":
                (folder / part / path.name).symlink_to(path)
    for path in DEFINITIONS.glob("*.nxdl.xml"):
        (folder / "contributed_definitions" / path.name).symlink_to(path)
    write_amended(stock / "applications" / "NXapm.nxdl.xml", folder / "applications" / "NXapm.nxdl.xml")
    return folder
