import { defineError } from '../../errors.js'

/** No such thread, item or attachment of ChatKit in this organization. */
export const ChatKitNotFound = defineError('ChatKitNotFound', {
  code: 'chatkit_not_found', status: 404,
})
