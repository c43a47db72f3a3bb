"""Which files are taken for recordings."""

from pathlib import Path

from heedful.apps.audio_headers import sound_kind

SUFFIXES = {  # of files that are tried; what they really are is told by their content
    *(".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".spx", ".mp3", ".mp2", ".mpga", ".aiff", ".aif", ".aifc"),
    *(".au", ".snd", ".caf", ".w64", ".rf64", ".sph", ".nist", ".wv1", ".wv2", ".voc", ".raw", ".pcm"),
    *(".m4a", ".m4b", ".m4r", ".aac", ".wma", ".webm", ".weba", ".mp4", ".mov", ".qta", ".mkv", ".mka", ".avi"),
    *(".amr", ".awb", ".3gp", ".3gpp", ".3ga", ".3g2", ".ac3", ".ape", ".wv", ".tta"),
}


def is_sound(path: Path) -> bool:
    """Whether a file is taken for a recording."""
    if path.suffix.lower() in SUFFIXES:
        return True
    if path.suffix:
        return False
    try:
        with open(path, "rb") as stream:
            return bool(sound_kind(stream.read(16)))
    except OSError:
        return False
