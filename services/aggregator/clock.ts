/** The time now as the API writes it: ISO 8601 in UTC. */
export function timestamp(): string {
  return new Date().toISOString();
}

const seen = { ms: 0, count: 0 };

/** Makes an id that is sortable by time and never reused: milliseconds, a counter, and random digits. */
export function sortableId(): string {
  const ms = Math.max(Date.now(), seen.ms);
  seen.count = ms === seen.ms ? seen.count + 1 : 0;
  seen.ms = ms;
  const random = crypto.getRandomValues(new Uint32Array(2));
  const tail = [...random].map((part) => part.toString(16).padStart(8, '0')).join('');
  return `${ms.toString(36).padStart(9, '0')}-${seen.count.toString(36).padStart(2, '0')}${tail}`;
}
