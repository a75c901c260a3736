import type { Publication } from '../../../aas/publication.ts';

/** Publications as one, in their order: a reader sees all of them at one moment. */
export function merged(parts: readonly Publication[]): Publication {
  return {
    shells: parts.flatMap(({ shells = [] }) => shells),
    submodels: parts.flatMap(({ submodels = [] }) => submodels),
    frames: parts.flatMap(({ frames = [] }) => frames),
    elements: parts.flatMap(({ elements = [] }) => elements),
    conceptDescriptions: parts.flatMap(({ conceptDescriptions = [] }) => conceptDescriptions),
    attachments: parts.flatMap(({ attachments = [] }) => attachments),
    remove: {
      shells: parts.flatMap(({ remove }) => remove?.shells ?? []),
      submodels: parts.flatMap(({ remove }) => remove?.submodels ?? []),
    },
  };
}
