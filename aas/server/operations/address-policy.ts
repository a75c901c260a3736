import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { CodedError } from '../../../runtime/errors.ts';

/** A server that operations may be delegated to. */
export interface DelegationTarget {
  /** Scheme, host and port, such as `https://plant.example:9000`; compared as a whole. */
  readonly origin: string;
  /**
   * Networks (such as `10.2.0.0/16`) that its name may resolve to although they are not public. Without them a name
   * must resolve to public addresses; an origin that itself is an address allows just that one.
   */
  readonly networks?: readonly string[];
}

/** Addresses that no foreign name may lead to: loopback, private, link-local (cloud metadata among them), multicast. */
const NOT_PUBLIC = listOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/127',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
]);

/**
 * Which URLs operations may be delegated to: only listed origins, and of these only where the name resolves to an
 * allowed address at the moment of the connection, so that a name cannot be pointed elsewhere after a check.
 */
export class AddressPolicy {
  readonly #targets: ReadonlyMap<string, BlockList | undefined>;

  /** @throws CodedError `E_INVALID_INPUT` for an origin or network that is none. */
  constructor(targets: readonly DelegationTarget[]) {
    this.#targets = new Map(
      targets.map(({ origin, networks }) => [originOf(origin), networks && listOf(networks)]),
    );
  }

  /**
   * @returns the URL, and how its name is resolved.
   * @throws CodedError `E_FORBIDDEN` unless the URL's server is listed.
   */
  admit(text: string): { readonly url: URL; readonly lookup: LookupFunction } {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '') {
      throw new CodedError(
        'E_FORBIDDEN',
        'an operation is delegated to an http or https URL without a user only',
      );
    }
    if (!this.#targets.has(url.origin)) {
      throw new CodedError('E_FORBIDDEN', `operations may not be delegated to ${url.origin}`);
    }
    const networks = this.#targets.get(url.origin);
    return { url, lookup: checkedLookup(networks) };
  }
}

function checkedLookup(networks: BlockList | undefined): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const allowed = addresses.filter(({ address, family }) => {
        const kind = family === 6 ? 'ipv6' : 'ipv4';
        return !NOT_PUBLIC.check(address, kind) || networks?.check(address, kind) === true;
      });
      const [first] = allowed;
      if (first === undefined || allowed.length < addresses.length) {
        const refused = new CodedError(
          'E_FORBIDDEN',
          `${hostname} resolves to an address that operations may not be delegated to`,
        );
        callback(refused, '', 0);
      } else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function originOf(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/') {
    throw new CodedError('E_INVALID_INPUT', `"${origin}" is no origin such as https://plant.example:9000`);
  }
  return url.origin;
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    const family = isIP(address);
    const longest = family === 6 ? 128 : 32;
    if (family === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > longest) {
      throw new CodedError('E_INVALID_INPUT', `"${network}" is no network such as 10.2.0.0/16`);
    }
    list.addSubnet(address, Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
