import { HoldfastError } from '../errors.js'

/** What a command's end tells the shell. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const

/** A failure of the command line itself, with a code for machines and its exit code. */
export class CommandFailure extends Error {
  override readonly name: string = 'CommandFailure'
  readonly code: string
  readonly exitCode: number

  constructor(
    message: string,
    given: { readonly code: string; readonly exitCode?: number; readonly cause?: unknown },
  ) {
    super(message, given.cause === undefined ? undefined : { cause: given.cause })
    this.code = given.code
    this.exitCode = given.exitCode ?? exitCodes.failed
  }
}

/** The command line cannot be understood; the message says which part and the rule. */
export class UsageFailure extends CommandFailure {
  override readonly name = 'UsageFailure'

  constructor(message: string) {
    super(message, { code: 'usage', exitCode: exitCodes.usage })
  }
}

/** Everything to be said was printed already; only the exit code is left. */
export class ToldFailure extends CommandFailure {
  override readonly name = 'ToldFailure'

  constructor(exitCode: number) {
    super('see the output above', { code: 'told', exitCode })
  }
}

/** How a failure is told. */
export interface FailureStyle {
  /** As one JSON object instead of a sentence. */
  readonly json: boolean
  /** With the stack of the error and of its causes. */
  readonly stack: boolean
}

/** The text of a failure for standard error, without a final newline. */
export function failureText(error: unknown, style: FailureStyle): string {
  const { code, message } = describe(error, style.stack)
  const line = style.json ? JSON.stringify({ error: { code, message } }) : `holdfast: ${message}`
  return style.stack ? `${line}\n${stackOf(error)}` : line
}

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): number {
  return error instanceof CommandFailure ? error.exitCode : exitCodes.failed
}

/** The codes of an error and of its causes (`EADDRINUSE`, `28P01`, …), outermost first. */
export function causeChain(error: unknown): { code: string; message: string; cause: unknown }[] {
  const chain = []
  for (let cause = error; cause instanceof Error && chain.length < 10; cause = cause.cause) {
    const { code } = cause as { code?: unknown }
    chain.push({ code: typeof code === 'string' ? code : '', message: cause.message, cause })
  }
  return chain
}

function describe(error: unknown, stack: boolean): { code: string; message: string } {
  if (error instanceof CommandFailure || HoldfastError.isInstance(error)) {
    return { code: error.code, message: oneLine(error.message) }
  }
  if (isOfPath(error)) {
    const fix = fullCodes.has(error.code ?? '') ? 'Free space there, or name another path.'
      : 'Name another path, or let this user read and write there.'
    const message = `${error.path} cannot be used (${oneLine(error.message)}). ${fix}`
    return { code: 'path_unusable', message }
  }
  const text = oneLine(error instanceof Error ? error.message || error.name : String(error))
  const hint = stack ? '' : ' (--log-level debug shows the stack)'
  return { code: 'internal_error', message: `${text}${hint}` }
}

const fullCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** What the system says of a file or folder that was named. */
function isOfPath(error: unknown): error is Error & { path: string; code?: string } {
  const { path, syscall } = (error ?? {}) as { path?: unknown; syscall?: unknown }
  return error instanceof Error && typeof path === 'string' && typeof syscall === 'string'
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim()
}

function stackOf(error: unknown): string {
  return causeChain(error)
    .map(({ cause }) => (cause as Error).stack ?? String(cause))
    .join('\ncaused by: ')
}
