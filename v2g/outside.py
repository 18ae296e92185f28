"""Parts of the model from outside the package: classes in a file of the user."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path

from v2g.errors import ModelError, UsageError
from v2g.language import Part, check_part


def load_parts(file: Path | str) -> tuple[type[Part], ...]:
    """The parts defined in a Python file, in the order in which they stand there. The file is run.

    Raises UsageError where there is no such file, or no part in it, and ModelError where it cannot be run.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise UsageError(f"{path} is no file. Give a Python file with a subclass of v2g.language.Part.")
    name = f"v2g_outside_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is no Python file: its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ModelError(f"{path} cannot be run: {type(error).__name__}: {error}.") from error
    own = [c for c in vars(module).values() if inspect.isclass(c) and issubclass(c, Part) and c.__module__ == name]
    found = tuple(dict.fromkeys(part for part in own if part.table))
    if not found:
        raise UsageError(f"{path} defines no part: no subclass of v2g.language.Part with a table.")
    for part in found:
        check_part(part)
    return found
