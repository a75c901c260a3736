/** How a peer is started, or why it cannot be. */
export type FoundPeer =
  | { readonly found: true; readonly program: PeerProgram }
  | { readonly found: false; readonly reason: string };

/** A program that takes a peer's parameters. */
export interface PeerProgram {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}
