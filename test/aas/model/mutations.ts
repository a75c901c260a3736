import fc from 'fast-check';
import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import type { JsonObject } from '../../../aas/model.ts';
import { FILE_NAME, FILE_TYPE, type WireRequest } from './killed-environment.ts';
import {
  allPlaces,
  type PlainEnvironment,
  SUBMODEL_IDS,
  withAttachment,
  withoutAttachment,
  withSubmodel,
} from './plain-environment.ts';
import { changeAt, childrenOf, isList, mayHaveChildren, type Place, withChildren } from './plain-tree.ts';
import { anyElement, elementOf, ID_SHORTS, siblings } from './sample-elements.ts';
import { valuePatchOf } from './value-patches.ts';

/** What a mutation does to an environment: the request, the status it must get, and what must be held then. */
export interface Effect {
  readonly request: WireRequest;
  readonly status: number;
  readonly after: PlainEnvironment;
}

/** A mutation by what it does; undefined where there is nothing it could be about. */
export interface Mutation {
  readonly name: string;
  effectOn(model: PlainEnvironment): Effect | undefined;
}

/** Chooses one of what there is. */
type Pick = number;
const pick = fc.nat(1_000_000);
const chosen = <Item>(items: readonly Item[], at: Pick): Item | undefined => items[at % items.length];

const submodelPath = (id: string, below = ''): string => `/submodels/${encodeIdentifier(id)}${below}`;
const elementPath = (id: string, path: string, below = ''): string =>
  submodelPath(id, `/submodel-elements/${encodeURIComponent(path)}${below}`);

const named = (name: string, effectOn: Mutation['effectOn']): Mutation => ({ name, effectOn });

/** PUT of a whole submodel, new or over one that is there. */
const putSubmodel = fc.tuple(pick, siblings()).map(([at, elements]) =>
  named('put submodel', (model) => {
    const id = SUBMODEL_IDS[at % SUBMODEL_IDS.length] ?? '';
    const submodel = withChildren({ modelType: 'Submodel', id, idShort: 'Model' }, elements);
    return {
      request: { method: 'PUT', path: submodelPath(id), body: submodel },
      status: model.submodels.has(id) ? 204 : 201,
      after: withSubmodel(model, id, submodel),
    };
  }),
);

const deleteSubmodel = pick.map((at) =>
  named('delete submodel', (model) => {
    const id = SUBMODEL_IDS[at % SUBMODEL_IDS.length] ?? '';
    return {
      request: { method: 'DELETE', path: submodelPath(id) },
      status: model.submodels.has(id) ? 204 : 404,
      after: withSubmodel(model, id, undefined),
    };
  }),
);

/** POST of an element at the top or into a container; an idShort that is there already is refused. */
const postElement = fc
  .tuple(pick, fc.constantFrom(...ID_SHORTS), anyElement(2), entryElements())
  .map(([at, idShort, element, entries]) =>
    named('post element', (model) => {
      const tops = [...model.submodels].map(([submodelId, node]) => ({
        submodelId,
        node,
        path: '',
        trail: [],
      }));
      const container = chosen(
        [...tops, ...allPlaces(model).filter(({ node }) => mayHaveChildren(node))],
        at,
      );
      if (container === undefined) return undefined;
      const { submodelId, node, path, trail } = container;
      const child = fitting(node, idShort, element, entries);
      if (child === undefined) return undefined;
      const isThere = !isList(node) && childrenOf(node).some((one) => one['idShort'] === idShort);
      const root = rootOf(model, submodelId);
      return {
        request: {
          method: 'POST',
          path: path === '' ? submodelPath(submodelId, '/submodel-elements') : elementPath(submodelId, path),
          body: child,
        },
        status: isThere ? 409 : 201,
        after: isThere
          ? model
          : withSubmodel(
              model,
              submodelId,
              changeAt(root, trail, (one) => withChildren(one, [...childrenOf(one), child])),
            ),
      };
    }),
  );

