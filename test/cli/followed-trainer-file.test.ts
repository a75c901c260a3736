import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FollowedTrainerFile } from '../../cli/plant/followed-trainer-file.ts';
import { eventually } from '../support/eventually.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-followed-'));
const file = join(folder, 'hall.yaml');
const line = join(folder, 'press.line.yaml');
const reports: string[] = [];
const changes: boolean[] = [];
let followed: FollowedTrainerFile;

const trainerText = (pool: string, more = '') =>
  `aggregator: http://127.0.0.1:8600\npool: { id: ${pool} }\n${more}participants: [{ id: p, source: { line: press.line.yaml } }]\n`;
const lineText = (endpoint: string, signals: string) => `endpoint: ${endpoint}\nsignals: ${signals}\n`;

beforeAll(async () => {
  writeFileSync(file, trainerText('hall'));
  writeFileSync(line, lineText('opc.tcp://a:1', '{ v: { node: i=1 } }'));
  followed = await FollowedTrainerFile.open({ file, report: (text) => reports.push(text) });
  followed.follow(async (_trainer, concernsTrainer) => void changes.push(concernsTrainer));
});
afterAll(() => {
  followed.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  reports.length = 0;
  changes.length = 0;
});

describe('a followed trainer file', () => {
  it('leaves the trainer alone when only the way to a machine changed', async () => {
    writeFileSync(line, lineText('opc.tcp://b:1', '{ v: { node: i=1 } }'));

    await eventually(() => changes.length > 0);

    expect(changes).toEqual([false]);
    expect(followed.trainer.participants[0]?.source.opcua?.endpoint).toBe('opc.tcp://b:1');
  });

  it('concerns the trainer when a signal is added', async () => {
    writeFileSync(line, lineText('opc.tcp://b:1', '{ v: { node: i=1 }, w: { node: i=2 } }'));

    await eventually(() => changes.length > 0);

    expect(changes).toEqual([true]);
  });

  it('keeps what it had when the change cannot be used, and says why', async () => {
    writeFileSync(line, lineText('http://nowhere', '{ v: { node: i=1 } }'));

    await eventually(() => reports.length > 0);

    expect(reports[0]).toContain('the change is not in use');
    expect(Object.keys(followed.trainer.participants[0]?.source.opcua?.signals ?? {})).toEqual(['v', 'w']);
    expect(changes).toEqual([]);
  });

  it('does not move to another pool', async () => {
    writeFileSync(line, lineText('opc.tcp://b:1', '{ v: { node: i=1 } }'));
    writeFileSync(file, trainerText('other'));

    await eventually(() => reports.some((text) => text.includes('another pool')));

    expect(followed.trainer.pool.id).toBe('hall');
  });
});
