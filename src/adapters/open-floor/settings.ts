import { InvalidInput } from '../../errors.js'
import { AllowedTargets } from './addresses.js'
import { type Sender } from './shape.js'

/** How the floor manager speaks with agents. */
export interface OpenFloorOptions {
  /** How it calls itself. @default 'tag:holdfast,2026:floor-manager' */
  readonly speakerUri?: string
  /** Where it is reached from outside, `https://…/ofp`. @default not told */
  readonly serviceUrl?: string | undefined
  /**
   * Private addresses that it may call all the same: addresses, networks (`10.1.0.0/16`), hosts
   * (`agents.internal`), each with a port if need be (`127.0.0.1:8000`). @default none
   */
  readonly outboundAllow?: readonly string[]
  /** How long an agent may take to answer, 1 to 600,000. @default 10000 */
  readonly timeoutMs?: number
  /** Bytes of an answer at most; of a longer one nothing is read. @default 1048576 */
  readonly answerBytesMax?: number
  /** Attempts until a delivery is given up, 1 to 80. @default 40: more than half an hour */
  readonly attemptsMax?: number
  /** Attempts until a convener is taken not to answer, 1 to 80. @default 3 */
  readonly conveneAttemptsMax?: number
  /** How long to wait behind so many failed attempts. @default doubled from 1 s to a minute */
  retryDelayMs?(attempts: number): number
}

/** Options with their defaults. */
export interface OpenFloorSettings {
  readonly self: Sender
  readonly allowed: AllowedTargets
  readonly timeoutMs: number
  readonly answerBytesMax: number
  readonly attemptsMax: number
  readonly conveneAttemptsMax: number
  readonly retryDelayMs: (attempts: number) => number
}

/** The floor manager's name, where none is configured. */
export const speakerUriDefault = 'tag:holdfast,2026:floor-manager'

/** Doubled from a second to a minute, and some of it by chance. */
const doubled = (attempts: number): number =>
  Math.min(60_000, 1_000 * 2 ** Math.min(attempts - 1, 10)) * (0.75 + Math.random() / 4)

/** Options checked and completed. Throws InvalidInput. */
export function openFloorSettings(options: OpenFloorOptions = {}): OpenFloorSettings {
  const number = (name: keyof OpenFloorOptions, fallback: number, most: number): number => {
    const value = (options[name] as number | undefined) ?? fallback
    if (Number.isInteger(value) && value >= 1 && value <= most) return value
    throw new InvalidInput(`${name} must be an integer from 1 to ${most}`, { field: name })
  }
  const { speakerUri = speakerUriDefault, serviceUrl, outboundAllow = [] } = options
  return {
    self: { speakerUri, ...(serviceUrl === undefined ? {} : { serviceUrl }) },
    allowed: new AllowedTargets(outboundAllow),
    timeoutMs: number('timeoutMs', 10_000, 600_000),
    answerBytesMax: number('answerBytesMax', 1_048_576, 16_777_216),
    attemptsMax: number('attemptsMax', 40, 80),
    conveneAttemptsMax: number('conveneAttemptsMax', 3, 80),
    retryDelayMs: options.retryDelayMs ?? doubled,
  }
}
