import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Publication } from '../../aas/publication.ts';
import { applyPublication } from '../../aas/server/apply-publication.ts';
import { AasStorage } from '../../aas/server/storage/aas-storage.ts';
import {
  recordsPath,
  roundRecord,
  roundSeries,
  runSegment,
  runSegmentHead,
  runSegmentPath,
} from '../../aas/submodels/time-series.ts';

const ID = 'urn:fedshell:test:federation:gearbox:TimeSeries';
const TIME = '2026-01-02T03:04:05.678Z';

let folder: string;
let storage: AasStorage;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-elements-'));
  storage = await AasStorage.open(folder);
});

afterEach(() => {
  storage.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What is published of one round. */
function round(number: number, accuracy?: number): Publication {
  const record = roundRecord({
    time: TIME,
    round: number,
    modelVersion: number,
    ...(accuracy !== undefined && { accuracy }),
  });
  const head = runSegmentHead({ recordCount: number + 1, completed: false, endTime: TIME });
  return {
    frames: [roundSeries({ id: ID, federation: 'gearbox' })],
    elements: [
      { submodelId: ID, idShortPath: runSegmentPath('R1'), element: runSegment('R1', TIME), keep: true },
      { submodelId: ID, idShortPath: `${recordsPath('R1')}.${record.idShort}`, element: record },
      ...head.map((element) => ({
        submodelId: ID,
        idShortPath: `${runSegmentPath('R1')}.${element.idShort}`,
        element,
      })),
    ],
  };
}

describe('elements that are published one by one', () => {
  it('join those that are there, in their order', async () => {
    for (const number of [0, 1, 2]) await applyPublication(storage, round(number));

    const submodel = storage.submodels.require(ID);
    const records = storage.elements.children(submodel, recordsPath('R1')).map(({ path }) => path);

    expect(records).toEqual([0, 1, 2].map((number) => `${recordsPath('R1')}.Record${number}`));
  });

  it('may be published again, after a kill or with more figures', async () => {
    for (const number of [0, 1]) await applyPublication(storage, round(number));
    const before = storage.submodels.get(ID);

    await applyPublication(storage, round(1));
    const again = storage.submodels.get(ID);
    await applyPublication(storage, round(1, 0.9));

    expect(again).toEqual(before);
    const accuracy = storage.elements.get(
      storage.submodels.require(ID),
      `${recordsPath('R1')}.Record1.accuracy`,
    );
    expect(accuracy['value']).toBe('0.9');
  });

  it('appear with all the rest of the publication or not at all', async () => {
    await applyPublication(storage, round(0));
    const before = storage.submodels.get(ID);
    const broken = round(1);
    const nowhere = {
      submodelId: ID,
      idShortPath: 'Segments.Nowhere.State',
      element: runSegment('R2', TIME),
    };

    await expect(
      applyPublication(storage, { ...broken, elements: [...(broken.elements ?? []), nowhere] }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^E_/) });

    expect(storage.submodels.get(ID)).toEqual(before);
  });

  it('are told to subscribers as changes of elements', async () => {
    await applyPublication(storage, round(0));
    const changes: (string | undefined)[] = [];
    storage.changes.subscribe(({ thing, kind, idShortPath }) =>
      changes.push(`${thing} ${kind} ${idShortPath}`),
    );

    await applyPublication(storage, round(1));

    expect(changes[0]).toBe(`element created ${recordsPath('R1')}.Record1`);
    expect(changes.slice(1).every((change) => change?.startsWith('element updated'))).toBe(true);
  });
});
