import type { Command } from 'commander';

/** Options of every command that talks to an aggregator. */
export interface ApiOptions {
  readonly aggregator: string;
  readonly apiTokenFile?: string;
  readonly json?: boolean;
}

export const DEFAULT_AGGREGATOR = 'http://127.0.0.1:8600';

/** Adds the options of `ApiOptions` to a command. */
export function withApiOptions(command: Command): Command {
  return command
    .option(
      '--aggregator <url>',
      'the aggregator; environment FEDSHELL_AGGREGATOR',
      process.env['FEDSHELL_AGGREGATOR'] ?? DEFAULT_AGGREGATOR,
    )
    .option('--api-token-file <file>', 'file with the API token; or environment FEDSHELL_API_TOKEN')
    .option('--json', 'answer with JSON');
}
