import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { isMap, isScalar, isSeq, LineCounter, type Node, parse, parseDocument } from 'yaml';
import { CodedError, type Fault } from '../runtime/errors.ts';
import { packageRoot } from '../runtime/package-root.ts';
import { crossFaults } from './cross-faults.ts';
import type { Schemas } from './schemas.ts';

let ajv: Ajv2020 | undefined;

/**
 * Reads a oneOf whose branches each say their kind as a choice by it, so that the faults are those of the chosen branch.
 * (Not written in the file, where the checker of requests would want the branches to be schemas of their own.)
 */
function chosenByKind(_key: unknown, value: unknown): unknown {
  const branches = (value as { oneOf?: readonly Branch[] } | null)?.oneOf;
  const isChoice = branches?.every(({ properties }) => properties?.kind?.const !== undefined) === true;
  return isChoice ? { ...(value as object), discriminator: { propertyName: 'kind' } } : value;
}

interface Branch {
  readonly properties?: { readonly kind?: { readonly const?: string } };
}

/** Checks values against the schemas of openapi/aggregator.yaml, the one source of what a value may look like. */
function validator(name: keyof Schemas): ValidateFunction {
  if (ajv === undefined) {
    const file = join(packageRoot(), 'openapi', 'aggregator.yaml');
    const { components } = parse(readFileSync(file, 'utf8'), chosenByKind) as { components: object };
    ajv = new Ajv2020({
      allErrors: true,
      strict: false,
      discriminator: true,
      verbose: true,
      useDefaults: true,
      validateFormats: false,
    });
    ajv.addSchema({ $id: 'aggregator', components });
  }
  return ajv.getSchema(`aggregator#/components/schemas/${name}`) as ValidateFunction;
}

/**
 * Returns `value` as the named schema's type, its defaults filled in.
 * @param what how messages name the value, such as a file's path.
 * @throws CodedError `E_INVALID_INPUT` with every fault and its path.
 */
export function validate<Name extends keyof Schemas>(
  name: Name,
  value: unknown,
  what: string,
): Schemas[Name] {
  const check = validator(name);
  const faults = check(value) ? crossFaults(name, value) : faultsOf(check.errors ?? []);
  if (faults.length > 0) throw invalidInput(what, faults);
  return value as Schemas[Name];
}

/**
 * Parses a YAML 1.2 or JSON text that a person wrote and checks it.
 * @param what how messages name the text, such as its file's path.
 * @throws CodedError `E_INVALID_INPUT` with every fault, its path and its line.
 */
export function parseAndValidate<Name extends keyof Schemas>(
  name: Name,
  text: string,
  what: string,
): Schemas[Name] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw invalidInput(
      what,
      document.errors.map((error) => ({
        path: '',
        line: lines.linePos(error.pos[0]).line,
        message: error.message,
      })),
    );
  }
  const value: unknown = document.toJS();
  const check = validator(name);
  const found = check(value) ? crossFaults(name, value) : faultsOf(check.errors ?? []);
  if (found.length === 0) return value as Schemas[Name];
  const faults = found.map((fault) => {
    const offset = offsetOf(document.contents, fault.path.split('/').slice(1));
    return offset === undefined ? fault : { ...fault, line: lines.linePos(offset).line };
  });
  throw invalidInput(what, faults);
}

function invalidInput(what: string, faults: readonly Fault[]): CodedError {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return new CodedError('E_INVALID_INPUT', `${what} has ${count}`, { faults });
}

function faultsOf(errors: readonly ErrorObject[]): Fault[] {
  const faults = new Map<string, Fault>();
  for (const error of errors) {
    // Of a oneOf, the branches' own errors say more than "must match exactly one schema".
    if (error.keyword === 'oneOf' && errors.length > 1) continue;
    const fault = faultOf(error);
    faults.set(`${fault.path} ${fault.message}`, fault);
  }
  return [...faults.values()];
}

function faultOf(error: ErrorObject): Fault {
  const path = error.instancePath;
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params['additionalProperty']);
    return { path: `${path}/${key}`, message: 'unknown key' };
  }
  if (error.keyword === 'enum') {
    return { path, message: `must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}` };
  }
  if (error.keyword === 'discriminator') {
    const kinds = kindsOf(error.parentSchema);
    return { path: `${path}/${String(error.params['tag'])}`, message: `must be one of ${kinds.join(', ')}` };
  }
  if (error.keyword === 'const') return { path, message: `must be ${String(error.params['allowedValue'])}` };
  return { path, message: error.message ?? error.keyword };
}

/** The kinds that the branches of a schema with a discriminator are for. */
function kindsOf(schema: ErrorObject['parentSchema']): string[] {
  // A schema of ours: each branch says its kind.
  const branches = (schema?.['oneOf'] ?? []) as readonly Branch[];
  return branches.flatMap(({ properties }) => properties?.kind?.const ?? []);
}

/** Where in the text the node of a JSON pointer begins, or that of its closest parent. */
function offsetOf(contents: unknown, path: readonly string[]): number | undefined {
  let node = contents as Node | null;
  let offset = node?.range?.[0];
  for (const encoded of path) {
    const key = encoded.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (pair === undefined) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      node = (node.items[Number(key)] ?? null) as Node | null;
      offset = node?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
