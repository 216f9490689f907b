"""``python -m facekp`` is the ``facekp`` command."""

from facekp.cli import console

console()
