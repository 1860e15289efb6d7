export {
  ConversationIsForked, ConversationNotFound, MessageNotFound, ParentMessageNotFound,
} from './errors.js'
export { type NewMessage } from './drafts.js'
export { type Indexing, type IndexerEvent, type IndexerOptions, MessageIndexer } from './indexer.js'
export { MessageLog } from './message-log.js'
export { type FoundMessage, type FoundMessages, type MessageSearch } from './search.js'
export { searchRoutes } from './search-routes.js'
export {
  type AppendOptions, type MessageListing, MessageStore,
} from './messages.js'
export {
  type ConversationChanges, type ConversationListing, ConversationStore, type NewConversation,
} from './store.js'
export {
  type Conversation, conversations, type ConversationTables, indexings, type Message,
  messageBranches, messages, messageTerms, type Metadata,
} from './tables.js'
export { type PathListing } from './tree.js'
export { type MessageContext, messageRoutes, newMessageOf } from './message-routes.js'
export { type ConversationContext, conversationRoutes } from './routes.js'
export { messageSchema, newMessageSchema, presentMessage } from './schemas.js'
