import { CodedError } from '../../../runtime/errors.ts';
import { countMemoryKills } from './memory-kills.ts';
import { outOfMemory, tellsOfMemory } from './out-of-memory.ts';

interface Death {
  readonly exitCode: number | null;
  readonly killedBy: string | null;
  /** The end of what it wrote to its error stream. */
  readonly lastWords: string;
  /** `countMemoryKills` before its task. */
  readonly memoryKillsBefore: number | undefined;
}

/** Why a training process ended in the middle of a task: for want of memory, or for a cause that nobody knows. */
export function deathOfProcess({ exitCode, killedBy, lastWords, memoryKillsBefore }: Death): CodedError {
  const how = killedBy ?? `exit code ${exitCode}`;
  if (tellsOfMemory(lastWords)) return outOfMemory(`it ended with ${how}`, { words: lastWords });
  const kills = killedBy === 'SIGKILL' ? countMemoryKills() : undefined;
  if (kills !== undefined && kills > (memoryKillsBefore ?? kills)) {
    return outOfMemory('the system killed it');
  }
  return new CodedError('E_TRAINING_FAILED', `the training process ended with ${how}`);
}
