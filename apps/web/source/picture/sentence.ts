/** Words of a caption in one line, as `heedful.apps.image_captioning.caption.joined` joins them. */
const UNSPACED = 0x3000;  // from here on lie Chinese and Japanese: each character is a word, and no space divides them

export function joined(words: readonly string[]): string {
  let text = '', alone = false;
  for (const word of words) {
    const wasAlone = alone;
    alone = [...word].length === 1 && word.codePointAt(0)! >= UNSPACED;
    text += text === '' || (alone && wasAlone) ? word : ` ${word}`;
  }
  return text;
}
