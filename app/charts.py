"""The charts of the results page: pure functions from runs to figures; nothing here knows Streamlit.

Altair, not Plotly: Streamlit brings it along, and draws it in the colours of the visitor's theme. A file of
it is made by vl-convert on the server without a browser, where Plotly's kaleido needs one.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import altair as alt
import pandas as pd
from runs import Epochs, Run
from turns import errors_by_turn

from facekp.results import SplitResults

PALETTE = ("#3f86d0", "#d27410", "#17967c", "#a166cf", "#c8588f", "#8a8416", "#a8702f", "#7b8794")
"""Colours of runs; each has a contrast of at least 3 to the light and to the dark ground, and none is a point's."""

HEIGHT, BARS_HEIGHT = 380, 130
"""Pixels of a chart on the page, and of what stands round bars: axis, legend, and the room between them."""
EXPORT_WIDTH, EXPORT_HEIGHT, EXPORT_SCALE = 760, 420, 2
"""Pixels of a file, and how many of its own a PNG has for each."""
EXPORT_TEXT = "#1f2933"

DASHES = {"training": [5, 4], "validation": [1, 0]}
"""Lengths of dashes and gaps, pixels."""
ERRORS = {"validation_nme": ("% of the eye distance", 100.0), "validation_error_px": ("pixels", 1.0)}
"""Errors that a run may note after each epoch, the best first: their unit, and the factor that brings them to it."""
SWEEP_NUMBERS = ("Learning rate", "Lowest validation loss")
LABEL_LETTERS, LINE_HEIGHT, BAR_HEIGHT = 24, 15, 16
"""Letters in a line beside bars, its height, and that of a bar, pixels."""


@dataclass(frozen=True, eq=False)
class Figure:
    """A chart and its numbers.

    Attributes
    ----------
    name : str
        Of its files, without suffix.
    title : str
        Shown above it, and in the files.
    note : str
        What has to be known to read it; may be empty.
    alt : str
        What it shows, for those who do not see it.
    table : DataFrame
        The numbers, a row for each mark.
    chart : altair.Chart
        Without size and title.
    bars_height : int
        Height of its bars, pixels; 0 for a chart that may have any.
    """

    name: str
    title: str
    note: str
    alt: str
    table: pd.DataFrame
    chart: alt.Chart
    bars_height: int = 0

    @property
    def height(self) -> int:
        """Pixels that the chart needs on the page, all round it included."""
        return self.bars_height + BARS_HEIGHT if self.bars_height else HEIGHT

    def on_page(self, height: int) -> alt.Chart:
        """The chart for the page, so many pixels high, all round it included."""
        return self.chart.properties(height=height, padding={"left": 0, "top": 0, "right": 8, "bottom": 4})

    @property
    def csv(self) -> bytes:
        """The numbers as a CSV file."""
        return self.table.to_csv(index=False).encode()

    def svg(self) -> bytes:
        """The chart as an SVG file, on white."""
        import vl_convert  # brings a JavaScript engine along: only for those who save a chart

        return str(vl_convert.vegalite_to_svg(self._specification())).encode()

    def png(self) -> bytes:
        """The chart as a PNG file, on white."""
        import vl_convert

        return bytes(vl_convert.vegalite_to_png(self._specification(), scale=EXPORT_SCALE))

    def _specification(self) -> dict[str, Any]:
        size = {"width": EXPORT_WIDTH, "height": self.bars_height or EXPORT_HEIGHT}
        title = alt.TitleParams(self.title, subtitle=self.note)
        chart = self.chart.properties(title=title, background="#ffffff", padding=16, **size)
        text = {"labelColor": EXPORT_TEXT, "titleColor": EXPORT_TEXT, "labelFontSize": 13, "titleFontSize": 13}
        chart = chart.configure_axis(**text).configure_legend(**text)
        large = {"fontSize": 16, "subtitleFontSize": 13, "anchor": "start", "offset": 12}
        return dict(chart.configure_title(color=EXPORT_TEXT, subtitleColor=EXPORT_TEXT, **large).to_dict())


def colours(runs: Sequence[Run]) -> dict[str, str]:
    """A colour for each run, the same in all charts."""
    return {run.name: PALETTE[index % len(PALETTE)] for index, run in enumerate(runs)}


def losses(runs: Sequence[Run], palette: Mapping[str, str], *, logarithmic: bool) -> Figure:
    """Training and validation loss of runs, laid over each other."""
    table = pd.concat([_losses(run.name, run.history) for run in runs if run.history], ignore_index=True)
    return _loss_figure("losses", "Training and validation loss", table, palette, logarithmic)


