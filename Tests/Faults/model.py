"""The ledger and its lots against a model of them that fits on one screen: a walk of random steps,
which is a Swift test because it takes them by the shop's own functions."""

import os
import random
import re
import shutil
import subprocess

from stack import FOREIGN, TOP, demand

SUITE = "Books against a model"
# As bin/test builds the Swift tests (bin/lib.sh).
BUILD = ["-c", "release", "-Xswiftc", "-enable-testing", "--scratch-path", ".build-tests"]


def walk(dice: random.Random, steps: int) -> str:
    """So many random steps: buying, granting, ordering, delivering, refunding, lapsing. After each
    the books are compared with the model, and audited now and then (L4, C1 to C6, J2)."""
    swift = shutil.which("swift")
    demand(swift is not None, "swift is not in PATH")
    seed = dice.getrandbits(63)
    environment = {k: v for k, v in os.environ.items() if not FOREIGN.match(k)}
    result = subprocess.run(
        [swift, "test", "--skip-build", *BUILD, "--filter", SUITE],
        cwd=TOP, env={**environment, "SEED": str(seed), "STEPS": str(steps)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
    )
    output = result.stdout + result.stderr
    demand(
        result.returncode == 0 and re.search(r"Test run with [1-9]\d* tests? .*passed", output),
        f"SEED={seed} STEPS={steps}: {output[-2000:]}")
    walks = [int(count) for count in re.findall(r"SEED=\d+ STEPS=(\d+)$", output, re.MULTILINE)]
    demand(f"SEED={seed} " in output and sum(walks) == steps, f"walked {walks} of {steps} steps")
    return f"{steps} steps in {len(walks)} walks from seed {seed}, no difference"
