import { isUtf8 } from 'node:buffer'
import { jsonFault } from '../json-faults.js'

/**
 * The rule that stored text breaks, or null: `nul` for U+0000, `utf8` for a lone surrogate and any
 * other bytes.
 */
export function textFault(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return 'nul'
  return isUtf8(bytes) ? null : 'utf8'
}

/** The rule that stored JSON breaks, or null. */
export function jsonTextFault(bytes: Uint8Array): string | null {
  if (!isUtf8(bytes)) return 'utf8'
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return text.includes('\0') ? 'nul' : jsonFault(text)
}

/**
 * 1 when no text among these breaks `textFault`, and no JSON among them, if it is JSON, one of the
 * rules that stop a copy; 0 when each has to be looked at. No text is made of the bytes.
 */
export function isPlain({ buffer, byteOffset, byteLength }: Uint8Array): number {
  // A plain array of bytes is searched ten times slower.
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  if (bytes.includes(0) || !isUtf8(bytes)) return 0
  return hasEscape(bytes) || hasExponent(bytes) ? 0 : 1
}

/** An escape that an engine may refuse: of U+0000, or of a surrogate. */
const suspicious = /^(?:0000|[dD][89a-fA-F])/

function hasEscape(bytes: Buffer): boolean {
  for (let at = bytes.indexOf('\\u'); at !== -1; at = bytes.indexOf('\\u', at + 2)) {
    if (suspicious.test(bytes.toString('latin1', at + 2, at + 6))) return true
  }
  return false
}

const isDigit = (code: number | undefined): boolean =>
  code !== undefined && code >= zero && code < zero + 10

/** An exponent of so many digits, which an engine may refuse. */
const exponentDigits = 5

/** Of so many digits in a row one stands at a multiple of their number. */
function hasExponent(bytes: Uint8Array): boolean {
  for (let at = exponentDigits - 1; at < bytes.length; at += exponentDigits) {
    const code = bytes[at]!
    if (code < zero || code >= zero + 10) continue
    let [from, to] = [at, at + 1]
    while (isDigit(bytes[from - 1])) from -= 1
    while (isDigit(bytes[to])) to += 1
    if (to - from < exponentDigits) continue
    const sign = bytes[from - 1]
    // `+` or `-` may stand before the digits, `e` or `E` before that.
    const letter = sign === 0x2b || sign === 0x2d ? bytes[from - 2] : sign
    if (letter === 0x65 || letter === 0x45) return true
    at += Math.floor((to - 1 - at) / exponentDigits) * exponentDigits
  }
  return false
}

const zero = 0x30

/** Values of one form, each with a space behind it; null of none. */
export type Listed = Uint8Array | null

const hexSigns = '0123456789abcdef'

/** For each place of a form the codes that may stand there: `x` is hexadecimal, `9` a digit. */
const formOf = (form: string): readonly Uint8Array[] => Array.from(form, (sign) => {
  const signs = sign === 'x' ? hexSigns : sign === '9' ? hexSigns.slice(0, 10) : sign
  return Uint8Array.from({ length: 256 }, (_, code) => Number(signs.includes(
    String.fromCharCode(code))))
})

const idForm = formOf('xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx ')
const instantForm = formOf('9999-99-99T99:99:99.999999Z ')

/** Whether these are so many values of a form: no other sequence of values has that length. */
function areOf(form: readonly Uint8Array[], bytes: Listed, count: number): boolean {
  if (bytes === null) return count === 0
  if (bytes.length !== count * form.length) return false
  for (let at = 0; at < bytes.length; at += form.length) {
    for (let place = 0; place < form.length; place++) {
      if (form[place]![bytes[at + place]!] === 0) return false
    }
  }
  return true
}

/** Whether these are so many ids. */
export const areIds = (bytes: Listed, count: number): boolean => areOf(idForm, bytes, count)

/** Whether these are so many moments that there are. */
export function areInstants(bytes: Listed, count: number): boolean {
  if (!areOf(instantForm, bytes, count)) return false
  if (bytes === null) return true
  const pair = (at: number) => (bytes[at]! - zero) * 10 + bytes[at + 1]! - zero
  for (let at = 0; at < bytes.length; at += instantForm.length) {
    const [year, month, day] = [pair(at) * 100 + pair(at + 2), pair(at + 5), pair(at + 8)]
    if (year === 0 || month === 0 || month > 12 || day === 0 || day > daysOf(year, month)) {
      return false
    }
    if (pair(at + 11) > 23 || pair(at + 14) > 59 || pair(at + 17) > 59) return false
  }
  return true
}

function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}
