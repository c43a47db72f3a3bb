/** UTF-8 in bits and pieces, as Python's incremental decoder takes it: what is none becomes replacement characters. */
const REPLACEMENT = '\ufffd';

export class Utf8Decoder {
  private code = 0;  // of the character that is begun
  private needed = 0;  // bytes that it still lacks
  private least = 0x80;  // limits of the next one of them
  private most = 0xbf;
  private half = false;  // it can be half of a character only, of which Python waits for the last byte all the same

  /** Whether a character is begun and not complete. */
  get pending(): boolean {
    return this.needed > 0;
  }

  /** What these bytes complete. */
  decode(bytes: Iterable<number>): string {
    let text = '';
    for (const byte of bytes) text += this.next(byte);
    return text;
  }

  /** What is left at the end. */
  end(): string {
    const left = this.pending ? REPLACEMENT.repeat(this.half ? 2 : 1) : '';
    [this.needed, this.half] = [0, false];
    return left;
  }

  private next(byte: number): string {
    if (!this.needed) return this.first(byte);
    const fits = byte >= this.least && byte <= this.most;
    [this.least, this.most] = [0x80, 0xbf];
    if (this.half || !fits) return this.end() + this.first(byte);
    this.half = this.code === 0xd && this.needed === 2 && byte >= 0xa0;
    this.code = (this.code << 6) | (byte & 0x3f);
    return --this.needed ? '' : String.fromCodePoint(this.code);
  }

  private first(byte: number): string {
    if (byte < 0x80) return String.fromCharCode(byte);
    if (byte < 0xc2 || byte > 0xf4) return REPLACEMENT;
    this.needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.code = byte & (0x3f >> this.needed);
    // What would be longer than it has to be, or past the last one, is none.
    this.least = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.most = byte === 0xf4 ? 0x8f : 0xbf;
    return '';
  }
}
