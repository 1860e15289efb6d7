import { defineError } from '../errors.js'

export { ConversationNotFound } from '../errors.js'

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

/** The conversation has no summary. */
export const SummaryNotFound = defineError('SummaryNotFound', {
  code: 'summary_not_found', status: 404,
})

/** The summary was to be made, and is there already. */
export const SummaryExists = defineError('SummaryExists', {
  code: 'summary_exists', status: 412,
})

/** Nobody of this name takes part in this conversation. */
export const ParticipantNotFound = defineError('ParticipantNotFound', {
  code: 'participant_not_found', status: 404,
})

/** The conversation, or the history it shares, has or had a message of this id. */
export const MessageExists = defineError('MessageExists', {
  code: 'message_exists', status: 409,
})

/** The parent is not a living message of the same conversation. */
export const ParentMessageNotFound = defineError('ParentMessageNotFound', {
  code: 'parent_message_not_found', status: 422,
})

/** The file is no whole, unchanged export; the message names line and rule. */
export const InvalidConversationFile = defineError('InvalidConversationFile', {
  code: 'invalid_conversation_file', status: 422,
})
