/** @module The store of a ChatKit server on Holdfast. */
export { ChatKitNotFound } from './errors.js'
export { type ChatKitContext, type ChatKitHost, type ChatKitStores } from './host.js'
export {
  type Attachment, type ChatKitPage, type Listing, type Thread, type ThreadItem,
} from './rules.js'
export { ChatKitStore, createChatKitStore, type IdKind } from './store.js'
export {
  chatkitAttachments, chatkitThreads, type ChatKitTables,
} from './tables.js'
