import { defineError } from '../errors.js'

/** No such conversation in this organization. */
export const ConversationNotFound = defineError('ConversationNotFound', {
  code: 'conversation_not_found', status: 404,
})

/** The organization has a conversation of this id. */
export const ConversationExists = defineError('ConversationExists', {
  code: 'conversation_exists', status: 409,
})

/** Other conversations share its history: they must go first. */
export const ConversationIsForked = defineError('ConversationIsForked', {
  code: 'conversation_is_forked', status: 409,
})

/** No such message in this conversation, or it was deleted. */
export const MessageNotFound = defineError('MessageNotFound', {
  code: 'message_not_found', status: 404,
})

/** The conversation, or the history it shares, has or had a message of this id. */
export const MessageExists = defineError('MessageExists', {
  code: 'message_exists', status: 409,
})

/** The parent is not a living message of the same conversation. */
export const ParentMessageNotFound = defineError('ParentMessageNotFound', {
  code: 'parent_message_not_found', status: 422,
})
