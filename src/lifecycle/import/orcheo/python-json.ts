import { type ForeignValue } from '../../../database/foreign.js'

/**
 * A list of values as Python's `json.dumps` writes it with the separators `,` and `:`: ASCII only,
 * and numbers with a fraction as Python spells them. Bytes are written as base64.
 */
export function pythonLine(values: readonly ForeignValue[]): string {
  return `[${values.map(written).join(',')}]`
}

function written(value: ForeignValue): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return text(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? integral(value) : real(value)
  return text(Buffer.from(value).toString('base64'))
}

/** What stands behind the tilde is escaped, unit by unit. */
function text(value: string): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const integral = (value: number): string =>
  (Math.abs(value) < 2 ** 53 ? String(value) : real(value))

/** Python turns to exponents below 1e-4 and from 1e16 on, and writes two digits of them. */
function real(value: number): string {
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power >= -4 && power < 16) {
    const plain = String(value)
    return plain.includes('.') ? plain : `${plain}.0`
  }
  const sign = power < 0 ? '-' : '+'
  return `${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`
}
