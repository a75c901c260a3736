import { LiveDisplay } from '../../cli/watch/live-display.ts';
import { roundTable } from '../../cli/watch/run-text.ts';
import { RunView } from '../../cli/watch/run-view.ts';
import type { Participant, Run } from '../../openapi/schemas.ts';
import { eventually } from '../support/eventually.ts';

const AT = '2026-01-01T00:00:00Z';

const run = (part: Partial<Run> = {}): Run => ({
  id: 'r1',
  federation: 'line',
  state: 'running',
  totalRounds: 2,
  localEpochs: 4,
  seed: 1,
  round: 1,
  createdAt: AT,
  lastProgressAt: AT,
  rounds: [],
  evaluations: [],
  ...part,
});

const participant = (part: Partial<Participant> = {}): Participant => ({
  id: 'press-1',
  pool: 'hall',
  attributes: {},
  signals: [],
  federations: ['line'],
  state: 'ready',
  ...part,
});

const training = (epoch: number): Participant =>
  participant({
    state: 'training',
    progress: { run: 'r1', round: 1, epoch, epochs: 4, trainedLoss: 0.5, trainedAccuracy: 0.75 },
  });

const evaluation = (number: number, accuracy: number): Run['evaluations'][number] => ({
  group: 'main',
  number,
  sha256: 'a'.repeat(64),
  participants: 1,
  exampleCount: 40,
  accuracy,
  loss: 0.25,
  perParticipant: [],
});

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 60, written, write: (text: string) => written.push(text) };
}

describe('the view of a run', () => {
  it('shows the run with its newest accuracy and each participant of its federation', () => {
    const view = new RunView('r1');
    view.apply({ kind: 'participant', participant: training(3) });
    view.apply({
      kind: 'participant',
      participant: participant({ id: 'other', federations: ['elsewhere'] }),
    });
    view.apply({ kind: 'run', run: run({ id: 'another', totalRounds: 9 }) });
    view.apply({ kind: 'run', run: run({ evaluations: [evaluation(1, 0.9), evaluation(0, 0.25)] }) });

    expect(view.lines()).toEqual([
      'run r1: running · round 1/2 · accuracy 90.0 % (version 1, 40 test windows)',
      '  press-1  training    round 1 epoch 3/4  loss 0.500  accuracy 75.0 %',
    ]);
  });
});

describe('the live display', () => {
  it('writes plain lines where there is no terminal, one a participant and round', () => {
    const output = stream(false);
    const display = new LiveDisplay(output);
    const view = new RunView('r1');
    view.apply({ kind: 'run', run: run() });
    for (let epoch = 0; epoch <= 4; epoch += 1) {
      view.apply({ kind: 'participant', participant: training(epoch) });
      display.show(view);
      display.show(view);
    }
    const text = output.written.join('');
    expect(text).not.toContain('\u001b');
    expect(text.match(/run r1: running/g)).toHaveLength(1);
    expect(text.match(/epoch 4\/4/g)).toHaveLength(1);
    expect(text.trimEnd().split('\n')).toHaveLength(3);
  });

  it('redraws in place on a terminal, cut to its width, below the notes', async () => {
    const output = stream(true);
    const display = new LiveDisplay(output);
    const view = new RunView('r1');
    view.apply({ kind: 'run', run: run({ reason: 'x'.repeat(100) }) });
    display.show(view);
    await eventually(() => output.written.length > 0);

    display.note('redis runs again');
    display.finish();

    expect(
      output.written.filter((text) => text.startsWith('run r1')).every((text) => text.length <= 60),
    ).toBe(true);
    const note = output.written.indexOf('redis runs again\n');
    expect(output.written[note - 1]).toBe('\u001b[1A\r\u001b[0J');
    expect(output.written.slice(note + 1).some((text) => text.startsWith('run r1'))).toBe(true);
  });
});

describe('the table of rounds', () => {
  it('sets the score of each version beside the round that made it', () => {
    const round = {
      round: 1,
      roundAttempt: 1,
      state: 'completed' as const,
      cohort: ['a', 'b'],
      contributions: [],
      refusals: [],
      version: 1,
      openedAt: AT,
    };
    const rows = roundTable(
      run({ rounds: [round], evaluations: [evaluation(0, 0.25), evaluation(1, 0.9)] }),
    ).split('\n');
    expect(rows).toHaveLength(3);
    expect(rows[1]).toMatch(/initial.* 0 .*25\.0 %/);
    expect(rows[2]).toMatch(/^1 .*completed.*0 of 2.* 1 .*90\.0 %/);
  });
});
