import { InvalidConfiguration } from '../errors.js'

/** So many failures at once; a further one after each so-manieth part of the time. */
export interface LoginLimit {
  /** 1 to 1,000,000. */
  readonly failures: number
  /** 1 to 2,592,000. */
  readonly seconds: number
}

/** How many logins may fail; a right one costs nothing. */
export interface LoginLimits {
  /** To one account, from addresses it is not known from. @default 10 an hour */
  readonly account: LoginLimit
  /** To one account, from one address it is known from. @default 10 in 15 minutes */
  readonly knownAddress: LoginLimit
  /** From one address (IPv6: one /64), to whatever accounts. @default 100 in 15 minutes */
  readonly address: LoginLimit
}

const defaults: LoginLimits = {
  account: { failures: 10, seconds: 3_600 },
  knownAddress: { failures: 10, seconds: 900 },
  address: { failures: 100, seconds: 900 },
}

const isWithin = (value: number, most: number) =>
  Number.isInteger(value) && value >= 1 && value <= most

/** The limits with what is left out. Throws InvalidConfiguration. */
export function loginLimitsOf(given: Partial<LoginLimits> = {}): LoginLimits {
  const limits = { ...defaults, ...given }
  for (const [name, { failures, seconds }] of Object.entries(limits)) {
    if (isWithin(failures, 1_000_000) && isWithin(seconds, 2_592_000)) continue
    const rule = 'takes 1 to 1,000,000 failures in 1 to 2,592,000 seconds'
    throw new InvalidConfiguration(`loginLimits.${name} ${rule}.`)
  }
  return limits
}
