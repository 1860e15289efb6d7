import { type AttachmentStore } from '../../attachments/index.js'
import {
  type ContextStore, type ConversationStore, type MessageStore,
} from '../../conversations/index.js'
import { type Database } from '../../database/database.js'
import { type Table } from '../../database/table.js'
import { type Actor } from '../../scope.js'
import { type UsageStore } from '../../usage/index.js'

/** Any table by its name: the catalogue says which there are. */
export type AnyTables = Record<string, Record<string, unknown>>

/** The stores of one organization that erase what they keep. */
export interface ErasingStores {
  readonly conversations: ConversationStore
  readonly messages: MessageStore
  readonly contexts: ContextStore
  readonly attachments: AttachmentStore
  readonly usage: UsageStore
}

/** What works on everything of one person take from outside. */
export interface PersonalDataParts {
  /** Sees all organizations. */
  readonly database: Database<AnyTables>
  /** Every declared table, parents before children. */
  readonly tables: readonly Table[]
  readonly actor: Actor
  stores(organizationId: string): ErasingStores
  /** Ends all sessions of the account, in all processes; throws UserNotFound. */
  disableAccount(userId: string): Promise<void>
  /** Throws what deleting the account would throw, and changes nothing. */
  checkAccount(userId: string): Promise<void>
  /** Deletes the account, with invitations to its address, and records the erasure. */
  deleteAccount(userId: string, report: Omit<ErasureReport, 'unscrubbed'>): Promise<void>
  /** Waits until the bytes of deleted attachments are gone; false when a storage kept some. */
  discardBytes(): Promise<boolean>
  /** Takes words of deleted messages out of the index of search. */
  discardWords(): Promise<void>
  /** Takes deleted bytes out of the files; the tables that could not be. */
  scrub(tables: readonly string[]): Promise<readonly string[]>
}

/** What was erased. */
export interface ErasureReport {
  readonly userId: string
  /** False when it had been deleted before. */
  readonly hadAccount: boolean
  /** Rows by table; of `messages` those that others’ conversations keep as empty rows. */
  readonly erased: Readonly<Record<string, number>>
  /** What stays that names the person by id, and why, by table. */
  readonly kept: Readonly<Record<string, string>>
  /**
   * Tables whose deleted rows may still lie in files until the database reuses their space. With
   * `attachment_blobs`, a storage of attachments kept bytes; they go as soon as it answers.
   */
  readonly unscrubbed: readonly string[]
}
