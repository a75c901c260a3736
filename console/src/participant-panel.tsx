import { useState } from 'preact/hooks';
import type { Participant, Run } from './api.ts';
import { loss, percent } from './format.ts';
import { GapTable } from './gap-table.tsx';

interface ParticipantPanelProps {
  readonly participants: readonly Participant[];
  readonly run: Run | undefined;
}

/** All participants with their state, and one of them in detail. */
export function ParticipantPanel({ participants, run }: ParticipantPanelProps) {
  const [chosen, setChosen] = useState<string>();
  const sorted = [...participants].sort((a, b) => (a.id < b.id ? -1 : 1));
  const participant = sorted.find(({ id }) => id === chosen) ?? sorted[0];
  return (
    <section class="card" aria-label="Participants">
      <h2>Participants</h2>
      {participant === undefined ? (
        <p class="hint">None has joined yet. “fedshell trainer FILE” joins those of a trainer file.</p>
      ) : (
        <>
          <table>
            <thead>
              <tr>
                <th>participant</th>
                <th>state</th>
                <th>epoch</th>
                <th>accuracy</th>
              </tr>
            </thead>
            <tbody>
              {sorted.map((one) => (
                <tr key={one.id} class={one.id === participant.id ? 'chosen' : ''}>
                  <td>
                    <button type="button" class="link" onClick={() => setChosen(one.id)}>
                      {one.id}
                    </button>
                  </td>
                  <td class={`state ${one.state}`}>{one.state}</td>
                  <td>
                    {one.state === 'training' && one.progress
                      ? `${one.progress.epoch}/${one.progress.epochs}`
                      : ''}
                  </td>
                  <td>{percent(globalResult(run, one.id)?.accuracy)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Detail participant={participant} run={run} />
          <GapTable participant={participant} />
        </>
      )}
    </section>
  );
}

/** What the newest evaluated global version scores on this participant's test windows. */
function globalResult(run: Run | undefined, participantId: string) {
  return run?.evaluations.at(-1)?.perParticipant.find(({ participant }) => participant === participantId);
}

function Detail({ participant, run }: { participant: Participant; run: Run | undefined }) {
  const data =
    participant.data?.find(({ federation }) => federation === run?.federation) ?? participant.data?.[0];
  const result = globalResult(run, participant.id);
  const facts: [string, string][] = [
    ['pool', participant.pool],
    ...Object.entries(participant.attributes).map(([name, value]): [string, string] => [name, value]),
    ['windows', String(data?.windows ?? '–')],
    ['train / test examples', data ? `${data.trainExamples} / ${data.testExamples}` : '–'],
    ['left out', describeExcluded(data?.excludedWindows)],
    ['machine', describeMachine(participant.collection)],
    ['gaps in the data', describeGaps(participant.collection)],
    ['global model here', `${percent(result?.accuracy)}, loss ${loss(result?.loss)}`],
    [
      'local training',
      participant.progress
        ? `${percent(participant.progress.trainedAccuracy)}, loss ${loss(participant.progress.trainedLoss)}`
        : '–',
    ],
    ['shell', participant.shellId ?? '–'],
  ];
  return (
    <dl class="facts" aria-label={`Participant ${participant.id}`}>
      {participant.reason !== undefined && <p class="hint">{participant.reason}</p>}
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function describeMachine(collection: Participant['collection']): string {
  if (collection?.state === undefined) return '–';
  const figures = Object.entries(collection.figures ?? {}).map(([name, value]) => `${name} ${figure(value)}`);
  return [collection.state, ...figures].join(', ');
}

function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

function describeGaps(collection: Participant['collection']): string {
  const causes = Object.entries(collection?.gaps ?? {});
  if (causes.length === 0) return 'none';
  return causes
    .map(
      ([cause, { rows, unfilled }]) =>
        `${rows} ${cause}${unfilled < rows ? `, ${rows - unfilled} filled` : ''}`,
    )
    .join('; ');
}

function describeExcluded(excluded: Record<string, number> | undefined): string {
  const causes = Object.entries(excluded ?? {}).filter(([, count]) => count > 0);
  return causes.length === 0 ? 'none' : causes.map(([cause, count]) => `${count} ${cause}`).join(', ');
}
