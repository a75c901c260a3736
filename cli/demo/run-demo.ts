import { resolve } from 'node:path';
import type { Federation } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { DemoOptions } from '../commands/demo.ts';
import { describeSupervision } from '../plant/describe-supervision.ts';
import { type Line, lineOf } from '../plant/line.ts';
import { claimStateFolder, emptyStateFolder } from '../plant/state-folder.ts';
import { watchReadiness } from '../plant/watch-readiness.ts';
import { Supervisor } from '../supervise/supervisor.ts';
import { Interruption } from '../terminal/interruption.ts';
import { printJson } from '../terminal/output.ts';
import { LiveDisplay } from '../watch/live-display.ts';
import { hasEnded } from '../watch/run-view.ts';
import { watchRun } from '../watch/watch-run.ts';
import { demoDocument, withLineClasses } from './demo-federation.ts';
import { demoMarker } from './demo-marker.ts';
import { demoOutcome } from './demo-outcome.ts';
import { endText, startText } from './demo-report.ts';
import { demoRun } from './demo-run.ts';
import { finishedRun } from './finished-run.ts';
import { modelInAas } from './model-in-aas.ts';
import { requireTrainable } from './require-trainable.ts';
import { startDemo } from './start-demo.ts';

/** Runs the demo until its run has ended and is checked (`--once`), or until the process is to end. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const document = await demoDocument(options);
  const line = await lineOfDemo(options, document.training.seed);
  await requireTrainable(options, document);
  const federation = withLineClasses(options, document, line.classes);
  const interruption = new Interruption();
  const folder = resolve(options.state);
  const display = new LiveDisplay(options.json ? process.stderr : process.stdout);
  const supervisor = new Supervisor({ folder, report: (event) => display.note(describeSupervision(event)) });
  try {
    if (options.fresh) emptyStateFolder(folder);
    claimStateFolder(folder, demoMarker(options, federation, line.machines.length));
    const work = demonstrate({ options, line, federation, folder, supervisor, interruption, display });
    await Promise.race([interruption.during(work), supervisor.failure]);
    if (!options.once) await Promise.race([interruption.happened, supervisor.failure]);
  } catch (thrown) {
    // Ctrl-C is how a demo that keeps serving ends.
    if (options.once || !interruption.signal.aborted) throw thrown;
  } finally {
    display.finish();
    await supervisor.end();
  }
}

function lineOfDemo({ data, group, participants }: DemoOptions, seed: number): Promise<Line> {
  return lineOf({
    seed,
    ...(participants === undefined ? {} : { machines: participants }),
    ...(data === undefined ? {} : { data }),
    ...(group === undefined ? {} : { group }),
  });
}

interface Demonstration {
  readonly options: DemoOptions;
  readonly line: Line;
  readonly federation: Federation;
  readonly folder: string;
  readonly supervisor: Supervisor;
  readonly interruption: Interruption;
  readonly display: LiveDisplay;
}

/** From the start of the processes to the checked model. @throws CodedError `E_RUN_FAILED`, `E_HASH_MISMATCH` */
async function demonstrate(demonstration: Demonstration): Promise<void> {
  const { options, line, federation, folder, supervisor, interruption, display } = demonstration;
  const { signal } = interruption;
  const { plant, client, api } = await startDemo({
    options,
    line,
    federation,
    folder,
    supervisor,
    started: (running, endpoint) => {
      display.note(startText(running, endpoint, line.text, folder));
      void watchReadiness({
        api: running.api,
        report: (text) => display.note(text),
        signal: supervisor.ending,
      });
    },
  });
  const participants = line.machines.map(({ id }) => id);
  const begun = await demoRun({ client, federation: federation.id, participants, signal });
  const ended = hasEnded(begun) ? begun : await watchRun({ ...api, runId: begun.id, display, signal });
  const finished = await finishedRun(client, federation, ended, signal);
  const model = await modelInAas(plant.aas, finished.version, api.apiTokenFile);
  const outcome = demoOutcome({
    ...finished,
    aasModelSha256: model.sha256,
    seconds: performance.now() / 1000,
  });
  display.note(endText({ finished, outcome, model, plant, once: options.once === true }));
  if (options.json) printJson(outcome);
  const { number, sha256 } = finished.version;
  if (model.sha256 !== sha256) {
    const message = `the AAS registry leads to a file with sha256 ${model.sha256}, version ${number} has ${sha256}`;
    throw new CodedError('E_HASH_MISMATCH', message);
  }
}
