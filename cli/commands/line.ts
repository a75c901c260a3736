import { type Command, Option } from 'commander';
import { portNumber, wholeNumber } from '../terminal/number-option.ts';

export interface DiscoverOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly machine?: readonly string[];
  readonly listen: number;
  readonly securityMode: string;
  readonly trust: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly pki?: string;
  readonly json?: boolean;
}

export interface CheckOptions {
  readonly listen: number;
  readonly pki?: string;
  readonly json?: boolean;
}

export interface WatchOptions {
  readonly participant?: string;
  readonly signal?: readonly string[];
  readonly pki?: string;
  readonly json?: boolean;
}

export interface FromAasOptions {
  readonly registry?: string;
  readonly shell?: string;
  readonly submodelRegistry?: string;
  readonly token?: string;
  readonly host?: readonly string[];
  readonly file?: string;
  readonly interface?: string;
  /** Ask the machine for the URIs of namespaces. */
  readonly resolve?: boolean;
  readonly pki?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export interface LineSimulateOptions {
  readonly machines: number;
  readonly seed: number;
  readonly port: number;
  readonly faultPort: number;
  readonly truth?: string;
  readonly machinery?: boolean;
  readonly offersNone?: boolean;
  readonly state: string;
  readonly json?: boolean;
}

const PKI =
  "folder of our certificate and the trusted ones; ./.fedshell/line/pki, or the trainer's where its file is given";

/** `fedshell line` */
export function addLineCommand(program: Command): void {
  const line = program
    .command('line')
    .description('find OPC UA machines, write and check what is collected from them');
  addDiscover(line);
  addCheck(line);
  addWatch(line);
  addFromAas(line);
  addSimulate(line);
}

function addDiscover(line: Command): void {
  line
    .command('discover')
    .description('look at an OPC UA server: endpoints, machines, variables; and write line files')
    .argument('<url>', 'endpoint, such as opc.tcp://press-1:4840')
    .option(
      '--output <file>',
      "write a line file; of several machines each has its own, the machine's name first",
    )
    .option('--force', 'write over a file that is there')
    .option('--machine <name...>', 'only these machines')
    .option('--listen <seconds>', 'how long to listen for rates; 0 does not', wholeNumber(0, 3600), 5)
    .addOption(
      new Option('--security-mode <mode>', 'security of the channel; None only where you say so')
        .choices(['SignAndEncrypt', 'Sign', 'None'])
        .default('SignAndEncrypt'),
    )
    .addOption(
      new Option('--trust <rule>', 'first-use accepts the certificate that the server shows now')
        .choices(['listed', 'first-use'])
        .default('listed'),
    )
    .option('--user <name>', 'user to log in as; anonymous by default')
    .option('--password-file <file>', "file with the user's password")
    .option(
      '--pki <folder>',
      'folder of our certificate and the trusted ones; ./.fedshell/line/pki by default',
    )
    .option('--json', 'answer with JSON')
    .action(async (url: string, options: DiscoverOptions) => {
      const { runDiscover } = await import('../line/run-discover.ts');
      await runDiscover(url, options);
    });
}

function addCheck(line: Command): void {
  line
    .command('check')
    .description('connect to the machines of a line file or trainer file and report every mismatch')
    .argument('<file>', 'line file or trainer file')
    .option('--listen <seconds>', 'how long to listen for rates; 0 does not', wholeNumber(0, 3600), 5)
    .option('--pki <folder>', PKI)
    .option('--json', 'answer with JSON')
    .action(async (file: string, options: CheckOptions) => {
      const { runCheck } = await import('../line/run-check.ts');
      await runCheck(file, options);
    });
}

function addWatch(line: Command): void {
  line
    .command('watch')
    .description('show the values of the machines as they come, until Ctrl-C; nothing is kept')
    .argument('<file>', 'line file or trainer file')
    .option('--participant <id>', 'which one of a trainer file; the first by default')
    .option('--signal <name...>', 'only these signals')
    .option('--pki <folder>', PKI)
    .option('--json', 'a JSON object a line for each value')
    .action(async (file: string, options: WatchOptions) => {
      const { runWatch } = await import('../line/run-watch.ts');
      await runWatch(file, options);
    });
}

function addFromAas(line: Command): void {
  line
    .command('from-aas')
    .description("make a line file of a machine's Asset Interfaces Description and Mapping Configuration")
    .option('--registry <url>', 'AAS registry that the shell is looked up in')
    .option('--shell <id>', 'id of the shell')
    .option(
      '--submodel-registry <url>',
      'where submodels are looked up that have no descriptor in the AAS registry',
    )
    .option('--token <file>', 'file with a bearer token for the registry and the repositories')
    .option('--host <name...>', "hosts that entries may lead to besides the registries' own")
    .option(
      '--file <file>',
      'a submodel, several, or a whole environment (JSON, XML, AASX) instead of a registry',
    )
    .option('--interface <idShort>', 'which interface, where there are several over OPC UA')
    .option(
      '--resolve',
      'connect to the machine and write namespace URIs where the description has only an index',
    )
    .option('--pki <folder>', PKI)
    .option('--output <file>', 'write the line file here instead of to the terminal')
    .option('--force', 'write over a file that is there')
    .option('--json', 'answer with JSON')
    .action(async (options: FromAasOptions) => {
      const { runFromAas } = await import('../line/run-from-aas.ts');
      await runFromAas(options);
    });
}

function addSimulate(line: Command): void {
  line
    .command('simulate')
    .description('serve a production line over OPC UA that can be disturbed, until Ctrl-C')
    .option('--machines <number>', 'generated machines', wholeNumber(1, 1000), 3)
    .option('--seed <number>', 'seed of the generated vibration', wholeNumber(0, 4_294_967_295), 1)
    .option('--port <number>', 'port of the OPC UA server; 0 for any free one', portNumber, 0)
    .option('--fault-port <number>', 'port of the API that disturbs it; 0 for any free one', portNumber, 0)
    .option('--truth <file>', 'where every value that is written is noted; truth.log in the state by default')
    .option('--machinery', 'show the machines by the nodesets of Machinery, ProcessValues and I4AAS too')
    .option('--offers-none', 'offer endpoints without security too')
    .option(
      '--state <folder>',
      'folder of certificates, position and truth log',
      './.fedshell/line/simulator',
    )
    .option('--json', 'answer with JSON once it runs')
    .action(async (options: LineSimulateOptions) => {
      const { runLineSimulate } = await import('../line/run-line-simulate.ts');
      await runLineSimulate(options);
    });
}
