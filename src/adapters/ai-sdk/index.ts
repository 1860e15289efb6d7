/** @module Chats of the AI SDK (package `ai`) on Holdfast: messages, streams that resume, stop. */
export {
  type Chat, ChatStore, type ChatStoreOptions, type ChatStores, createChatStore, type Schemas,
  type SubmitOptions,
} from './chats.js'
export { ChatBusy, StreamBroken } from './errors.js'
export {
  createResumableStreamContext, type ResumableStreamContext, type ResumableStreamOptions,
} from './resumable.js'
export { type Submission } from './submission.js'
export { type Turn } from './turn.js'
