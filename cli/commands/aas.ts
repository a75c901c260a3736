import { type Command, Option } from 'commander';
import { portNumber, wholeNumber } from '../terminal/number-option.ts';

/** Where an environment keeps its state unless it is told otherwise. */
const STATE = './.fedshell-aas';

export interface AasOptions {
  readonly port: number;
  readonly state: string;
  readonly load?: readonly string[];
  readonly host?: string;
  readonly externalUrl?: string;
  readonly apiTokenFile?: string;
  readonly origin?: readonly string[];
  readonly validation: 'strict' | 'report';
  readonly separatePorts?: boolean;
  readonly shell?: string;
  readonly submodel?: string;
  readonly pageSize?: number;
  readonly attachmentLimit?: number;
  readonly json?: boolean;
}

export interface AasCheckOptions {
  readonly state?: string;
  readonly json?: boolean;
}

/** `fedshell aas` and `fedshell aas check` */
export function addAasCommand(program: Command): void {
  const aas = program
    .command('aas')
    .description('run an AAS environment alone until Ctrl-C: repositories, registries, discovery, AASX files')
    .option('--port <number>', 'port to serve at; 0 takes a free one', portNumber, 8081)
    .option('--state <folder>', 'state folder', STATE)
    .option('--load <path...>', 'AASX, JSON or XML files, or folders of them, to load at the start')
    .option('--host <address>', 'address to listen on; another than 127.0.0.1 needs an API token')
    .option('--external-url <url>', 'URL under which others reach it')
    .option('--api-token-file <file>', 'file with the API token to demand; or environment FEDSHELL_API_TOKEN')
    .option(
      '--origin <origin...>',
      'pages that may call it besides those of this machine; * needs an API token',
    )
    .addOption(
      new Option(
        '--validation <mode>',
        'what breaks rules of the metamodel is refused, or stored and listed by check',
      )
        .choices(['strict', 'report'])
        .default('report'),
    )
    .option(
      '--separate-ports',
      'serve the AAS registry, the submodel registry and discovery at the next three ports as well',
    )
    .option('--shell <id>', 'shell to serve at /aas as a single object')
    .option('--submodel <id>', 'submodel to serve at /submodel as a single object')
    .option('--page-size <number>', 'entries of a page when the caller names no limit', wholeNumber(1))
    .option(
      '--attachment-limit <bytes>',
      'longest file of an attachment, thumbnail or package; 1 GiB by default',
      wholeNumber(1),
    )
    .option('--json', 'answer with JSON once it runs')
    .action(async (options: AasOptions) => {
      const { runAas } = await import('../aas/run-aas.ts');
      await runAas(options);
    });
  aas
    .command('check')
    .description('list what is against the metamodel, with its path; exit code 1 if something is')
    .argument('[path]', 'AASX, JSON or XML file, or a folder of them')
    .option('--state <folder>', `state folder to look into; ${STATE} if no path is given`)
    .option('--json', 'answer with JSON')
    .action(async (path: string | undefined, options: AasCheckOptions) => {
      const { checkAas } = await import('../aas/check-aas.ts');
      await checkAas(
        path,
        path === undefined && options.state === undefined ? { ...options, state: STATE } : options,
      );
    });
}
