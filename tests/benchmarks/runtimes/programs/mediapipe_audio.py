"""MediaPipe's AudioClassifier, clips and stream: `python mediapipe_audio.py MODEL CASES`.

It gives only the probabilities. A stream is cut into windows side by side, so that one case after the other is the same
question as the clips.
"""

import sys
from pathlib import Path

import numpy as np
from mediapipe.tasks.python import BaseOptions  # pyright: ignore[reportMissingImports]
from mediapipe.tasks.python.audio import AudioClassifier, AudioClassifierOptions, RunningMode  # pyright: ignore[reportMissingImports]
from mediapipe.tasks.python.components.containers.audio_data import AudioData, AudioDataFormat  # pyright: ignore[reportMissingImports]

RATE = 16000


def heard(answer) -> tuple[np.ndarray, list[str]]:
    """Probabilities in the order of the labels, and the labels, of the head that has some."""
    (head,) = [head for head in answer.classifications if any(category.category_name for category in head.categories)]
    categories = sorted(head.categories, key=lambda category: category.index)
    return np.array([category.score for category in categories], np.float32), [c.category_name for c in categories]


def sound(case: Path) -> AudioData:
    waveform = np.frombuffer((case / "in.waveform").read_bytes(), np.float32)
    data = AudioData(len(waveform), AudioDataFormat(1, RATE))
    data.load_from_array(waveform)
    return data


def main(path: str, folder: str) -> None:
    cases = [signature.parent for signature in Path(folder).glob("*/signature")]
    options = AudioClassifierOptions(BaseOptions(path), running_mode=RunningMode.AUDIO_CLIPS)
    with AudioClassifier.create_from_options(options) as classifier:
        for case in cases:
            probabilities, labels = heard(classifier.classify(sound(case))[0])
            (case / "out.probabilities").write_bytes(probabilities.tobytes())
            (Path(folder) / "attachment.labels.txt").write_text("".join(f"{label}\n" for label in labels))

    answers = []
    options = AudioClassifierOptions(
        BaseOptions(path),
        running_mode=RunningMode.AUDIO_STREAM,
        result_callback=lambda answer, timestamp: answers.append(heard(answer)[0]),
    )
    with AudioClassifier.create_from_options(options) as classifier:
        for second, case in enumerate(cases):
            classifier.classify_async(sound(case), 1000 * second)
    for case, probabilities in zip(cases, answers, strict=True):
        (case / "out.probabilities.stream").write_bytes(probabilities.tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
