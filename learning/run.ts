import { stateMachine } from './state-machine.ts';

export type RunState = 'created' | 'waiting' | 'running' | 'paused' | 'completed' | 'stopped' | 'failed';

/**
 * `wait`: too few participants are ready for the next round. `proceed`: a round opens. `pause`: the open round may
 * finish, no other opens. `complete`: the last round's version is published. `stop`: a person ended the run.
 */
export type RunEvent = 'wait' | 'proceed' | 'pause' | 'resume' | 'complete' | 'stop' | 'fail';

/** A run from its creation to its end; whoever changes the state keeps the reason and the time beside it. */
export const runStates = stateMachine<RunState, RunEvent>('run', {
  created: { wait: 'waiting', proceed: 'running', pause: 'paused', stop: 'stopped', fail: 'failed' },
  waiting: { wait: 'waiting', proceed: 'running', pause: 'paused', stop: 'stopped', fail: 'failed' },
  running: {
    wait: 'waiting',
    proceed: 'running',
    pause: 'paused',
    complete: 'completed',
    stop: 'stopped',
    fail: 'failed',
  },
  // The round that was open when the run was paused goes on, and may be the last one or end in failure.
  paused: { resume: 'running', complete: 'completed', stop: 'stopped', fail: 'failed' },
  completed: {},
  stopped: {},
  failed: {},
});