/** PUT over an element that is there. */
const putElement = fc.tuple(pick, anyElement(2), entryElements()).map(([at, element, entries]) =>
  onElement('put element', at, (model, place) => {
    const child = fitting(place.parent, String(place.node['idShort']), element, entries);
    if (child === undefined) return undefined;
    return {
      request: { method: 'PUT', path: elementPath(place.submodelId, place.path), body: child },
      status: 204,
      after: changed(model, place, () => child),
    };
  }),
);

/** DELETE of an element; the later entries of a list move up, and their attachments with them. */
const deleteElement = pick.map((at) =>
  onElement('delete element', at, (model, place) => {
    const moved = isList(place.parent) ? moveEntriesUp(model, place) : model;
    return {
      request: { method: 'DELETE', path: elementPath(place.submodelId, place.path) },
      status: 204,
      after: changed(moved, place, () => undefined),
    };
  }),
);

/** PATCH of an element's own members. */
const patchMembers = fc.tuple(pick, fc.option(fc.string({ maxLength: 12 }))).map(([at, text]) =>
  onElement('patch members', at, (model, place) => {
    const { description: _before, ...rest } = place.node;
    const description = text === null ? null : [{ language: 'en', text }];
    return {
      request: {
        method: 'PATCH',
        path: elementPath(place.submodelId, place.path, at % 2 === 0 ? '' : '/$metadata'),
        body: { modelType: place.node['modelType'], description },
      },
      status: 204,
      after: changed(model, place, () => (description === null ? rest : { ...rest, description })),
    };
  }),
);

/** PATCH of a container: children merge by idShort, a list is replaced whole. */
const patchChildren = fc
  .tuple(
    pick,
    fc.constantFrom(...ID_SHORTS),
    elementOf('Property', 0),
    fc.array(entryElements(), { maxLength: 3 }),
  )
  .map(([at, idShort, property, entries]) =>
    onElement('patch children', at, (model, place) => {
      const { node } = place;
      const member = node['modelType'] === 'Entity' ? 'statements' : 'value';
      if (!mayHaveChildren(node) || node['modelType'] === 'AnnotatedRelationshipElement') return undefined;
      const request = (children: readonly JsonObject[]) => ({
        method: 'PATCH',
        path: elementPath(place.submodelId, place.path),
        body: { modelType: node['modelType'], [member]: children },
      });
      if (isList(node)) {
        const fit = entries.flatMap((one): readonly JsonObject[] => {
          const entry = one[String(node['typeValueListElement'])];
          return entry === undefined ? [] : [entry];
        });
        return {
          request: request(fit),
          status: 204,
          after: changed(model, place, (one) => withChildren(one, fit)),
        };
      }
      const old = childrenOf(node).find((one) => one['idShort'] === idShort);
      const patch = old === undefined ? { ...property, idShort } : { idShort, category: 'PARAMETER' };
      const merge = (one: JsonObject) => (one['idShort'] === idShort ? { ...one, ...patch } : one);
      return {
        request: request([patch]),
        status: 204,
        after: changed(model, place, (one) =>
          withChildren(one, old === undefined ? [...childrenOf(one), patch] : childrenOf(one).map(merge)),
        ),
      };
    }),
  );

/** PATCH of values, of one element or of all below a container. */
const patchValues = fc
  .tuple(pick, fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }))
  .map(([at, seeds]) =>
    onElement('patch values', at, (model, place) => {
      const patch = valuePatchOf(place.node, seeds);
      if (patch === undefined) return undefined;
      return {
        request: {
          method: 'PATCH',
          path: elementPath(place.submodelId, place.path, '/$value'),
          body: patch.value,
        },
        status: 204,
        after: changed(model, place, () => patch.after),
      };
    }),
  );

const putAttachment = fc.tuple(pick, fc.uint8Array({ maxLength: 40 })).map(([at, bytes]) =>
  onFile('put attachment', at, (model, place) => {
    const base64 = Buffer.from(bytes).toString('base64');
    const { submodelId, path } = place;
    const value = `/aasx/files/${FILE_NAME}`;
    return {
      request: { method: 'PUT', path: elementPath(submodelId, path, '/attachment'), file: base64 },
      status: 204,
      after: withAttachment(
        changed(model, place, (one) => ({ ...one, contentType: FILE_TYPE, value })),
        { submodelId, path, base64 },
      ),
    };
  }),
);

