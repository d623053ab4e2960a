"""The default plot of a NeXus file as a figure for plotly: what H5Web shows when the file is opened."""

from __future__ import annotations

from typing import Any

MOST_POINTS = 20_000
Figure = dict[str, Any]


def of_file(path: str) -> list[tuple[str, Figure]]:
    """Default plots of the entry and of each of its subentries, each once: label and figure."""
    import h5py

    with h5py.File(path, "r") as file:
        entry = next(item for item in file.values() if _class(item) == "NXentry")
        groups = [entry, *(item for item in entry.values() if _class(item) == "NXsubentry")]
        found = {data.name: data for group in groups if (data := _default(group)) is not None}
        made = [(name.removeprefix(entry.name).strip("/"), _figure(data)) for name, data in found.items()]
    return [(label, figure) for label, figure in made if figure]


def _class(item: Any) -> str:
    name = item.attrs.get("NX_class", "")
    return name.decode() if isinstance(name, bytes) else str(name)


def _default(group: Any) -> Any:
    """Follows `default` from group to group to an NXdata."""
    for _ in range(8):
        if _class(group) == "NXdata":
            return group
        name = group.attrs.get("default")
        if name is None or name not in group:
            return None
        group = group[name]
    return None


def _figure(data: Any) -> Figure:
    """A line, or a map at the slice that the file proposes; {} for what is neither."""
    signal = data[data.attrs["signal"]]
    axes = [axis for axis in _words(data.attrs.get("axes", [])) if axis]
    title = str(_text(data["title"][()])) if "title" in data else data.name
    if signal.ndim == 1 and len(axes) == 2 and axes[0] != "." and data[axes[0]].shape == signal.shape:
        return _cloud(data, signal, axes, title)
    if signal.ndim == 1:
        x, step = _axis(data, axes, 0, len(signal)), max(1, len(signal) // MOST_POINTS)
        trace = {"type": "scatter", "mode": "lines", "x": x[::step], "y": _list(signal[::step]), "name": _label(signal)}
        return {"data": [trace], "layout": _layout(title, _axis_label(data, axes, 0), _label(signal))}
    if signal.ndim < 2 or signal.size == 0:
        return {}
    plane = signal[_slice(data, signal.ndim)]
    stride = max(1, int((plane.size / MOST_POINTS) ** 0.5))
    rows, columns = signal.ndim - 2, signal.ndim - 1
    if "default_slice" in data.attrs:
        rows, columns = [k for k, word in enumerate(_words(data.attrs["default_slice"])) if word == "."][-2:]
    trace = {
        "type": "heatmap",
        "x": _axis(data, axes, columns, signal.shape[columns])[::stride],
        "y": _axis(data, axes, rows, signal.shape[rows])[::stride],
        "z": _list(plane[::stride, ::stride]),
    }
    return {"data": [trace], "layout": _layout(title, _axis_label(data, axes, columns), _axis_label(data, axes, rows))}


def _cloud(data: Any, signal: Any, axes: list[str], title: str) -> Figure:
    step = max(1, len(signal) // MOST_POINTS)
    trace = {
        "type": "scattergl",
        "mode": "markers",
        "x": _list(data[axes[0]][::step]),
        "y": _list(data[axes[1]][::step]),
        "marker": {"color": _list(signal[::step]), "size": 3},
    }
    return {"data": [trace], "layout": _layout(title, _label(data[axes[0]]), _label(data[axes[1]]))}


def _slice(data: Any, ndim: int) -> tuple[Any, ...]:
    if "default_slice" in data.attrs:
        return tuple(slice(None) if word == "." else int(word) for word in _words(data.attrs["default_slice"]))
    return (*(0 for _ in range(ndim - 2)), slice(None), slice(None))


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _words(value: Any) -> list[str]:
    return [str(_text(value))] if isinstance(value, str | bytes) else [str(_text(word)) for word in value]


def _list(values: Any) -> list[Any]:
    """Numbers as JSON has them: nothing for what is not finite."""
    found = values.tolist()
    if found and isinstance(found[0], list):
        return [_list_of(row) for row in found]
    return _list_of(found)


def _list_of(row: list[Any]) -> list[Any]:
    return [value if value == value and abs(value) != float("inf") else None for value in row]


def _axis(data: Any, axes: list[str], k: int, n: int) -> list[Any]:
    if k < len(axes) and axes[k] != "." and axes[k] in data and data[axes[k]].shape == (n,):
        return _list(data[axes[k]][()])
    return list(range(n))


def _axis_label(data: Any, axes: list[str], k: int) -> str:
    return _label(data[axes[k]]) if k < len(axes) and axes[k] != "." and axes[k] in data else ""


def _label(dataset: Any) -> str:
    named = _text(dataset.attrs.get("long_name"))
    unit = _text(dataset.attrs.get("units", ""))
    return str(named) if named else dataset.name.rsplit("/", 1)[-1] + (f" ({unit})" if unit else "")


def _layout(title: str, x: str, y: str) -> dict[str, Any]:
    return {"title": {"text": title}, "xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}
