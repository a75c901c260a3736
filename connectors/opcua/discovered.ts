import type { PathStep } from './node-address.ts';

/** An endpoint that a server offers. */
export interface DiscoveredEndpoint {
  readonly url: string;
  readonly securityMode: string;
  /** Such as `Aes256_Sha256_RsaPss`. */
  readonly securityPolicy: string;
  /** Kinds of users it takes: Anonymous, UserName, Certificate. */
  readonly users: readonly string[];
  /** Of its certificate; undefined for an endpoint without one. */
  readonly certificate:
    | { readonly sha256: string; readonly subject: string; readonly validTo: string }
    | undefined;
}

/** A variable that may become a signal. */
export interface DiscoveredVariable {
  /** Its browse names below the machine. */
  readonly steps: readonly PathStep[];
  /** Namespace URI and identifier. */
  readonly node: string;
  /** Built-in type, such as `Float`. */
  readonly dataType: string;
  /** Values that the present value has; undefined for a single one. */
  readonly length: number | undefined;
  readonly unit: string | undefined;
  readonly hasHistory: boolean;
  readonly status: string;
}

/** An object with variables that can be one participant. */
export interface DiscoveredMachine {
  readonly name: string;
  /** Browse path from Objects. */
  readonly path: string;
  /**
   * `machinery`: it has an identification as OPC 40001-1 Machinery describes it; `i4aas`: an Asset Administration Shell
   * of OPC 30270; `object`: any other object right below Objects, or below a folder of one of those nodesets.
   */
  readonly kind: 'machinery' | 'i4aas' | 'object';
  /** Browse name of its type, such as `MachineToolType`. */
  readonly type: string;
  /** What it says of itself, such as SerialNumber. */
  readonly identification: Readonly<Record<string, string>>;
  readonly variables: readonly DiscoveredVariable[];
}

/** What was found at a server. */
export interface Discovery {
  readonly namespaces: readonly string[];
  /** Names of the OPC UA companion specifications whose namespaces it has, such as `Machinery`. */
  readonly nodesets: readonly string[];
  /** The machine's clock less ours, in milliseconds. */
  readonly clockOffsetMs: number;
  /** Limits that it names, such as maxNodesPerRead; those without a limit are left out. */
  readonly operationLimits: Readonly<Record<string, number>>;
  readonly machines: readonly DiscoveredMachine[];
  /** Asset Administration Shells of OPC 30270, whose identification has their `Id`. */
  readonly shells: readonly Pick<DiscoveredMachine, 'name' | 'path' | 'identification'>[];
  /** False where there was more than is looked at. */
  readonly isComplete: boolean;
}