const deleteAttachment = pick.map((at) =>
  onFile('delete attachment', at, (model, place) => {
    const { submodelId, path } = place;
    const isThere = model.attachments.some((one) => one.submodelId === submodelId && one.path === path);
    const withoutValue = changed(model, place, ({ value: _value, ...rest }) => rest);
    return {
      request: { method: 'DELETE', path: elementPath(submodelId, path, '/attachment') },
      status: isThere ? 200 : 404,
      after: isThere ? withoutAttachment(withoutValue, submodelId, path) : model,
    };
  }),
);

/** All kinds of mutations, those that remove much more seldom. */
export const mutations: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Mutation> }[] = [
  { weight: 2, arbitrary: putSubmodel },
  { weight: 1, arbitrary: deleteSubmodel },
  { weight: 6, arbitrary: postElement },
  { weight: 4, arbitrary: putElement },
  { weight: 4, arbitrary: deleteElement },
  { weight: 3, arbitrary: patchMembers },
  { weight: 4, arbitrary: patchChildren },
  { weight: 6, arbitrary: patchValues },
  { weight: 4, arbitrary: putAttachment },
  { weight: 1, arbitrary: deleteAttachment },
];

type LocatedPlace = Place & { readonly submodelId: string };

function onElement(
  name: string,
  at: Pick,
  effect: (model: PlainEnvironment, place: LocatedPlace) => Effect | undefined,
): Mutation {
  return named(name, (model) => {
    const place = chosen(allPlaces(model), at);
    return place === undefined ? undefined : effect(model, place);
  });
}

function onFile(
  name: string,
  at: Pick,
  effect: (model: PlainEnvironment, place: LocatedPlace) => Effect,
): Mutation {
  return named(name, (model) => {
    const place = chosen(
      allPlaces(model).filter(({ node }) => node['modelType'] === 'File'),
      at,
    );
    return place === undefined ? undefined : effect(model, place);
  });
}

/** One element for each type that a list of ours may hold. */
function entryElements(): fc.Arbitrary<Readonly<Record<string, JsonObject>>> {
  return fc.record({
    Property: elementOf('Property', 0),
    File: elementOf('File', 0),
    SubmodelElementCollection: elementOf('SubmodelElementCollection', 1),
    SubmodelElementList: elementOf('SubmodelElementList', 1),
  });
}

/** The element as a child of that parent: with the idShort, or of the type that a list holds. */
function fitting(
  parent: JsonObject,
  idShort: string,
  element: JsonObject,
  entries: Readonly<Record<string, JsonObject>>,
): JsonObject | undefined {
  if (isList(parent)) return entries[String(parent['typeValueListElement'])];
  if (parent['modelType'] === 'AnnotatedRelationshipElement') return { ...entries['Property'], idShort };
  return { ...element, idShort };
}

function rootOf(model: PlainEnvironment, submodelId: string): JsonObject {
  const root = model.submodels.get(submodelId);
  if (root === undefined) throw new Error(`the model has no submodel ${submodelId}`);
  return root;
}

function changed(
  model: PlainEnvironment,
  { submodelId, trail }: LocatedPlace,
  change: (node: JsonObject) => JsonObject | undefined,
): PlainEnvironment {
  return withSubmodel(model, submodelId, changeAt(rootOf(model, submodelId), trail, change));
}

/** The attachments of later entries of the list, under the paths that they have when the entry is gone. */
function moveEntriesUp(model: PlainEnvironment, { submodelId, path }: LocatedPlace): PlainEnvironment {
  const list = path.replace(/\[\d+\]$/, '');
  const gone = Number(/\[(\d+)\]$/.exec(path)?.[1]);
  const attachments = model.attachments.flatMap((one) => {
    if (one.submodelId !== submodelId || !one.path.startsWith(`${list}[`)) return [one];
    const rest = one.path.slice(list.length);
    const index = Number(/^\[(\d+)\]/.exec(rest)?.[1]);
    if (index === gone) return [];
    if (index < gone) return [one];
    return [{ ...one, path: `${list}[${index - 1}]${rest.slice(rest.indexOf(']') + 1)}` }];
  });
  return { ...model, attachments };
}
