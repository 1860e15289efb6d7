import { BlockList, isIP, isIPv4 } from 'node:net'
import { InvalidInput } from '../../errors.js'

/** Networks that are nobody's public address (IANA's registries of special-purpose addresses). */
const special4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12',
  '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15',
  '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
]

/**
 * Only 2000::/3 is given out; of it these are special, and those that carry an IPv4 address inside
 * lead to wherever their gateway likes.
 */
const special6 = [
  '::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20',
]

function listOf(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address, bits] = network.split('/')
    list.addSubnet(address!, Number(bits), family)
  }
  return list
}

const [blocked4, blocked6] = [listOf(special4, 'ipv4'), listOf(special6, 'ipv6')]

/** An address without zone; one of IPv4 that is written as one of IPv6 as what it is. */
export function plainAddress(address: string): string {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (isIP(bare) !== 6) return bare
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (mapped === null) return short
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Whether an address is on the public Internet. */
export function isPublic(address: string): boolean {
  const plain = plainAddress(address)
  if (isIPv4(plain)) return !blocked4.check(plain, 'ipv4')
  return isIP(plain) === 6 && !blocked6.check(plain, 'ipv6')
}

/** One thing that may be called although it is private. */
interface Allowance {
  readonly port: number | undefined
  readonly host?: string
  readonly networks?: BlockList
}

/** What may be called although its address is private. */
export class AllowedTargets {
  readonly #allowances: readonly Allowance[]

  /** Throws InvalidInput. */
  constructor(entries: readonly string[]) {
    this.#allowances = entries.map(allowanceOf)
  }

  /** Whether a host may be called whatever its addresses are. */
  hasHost(host: string, port: number): boolean {
    return this.#allowances.some((each) => each.host === host.toLowerCase() && fits(each, port))
  }

  /** Whether an address may be called. */
  hasAddress(address: string, port: number): boolean {
    const plain = plainAddress(address)
    if (isPublic(plain)) return true
    const family = isIPv4(plain) ? 'ipv4' : 'ipv6'
    return this.#allowances.some(({ networks, ...each }) =>
      networks?.check(plain, family) === true && fits(each, port))
  }
}

const fits = ({ port }: Allowance, asked: number): boolean => port === undefined || port === asked

/** In brackets, or of IPv6 without them and then without a port, or anything else. */
const hostPattern = /\[([0-9a-f:.]+)\]|([0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*)|([^\s:/[\]]+)/
const entryPattern =
  new RegExp(`^(?:${hostPattern.source})(\\/\\d{1,3})?(?::(\\d{1,5}))?$`, 'i')

function allowanceOf(entry: string): Allowance {
  const match = entryPattern.exec(entry.trim())
  const [, bracketed, bare, name, bits, portText] = match ?? []
  const host = bracketed ?? bare ?? name
  const port = portText === undefined ? undefined : Number(portText)
  if (host === undefined || (port !== undefined && port > 65_535)) throw wrong(entry)
  const version = isIP(host)
  if (version === 0) {
    if (bits !== undefined || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host)) throw wrong(entry)
    return { port, host: host.toLowerCase() }
  }
  const widest = version === 4 ? 32 : 128
  const length = bits === undefined ? widest : Number(bits.slice(1))
  if (length > widest) throw wrong(entry)
  const networks = new BlockList()
  networks.addSubnet(host, length, version === 4 ? 'ipv4' : 'ipv6')
  return { port, networks }
}

const wrong = (entry: string) => new InvalidInput(
  `outboundAllow must hold addresses, networks or hosts, each with a port if need be: ${entry}`,
  { field: 'outboundAllow' })
