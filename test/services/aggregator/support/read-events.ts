import type { Event } from '../../../../openapi/schemas.ts';
import { eventually } from '../../../support/eventually.ts';

/** A reader of the event stream. */
export interface EventReader {
  /** Waits for an event that fits, the first one after the last that was returned. */
  next(fits: (event: Event) => boolean): Promise<Event>;
  close(): void;
}

/** Opens the event stream. */
export async function readEvents(url: string): Promise<EventReader> {
  const abort = new AbortController();
  const response = await fetch(url, { signal: abort.signal });
  const events: Event[] = [];
  let position = 0;
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true });
      const frames = text.split('\n\n');
      text = frames.pop()!;
      for (const frame of frames) {
        if (frame.startsWith('data: ')) events.push(JSON.parse(frame.slice(6)) as Event);
      }
    }
  };
  read().catch(() => undefined);
  return {
    next: (fits) =>
      eventually(() => {
        const index = events.findIndex((event, each) => each >= position && fits(event));
        if (index === -1) return undefined;
        position = index + 1;
        return events[index];
      }),
    close: () => abort.abort(),
  };
}
