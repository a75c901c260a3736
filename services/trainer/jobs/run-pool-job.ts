import type { PoolJob } from '../../../queue/jobs.ts';
import { evaluate } from './evaluate.ts';
import { feedback } from './feedback.ts';
import { infer } from './infer.ts';
import { initialise } from './initialise.ts';
import type { JobContext, JobResources } from './job-resources.ts';
import { statistics } from './statistics.ts';
import { train } from './train.ts';

/** Does a job of the pool's queue. */
export function runPoolJob(job: PoolJob, context: JobContext, resources: JobResources): Promise<void> {
  switch (job.kind) {
    case 'train':
      return train(job, context, resources);
    case 'evaluate':
      return evaluate(job, context, resources);
    case 'statistics':
      return statistics(job, context, resources);
    case 'initialise':
      return initialise(job, context, resources);
    case 'infer':
      return infer(job, context, resources);
    case 'feedback':
      return feedback(job, context, resources);
  }
}
