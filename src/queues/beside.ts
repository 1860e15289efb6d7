import { type Statement } from '../database/engine.js'

/** Writes rows of another domain, those of all jobs of a batch at once. */
export type BesideWriter = (rows: readonly never[]) => readonly Statement[]

/** What stands or falls with a job that is made or completed: it is written in the same batch. */
export interface Beside {
  readonly writer: BesideWriter
  /** What the writer takes. */
  readonly row: object
}

/** The statements of what stands beside the calls of a batch. */
export function besideStatements(all: readonly (Beside | undefined)[]): Statement[] {
  const rows = new Map<BesideWriter, object[]>()
  for (const beside of all) {
    if (beside === undefined) continue
    const { writer, row } = beside
    const own = rows.get(writer) ?? []
    rows.set(writer, own)
    own.push(row)
  }
  return [...rows].flatMap(([writer, own]) => writer(own as never[]))
}
