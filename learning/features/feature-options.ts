import { CodedError, type Fault } from '../../runtime/errors.ts';
import type { FeatureSpec } from './feature-extractor.ts';

/**
 * Reads the options of a feature and gathers what is wrong with them, so that a person sees all faults at once. A value
 * that is refused reads as the fallback until `refuseFaults` throws.
 */
export class FeatureOptions {
  readonly #spec: Readonly<Record<string, unknown>>;
  readonly #faults: Fault[] = [];

  /** @param defaults what counts where the specification says nothing, such as a preset. */
  constructor(spec: FeatureSpec, defaults: Readonly<Record<string, unknown>> = {}) {
    this.#spec = { ...defaults, ...spec };
  }

  has(name: string): boolean {
    return this.#spec[name] !== undefined;
  }

  isText(name: string): boolean {
    return typeof this.#spec[name] === 'string';
  }

  text(name: string, fallback: string): string {
    const value = this.#spec[name] ?? fallback;
    if (typeof value === 'string' && value !== '') return value;
    this.fault(name, 'must be a text that is not empty');
    return fallback;
  }

  integer(
    name: string,
    range: { readonly minimum: number; readonly maximum: number },
    fallback: number,
  ): number {
    return this.#number(name, range, fallback, Number.isInteger, 'an integer');
  }

  number(
    name: string,
    range: { readonly minimum: number; readonly maximum: number },
    fallback: number,
  ): number {
    return this.#number(name, range, fallback, Number.isFinite, 'a number');
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.#spec[name];
    if (value === undefined) return fallback;
    const choice = choices.find((each) => each === value);
    if (choice === undefined) this.fault(name, `must be one of ${choices.join(', ')}`);
    return choice ?? fallback;
  }

  fault(name: string, message: string): void {
    this.#faults.push({ path: `/features/${name}`, message });
  }

  /** @throws CodedError `E_INVALID_INPUT` with every fault. */
  refuseFaults(): void {
    if (this.#faults.length === 0) return;
    throw new CodedError('E_INVALID_INPUT', 'the features do not fit the window', { faults: this.#faults });
  }

  #number(
    name: string,
    { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
    fallback: number,
    fits: (value: number) => boolean,
    kind: string,
  ): number {
    const value = this.#spec[name];
    if (value === undefined) return fallback;
    if (typeof value === 'number' && fits(value) && value >= minimum && value <= maximum) return value;
    this.fault(name, `must be ${kind} from ${minimum} to ${maximum}`);
    return fallback;
  }
}
