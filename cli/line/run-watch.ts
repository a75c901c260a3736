import type { Sample } from '../../connectors/connector.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { WatchOptions } from '../commands/line.ts';
import { Interruption } from '../terminal/interruption.ts';
import { printJson, printLine } from '../terminal/output.ts';
import { type NamedLine, readLines } from './read-lines.ts';
import { lineLog } from './server-options.ts';
import { tellingTrustFolder } from './trust-hint.ts';
import { summaryOf } from './value-summary.ts';
import { WatchedValues } from './watched-values.ts';

const REDRAW_MS = 200;
const PLAIN_MS = 2_000;
const CLEAR_TO_END = '\u001b[0J';

/** Shows the values of a machine as a connector collects them, until the process is to end. */
export async function runWatch(file: string, options: WatchOptions): Promise<void> {
  const { lines, pkiFolder } = await readLines(file, options.pki);
  const { source } = chosenLine(lines, options.participant);
  const signals = chosenSignals(source, options.signal);
  const interruption = new Interruption();
  const values = new WatchedValues(signals, options.json ? writeJson : () => undefined);
  const { createOpcuaConnector } = await import('../../connectors/opcua/opcua-connector.ts');
  const connector = createOpcuaConnector({ source, pkiFolder, signals, log: lineLog() });
  const display = options.json ? undefined : startDisplay(() => values.lines(source.endpoint));
  try {
    await interruption.during(tellingTrustFolder(pkiFolder, connector.open(values)));
    await interruption.happened;
  } catch (thrown) {
    // Ctrl-C is how this command ends.
    if (!interruption.signal.aborted) throw thrown;
  } finally {
    display?.end();
    await connector.close();
  }
}

function chosenLine(lines: readonly NamedLine[], participant: string | undefined): NamedLine {
  const line = participant === undefined ? lines[0] : lines.find(({ name }) => name === participant);
  if (line !== undefined) return line;
  const names = lines.map(({ name }) => name).join(', ');
  throw new CodedError(
    'E_INVALID_INPUT',
    participant === undefined
      ? 'the file has no OPC UA machine'
      : `--participant ${participant} is none of ${names}`,
  );
}

function chosenSignals({ signals }: NamedLine['source'], names: readonly string[] | undefined): string[] {
  const known = Object.keys(signals);
  const faults = (names ?? [])
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: '--signal', message: `${name} is none of ${known.join(', ')}` }));
  if (faults.length > 0) throw new CodedError('E_INVALID_INPUT', 'no such signal', { faults });
  return [...(names ?? known)];
}

function writeJson(samples: readonly Sample[]): void {
  for (const { signal, value, sourceTimestampMs, quality } of samples) {
    const sourceTime = new Date(sourceTimestampMs).toISOString();
    printJson({ signal, sourceTime, quality, value: summaryOf(value) });
  }
}

/** Redraws the lines in place on a terminal; elsewhere it writes them every two seconds. */
function startDisplay(lines: () => string[]): { end(): void } {
  const { isTTY, columns } = process.stdout;
  let drawn = 0;
  const draw = () => {
    const shown = lines();
    if (!isTTY) {
      printLine(shown.join('\n'));
      return;
    }
    if (drawn > 0) process.stdout.write(`\u001b[${drawn}A\r${CLEAR_TO_END}`);
    const width = (process.stdout.columns ?? columns ?? 80) - 1;
    // What does not fit on the terminal could not be redrawn.
    const fitting = shown.slice(0, Math.max(1, (process.stdout.rows ?? 24) - 1));
    drawn = fitting.length;
    process.stdout.write(fitting.map((line) => `${line.slice(0, width)}\n`).join(''));
  };
  const timer = setInterval(draw, isTTY ? REDRAW_MS : PLAIN_MS);
  return {
    end: () => {
      clearInterval(timer);
      draw();
    },
  };
}
