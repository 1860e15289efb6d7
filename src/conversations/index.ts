export {
  ConversationIsForked, ConversationNotFound, MessageNotFound, ParentMessageNotFound,
  SummaryExists, SummaryNotFound,
} from './errors.js'
export { ContextStore, type ModelContext } from './context.js'
export { type ContextContext, contextRoutes } from './context-routes.js'
export { type NewMessage } from './drafts.js'
export { MessageLog } from './message-log.js'
export {
  type AppendOptions, type MessageListing, MessageStore,
} from './messages.js'
export {
  type ConversationChanges, type ConversationListing, ConversationStore, type NewConversation,
} from './store.js'
export { type NewSummary, type SummaryPut } from './summaries.js'
export {
  type Conversation, conversations, conversationSummaries, type ConversationTables, type Message,
  messageBranches, messages, type Metadata, type Summary,
} from './tables.js'
export { type PathListing } from './tree.js'
export { type MessageContext, messageRoutes, newMessageOf } from './message-routes.js'
export { type ConversationContext, conversationRoutes } from './routes.js'
export { messageSchema, newMessageSchema, presentMessage } from './schemas.js'
