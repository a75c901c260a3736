import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A credential `OWNER.SECRET`: who it speaks for can be looked up, the secret has 256 random bits. */
export interface Credential {
  readonly owner: string;
  readonly secret: string;
}

/** Makes a credential; only its hash is stored. */
export function makeCredential(owner: string): { text: string; hash: string } {
  const secret = randomBytes(32).toString('base64url');
  return { text: `${owner}.${secret}`, hash: hashSecret(secret) };
}

/** Splits a credential; undefined if it has not the form of one. */
export function parseCredential(text: string): Credential | undefined {
  const dot = text.indexOf('.');
  if (dot <= 0 || dot === text.length - 1) return undefined;
  return { owner: text.slice(0, dot), secret: text.slice(dot + 1) };
}

/** A plain hash suffices: the secret is random and long, nothing can be guessed from it. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares a secret with a stored hash in constant time. */
export function matchesHash(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), Buffer.from(hash, 'hex'));
}
