import { profileSignals } from '../../openapi/profile-signals.ts';
import type { DataProfile } from '../../openapi/schemas.ts';

/** The names of the profile that are not among a participant's signals. */
export function missingSignals(profile: DataProfile, has: readonly string[]): string[] {
  return profileSignals(profile).filter((name) => !has.includes(name));
}
