import fc from 'fast-check';
import { jobId, parseJobId, poolJobId, poolOfQueue, poolQueueName } from '../../queue/job-id.ts';
import { evaluateJob, initialiseJob, trainJob } from './sample-jobs.ts';

const CHOSEN_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

describe('a job id', () => {
  it.each([
    [trainJob({ run: 'R', round: 1, roundAttempt: 2 }, 'press-1'), 'R.1.2.train.press-1'],
    [initialiseJob('R'), 'R.0.1.initialise'],
    [evaluateJob('R', 3, ['press-1']), 'R.3.1.evaluate.hall'],
  ])('says what its job is', (job, id) => {
    expect(poolJobId('hall', job)).toBe(id);
  });

  it('is read as it was written and has no colon, which the queue refuses', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9A-Za-z-]{1,64}$/),
        fc.nat(),
        fc.nat(),
        fc.constantFrom('train' as const, 'statistics' as const),
        fc.stringMatching(CHOSEN_ID),
        (run, round, roundAttempt, kind, participant) => {
          const key = { run, round, roundAttempt, kind, participant };
          const id = jobId(key);
          expect(id).not.toContain(':');
          expect(parseJobId(id)).toEqual(key);
        },
      ),
    );
  });

  it.each(['', 'R', 'R.1.1', 'R.1.1.sing', 'R.x.1.train.press-1'])('is not read from %p', (text) => {
    expect(parseJobId(text)).toBeUndefined();
  });

  it('belongs to a queue that names its pool', () => {
    expect(poolOfQueue(poolQueueName('hall-3'))).toBe('hall-3');
    expect(poolOfQueue('aggregator')).toBeUndefined();
  });
});
