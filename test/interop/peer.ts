/** A counterpart, or why it is not there. */
export type Peer<Found> =
  | ({ readonly found: true } & Found)
  | { readonly found: false; readonly reason: string };

/**
 * Declares the tests against a peer, or one test that says in its name why they were not run.
 * @param variable where `preparePeers` left what it found.
 */
export function describePeer<Found>(name: string, variable: string, tests: (peer: Found) => void): void {
  const text = process.env[variable];
  // Written by `preparePeers` of the same run.
  const peer: Peer<Found> =
    text === undefined
      ? { found: false, reason: 'the suite was not started by npm run test:interop' }
      : (JSON.parse(text) as Peer<Found>);
  describe(name, () => {
    if (peer.found) tests(peer);
    else
      it(`not run: ${peer.reason}`, () => {
        expect(peer.reason).not.toBe('');
      });
  });
}
