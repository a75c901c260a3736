import { useState } from 'preact/hooks';
import { keepApiToken } from './api.ts';

/** Asks for the API token of the aggregator; it stays in this browser tab. */
export function TokenForm({ onGiven }: { onGiven: () => void }) {
  const [token, setToken] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    keepApiToken(token);
    onGiven();
  };
  return (
    <form class="card" aria-label="API token" onSubmit={submit}>
      <label>
        API token
        <input
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Use</button>
    </form>
  );
}
