/** Whole dollars of nine digits at most, and twelve behind the point. */
export const costPattern = /^\d{1,9}(?:\.\d{1,12})?$/

/** Picodollars in a dollar. */
export const picosPerUnit = 1_000_000_000_000

/**
 * An exact amount in two integers. Prices of a token have more than nine digits behind the point,
 * and a sum of picodollars alone would outgrow 64 bits.
 */
export interface Cost {
  readonly costUnits: number
  readonly costPicos: number
}

/** The amount that a decimal says. */
export function costOf(decimal: string): Cost {
  const [units = '0', fraction = ''] = decimal.split('.')
  return { costUnits: Number(units), costPicos: Number(fraction.padEnd(12, '0')) }
}

/** The shortest decimal of an amount, or of sums of both its parts. */
export function decimalOf(units: bigint, picos: bigint): string {
  const perUnit = BigInt(picosPerUnit)
  const fraction = (picos % perUnit).toString().padStart(12, '0').replace(/0+$/, '')
  const whole = units + picos / perUnit
  return fraction === '' ? `${whole}` : `${whole}.${fraction}`
}
