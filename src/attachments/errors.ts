import { defineError } from '../errors.js'

/** No such attachment in this organization. */
export const AttachmentNotFound = defineError('AttachmentNotFound', {
  code: 'attachment_not_found', status: 404,
})

/** The attachment is ready, and its bytes never change. */
export const AttachmentCompleted = defineError('AttachmentCompleted', {
  code: 'attachment_completed', status: 409,
})

/** The attachment has no bytes yet, or is not completed. */
export const AttachmentIncomplete = defineError('AttachmentIncomplete', {
  code: 'attachment_incomplete', status: 409,
})

/** The bytes are more than an attachment may have, or than was announced. */
export const AttachmentTooLarge = defineError('AttachmentTooLarge', {
  code: 'attachment_too_large', status: 413,
})

/** Size or SHA-256 of the bytes are not what was announced; nothing of them is kept. */
export const AttachmentMismatch = defineError('AttachmentMismatch', {
  code: 'attachment_mismatch', status: 422,
})

/** The storage of the bytes is away, is not configured here, or lost them. */
export const AttachmentUnavailable = defineError('AttachmentUnavailable', {
  code: 'attachment_unavailable', status: 503, retryable: true,
})

/** The range asked for begins behind the last byte. */
export const RangeNotSatisfiable = defineError('RangeNotSatisfiable', {
  code: 'range_not_satisfiable', status: 416,
})

/** RangeNotSatisfiable, with the bytes there are. */
export class RangeBehind extends RangeNotSatisfiable {
  readonly size: number

  constructor(size: number) {
    super(`There are ${size} bytes, and the range begins behind them.`, { field: 'header.range' })
    this.size = size
  }
}

/** The conversation to bind an attachment to is not in this organization. */
export const AttachmentPlaceNotFound = defineError('AttachmentPlaceNotFound', {
  code: 'attachment_place_not_found', status: 422,
})
