import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findPeer } from '../peers/find-peer.ts';
import type { PeerProgram } from '../peers/found-peer.ts';
import type { PeerKind } from '../peers/peer-settings.ts';
import { type RunningPeer, startPeer } from '../peers/start-peer.ts';
import { freePort } from '../support/free-port.ts';
import type { MachineLoad } from './machine-load.ts';

/** Counters count from here on (2026-01-01), so that they are exact and a sourceTimestamp is a whole millisecond. */
const EPOCH_MS = 1_767_225_600_000;

interface BenchMachineOptions {
  readonly program: PeerProgram;
  readonly load: MachineLoad;
  /** For its log. */
  readonly folder: string;
}

/** A server with a load and a log, which can be killed and started again on its port. */
export class BenchMachine {
  readonly port: number;
  readonly load: MachineLoad;
  readonly logFile: string;
  readonly #program: PeerProgram;
  #peer: RunningPeer | undefined;

  private constructor({ program, load, folder }: BenchMachineOptions, port: number) {
    this.#program = program;
    this.load = load;
    this.port = port;
    this.logFile = join(folder, 'written');
  }

  static async start(options: BenchMachineOptions): Promise<BenchMachine> {
    mkdirSync(options.folder, { recursive: true });
    const machine = new BenchMachine(options, await freePort());
    await machine.start();
    return machine;
  }

  get endpoint(): string {
    return `opc.tcp://127.0.0.1:${this.port}`;
  }

  /** Starts it (again) and waits until it can be connected to. */
  async start(): Promise<void> {
    const { port, logFile, load } = this;
    this.#peer = await startPeer(this.#program, { port, logFile, epochMs: EPOCH_MS, ...load });
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.#peer?.kill();
  }
}

/** The program of a peer. @throws Error where it is absent, with the reason */
export function programOf(kind: PeerKind): PeerProgram {
  const found = findPeer(kind);
  if (!found.found) throw new Error(`${kind} cannot be had: ${found.reason}`);
  return found.program;
}
