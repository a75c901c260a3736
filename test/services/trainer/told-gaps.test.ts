import type { ParticipantStatus } from '../../../services/trainer/participant-status.ts';
import { ToldGaps } from '../../../services/trainer/told-gaps.ts';

function status(id: string, to: string): ParticipantStatus {
  const row = {
    signal: 'vibration',
    from: '2026-01-01T00:00:00Z',
    to,
    cause: 'stale' as const,
    filled: false,
  };
  return { id, state: 'collecting', data: [], newestGaps: [row] };
}

describe('the rows of gap ledgers in heartbeats', () => {
  it('are left out where they have arrived before, and told again once they change or after half a minute', () => {
    const told = new ToldGaps();
    const statuses = [status('press-1', '2026-01-01T00:00:05Z'), status('press-2', '2026-01-01T00:00:05Z')];
    const ids = (nowMs: number, now = statuses) =>
      told.without(now, nowMs).flatMap(({ id, newestGaps }) => (newestGaps === undefined ? [] : [id]));
    expect(ids(0)).toEqual(['press-1', 'press-2']);
    // Not noted as arrived: the heartbeat failed.
    expect(ids(1)).toEqual(['press-1', 'press-2']);

    told.noteTold(told.without(statuses, 2), 2);

    expect(ids(3)).toEqual([]);
    expect(ids(4, [status('press-1', '2026-01-01T00:00:09Z'), statuses[1]!])).toEqual(['press-1']);
    expect(ids(30_002)).toEqual(['press-1', 'press-2']);
  });
});
