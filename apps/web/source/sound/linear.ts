/** Linear algebra of a few hundred numbers: vectors are arrays, matrices arrays of rows. */
export type Vector = Float64Array<ArrayBuffer>;
export type Matrix = Vector[];

export function product(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < other.length; index++) sum += one[index]! * other[index]!;
  return sum;
}

/** The mean of the rows. */
export function middle(rows: readonly Vector[]): Vector {
  const sum = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let column = 0; column < sum.length; column++) sum[column]! += row[column]!;
  return sum.map((value) => value / rows.length);
}

export function less(row: Vector, other: Vector): Vector {
  return row.map((value, index) => value - other[index]!);
}

/** The sum over rows of the row times itself, each weighed: `(width, width)`. */
export function scatter(rows: readonly Vector[], weights: ArrayLike<number>): Matrix {
  const width = rows[0]!.length, sum = Array.from({length: width}, () => new Float64Array(width));
  rows.forEach((row, index) => {
    for (let one = 0; one < width; one++) {
      const part = weights[index]! * row[one]!, line = sum[one]!;
      for (let other = one; other < width; other++) line[other]! += part * row[other]!;
    }
  });
  for (let one = 0; one < width; one++) for (let other = 0; other < one; other++) sum[one]![other] = sum[other]![one]!;
  return sum;
}

/** `x` with `matrix x = right`, by Gauss with the largest pivot of each column. */
export function solved(matrix: Matrix, right: Vector): Vector {
  const size = right.length, rows = matrix.map((row, index) => Float64Array.of(...row, right[index]!));
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const top = rows[column]!;
    for (let row = column + 1; row < size; row++) {
      const line = rows[row]!, share = line[column]! / top[column]!;
      for (let at = column; share && at <= size; at++) line[at]! -= share * top[at]!;
    }
  }
  const found = new Float64Array(size);
  for (let row = size - 1; row >= 0; row--) {
    const line = rows[row]!;
    let rest = line[size]!;
    for (let at = row + 1; at < size; at++) rest -= line[at]! * found[at]!;
    found[row] = rest / line[row]!;
  }
  return found;
}