def sweep(run: Run, *, logarithmic: bool) -> Figure:
    """Training and validation loss of the runs of a sweep, laid over each other."""
    table = pd.concat([_losses(trial.name, trial.history) for trial in run.sweep], ignore_index=True)
    palette = {trial.name: PALETTE[index % len(PALETTE)] for index, trial in enumerate(run.sweep)}
    title = f"Learning rate and filter size of {run.name}"
    return _loss_figure(f"sweep_{run.name}", title, table, palette, logarithmic)


def sweep_table(runs: Sequence[Run]) -> pd.DataFrame:
    """The epoch with the lowest validation loss of each run of the sweeps."""
    rows = []
    for run in runs:
        for trial in run.sweep:
            best = min(trial.history, key=lambda record: float(record["validation_loss"]))
            row = {
                "Sweep of": run.name,
                "Filter size": f"{trial.kernel_size} × {trial.kernel_size}",
                SWEEP_NUMBERS[0]: trial.learning_rate,
                SWEEP_NUMBERS[1]: best["validation_loss"],
                "In epoch": best["epoch"],
            }
            rows.append(row)
    return pd.DataFrame(rows)


def validation_errors(runs: Sequence[Run], palette: Mapping[str, str], *, logarithmic: bool) -> Figure | None:
    """The error on the validation photographs after each epoch, in the best of `ERRORS` that was noted."""
    for field, (unit, factor) in ERRORS.items():
        rows = [
            {"run": run.name, "epoch": record["epoch"], "error": factor * record[field]}
            for run in runs
            for record in run.history
            if record.get(field) is not None
        ]
        if not rows:
            continue
        table = pd.DataFrame(rows)
        chart = (
            alt.Chart(table)
            .mark_line(strokeWidth=2)
            .encode(
                x=_epoch_axis(),
                y=_falling_axis("error:Q", f"Mean error, {unit}", logarithmic),
                color=run_colour(table["run"], palette),
                tooltip=["run", "epoch", alt.Tooltip("error", format=".4g")],
            )
        )
        ends = ", ".join(f"{run} ends at {part['error'].iloc[-1]:.3g} {unit}" for run, part in table.groupby("run"))
        title, note = "Validation error", "On the true faces, without the detector, after each epoch."
        return Figure(field, title, note, f"{title} over epochs: {ends}.", table, chart)
    return None


def cumulative(results: Sequence[SplitResults], palette: Mapping[str, str]) -> Figure:
    """Share of the faces of a split whose error is at most so large."""
    tables = [
        pd.DataFrame(
            {
                "run": result.checkpoint,
                "error, %": result.curve["thresholds_percent"],
                "faces, %": result.curve["shares_percent"],
            }
        )
        for result in results
    ]
    table = pd.concat(tables, ignore_index=True)
    chart = (
        alt.Chart(table)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("error, %:Q", title="Error, %"),
            y=alt.Y("faces, %:Q", title="Faces with at most this error, %", scale=alt.Scale(domain=[0, 100])),
            color=run_colour(table["run"], palette),
            tooltip=["run", alt.Tooltip("error, %", format=".1f"), alt.Tooltip("faces, %", format=".1f")],
        )
    )
    limit = max(results[0].curve["thresholds_percent"])
    shares = ", ".join(f"{result.checkpoint} {result.curve['shares_percent'][-1]:.1f} %" for result in results)
    said = f"Share of the faces over their error. At most {limit:g} % off: {shares}."
    name = f"cumulative_{results[0].split}"
    return Figure(name, "Cumulative error", _percent_of(results), said, table, chart)


def regions(results: Sequence[SplitResults], palette: Mapping[str, str]) -> Figure:
    """Mean error of each part of the face."""
    rows = [
        {"run": result.checkpoint, "part": part, "error, %": numbers["nme_percent"]}
        for result in results
        for part, numbers in result.regions.items()
    ]
    return _bars(f"regions_{results[0].split}", "Error by part of the face", rows, results, palette)


def views(results: Sequence[SplitResults], palette: Mapping[str, str]) -> Figure:
    """Mean error in each view of IMM."""
    rows = [
        {"run": result.checkpoint, "view": f"{view}: {numbers['title']}", "error, %": numbers["nme_percent"]}
        for result in results
        for view, numbers in result.views.items()
    ]
    return _bars(f"views_{results[0].split}", "Error by view", rows, results, palette)


