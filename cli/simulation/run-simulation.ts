import type { SimulateFederationOptions } from '../commands/simulate.ts';
import { requireKnownModel } from '../model/require-known-model.ts';
import { Interruption } from '../terminal/interruption.ts';
import { printJson, printLine } from '../terminal/output.ts';
import { readInput } from '../terminal/read-input.ts';
import { ROUND_HEAD, resultText, roundText } from './simulation-text.ts';

/** Simulates the federation of a file and prints a line a round, then the versions. */
export async function runSimulation(file: string, options: SimulateFederationOptions): Promise<void> {
  const federation = await readInput('Federation', file);
  await requireKnownModel(federation);
  const interruption = new Interruption();
  const { simulateFederation } = await import('../../services/simulation/simulate-federation.ts');
  const { json = false, ...wanted } = options;
  if (!json) printLine(ROUND_HEAD);
  const result = await simulateFederation({
    federation,
    ...chosen(wanted),
    signal: interruption.signal,
    onRound: (record) => {
      if (json) printJson(record);
      else printLine(roundText(record));
    },
  });
  if (!json) printLine(`\n${resultText(result.versions.values(), options.output)}`);
}

/** Those options that a simulation has: the command line's others have defaults and belong to a line. */
function chosen({
  data,
  group,
  participants,
  rounds,
  seed,
  slots,
  output,
  resume,
}: SimulateFederationOptions) {
  return {
    ...(data !== undefined && { data }),
    ...(group !== undefined && { group }),
    ...(participants !== undefined && { participants }),
    ...(rounds !== undefined && { rounds }),
    ...(seed !== undefined && { seed }),
    ...(slots !== undefined && { slots }),
    ...(output !== undefined && { output }),
    ...(resume !== undefined && { resume }),
  };
}
