import { type Clock } from '../../clock.js'
import { type ConversationStore, type MessageStore } from '../../conversations/index.js'
import { type Stored } from '../../database/columns.js'
import { type Database } from '../../database/database.js'
import { defaultOrganizationId } from '../../identity/index.js'
import { type Actor } from '../../scope.js'
import { chatkitThreads, type ChatKitTables } from './tables.js'

/** Whose threads a call sees and in whose name it writes: the last argument of every method. */
export interface ChatKitContext {
  /** An id, or `default`. @default the organization called `default` */
  readonly organizationId?: string
  /** @default the program */
  readonly actor?: Actor
}

/** Stores of one organization. */
export interface ChatKitStores {
  readonly conversations: ConversationStore
  readonly messages: MessageStore
}

/** A database that may be narrowed to tables and organizations. */
interface AnyDatabase {
  as<U>(): Database<U>
}

/** What the adapter needs of an open Holdfast. */
export interface ChatKitHost {
  readonly clock: Clock
  readonly database: AnyDatabase
  organization(id?: string, actor?: Actor): ChatKitStores
  transaction<R>(
    work: (transaction: {
      readonly database: AnyDatabase
      organization(id?: string, actor?: Actor): ChatKitStores
    }) => Promise<R>,
  ): Promise<R>
}

/** An organization as one call sees it. */
export interface Room extends ChatKitStores {
  readonly organizationId: Stored<'id'>
  readonly database: Database<ChatKitTables>
  readonly clock: Clock
}

/** Opens the organization of a context. */
export function roomOf(host: ChatKitHost, context: ChatKitContext): Room {
  const { organizationId: given, actor } = context
  const id = given === undefined || given === 'default' ? defaultOrganizationId : given
  const organizationId = chatkitThreads.columns.organizationId.encode(id, 'organization_id')
  return {
    ...host.organization(id, actor),
    organizationId, clock: host.clock,
    database: host.database.as<ChatKitTables>().within([organizationId]),
  }
}
