import { z } from 'zod'
import { type JsonValue } from '../database/json.js'
import { pageLimitMax } from '../database/page.js'
import { pageSchema } from '../http/page.js'
import { base64Schema, base64Text, instantSchema, jsonSchema, named } from '../http/schema.js'
import {
  type CachedValue, type Item, type ItemChange, type ItemCondition,
  type ListNamespaces, type PutCached, type PutItem, type SearchItems,
} from './contract.js'
import {
  callMax, conditionsMax, labelsMax, offsetMax, pathMax, ttlSecondsMax, ttlSecondsMin,
} from './rules.js'

const namespace = z.array(z.string()).min(1).max(labelsMax)
  .describe('1 to 32 labels, the outermost first: any text, 1,024 bytes in all.')
const prefix = z.array(z.string()).max(labelsMax)
const name = {
  namespace, key: z.string().describe('Any text of 1,024 bytes at most.'),
}
const itemName = z.strictObject(name)
const names = z.array(itemName).max(callMax)
const ttl = z.number().min(ttlSecondsMin).max(ttlSecondsMax).nullable().optional()
  .describe('How long from now it is there. Default: for ever.')
const refresh = z.boolean().optional()
  .describe('Whether what is read has all of its time to live before it again. Default false.')
const page = {
  limit: z.int().min(1).max(pageLimitMax).optional().describe('Rows at most. Default 50.'),
  cursor: z.string().max(20_000).optional().describe('`next_cursor` of the page before.'),
  offset: z.int().min(0).max(offsetMax).optional()
    .describe('How many to leave out first; not beside a cursor. Default 0.'),
}

/** Which item. */
export const itemNameSchema = named('ItemName', itemName)

/** An item to keep. */
export const newItemSchema = named('NewItem', z.strictObject({
  ...name, value: jsonSchema('Any JSON value of 1 MiB at most.'), ttl_seconds: ttl,
}))

/** Body of `POST /v1/items/write`. */
export const itemChangesSchema = named('ItemChanges', z.strictObject({
  changes: z.array(z.union([
    z.strictObject({ put: newItemSchema }), z.strictObject({ delete: itemNameSchema }),
  ])).max(callMax).describe('All of them happen, or none; of several of one item the last stands.'),
}))

/** Body of `POST /v1/items/find`. */
export const itemNamesSchema = named('ItemNames', z.strictObject({ names, refresh }))

const path = z.array(z.string()).min(1).max(pathMax)
  .describe('Keys of objects, the outermost first; through arrays no path leads.')
const condition = z.discriminatedUnion('operator', [
  z.strictObject({
    path,
    operator: z.enum(['eq', 'ne', 'gt', 'gte', 'lt', 'lte']).optional().describe(
      'Text is compared with text, by code point, and numbers with numbers. Default eq.'),
    value: jsonSchema('What it is compared with.'),
  }),
  z.strictObject({
    path, operator: z.enum(['in', 'nin']), value: z.array(jsonSchema('One of several.')),
  }),
])

/** Body of `POST /v1/items/search`. */
export const itemSearchSchema = named('ItemSearch', z.strictObject({
  prefix: prefix.optional().describe('This namespace and all below it. Default: every namespace.'),
  filter: z.array(condition).max(conditionsMax).optional().describe('All must hold.'),
  order: z.enum(['name', 'updated']).optional()
    .describe('By namespace and key, or the last put first. Default name.'),
  refresh,
  ...page,
}))

const pattern = z.array(z.string().nullable()).max(labelsMax).optional()

/** Body of `POST /v1/items/namespaces`. */
export const namespaceListingSchema = named('NamespaceListing', z.strictObject({
  prefix: pattern.describe('How they begin; null stands for any one label.'),
  suffix: pattern.describe('How they end, before they are cut; null stands for any one label.'),
  max_depth: z.int().min(1).max(labelsMax).optional()
    .describe('Only so many labels of each; those that are then the same stand once.'),
  ...page,
}))

