/** What a check of a line file found. */
export interface LineFinding {
  /** `fault`: it cannot be collected, or not as the file says; `note`: it can, with what a person should know. */
  readonly kind: 'fault' | 'note';
  /** JSON pointer into the line file, such as `/signals/vibration/rateHz`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}
