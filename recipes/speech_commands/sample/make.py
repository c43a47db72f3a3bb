"""Makes the embedded sample recordings, so that the recipe trains, tests and demonstrates itself offline.

Real recordings would need a download and a licence; espeak-ng gives many voices, and each file can be made again:

    python -m heedful.recipes.speech_commands.sample.make              # the folder of this file
    python -m heedful.recipes.speech_commands.sample.make --out DIR    # anywhere else

It writes `{train,validation,test}/<word>/<voice>.flac` (16 kHz, mono, 16 bit), where the folder `_unknown_` holds other
words as `<voice>_nohash_<word>.flac`: the name before `_nohash_` is the speaker, as in Speech Commands. A voice is one
espeak-ng variant with one accent, and belongs to one split, together with every variant that sounds nearly the same.
`recording.flac` is a test voice saying six words in noise; `recording.json` says when each word begins (seconds).

Two runs give equal bytes with the same espeak-ng, soxr and libFLAC (committed: Debian's espeak-ng 1.51).
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from heedful.apps.errors import InputError

FOLDER = Path(__file__).parent
RATE = 16000

WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
NEAR = ("yet", "nose", "cup", "town", "lift", "ride", "dawn", "cough", "shop", "goat", "step", "low")
FAR = (
    "cat", "house", "happy", "seven", "zero", "bird", "tree", "marvin",
    "visual", "wow", "five", "music", "window", "eight", "sheila", "banana",
)  # fmt: skip
ONLY_TEST = ("three", "forward", "garden", "robot")  # a real stranger also says words that no training clip holds
RECORDED = ("yes", "left", "stop", "go", "down", "right")
RECORDING_VOICE = "us+boris"

ACCENTS = {
    "us": "en-us",
    "nyc": "en-us-nyc",
    "gb": "en",  # not "en-gb": espeak-ng 1.51 would drop the variant without a word
    "rp": "en-gb-x-rp",
    "scot": "en-gb-scotland",
    "lanc": "en-gb-x-gbclan",
    "mid": "en-gb-x-gbcwmd",
    "car": "en-029",
}

# accent+variant. Chosen by the distance of their log-mel spectra: no variant here is near one of another split.
VOICES = {
    "train": (
        "us+Alex", "gb+Alicia", "car+Annie", "rp+aunty", "us+announcer", "lanc+croak", "nyc+Diogo", "us+f2",
        "scot+f3", "mid+f5", "gb+iven", "nyc+iven2", "us+Jacky", "scot+klatt", "us+klatt4", "nyc+linda", "car+m1",
        "scot+m2", "us+m3", "gb+m4", "mid+m5", "rp+m7", "lanc+m8", "car+Mario", "gb+michel", "us+norbert",
        "scot+quincy", "nyc+robert", "rp+steph", "us+Storm", "car+edward2", "mid+Tweaky", "us+whisper", "lanc+zac",
    ),
    "validation": (
        "rp+f4", "gb+gustave", "scot+grandma", "us+iven3", "car+travis",
    ),
    "test": (
        "gb+f1", "us+boris", "scot+belinda", "rp+klatt3", "nyc+pablo", "mid+sandro", "lanc+shelby", "mid+victor",
    ),
}  # fmt: skip


def random(*key: object) -> np.random.Generator:
    """A generator that depends on the key alone, not on the order in which files are made."""
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def name(voice: str) -> str:
    """The voice as it stands in file names: `us+Alex` -> `us-alex`."""
    return voice.replace("+", "-").lower()


def unknown_words(split: str, index: int) -> list[str]:
    """The four words that voice number `index` of a split says for `_unknown_`: two near misses and two others."""
    far = FAR if split != "test" else FAR[:4] + ONLY_TEST
    return [words[(2 * index + i) % len(words)] for words in (NEAR, far) for i in range(2)]


def speak(voice: str, word: str, take: int = 0, variant: bool = True) -> np.ndarray:
    """One word from espeak-ng as float64 (samples,) at 16 kHz; pace and pitch belong to the voice, and vary a little.

    The accent is one of `ACCENTS`, or a language of espeak-ng. `take` draws that little anew; without `variant` the
    accent's plain voice speaks. Raises InputError when espeak-ng is not installed or does not know the accent.
    """
    import soxr

    accent, _, timbre = voice.partition("+")
    own, now = random(voice), random(voice, word, take)
    pace = own.uniform(125, 180) * now.uniform(0.93, 1.07)  # words per minute
    pitch = own.uniform(35, 65) + now.uniform(-6, 6)  # 0..99, 50 is the variant's own
    command = ["espeak-ng", "-v", ACCENTS.get(accent, accent) + f"+{timbre}" * variant, "-z", "--stdout"]
    command += ["-s", str(round(pace)), "-p", str(round(pitch)), "-a", "40", word]  # louder than 40 clips inside espeak
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        raise InputError("espeak-ng is not installed: sudo apt-get install espeak-ng") from None
    if done.returncode or len(done.stdout) <= 44:
        reason = done.stderr.decode(errors="replace").strip()
        raise InputError(f"espeak-ng does not speak voice {voice} ({reason}): install Debian's espeak-ng 1.51 or later")
    rate = int.from_bytes(done.stdout[24:28], "little")
    samples = np.frombuffer(done.stdout[44:], "<i2").astype(np.float64) / 32768
    return soxr.resample(samples, rate, RATE, quality="VHQ")


def trim(samples: np.ndarray, margin: int = RATE // 40) -> np.ndarray:
    """Cuts what is 60 dB below the loudest 10 ms at both ends, leaving `margin` samples, faded at the very ends."""
    power = np.convolve(samples**2, np.ones(RATE // 100), "same")
    loud = np.flatnonzero(power > power.max() * 1e-6)
    samples = np.pad(samples, margin)[loud[0] : loud[-1] + 1 + 2 * margin]
    ramp = np.linspace(0, 1, margin // 2)
    samples[: ramp.size] *= ramp
    samples[-ramp.size :] *= ramp[::-1]
    return samples


def to_int16(samples: np.ndarray, peak_db: float) -> np.ndarray:
    """Scales to a peak in dBFS and keeps the 9 bits below that peak, which halves the size of the FLAC.

    The rounding noise is about 60 dB below the peak, less than the noise of any room.
    """
    peak = 32768 * 10 ** (peak_db / 20)
    step = 2 ** int(np.floor(np.log2(peak / 256)))
    return (np.round(samples / np.abs(samples).max() * peak / step) * step).astype(np.int16)


def clip(voice: str, word: str) -> np.ndarray:
    """One finished clip, int16 (samples,), with a peak between -18 and -3 dBFS."""
    return to_int16(trim(speak(voice, word)), random(voice, word, "level").uniform(-18, -3))


def recording() -> tuple[np.ndarray, list[dict]]:
    """About ten seconds of int16 with six words in soft noise, and where each begins: [{"time": seconds, "label"}]."""
    generator = random("recording")
    pieces, truth, at = [np.zeros(RATE)], [], RATE
    for word in RECORDED:
        spoken = trim(speak(RECORDING_VOICE, word, take=1))
        spoken = spoken / np.abs(spoken).max() * generator.uniform(0.25, 0.5)
        pause = int(RATE * generator.uniform(0.9, 1.2))
        truth.append({"time": round((at + RATE // 40) / RATE, 2), "label": word})
        pieces += [spoken, np.zeros(pause)]
        at += spoken.size + pause
    samples = np.concatenate(pieces)
    spectrum = np.fft.rfft(generator.standard_normal(samples.size))
    hertz = np.fft.rfftfreq(samples.size, 1 / RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hertz, 50)), samples.size)  # pink, as in a quiet room
    return to_int16(samples + noise / noise.std() * 0.003, -6), truth


def clips() -> Iterator[tuple[str, str, str]]:
    """Every clip of the sample as (path below the folder, voice, word)."""
    for split, voices in VOICES.items():
        for index, voice in enumerate(voices):
            for word in WORDS:
                yield f"{split}/{word}/{name(voice)}.flac", voice, word
            for word in unknown_words(split, index):
                yield f"{split}/_unknown_/{name(voice)}_nohash_{word}.flac", voice, word


def write(path: Path, samples: np.ndarray) -> None:
    """Writes int16 (samples,) as FLAC at the smallest size."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE, format="FLAC", subtype="PCM_16", compression_level=1.0)


