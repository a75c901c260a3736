import type { ApiOptions } from '../api/api-options.ts';

/** Where the trust list is: a folder of this machine, or a pool that an aggregator knows. */
export interface TrustOptions extends ApiOptions {
  /** PKI folder. */
  readonly pki?: string;
  /** Trainer file; its pool gives the state folder. */
  readonly trainer?: string;
  /** State folder of the trainer. */
  readonly state?: string;
  /** Over the API of the aggregator. */
  readonly api?: boolean;
  /** Pool, over the API. */
  readonly pool?: string;
}
