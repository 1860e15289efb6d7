import { hiddenUrl } from '../database/address.js'
import { InvalidConfiguration } from '../errors.js'
import { UsageFailure } from './failure.js'
import { type Variable, type VariableName, variables } from './variables.js'

/** Environment variables as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Turns text into a value, or throws an Error whose message is the rule: `must be …`. */
export type Rule<T> = (text: string) => T

/** A flag that stands above a variable. */
export interface GivenFlag {
  readonly name: string
  readonly text: string | undefined
}

/** A flag as it was given. */
export const flag = (name: string, text: string | undefined): GivenFlag => ({ name, text })

/** Reads flags and variables, and remembers what was given. */
export class Reader {
  readonly given: string[] = []
  readonly warnings: string[] = []
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** The value of a flag, else of a variable, else the variable's default. */
  read<T>(name: VariableName, rule: Rule<T>, over?: GivenFlag): T {
    if (over?.text !== undefined) return this.#checked(over.name, over.text, rule)
    const text = this.text(name)
    if (text !== undefined) return this.#checked(name, text, rule)
    return rule(defaultOf(name))
  }

  /** As `read`, for what has no default. */
  readOptional<T>(name: VariableName, rule: Rule<T>, over?: GivenFlag): T | undefined {
    const isGiven = over?.text !== undefined || this.text(name) !== undefined
    return isGiven ? this.read(name, rule, over) : undefined
  }

  /** The text of a variable; undefined when it is unset, empty, or set by Kubernetes itself. */
  text(name: VariableName): string | undefined {
    const given = this.#environment[name]
    const text = isSecret(name) ? given : given?.trim()
    if (text === undefined || text === '') return undefined
    if (!name.endsWith('_PORT') || !text.startsWith('tcp://')) return text
    const warning = `${name}=${text} is a Kubernetes service link and is not used; ` +
      'set enableServiceLinks: false in the pod to be rid of it.'
    if (!this.warnings.includes(warning)) this.warnings.push(warning)
    return undefined
  }

  /** Those of the variables that are set. */
  present(names: readonly VariableName[]): VariableName[] {
    return names.filter((name) => this.text(name) !== undefined)
  }

  #checked<T>(name: string, text: string, rule: Rule<T>): T {
    const hidden = isSecret(name)
    if (name.startsWith('--')) {
      if (text.trim() === '') throw new UsageFailure(`${name} must not be empty`)
    } else if (!hidden && /^(["']).*\1$/.test(text)) {
      const message = `${name} stands in quotation marks that are part of its value; remove them.`
      throw new InvalidConfiguration(message)
    }
    this.given.push(`${name}=${hidden ? '***' : shown(text)}`)
    try {
      return rule(text)
    } catch (error) {
      const sentence = `${name} ${(error as Error).message}`
      throw name.startsWith('--') ? new UsageFailure(sentence) : new InvalidConfiguration(sentence)
    }
  }
}

/** Warns of variables that nothing reads as others are set. */
export function warnUnused(reader: Reader, names: readonly VariableName[], reason: string): void {
  const unused = reader.present(names)
  if (unused.length === 0) return
  const verb = unused.length === 1 ? 'is' : 'are'
  reader.warnings.push(`${unused.join(', ')} ${verb} set but not used, because ${reason}.`)
}

/** A whole number between two, both included. */
export function integer(least: number, most: number): Rule<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN
    if (value >= least && value <= most) return value
    throw new Error(`must be a whole number from ${least} to ${most}, not ${text}`)
  }
}

/** One of these words. */
export function oneOf<T extends string>(values: readonly T[]): Rule<T> {
  return (text) => {
    const found = values.find((value) => value === text)
    if (found !== undefined) return found
    throw new Error(`must be one of ${values.join(', ')}, not ${text}`)
  }
}

/** Whatever is not empty. */
export const anyText: Rule<string> = (text) => text

/** Urls lose their passwords. */
function shown(text: string): string {
  return /^[a-z+]+:\/\//.test(text) ? hiddenUrl(text) : text
}

function isSecret(name: string): boolean {
  return (variables as readonly Variable[]).find((each) => each.name === name)?.secret === true
}

/** What holds where a variable is unset. */
export function defaultOf(name: VariableName): string {
  return (variables as readonly Variable[]).find((each) => each.name === name)!.default
}
