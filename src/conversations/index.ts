export {
  ConversationExists, ConversationIsForked, ConversationNotFound, MessageExists, MessageNotFound,
  ParentMessageNotFound,
} from './errors.js'
export { type MessageChanges, type NewMessage } from './drafts.js'
export { MessageLog } from './message-log.js'
export {
  type AppendOptions, type MessageListing, MessageStore,
} from './messages.js'
export {
  type ConversationChanges, type ConversationListing, ConversationStore, type NewConversation,
} from './store.js'
export {
  type Conversation, conversations, type ConversationTables, type Message, messageBranches,
  messages, type Metadata,
} from './tables.js'
export { type PathListing } from './tree.js'
export { type MessageContext, messageRoutes, newMessageOf } from './message-routes.js'
export { type ConversationContext, conversationRoutes } from './routes.js'
export { messageSchema, newMessageSchema, presentMessage } from './schemas.js'
