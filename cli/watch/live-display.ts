import type { RunView } from './run-view.ts';

/** A terminal or a file: what a display writes to. */
export interface DisplayStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 100;
const CLEAR_TO_END = '\u001b[0J';

/**
 * Shows a view that changes: redrawn in place on a terminal; elsewhere a line for whatever is new, and one a
 * participant and round rather than one an epoch.
 */
export class LiveDisplay {
  readonly #stream: DisplayStream;
  readonly #written = new Map<string, string>();
  #drawn: string[] = [];
  #pending: NodeJS.Timeout | undefined;
  #view: RunView | undefined;

  constructor(stream: DisplayStream) {
    this.#stream = stream;
  }

  /** Writes a lasting line, above whatever is redrawn. */
  note(text: string): void {
    this.#erase();
    this.#stream.write(`${text}\n`);
    this.#draw();
  }

  /** Shows the view as it is now, at most ten times a second. */
  show(view: RunView): void {
    this.#view = view;
    if (!this.#stream.isTTY) this.#writeNews(view);
    else this.#pending ??= setTimeout(() => this.#redraw(), REDRAW_MS);
  }

  /** Shows the last state and leaves it standing. */
  finish(): void {
    if (this.#stream.isTTY) this.#redraw();
    this.#drawn = [];
    this.#view = undefined;
  }

  #redraw(): void {
    clearTimeout(this.#pending);
    this.#pending = undefined;
    this.#erase();
    this.#draw();
  }

  #erase(): void {
    if (this.#drawn.length === 0) return;
    this.#stream.write(`\u001b[${this.#drawn.length}A\r${CLEAR_TO_END}`);
    this.#drawn = [];
  }

  #draw(): void {
    if (!this.#stream.isTTY || this.#view === undefined) return;
    const width = (this.#stream.columns ?? 80) - 1;
    this.#drawn = this.#view.lines().map((line) => line.slice(0, width));
    for (const line of this.#drawn) this.#stream.write(`${line}\n`);
  }

  #writeNews(view: RunView): void {
    const { run } = view;
    if (run === undefined) return;
    const [runText] = view.lines();
    // While a run waits its reason counts windows; a line for each count would bury the rest.
    this.#writeOnce('run', (runText ?? '').replaceAll(/: \d+ of \d+/g, ''), runText ?? '');
    for (const participant of view.participants()) {
      const { progress } = participant;
      const done = progress !== undefined && progress.run === run.id && progress.epoch === progress.epochs;
      const text = view.lines().find((line) => line.trimStart().startsWith(`${participant.id} `)) ?? '';
      if (done) this.#writeOnce(`${participant.id} trained`, `${progress.round}`, text);
      else
        this.#writeOnce(
          `${participant.id} state`,
          participant.state === 'training' ? 'ready' : participant.state,
          text,
        );
    }
  }

  #writeOnce(key: string, value: string, text: string): void {
    if (this.#written.get(key) === value) return;
    this.#written.set(key, value);
    this.#stream.write(`${text}\n`);
  }
}