/** Which namespaces to clear. */
export const clearingSchema = named('NamespaceClearing', z.strictObject({
  namespaces: z.array(namespace).max(callMax),
  below: z.boolean().optional()
    .describe('Whether all namespaces below them are cleared as well. Default false.'),
}))

const entry = {
  namespace: z.array(z.string()),
  key: z.string(),
  revision: z.int().describe('Rises with each put; also the ETag.'),
  created_at: instantSchema('When it was put first.'),
  updated_at: instantSchema('When it was put last.'),
  expires_at: instantSchema('When it ends; null for never.').nullable(),
}

/** What is told of an item that was put. */
export const itemEntrySchema = named('ItemEntry', z.object(entry))

/** An item as the API shows it. */
export const itemSchema = named('Item', z.object({
  ...entry, value: jsonSchema('As it was put.'),
}))

/** Items in the order of the names asked for. */
export const foundItemsSchema = named('FoundItems', z.object({
  data: z.array(itemSchema.nullable()).describe('Null where there is none.'),
}))

/** A page of items. */
export const itemPageSchema = pageSchema('ItemPage', itemSchema)

/** A page of namespaces. */
export const namespacePageSchema = pageSchema('NamespacePage', z.array(z.string()))

/** Body of `PUT /v1/cache`. */
export const newCachedSchema = named('NewCachedValues', z.strictObject({
  entries: z.array(z.strictObject({
    ...name,
    type: z.string().min(1).max(64).describe('The serializer’s own word.'),
    bytes: base64Schema('8 MiB at most, and the whole body no more than the server takes.'),
    ttl_seconds: ttl,
  })).max(callMax),
}))

/** Body of `POST /v1/cache/find`. */
export const cachedNamesSchema = named('CachedNames', z.strictObject({ names }))

/** Values in the order of the names asked for. */
export const foundCachedSchema = named('FoundCachedValues', z.object({
  data: z.array(z.object({
    type: z.string(), bytes: base64Text('As they were put.'),
  }).nullable()).describe('Null where there is none.'),
}))

/** How many went. */
export const clearedSchema = named('Cleared', z.object({
  cleared: z.int().describe('How many were there and went.'),
}))

type NewItem = z.output<typeof newItemSchema>

/** An item to keep, in the store's names. */
export function putOf({ ttl_seconds: ttlSeconds, value, ...rest }: NewItem): PutItem {
  return { ...rest, value: value as JsonValue, ttlSeconds }
}

/** A change in the store's names. */
export function changeOf(
  change: z.output<typeof itemChangesSchema>['changes'][number],
): ItemChange {
  return 'put' in change ? { put: putOf(change.put) } : change
}

/** A search in the store's names. */
export function searchOf({ filter, ...rest }: z.output<typeof itemSearchSchema>): SearchItems {
  return { ...rest, ...(filter && { filter: filter as readonly ItemCondition[] }) } as SearchItems
}

/** A listing in the store's names. */
export function listingOf(
  { max_depth: maxDepth, ...rest }: z.output<typeof namespaceListingSchema>,
): ListNamespaces {
  return { ...rest, maxDepth } as ListNamespaces
}

/** What is told of an item that was put, in the API's names. */
export function presentItemEntry(item: Item) {
  return {
    namespace: [...item.namespace],
    key: item.key,
    revision: item.revision,
    created_at: item.createdAt,
    updated_at: item.updatedAt,
    expires_at: item.expiresAt,
  }
}

/** An item in the API's names. */
export function presentItem(item: Item) {
  return { ...presentItemEntry(item), value: item.value }
}

/** Results to keep, in the store's names. */
export function cachedOf({ entries }: z.output<typeof newCachedSchema>): PutCached[] {
  return entries.map(({ type, bytes, ttl_seconds: ttlSeconds, ...rest }) =>
    ({ ...rest, value: { type, bytes }, ttlSeconds }))
}

/** A result in the API's names. */
export function presentCached(value: CachedValue | undefined) {
  if (value === undefined) return null
  return { type: value.type, bytes: Buffer.from(value.bytes).toString('base64') }
}
