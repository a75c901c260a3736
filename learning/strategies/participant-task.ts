/**
 * What a participant does beside plain training, out of a closed list: a trainer performs all of them and no strategy
 * brings code of its own to the machines.
 */
export type ParticipantTask =
  | { readonly kind: 'plain' }
  /** Adds mu · (w - base) to the gradient. */
  | { readonly kind: 'proximal'; readonly mu: number }
  /** Adds c - c_i to the gradient and keeps the control variate c_i. */
  | { readonly kind: 'control' }
  /** Adds alpha · (w - base) - h_i to the gradient and keeps the gradient correction h_i. */
  | { readonly kind: 'dyn'; readonly alpha: number }
  /** Trains the global model plainly, and a personal one with lambda · (v - base) added to its gradient, which it keeps. */
  | { readonly kind: 'dual-model'; readonly lambda: number }
  /** Trains its local tensors for that many epochs with the others fixed, then the shared ones with the local fixed. */
  | { readonly kind: 'head-then-body'; readonly headEpochs: number }
  /** Takes the downloaded model with the least loss on its train examples. */
  | { readonly kind: 'pick-group' }
  /** Trains for that many more epochs before its own use and evaluation; nothing of it is sent. */
  | { readonly kind: 'fine-tune'; readonly epochs: number };

/** Whether the task leaves something behind that its next execution needs. */
export function keepsState({ kind }: ParticipantTask): boolean {
  return kind === 'control' || kind === 'dyn' || kind === 'dual-model' || kind === 'head-then-body';
}
