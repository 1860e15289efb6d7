import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { type CacheStore } from './cache-store.js'
import { AnswerTooLarge, ItemExists } from './errors.js'
import {
  cachedNamesSchema, cachedOf, changeOf, clearedSchema, clearingSchema, foundCachedSchema,
  foundItemsSchema, itemChangesSchema, itemEntrySchema, itemNameSchema, itemNamesSchema,
  itemPageSchema, itemSearchSchema, listingOf, namespaceListingSchema, namespacePageSchema,
  newCachedSchema, newItemSchema, presentCached, presentItem, presentItemEntry, putOf, searchOf,
} from './schemas.js'
import { type ItemStore } from './store.js'

/** What these endpoints need. */
export interface ItemContext {
  readonly items: ItemStore
  readonly cache: CacheStore
}

const define = route<ItemContext>()
const scope = 'organization'

const reading = {
  method: 'POST', tag: 'Items', action: 'items:read', scope, status: 200, idempotency: 'none',
  isRepeatable: true,
} as const

const writing = {
  tag: 'Items', action: 'items:write', scope, idempotency: 'transaction',
} as const

const ofCache = { tag: 'Cache', scope } as const

/**
 * Long-term memory. Namespaces and keys are free text of any length a name may have, so they stand
 * in bodies, never in addresses.
 */
const memory: readonly Route<ItemContext>[] = [
  define({
    ...writing,
    operationId: 'putItem',
    method: 'PUT',
    path: '/v1/items',
    summary: 'Create an item or replace its value',
    input: { body: newItemSchema },
    status: 200,
    output: itemEntrySchema,
    etag: true,
    ifNoneMatch: true,
    errors: [RevisionConflict, ItemExists],
    handle: async ({ items }, { body, ifRevision, ifAbsent }) =>
      presentItemEntry(await items.put(putOf(body), { ifRevision, ifAbsent })),
  }),
  define({
    ...writing,
    operationId: 'writeItems',
    method: 'POST',
    path: '/v1/items/write',
    summary: 'Put and delete several items, all or none',
    input: { body: itemChangesSchema },
    status: 204,
    errors: [],
    handle: ({ items }, { body }) => items.write(body.changes.map(changeOf)),
  }),
  define({
    ...reading,
    operationId: 'findItems',
    path: '/v1/items/find',
    summary: 'Get items by their names',
    input: { body: itemNamesSchema },
    output: foundItemsSchema,
    errors: [AnswerTooLarge],
    handle: async ({ items }, { body: { names, refresh } }) => ({
      data: (await items.findMany(names, { refresh }))
        .map((item) => (item === undefined ? null : presentItem(item))),
    }),
  }),
  define({
    ...writing,
    operationId: 'deleteItem',
    method: 'POST',
    path: '/v1/items/delete',
    summary: 'Delete an item; tells whether there was one',
    input: { body: itemNameSchema },
    status: 200,
    output: z.object({ deleted: z.boolean() }),
    ifMatch: true,
    errors: [RevisionConflict],
    handle: async ({ items }, { body, ifRevision }) =>
      ({ deleted: await items.delete(body, { ifRevision }) }),
  }),
  define({
    ...reading,
    operationId: 'searchItems',
    path: '/v1/items/search',
    summary: 'Search a namespace and all below it by the values of its items',
    input: { body: itemSearchSchema },
    output: itemPageSchema,
    errors: [InvalidCursor],
    handle: async ({ items }, { body }) =>
      presentPage(await items.search(searchOf(body)), presentItem),
  }),
  define({
    ...reading,
    operationId: 'listNamespaces',
    path: '/v1/items/namespaces',
    summary: 'List the namespaces that have items',
    input: { body: namespaceListingSchema },
    output: namespacePageSchema,
    errors: [InvalidCursor],
    handle: async ({ items }, { body }) =>
      presentPage(await items.listNamespaces(listingOf(body)), (namespace) => namespace),
  }),
  define({
    ...writing,
    operationId: 'clearItems',
    method: 'POST',
    path: '/v1/items/clear',
    summary: 'Delete all items of namespaces',
    input: { body: clearingSchema },
    status: 200,
    output: clearedSchema,
    errors: [],
    handle: async ({ items }, { body: { namespaces, below } }) =>
      ({ cleared: await items.clear(namespaces, { below }) }),
  }),
]

/** Results of work, as their frameworks wrote them. Repeating a call changes nothing further. */
const results: readonly Route<ItemContext>[] = [
  define({
    ...ofCache,
    operationId: 'putCached',
    method: 'PUT',
    path: '/v1/cache',
    summary: 'Keep results of work, all or none',
    action: 'cache:write',
    input: { body: newCachedSchema },
    status: 204,
    errors: [],
    idempotency: 'none',
    isRepeatable: true,
    handle: ({ cache }, { body }) => cache.put(cachedOf(body)),
  }),
  define({
    ...ofCache,
    operationId: 'findCached',
    method: 'POST',
    path: '/v1/cache/find',
    summary: 'Get results of work by their names',
    action: 'cache:read',
    input: { body: cachedNamesSchema },
    status: 200,
    output: foundCachedSchema,
    errors: [AnswerTooLarge],
    idempotency: 'none',
    isRepeatable: true,
    handle: async ({ cache }, { body }) =>
      ({ data: (await cache.find(body.names)).map(presentCached) }),
  }),
  define({
    ...ofCache,
    operationId: 'clearCache',
    method: 'POST',
    path: '/v1/cache/clear',
    summary: 'Forget the results of namespaces',
    action: 'cache:write',
    input: { body: clearingSchema },
    status: 200,
    output: clearedSchema,
    errors: [],
    idempotency: 'transaction',
    handle: async ({ cache }, { body: { namespaces, below } }) =>
      ({ cleared: await cache.clear(namespaces, { below }) }),
  }),
  define({
    ...ofCache,
    operationId: 'clearWholeCache',
    method: 'POST',
    path: '/v1/cache/clear-all',
    summary: 'Forget all results of the organization',
    action: 'cache:write',
    input: {},
    status: 200,
    output: clearedSchema,
    errors: [],
    idempotency: 'transaction',
    handle: async ({ cache }) => ({ cleared: await cache.clearAll() }),
  }),
]

/** Items and cached results. */
export const itemRoutes: readonly Route<ItemContext>[] = [...memory, ...results]
