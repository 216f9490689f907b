"""A checkpoint: weights as safetensors, and a readable card that rebuilds the network."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facekp.confidence import Confidence
from facekp.errors import CheckpointError
from facekp.files import make_folder, reason, write_bytes
from facekp.inventory import CARD, WEIGHTS, checkpoint_names, checkpoints_folder, joined_sha256, scout_folder
from facekp.schema import SCHEMAS, Schema

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class InputSpec:
    """What a network expects, and how its crops are cut.

    Attributes
    ----------
    size : int
        Side of the crop, or width of the whole picture, network pixels.
    channels : int
        1: grey.
    mean, std : float
        A grey value v from 0 to 255 enters the network as ``(v - mean) / std``.
    margin : float
        Side of the crop over the longer side of the box round the points.
    looks : int
        How often the network is asked; from the second time on, and after a scout's look from the
        first, the crop is upright and lies round the points found before.
    mirror : bool
        Whether the last look is averaged with one at the mirrored crop.
    height : int, optional
        For a network that sees the whole picture instead of a crop: its height, network pixels.
        The picture is stretched, no face is looked for, and the margin has no meaning.
    scout : str, optional
        Name of the checkpoint of a small network that looks first. It lies beside this one, or comes
        with facekp.
    """

    size: int
    channels: int
    mean: float
    std: float
    margin: float
    looks: int
    mirror: bool
    height: int | None = None
    scout: str | None = None

    def __post_init__(self) -> None:
        known = isinstance(self.size, int) and isinstance(self.scout, str | None) and self.channels == 1
        if not (known and self.size > 0 and self.std > 0 and self.margin > 0 and self.looks > 0):
            raise CheckpointError(f"the card describes an input that makes no sense: {self}")
        if self.height is not None and not (self.height > 0 and self.looks == 1 and self.scout is None):
            raise CheckpointError(f"the card describes a whole picture that makes no sense: {self}")

    @property
    def whole(self) -> bool:
        """Whether the network sees the whole picture."""
        return self.height is not None

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height of the input, network pixels."""
        return self.size, self.height or self.size


@dataclass(frozen=True)
class Checkpoint:
    """A trained network and what is known of it.

    Attributes
    ----------
    name : str
        Name of its folder.
    make_network : callable
        Gives the network; always the same one.
    schema : Schema
        The meaning of the K points.
    input : InputSpec
        What it is fed with.
    card : dict
        All that the card says.
    sha256 : str
        Of the weights file.
    scout : Checkpoint, optional
        The network that looks first.
    confidence : Confidence, optional
        What the spread of its heatmaps means; None where that was not fitted, and without heatmaps.
    """

    name: str
    make_network: Callable[[], nn.Module] = field(repr=False)
    schema: Schema
    input: InputSpec
    card: dict[str, Any]
    sha256: str
    scout: Checkpoint | None = None
    confidence: Confidence | None = None

    @property
    def network(self) -> nn.Module:
        """Crops (N, C, S, S) → relative coordinates (N, K, 2); in eval mode, its parameters fixed.

        Raises
        ------
        CheckpointError
            If its weights are broken, or are gone or others since the checkpoint was opened.
        """
        return self.make_network()

    @property
    def weights_sha256(self) -> str:
        """Of all weights that keypoints depend on, the scout's too; results name it."""
        return joined_sha256(self.sha256, self.scout.weights_sha256 if self.scout else None)

    @property
    def fingerprint(self) -> str:
        """A SHA-256 of all that keypoints depend on: weights, input, confidence, the scout's. The key for caches."""
        scout = self.scout.fingerprint if self.scout else ""
        parts = (self.sha256, repr(self.input), repr(self.card.get("confidence")), scout)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def load_checkpoint(name: str | os.PathLike[str]) -> Checkpoint:
    """Load a checkpoint, and its scout if it has one, strictly; no code in the files is run.

    Parameters
    ----------
    name : str or path
        A name that `checkpoint_names` gives, or a folder.

    Raises
    ------
    CheckpointError
        If the folder, its card or its weights are missing, or do not fit each other.
    """
    checkpoint = open_checkpoint(name)
    for each in (checkpoint, checkpoint.scout):
        if each is not None:
            each.make_network()
    return checkpoint


def open_checkpoint(name: str | os.PathLike[str]) -> Checkpoint:
    """Open a checkpoint without torch: its network, and its scout's, are made when they are first asked for.

    Parameters and errors are those of `load_checkpoint`, but that broken weights are found when the network is made.
    """
    folder = checkpoint_folder(name)
    checkpoint = _open(folder)
    scout = checkpoint.input.scout
    return checkpoint if scout is None else replace(checkpoint, scout=_open_scout(folder, scout, checkpoint.schema))


