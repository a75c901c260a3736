import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { CodedError } from '../../runtime/errors.ts';
import { printFigure } from '../support/figure.ts';
import type { MeasuredEnvironment } from './measured-environment.ts';
import { elementName, sampleSubmodel } from './sample-submodels.ts';

const SUBMODEL_ID = 'urn:bench:shared';
const PATCHES = 1000;
const ELEMENTS_EACH = 25;

/** How a writer says that an element has a new value: each form of PATCH must leave the others' elements alone. */
const WRITERS: readonly ((idShort: string, value: number) => readonly [path: string, body: unknown])[] = [
  (idShort, value) => [`/submodel-elements/${idShort}/$value`, value],
  (idShort, value) => [`/submodel-elements/${idShort}`, { modelType: 'Property', value: String(value) }],
  (idShort, value) => ['/$value', { [idShort]: value }],
  (idShort, value) => [
    '',
    { modelType: 'Submodel', submodelElements: [{ modelType: 'Property', idShort, value: String(value) }] },
  ],
];

/**
 * Four writers patch different elements of one submodel 1,000 times each, at once and in four forms; each reads back
 * what it wrote. A value that is not there after its answer, or at the end, is lost.
 */
export async function measureLostUpdates(environment: MeasuredEnvironment): Promise<void> {
  const submodel = `/submodels/${encodeIdentifier(SUBMODEL_ID)}`;
  await environment.request('PUT', submodel, sampleSubmodel(SUBMODEL_ID, WRITERS.length * ELEMENTS_EACH));
  const last = new Map<string, number>();
  let lost = 0;
  await Promise.all(
    WRITERS.map(async (patchOf, writer) => {
      for (let count = 0; count < PATCHES; count++) {
        const idShort = elementName(writer * ELEMENTS_EACH + (count % ELEMENTS_EACH));
        const value = 1_000_000 * (writer + 1) + count;
        const [path, body] = patchOf(idShort, value);
        await environment.request('PATCH', `${submodel}${path}`, body);
        last.set(idShort, value);
        const read = await environment.request('GET', `${submodel}/submodel-elements/${idShort}/$value`);
        if (read !== value) lost++;
      }
    }),
  );
  const stored = await environment.request<Record<string, unknown>>('GET', `${submodel}/$value`);
  for (const [idShort, value] of last) if (stored[idShort] !== value) lost++;
  await environment.request('DELETE', submodel);
  printFigure({
    name: 'aas/lost-updates',
    value: lost,
    unit: '',
    writers: WRITERS.length,
    patches: WRITERS.length * PATCHES,
  });
  if (lost > 0) throw new CodedError('E_RUN_FAILED', `${lost} updates were lost`);
}
