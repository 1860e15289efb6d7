export {
  type DeliveryName, DeliveryStore, type Lane, type NewDelivery, type NextDelivery,
  type WaitingDelivery,
} from './deliveries.js'
export { DeliveryNotFound } from './errors.js'
export { envelopeLimitMax, resendMax } from './rules.js'
export {
  type EnvelopeSource, EnvelopeStore, type Keeping, type NewEnvelope, type NumberedListing,
} from './store.js'
export {
  type Conversant, type Delivery, type DeliveryState, envelopeConversants,
  type EnvelopeConversation, envelopeConversations, envelopeDeliveries, envelopes,
  type EnvelopeTables, type KeptEnvelope,
} from './tables.js'
