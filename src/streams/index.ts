export { type ProducerStep } from './append-call.js'
export {
  ClosedAt, FencedBy, ForkSourceGone, GapBefore, ProducerFenced, ProducerGap, StreamClosed,
  StreamExists, StreamFull, StreamGone, StreamNotFound, StreamSequenceConflict, StreamTypeMismatch,
} from './errors.js'
export { type ForkPoint } from './fork.js'
export { isText, jsonType, mediaTypeOf } from './media.js'
export { type StreamChunk, type StreamPart } from './reader.js'
export { StreamStore } from './store.js'
export { type Stream } from './stream.js'
export {
  type AppendResult, type MessageName, type NewStream, type StreamAppend, type StreamContent,
  type StreamData, type StreamListing, type StreamReading, type StreamWaiting,
} from './stream-calls.js'
export { StreamLog, type StreamSource } from './stream-log.js'
export { streamChunks, streamProducers, streams, type StreamTables } from './tables.js'
