import type { Run } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { eventStream } from '../api/event-stream.ts';
import type { LiveDisplay } from './live-display.ts';
import { hasEnded, RunView } from './run-view.ts';

interface WatchRunOptions {
  readonly aggregator: string;
  readonly apiTokenFile?: string;
  readonly runId: string;
  readonly display: LiveDisplay;
  readonly signal?: AbortSignal;
}

/**
 * Shows a run until it has ended and returns it as it ended.
 * @throws CodedError `E_ABORTED` if `signal` was aborted before.
 */
export async function watchRun(options: WatchRunOptions): Promise<Run> {
  const { aggregator, apiTokenFile, display, runId } = options;
  const view = new RunView(runId);
  const stop = new AbortController();
  const abort = () => stop.abort();
  if (options.signal?.aborted) stop.abort();
  options.signal?.addEventListener('abort', abort);
  let interrupted = false;
  try {
    const events = eventStream({
      aggregator,
      ...(apiTokenFile === undefined ? {} : { apiTokenFile }),
      signal: stop.signal,
      interrupted: (error) => {
        if (!interrupted) display.note(`${error.message}; waiting for it`);
        interrupted = true;
      },
    });
    for await (const event of events) {
      interrupted = false;
      view.apply(event);
      display.show(view);
      if (view.run !== undefined && hasEnded(view.run)) {
        display.finish();
        return view.run;
      }
    }
    throw new CodedError('E_ABORTED', `stopped watching the run ${runId}`);
  } finally {
    options.signal?.removeEventListener('abort', abort);
    stop.abort();
  }
}
