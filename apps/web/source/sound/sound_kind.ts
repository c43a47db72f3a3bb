/** What the first bytes of a file say: as `heedful.apps.audio_headers`. */
type Known = [offset: number, mark: string, kind: string];

const SOUNDS: Known[] = [
  [4, 'ftyp', 'M4A, MP4 or 3GP sound'], [0, '\x1aE\xdf\xa3', 'WebM or Matroska sound'], [0, '#!AMR', 'AMR sound'],
  [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11', 'WMA sound'], [0, '\xff\xf1', 'AAC sound'], [0, '\xff\xf9', 'AAC sound'],
  [0, 'OggS', 'Ogg sound'], [0, 'fLaC', 'FLAC sound'], [0, 'ID3', 'MP3 sound'], [0, '\xff\xfb', 'MP3 sound'],
  [0, '\xff\xf3', 'MP3 sound'], [0, '\xff\xf2', 'MP3 sound'], [0, '\xff\xfa', 'MP3 sound'], [8, 'WAVE', 'WAV sound'],
  [8, 'AVI ', 'an AVI film'], [8, 'AIF', 'AIFF sound'], [0, '.snd', 'AU sound'], [0, 'caff', 'CAF sound'],
  [0, 'FLV\x01', 'Flash sound'], [0, 'NIST_1A', 'NIST SPHERE sound'],
];
const OTHERS: Known[] = [
  [0, 'PK\x03\x04', 'a zip archive'], [0, '\x1f\x8b', 'a gzip archive'], [0, 'Rar!', 'a RAR archive'],
  [0, '7z\xbc\xaf', 'a 7z archive'], [257, 'ustar', 'a tar archive'], [0, '%PDF', 'a PDF document'],
  [0, '\x89PNG', 'a PNG picture'], [0, '\xff\xd8\xff', 'a JPEG picture'], [0, 'GIF8', 'a GIF picture'],
  [8, 'WEBP', 'a WebP picture'], [0, 'MThd', 'a MIDI file, notes without sound'],
  [0, 'version https://git-lfs', 'a pointer of Git LFS (run `git lfs pull`)'], [0, '\x93NUMPY', 'a NumPy array'],
  [0, 'SQLite format 3', 'a database'],
];
const HEAD = 512;  // bytes that tell what a file is

/** The kind of sound that a file begins with, '' where it begins with none that is known. */
export function soundKind(content: Uint8Array): string {
  return kindOf(headText(content), SOUNDS);
}

/** What a file really is that is no sound, '' where that cannot be told. */
export function otherKind(content: Uint8Array): string {
  const head = headText(content), found = kindOf(head, OTHERS);
  if (found || !head) return found;
  const start = head.replace(/^[\xef\xbb\xbf \t\r\n]+/, '').toLowerCase();
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) return 'a web page';
  if (start.startsWith('<?xml')) return 'an XML document';
  return /^[\x20-\x7f\t\r\n]*$/.test(head) ? 'a text file' : '';
}

function kindOf(head: string, known: Known[]): string {
  return known.find(([offset, mark]) => head.startsWith(mark, offset))?.[2] ?? '';
}

function headText(content: Uint8Array): string {
  return String.fromCharCode(...content.subarray(0, HEAD));
}
