import { CodedError } from '../../runtime/errors.ts';

/**
 * A rule that stands up to `f` participants who send what they like. Rules of rows need every contribution's values at
 * once; `bucketing` averages that many rows, drawn by lot, before the rule sees them (S. P. Karimireddy et al.:
 * Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing, arXiv:2006.09365).
 */
export type RobustRule =
  /** D. Yin et al.: Byzantine-Robust Distributed Learning, ICML 2018: the middle of each coordinate. */
  | { readonly kind: 'median' }
  /** D. Yin et al.: the mean of each coordinate without its `f` least and `f` largest values. */
  | { readonly kind: 'trimmed-mean'; readonly f: number }
  /** P. Blanchard et al.: Machine Learning with Adversaries, NIPS 2017; `selected` 1 is Krum, more is Multi-Krum. */
  | { readonly kind: 'krum'; readonly f: number; readonly selected: number }
  /** E. M. El Mhamdi et al.: The Hidden Vulnerability of Distributed Learning in Byzantium, ICML 2018. */
  | { readonly kind: 'bulyan'; readonly f: number }
  /** K. Pillutla et al.: Robust Aggregation for Federated Learning, arXiv:1912.13445 (smoothed Weiszfeld). */
  | { readonly kind: 'geometric-median'; readonly iterations: number; readonly smoothing: number }
  /** S. P. Karimireddy et al.: Learning from History for Byzantine Robust Optimization, ICML 2021; from the zero update. */
  | { readonly kind: 'centred-clipping'; readonly radius: number; readonly iterations: number }
  /** Z. Sun et al.: Can You Really Backdoor Federated Learning?, arXiv:1911.07963: each update is scaled to the norm. */
  | { readonly kind: 'norm-bounding'; readonly maximumNorm: number };

/** How many rows a rule needs, so that its promise holds for its `f`. */
export function neededRows(rule: RobustRule): number {
  switch (rule.kind) {
    case 'trimmed-mean':
      return 2 * rule.f + 1;
    case 'krum':
      // Blanchard et al. require n > 2f + 2; the selected ones must be honest in their majority.
      return Math.max(2 * rule.f + 3, rule.selected + rule.f);
    case 'bulyan':
      return 4 * rule.f + 3;
    case 'median':
    case 'geometric-median':
    case 'centred-clipping':
    case 'norm-bounding':
      return 1;
    default: {
      const never: never = rule;
      return never;
    }
  }
}

/** How often the rows are read: once for their inner products where the rule weighs or picks rows, once for the result. */
export function passesOf(rule: RobustRule): 1 | 2 {
  return rule.kind === 'median' || rule.kind === 'trimmed-mean' ? 1 : 2;
}

/**
 * Refuses too few rows; a rule never goes on with a smaller `f`.
 * @param rows what is certain to be there: the quorum, in buckets where there are any.
 * @throws CodedError `E_INVALID_INPUT`
 */
export function refuseTooFewRows(rule: RobustRule, rows: number): void {
  const needed = neededRows(rule);
  if (rows >= needed) return;
  const message = `the rule ${rule.kind} needs ${needed} updates (or buckets of them), the quorum assures ${rows}`;
  throw new CodedError('E_INVALID_INPUT', message);
}
