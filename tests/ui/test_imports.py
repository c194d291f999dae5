"""What a kernel must load before its first picture costs every student memory and time."""

import subprocess
import sys


def test_the_first_picture_loads_no_scipy_and_no_pyplot():
    code = (
        "import sys, labkit; labkit.show('signal_propagation');"
        "heavy = ('scipy', 'matplotlib.pyplot', 'pandas', 'voila', 'jupyterlab');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
