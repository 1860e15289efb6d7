import { type Compilable, type OperationNodeSource } from 'kysely'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { type Table } from '../database/table.js'

/** What was done to a queue or a schedule. */
export interface Told {
  /** A noun and what happened to it, `queue.paused`. */
  readonly action: string
  readonly resourceKind: 'queue' | 'schedule'
  /** Its name. */
  readonly resourceId: string
  readonly details?: { readonly [key: string]: JsonValue }
}

/** Keeps in the audit log what people do; handed in, since this floor knows no other domain. */
export interface Witness {
  /** Tells of something on the transaction that does it. */
  record<T>(database: Database<T>, told: Told): Promise<void>
  /** Inserts a row and tells of it, all or nothing. */
  insert<T>(
    database: Database<T>,
    insertion: { readonly table: Table; readonly row: Readonly<Record<string, unknown>> },
    told: Told,
  ): Promise<void>
  /** Updates or deletes, and tells of it if that changed a row; the rows it returns. */
  change<T, R>(
    database: Database<T>,
    change: Compilable<R> & OperationNodeSource,
    told: Told,
  ): Promise<R[]>
}