def make(folder: Path) -> int:
    """Writes the whole sample below `folder` and returns the number of files; raises InputError as `speak` does."""
    for voice in chain.from_iterable(VOICES.values()):
        # espeak-ng says nothing when it does not know a variant: it speaks with the plain voice
        if np.array_equal(speak(voice, "yes"), speak(voice, "yes", variant=False)):
            raise InputError(f"this espeak-ng has no variant {voice}: install Debian's espeak-ng 1.51 or later")
    every = list(clips())
    for path, voice, word in every:
        write(folder / path, clip(voice, word))
    samples, truth = recording()
    write(folder / "recording.flac", samples)
    (folder / "recording.json").write_text(json.dumps(truth, indent=1) + "\n")
    return len(every) + 2


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make the sample recordings of the speech-command recipe.")
    parser.add_argument("--out", type=Path, default=FOLDER, help="an empty or new folder (default: the embedded one)")
    out: Path = parser.parse_args(arguments).out
    try:
        if out.resolve() == FOLDER.resolve():
            speak(RECORDING_VOICE, WORDS[0])  # before the old files go
            for split in VOICES:
                shutil.rmtree(out / split, ignore_errors=True)
        elif out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"{out} is not an empty folder: give --out a new one")
        files = make(out)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{files} files, {sum(f.stat().st_size for f in out.rglob('*') if f.is_file())} bytes in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
