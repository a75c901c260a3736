/** A set of whole numbers that mostly come in order, kept as ranges: a million consecutive ones take one entry. */
export class NumberRanges {
  /** First and last of each range, ascending. */
  readonly #ranges: [number, number][] = [];

  /** Adds a number; false if it was there. */
  add(number: number): boolean {
    let index = this.#ranges.length;
    while (index > 0 && this.#ranges[index - 1]![0] > number) index -= 1;
    const before = this.#ranges[index - 1];
    const after = this.#ranges[index];
    if (before !== undefined && number <= before[1]) return false;
    const joinsBefore = before !== undefined && before[1] === number - 1;
    const joinsAfter = after !== undefined && after[0] === number + 1;
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      this.#ranges.splice(index, 1);
    } else if (joinsBefore) before[1] = number;
    else if (joinsAfter) after[0] = number;
    else this.#ranges.splice(index, 0, [number, number]);
    return true;
  }
}
