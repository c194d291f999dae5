"""The house: a room imports only from those to its left."""

import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("lint-imports")


def test_the_layer_contract_is_kept() -> None:
    done = subprocess.run([COMMAND], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
