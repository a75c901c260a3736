import { describeError, toCodedError } from '../runtime/errors.ts';
import { note } from './support/figure.ts';

/** The benches by name; each is loaded only when it runs. */
const BENCHES = {
  'round-overhead': {
    about: 'milliseconds a round costs besides training: 10 participants, 25,000 parameters',
    load: () => import('./round-overhead.ts'),
  },
  footprint: {
    about: 'MB installed and in memory, seconds to the first round',
    load: () => import('./footprint.ts'),
  },
  line: {
    about: 'accuracy on the generated line, in a federation and alone; mean over five seeds',
    load: () => import('./line.ts'),
  },
  aas: {
    about: 'the AAS environment: requests/s, start, memory, attachments; --peers: beside FA³ST too',
    load: () => import('./aas.ts'),
  },
} as const;

const isBench = (name: string): name is keyof typeof BENCHES => Object.hasOwn(BENCHES, name);

async function main(words: readonly string[]): Promise<number> {
  const flags = words.filter((word) => word.startsWith('--'));
  const names = words.filter((word) => !word.startsWith('--'));
  const unknown = names.filter((name) => !isBench(name));
  if (names.length === 0 || unknown.length > 0) {
    for (const name of unknown) note(`unknown bench ${name}`);
    note('npm run bench -- NAME [NAME ...], each prints JSON lines:');
    for (const [name, { about }] of Object.entries(BENCHES)) note(`  ${name.padEnd(16)} ${about}`);
    return unknown.length > 0 ? 2 : 0;
  }
  for (const name of names.filter(isBench)) {
    const { run } = await BENCHES[name].load();
    await run(flags);
  }
  return 0;
}

main(process.argv.slice(2)).then(
  (exitCode) => process.exit(exitCode),
  (thrown: unknown) => {
    note(describeError(toCodedError(thrown)));
    process.exit(1);
  },
);
