import { type Expression, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepare, prepareBatch } from '../database/database.js'
import { type Engine } from '../database/engine.js'
import { kindsOf, type StoredRow, type Table } from '../database/table.js'
import {
  envelopeConversants, envelopeDeliveries, envelopes, type EnvelopeTables,
} from './tables.js'

type StoredEnvelope = StoredRow<typeof envelopes>
type StoredDelivery = StoredRow<typeof envelopeDeliveries>

/** A conversation, in stored form. */
export interface ConversationKey {
  readonly organization_id: Stored<'id'>
  readonly conversation_id: Stored<'id'>
}

interface EnvelopeKey extends ConversationKey {
  readonly number: Stored<'integer'>
}

const known = new WeakMap<Engine, EnvelopeStatements>()

/** The statements that every envelope and every delivery needs, compiled once for an engine. */
export type EnvelopeStatements = ReturnType<typeof compiled>

/** Those of a database's engine. */
export function statementsOn(database: Database<EnvelopeTables>): EnvelopeStatements {
  const made = known.get(database.engine) ?? compiled(database)
  known.set(database.engine, made)
  return made
}

function compiled(database: Database<EnvelopeTables>) {
  return {
    ...ofConversations(database), ...ofEnvelopes(database), ...ofDeliveries(database),
  }
}

function ofConversations({ write }: Database<EnvelopeTables>) {
  const conversation = (at: Placeholder<ConversationKey>) => write
    .updateTable('envelope_conversations')
    .where('organization_id', '=', at('organization_id'))
    .where('conversation_id', '=', at('conversation_id'))
  const counted = (name: string, column: 'envelope_count' | 'delivery_count') =>
    prepare<ConversationKey & { readonly count: Stored<'integer'> }>(
      `envelopes_${name}`, (at) => conversation(at)
        .set((expression) => ({ [column]: expression(column, '+', at('count')) }))
        .returning(column))
  return {
    /** The conversation's row, which nobody else has until the transaction ends. */
    hold: prepare<ConversationKey>('envelopes_hold', (at) => conversation(at)
      .set((expression) => ({ envelope_count: expression.ref('envelope_count') }))
      .returningAll()),
    countEnvelopes: counted('count', 'envelope_count'),
    countDeliveries: counted('count_deliveries', 'delivery_count'),
    setFloorNumber: prepare<EnvelopeKey>('envelopes_floor_number', (at) => conversation(at)
      .set({ floor_number: at('number') })),
    conversants: prepare<ConversationKey>('envelopes_conversants', (at) => write
      .selectFrom('envelope_conversants').select(columnsOf(envelopeConversants))
      .where('organization_id', '=', at('organization_id'))
      .where('conversation_id', '=', at('conversation_id'))
      .orderBy('speaker_uri')),
  }
}

function ofEnvelopes({ write }: Database<EnvelopeTables>) {
  const rows = (at: Placeholder<ConversationKey>) => write
    .selectFrom('envelopes').select(columnsOf(envelopes))
    .where('organization_id', '=', at('organization_id'))
    .where('conversation_id', '=', at('conversation_id'))
  return {
    /** Changes nothing where one with the same repetition key is there. */
    insert: prepare<StoredEnvelope>('envelopes_insert', (at) => write
      .insertInto('envelopes')
      .values(placeholders<StoredEnvelope>(at, columnsOf(envelopes)))
      .onConflict((conflict) => conflict
        .columns(['organization_id', 'conversation_id', 'repetition_key'])
        .where('repetition_key', 'is not', null).doNothing())),
    nextUnrouted: prepare<EnvelopeKey>('envelopes_next', (at) => rows(at)
      .where('routed_at', 'is', null).where('number', '<=', at('number'))
      .orderBy('number').limit(sql.lit(1))),
    setPending: prepare<EnvelopeKey & Pick<StoredEnvelope, 'pending' | 'routed_at'>>(
      'envelopes_pending', (at) => write
        .updateTable('envelopes')
        .set({ pending: at('pending'), routed_at: at('routed_at') })
        .where('organization_id', '=', at('organization_id'))
        .where('conversation_id', '=', at('conversation_id'))
        .where('number', '=', at('number'))),
  }
}

/** Bytes from which the body of a delivery is read by itself. */
const longFrom = 256 * 1024

const bodyLength = sql`octet_length(cast(body as text))`

function ofDeliveries(database: Database<EnvelopeTables>) {
  const { write } = database
  const names = columnsOf(envelopeDeliveries)
  return {
    insertDeliveries: prepareBatch(database.as<never>(), {
      name: 'envelopes_deliver', kinds: kindsOf(envelopeDeliveries),
      build: (rows) => {
        const list = sql.join(names.map((each) => sql.ref(each)))
        return sql`insert into envelope_deliveries (${list}) select ${list} from ${rows} as b`
      },
    }),
    /**
     * With null for a body that is long. The state is written out, since only then the index of
     * those that wait is used.
     */
    nextDelivery: prepare<EnvelopeKey & { readonly recipient: Stored<'text'> }>(
      'envelopes_next_delivery', (at) => write
        .selectFrom('envelope_deliveries')
        .select(names.filter((each) => each !== 'body'))
        .select([
          sql<unknown>`case when ${bodyLength} <= ${sql.lit(longFrom)} then body end`.as('body'),
          sql<unknown>`${bodyLength}`.as('length'),
        ])
        .where('organization_id', '=', at('organization_id'))
        .where('conversation_id', '=', at('conversation_id'))
        .where('recipient', '=', at('recipient'))
        .where('number', '<=', at('number'))
        .where(sql<boolean>`state = 'waiting'`)
        .orderBy('number').limit(sql.lit(1))),
    settle: prepare<
      EnvelopeKey & Pick<StoredDelivery, 'state' | 'note' | 'attempts' | 'settled_at'>
    >('envelopes_settle', (at) => write
      .updateTable('envelope_deliveries')
      .set((expression) => ({
        state: at('state'), note: at('note'), settled_at: at('settled_at'),
        attempts: expression('attempts', '+', at('attempts')),
      }))
      .where('organization_id', '=', at('organization_id'))
      .where('conversation_id', '=', at('conversation_id'))
      .where('number', '=', at('number'))
      .where(sql<boolean>`state = 'waiting'`)),
  }
}

/** All of them by name: a prepared statement does not survive a table that gains one. */
const columnsOf = <T extends Table>({ columnNames }: T) =>
  columnNames as unknown as readonly (keyof StoredRow<T> & string)[]

const placeholders = <R extends object>(at: Placeholder<R>, names: readonly (keyof R & string)[]) =>
  Object.fromEntries(names.map((each) => [each, at(each)])) as unknown as
    { [K in keyof R]: Expression<R[K]> }
