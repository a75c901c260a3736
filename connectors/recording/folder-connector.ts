import { setImmediate } from 'node:timers/promises';
import type { FolderSource } from '../../openapi/schemas.ts';
import { CodedError, describeError, toCodedError } from '../../runtime/errors.ts';
import type { Connector, Receiver, Sample } from '../connector.ts';
import { type Block, blockCutter, FIRST_POSITION } from './blocks.ts';
import { type Manifest, type ManifestRow, readManifest } from './manifest.ts';
import { isContextColumn, type StreamedSegment, streamSegments } from './segments.ts';

/** Signals that every folder has; further ones are the columns of its manifest. */
const SIGNALS = ['vibration', 'condition', 'lot', 'block', 'segment', 'load', 'speed', 'finished'];

/**
 * A folder of recordings as if it were a machine: the same signals in the same order, as fast as they are taken, and
 * `finished` at the end. `load` and `speed` are 0 where the manifest has no such column.
 * @param options.signals names of the signals to deliver.
 */
export function createFolderConnector(
  source: FolderSource,
  options: { readonly signals: readonly string[] },
): Connector {
  const wanted = new Set(options.signals);
  let closed = false;
  let playing = Promise.resolve();
  return {
    open: async (receiver) => {
      const rows = await openFolder(source, wanted);
      receiver.state({ state: 'connected' });
      playing = play({ rows, source, wanted, receiver, closed: () => closed }).catch((thrown: unknown) => {
        receiver.state({ state: 'degraded', reason: describeError(toCodedError(thrown)) });
      });
    },
    close: async () => {
      closed = true;
      await playing;
    },
  };
}

async function openFolder(
  source: FolderSource,
  wanted: ReadonlySet<string>,
): Promise<readonly ManifestRow[]> {
  const manifest = await readManifest(source.path, source.group === undefined ? {} : { group: source.group });
  refuseUnknownSignals(manifest, wanted);
  if (source.value === undefined) return manifest.groups.flatMap((group) => group.rows);
  const group = manifest.groups.find(({ id, value }) => value === source.value || id === source.value);
  if (group !== undefined) return group.rows;
  const known = manifest.groups.map(({ value }) => value).join(', ');
  throw new CodedError(
    'E_INVALID_INPUT',
    `no row of ${source.path} has the ${manifest.group} "${source.value}"; there are ${known}`,
  );
}

function refuseUnknownSignals(manifest: Manifest, wanted: ReadonlySet<string>): void {
  const known = [...SIGNALS, ...manifest.columns.filter(isContextColumn)];
  const unknown = [...wanted].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new CodedError('E_INVALID_INPUT', `the recordings in ${manifest.folder} lack signals`, {
    faults: unknown.map((name) => ({
      path: name,
      message: `must be one of ${known.join(', ')}`,
    })),
  });
}

interface Play {
  readonly rows: readonly ManifestRow[];
  readonly source: FolderSource;
  readonly wanted: ReadonlySet<string>;
  readonly receiver: Receiver;
  readonly closed: () => boolean;
}

async function play({ rows, source, wanted, receiver, closed }: Play): Promise<void> {
  let position = FIRST_POSITION;
  const { sampleRateHz } = source;
  for await (const segment of streamSegments(rows, sampleRateHz === undefined ? {} : { sampleRateHz })) {
    const cutter = blockCutter(segment, position);
    const deliver = async (blocks: readonly Block[]) => {
      if (blocks.length > 0) receiver.receive(blocks.flatMap((block) => samplesOf(segment, block, wanted)));
      await setImmediate();
    };
    for await (const chunk of segment.chunks) {
      if (closed()) return;
      await deliver(cutter.push(chunk));
    }
    const { blocks, next } = cutter.finish();
    if (closed()) return;
    await deliver(blocks);
    position = next;
  }
  if (closed() || !wanted.has('finished')) return;
  receiver.receive([sampleOf('finished', true, position.timeMs)]);
}

/** The context of a block, then the block, all with its time (contracts, section 4). */
function samplesOf(segment: StreamedSegment, block: Block, wanted: ReadonlySet<string>): Sample[] {
  const values = new Map<string, Sample['value']>([
    ['load', 0],
    ['speed', 0],
    ...segment.context,
    ['condition', segment.label],
    ['lot', segment.lot],
    ['segment', segment.segment],
    ['block', block.block],
    ['vibration', block.samples],
  ]);
  return [...values]
    .filter(([name]) => wanted.has(name))
    .map(([name, value]) => sampleOf(name, value, block.timeMs));
}

function sampleOf(signal: string, value: Sample['value'], sourceTimestampMs: number): Sample {
  return { signal, value, sourceTimestampMs, quality: 'good' };
}
