"""One process of a training: `training_process.py KILL_AT ARGUMENTS...`, the arguments those of `heedful`.

It saves its state after every step, ends as by `kill -9` when the batch of step KILL_AT is asked for, and exports no
files, which would be the work of one process under TensorFlow.
"""

import os
import signal
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "recipes"))
import mounted  # noqa: F401

from heedful.recipes.suite import cli, train, training_loop


def main(kill_at: int, arguments: list[str]) -> int:
    training_loop.SAVE_SECONDS = 0.0
    batch_of = training_loop.Steps.__getitem__

    def batch_or_end(self, index):
        if self.start + index == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return batch_of(self, index)

    training_loop.Steps.__getitem__ = batch_or_end
    train.export = lambda *given: {}
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
