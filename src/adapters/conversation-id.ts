import { uuidOf } from '../named-ids.js'

/** Never changes: ids of conversations are made in it. */
const conversationSpace = '3f0b9a3c-6a55-4b42-8f7c-2f5b1a6d9e10'

/**
 * The conversation behind a chat, thread or session of another framework: the same one whichever
 * adapter asks. Throws InvalidInput, naming `field`.
 */
export const conversationIdOf = (externalId: string, field: string): string =>
  uuidOf(conversationSpace, externalId, field)
