import { type AgentStateStore } from '../../agent-states/index.js'
import { type AttachmentStore } from '../../attachments/index.js'
import { type Clock } from '../../clock.js'
import { type MessageStore } from '../../conversations/index.js'
import { type Database } from '../../database/database.js'
import { type Table } from '../../database/table.js'
import { type IdGenerator } from '../../ids.js'
import { type ItemStore } from '../../items/index.js'
import { type ScheduleStore } from '../../queues/index.js'
import { type Actor } from '../../scope.js'
import { type SecretStore } from '../../secrets/index.js'
import { type SettingsStore } from '../../settings/index.js'
import { type UsageStore } from '../../usage/index.js'
import { type WebhookStore } from '../../webhooks/index.js'

/** Any table by its name: the catalogue says which there are. */
export type AnyTables = Record<string, Record<string, unknown>>

/** The stores of one organization that imports write through. */
export interface ImportStores {
  readonly messages: MessageStore
  readonly attachments: AttachmentStore
  readonly items: ItemStore
  readonly secrets: SecretStore
  readonly ownSecrets: SecretStore
  readonly settings: SettingsStore
  readonly states: AgentStateStore
  readonly schedules: ScheduleStore
  readonly usage: UsageStore
  readonly webhooks: WebhookStore
}

/** What an import takes from outside. */
export interface ImportParts {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly organizationId: string
  readonly actor: Actor
  /** Sees the rows of the organization. */
  readonly database: Database<AnyTables>
  /** Every declared table. */
  readonly tables: readonly Table[]
  /** Whether secrets can be sealed. */
  readonly canSeal: boolean
  /** The conversation of a thread of ChatKit. Throws InvalidInput. */
  conversationIdOf(threadId: string, field: string): string
  /** In the name of the actor, or of a person. */
  stores(userId?: string): ImportStores
}