def turns(results: Sequence[SplitResults], palette: Mapping[str, str]) -> Figure | None:
    """Mean error by how far the heads are turned; None where no pose is known."""
    rows = [
        {"run": result.checkpoint, "turn": turn, "error, %": error, "photographs": count}
        for result in results
        for turn, (error, count) in errors_by_turn(result).items()
    ]
    if not rows:
        return None
    rows.sort(key=lambda row: str(row["turn"]))  # a run may lack the photographs for a group
    figure = _bars(f"turns_{results[0].split}", "Error by turn of the head", rows, results, palette)
    return replace(figure, note=f"{figure.note} Degrees to either side, by the points that were found.")


def _bars(
    name: str, title: str, rows: list[dict[str, Any]], results: Sequence[SplitResults], palette: Mapping[str, str]
) -> Figure:
    """Lying bars, a group for each value of the second column and a bar in it for each run."""
    table = pd.DataFrame(rows)
    group = table.columns[1]
    shown = table.assign(group=[textwrap.fill(each, LABEL_LETTERS) for each in table[group]])
    groups, runs = list(dict.fromkeys(shown["group"])), [result.checkpoint for result in results]
    axis = alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=0, ticks=False, domain=False)
    chart = (
        alt.Chart(shown)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y("group:N", title=None, sort=groups, axis=axis, scale=alt.Scale(paddingInner=0.35)),
            yOffset=alt.YOffset("run:N", sort=runs),
            x=alt.X("error, %:Q", title="Mean error, %", axis=alt.Axis(tickCount=8)),
            color=run_colour(runs, palette, symbol="square"),
            tooltip=["run", group, alt.Tooltip("error, %", format=".2f")],
        )
    )
    said = "; ".join(f"{row['run']}, {row[group]}: {row['error, %']:.2f} %" for row in rows)
    lines = 1 + max(each.count("\n") for each in groups)
    height = len(groups) * max(lines * LINE_HEIGHT + 8, BAR_HEIGHT * len(runs) + 16)
    return Figure(name, title, _percent_of(results), f"{title}. {said}.", table, chart, bars_height=height)


def _percent_of(results: Sequence[SplitResults]) -> str:
    return f"In percent of the {results[0].normaliser}."


def _losses(name: str, history: Epochs) -> pd.DataFrame:
    epochs = [record["epoch"] for record in history]
    lines = [
        pd.DataFrame({"run": name, "line": line, "epoch": epochs, "loss": [r[f"{line}_loss"] for r in history]})
        for line in DASHES
    ]
    return pd.concat(lines)


def _loss_figure(name: str, title: str, table: pd.DataFrame, palette: Mapping[str, str], logarithmic: bool) -> Figure:
    chart = (
        alt.Chart(table[table["loss"] > 0] if logarithmic else table)
        .mark_line(strokeWidth=2)
        .encode(
            x=_epoch_axis(),
            y=_falling_axis("loss:Q", "Loss", logarithmic),
            color=run_colour(table["run"], palette),
            strokeDash=alt.StrokeDash(
                "line:N", legend=None, scale=alt.Scale(domain=list(DASHES), range=list(DASHES.values()))
            ),
            tooltip=["run", "line", "epoch", alt.Tooltip("loss", format=".4g")],
        )
    )
    last = table.groupby(["run", "line"], sort=False)["loss"].last()
    ends = "; ".join(f"{run}, {line}, ends at {loss:.3g}" for (run, line), loss in last.items())
    return Figure(name, title, "Dashed: training; solid: validation.", f"{title} over epochs: {ends}.", table, chart)


def _epoch_axis() -> alt.X:
    scale = alt.Scale(zero=False, nice=False)
    return alt.X("epoch:Q", title="Epoch", scale=scale, axis=alt.Axis(tickMinStep=1, tickCount=10, format="d"))


def _falling_axis(field: str, title: str, logarithmic: bool) -> alt.Y:
    """The axis of what falls from epoch to epoch."""
    scale = alt.Scale(type="log", nice=False) if logarithmic else alt.Scale(zero=False)
    return alt.Y(field, title=title, scale=scale, axis=alt.Axis(tickCount=5))


def run_colour(names: Iterable[str], palette: Mapping[str, str], symbol: str = "stroke") -> alt.Color:
    """The colours of runs, and their legend where there are several."""
    runs = list(dict.fromkeys(names))
    scale = alt.Scale(domain=runs, range=[palette[run] for run in runs])
    room = {"padding": 0, "offset": 8, "rowPadding": 2}
    legend = alt.Legend(orient="top", columns=2, labelLimit=0, symbolType=symbol, symbolStrokeWidth=3, **room)
    return alt.Color("run:N", title=None, scale=scale, legend=legend if len(runs) > 1 else None)
