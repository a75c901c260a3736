import type { Command } from 'commander';
import { portNumber, wholeNumber } from '../terminal/number-option.ts';

export interface UpOptions {
  readonly port: number;
  readonly aasPort: number;
  readonly host?: string;
  readonly externalUrl?: string;
  readonly aasExternalUrl?: string;
  readonly idBase?: string;
  readonly apiTokenFile?: string;
  readonly aasTarget?: string;
  readonly maxOpenUploads?: number;
  readonly state: string;
  readonly json?: boolean;
}

/** `fedshell up` */
export function addUpCommand(program: Command): void {
  program
    .command('up')
    .description('run an aggregator with its Redis and its AAS until Ctrl-C')
    .option('--port <number>', 'port of API and console; 0 takes a free one', portNumber, 8600)
    .option('--aas-port <number>', 'port of the AAS; 0 takes a free one', portNumber, 8601)
    .option(
      '--host <address>',
      'address to listen on; one beyond this machine needs an API token and both external URLs',
    )
    .option('--external-url <url>', 'URL under which others reach the API')
    .option('--aas-external-url <url>', 'URL under which others reach the AAS')
    .option('--id-base <id>', 'beginning of all AAS ids; urn:fedshell:INSTALLATION by default')
    .option('--api-token-file <file>', 'file with the API token to demand; or environment FEDSHELL_API_TOKEN')
    .option(
      '--aas-target <file>',
      'outside AAS environments and registries to publish to and to look into; see examples/outside-aas.yaml',
    )
    .option(
      '--max-open-uploads <number>',
      'updates that may come in at the same time; 64 by default',
      wholeNumber(1),
    )
    .option('--state <folder>', 'state folder', './.fedshell')
    .option('--json', 'answer with JSON once it runs')
    .action(async (options: UpOptions) => {
      const { runUp } = await import('../plant/run-up.ts');
      await runUp(options);
    });
}
