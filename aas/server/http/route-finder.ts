import { CodedError } from '../../../runtime/errors.ts';
import type { RouteHandlers, RouteTable } from './route-table.ts';

/** A path of the table that a request's path fits. */
export interface FoundRoute {
  /** As the table has it. */
  readonly pattern: string;
  readonly handlers: RouteHandlers;
  /** Percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
}

interface Node {
  readonly fixed: Map<string, Node>;
  parameter?: { readonly name: string; readonly node: Node };
  route?: FoundRoute;
}

/** A table, and parameters that all its paths have besides those in them: the one object of a single-object service. */
export interface MountedTable {
  readonly table: RouteTable;
  readonly params?: Readonly<Record<string, string>>;
}

/** Finds the route of a path, part by part: the cost is that of the path and not of the table. */
export class RouteFinder {
  readonly #root: Node = { fixed: new Map() };
  readonly #patterns: string[] = [];

  /** @throws TypeError if two tables serve the same path, or name one parameter differently */
  constructor(mounted: readonly MountedTable[]) {
    for (const { table, params = {} } of mounted) {
      for (const [pattern, handlers] of Object.entries(table)) this.#add({ pattern, handlers, params });
    }
  }

  /** All paths of the tables. */
  patterns(): readonly string[] {
    return [...this.#patterns];
  }

  /** @throws CodedError `E_INVALID_INPUT` if a part of the path is not percent-encoded text */
  find(path: string): FoundRoute | undefined {
    const params: Record<string, string> = {};
    const node = descend(this.#root, partsOf(path), params);
    const route = node?.route;
    return route === undefined ? undefined : { ...route, params: { ...route.params, ...params } };
  }

  #add(route: FoundRoute): void {
    const { pattern } = route;
    let node = this.#root;
    for (const part of partsOf(pattern)) {
      if (part.startsWith(':')) {
        node.parameter ??= { name: part.slice(1), node: { fixed: new Map() } };
        if (node.parameter.name !== part.slice(1)) throw new TypeError(`${pattern} renames a parameter`);
        node = node.parameter.node;
      } else {
        const next = node.fixed.get(part) ?? { fixed: new Map() };
        node.fixed.set(part, next);
        node = next;
      }
    }
    if (node.route !== undefined) throw new TypeError(`${pattern} is served twice`);
    node.route = route;
    this.#patterns.push(pattern);
  }
}

/** A fixed part is preferred to a parameter; an element cannot be named `$value`, so no search ever goes back. */
function descend(start: Node, parts: readonly string[], params: Record<string, string>): Node | undefined {
  let node = start;
  for (const part of parts) {
    const fixed =
      node.fixed.get(part) ?? (part.startsWith('%24') ? node.fixed.get(`$${part.slice(3)}`) : undefined);
    if (fixed !== undefined) node = fixed;
    else if (node.parameter !== undefined && part !== '') {
      params[node.parameter.name] = decode(part);
      node = node.parameter.node;
    } else return undefined;
  }
  return node;
}

/** A slash at the end means nothing. */
function partsOf(path: string): string[] {
  const parts = path.split('/');
  parts.shift();
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

function decode(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', `"${part}" is not percent-encoded text`, { cause });
  }
}
