"""What the first bytes of a recording say: what kind of file it is, and how much sound its header promises.

Headers are believed only as far as the file bears them out: recorders miscount their own header, never write the size
back, or leave the largest number there is, and the sound behind it is whole all the same.
"""

import io
import os
import re
from typing import BinaryIO, Literal, NamedTuple

RIFF_FORMS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
MOST_CHUNKS = 1000
UNKNOWN = 0xFFFFFFFF
TAIL = 1024  # bytes at the end of a file in which tags are looked for
CHUNK_NAME = re.compile(rb"[A-Za-z0-9_ ]{4}")

SOUNDS = (  # offset, bytes, kind
    (4, b"ftyp", "M4A, MP4 or 3GP sound"),
    (0, b"\x1aE\xdf\xa3", "WebM or Matroska sound"),
    (0, b"#!AMR", "AMR sound"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA sound"),
    (0, b"\xff\xf1", "AAC sound"),
    (0, b"\xff\xf9", "AAC sound"),
    (0, b"OggS", "Ogg sound"),
    (0, b"fLaC", "FLAC sound"),
    (0, b"ID3", "MP3 sound"),
    (0, b"\xff\xfb", "MP3 sound"),
    (0, b"\xff\xf3", "MP3 sound"),
    (0, b"\xff\xf2", "MP3 sound"),
    (0, b"\xff\xfa", "MP3 sound"),
    (8, b"WAVE", "WAV sound"),
    (8, b"AVI ", "an AVI film"),
    (8, b"AIF", "AIFF sound"),
    (0, b".snd", "AU sound"),
    (0, b"caff", "CAF sound"),
    (0, b"FLV\x01", "Flash sound"),
    (0, b"NIST_1A", "NIST SPHERE sound"),
)
OTHERS = (
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"MThd", "a MIDI file, notes without sound"),
    (0, b"version https://git-lfs", "a pointer of Git LFS (run `git lfs pull`)"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"SQLite format 3", "a database"),
)


def sound_kind(head: bytes) -> str:
    """The kind of sound that a file begins with, "" where it begins with none that is known."""
    return next((kind for offset, magic, kind in SOUNDS if head[offset:].startswith(magic)), "")


def other_kind(head: bytes) -> str:
    """What a file really is that is no sound, "" where that cannot be told."""
    found = next((kind for offset, magic, kind in OTHERS if head[offset:].startswith(magic)), "")
    if found or not head:
        return found
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if start.startswith(b"<?xml"):
        return "an XML document"
    printable = sum(byte >= 32 or byte in b"\t\r\n" for byte in head)
    return "a text file" if printable == len(head) and max(head) < 128 else ""


class Sound(NamedTuple):
    """The data chunk of a WAV file."""

    promised: int  # bytes, by the header; `UNKNOWN` or more where it does not say
    held: int  # bytes from its start to the end of the file
    patches: dict[int, bytes]  # what the header should say instead, by offset; empty where it may stand


def wav_sound(stream: BinaryIO) -> Sound | None:
    """The data chunk of a WAV, RF64 or BW64 file; None where the file is none or has none."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(12)
    if head[:4] not in RIFF_FORMS or head[8:] != b"WAVE":
        return None
    order: Literal["big", "little"] = "big" if head[:4] == b"RIFX" else "little"
    large = 0  # bytes of sound, where a chunk of 64-bit sizes says so
    position = 12
    for _ in range(MOST_CHUNKS):
        stream.seek(position)
        chunk = stream.read(8)
        if len(chunk) < 8:
            return None
        name, length = chunk[:4], int.from_bytes(chunk[4:], order)
        if name == b"ds64":
            large = int.from_bytes(stream.read(16)[8:], "little")
        if name == b"data":
            held = size - position - 8
            promised = large if large and length == UNKNOWN else length
            if promised == 0 and held > 0 and not _only_chunks(stream, position + 8, size, order):
                endless = UNKNOWN.to_bytes(4, "little")
                return Sound(0, held, {4: endless, position + 4: endless})
            return Sound(promised, held, {})
        position += 8 + length + length % 2
    return None


def _only_chunks(stream: BinaryIO, position: int, size: int, order: Literal["big", "little"]) -> bool:
    """Whether nothing but whole chunks lies between here and the end: a list of tags, no sound."""
    while position < size:
        stream.seek(position)
        chunk = stream.read(8)
        if len(chunk) < 8 or not CHUNK_NAME.fullmatch(chunk[:4]):
            return False
        length = int.from_bytes(chunk[4:], order)
        position += 8 + length + length % 2
    return position - size <= 1


def mp3_counted(stream: BinaryIO) -> bool:
    """Whether an MP3 has a Xing or Info header that counts its frames.

    Without it nobody has counted them: what libraries give then is an estimate from size and bit rate.
    """
    stream.seek(0)
    head = stream.read(10)
    start = 0
    if head[:3] == b"ID3":
        start = 10 + sum((byte & 127) << (7 * place) for place, byte in enumerate(reversed(head[6:10])))
    stream.seek(start)
    frame = stream.read(256)
    mark = max(frame.find(b"Xing"), frame.find(b"Info"))
    if mark < 4 or frame[0] != 0xFF or not frame[mark + 7] & 1:
        return False
    return any(frame[mark + 8 : mark + 12])


class Overlaid(io.RawIOBase):
    """A file as it should be: some bytes replaced, and so long as is claimed, with zeros in its last `TAIL` bytes.

    libsndfile reads no more of an MP3 than it estimates from the size; of a file that claims to be much longer it reads
    until the decoder ends. The zeros are for tags, which it looks for at the very end.
    """

    def __init__(self, stream: BinaryIO, patches: dict[int, bytes], stretch: int = 1) -> None:
        self._stream, self._patches, self._position = stream, patches, 0
        self._real = stream.seek(0, os.SEEK_END)
        self._size = self._real * stretch

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        begin = self._position
        self._stream.seek(min(begin, self._real))  # libsndfile goes wherever a damaged header sends it
        content = bytearray(self._stream.read(len(buffer)))
        for offset, new in self._patches.items():
            for place, byte in enumerate(new, offset - begin):
                if 0 <= place < len(content):
                    content[place] = byte
        if self._real < begin and begin >= self._size - TAIL:
            content = bytearray(max(0, min(len(buffer), self._size - begin)))
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)