def _open(folder: Path) -> Checkpoint:
    """The checkpoint in a folder, without its scout."""
    card = _read_card(folder / CARD)
    try:
        schema = SCHEMAS[card["schema"]]
        spec = InputSpec(**card["input"])
    except (KeyError, TypeError) as error:
        raise _misunderstood(folder, error) from None
    path = folder / WEIGHTS
    sha256 = hashlib.sha256(_read(path, beside=CARD)).hexdigest()

    make_network = _StoredNetwork(path, sha256, card, len(schema), spec.channels)
    return Checkpoint(
        folder.name, make_network, schema, spec, card, sha256, confidence=Confidence.from_card(card, len(schema))
    )


_loading = threading.Lock()


@dataclass(eq=False)
class _StoredNetwork:
    """Makes the network of a checkpoint from its file, once."""

    path: Path
    sha256: str
    card: dict[str, Any]
    points: int
    channels: int
    network: nn.Module | None = None

    def __call__(self) -> nn.Module:
        with _loading:
            if self.network is None:
                self.network = self._made()
            return self.network

    def _made(self) -> nn.Module:
        from facekp.weights import made_network  # with torch, which takes a second

        data = _read(self.path, beside=CARD)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise CheckpointError(f"{self.path} has changed since the checkpoint was opened; open it again")
        try:
            return made_network(self.card, self.points, self.channels, data, self.path)
        except (KeyError, TypeError) as error:
            raise _misunderstood(self.path.parent, error) from None


def _misunderstood(folder: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"{folder / CARD} lacks, or does not understand, {error}; restore the file")


def save_checkpoint(folder: str | os.PathLike[str], network: nn.Module, card: dict[str, Any]) -> None:
    """Write a network as float16 weights and a card.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    network : torch.nn.Module
        Its floating tensors are stored as float16.
    card : dict
        Must hold ``schema``, ``network``, ``input``, and ``network_options`` where the network has any;
        from them `load_checkpoint` rebuilds it.
    """
    from facekp.weights import half_weights

    target = make_folder(folder, parents=True)
    write_bytes(target / WEIGHTS, half_weights(network))
    write_card(target, card)


def write_card(folder: str | os.PathLike[str], card: dict[str, Any]) -> None:
    """Write a card into a checkpoint's folder."""
    write_bytes(Path(folder) / CARD, (json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode())


def _open_scout(folder: Path, name: str, schema: Schema) -> Checkpoint:
    """The checkpoint `name` beside a checkpoint's folder, or else of facekp's own; it must serve as a scout."""
    found = scout_folder(folder, name)
    if found is None:
        raise CheckpointError(
            f"{folder / CARD} names the scout {name!r}, which is neither beside it nor comes with facekp; "
            f'put its folder at {folder.parent / name}, or remove "scout" from the card'
        )
    scout = _open(found)
    if scout.schema is not schema or scout.input.whole or scout.input.scout is not None:
        raise CheckpointError(
            f"{name!r} cannot be the scout of {folder.name!r}; name a network that finds the same points "
            "in a crop, and has no scout itself"
        )
    return scout


def checkpoint_folder(name: str | os.PathLike[str]) -> Path:
    """The folder of the checkpoint that `load_checkpoint` loads by this name; its errors are a `CheckpointError`."""
    if not isinstance(name, str | os.PathLike):
        raise CheckpointError(f"a checkpoint has a name or a folder, not {name!r:.80}")
    folder = checkpoints_folder() / name if name in checkpoint_names() else Path(name)
    try:
        there = folder.is_dir()
    except OSError:  # a name that is too long, say
        there = False
    if not there:
        known = ", ".join(checkpoint_names()) or "none"
        raise CheckpointError(f"there is no checkpoint {str(name)!r}; give a folder, or one of: {known}")
    return folder


def _read(path: Path, beside: str) -> bytes:
    """One of a checkpoint's two files; `beside` is the name of the other."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"{path.parent} has no {path.name}; a checkpoint is that file and {beside}") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {reason(error)}") from None


def _read_card(path: Path) -> dict[str, Any]:
    data = _read(path, beside=WEIGHTS)
    try:
        card = json.loads(data)
    except ValueError as error:  # bytes that are no text, too
        raise CheckpointError(f"{path} cannot be read as JSON ({error}); restore the file") from None
    if not isinstance(card, dict):
        raise CheckpointError(f"{path} holds no JSON object; restore the file")
    return card
