import { expect } from 'vitest'
import { type Backend, type Session } from '../database/engine.js'
import { type Busy } from '../database/failures.js'
import { SchemaEditor } from '../database/migrate.js'
import { type HoldfastError } from '../errors.js'

/** Runs SQL text without parameters. */
export const run = (session: Session, sql: string) => session.run({ sql, parameters: [] })

/** Expects a Holdfast error of this class with the driver's error behind it. */
export async function expectFailure(
  promise: Promise<unknown>,
  kind: typeof Busy,
): Promise<HoldfastError> {
  const error: unknown = await promise.then(() => undefined, (reason: unknown) => reason)
  expect(error).toBeInstanceOf(kind)
  const failure = error as HoldfastError
  expect(failure.retryable).toBe(kind.definition.retryable ?? false)
  expect(failure.cause).toBeInstanceOf(Error)
  expect((failure.cause as Error).message.length).toBeGreaterThan(5)
  return failure
}

/** Tables with every kind of constraint: parents one and two, and a child of one. */
export async function createFamily(backend: Backend): Promise<void> {
  const schema = new SchemaEditor(backend, backend.engine)
  await schema.createTable('parents', `
    number {integer} not null primary key,
    code {text} unique,
    amount {integer} not null check (amount >= 0)`)
  await schema.createTable('children', `
    number {integer} not null primary key,
    parent_number {integer} references parents (number)`)
  await run(backend, `insert into parents values (1, 'one', 1), (2, 'two', 2)`)
  await run(backend, 'insert into children values (1, 1)')
}

/** Resolves for all once this many have come. */
export function barrier(count: number): () => Promise<void> {
  let open: () => void
  const all = new Promise<void>((resolve) => { open = resolve })
  return () => {
    count -= 1
    if (count === 0) open()
    return all
  }
}
