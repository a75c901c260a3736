/** What the bench asks its load generator to do, over the process's message channel. */
export interface LoadTask {
  /** Port on 127.0.0.1. */
  readonly port: number;
  readonly method: 'GET' | 'PATCH';
  /** Paths the requests go to, each drawn at random. */
  readonly paths: readonly string[];
  /** Header lines of every request, each ended by CRLF. */
  readonly headers: string;
  /** Requests under way at any time, each on a connection of its own. */
  readonly connections: number;
  readonly durationMs: number;
}

/** What the load generator saw. */
export interface LoadResult {
  readonly answered: number;
  /** Answers of any status but the wanted one. */
  readonly refused: number;
  /** From the first request to the last answer. */
  readonly elapsedMs: number;
  /** One a request, unsorted. */
  readonly latenciesMs: Float64Array;
  /** Requests without an answer, because the server went away. */
  readonly unanswered: number;
}

/** What a path may hold after the PATCHes: the value last answered for, or one still on its way when the server went. */
export interface WrittenValue {
  readonly path: string;
  readonly answered?: number;
  readonly onTheWay?: number;
}

export type LoadRequest = { readonly kind: 'load'; readonly task: LoadTask } | { readonly kind: 'written' };

export type LoadAnswer =
  | { readonly kind: 'loaded'; readonly result: LoadResult }
  | { readonly kind: 'written'; readonly values: readonly WrittenValue[] };
