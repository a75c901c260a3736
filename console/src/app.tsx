import { useEffect, useReducer, useState } from 'preact/hooks';
import { followEvents, type StreamState } from './event-stream.ts';
import { applyEvent, emptyState, runsNewestFirst } from './live-state.ts';
import { ModelPlace } from './model-place.tsx';
import { ParticipantPanel } from './participant-panel.tsx';
import { RoundsChart } from './rounds-chart.tsx';
import { RunPanel } from './run-panel.tsx';
import { StartForm } from './start-form.tsx';
import { TokenForm } from './token-form.tsx';

/** The one page: start a run, watch it, find its model. */
export function App() {
  const [state, dispatch] = useReducer(applyEvent, emptyState);
  const [stream, setStream] = useState<StreamState>('connecting');
  const [attempt, setAttempt] = useState(0);
  const [chosenRun, setChosenRun] = useState<string>();

  useEffect(() => {
    const controller = new AbortController();
    void followEvents({ onEvent: dispatch, onState: setStream, signal: controller.signal });
    return () => controller.abort();
  }, [attempt]);

  const runs = runsNewestFirst(state);
  const run = runs.find(({ id }) => id === chosenRun) ?? runs[0];
  const participants = [...state.participants.values()];
  return (
    <>
      <header>
        <h1>FedShell</h1>
        <span class={`stream ${stream}`} role="status">
          {stream === 'live'
            ? 'live'
            : stream === 'connecting'
              ? 'connecting to the aggregator …'
              : 'API token needed'}
        </span>
      </header>
      <main>
        {stream === 'unauthorized' && <TokenForm onGiven={() => setAttempt(attempt + 1)} />}
        <div class="column">
          <StartForm participants={participants} onStarted={setChosenRun} />
          <ParticipantPanel participants={participants} run={run} />
        </div>
        <section aria-label="Run" class="column">
          {run === undefined ? (
            <p class="hint">No run yet. Choose a data set and participants, then press Start.</p>
          ) : (
            <>
              <RunPanel run={run} runs={runs} onChoose={setChosenRun} />
              <RoundsChart run={run} />
              <ModelPlace run={run} versions={state.versions} />
            </>
          )}
        </section>
      </main>
    </>
  );
}
