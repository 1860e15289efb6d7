import { defineError } from '../../errors.js'

/** Another answer is being written in this chat. */
export const ChatBusy = defineError('ChatBusy', { code: 'chat_busy', status: 409 })

/** The source of a resumable stream failed, or its producer was lost; what came before is kept. */
export const StreamBroken = defineError('StreamBroken', { code: 'stream_broken', status: 502 })
