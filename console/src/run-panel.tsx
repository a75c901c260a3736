import { useState } from 'preact/hooks';
import { api, describeProblem, type Run } from './api.ts';
import { loss, percent } from './format.ts';

interface RunPanelProps {
  readonly run: Run;
  readonly runs: readonly Run[];
  readonly onChoose: (runId: string) => void;
}

const COMMANDS: Readonly<Record<string, readonly ('pause' | 'resume' | 'stop')[]>> = {
  created: ['stop'],
  waiting: ['pause', 'stop'],
  running: ['pause', 'stop'],
  paused: ['resume', 'stop'],
};

/** The state of a run, its figures a round and its commands. */
export function RunPanel({ run, runs, onChoose }: RunPanelProps) {
  const [problem, setProblem] = useState<string>();
  const command = async (name: 'pause' | 'resume' | 'stop') => {
    const { error } = await api.POST('/api/runs/{runId}/{command}', {
      params: { path: { runId: run.id, command: name } },
    });
    setProblem(error === undefined ? undefined : describeProblem(error));
  };
  const latest = run.evaluations.at(-1);
  const lastRound = run.rounds.at(-1);
  return (
    <div class="card">
      <h2>
        <label>
          Run
          <select value={run.id} onChange={(event) => onChoose(event.currentTarget.value)}>
            {runs.map(({ id, federation, state }) => (
              <option key={id} value={id}>
                {federation}, {id} ({state})
              </option>
            ))}
          </select>
        </label>
      </h2>
      <dl class="figures">
        <Figure name="state" value={run.state} />
        <Figure name="round" value={`${run.round}/${run.totalRounds}`} />
        <Figure name="accuracy" value={percent(latest?.accuracy)} />
        <Figure name="accuracy, worst tenth" value={percent(latest?.fairness?.worstTenth)} />
        <Figure name="accuracy, variance" value={latest?.fairness?.variance.toFixed(4) ?? '–'} />
        <Figure name="loss" value={loss(latest?.loss)} />
        <Figure
          name="in this round"
          value={lastRound ? `${lastRound.contributions.length}/${lastRound.cohort.length}` : '–'}
        />
      </dl>
      {run.reason !== undefined && <p class="hint">{run.reason}</p>}
      {(COMMANDS[run.state] ?? []).map((name) => (
        <button key={name} type="button" class="quiet" onClick={() => void command(name)}>
          {name}
        </button>
      ))}
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
