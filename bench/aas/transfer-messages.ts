/** What the bench asks its transfer process to do. */
export interface TransferRequest {
  readonly kind: 'upload' | 'download';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is uploaded. */
  readonly file: string;
  readonly bytes: number;
  /** Whether a download is hashed, which costs it time. */
  readonly hash?: boolean;
}

export interface TransferAnswer {
  readonly status: number;
  /** From the connection to the end of the answer. */
  readonly elapsedMs: number;
  readonly bytes: number;
  readonly sha256?: string;
}
