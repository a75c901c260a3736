import type { ParticipantTask } from './participant-task.ts';

/** Vectors over the model's trainable values, one after the other, that a task keeps or downloads. */
export interface TaskVectors {
  /** The server's control variate c. */
  readonly control?: Float32Array;
  /** What the participant keeps: its control variate c_i, or its gradient correction h_i. */
  readonly own?: Float32Array;
}

/** What is added to every gradient: strength · (w - base) + offset. */
export interface GradientTerms {
  readonly strength: number;
  /** Fixed during the round; absent where it is 0. */
  readonly offset?: Float32Array;
}

/**
 * The terms by which a task's training differs from plain training: all of the closed list have this one form, so that a
 * trainer needs one. Of `dual-model` they are those of the personal model. Absent vectors are zeros.
 */
export function gradientTerms(task: ParticipantTask, { control, own }: TaskVectors): GradientTerms {
  switch (task.kind) {
    case 'proximal':
      return { strength: task.mu };
    case 'dual-model':
      return { strength: task.lambda };
    case 'dyn':
      return own === undefined
        ? { strength: task.alpha }
        : { strength: task.alpha, offset: own.map((value) => -value) };
    case 'control':
      return control === undefined && own === undefined
        ? { strength: 0 }
        : { strength: 0, offset: difference(control, own) };
    case 'plain':
    case 'head-then-body':
    case 'pick-group':
    case 'fine-tune':
      return { strength: 0 };
    default:
      return task satisfies never;
  }
}

function difference(one: Float32Array | undefined, other: Float32Array | undefined): Float32Array {
  if (other === undefined) return one!.slice();
  return other.map((value, index) => (one?.[index] ?? 0) - value);
}
