"""Every setting of the speech-command recipe in one frozen dataclass, and the presets that fill it."""

import math
from dataclasses import dataclass, replace

from heedful.apps.speech_commands.log_mel import FrontEnd
from heedful.recipes.shared.training.schedule import Schedule

ARCHITECTURES = ("conv_attention", "kwt", "mhatt_rnn", "stream")
STEM_FRAMES, STEM_STRIDE = 5, 2  # of `stream`: frames that its first step sees, and from one step to the next

PROBABILITIES = (
    "noise_probability", "teacher_weight", "stream_probability", "made_noise", "room_probability", "gain_probability",
)  # fmt: skip


@dataclass(frozen=True)
class Config(Schedule):
    """Settings of one training run; times are in seconds or milliseconds as named, shares are between 0 and 1."""

    # data
    words: tuple[str, ...] = ()  # the commands; every other folder is `_unknown_`. Empty: every folder is a command
    silence_share: float = 0.3  # `_silence_` clips in an epoch, per command clip
    parts_share: float = 0.5  # `_unknown_` clips in an epoch that are made of parts of words, per command clip
    unknown_share: float = 4.0  # at most as many `_unknown_` clips in an epoch, per clip of an average command
    epoch_clips: int = 3000  # an epoch goes through smaller data several times, so that it has about this many clips
    clip_seconds: float = 1.0
    sample_rate: int = 16000

    # log-mel front end, computed inside the model
    window_ms: float = 30.0
    hop_ms: float = 10.0
    mel_bands: int = 40
    mel_low: float = 20.0
    mel_high: float = 7600.0  # at most half the sample rate

    # model
    architecture: str = "conv_attention"  # one of ARCHITECTURES
    width: int = 96
    blocks: int = 4
    heads: int = 4
    hidden: int = 192
    stem: int = 64
    kernel: int = 15
    span: int = 10  # steps of 20 ms that a self-attention of `stream` sees, its own included
    chunk_ms: float = 100.0  # sound that the `stream` signature takes at a time
    dropout: float = 0.2

    # training
    epochs: int = 60
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup_epochs: float = 3.0
    label_smoothing: float = 0.1
    ema: float = 0.995
    teacher: str = ""  # a `.keras` model to distil from
    teacher_weight: float = 0.5

    language: str = ""  # "en": espeak-ng says made-up words and the commands, too; empty: nothing is said
    made_up: int = 3000  # words that it makes up
    spoken_share: float = 0.3  # clips of it in an epoch, per command clip

    # what a stream shows: made of the clips for every batch anew
    stream_probability: float = 0.5  # that a word stands off the middle, with the ends of others beside it
    reach_ms: float = 200.0  # how far off the middle, besides `shift_ms`
    made_noise: float = 0.5  # share of the noise that is made by formulas, of many kinds; the rest is recorded
    room_probability: float = 0.2  # that a clip is heard in a room
    gain_probability: float = 0.5  # that a clip is softer or louder by
    gain_low: float = -25.0  # decibels; a whisper
    gain_high: float = 12.0  # beyond full scale, at times

    # augmentation, on the accelerator
    shift_ms: float = 100.0
    stretch: float = 0.2  # playback rate is drawn from 1 - stretch .. 1 + stretch
    noise_probability: float = 0.8
    snr_low: float = 0.0  # decibels
    snr_high: float = 30.0
    time_masks: int = 2
    time_mask_ms: float = 250.0
    frequency_masks: int = 2
    frequency_mask_bands: int = 7

    # use: false alarms that are borne, an hour; they decide which epoch and which detection are best
    noise_alarms: float = 1.0  # in noise
    foreign_alarms: float = 10.0  # in words that are no commands

    @property
    def front_end(self) -> FrontEnd:
        """The front end in samples. Raises `ValueError` when the times do not fit each other."""
        window = round(self.window_ms * self.sample_rate / 1000)
        return FrontEnd(
            rate=self.sample_rate,
            samples=round(self.clip_seconds * self.sample_rate),
            window=window,
            hop=round(self.hop_ms * self.sample_rate / 1000),
            fft=1 << (window - 1).bit_length(),  # the next power of two
            bands=self.mel_bands,
            low=self.mel_low,
            high=min(self.mel_high, self.sample_rate / 2),
        )

    @property
    def chunk(self) -> int:
        """Steps in a chunk of `stream`. Raises `ValueError` when it is no whole number of them."""
        step = self.hop_ms * STEM_STRIDE
        count = round(self.chunk_ms / step)
        if count < 1 or not math.isclose(count * step, self.chunk_ms):
            raise ValueError(f"chunk_ms={self.chunk_ms:g} is no multiple of {step:g} ms, two steps of `stream` apart")
        return count

    @property
    def pooled(self) -> int:
        """Steps that `stream` pools: those of a clip, less those that its blocks only look back to.

        Raises `ValueError` when the last one does not end with the clip, or too few are left.
        """
        front, step = self.front_end, STEM_STRIDE * self.front_end.hop
        later, rest = divmod(front.samples - front.window - (STEM_FRAMES - 1) * front.hop, step)
        if rest:
            fits = (front.samples - rest) / front.rate
            raise ValueError(f"clip_seconds={self.clip_seconds:g} does not end with a step of `stream`: {fits:g} does")
        left = 1 + later - self.blocks * (self.kernel + self.span - 2)
        if left < 2 or min(self.kernel, self.span) < 2:
            raise ValueError(
                f"clip_seconds={self.clip_seconds:g} and {self.blocks} blocks with kernel={self.kernel} and "
                f"span={self.span} do not fit: `stream` takes a kernel and a span of at least 2, and 2 of "
                f"{1 + later} steps must be left to pool, not {left}"
            )
        return left

    def __post_init__(self):
        """Raises `ValueError`, one sentence, for settings that no model can be built or trained with."""
        super().__post_init__()
        self.check_choices(architecture=ARCHITECTURES)
        self.check_positive("epoch_clips", "clip_seconds", "sample_rate", "mel_bands")
        self.check_positive("width", "blocks", "heads", "hidden", "stem", "kernel", "span", "chunk_ms")
        self.check_positive("noise_alarms", "foreign_alarms")
        self.check_positive("made_up")
        self.check_not_negative("spoken_share", "silence_share", "unknown_share", "parts_share", "shift_ms", "reach_ms")
        self.check_not_negative("time_masks", "time_mask_ms", "frequency_masks", "frequency_mask_bands")
        self.check_shares("dropout", "label_smoothing", "stretch")
        self.check(**{name: 0 <= getattr(self, name) <= 1 for name in PROBABILITIES})
        self.check(snr_low=self.snr_low <= self.snr_high, gain_low=self.gain_low <= self.gain_high)
        if self.width % self.heads:
            raise ValueError(f"width {self.width} does not divide by {self.heads} heads")
        _ = self.front_end  # checks itself
        if self.architecture == "stream":
            _ = self.pooled, self.chunk  # so do these


BASE = Config()

PRESETS = {
    "tiny": replace(  # minutes are too few to learn from cut and distorted clips as well
        BASE, width=48, blocks=2, heads=2, hidden=96, stem=32, dropout=0.0, epochs=50, learning_rate=4e-3,
        silence_share=0.1, parts_share=0.0, stream_probability=0.0, room_probability=0.0, gain_probability=0.0,
    ),
    "base": BASE,
    "stream": replace(
        BASE, architecture="stream", width=64, blocks=2, heads=4, hidden=128, stem=48, kernel=5, span=7, dropout=0.1,
        clip_seconds=1.49,
    ),
    "kwt1": replace(
        BASE, architecture="kwt", width=64, blocks=12, heads=1, hidden=256, dropout=0.0, learning_rate=1e-3,
        weight_decay=0.1, warmup_epochs=10.0, epochs=140,
    ),
    "mhatt_rnn": replace(
        BASE, architecture="mhatt_rnn", width=128, blocks=2, hidden=64, learning_rate=1e-3, weight_decay=0.0,
        label_smoothing=0.0, epochs=100,
    ),
}  # fmt: skip
