/** Servers of four families, each with the same nodes. */
export const PEER_KINDS = ['simulator', 'open62541', 'asyncua', 'milo'] as const;

export type PeerKind = (typeof PEER_KINDS)[number];

/** Namespace of a peer's nodes; their identifiers are the strings `Wave0`, `S0`, `C0` and on. */
export const PEER_NAMESPACE = 'urn:fedshell:peer';

/** The applicationUri that stands in a secure peer's certificate. */
export const PEER_APPLICATION_URI = 'urn:fedshell:peer:server';

/**
 * What a peer serves. All nodes of a kind get value number k at `epochMs + k · period`, as counters of the wall clock:
 * a restarted server goes on where the clock is.
 */
export interface PeerSettings {
  /** TCP port of 127.0.0.1. */
  readonly port: number;
  /** Where it notes every value before it shows it; `readPeerLog` reads it. Appended to by the next start. */
  readonly logFile: string;
  /** Zero of the counters, in milliseconds since 1970; the same over all starts of a test. */
  readonly epochMs: number;
  /** `WaveN`, Float[length], the counter (modulo 2^24) in element 0. @defaultValue one, 4096 samples, 100 ms */
  readonly waves?: { readonly count: number; readonly length: number; readonly periodMs: number };
  /** `SN`, Double, the counter. @defaultValue 200 at 100 ms */
  readonly scalars?: { readonly count: number; readonly periodMs: number };
  /** `CN`, Int32: changes at irregular multiples of the period, to the counter. @defaultValue none */
  readonly changes?: { readonly count: number; readonly periodMs: number; readonly oneIn: number };
  /** Certificate and key as PEM files: with them it offers secure endpoints only, without them only None. */
  readonly identity?: PeerIdentity;
  /** With it nobody may come anonymously. */
  readonly user?: { readonly name: string; readonly password: string };
  /** The one client certificate that it accepts, a PEM or DER file; all by default. */
  readonly trustedClient?: string;
  /** Shortest sampling interval that it grants; open62541 only. @defaultValue as short as it can */
  readonly minimumSamplingMs?: number;
}

/** Files of a server's certificate and key. */
export interface PeerIdentity {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** The parameters of a peer's process, as README.md lists them. */
export function peerParameters(settings: PeerSettings): string[] {
  const { waves, scalars, changes, identity, user } = settings;
  const values: Readonly<Record<string, string | number | undefined>> = {
    port: settings.port,
    log: settings.logFile,
    epochMs: settings.epochMs,
    waves: waves?.count,
    waveLength: waves?.length,
    waveMs: waves?.periodMs,
    scalars: scalars?.count,
    scalarMs: scalars?.periodMs,
    changes: changes?.count,
    changeMs: changes?.periodMs,
    changeOneIn: changes?.oneIn,
    certificate: identity?.certificateFile,
    key: identity?.keyFile,
    applicationUri: identity === undefined ? undefined : PEER_APPLICATION_URI,
    user: user?.name,
    password: user?.password,
    trusted: settings.trustedClient,
    minimumSamplingMs: settings.minimumSamplingMs,
  };
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
}
