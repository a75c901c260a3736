import type { Plant } from '../plant/start-plant.ts';
import { percent } from '../terminal/output.ts';
import { roundTable } from '../watch/run-text.ts';
import type { DemoOutcome } from './demo-outcome.ts';
import type { FinishedRun } from './finished-run.ts';
import type { ModelInAas } from './model-in-aas.ts';

/** What a demo started and where, in a few lines. */
export function startText(plant: Plant, endpoint: string, line: string, folder: string): string {
  return [
    `OPC UA      ${endpoint} (${line})`,
    `Redis       ${plant.redisDescription}`,
    `API         ${plant.api} (console at the same address)`,
    `AAS         ${plant.aas}`,
    `state       ${folder} (logs in logs/)`,
  ].join('\n');
}

interface EndTextOptions {
  readonly finished: FinishedRun;
  readonly outcome: DemoOutcome;
  readonly model: ModelInAas;
  readonly plant: Plant;
  /** The demo ends now, so there is no way to go on. */
  readonly once: boolean;
}

/** The rounds, where the model is and how to go on. */
export function endText({ finished, outcome, model, plant, once }: EndTextOptions): string {
  const { run, version } = finished;
  const { federation } = version;
  const { initialAccuracy, accuracy, testExamples, participants } = outcome;
  const lines = [
    '',
    roundTable(run),
    '',
    `accuracy    ${percent(initialAccuracy ?? undefined)} -> ${percent(accuracy ?? undefined)} on ${testExamples} test windows of ${participants} participants`,
    `model       version ${version.number} of ${federation}, sha256 ${version.sha256}`,
    `shell       ${model.shellId}`,
    `submodel    ${model.submodelId}`,
    `attachment  ${model.attachmentUrl}`,
    model.sha256 === version.sha256
      ? 'checked     found through the AAS registry and downloaded: the same sha256'
      : `checked     the AAS registry leads to a file with sha256 ${model.sha256}: NOT the same`,
  ];
  if (once) return lines.join('\n');
  const at = plant.api === 'http://127.0.0.1:8600' ? '' : ` --aggregator ${plant.api}`;
  return [
    ...lines,
    '',
    'How to go on:',
    `  ${plant.api} shows all of it`,
    `  fedshell model get ${federation} -o model.safetensors${at}`,
    `  fedshell run start ${federation} --watch${at}`,
    '  Ctrl-C ends every process and loses nothing; the same command goes on from here.',
  ].join('\n');
}
