/**
 * The inner products of a round's rows. It is all that rules of distances need: the rows themselves are read once for it
 * and once for the result, however many times a rule iterates.
 */
export class GramMatrix {
  readonly rows: number;
  readonly #products: Float64Array;

  /** @param products row by row; only those with column >= row are read. */
  constructor(rows: number, products: Float64Array) {
    if (products.length !== rows * rows) throw new RangeError(`${rows} rows have ${rows * rows} products`);
    this.rows = rows;
    this.#products = products;
  }

  product(row: number, other: number): number {
    return this.#products[Math.min(row, other) * this.rows + Math.max(row, other)]!;
  }

  /** At least 0: rounding could bring equal rows below it. */
  squaredDistance(row: number, other: number): number {
    const squared = this.product(row, row) + this.product(other, other) - 2 * this.product(row, other);
    return Math.max(0, squared);
  }

  norm(row: number): number {
    return Math.sqrt(this.product(row, row));
  }

  /** Distances of every row to the combination of rows with these coefficients. */
  distancesTo(coefficients: readonly number[]): number[] {
    const projected = Array.from({ length: this.rows }, (_, row) =>
      coefficients.reduce((sum, by, other) => sum + by * this.product(row, other), 0),
    );
    const square = coefficients.reduce((sum, by, row) => sum + by * projected[row]!, 0);
    return projected.map((inner, row) => Math.sqrt(Math.max(0, this.product(row, row) - 2 * inner + square)));
  }
}
