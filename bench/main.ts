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
  emodb: {
    about:
      'adversarial federated training on emotional speech, three seeds; --sheet: the whole acceptance sheet',
    load: () => import('./emodb.ts'),
  },
  skab: {
    about: 'an autoencoder federation on the SKAB pump test bed: F1, false and missed alarms',
    load: () => import('./skab.ts'),
  },
  training: {
    about: 'training steps/s of each backend and over PyTorch; --node 22: our side under another Node.js',
    load: () => import('./training.ts'),
  },
  vgg15: {
    about: 'a step of the published network and its memory on each backend, and an estimate per round',
    load: () => import('./vgg15.ts'),
  },
  gradients: {
    about: 'gradients of all operations that networks are made of, each backend against the cpu backend',
    load: () => import('./gradients.ts'),
  },
  aas: {
    about: 'the AAS environment: requests/s, start, memory, attachments; --peers: beside FA³ST too',
    load: () => import('./aas.ts'),
  },
  opcua: {
    about:
      'what the collector takes from OPC UA servers: loss, latency, CPU, memory, peak, servers; --short; --load, --peak, --servers',
    load: () => import('./opcua.ts'),
  },
  outages: {
    about: 'the outage table: silence, lost, recovered and accounted samples per row; --row=NAME',
    load: () => import('./outages.ts'),
  },
  aggregation: {
    about: 'GB/s of updates to their exact mean and by robust rules; --peers: beside flwr too',
    load: () => import('./aggregation.ts'),
  },
  'server-memory': {
    about:
      'MiB that the aggregator needs while 10, 100, 1,000 participants send 59 MB; --participants N, --strategy KEY',
    load: () => import('./server-memory.ts'),
  },
  'federation-scale': {
    about: 'seconds a round of 1,000 participants that train nothing, and how long it holds up other clients',
    load: () => import('./federation-scale.ts'),
  },
  simulation: {
    about: 'seconds of a simulation: 1,000 participants, 100 rounds; and that a networked run gives its bits',
    load: () => import('./simulation.ts'),
  },
  heterogeneity: {
    about: 'what machines that are not alike gain from being grouped by their updates; five seeds',
    load: () => import('./heterogeneity.ts'),
  },
  attacks: {
    about: 'accuracy lost to a fifth of attackers, by averaging and by one robust rule; five seeds',
    load: () => import('./attacks.ts'),
  },
  compression: {
    about: 'how much less goes up and down, and the accuracy it costs: two packs, ten seeds',
    load: () => import('./compression.ts'),
  },
} as const;

const isBench = (name: string): name is keyof typeof BENCHES => Object.hasOwn(BENCHES, name);

async function main(given: readonly string[]): Promise<number> {
  const words = joinValues(given);
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

/** Flags that take a value. */
const VALUED = ['--node', '--data', '--seeds', '--participants', '--strategy', '--rounds'];

/** `--node 22` as `--node=22`, so that a value is not taken for the name of a bench. */
function joinValues(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const last = joined.at(-1) ?? '';
    if (VALUED.includes(last)) joined.splice(-1, 1, `${last}=${word}`);
    else joined.push(word);
  }
  return joined;
}

main(process.argv.slice(2)).then(
  (exitCode) => process.exit(exitCode),
  (thrown: unknown) => {
    note(describeError(toCodedError(thrown)));
    process.exit(1);
  },
);
