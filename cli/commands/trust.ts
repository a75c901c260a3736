import type { Command } from 'commander';
import { withApiOptions } from '../api/api-options.ts';
import type { ApproveOptions } from '../trust/decide-trust.ts';
import type { ExportOptions, ImportOptions, RotateOptions } from '../trust/own-certificate.ts';
import type { TrustOptions } from '../trust/trust-options.ts';

/** `fedshell trust …` */
export function addTrustCommand(program: Command): void {
  const trust = program
    .command('trust')
    .description('certificates: which machines are trusted, and who we are to them');
  withPlace(
    trust.command('list').description('list the certificates that machines showed, and what was decided'),
    true,
  ).action(async (options: TrustOptions) => (await import('../trust/list-trust.ts')).listTrust(options));
  withPlace(
    trust
      .command('approve')
      .description(
        'trust a certificate that a machine showed; or an authority, a certificate or a revocation list',
      )
      .argument('<what>', 'fingerprint (sha256, 8 digits or more), or a file (PEM or DER)')
      .option('--allow <what...>', 'overlook in this one certificate: expired, hostname, no-revocation-list')
      .option('--issuer', 'let an authority complete chains without trusting all that it signs'),
    true,
  ).action(async (what: string, options: ApproveOptions) => {
    await (await import('../trust/decide-trust.ts')).approveTrust(what, options);
  });
  withPlace(
    trust
      .command('reject')
      .description('trust a certificate no more, even if a trusted authority signed it')
      .argument('<fingerprint>', 'sha256, 8 digits or more'),
    true,
  ).action(async (fingerprint: string, options: TrustOptions) => {
    await (await import('../trust/decide-trust.ts')).rejectTrust(fingerprint, options);
  });
  withPlace(
    trust
      .command('rotate')
      .description('go over to a new key and certificate of our own')
      .option('--prepare', 'only make them, so that machines can trust them before'),
    false,
  ).action(async (options: RotateOptions) =>
    (await import('../trust/own-certificate.ts')).rotateOwn(options),
  );
  addOwnCommands(trust.command('own').description("our own certificate, for the machines' side"));
}

function addOwnCommands(own: Command): void {
  withPlace(
    own
      .command('export')
      .description('write our certificate, for the trust list of a machine')
      .option('-o, --output <file>', 'file to write; stdout by default')
      .option('--der', 'DER instead of PEM, as many PLCs want it')
      .option('--next', 'the one that is prepared for the next rotation'),
    false,
  ).action(async (options: ExportOptions) =>
    (await import('../trust/own-certificate.ts')).exportOwn(options),
  );
  withPlace(
    own
      .command('import')
      .description('use a certificate that an authority signed for us')
      .argument('<file>', 'PEM or DER; the chain may follow in it')
      .option('--key <file>', 'its key, PEM; our present key by default'),
    false,
  ).action(async (file: string, options: ImportOptions) => {
    await (await import('../trust/own-certificate.ts')).importOwn(file, options);
  });
}

/** Adds where the trust list is; over the API too, where that is offered. */
function withPlace(command: Command, overApi: boolean): Command {
  command
    .option('--pki <folder>', 'PKI folder; that of the only trainer in ./.fedshell by default')
    .option('--trainer <file>', 'trainer file whose trainer has its state in the default place')
    .option('--state <folder>', 'state folder of the trainer');
  if (!overApi) return command.option('--json', 'answer with JSON');
  command
    .option('--api', 'over the API of the aggregator, to the trainers that report to it')
    .option('--pool <id>', 'pool, over the API; all of them by default');
  return withApiOptions(command);
}
