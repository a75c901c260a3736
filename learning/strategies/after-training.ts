interface Trained {
  /** What the participant kept; absent the first time, which is zeros. */
  readonly own: Float32Array | undefined;
  readonly base: Float32Array;
  readonly trained: Float32Array;
}

/**
 * A participant's control variate after training: c_i - c + (base - trained) / (steps · learningRate), option II of
 * SCAFFOLD (arXiv:1910.06378), and by how much it changed, which is sent as part `control`.
 * @param control the server's; absent before the first round, which is zeros.
 */
export function controlAfter(
  training: Trained & {
    readonly control: Float32Array | undefined;
    readonly steps: number;
    readonly learningRate: number;
  },
): { own: Float32Array; change: Float32Array } {
  const { own, control, base, trained, steps, learningRate } = training;
  const next = trained.map(
    (value, index) =>
      (own?.[index] ?? 0) - (control?.[index] ?? 0) + (base[index]! - value) / (steps * learningRate),
  );
  return { own: next, change: next.map((value, index) => value - (own?.[index] ?? 0)) };
}

/** A participant's gradient correction after training: h_i - alpha · (trained - base), FedDyn (arXiv:2111.04263). */
export function correctionAfter({
  own,
  base,
  trained,
  alpha,
}: Trained & { readonly alpha: number }): Float32Array {
  return trained.map((value, index) => (own?.[index] ?? 0) - alpha * (value - base[index]!));
}
