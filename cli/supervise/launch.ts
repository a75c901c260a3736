/** Addresses a process serves, by what they are for, such as `api` or `opcua`. */
export type Addresses = Readonly<Record<string, string>>;

/** A process that runs and is ready. */
export interface Launched {
  readonly addresses: Addresses;
  readonly pid: number;
  /** How it ended, in words such as `exit code 1`; never rejects. */
  readonly exited: Promise<string>;
  /** Ends it: it is asked first and killed if it does not follow. Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface LaunchOptions {
  /** What the process served before it died; it must serve there again, since others know it by that. */
  readonly previous: Addresses | undefined;
  /** Aborted when the process is no longer wanted, also while it starts. */
  readonly signal: AbortSignal;
}

/** Starts a process and resolves when it is ready. @throws CodedError why it could not start. */
export type Launch = (options: LaunchOptions) => Promise<Launched>;
