import type { ConnectorState } from '../../connectors/connector.ts';

/** How data of one participant comes into its data set. */
export interface Collection {
  /** Begins to collect; what fails is tried again and meanwhile visible as `reason`. */
  start(): void;
  /** What is known of the machine; undefined where there is none but a folder. */
  readonly state: ConnectorState | undefined;
  /** Why data does not come in, for people; undefined while it does. */
  readonly reason: string | undefined;
  close(): Promise<void>;
}

/** After a refusal that a person may mend what is collected from is opened again. */
export const REOPEN_DELAY_MS = 5_000;
