import { BlockList, isIP } from 'node:net'
import { InvalidInput } from '../errors.js'

/** Ranges of one token at most. */
export const ipRangesMax = 50

interface IpRange {
  readonly address: string
  readonly family: 'ipv4' | 'ipv6'
  /** Fixed bits, counted as of an IPv6 address: an IPv4 one has 96 more. */
  readonly fixedBits: number
  readonly list: BlockList
}

/** Refuses what are no ranges, such as `10.0.0.0/8`, `2001:db8::/32` or a single address. */
export function checkIpRanges(ranges: readonly string[] | null): void {
  if (ranges === null) return
  const field = 'allowed_ip_ranges'
  if (ranges.length === 0 || ranges.length > ipRangesMax) {
    throw new InvalidInput(`${field} must hold 1 to ${ipRangesMax} ranges, or be null`, { field })
  }
  const wrong = ranges.findIndex((range) => rangeOf(range) === undefined)
  if (wrong === -1) return
  const rule = 'must be an address or a range such as 10.0.0.0/8 or 2001:db8::/32'
  throw new InvalidInput(`${field} ${rule}`, { field: `${field}[${wrong}]` })
}

/** Whether an address lies in one of the ranges; IPv4 written as IPv6 counts as IPv4. */
export function isInRanges(ranges: readonly string[], address: string): boolean {
  const [bare = ''] = address.split('%', 1)
  const version = isIP(bare)
  if (version === 0) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  return ranges.some((range) => rangeOf(range)?.list.check(bare, family) === true)
}

/** Whether each of the ranges lies within one of the `wider` ones. */
export function areWithinRanges(
  ranges: readonly string[] | null,
  wider: readonly string[] | null,
): boolean {
  if (wider === null) return true
  if (ranges === null) return false
  const outer = wider.map(rangeOf)
  return ranges.map(rangeOf).every((inner) => inner !== undefined && outer.some((each) =>
    each !== undefined && each.fixedBits <= inner.fixedBits &&
    each.list.check(inner.address, inner.family)))
}

/** Made once a text: the same ranges are asked at every request. */
const known = new Map<string, IpRange | undefined>()
const knownMax = 10_000

function rangeOf(text: string): IpRange | undefined {
  if (known.has(text)) return known.get(text)
  const range = parsed(text)
  if (known.size >= knownMax) known.clear()
  known.set(text, range)
  return range
}

function parsed(text: string): IpRange | undefined {
  const match = /^([0-9A-Fa-f:.]{2,45})(?:\/(\d{1,3}))?$/.exec(text)
  const address = match?.[1] ?? ''
  const version = isIP(address)
  if (match === null || version === 0) return undefined
  const bits = version === 4 ? 32 : 128
  const prefix = match[2] === undefined ? bits : Number(match[2])
  if (prefix > bits) return undefined
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(address, prefix, family)
  return { address, family, fixedBits: prefix + 128 - bits, list }
}
