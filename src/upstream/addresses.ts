/** Which addresses a provider can have: public ones. Everything else is this machine, its network, or nobody. */
import dns from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';

/** What is said where an address is refused; it names no address, because callers read it. */
const PRIVATE_SAYS =
  'its address is private, and the gateway calls only public ones unless the operator sets STEPGATE_ALLOW_PRIVATE_UPSTREAMS';

export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';

  constructor() {
    super(PRIVATE_SAYS);
  }
}

/** @param host a name, or an address as it stands in a URL that was parsed (`new URL` undoes other spellings). */
export function isPrivateLiteral(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return !isPublicAddress(bare);
  return /(^|\.)localhost\.?$/i.test(bare);
}

/** Of an address that is written in full or short form, in either family. */
export function isPublicAddress(address: string): boolean {
  // A zone is of this machine's own network.
  if (address.includes('%')) return false;
  if (isIPv4(address)) return !REFUSED.check(address, 'ipv4');
  const inner = embeddedIPv4(address);
  if (inner !== undefined) return !REFUSED.check(inner, 'ipv4');
  return GLOBAL.check(address, 'ipv6') && !REFUSED.check(address, 'ipv6');
}

/** Resolves as usual and leaves out what is not public. @throws (to its callback) {PrivateAddressError} where nothing is left. */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) {
      callback(error, '', 0);
      return;
    }
    const allowed = found.filter(({ address }) => isPublicAddress(address));
    const [first] = allowed;
    if (!first) callback(new PrivateAddressError(), '', 0);
    else if (options.all) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};

/** IANA's registries of special-purpose addresses (RFC 6890), as of 2026, and one public address that is a platform's own. */
const REFUSED_NETS = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  // Azure answers its virtual machines here, with the token of the machine among other things.
  '168.63.129.16/32',
  // Teredo, ORCHID and others of the protocol; documentation; 6to4, whose inside is an IPv4 address.
  ...['2001::/23', '2001:db8::/32', '3fff::/20', '2002::/16'],
];

const REFUSED = blockList(REFUSED_NETS);
/** All that is given out; what lies outside is local, reserved, or a translation. */
const GLOBAL = blockList(['2000::/3']);
/** IPv4-mapped and NAT64: the last 32 bits are where it goes. */
const TRANSLATED = blockList(['::ffff:0:0/96', '64:ff9b::/96']);

function blockList(nets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [address = '', prefix = ''] = net.split('/');
    list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

function embeddedIPv4(address: string): string | undefined {
  if (!TRANSLATED.check(address, 'ipv6')) return undefined;
  // The URL parser writes what was embedded as two groups of hex digits.
  const { hostname } = new URL(`http://[${address}]`);
  const groups = hostname.slice(1, -1).split(':');
  const [high, low] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16));
  const bytes = [high ?? 0, low ?? 0].flatMap((group) => [group >> 8, group & 0xff]);
  return bytes.join('.');
}
