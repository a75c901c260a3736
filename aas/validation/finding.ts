/** One place where a model breaks a rule of the metamodel that is no matter of its structure. */
export interface Finding {
  /** Rule of IDTA-01001 such as `AASd-116`, or one of our own words where the specification has no number. */
  readonly rule: string;
  /**
   * `error`: against metamodel 3.1. `warning`: allowed in 3.1, and refused by tools of metamodel 3.0.
   */
  readonly severity: 'error' | 'warning';
  /** JSON pointer from the object that was looked at. */
  readonly path: string;
  readonly message: string;
}
