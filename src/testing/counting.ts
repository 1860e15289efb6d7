import { type Backend, type Statement } from '../database/engine.js'

/** A backend that notes every statement which reaches it. */
export interface CountedBackend {
  readonly backend: Backend
  /** Statements since the beginning, or since `reset`. */
  statements(): number
  /** Their texts, those inside transactions included. */
  texts(): readonly string[]
  reset(): void
}

/** The same backend, its statements noted. */
export function counted(backend: Backend): CountedBackend {
  const texts: string[] = []
  const noting = <S extends object>(session: S): S => new Proxy(session, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        note(texts, String(name), given)
        return Reflect.apply(value, target, nested(String(name), given, noting))
      }
    },
  })
  return {
    backend: noting(backend),
    statements: () => texts.length,
    texts: () => texts,
    reset: () => void texts.splice(0),
  }
}

function note(texts: string[], name: string, given: readonly unknown[]): void {
  if (name === 'run') texts.push((given[0] as Statement).sql)
  if (name === 'atomic') texts.push(...(given[0] as readonly Statement[]).map(({ sql }) => sql))
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
