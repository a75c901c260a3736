import { join } from 'node:path';
import type { DataProfile } from '../../../openapi/schemas.ts';
import { DataSetView } from '../../../services/trainer/data-set/data-set-view.ts';
import { Journal } from '../../../services/trainer/data-set/journal.ts';
import type { LabelFile } from '../../../services/trainer/data-set/label-file.ts';
import { readWindow, windowSamples } from '../../../services/trainer/data-set/read-window.ts';
import { temporaryFolder } from './temporary-folder.ts';

interface Further {
  readonly labels?: LabelFile;
  readonly maximumAgesMs?: ReadonlyMap<string, number>;
}

/** Makes views of fresh journals, with a clock that the test moves; closes the journals after each test. */
export function viewOpener() {
  const folder = temporaryFolder();
  const journals: Journal[] = [];
  let opened = 0;
  afterEach(() => {
    for (const journal of journals.splice(0)) journal.close();
  });
  const open = (profile: DataProfile, further: Further = {}) => {
    let nowMs = 1_000_000;
    const clock = () => nowMs;
    const journal = new Journal(join(folder, `view-${opened++}`), clock);
    journals.push(journal);
    const view = new DataSetView({ journal, profile, publishingIntervalMs: 100, clock, ...further });
    /** Follows everything, as long after the last arrival as anything is waited for. */
    const follow = async () => {
      await view.catchUp();
      nowMs += 1_000;
      await view.catchUp();
      return view.counts();
    };
    const samplesOf = () =>
      view.windows.map((window) => [...readWindow(view.source, window, windowSamples(profile))]);
    return { journal, view, follow, samplesOf };
  };
  return { open, folder };
}
