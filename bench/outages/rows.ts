import { entryPoint } from '../../runtime/package-root.ts';
import { findPeer } from '../peers/find-peer.ts';
import type { FoundPeer } from '../peers/found-peer.ts';

/** What goes wrong, for how long. */
export type Fault =
  /** Connections end and none can be made. */
  | { readonly kind: 'cut'; readonly seconds: number }
  /** Connections stay and carry nothing. */
  | { readonly kind: 'black-hole'; readonly seconds: number }
  /** The collector gets no CPU time. */
  | { readonly kind: 'freeze'; readonly seconds: number }
  /** The server is killed, and started again after the seconds. */
  | { readonly kind: 'kill'; readonly seconds: number };

/** A row of the outage table. */
export interface OutageRow {
  /** Names its figure. */
  readonly name: string;
  readonly server: 'node-opcua' | 'open62541' | 'asyncua';
  readonly fault: Fault;
  /** What the node-opcua server grants at most. */
  readonly limits?: { readonly lifetimeMs: number } | { readonly sessionMs: number };
  /** Whether the node-opcua server offers Basic256Sha256 only. */
  readonly secure?: boolean;
  /** More members of the `source.opcua`; none where the defaults are tried. */
  readonly source?: Readonly<Record<string, unknown>>;
  /** Whether the server keeps the subscription and a queue as long as the fault, so that nothing need be lost. */
  readonly keepsAll: boolean;
}

/** The table of the reference's section 2.3; what the connector uses are its defaults but for the row that says so. */
export const OUTAGE_ROWS: readonly OutageRow[] = [
  { name: 'cut-3s', server: 'node-opcua', fault: { kind: 'cut', seconds: 3 }, keepsAll: true },
  { name: 'cut-20s', server: 'node-opcua', fault: { kind: 'cut', seconds: 20 }, keepsAll: true },
  {
    name: 'cut-20s-queue-10s',
    server: 'node-opcua',
    fault: { kind: 'cut', seconds: 20 },
    source: { queueSize: 100 },
    keepsAll: false,
  },
  {
    name: 'cut-12s-session-5s',
    server: 'node-opcua',
    fault: { kind: 'cut', seconds: 12 },
    limits: { sessionMs: 5_000 },
    keepsAll: true,
  },
  {
    name: 'cut-8s-lifetime-5s',
    server: 'node-opcua',
    fault: { kind: 'cut', seconds: 8 },
    limits: { lifetimeMs: 5_000 },
    keepsAll: false,
  },
  { name: 'black-hole-3s', server: 'node-opcua', fault: { kind: 'black-hole', seconds: 3 }, keepsAll: true },
  {
    name: 'black-hole-25s',
    server: 'node-opcua',
    fault: { kind: 'black-hole', seconds: 25 },
    keepsAll: true,
  },
  { name: 'freeze-20s', server: 'node-opcua', fault: { kind: 'freeze', seconds: 20 }, keepsAll: true },
  { name: 'kill-3s', server: 'node-opcua', fault: { kind: 'kill', seconds: 3 }, keepsAll: false },
  {
    name: 'kill-5s-encrypted',
    server: 'node-opcua',
    fault: { kind: 'kill', seconds: 5 },
    secure: true,
    source: { securityMode: 'SignAndEncrypt' },
    keepsAll: false,
  },
  { name: 'kill-15s', server: 'node-opcua', fault: { kind: 'kill', seconds: 15 }, keepsAll: false },
  { name: 'open62541-kill-3s', server: 'open62541', fault: { kind: 'kill', seconds: 3 }, keepsAll: false },
  { name: 'open62541-cut-4s', server: 'open62541', fault: { kind: 'cut', seconds: 4 }, keepsAll: true },
  { name: 'open62541-cut-28s', server: 'open62541', fault: { kind: 'cut', seconds: 28 }, keepsAll: true },
  { name: 'asyncua-cut-4s', server: 'asyncua', fault: { kind: 'cut', seconds: 4 }, keepsAll: true },
  { name: 'asyncua-kill-3s', server: 'asyncua', fault: { kind: 'kill', seconds: 3 }, keepsAll: false },
];

/** How the server of a row is started, or why it cannot be. @param folder for its certificate */
export function serverOf({ server, limits, secure = false }: OutageRow, folder: string): FoundPeer {
  if (server !== 'node-opcua') return findPeer(server);
  const words = Object.entries({ ...limits, ...(secure ? { pki: folder } : {}) }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const parameters = [entryPoint('bench/opcua/limited-server'), ...words];
  return { found: true, program: { command: process.execPath, parameters } };
}
