export {
  ConversationExists, ConversationIsForked, ConversationNotFound, InvalidConversationFile,
  MessageExists, MessageNotFound, ParentMessageNotFound, ParticipantNotFound, SummaryExists,
  SummaryNotFound,
} from './errors.js'
export { ContextStore, type ModelContext } from './context.js'
export { type ImportedConversation, type ImportOptions, type ImportSource } from './import.js'
export { type MessageChanges, type NewMessage } from './drafts.js'
export { type IndexerEvent, type IndexerOptions, MessageIndexer } from './indexer.js'
export { type ConversationListing } from './listing.js'
export { MessageLog } from './message-log.js'
export { type FoundMessage, type FoundMessages, type MessageSearch } from './search.js'
export {
  type AppendOptions, type MessageListing, MessageStore,
} from './messages.js'
export {
  type ConversationChanges, ConversationStore, type NewConversation,
} from './store.js'
export { type NewSummary, type SummaryPut } from './summaries.js'
export {
  type Conversation, conversationParticipants, conversations, conversationSummaries,
  type ConversationTables, type Message, messageBranches, messages, messageTerms, type Metadata,
  type Participant, type ParticipantRole, searchDirty, searchHorizon,
  searchProgress, type Summary,
} from './tables.js'
export {
  type ParticipantDraft, type ParticipantName, ParticipantStore,
} from './participants.js'
export { type PathListing } from './tree.js'
export { type PlacedMessage, TransferTree } from './transfer-tree.js'
export {
  type ConversationEvent, type ConversationName, type ConversationStates, type StateChange,
} from './events.js'
export { type EventReading } from './live.js'
