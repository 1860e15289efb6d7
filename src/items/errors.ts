import { defineError } from '../errors.js'

/** The item was to be made, and is there already. */
export const ItemExists = defineError('ItemExists', { code: 'item_exists', status: 412 })

/** What was asked for is too much for one answer; the message says how much it is. */
export const AnswerTooLarge = defineError('AnswerTooLarge', {
  code: 'answer_too_large', status: 400,
})

/** No such item in this organization. */
export const ItemNotFound = defineError('ItemNotFound', { code: 'item_not_found', status: 404 })
