/**
 * What Python's strings do with characters, where JavaScript does something else or nothing.
 *
 * Classes of characters, composition and case are those of the browser. They are Python's for every character that both
 * know; one that is younger than either's Unicode may be a letter to one and unknown to the other.
 */
export const LETTERS = /[\p{L}\p{M}]+/gu;  // the words of a text
const SPACE = /^[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const OUTER_SPACE = new RegExp(`${SPACE.source}+|${SPACE.source.slice(1)}+$`, 'g');
const LONE_SURROGATE = /\p{Surrogate}/u;
const DIGRAPHS: Record<string, string> = {ǆ: 'ǅ', ǉ: 'ǈ', ǌ: 'ǋ', ǳ: 'ǲ'};
const encoder = new TextEncoder();

/** The text without the white space at its ends, as `str.strip` takes it away. */
export function stripped(text: string): string {
  return text.replace(OUTER_SPACE, '');
}

/** Character by character: the sigma at the end of a word is as any other. */
export function lower(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

/** A lower-case character as a word begins with it. */
export function titled(character: string): string {
  if (/^[\u10d0-\u10ff]/.test(character)) return character;  // Georgian words begin with no other letter
  const upper = DIGRAPHS[character] ?? character.toUpperCase();
  if (/^[\u1f80-\u1fff]/.test(character)) {  // Greek keeps a small iota below
    const below = upper.replace(/(.)Ι$/, '$1\u0345');
    return below.length === 2 ? below.normalize('NFC') : below;
  }
  return /^[ßև\ufb00-\ufb17]/.test(character) ? upper[0] + upper.slice(1).toLowerCase() : upper;
}

/** Without case, as `str.casefold` does it. */
export function caseless(text: string): string {
  return Array.from(text, (character) => {
    if (/[\u13a0-\u13fd\uab70-\uabbf]/.test(character)) return character.toUpperCase();  // Cherokee folds upwards
    return character === 'ı' ? character : character === 'ẞ' ? 'ss' : lower(character.toUpperCase());
  }).join('');
}

/** Whether a text begins with white space. */
export function isSpace(text: string): boolean {
  return SPACE.test(text);
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

/** The number of the first half of a character that stands alone, from 1, or 0. */
export function halfCharacter(text: string): number {
  const at = text.search(LONE_SURROGATE);
  return at < 0 ? 0 : [...text.slice(0, at)].length + 1;
}
