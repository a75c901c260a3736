import { useEffect, useState } from 'preact/hooks';
import { api, type Participant, type Schemas } from './api.ts';

type GapRow = Schemas['GapRow'];

/** The newest rows of a participant's gap ledger; nothing while there are none. */
export function GapTable({ participant }: { participant: Participant }) {
  const [rows, setRows] = useState<readonly GapRow[]>([]);
  const { id, collection } = participant;
  const counts = JSON.stringify(collection?.gaps ?? {});
  // Other counts are a reason to ask again.
  useEffect(() => {
    let isShown = true;
    const path = { participantId: id };
    api
      .GET('/api/participants/{participantId}/gaps', { params: { path } })
      .then(({ data }) => {
        if (isShown) setRows(data ?? []);
      })
      // The event stream says when the aggregator is back, and then the counts come anew.
      .catch(() => undefined);
    return () => {
      isShown = false;
    };
  }, [id, counts]);
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>gap ledger, newest {rows.length} rows</summary>
      <table>
        <thead>
          <tr>
            <th>signal</th>
            <th>from</th>
            <th>seconds</th>
            <th>cause</th>
            <th>filled</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.signal} ${row.epoch ?? 0} ${row.from} ${row.cause}`}>
              <td>{row.signal}</td>
              <td>{row.from}</td>
              <td>{((Date.parse(row.to) - Date.parse(row.from)) / 1000).toFixed(1)}</td>
              <td>{row.cause}</td>
              <td>{row.filled ? 'yes' : 'no'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
