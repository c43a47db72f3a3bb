/** Texts as Python sees them: blanks, capital letters, letters counted as code points. */
const BLANKS = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const AROUND = new RegExp(`^[${BLANKS}]+|[${BLANKS}]+$`, 'g'), BETWEEN = new RegExp(`[${BLANKS}]+`);
const UNSEEN = /[\p{C}\p{Z}]/gu;  // control characters, line breaks and all blanks
const ALONE: Record<string, string> = {'ı': 'ı', 'ẞ': 'ss'};  // letters that Python folds in a way of their own
const PLAIN = /^[\0-\x7f]*$/;

/** `str.strip`. */
export function stripped(text: string): string {
  return text.replace(AROUND, '');
}

/** `str.split`: the words of a text. */
export function words(text: string): string[] {
  return text.split(BETWEEN).filter((word) => word);
}

/** Two texts that `str.casefold` makes the same are the same here: small and capital letters alike. */
export function folded(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  let result = '';
  for (const letter of text) result += ALONE[letter] ?? letter.toUpperCase().toLowerCase();
  return result;
}

/** A title or id as it can stand in a line: no line breaks or control characters, and not endless. */
export function line(text: string, length = 48): string {
  return shortened(words(text.replace(UNSEEN, ' ')).join(' '), length);
}

/** At most `length` letters: a long text loses its middle, because names tend to differ at their ends. */
export function shortened(text: string, length: number): string {
  const letters = [...text];
  if (letters.length <= length) return text;
  const head = Math.floor(length / 2);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (length - 1 - head)).join('')}`;
}

/** The first few of a list of ids, and how many there are more. */
export function some(items: readonly string[], named = 5): string {
  const more = items.length > named ? ` and ${(items.length - named).toLocaleString('en')} more` : '';
  return items.slice(0, named).map((item) => line(item)).join(', ') + more;
}
