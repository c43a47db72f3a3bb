"""What saved summarizers answer under the backend of this process: `summarizer_backend_run.py FOLDER` reads the
`.keras` files in it and writes `FOLDER/answers.npz`.
"""

import sys
from pathlib import Path

import keras
import numpy as np
from small_summarizer import answers


def main(folder):
    found = {}
    for path in sorted(folder.glob("*.keras")):
        model = keras.saving.load_model(path, compile=False)
        found |= {f"{path.stem}_{name}": value for name, value in answers(model).items()}
    np.savez(folder / "answers.npz", **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
