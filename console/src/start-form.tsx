import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, describeProblem, type Federation, type Participant, type ProfileChoice } from './api.ts';

interface StartFormProps {
  readonly participants: readonly Participant[];
  readonly onStarted: (runId: string) => void;
}

/** Chooses data set, model, participants, rounds and local epochs, and starts a run. */
export function StartForm({ participants, onStarted }: StartFormProps) {
  const [choices, setChoices] = useState<readonly ProfileChoice[]>([]);
  const [chosenId, setChosenId] = useState<string>();
  const [hidden, setHidden] = useState<string>();
  const [rounds, setRounds] = useState<string>();
  const [localEpochs, setLocalEpochs] = useState<string>();
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<string>();
  const [starting, setStarting] = useState(false);

  // What fits changes when somebody joins.
  const joined = participants.map(({ id }) => id).join(' ');
  useEffect(() => {
    void api.GET('/api/profiles').then(({ data }) => setChoices(data ?? []));
  }, [joined]);

  const choice = choices.find(({ federation }) => federation.id === chosenId) ?? choices[0];
  const selected = useMemo(() => (choice?.participants ?? []).filter((id) => !left.has(id)), [choice, left]);
  const layers = hidden ?? (choice?.federation.model.hidden ?? []).join(', ');

  const toggle = (id: string) => {
    const next = new Set(left);
    if (!next.delete(id)) next.add(id);
    setLeft(next);
  };
  const choose = (id: string) => {
    setChosenId(id);
    setHidden(undefined);
    setRounds(undefined);
    setLocalEpochs(undefined);
  };
  const start = async (event: Event) => {
    event.preventDefault();
    if (choice === undefined) return;
    setStarting(true);
    setProblem(undefined);
    const outcome = await startRun(choice, {
      hidden: layers,
      rounds: Number(rounds ?? choice.federation.rounds),
      localEpochs: Number(localEpochs ?? choice.federation.training.localEpochs),
      participants: selected,
    });
    setStarting(false);
    if (outcome.runId === undefined) setProblem(outcome.problem);
    else onStarted(outcome.runId);
  };

  return (
    <form class="card start" aria-label="Start a run" onSubmit={(event) => void start(event)}>
      <h2>Start a run</h2>
      <label>
        Data set
        <select value={choice?.federation.id} onChange={(event) => choose(event.currentTarget.value)}>
          {choices.map(({ federation, origin }) => (
            <option key={federation.id} value={federation.id}>
              {federation.title ?? federation.id}
              {origin === 'example' ? ' (example)' : ''}
            </option>
          ))}
        </select>
      </label>
      <label>
        Model: {choice?.federation.model.key ?? '–'}, hidden units a layer
        <input
          value={layers}
          pattern="\s*(\d+\s*(,\s*\d+\s*)*)?"
          title="numbers separated by commas"
          onInput={(event) => setHidden(event.currentTarget.value)}
        />
      </label>
      <fieldset>
        <legend>Participants</legend>
        {(choice?.participants ?? []).map((id) => (
          <label key={id} class="check">
            <input type="checkbox" checked={!left.has(id)} onChange={() => toggle(id)} /> {id}
          </label>
        ))}
        {(choice?.participants.length ?? 0) === 0 && (
          <p class="hint">No joined participant has these signals.</p>
        )}
      </fieldset>
      <div class="pair">
        <label>
          Rounds
          <input
            type="number"
            min={1}
            required
            value={rounds ?? choice?.federation.rounds ?? 1}
            onInput={(event) => setRounds(event.currentTarget.value)}
          />
        </label>
        <label>
          Local epochs
          <input
            type="number"
            min={1}
            required
            value={localEpochs ?? choice?.federation.training.localEpochs ?? 1}
            onInput={(event) => setLocalEpochs(event.currentTarget.value)}
          />
        </label>
      </div>
      <button type="submit" disabled={starting || selected.length === 0}>
        Start
      </button>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

interface Wish {
  readonly hidden: string;
  readonly rounds: number;
  readonly localEpochs: number;
  readonly participants: readonly string[];
}

type Outcome = { runId: string } | { runId: undefined; problem: string };

/**
 * Starts a run of the chosen federation. An example, or another architecture, first becomes a federation of its own,
 * which the participants are admitted to: a federation's model never changes.
 */
async function startRun(choice: ProfileChoice, wish: Wish): Promise<Outcome> {
  const layers = wish.hidden.split(',').flatMap((text) => (text.trim() === '' ? [] : [Number(text)]));
  const sameModel = layers.join() === (choice.federation.model.hidden ?? []).join();
  let federationId = choice.federation.id;
  if (choice.origin === 'example' || !sameModel) {
    const federation: Federation = {
      ...choice.federation,
      id: sameModel ? federationId : `${federationId}-${layers.join('-') || 'linear'}`.slice(0, 64),
      model: { ...choice.federation.model, hidden: layers },
    };
    federationId = federation.id;
    const created = await api.POST('/api/federations', { body: federation });
    // Made by an earlier press of the button: then it is the same one.
    if (created.error !== undefined && created.error.code !== 'E_ALREADY_EXISTS') {
      return { runId: undefined, problem: describeProblem(created.error) };
    }
  }
  const admitted = await api.POST('/api/federations/{federationId}/participants', {
    params: { path: { federationId } },
    body: { participants: [...wish.participants] },
  });
  if (admitted.error !== undefined) return { runId: undefined, problem: describeProblem(admitted.error) };
  const started = await api.POST('/api/federations/{federationId}/runs', {
    params: { path: { federationId } },
    body: { rounds: wish.rounds, localEpochs: wish.localEpochs, participants: [...wish.participants] },
  });
  if (started.data === undefined) return { runId: undefined, problem: describeProblem(started.error) };
  return { runId: started.data.id };
}
