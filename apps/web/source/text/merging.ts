/** Byte-pair encoding (Sennrich et al. 2016): what the kinds of tokenizers that merge have in common. */
export type Ranks = Map<number, {rank: number; both: number}>;  // by `pair` of two ids

const ENDS = 0x4000000;  // more than there are ids, or places in a word
const WORDS_KEPT = 200_000;

export function pair(left: number, right: number): number {
  return left * ENDS + right;
}

/** The ranks of merges, each two ids and that of both together, in their order. */
export function ranksOf(merges: Iterable<readonly [number, number, number]>): Ranks {
  const ranks: Ranks = new Map();
  let rank = 0;
  for (const [left, right, both] of merges) ranks.set(pair(left, right), {rank: rank++, both});
  return ranks;
}

/**
 * The pair of the first merge is put together, again and again, the leftmost of equals. The queue holds merges with
 * their places, some outdated, so that a megabyte without a space takes seconds only.
 */
export function merged(given: readonly number[], ranks: Ranks): number[] {
  const ids = [...given], before = ids.map((_, place) => place - 1), after = ids.map((_, place) => place + 1);
  const queue = new Queue(), length = ids.length;
  const rankAt = (place: number) => (
    place >= 0 && after[place]! < length ? ranks.get(pair(ids[place]!, ids[after[place]!]!)) : undefined
  );
  const push = (place: number) => {
    const found = rankAt(place);
    if (found) queue.push(found.rank * ENDS + place);
  };
  for (let place = 0; place + 1 < length; place++) push(place);
  while (queue.size) {
    const next = queue.pop(), place = next % ENDS, found = ids[place]! < 0 ? undefined : rankAt(place);
    if (found?.rank !== Math.floor(next / ENDS)) continue;
    const right = after[place]!;
    ids[place] = found.both;
    ids[right] = -1;
    after[place] = after[right]!;
    if (after[place]! < length) before[after[place]!] = place;
    push(before[place]!);
    push(place);
  }
  return ids.filter((id) => id >= 0);
}

/** Numbers, the smallest first: a binary heap. */
class Queue {
  private readonly heap: number[] = [];

  get size(): number {
    return this.heap.length;
  }

  push(value: number): void {
    const {heap} = this;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (heap[parent]! <= value) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = value;
  }

  pop(): number {
    const {heap} = this, top = heap[0]!, last = heap.pop()!;
    if (!heap.length) return top;
    let place = 0;
    for (let child = 1; child < heap.length; child = 2 * place + 1) {
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return top;
  }
}

/** The ids of words that were seen, until there are too many. */
export class Known extends Map<string, readonly number[]> {
  getOr(word: string, find: () => readonly number[]): readonly number[] {
    let ids = this.get(word);
    if (!ids) {
      if (this.size >= WORDS_KEPT) this.clear();
      this.set(word, ids = find());
    }
    return ids;
  }
}

/** The character that stands for each byte in a vocabulary: itself if it can be seen, else one from 256 on (GPT-2). */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

function byteCharacters(): string[] {
  let hidden = 256;
  return Array.from({length: 256}, (_, byte) => {
    const seen = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(seen ? byte : hidden++);
  });
}
