/** Gives each name once; a second one gets a number. */
export class FreeNames {
  readonly #longest: number;
  readonly #taken = new Set<string>();
  /** The last number behind a name. */
  readonly #numbers = new Map<string, number>();

  /** @param longest characters of a name with its number. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  take(wanted: string): string {
    let name = wanted;
    let number = this.#numbers.get(wanted) ?? 1;
    while (this.#taken.has(name)) {
      number += 1;
      const suffix = `-${number}`;
      name = `${wanted.slice(0, this.#longest - suffix.length)}${suffix}`;
    }
    this.#numbers.set(wanted, number);
    this.#taken.add(name);
    return name;
  }
}
