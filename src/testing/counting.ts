import { type Backend, type Statement } from '../database/engine.js'

/** A backend that notes every statement which reaches it. */
export interface CountedBackend {
  readonly backend: Backend
  /** Statements since the beginning, or since `reset`. */
  statements(): number
  /** Their texts, those inside transactions included. */
  texts(): readonly string[]
  /** The statements themselves. */
  sent(): readonly Statement[]
  reset(): void
}

/** The same backend, its statements noted. */
export function counted(backend: Backend): CountedBackend {
  const sent: Statement[] = []
  const noting = <S extends object>(session: S): S => new Proxy(session, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        note(sent, String(name), given)
        return Reflect.apply(value, target, nested(String(name), given, noting))
      }
    },
  })
  return {
    backend: noting(backend),
    statements: () => sent.length,
    texts: () => sent.map(({ sql }) => sql),
    sent: () => sent,
    reset: () => void sent.splice(0),
  }
}

function note(sent: Statement[], name: string, given: readonly unknown[]): void {
  if (name === 'run') sent.push(given[0] as Statement)
  if (name === 'atomic') sent.push(...given[0] as readonly Statement[])
}

/** What runs inside a transaction is noted as well. */
function nested(
  name: string,
  given: readonly unknown[],
  noting: <S extends object>(session: S) => S,
): unknown[] {
  const [work, ...rest] = given
  if (!['transaction', 'exclusive'].includes(name)) return [...given]
  const run = work as (session: object) => Promise<unknown>
  return [(session: object) => run(noting(session)), ...rest]
}
