export {
  ConversationExists, ConversationIsForked, ConversationNotFound, InvalidConversationFile,
  MessageNotFound, ParentMessageNotFound,
} from './errors.js'
export { type ImportedConversation, type ImportOptions, type ImportSource } from './import.js'
export { type NewMessage } from './drafts.js'
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
export { transferRoutes } from './transfer-routes.js'
export { type EventContext, eventRoutes, rawEventRoutes } from './event-routes.js'
export {
  type ConversationEvent, type ConversationName, type ConversationStates, type StateChange,
} from './events.js'
export { type EventReading } from './live.js'
export { messageSchema, newMessageSchema, presentMessage } from './schemas.js'
