import { operationsOnly } from '../../../aas/client/publish/publication-parts.ts';
import type { AasEnvironment } from '../../../aas/server/environment.ts';
import type { ResolvedSettings } from '../settings.ts';

/** What our own environment takes, and where the models are reached. */
interface ContentPlace {
  readonly environment: Pick<AasEnvironment, 'apply'>;
  /** Without a slash at the end. */
  readonly aasUrl: string;
}

/**
 * Everything stands in our own environment, unless the settings leave all but the commands to a target: then the
 * outbox is what keeps it until the target has it.
 */
export function contentPlace(
  { outside }: ResolvedSettings,
  environment: AasEnvironment,
  ownUrl: string,
): ContentPlace {
  const target = outside.targets?.find(({ repository }) => repository !== undefined);
  if (outside.embedded !== 'commands' || target?.repository === undefined) {
    return { environment, aasUrl: ownUrl };
  }
  return {
    environment: { apply: (publication) => environment.apply(operationsOnly(publication)) },
    aasUrl: (target.externalUrl ?? target.repository.url).replace(/\/+$/, ''),
  };
}
