import { type Clock } from '../../clock.js'
import { type ConversationStore, type MessageStore } from '../../conversations/index.js'
import { type DeliveryStore, type EnvelopeStore } from '../../envelopes/index.js'
import { type FloorStore } from '../../floor/index.js'
import { type IdGenerator } from '../../ids.js'
import { type QueueStore } from '../../queues/index.js'
import { type OpenFloorSettings } from './settings.js'
import { type Identification, type JsonObject } from './shape.js'

/** What is known of an agent wherever it speaks. */
export interface KnownAgent {
  readonly serviceUrl: string | null
  readonly identification: Identification | null
}

/** The agents that an organization knows. */
export interface AgentDirectory {
  find(speakerUri: string): Promise<KnownAgent | undefined>
  /** Where those of these agents are called that are registered with a service URL. */
  serviceUrls(speakerUris: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Manifests of agents that are there, the best first where there are words to search. */
  manifests(words: string | undefined): Promise<readonly JsonObject[]>
}

/** The stores of one organization that the adapter works with. */
export interface OpenFloorStores {
  readonly conversations: ConversationStore
  readonly messages: MessageStore
  readonly floors: FloorStore
  readonly queues: QueueStore
  readonly envelopes: EnvelopeStore
  readonly deliveries: DeliveryStore
  readonly directory: AgentDirectory
}

/** What the adapter needs of the Holdfast around it. */
export interface OpenFloorParts {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly settings: OpenFloorSettings
  /** Stores for single statements, each of which is a transaction of its own. */
  stores(): OpenFloorStores
  /** Runs `work` with stores that share one transaction. */
  transaction<R>(work: (stores: OpenFloorStores) => Promise<R>): Promise<R>
}

/** Where envelopes wait to be routed, and deliveries to be made. */
export const routingQueue = 'open-floor.routing'
export const deliveryQueue = 'open-floor.deliveries'

/** Both. */
export const openFloorQueues = [routingQueue, deliveryQueue] as const
